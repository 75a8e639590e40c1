"""Semantic functions: where they may stand, what they cost, what is wrong with them."""

# ruff: noqa: E501 - tables of cases are read by the row
from __future__ import annotations

from typing import Any

import pytest

from neuraldb.core.errors import BindError, NotSupportedError, ProgrammingError
from neuraldb.plan.explain import explain
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.rules.context import RuleContext
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
    # a criterion, a question, a text to compare with or labels that each row has
    ("SELECT f.id, l.label FROM facts f JOIN labels l ON means(f.text, l.label) ORDER BY 1", [(1, "music"), (2, "bakery"), (3, "bakery"), (4, "music")]),
    ("SELECT l.label, count(*) FROM facts f, labels l WHERE means(f.text, l.label) GROUP BY 1 ORDER BY 1", [("bakery", 2), ("music", 2)]),
    ("SELECT a.id, b.id FROM facts a JOIN facts b ON a.id < b.id AND means(a.text || ' / ' || b.text, 'jazz band')", [(1, 4)]),
    ("SELECT id, ask(text, CASE WHEN id = 2 THEN 'last word?' END) FROM facts WHERE id < 3 ORDER BY id", [(1, None), (2, "bakery")]),
    ("SELECT f.id, similarity(f.text, l.label || ' music.') AS s FROM facts f, labels l WHERE s > 0.9", []),
    ("SELECT id, classify(text, (SELECT list(label ORDER BY label) FROM labels)) AS c FROM facts WHERE id < 4 ORDER BY id", [(1, "music"), (2, "bakery"), (3, "bakery")]),
    ("SELECT id, classify(text, CASE WHEN id > 2 THEN ['bakery', 'x'] END) AS c FROM facts WHERE id < 5 ORDER BY id", [(1, None), (2, None), (3, "bakery"), (4, "x")]),
    # all kinds of joins
    ("SELECT f.id, l.label FROM facts f LEFT JOIN labels l ON means(f.text, l.label) ORDER BY 1", [(1, "music"), (2, "bakery"), (3, "bakery"), (4, "music"), (5, None)]),
    ("SELECT f.id, l.label FROM facts f RIGHT JOIN labels l ON means(f.text, l.label) ORDER BY 1, 2", [(1, "music"), (2, "bakery"), (3, "bakery"), (4, "music"), (None, "snow")]),
    ("SELECT f.id, l.label FROM facts f FULL JOIN labels l ON means(f.text, l.label) ORDER BY 1, 2", [(1, "music"), (2, "bakery"), (3, "bakery"), (4, "music"), (5, None), (None, "snow")]),
    ("SELECT f.id FROM facts f SEMI JOIN labels l ON means(f.text, l.label) ORDER BY 1", [(1,), (2,), (3,), (4,)]),
    ("SELECT f.id FROM facts f ANTI JOIN labels l ON means(f.text, l.label)", [(5,)]),
    ("SELECT f.id FROM facts f WHERE EXISTS (SELECT 1 FROM labels l WHERE means(f.text, l.label) AND l.label <> 'music') ORDER BY 1", [(2,), (3,)]),
    ("SELECT f.id FROM facts f WHERE NOT EXISTS (SELECT 1 FROM labels l WHERE means(f.text, l.label)) AND f.id > 1", [(5,)]),
    ("SELECT f.id FROM facts f WHERE EXISTS (SELECT 1 FROM cities c WHERE ask(f.text, 'last word?') = c.name)", [(5,)]),
    ("SELECT f.id, l.label FROM facts f LEFT JOIN labels l ON ask(f.text, 'last word?') = l.label WHERE f.id < 4 ORDER BY 1", [(1, "music"), (2, "bakery"), (3, None)]),
    ("SELECT c.name, f.id FROM cities c LEFT JOIN facts f ON means(c.name || f.text, 'oslorain') AND f.id > 2 ORDER BY 1 DESC LIMIT 2", [("Paris", None), ("Oslo", 5)]),
    ("SELECT c.name, f.id FROM cities c FULL JOIN facts f ON means(f.text, 'rain') AND c.name = 'Oslo' WHERE f.id > 3 ORDER BY 2", [(None, 4), ("Oslo", 5)]),
    ("SELECT c.name, f.id, o.id FROM cities c LEFT JOIN facts f ON means(f.text, lower(c.name)) JOIN orders o ON o.city = c.name ORDER BY 3", [("Oslo", None, 1), ("Oslo", None, 2), ("Paris", None, 3)]),
    # names of one thing
    ("SELECT o.id, c.name FROM orders o LEFT JOIN cities c ON same_entity(o.city, upper(c.name)) ORDER BY 1", [(1, "Oslo"), (2, "Oslo"), (3, "Paris"), (4, None)]),
    ("SELECT o.id FROM orders o JOIN cities c ON same_entity(o.city, c.name) WHERE same_entity(c.country, 'norway') ORDER BY 1", [(1,), (2,)]),
    ("SELECT name FROM cities WHERE same_entity(country, 'America')", [("Boston",)]),
    ("SELECT name FROM people WHERE same_entity(employer, 'nasa') ORDER BY 1", [("Carl Dahl",), ("John Doe",)]),
    ("SELECT same_entity('US', 'America') AS a, same_entity('', country) AS b, same_entity(NULL, country) AS c FROM cities WHERE name = 'Oslo'", [(True, None, None)]),
    # after grouping, in windows, aggregates and subqueries
    ("SELECT id FROM facts GROUP BY id, text HAVING means(text, 'music') ORDER BY 1", [(1,), (4,)]),
    ("SELECT id % 2 AS p FROM facts GROUP BY 1 HAVING means(string_agg(text, ' '), 'band bakery')", [(0,)]),
    ("SELECT count(*) FILTER (WHERE means(text, 'music')) AS n, sum(CASE WHEN means(text, 'rain') THEN 10 ELSE 1 END)::INTEGER AS s FROM facts", [(2, 14)]),
    ("SELECT id FROM facts WHERE means(text, 'music') QUALIFY row_number() OVER (ORDER BY similarity(text, 'band') DESC) = 1", [(4,)]),
    ("SELECT id FROM facts WHERE id = (SELECT max(id) FROM facts WHERE means(text, 'bakery'))", [(3,)]),
    ("SELECT text FROM facts WHERE means(text, 'music') EXCEPT SELECT text FROM facts WHERE means(text, 'band')", [("Anna likes jazz music.",)]),
    ("SELECT list(classify(text, ['music', 'other']) ORDER BY id) AS c FROM facts WHERE id > 3", [(["music", "other"],)]),
    ("SELECT id FROM facts ORDER BY means(text, 'music') DESC, id LIMIT 2", [(1,), (4,)]),
    ("SELECT id FROM facts ORDER BY classify(text, ['music', 'other']), id DESC LIMIT 3", [(4,), (1,), (5,)]),
    ("SELECT means('a song', 'song') AS yes", [(True,)]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_rows(world: World, sql: str, expected: list[tuple[Any, ...]]) -> None:
    assert world.rows(sql) == expected


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_rows_of_the_optimised_plan(world: World, sql: str, expected: list[tuple[Any, ...]]) -> None:
    plan = optimise(world.plan(sql), RuleContext(check=True)).plan
    rows = world.run(plan)
    assert rows == expected if "ORDER BY" in sql else sorted(rows, key=repr) == sorted(expected, key=repr)


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


LABELS = "the second argument of classify is a list of labels, such as ['praise', 'complaint']"


@pytest.mark.parametrize(
    ("sql", "message", "at"),
    [
        ("SELECT * FROM facts WHERE means(text)", "means takes two arguments: a text and a criterion in plain words", "means(text)"),
        ("SELECT id, same_entity(text) FROM facts", "same_entity takes two arguments: two names of things", "same_entity(text)"),
        ("SELECT * FROM facts WHERE means(text, '  ')", "the second argument of means is a criterion in plain words", "'  '"),
        ("SELECT * FROM facts WHERE means(text, NULL)", "the second argument of means is a criterion in plain words", "NULL"),
        ("SELECT * FROM facts WHERE means(text, id)", "the second argument of means is a criterion in plain words, and id is BIGINT", "id"),
        ("SELECT * FROM facts WHERE means(id, 'a, b')", "the first argument of means is a text, such as a column, and id is BIGINT", "id"),
        ("SELECT * FROM facts WHERE id = 1 OR means(id, 'x') OR means(text, 'x')", "the first argument of means is a text, such as a column, and id is BIGINT", "id"),
        ("SELECT means(id + 1, 'odd') FROM facts", "the first argument of means is a text, such as a column, and id + 1 is BIGINT", "id + 1"),
        ("SELECT means(text, 'x'), ask(text, 3) FROM facts", "the second argument of ask is a question in plain words", "3"),
        ("SELECT ask(labels, 'who?') FROM facts", "the first argument of ask is a text, such as a column, and labels is VARCHAR[]", "labels"),
        ("SELECT similarity(7, 'x') FROM facts", "the first argument of similarity is a text, such as a column, not a number", "7"),
        ("SELECT same_entity(id, text) FROM facts", "the first argument of same_entity is a name, and id is BIGINT", "id"),
        ("SELECT classify(text, 'a') FROM facts", LABELS, "'a'"),
        ("SELECT classify(text, []) FROM facts", LABELS, "[]"),
        ("SELECT classify(text, ['a', 3]) FROM facts", LABELS, "['a', 3]"),
        ("SELECT classify(text, ['a', ' ']) FROM facts", LABELS, "['a', ' ']"),
        ("SELECT classify(text, subject) FROM facts", f"{LABELS}, and subject is VARCHAR", "subject"),
    ],
)  # fmt: skip
def test_wrong_arguments(world: World, sql: str, message: str, at: str) -> None:
    with pytest.raises(ProgrammingError) as caught:
        world.plan(sql)
    assert caught.value.message == message
    assert caught.value.source == sql
    assert caught.value.span is not None
    assert sql[slice(*caught.value.span)] == at


def test_too_many_labels(world: World) -> None:
    labels = [f"label {i}" for i in range(257)]
    with pytest.raises(ProgrammingError, match="classify takes 256 labels at most, and these are 257") as caught:
        world.plan("SELECT classify(text, %s) FROM facts", [labels])
    assert caught.value.span == (22, 24)
    assert world.rows("SELECT classify(text, %s) AS c FROM facts WHERE id = 1", [labels[:256]]) == [("label 255",)]


def test_what_cannot_be_combined_says_so(world: World) -> None:
    with pytest.raises(NotSupportedError):
        world.plan("SELECT list_transform([text], lambda t: means(t, 'x')) FROM facts")


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
