"""Twins of questions in SQL, and how their rows are compared."""

# ruff: noqa: E501 - tables of cases are read by the row
from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from doubles import World
from doubles.marked import marked

from neuraldb.evaluation.sql_parity import SAME, compared, difference, table
from neuraldb.evaluation.sql_twins import Untranslated, twin
from neuraldb.language.question import Atom, Bridge, Conjunction, Negation, Question
from neuraldb.language.sql import parse_sql


def atom(text: str, type: str = "set", op: str = "none") -> Atom:
    frame = marked(text, type, op)
    return Atom(frame.question, frame)


ANNA = atom("Where was [entity:Anna] born?")
BOOKS = atom("Which [class:books] did [entity:Flint] write?")
LONGEST = atom("Which [class:books] are the longest?", "argmax")

CASES: list[tuple[dict[str, Any], Question, str, tuple[str, ...]]] = [
    ({"type": "lookup", "relation": "birthPlace"}, ANNA, "SELECT DISTINCT birthPlace FROM things WHERE name = %s", ("Anna",)),
    ({"type": "unans", "relation": "height", "tags": ["empty_lookup"]}, ANNA, "SELECT DISTINCT height FROM things WHERE name = %s", ("Anna",)),
    ({"type": "set", "relation": "author"}, BOOKS, "SELECT DISTINCT name FROM books WHERE author = %s", ("Flint",)),
    ({"type": "count", "relation": "author"}, BOOKS, "SELECT COUNT(DISTINCT name) FROM books WHERE author = %s", ("Flint",)),
    ({"type": "count", "relation": "child", "tags": ["count_objects"]}, atom("How many children has [entity:Anna]?"), "SELECT COUNT(DISTINCT child) FROM things WHERE name = %s", ("Anna",)),
    ({"type": "bool", "relation": "birthPlace"}, atom("Was [entity:Anna] born in [entity:Oslo]?", "bool"), "SELECT BOOL_OR(CAST(birthPlace IN (%s, %s) AS BOOLEAN)) FROM things WHERE name IN (%s, %s)", ("Anna", "Oslo", "Anna", "Oslo")),
    ({"type": "bool", "relation": "pages", "tags": ["compare"]}, atom("Is [entity:A] longer than [entity:B]?", "compare", "gt"), "SELECT BOOL_OR(CAST(a.pages > b.pages AS BOOLEAN)) FROM things AS a CROSS JOIN things AS b WHERE a.name = %s AND b.name = %s", ("A", "B")),
    ({"type": "filter_num", "relation": "pages"}, atom("Which [class:books] have more than [value:500] pages?", "set", "gt"), "SELECT DISTINCT name FROM things WHERE pages > %s", ("500",)),
    ({"type": "max", "relation": "pages"}, LONGEST, "SELECT MAX(pages) FROM things", ()),
    ({"type": "avg", "relation": "pages"}, LONGEST, "SELECT AVG(pages) FROM things", ()),
    ({"type": "argmax", "relation": "pages"}, LONGEST, "SELECT DISTINCT name FROM things WHERE pages = (SELECT MAX(pages) FROM things)", ()),
    ({"type": "topk", "relation": "pages"}, atom("Which [count:two] [class:books] are the longest?", "argmax"), "SELECT name FROM things ORDER BY pages DESC LIMIT 2", ()),
    ({"type": "group", "relation": "author"}, LONGEST, "SELECT author FROM books WHERE NOT author IS NULL GROUP BY author ORDER BY COUNT(DISTINCT name) DESC LIMIT 1", ()),
    ({"type": "conj", "relation": "author+year"}, Conjunction(BOOKS, atom("Which [class:books] are from before [value:1990]?", "set", "lt"), BOOKS.frame), "SELECT DISTINCT name FROM books WHERE author = %s AND year < %s", ("Flint", "1990")),
    ({"type": "join", "relation": "author/birthPlace"}, Bridge(ANNA.text, atom("Where was it born?").frame, atom("Who wrote [entity:Faust]?")), "SELECT DISTINCT b.birthPlace FROM things AS a JOIN things AS b ON a.author = b.name WHERE a.name = %s", ("Faust",)),
    ({"type": "join", "relation": "author/birthPlace", "tags": ["join_set"]}, Bridge(BOOKS.text, LONGEST.frame, atom("Who was born in [entity:Oslo]?")), "SELECT DISTINCT a.name FROM books AS a JOIN things AS b ON a.author = b.name WHERE b.birthPlace = %s", ("Oslo",)),
    ({"type": "neg", "relation": "author"}, Negation("books", BOOKS, BOOKS.frame), "SELECT DISTINCT name FROM books WHERE NOT name IN (SELECT name FROM books WHERE author = %s)", ("Flint",)),
]  # fmt: skip


