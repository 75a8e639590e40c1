"""Statements that differ only in which things they name share a plan, and give what they would give without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from neuraldb.execution import engine
from neuraldb.models.registry import Models
from neuraldb.session import Session
from neuraldb.stores.terms import Term

TRIPLES = [
    *[("a", "p", "b"), ("b", "p", "c"), ("c", "p", "d"), ("d", "p", "a"), ("a", "q", "c"), ("b", "q", "c")],
    *[("c", "q", "b"), ("d", "q", "d"), ("a", "r", "a"), ("b", "r", "d"), ("d", "r", "b")],
]
PREFIX = "PREFIX x: <http://x/> "


def quad(subject: str, relation: str, object: str) -> tuple[Term, Term, Term, None]:
    return (*(Term("iri", f"http://x/{name}") for name in (subject, relation, object)), None)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def asked() -> Iterator[Session]:
    """A graph that no test changes."""
    opened = Session(":memory:", models=Models())
    opened.import_triples([quad(*triple) for triple in TRIPLES])
    yield opened
    opened.close()


@pytest.fixture
def changing() -> Iterator[Session]:
    """A graph of one triple."""
    opened = Session(":memory:", models=Models())
    opened.import_triples([quad("a", "p", "b")])
    yield opened
    opened.close()


def rows(session: Session, text: str) -> tuple[list[tuple[object, ...]], bool]:
    """The rows of a statement, and whether its plan was a kept one."""
    result = session.run(text, "sparql")
    return result.rows, "plan kept" in result.timings


def planned(session: Session, text: str) -> list[tuple[object, ...]]:
    """The rows of a statement that is parsed and planned."""
    prepared = session.prepare(text, "sparql")
    ran = engine.run(prepared.physical, session._context(None, None, lambda *_: None))
    return [tuple(row.values()) for row in ran.table.select([c.name for c in prepared.optimised.columns]).to_pylist()]


SHARED = [
    "SELECT ?y {{ <http://x/{0}> <http://x/p> ?y }}",
    "SELECT ?v {{ <http://x/{0}> ?v <http://x/{1}> }}",
    "SELECT ?y {{ <http://x/{0}> x:p/x:q ?y }}",
    "SELECT ?y {{ <http://x/{0}> x:p+ ?y }}",
    "SELECT ?y {{ <http://x/{0}> (x:p|^x:q)* ?y . ?y x:q <http://x/{1}> }}",
    "SELECT ?y {{ ?y x:p <http://x/{0}> ; x:q <http://x/{1}> }}",
    "SELECT ?y {{ {{ <http://x/{0}> x:p ?y }} UNION {{ ?y x:q <http://x/{1}> }} }}",
    "SELECT (COUNT(?y) AS ?n) {{ <http://x/{0}> ?p ?y }}",
    "SELECT ?y {{ <http://x/{0}> ?p ?y FILTER(?y != x:b) }} ORDER BY ?y LIMIT 2",
    "SELECT ?y {{ ?y x:p ?z FILTER NOT EXISTS {{ ?y x:q <http://x/{0}> }} }}",
    "ASK {{ <http://x/{0}> x:p+ <http://x/{1}> }}",
]


@pytest.mark.parametrize("form", SHARED)
def test_a_plan_is_used_for_other_things(asked: Session, form: str) -> None:
    found = []
    for pair in ("bc", "ab", "cd", "da", "bd"):
        text = PREFIX + form.format(*pair)
        given, is_kept = rows(asked, text)
        assert sorted(map(repr, given)) == sorted(map(repr, planned(asked, text)))
        found.append(is_kept)
    assert not any(found[:2])
    assert found[-1]


UNSHARED = [
    "SELECT ?y {{ <http://x/a> <http://x/{0}> ?y }}",
    "SELECT ?y {{ <http://x/{0}> x:p ?y . ?z x:q x:c }}",
    "SELECT ?y ?z {{ <http://x/{0}> x:p ?y BIND(<http://x/{0}> AS ?z) }}",
    "SELECT ?y ?z {{ ?y x:p ?z FILTER(?y = <http://x/{0}>) }}",
    "SELECT ?y ?z {{ VALUES ?y {{ <http://x/{0}> }} ?y x:p ?z }}",
    "SELECT ?y (STRLEN(STR(<http://x/{0}>)) AS ?n) {{ x:a x:p ?y }}",
    "SELECT ?y {{ x:a x:p ?y FILTER(STR(?y) != '<http://x/{0}>') }}",
    "SELECT ?y {{ x:c x:q ?y . <http://x/{0}> x:p ?z }} # <http://x/{0}>",
    "SELECT ?y {{ GRAPH <http://x/{0}> {{ x:a x:p ?y }} }}",
    "BASE <http://x/{0}> SELECT ?y {{ <b> x:p ?y }}",
]


@pytest.mark.parametrize("form", UNSHARED)
def test_what_is_not_only_the_end_of_a_triple_is_as_it_is_written(asked: Session, form: str) -> None:
    for name in (*"cpacb", "none", "a/../b", "a%20"):
        text = PREFIX + form.format(name)
        assert sorted(map(repr, rows(asked, text)[0])) == sorted(map(repr, planned(asked, text)))


def test_one_thing_under_two_names_stays_apart(asked: Session) -> None:
    form = PREFIX + "SELECT ?y {{ x:a x:p ?y . ?z x:r <http://x/{}> }}"
    assert [len(rows(asked, form.format(name))[0]) for name in "aacdb"] == [1, 1, 0, 1, 1]


def test_things_that_are_not_stored_or_the_same_are_planned(asked: Session) -> None:
    form = PREFIX + "SELECT ?v {{ <http://x/{}> ?v <http://x/{}> }}"
    for pair in ("ab", "bc", "cd"):
        _, is_kept = rows(asked, form.format(*pair))
    assert is_kept
    assert rows(asked, form.format("a", "a")) == ([("http://x/r",)], False)
    assert rows(asked, form.format("none", "a")) == ([], False)


def test_a_plan_follows_changes(changing: Session) -> None:
    form = "SELECT ?y {{ <http://x/{}> <http://x/p> ?y }}"
    for _ in range(3):
        before = rows(changing, form.format("a"))
    assert before == ([("http://x/b",)], True)
    changing.import_triples([quad("b", "p", "c")])
    assert rows(changing, form.format("b")) == ([("http://x/c",)], False)
    assert rows(changing, form.format("a")) == ([("http://x/b",)], True)
    changing.begin()
    changing.import_triples([quad("a", "p", "d")])
    for _ in range(3):
        within = rows(changing, form.format("a"))
    assert within == ([("http://x/b",), ("http://x/d",)], True)
    changing.rollback()
    for _ in range(3):
        after = rows(changing, form.format("a"))
    assert after == ([("http://x/b",)], True)


def test_moments_and_chance_are_not_kept(changing: Session) -> None:
    text = "SELECT ({} AS ?n) {{ <http://x/a> <http://x/p> ?y }}"
    for call in ("NOW()", "RAND()", "STRUUID()"):
        assert len({rows(changing, text.format(call))[0][0] for _ in range(4)}) == 4


def test_whole_terms_and_values_have_plans_of_their_own(changing: Session) -> None:
    text = "SELECT ?y { <http://x/a> <http://x/p> ?y }"
    for _ in range(3):
        plain = changing.run(text, "sparql").rows
        whole = changing.run(text, "sparql", terms=True).rows
    assert plain == [("http://x/b",)]
    assert whole != plain


def test_explain_tells_that_a_plan_was_kept(changing: Session) -> None:
    for name in ("a", "a", "b"):
        result = changing.run(f"SELECT ?y {{ <http://x/{name}> <http://x/p> ?y }}", "sparql")
    explanation = result.explain()
    assert "plan kept" in explanation
    assert "<http://x/b>" in explanation
    assert "<http://x/a>" not in explanation
