"""Small answers are read from arrays in memory: the same rows in the same order as DuckDB gives."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.execution import graph_small
from neuraldb.execution.graph_small import answer
from neuraldb.execution.physical import lower
from neuraldb.models.registry import Models
from neuraldb.plan.nodes import Node
from neuraldb.plan.optimizer import optimise
from neuraldb.session import Session
from neuraldb.stores import graph_images
from neuraldb.stores.graph_image import TERMS, TRIPLES, GraphImage
from neuraldb.stores.terms import Term

from .memory import MemoryGraph, run
from .test_order import PREFIX, graph_of, triple_sets

NAMED, OPEN = (":a", ":b", ":missing"), ("?x", "?y", "?z", "?w")
patterns = st.tuples(
    st.sampled_from((*OPEN, *NAMED)), st.sampled_from((":p", ":q", ":r", "?v")), st.sampled_from((*OPEN, *NAMED))
).map(" ".join)
groups = st.lists(patterns, min_size=1, max_size=4).map(" . ".join)
wheres = st.one_of(
    groups,
    st.builds("{} OPTIONAL {{ {} }}".format, groups, groups),
    st.builds("{{ {} }} UNION {{ {} }}".format, groups, groups),
    st.builds(
        "{} {}{} {} . {}".format,
        st.sampled_from(("?x", ":a")),
        st.sampled_from((":p", "^:q", ":r")),
        st.sampled_from("+*?"),
        st.sampled_from(("?y", ":b")),
        groups,
    ),
    st.builds(
        "{} . {} {} {} . {}".format,
        groups,
        st.sampled_from(OPEN),
        st.sampled_from(("(:p|:q)+", "(:p/^:q)*", "(^:p)+", ":q?", "(:p|^:p)*", ":r+")),
        st.sampled_from((*OPEN, ":b")),
        patterns,
    ),
    st.builds("{} FILTER {} {{ {} }}".format, groups, st.sampled_from(("EXISTS", "NOT EXISTS")), groups),
    st.builds("{} MINUS {{ {} }}".format, groups, groups),
    st.builds("{} {{ SELECT DISTINCT ?x ?y {{ {} }} }}".format, groups, groups),
    st.builds("{0} {{ {1} }} UNION {{ {2} }}".format, groups, groups, groups),
    st.sampled_from(("?x :p+ ?y", "?x :p+ ?x", "?x :q? :a", "?x (:p|:q)+ ?y", ":a :p+ :c", ":a :q* :a")),
    st.sampled_from((":a :p+ ?x", ":a :q* ?x", "?x :r? :c", "?x :p* ?x", ":a :p+ :a", ":missing :p* ?x")),
)
selections = st.sampled_from(("SELECT *", "SELECT DISTINCT *", "SELECT ?x ?y", "SELECT DISTINCT ?y", "ASK"))
queries = st.builds("{} {{ {} }}".format, selections, wheres)


def image_of(graph: MemoryGraph) -> GraphImage:
    connection = graph.connect()
    return GraphImage.of(connection.sql(TRIPLES).to_arrow_table(), connection.sql(TERMS).to_arrow_table())


def both(graph: MemoryGraph, query: str) -> tuple[pa.Table | None, pa.Table]:
    """What memory gives, if it does, and what DuckDB gives."""
    plan: Node = optimise(graph.plan(PREFIX + query)).plan
    return answer(plan, lambda: image_of(graph)), run(lower(plan), graph.connect())


@settings(max_examples=100, deadline=None)
@given(triple_sets, queries)
def test_memory_and_duckdb_give_the_same_rows(triples: list[tuple[str, str, str]], query: str) -> None:
    small, large = both(graph_of(triples), query)
    if small is not None:
        assert small.to_pylist() == large.to_pylist()
        assert small.schema.names == large.schema.names


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?y { :a :p ?y }",
        "SELECT ?v ?y { :a ?v ?y }",
        "SELECT ?x { ?x :p :b }",
        "SELECT ?x ?y { ?x :p :b . ?x :q ?y . ?y :r ?x }",
        "SELECT DISTINCT ?z { :a :p ?y . ?y :p ?z }",
        "SELECT ?y ?z { :a :p ?y OPTIONAL { ?y :q ?z } }",
        "SELECT ?y { { :a :p ?y } UNION { ?y :q :a } }",
        "SELECT * { { :a :p ?y } UNION { ?z :q ?y . ?y :p :b } }",
        "SELECT ?y { :a :p+ ?y }",
        "SELECT ?x { ?x :p* :b }",
        "SELECT ?z { ?z :q ?y . :a :p* ?y }",
        "SELECT ?x ?y { ?x :p+ ?y }",
        "ASK { :a :p ?y . ?y :q ?z }",
        "ASK { :b :p+ :a }",
        "SELECT ?x { ?x :p+ ?x }",
        "SELECT ?y { :a (:p|:q)+ ?y }",
        "SELECT ?y { :a (:p/^:q)* ?y }",
        "SELECT ?x ?y { :a :p ?x . ?x :q* ?y }",
        "SELECT ?x ?y { ?x :q :c . ?x :p+ ?y . ?y :q ?z }",
        "SELECT ?y { :a :p ?y FILTER NOT EXISTS { ?y :q ?z . ?z :r :a } }",
        "SELECT ?y { :a ?v ?y FILTER EXISTS { ?z :q ?y } }",
    ],
)
def test_what_is_answered_from_memory(query: str) -> None:
    ring = [("a", "p", "b"), ("b", "p", "c"), ("c", "p", "a"), ("a", "q", "c"), ("c", "q", "a"), ("c", "r", "a")]
    small, large = both(graph_of(ring), query)
    assert small is not None
    assert small.to_pylist() == large.to_pylist() != []


@pytest.mark.parametrize(
    "query", ["SELECT ?x { ?x :p ?y }", "SELECT ?y { :a :p ?y } LIMIT 1", "SELECT (COUNT(*) AS ?n) { :a :p ?y }"]
)
def test_what_is_left_to_duckdb(query: str) -> None:
    small, large = both(graph_of([("a", "p", "b"), ("a", "q", "c")]), query)
    assert small is None
    assert large.num_rows == 1


def test_many_rows_are_left_to_duckdb(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of([("a", "p", "b"), ("a", "p", "c"), ("a", "p", "d"), ("b", "p", "c")])
    monkeypatch.setattr(graph_small, "MOST", 2)
    assert both(graph, "SELECT ?y { :a :p ?y }")[0] is None
    assert both(graph, "SELECT ?x ?y { ?x :p+ ?y }")[0] is None
    monkeypatch.setattr(graph_small, "MOST_ARCS", 2)
    assert both(graph, "SELECT ?y { :a :p+ ?y }")[0] is None


def test_rows_that_rest_on_facts_are_left_to_duckdb() -> None:
    graph = graph_of([("a", "p", "b")])
    graph.add(*(graph.term("iri", f"http://x/{name}") for name in ("a", "p", "c")), fact=7)
    small, large = both(graph, "SELECT ?y { :a :p ?y }")
    assert small is None
    assert large.num_rows == 2


# ------------------------------------------------------------------------------------------------------- the session

KNOWN = "PREFIX : <http://x/> SELECT ?b { :a :knows ?b }"


def quad(subject: str, relation: str, object: str) -> tuple[Term, Term, Term, None]:
    return (*(Term("iri", f"http://x/{name}") for name in (subject, relation, object)), None)  # type: ignore[return-value]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Two triples, of which an image pays after any query."""
    monkeypatch.setattr(graph_images, "SECONDS", 1e-12)
    opened = Session(":memory:", models=Models())
    opened.import_triples([quad("a", "knows", "b"), quad("b", "knows", "c")])
    yield opened
    opened.close()


