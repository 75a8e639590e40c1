"""Numbers of a column whose values are quantities of several dimensions: only those of its own are compared."""

# ruff: noqa: E501 - tables of cases are read by the row
from __future__ import annotations

from typing import Any

import pytest

from neuraldb.core.errors import BindError
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.semantic_nodes import VirtualScan
from sql.test_virtual import scans
from sql.world import World

# the facts that tell of a height also tell, wrongly read, of a duration and a weight
PEAKS = {
    "mountains": [
        {"name": "Everest", "height": "8849 m", "country": "Nepal", "climbed": "1953"},
        {"name": "K2", "height": "8.611 km", "country": "Pakistan", "climbed": "1954"},
        {"name": "K2", "height": "five weeks", "country": "Pakistan", "climbed": "1954"},
        {"name": "Broad Peak", "height": "8051", "country": "Pakistan", "climbed": "9 June 1957"},
        {"name": "Snøhetta", "height": "2286 m", "country": "Norway", "climbed": "1820"},
        {"name": "Glittertind", "height": "900000 kg", "country": "Norway", "climbed": "two weeks"},
        {"name": "Doom", "height": None, "country": None, "climbed": None},
    ],
}  # fmt: skip

CASES: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("SELECT name FROM mountains WHERE height > 8500", [("Everest",), ("K2",)]),
    ("SELECT name FROM mountains WHERE 8500 < height", [("Everest",), ("K2",)]),
    ("SELECT name FROM mountains WHERE height BETWEEN 8000 AND 5000000", [("Broad Peak",), ("Everest",), ("K2",)]),
    ("SELECT name FROM mountains WHERE height IN (8611, 3024000)", [("K2",)]),
    ("SELECT name, height FROM mountains WHERE height = 3024000", []),
    ("SELECT height FROM mountains WHERE height <> 8849", [("2286 m",), ("8.611 km",), ("8051",)]),
    ("SELECT height FROM mountains WHERE NOT height > 8500", [("2286 m",), ("8051",)]),
    ("SELECT height FROM mountains WHERE height > 8500 OR name = 'Doom'", [("8.611 km",), ("8849 m",), (None,)]),
    ("SELECT height FROM mountains WHERE height > 8500 OR height IS NULL", [("8.611 km",), ("8849 m",), (None,)]),
    ("SELECT name FROM mountains WHERE height / 1000 > 8.5", [("Everest",), ("K2",)]),
    ("SELECT name FROM mountains WHERE height::DOUBLE > 8500", [("Everest",), ("K2",)]),
    # another unit says what is meant
    ("SELECT name FROM mountains WHERE height > '8.5 km'", [("Everest",), ("K2",)]),
    ("SELECT height FROM mountains WHERE height > '1 week'", [("five weeks",)]),
    ("SELECT height FROM mountains WHERE height > '1 t'", [("900000 kg",)]),
    ("SELECT height FROM mountains WHERE height = '35 days'", [("five weeks",)]),
    # years are numbers, and a length of time is none of them
    ("SELECT name FROM mountains WHERE climbed > 1953", [("Broad Peak",), ("K2",)]),
    # what is left by the other conditions decides
    ("SELECT height FROM mountains WHERE height > 1 AND means(name, 'glittertind')", []),
    ("SELECT height FROM mountains WHERE name = 'Glittertind' AND height > 1", [("900000 kg",)]),
    ("SELECT height FROM mountains WHERE height > 1 AND name = 'Glittertind'", [("900000 kg",)]),
    # totals and orders
    ("SELECT max(height), min(height), count(height::DOUBLE) FROM mountains", [("8849 m", "2286 m", 4)]),
    ("SELECT avg(height) AS a FROM mountains", [((8849 + 8611 + 8051 + 2286) / 4,)]),
    ("SELECT name FROM mountains ORDER BY height DESC LIMIT 2", [("Everest",), ("K2",)]),
    ("SELECT name, row_number() OVER (ORDER BY height DESC) AS r FROM mountains WHERE country = 'Nepal'", [("Everest", 1)]),
    ("SELECT country, max(height) AS m FROM mountains GROUP BY country ORDER BY country NULLS LAST", [("Nepal", "8849 m"), ("Norway", "2286 m"), ("Pakistan", "8.611 km"), (None, None)]),
    ("SELECT height FROM mountains GROUP BY height HAVING height > 8500 ORDER BY height", [("8.611 km",), ("8849 m",)]),
    ("SELECT height > 8500 AS high, count(*) AS n FROM mountains GROUP BY high ORDER BY high", [(False, 2), (True, 2), (None, 3)]),
    ("SELECT name, CASE WHEN height > 8500 THEN 'high' ELSE 'low' END AS c FROM mountains WHERE name = 'Everest'", [("Everest", "high")]),
    # through other queries and joins
    ("WITH m AS (SELECT name, height AS h FROM mountains) SELECT name FROM m WHERE h > 8500", [("Everest",), ("K2",)]),
    ("SELECT m.name FROM mountains m JOIN cities c ON m.height > 8500 AND c.name = 'Oslo'", [("Everest",), ("K2",)]),
    ("SELECT c.name FROM cities c WHERE EXISTS (SELECT 1 FROM mountains m WHERE m.height > 1000000)", []),
    ("SELECT name FROM mountains WHERE height > (SELECT avg(height) FROM mountains)", [("Broad Peak",), ("Everest",), ("K2",)]),
    ("SELECT a.name FROM mountains a LEFT JOIN cities c ON c.name = a.country WHERE a.height > 8500", [("Everest",), ("K2",)]),
]  # fmt: skip


@pytest.fixture
def peaks(world: World) -> World:
    world.virtual = PEAKS
    return world


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_rows(peaks: World, sql: str, expected: list[tuple[Any, ...]]) -> None:
    plan = peaks.plan(sql)
    for each in (plan, optimise(plan, RuleContext(check=True)).plan):
        rows = peaks.run(each)
        assert rows == expected if "ORDER BY" in sql else sorted(rows, key=repr) == sorted(expected, key=repr)


def test_equally_frequent_dimensions_are_both_compared(peaks: World) -> None:
    rows = peaks.rows("SELECT height FROM mountains WHERE name = 'K2' AND height > 1")
    assert sorted(rows) == [("8.611 km",), ("five weeks",)]


def test_names_are_still_anchors(peaks: World) -> None:
    plan = optimise(peaks.plan("SELECT name FROM mountains WHERE country = 'Norway' AND height > 2000")).plan
    (scan,) = scans(plan)
    assert isinstance(scan, VirtualScan)
    assert [(a.attribute, a.keys) for a in scan.anchors] == [("country", ("norway",))]


def test_nothing_is_counted_where_no_number_is_compared(peaks: World) -> None:
    assert "Window" not in str(peaks.plan("SELECT name, height FROM mountains WHERE height = '8849 m'"))


def test_a_cell_that_is_not_grouped_is_called_by_its_name(peaks: World) -> None:
    with pytest.raises(BindError, match=r"^height is neither grouped by nor aggregated"):
        peaks.plan("SELECT country FROM mountains GROUP BY country HAVING height > 3")
