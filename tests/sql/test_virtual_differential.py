"""A virtual table, read by a reader that makes no mistakes, gives the rows that a real table of the same data gives.

The same statement is run twice: over tables that nobody made (``gizmos``, ``makers``), whose cells are read from
sentences or stand in triples, and over real ones (``real_gizmos``, ``real_makers``) of the same data. Statements are
made from forms with random parts, by a seed. Besides, a real table, a file and a data frame are joined in both.
"""

# ruff: noqa: E501 - one form a line
from __future__ import annotations

import datetime
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from doubles import World

import neuraldb
from neuraldb.operators.classes import TYPE
from neuraldb.stores.terms import Term

COLOURS = ("red", "green", "blue", "grey")
NAMES = ("Alpha", "Bravo", "Carol", "Delta", "Ember", "Fjord", "Gamma", "Hotel", "Indigo", "Jolly", "Kilo", "Lima")
MAKERS = ("Acme", "Bolt", "Crane", "Dyson")
TOWNS = ("Oslo", "Rome", "Paris")

Firm = tuple[str, str | None, int | None]
Row = tuple[str, str | None, int | None, str | None, datetime.date | None]


def gizmos() -> list[Row]:
    """Name, colour, weight, maker, day; a third of the cells are unknown."""
    draw = random.Random(11)

    def cell(value: Any) -> Any:
        return None if draw.random() < 0.3 else value

    rows = []
    for name in NAMES:
        colour, weight = cell(draw.choice(COLOURS)), cell(draw.randint(1, 40) * 10)
        maker, day = cell(draw.choice((*MAKERS, "Nobody"))), datetime.date(draw.randint(1950, 2010), 5, 3)
        rows.append((name, colour, weight, maker, cell(day)))
    return rows


def makers() -> list[Firm]:
    """Name, town, staff."""
    return [("Acme", "Oslo", 12), ("Bolt", "Rome", None), ("Crane", "Oslo", 700), ("Dyson", None, 40)]


SAID = {
    "colour": "The gizmo {} has the colour {}.",
    "weight": "The gizmo {} weighs {} units.",
    "maker": "{} is a gizmo built by {}.",
    "day": "The gizmo {} was shown on {}.",
    "town": "{} is a maker at home in {}.",
    "staff": "The maker {} employs {} people.",
}


def world(rows: list[Row], firms: list[Firm]) -> tuple[World, list[tuple[str, str]]]:
    """Sentences and what they say, and of which kind each thing is."""
    known, kinds = World(), []
    tables = {
        "gizmos": (rows, ("colour", "weight", "maker", "day")),
        "makers": (firms, ("town", "staff")),
    }
    for table, (data, columns) in tables.items():
        singular = table[:-1]
        known.mean(f"List all {table}", f"? | is a | {singular}")
        for column in columns:
            known.mean(f"{table}: {column}", f"? | {column} | ?v")
        for name, *cells in data:
            kinds.append((name, singular))
            known.tell(f"{name} is a {singular}.", (name, "is a", singular))
            for column, value in zip(columns, cells, strict=True):
                if value is not None:
                    known.tell(SAID[column].format(name, value), (name, column, str(value)))
    return known, kinds