def asked(session: Session) -> tuple[list[str], bool]:
    """The rows, and whether they came from memory."""
    result = session.run(KNOWN, "sparql")
    return [cell.removeprefix("http://x/") for (cell,) in result.rows], "from memory" in result.explain()


def test_an_image_is_made_when_it_pays_and_every_change_makes_it_void(session: Session) -> None:
    assert asked(session) == (["b"], False)
    assert asked(session) == (["b"], True)
    session.import_triples([quad("a", "knows", "d")])
    assert asked(session) == (["b", "d"], False)
    assert asked(session) == (["b", "d"], True)
    session.run("PREFIX : <http://x/> DELETE DATA { :a :knows :b }", "sparql")
    assert asked(session)[0] == asked(session)[0] == ["d"]
    session.import_triples([quad("new", "knows", "d")])
    assert session.run("SELECT ?o { <http://x/new> ?p ?o }", "sparql").rows == [("http://x/d",)]


def test_a_transaction_sees_its_own_changes_and_takes_them_back(session: Session) -> None:
    assert asked(session) == (["b"], False)
    assert asked(session) == (["b"], True)
    session.begin()
    session.import_triples([quad("a", "knows", "d")])
    assert asked(session) == asked(session) == (["b", "d"], False)
    session.rollback()
    assert asked(session)[0] == asked(session)[0] == ["b"]
