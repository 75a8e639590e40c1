"""Semantic functions: where they may stand, what they cost, what is wrong with them."""

# ruff: noqa: E501 - tables of cases are read by the row
from __future__ import annotations

from typing import Any

import pytest

from neuraldb.core.errors import BindError, NotSupportedError, ProgrammingError
from neuraldb.plan.explain import explain
from sql.world import World

# the fake judge: all words of the criterion stand in the text; the fake answer: the first number, or the last word
CASES: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("SELECT id FROM facts WHERE means(text, 'music') ORDER BY id", [(1,), (4,)]),
    ("SELECT id FROM facts WHERE NOT means(text, 'music') ORDER BY id", [(2,), (3,), (5,)]),
    ("SELECT id FROM facts WHERE NOT (NOT means(text, 'music')) ORDER BY id", [(1,), (4,)]),
    ("SELECT id FROM facts WHERE means(text, 'music') AND means(text, 'band') AND id > 1", [(4,)]),
    ("SELECT id FROM facts WHERE means(text, 'music') OR id = 5 ORDER BY id", [(1,), (4,), (5,)]),
    ("SELECT id, means(text, 'music') AS m FROM facts WHERE id < 3 ORDER BY id", [(1, True), (2, False)]),
    ("SELECT id FROM facts WHERE means(lower(text), 'bakery') ORDER BY 1", [(2,), (3,)]),
    ("SELECT ask(text, 'last word?') AS w FROM facts WHERE id = 5", [("Bergen",)]),
    ("SELECT ask(text, 'how many?')::DOUBLE AS n FROM facts WHERE id IN (3, 4) ORDER BY n", [(5.0,), (40.0,)]),
    ("SELECT ask(text, 'how many?')::INTEGER + 1 AS n FROM facts WHERE id = 3", [(41,)]),
    ("SELECT CAST(ask(text, 'how many?') AS DECIMAL(6, 1)) * 2 AS n FROM facts WHERE id = 3 AND ask(text, 'how many?')::DOUBLE > 1", [(80,)]),
    ("SELECT id FROM facts WHERE ask(text, 'how many?')::DOUBLE > 10", [(3,)]),
    ("SELECT sum(ask(text, 'how many?')::DOUBLE) AS s, count(*) FROM facts", [(45.0, 5)]),
    ("SELECT classify(text, ['music', 'bakery', 'other']) AS c, count(*) AS n FROM facts GROUP BY c ORDER BY n DESC, c", [("bakery", 2), ("music", 2), ("other", 1)]),
    ("SELECT classify(text, ['music', 'other']) AS c, min(id) FROM facts GROUP BY classify(text, ['music', 'other']) ORDER BY 2", [("music", 1), ("other", 2)]),
    ("SELECT id FROM facts ORDER BY similarity(text, 'jazz music') DESC, id LIMIT 2", [(1,), (4,)]),
    ("SELECT id, similarity(text, 'jazz music.') AS s FROM facts WHERE similarity(text, 'jazz music.') > 0.4 ORDER BY s DESC", [(1, 1.0)]),
    ("SELECT name FROM cities WHERE means(name, 'oslo')", [("Oslo",)]),
    ("SELECT c.name, f.id FROM cities c JOIN facts f ON means(c.name || ' ' || f.text, 'rain bergen') ORDER BY 1, 2", [("Bergen", 5), ("Boston", 5), ("Oslo", 5), ("Paris", 5)]),
    ("SELECT c.name, f.id FROM cities c LEFT JOIN facts f ON f.id = 1 AND means(f.text, 'rain') WHERE c.name = 'Oslo'", [("Oslo", None)]),
    ("SELECT c.name, f.id FROM cities c LEFT JOIN facts f ON means(f.text, 'rain') WHERE c.name = 'Oslo'", [("Oslo", 5)]),
    ("SELECT count(*) AS n FROM facts f JOIN orders o ON f.id = o.id WHERE means(f.text, 'music')", [(2,)]),
    ("SELECT string_agg(text, ' ' ORDER BY id) AS all_text, ask(string_agg(text, ' ' ORDER BY id), 'last word?') AS w FROM facts WHERE id > 3", [("Carl plays music in a band of 5. Rain fell in Bergen.", "Bergen")]),
    ("SELECT text, ask(text, 'last word?') AS w FROM facts WHERE id < 3 GROUP BY text ORDER BY text", [("Anna likes jazz music.", "music"), ("Nils runs a bakery.", "bakery")]),
    ("SELECT count(*) AS n FROM facts GROUP BY means(text, 'music') HAVING count(*) > 2", [(3,)]),
    ("SELECT id FROM facts WHERE means(ask(text, 'last word?'), 'bakery')", [(2,)]),
    ("SELECT id, CASE WHEN means(text, 'music') THEN 'yes' ELSE 'no' END AS m FROM facts WHERE id IN (1, 2) ORDER BY id", [(1, "yes"), (2, "no")]),
    ("SELECT id, row_number() OVER (ORDER BY similarity(text, 'bergen') DESC, id) AS r FROM facts ORDER BY r LIMIT 1", [(1, 1)]),
    ("WITH m AS (SELECT * FROM facts WHERE means(text, 'music')) SELECT a.id, b.id FROM m a, m b WHERE a.id < b.id", [(1, 4)]),
    ("SELECT id FROM facts WHERE id IN (SELECT id FROM facts WHERE means(text, 'bakery')) ORDER BY 1", [(2,), (3,)]),
    ("SELECT id FROM facts WHERE id NOT IN (SELECT id FROM facts WHERE means(text, 'bakery')) ORDER BY 1", [(1,), (4,), (5,)]),
    ("SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM facts f WHERE f.id = o.id AND means(f.text, 'music')) ORDER BY 1", [(1,), (4,)]),
    ("SELECT DISTINCT classify(text, ['music', 'other']) AS c FROM facts ORDER BY c", [("music",), ("other",)]),
    ("SELECT name FROM people WHERE means(employer, 'nasa') ORDER BY name", [("Carl Dahl",), ("John Doe",)]),
    ("SELECT means(city, 'oslo') AS m, count(*) FROM orders GROUP BY m ORDER BY m", [(False, 1), (True, 2), (None, 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_rows(world: World, sql: str, expected: list[tuple[Any, ...]]) -> None:
    assert world.rows(sql) == expected


def test_each_call_is_computed_once(world: World) -> None:
    world.rows(
        "SELECT ask(text, 'n?')::DOUBLE AS n FROM facts WHERE ask(text, 'n?')::DOUBLE > 1 ORDER BY ask(text, 'n?')::DOUBLE"
    )
    assert len(world.calls) == 5


def test_exact_conditions_are_below(world: World) -> None:
    world.rows("SELECT id FROM facts WHERE means(text, 'music') AND id > 3")
    assert world.calls == ["SemanticFilter Carl plays music in a band of 5.", "SemanticFilter Rain fell in Bergen."]


def test_parameters_can_be_criteria(world: World) -> None:
    assert world.rows("SELECT id FROM facts WHERE means(text, %(c)s) AND id > %(i)s", {"c": "music", "i": 1}) == [(4,)]


def test_evidence_goes_through(world: World) -> None:
    assert world.evidence("SELECT id FROM facts WHERE means(text, 'music') ORDER BY id") == [([1], 1.0), ([4], 1.0)]
    assert world.evidence("SELECT count(*) FROM facts WHERE means(text, 'music')") == [([1, 4], 1.0)]
    assert world.evidence("SELECT DISTINCT 1 FROM facts WHERE id < 3") == [([1, 2], 1.0)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM facts WHERE means(text)", "means takes two arguments: a text and a criterion in plain words"),
        (
            "SELECT * FROM facts WHERE means(text, subject)",
            "the second argument of means is a criterion in plain words",
        ),
        ("SELECT * FROM facts WHERE means(text, '  ')", "the second argument of means is a criterion in plain words"),
        ("SELECT ask(text, 3) FROM facts", "the second argument of ask is a question in plain words"),
        (
            "SELECT classify(text, 'a') FROM facts",
            "the second argument of classify is a list of labels, such as ['praise', 'complaint']",
        ),
        (
            "SELECT classify(text, []) FROM facts",
            "the second argument of classify is a list of labels, such as ['praise', 'complaint']",
        ),
    ],
)
def test_wrong_arguments(world: World, sql: str, message: str) -> None:
    with pytest.raises(ProgrammingError) as caught:
        world.plan(sql)
    assert caught.value.message == message
    assert caught.value.source == sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM cities c LEFT JOIN facts f ON means(c.name || f.text, 'x')",
        "SELECT * FROM cities c FULL JOIN facts f ON means(f.text, 'x')",
        "SELECT * FROM cities c LEFT JOIN facts f ON ask(f.text, 'x') = c.name",
        "SELECT list_transform([text], lambda t: means(t, 'x')) FROM facts",
    ],
)
def test_what_cannot_be_combined_says_so(world: World, sql: str) -> None:
    with pytest.raises(NotSupportedError):
        world.plan(sql)


def test_a_slip_in_a_semantic_function(world: World) -> None:
    with pytest.raises(BindError) as caught:
        world.plan("SELECT clasify(text, ['a']) FROM facts, people")
    assert caught.value.candidates[0] == "classify"


def test_plan(world: World) -> None:
    sql = "SELECT ask(text, 'who?') AS w FROM facts WHERE means(text, 'is a joke') AND id < 9 ORDER BY id LIMIT 3"
    assert explain(world.plan(sql)) == "\n".join(
        [
            "Project ask:1 as w",
            "└─ Limit 3",
            "   └─ Sort facts.id",
            "      └─ SemanticMap ask:1 = ask(facts.text, 'who?')",
            "         └─ SemanticFilter facts.text means 'is a joke'",
            "            └─ Filter (facts.id < 9)",
            "               └─ Scan facts",
        ]
    )