class Both:
    """The same data as virtual tables and as real ones."""

    def __init__(self, way: str, empty: bool, folder: Path) -> None:
        rows, firms = ([], []) if empty else (gizmos(), makers())
        told, kinds = world(rows, firms)
        # all is read, all is stored, or every second thing of each
        self.db = neuraldb.connect(models=told.models(extracting=way != "read"))
        self.db.add_many(list(told.said))
        if way == "stored":
            quads = [(Term("entity", n), Term("iri", TYPE), Term("type", kind), None) for n, kind in kinds]
            self.db.session.import_triples(quads)
        run = self.db.session.stores.database.execute
        run("CREATE TABLE real_gizmos (name VARCHAR, colour VARCHAR, weight DOUBLE, maker VARCHAR, day DATE)")
        run("CREATE TABLE real_makers (name VARCHAR, town VARCHAR, staff DOUBLE)")
        run("CREATE TABLE towns (name VARCHAR, country VARCHAR)")
        run("INSERT INTO towns VALUES ('Oslo', 'Norway'), ('Rome', 'Italy'), (NULL, 'Nowhere')")
        for row in rows:
            run("INSERT INTO real_gizmos VALUES ($1, $2, $3, $4, $5)", {str(i): v for i, v in enumerate(row, 1)})
        for maker in firms:
            run("INSERT INTO real_makers VALUES ($1, $2, $3)", {str(i): v for i, v in enumerate(maker, 1)})
        self.db.register("frames", pd.DataFrame({"maker": ["Acme", "Bolt", None], "colour": ["tin", "oak", "air"]}))
        self.file = folder / "prices.csv"
        self.file.write_text("paint,price\nred,5\nblue,7\ngrey,\n", encoding="utf-8")
        self.parquet = folder / "shops.parquet"
        pd.DataFrame({"town": ["Oslo", "Rome", None], "shops": [3, 1, 9]}).to_parquet(self.parquet)

    def compare(self, sql: str) -> int:
        """Run a statement over both; gives how many rows there were."""
        sql = sql.replace("FILE", f"'{self.file}'").replace("PARQUET", f"'{self.parquet}'")
        real = re.sub(r"\b(gizmos|makers)\b", r"real_\1", sql)
        virtual, expected = self.db.sql(sql).fetchall(), self.db.sql(real).fetchall()
        if "ORDER BY ALL" in sql.rsplit(")", 1)[-1]:
            assert virtual == expected, sql
        assert sorted(map(repr, virtual)) == sorted(map(repr, expected)), sql
        return len(expected)