@pytest.mark.parametrize(("query", "question", "sql", "parameters"), CASES)
def test_twin(query: dict[str, Any], question: Question, sql: str, parameters: tuple[str, ...]) -> None:
    made = twin(query, question)
    assert (made.sql, made.parameters) == (sql, parameters)
    parse_sql(made.sql, made.parameters)
    assert " FROM books" not in twin(query, question, open=True).sql


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("lookup", atom("Where was she born?")),
        ("bool", atom("Was [entity:Anna] born?", "bool")),
        ("topk", atom("Which [class:books] are long?")),
        ("conj", BOOKS),
        ("join", BOOKS),
        ("set", atom("Which [class:books] are there?")),
        ("poem", BOOKS),
        ("_named", BOOKS),
    ],
)
def test_without_the_structure_there_is_no_twin(kind: str, question: Question) -> None:
    with pytest.raises(Untranslated):
        twin({"type": kind, "relation": "author"}, question)


def _score_query(query: dict[str, Any], answer: list[Any]) -> tuple[float, float]:
    """A scorer that compares words without case."""
    wanted = [{form.lower() for form in forms} for forms in query["accepted"]]
    given = [str(value).lower() for value in answer]
    hits = sum(any(value in forms for value in given) for forms in wanted)
    extra = sum(not any(value in forms for forms in wanted) for value in given)
    return float(hits == len(wanted) and not extra), 2 * hits / max(2 * hits + extra + len(wanted) - hits, 1)


SCORE = SimpleNamespace(score_query=_score_query)
QUERY = {"type": "set", "answer": ["United States"], "accepted": [["United States", "the US"]], "tags": []}


@pytest.mark.parametrize(
    ("asked", "found", "kind"),
    [
        (["the US"], ["United States"], SAME),
        (["Oslo"], ["oslo"], SAME),
        ([], [0], SAME),
        ([], [None], SAME),
        ([False], [False], SAME),
        ([False], [], "the twin finds nothing"),
        ([], ["Oslo"], "the question finds nothing"),
        (["Oslo"], ["Bergen"], "other rows"),
        (["Oslo", "Bergen"], ["Oslo"], "fewer rows"),
        (["Oslo"], ["Oslo", "Bergen"], "more rows"),
        (["Oslo", "Bergen"], ["Oslo", "Rome"], "other rows"),
    ],
)
def test_rows_are_compared_as_the_scorer_compares(asked: list[Any], found: list[Any], kind: str) -> None:
    assert difference(QUERY, asked, found, SCORE) == kind  # type: ignore[arg-type]


def test_a_file_is_asked_in_both_ways(tmp_path: Path) -> None:
    world = World()
    text = world.tell("Anna Berg is a painter from Oslo.", ("Anna Berg", "lives in", "Oslo"))
    asked = world.question("Where does [entity:Anna Berg] live?", "set", "Anna Berg | lives in | ?")
    world.mean("What is the home of anna berg?", "Anna Berg | lives in | ?")
    wrong = world.question("Who is [entity:Anna Berg]?", "set", "Anna Berg | lives in | ?")
    known = {"answer": ["Oslo"], "accepted": [["Oslo"]], "value": None, "unit": None, "tags": []}
    queries = [
        {"id": "a", "query": asked, "type": "lookup", "relation": "home", **known},
        {"id": "b", "query": wrong, "type": "lookup", "relation": "spouse", **known},
    ]
    path = tmp_path / "some.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"name": "some", "facts": [text], "queries": queries}).encode()))
    (tmp_path / "score.py").write_text(
        "def score_query(query, answer):\n"
        "    return (1.0, 1.0) if [str(a) for a in answer] == query['answer'] else (0.0, 0.0)\n",
        encoding="utf-8",
    )
    outcomes = list(compared(path, world.models()))
    assert [(o.query, o.kind, o.right) for o in outcomes] == [
        ("a", SAME, "both"),
        ("b", "the twin finds nothing", "question"),
    ]
    shown = table(outcomes)
    assert "lookup             2      1    50.0" in shown
    assert "SELECT DISTINCT spouse FROM things WHERE name = %s ['Anna Berg']" in shown
    assert len(list(compared(path, world.models(), limit=1))) == 1