@pytest.fixture(scope="module", params=["read", "stored"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    made = Both(request.param, False, tmp_path_factory.mktemp("files"))
    with made.db:
        yield made


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """No fact is told, so that every table that nobody made is one without rows."""
    made = Both("read", True, tmp_path_factory.mktemp("files"))
    with made.db:
        yield made


# {c}: a condition, {w}: a number, {k}: a column of texts, {a}: an aggregate of numbers, {s}: a set operation
FORMS = """
SELECT name, colour, maker FROM gizmos WHERE {c}
SELECT name, weight::DOUBLE AS w, day::DATE AS d FROM gizmos WHERE {c} ORDER BY ALL
SELECT {k}, count(*), {a} FROM gizmos GROUP BY {k} ORDER BY ALL
SELECT {k} AS k, count(DISTINCT name) FROM gizmos WHERE {c} GROUP BY k HAVING count(*) > 1
SELECT {k}, {a} AS x FROM gizmos GROUP BY {k} HAVING {a} > {w} OR {k} IS NULL
SELECT count(*), {a}, min(name), max(name) FROM gizmos WHERE {c}
SELECT DISTINCT {k} FROM gizmos WHERE {c}
SELECT g.name, m.town FROM gizmos g JOIN makers m ON g.maker = m.name
SELECT g.name, m.town FROM gizmos g LEFT JOIN makers m ON g.maker = m.name AND m.staff > {w}
SELECT m.name, g.name FROM gizmos g RIGHT JOIN makers m ON g.maker = m.name
SELECT m.name, g.name FROM gizmos g FULL JOIN makers m ON g.maker = m.name
SELECT a.name, b.name FROM gizmos a JOIN gizmos b ON a.colour = b.colour AND a.weight < b.weight
SELECT a.name, b.name FROM gizmos a, gizmos b WHERE a.maker = b.maker AND a.name < b.name
SELECT g.name, t.country FROM gizmos g JOIN makers m ON m.name = g.maker JOIN towns t ON t.name = m.town
SELECT g.name, p.price FROM gizmos g JOIN FILE p ON p.paint = g.colour
SELECT g.name, p.price FROM gizmos g LEFT JOIN FILE p ON p.paint = g.colour WHERE {c}
SELECT m.name, s.shops FROM makers m JOIN PARQUET s ON s.town = m.town ORDER BY ALL
SELECT t.country, count(g.name) FROM towns t LEFT JOIN makers m ON m.town = t.name LEFT JOIN gizmos g ON g.maker = m.name GROUP BY t.country
SELECT name FROM makers SEMI JOIN gizmos ON gizmos.maker = makers.name
SELECT name FROM makers ANTI JOIN gizmos ON gizmos.maker = makers.name
SELECT name FROM gizmos WHERE maker IN (SELECT name FROM makers WHERE staff > {w})
SELECT name FROM gizmos WHERE maker NOT IN (SELECT name FROM makers WHERE town = 'Oslo')
SELECT name FROM gizmos WHERE maker NOT IN (SELECT town FROM makers WHERE town IS NOT NULL)
SELECT name FROM gizmos WHERE name IN (SELECT name FROM gizmos WHERE {c})
SELECT name FROM makers m WHERE EXISTS (SELECT 1 FROM gizmos g WHERE g.maker = m.name AND {c})
SELECT name FROM makers m WHERE NOT EXISTS (SELECT 1 FROM gizmos g WHERE g.maker = m.name)
SELECT name FROM gizmos WHERE weight > (SELECT avg(weight) FROM gizmos)
SELECT name FROM gizmos WHERE weight = (SELECT max(weight::DOUBLE) FROM gizmos)
SELECT name, (SELECT count(*) FROM makers) AS n FROM gizmos WHERE {c}
SELECT name, (SELECT count(*) FROM gizmos g WHERE g.maker = m.name) AS n FROM makers m
SELECT name FROM makers m WHERE (SELECT count(*) FROM gizmos g WHERE m.name = g.maker AND {c}) > 1
SELECT name, (SELECT min(t.country) FROM towns t WHERE t.name = m.town) AS c FROM makers m
SELECT t.name, (SELECT sum(m.staff) FROM makers m WHERE m.town = t.name AND m.staff > {w}) AS s FROM towns t
SELECT name, (SELECT max(g.weight::DOUBLE) FROM gizmos g WHERE g.maker = m.name) AS n FROM makers m
WITH heavy AS (SELECT name, colour, maker, weight, day FROM gizmos WHERE weight > {w}) SELECT name, colour FROM heavy WHERE {c}
WITH g AS (SELECT maker, {a} AS x FROM gizmos GROUP BY maker) SELECT m.name, g.x FROM makers m LEFT JOIN g ON g.maker = m.name
WITH a AS (SELECT name, maker FROM gizmos), b AS (SELECT name AS n FROM a WHERE maker = 'Acme') SELECT * FROM b
SELECT name FROM gizmos WHERE {c} {s} SELECT name FROM gizmos WHERE {c}
SELECT colour FROM gizmos {s} SELECT town FROM makers
SELECT maker AS x FROM gizmos {s} SELECT name FROM makers {s} SELECT name FROM towns
SELECT name, rank() OVER (PARTITION BY colour ORDER BY weight::DOUBLE DESC NULLS LAST) AS r FROM gizmos
SELECT name, count(*) OVER (PARTITION BY {k}) AS n, {a} OVER (PARTITION BY {k}) AS s FROM gizmos
SELECT name, lag(name) OVER (ORDER BY name) AS before FROM gizmos
SELECT name FROM gizmos QUALIFY row_number() OVER (PARTITION BY {k} ORDER BY name) = 1
SELECT name, CASE WHEN {c} THEN 'yes' WHEN colour IS NULL THEN 'unknown' ELSE 'no' END AS x FROM gizmos
SELECT name, coalesce(colour, 'none') AS c, nullif(maker, 'Acme') AS m FROM gizmos
SELECT name, weight * 2 + 1 AS x, weight / 7 AS y FROM gizmos WHERE {c}
SELECT upper(name) AS u, length({k}) AS n, {k} || '!' AS e FROM gizmos WHERE {c}
SELECT name FROM gizmos WHERE {c} ORDER BY name DESC LIMIT 3 OFFSET 1
SELECT name, weight::DOUBLE AS w FROM gizmos ORDER BY weight DESC NULLS LAST, name LIMIT 4
SELECT name FROM gizmos ORDER BY day NULLS FIRST, name LIMIT 5
SELECT year(day) AS y, count(*) FROM gizmos GROUP BY y ORDER BY ALL
SELECT string_agg(name, ',' ORDER BY name) AS all_names FROM gizmos WHERE {c}
SELECT list(name ORDER BY name) AS l, bool_or(weight > {w}) AS b FROM gizmos GROUP BY {k}
SELECT count(*) FILTER (WHERE {c}) AS f, count(colour) AS c FROM gizmos
SELECT x.k, max(x.w) AS m FROM (SELECT {k} AS k, weight::DOUBLE AS w FROM gizmos WHERE {c}) x GROUP BY x.k
SELECT g.name FROM gizmos AS g WHERE NOT ({c}) AND g.name LIKE '%a%'
SELECT name FROM gizmos WHERE {c} OR maker IN (SELECT name FROM makers WHERE staff > {w})
SELECT name, maker IN (SELECT name FROM makers WHERE staff > {w}) AS x FROM gizmos
SELECT name FROM gizmos WHERE NOT (maker IN (SELECT name FROM makers WHERE town = 'Oslo') AND {c})
SELECT name FROM makers m WHERE town = 'Rome' OR EXISTS (SELECT 1 FROM gizmos g WHERE g.maker = m.name AND {c})
SELECT name, EXISTS (SELECT 1 FROM makers m WHERE m.name = g.maker) AS e FROM gizmos g
SELECT EXISTS (SELECT 1 FROM gizmos WHERE {c}) AS e, NOT EXISTS (SELECT max(weight) FROM gizmos) AS n
SELECT DISTINCT ON ({k}) {k}, name FROM gizmos WHERE {c} ORDER BY {k}, name DESC
SELECT DISTINCT ON (1) {k}, day::DATE AS d, name FROM gizmos ORDER BY 1, day DESC NULLS LAST, name
SELECT min({k}) FILTER (WHERE {c}) AS a, max(name) FILTER (WHERE {c}) AS b FROM gizmos
SELECT name, max({k}) OVER (PARTITION BY maker) AS a, min(colour) OVER (ORDER BY name) AS b FROM gizmos
SELECT name, count(*) OVER w AS n, sum(weight) OVER (w ROWS UNBOUNDED PRECEDING) AS s FROM gizmos WINDOW w AS (PARTITION BY {k} ORDER BY name)
SELECT {k} FROM gizmos EXCEPT ALL SELECT {k} FROM gizmos WHERE {c}
SELECT {k} FROM gizmos WHERE {c} INTERSECT ALL SELECT {k} FROM gizmos
SELECT name FROM gizmos WHERE maker = ANY (SELECT name FROM makers WHERE staff > {w})
SELECT name FROM gizmos WHERE maker <> ALL (SELECT name FROM makers WHERE staff > {w})
SELECT name, frames.colour FROM gizmos JOIN frames ON frames.maker = gizmos.maker
""".strip().splitlines()


def condition(draw: random.Random) -> str:
    parts = (
        f"colour = '{draw.choice(COLOURS)}'",
        f"colour <> '{draw.choice(COLOURS)}'",
        f"maker IN ('Acme', '{draw.choice(MAKERS)}')",
        f"colour NOT IN ('red', '{draw.choice(COLOURS)}')",
        f"weight > {draw.randint(1, 40) * 10}",
        f"weight <= {draw.randint(1, 40) * 10}",
        f"weight BETWEEN {draw.randint(1, 20) * 10} AND 300",
        f"day < DATE '{draw.randint(1950, 2010)}-01-01'",
        f"day >= '{draw.randint(1950, 2010)}-06-01'",
        "weight IS NULL",
        "colour IS NOT NULL",
        f"colour IS DISTINCT FROM '{draw.choice(COLOURS)}'",
        "colour LIKE '%re%'",
    )
    one, other = draw.choice(parts), draw.choice(parts)
    return draw.choice((one, f"({one} AND {other})", f"({one} OR {other})", f"NOT ({one} AND {other})"))


def statements() -> Iterator[str]:
    """Each form with three fillings; what fits no part of it is the same form three times, and stands once."""
    seen = set()
    for number, form in enumerate(FORMS):
        for seed in range(3):
            draw = random.Random(f"{number}/{seed}")
            parts = {
                "{w}": lambda draw=draw: str(draw.randint(1, 40) * 10),
                "{s}": lambda draw=draw: draw.choice(("UNION", "UNION ALL", "EXCEPT", "INTERSECT")),
            }
            column = draw.choice(("colour", "maker"))
            aggregate = draw.choice(("sum(weight)", "avg(weight)", "max(weight::DOUBLE)", "count(weight)"))
            sql = form.replace("{k}", column).replace("{a}", aggregate)
            while "{c}" in sql:
                sql = sql.replace("{c}", condition(draw), 1)
            for mark, make in parts.items():
                while mark in sql:
                    sql = sql.replace(mark, make(), 1)
            if sql not in seen:
                seen.add(sql)
                yield sql


STATEMENTS = list(statements())


@pytest.mark.parametrize("sql", STATEMENTS)
def test_virtual_tables_give_the_rows_of_real_ones(both: Both, sql: str) -> None:
    both.compare(sql)


@pytest.mark.parametrize("sql", STATEMENTS[::5])
def test_tables_without_rows_are_like_empty_ones(nothing: Both, sql: str) -> None:
    nothing.compare(sql)


def test_the_statements_are_no_empty_promise(both: Both) -> None:
    # at least two in three have rows to compare
    some = STATEMENTS[::7]
    assert sum(both.compare(sql) > 0 for sql in some) >= len(some) * 2 / 3


def test_unknown_members_of_not_in_are_no_members(both: Both) -> None:
    # the one difference: a maker's unknown town would make every answer unknown
    sql = "SELECT count(*) FROM {} WHERE maker NOT IN (SELECT town FROM {}) AND maker IS NOT NULL"
    assert both.db.sql(sql.format("gizmos", "makers")).scalar() > 0
    assert both.db.sql(sql.format("real_gizmos", "real_makers")).scalar() == 0


# --------------------------------------------------------------------------------------------------------- large, odd


@pytest.mark.slow
def test_a_table_of_a_hundred_thousand_rows_is_joined(both: Both) -> None:
    both.db.sql(
        "CREATE OR REPLACE TABLE sales AS SELECT i AS id, ['Acme', 'Bolt', NULL, 'Elsewhere'][i % 4 + 1] AS maker, i % 7 AS n "
        "FROM range(100000) t(i)"
    )
    for sql in (
        "SELECT g.name, count(*) AS c, sum(s.n) AS n FROM sales s JOIN gizmos g ON g.maker = s.maker GROUP BY g.name",
        "SELECT m.town, count(s.id) AS c FROM makers m LEFT JOIN sales s ON s.maker = m.name GROUP BY m.town",
        "SELECT count(*) FROM sales s WHERE s.maker NOT IN (SELECT name FROM makers)",
    ):
        assert both.compare(sql) > 0


@pytest.mark.slow
def test_a_virtual_table_of_a_hundred_thousand_things_is_joined() -> None:
    count = 100_000
    with neuraldb.connect(models=World().models()) as db:
        kind, weight = (Term("iri", TYPE), Term("type", "widget")), Term("relation", "weight")
        things = [Term("entity", f"widget {i}") for i in range(count)]
        db.session.import_triples((thing, *kind, None) for thing in things)
        db.session.import_triples((t, weight, Term("number", f"{i % 1000} kg"), None) for i, t in enumerate(things))
        db.sql(f"CREATE TABLE stock AS SELECT 'Widget ' || i AS name, i AS n FROM range({count}) t(i)")
        sql = "SELECT count(*), sum(s.n) FROM stock s JOIN widgets w ON w.name = s.name WHERE w.weight >= '0.9 tonnes'"
        assert db.sql(sql).fetchall() == [(10_000, sum(i for i in range(count) if i % 1000 >= 900))]
        assert db.sql("SELECT weight FROM widgets WHERE name = 'WIDGET 99999'").fetchall() == [("999 kg",)]


HOSTILE = (
    "'; DROP TABLE real_gizmos; --",
    '" UNION SELECT text FROM facts --',
    "Robert'); DELETE FROM store.facts; --",
    "%(x)s %s {} $1 ?",
    r"\\ \x00 \u202e",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_stored_texts_and_values_are_never_code(text: str) -> None:
    """A thing and a value that look like SQL are a thing and a value, in whatever place."""
    world = World()
    thing, value = f"<{text}>", f"[{text}]"
    fact = world.tell(f"The doodad {thing} has the colour {value}.", (thing, "colour", value))
    world.mean("doodads: colour", "? | colour | ?v")
    world.mean("List all doodads", "? | colour | _")
    with neuraldb.connect(models=world.models()) as db:
        db.add(fact)
        assert db.sql("SELECT name, colour FROM doodads").fetchall() == [(thing, value)]
        for sql, given in (
            ("SELECT colour FROM doodads WHERE name = %s", thing),
            ("SELECT max(colour) FROM doodads WHERE colour IN (%s, 'x')", value),
            ("SELECT colour FROM doodads d WHERE EXISTS (SELECT 1 FROM doodads e WHERE e.colour = %s)", value),
        ):
            assert db.sql(sql, [given]).fetchall() == [(value,)], sql
        assert len(db.facts()) == 1
        quoted = '"' + text.replace('"', '""') + '"'
        for sql in (f"SELECT {quoted} FROM doodads", f"SELECT name FROM {quoted}", f"SELECT d.{quoted} FROM doodads d"):
            with pytest.raises(neuraldb.Error):
                db.sql(sql)
        assert len(db.facts()) == 1
