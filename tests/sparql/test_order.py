"""Patterns are ordered by statistics, chains of steps begin where other patterns bind them: same rows, better plans."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pyoxigraph
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.plan.catalogue import RelationSizes
from neuraldb.plan.explain import explain
from neuraldb.plan.nodes import Node, TermConstant, TriplePattern, Union, Variable
from neuraldb.plan.rewriting import bottom_up
from neuraldb.plan.sparql_nodes import BasicPattern, PathClosure
from neuraldb.plan.sparql_order import connected, matches, ordered

from .memory import MemoryGraph, identity

PREFIX = "PREFIX : <http://x/>\n"
NODES, RELATIONS, VARIABLES = ("a", "b", "c", "d"), ("p", "q", "r"), ("?x", "?y", "?z", "?w")
PATHS = (":p+", ":q*", ":r?", ":p/^:q?/:r", "(:p|:q)+", "^:p+", ":p+/:q+")
triple_sets = st.lists(
    st.tuples(st.sampled_from(NODES), st.sampled_from(RELATIONS), st.sampled_from(NODES)), min_size=2, max_size=14
)
pattern_lists = st.lists(
    st.tuples(
        st.sampled_from((*VARIABLES, *VARIABLES, ":a", ":b")),
        st.sampled_from((":p", ":q", ":r", "?v")),
        st.sampled_from((*VARIABLES, *VARIABLES, ":a", ":c")),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Patterns, and up to two paths whose ends other patterns bind."""
    patterns = draw(pattern_lists)
    ends = sorted({end for s, _, o in patterns for end in (s, o) if end.startswith("?")})
    triples = [" ".join(p) for p in patterns]
    for path in draw(st.lists(st.sampled_from(PATHS), max_size=2)) if ends else ():
        near, far = draw(st.sampled_from(ends)), draw(st.sampled_from(ends))
        triples.append(f"{near} {path} {far}")
    return f"SELECT * {{ {' . '.join(draw(st.permutations(triples)))} }}"


def graph_of(triples: list[tuple[str, str, str]], *, distinct: bool = True) -> MemoryGraph:
    graph = MemoryGraph(distinct=distinct)
    graph.load(tuple(rdflib.URIRef(f"http://x/{name}") for name in triple) for triple in dict.fromkeys(triples))
    return graph


def bag(rows: list[dict[str, Any]]) -> Counter[frozenset[tuple[str, Any]]]:
    return Counter(frozenset((name, str(identity(value))) for name, value in row.items()) for row in rows)


def expected(triples: list[tuple[str, str, str]], query: str) -> Counter[frozenset[tuple[str, Any]]]:
    """The bag of another engine: rdflib for plain patterns; it gives pairs of paths twice, so of those pyoxigraph."""
    stated = [[f"http://x/{name}" for name in triple] for triple in triples]
    if not any(path in query for path in PATHS):
        graph = rdflib.Graph()
        for triple in stated:
            graph.add(tuple(map(rdflib.URIRef, triple)))  # type: ignore[arg-type]
        answer: Any = graph.query(query)
        # iterating over the answer leaves out the solution that binds nothing, which its bindings have
        return Counter(frozenset((str(v), str(term)) for v, term in row.items()) for row in answer.bindings)
    store = pyoxigraph.Store()
    store.extend(pyoxigraph.Quad(*map(pyoxigraph.NamedNode, triple)) for triple in stated)
    answer = store.query(query)
    return Counter(frozenset((v.value, row[v].value) for v in answer.variables) for row in answer)


@settings(max_examples=60, deadline=None)
@given(triple_sets, queries(), st.booleans())
def test_other_engines_give_the_same_bag(triples: list[tuple[str, str, str]], query: str, distinct: bool) -> None:
    graph = graph_of(triples, distinct=distinct)
    assert bag(graph.ask(PREFIX + query, terms=True)) == expected(triples, PREFIX + query)


# --------------------------------------------------------------------------------------------------------------- plans


def with_sizes(**counts: int) -> MemoryGraph:
    """A graph with so many triples of each relation, each from a subject of its own to one of a few objects."""
    graph = MemoryGraph(distinct=True)
    for relation, count in counts.items():
        for i in range(count):
            graph.add(*(graph.term("iri", f"http://x/{name}") for name in (f"s{i}", relation, f"o{i % 5}")))
    graph.term("iri", "http://x/Thing")
    return graph


def plan_text(plan: Node) -> str:
    """The plan as text, IRIs by their names."""
    return re.sub(r"<http://x/(\w+)>", r":\1", explain(plan))


SPELLINGS = [
    "?a :common ?b . ?a :rare ?c . ?c :middling ?d . ?b :single ?e",
    "?b :single ?e . ?c :middling ?d . ?a :rare ?c . ?a :common ?b",
    "?c :middling ?d . ?a :common ?b . ?b :single ?e . ?a :rare ?c",
]


@pytest.mark.parametrize("patterns", SPELLINGS)
def test_all_spellings_of_a_query_have_one_plan(patterns: str) -> None:
    graph = with_sizes(common=60, rare=3, middling=20, single=1)
    plan = plan_text(graph.plan(f"{PREFIX}SELECT ?a {{ {patterns} }}"))
    (line,) = [line for line in plan.splitlines() if "BasicPattern" in line]
    assert line.endswith("BasicPattern ?b :single ?e . ?a :common ?b . ?a :rare ?c . ?c :middling ?d")


def test_a_constant_makes_a_pattern_come_first() -> None:
    graph = with_sizes(common=60, rare=3)
    plan = plan_text(graph.plan(f"{PREFIX}SELECT ?a {{ ?a :rare ?b . ?a :common :o1 . :s7 :common ?b }}"))
    assert "BasicPattern :s7 :common ?b . ?a :rare ?b . ?a :common :o1" in plan


def test_the_columns_keep_the_order_of_the_query() -> None:
    graph = with_sizes(common=60, rare=3)
    (row, *_) = graph.ask(f"{PREFIX}SELECT * {{ ?a :common ?b . ?a :rare ?c }}")
    assert list(row) == ["a", "b", "c"]


def test_chains_begin_where_other_patterns_bind_them() -> None:
    graph = with_sizes(common=60, rare=3)
    plan = plan_text(graph.plan(f"{PREFIX}SELECT ?b {{ ?a :common? ?b . ?a :rare ?c }}"))
    assert "PathClosure ?a ? ?b from given a" in plan
    backward = plan_text(graph.plan(f"{PREFIX}SELECT ?a {{ ?a :common+ ?b . ?b :rare ?c }}"))
    assert "PathClosure ?a + ?b from given b" in backward
    anywhere = plan_text(graph.plan(f"{PREFIX}SELECT ?a {{ ?a :rare+ ?b . ?b :common ?c }}"))
    assert "given" not in anywhere  # there are fewer steps than places to begin at
    anchored = plan_text(graph.plan(f"{PREFIX}SELECT ?a {{ :s1 :common+ ?b . ?b :rare ?c }}"))
    assert "given" not in anchored


def test_what_one_chain_reaches_begins_the_next_but_not_endlessly() -> None:
    graph = with_sizes(common=60, rare=3)
    path = ":common+/" * 9 + ":common+"
    plan = graph.plan(f"{PREFIX}SELECT ?b {{ :s1 {path} ?b }}")
    assert "from given" in plan_text(plan)
    assert len(plan_text(plan).splitlines()) < 200


def test_eleven_patterns_with_the_selective_ones_last() -> None:
    # RDFLib/rdflib#1775: five classes first, and a constant name
    graph = MemoryGraph(distinct=True)
    graph.read_turtle(
        " ".join(
            f":u{i} a :User ; :name 'user {i}' ; :order :o{i} . :o{i} a :Order ; :item :i{i % 9} ; :shop :s{i % 3} ."
            for i in range(40)
        )
        + " ".join(f":i{i} a :Item ; :label 'item {i}' ." for i in range(9))
        + " ".join(f":s{i} a :Shop ; :city :c ." for i in range(3))
        + " :c a :City ; :name 'Oslo' ."
    )
    query = """SELECT ?label { ?u a :User . ?u :name 'user 7' . ?o a :Order . ?i a :Item . ?s a :Shop . ?c a :City .
               ?u :order ?o . ?o :item ?i . ?o :shop ?s . ?s :city ?c . ?i :label ?label }"""
    plan = plan_text(graph.plan(PREFIX + query))
    (line,) = [line for line in plan.splitlines() if "BasicPattern" in line]
    patterns = line.partition("BasicPattern ")[2].split(" . ")
    assert patterns[0] == "?u :name 'user 7'"
    assert patterns.index("?u :order ?o") < patterns.index("?o :item ?i") < patterns.index("?i :label ?label")
    assert graph.ask(PREFIX + query) == [{"label": "item 7"}]


def test_a_step_that_may_be_left_out_begins_at_what_is_bound() -> None:
    # oxigraph/oxigraph#1894: both ends are bound by another pattern
    graph = with_sizes(common=60, rare=3, middling=20, single=2)
    plan = plan_text(graph.plan(f"{PREFIX}SELECT * {{ ?a :single ?b . ?a :common/^:rare?/^:middling ?b }}"))
    assert "PathClosure _:.path2 ? _:.path1 from given _:.path2" in plan


def unseeded(node: Node) -> Node:
    return replace(node, starts=None) if isinstance(node, PathClosure) else node


@settings(max_examples=40, deadline=None)
@given(triple_sets, queries())
def test_given_starts_change_no_row(triples: list[tuple[str, str, str]], query: str) -> None:
    graph = graph_of(triples)
    optimised = bag(graph.ask(PREFIX + query, terms=True))
    plan = MemoryGraph.plan
    try:
        MemoryGraph.plan = lambda self, *a, **k: bottom_up(plan(self, *a, **k), unseeded)  # type: ignore[method-assign]
        assert bag(graph.ask(PREFIX + query, terms=True)) == optimised
    finally:
        MemoryGraph.plan = plan  # type: ignore[method-assign]


# ------------------------------------------------------------------------------------------------------------- numbers


def pattern(subject: str, relation: str, object: str) -> TriplePattern:
    def term(text: str) -> Variable | TermConstant:
        return Variable(text[1:]) if text.startswith("?") else TermConstant(text, (ord(text[1]),))

    return TriplePattern(term(subject), term(relation), term(object))


def sizes(relations: tuple[int, ...] | None) -> RelationSizes:
    return RelationSizes(1000, 100, 10) if relations is None else RelationSizes(10.0 * relations[0], 5, 2)


def test_matches_are_estimated_from_what_is_bound() -> None:
    assert matches(pattern("?a", "?b", "?c"), sizes) == 1000
    assert matches(pattern("?a", "?b", "?c"), sizes, {"a"}) == 10
    assert matches(pattern("?a", "?b", "?c"), sizes, {"b"}) == 100
    assert matches(pattern(":x", "?b", ":y"), sizes) == 1
    assert matches(pattern("?a", "?b", "?a"), sizes) == 10


def test_patterns_that_share_no_variable_are_groups() -> None:
    one, two, three = pattern("?a", ":p", "?b"), pattern("?c", ":p", "?d"), pattern("?d", ":q", "?a")
    assert connected([one, two]) == [[one], [two]]
    assert connected([one, two, three]) == [[one, two, three]]


def test_a_pattern_that_is_not_connected_waits() -> None:
    first, far, near = pattern(":x", ":p", "?a"), pattern("?c", ":p", ":y"), pattern("?a", ":p", "?b")
    assert ordered([far, near, first], sizes)[0][1:] == (near, far)


def test_a_basic_pattern_has_its_columns_in_a_given_order() -> None:
    node = BasicPattern((pattern("?a", ":p", "?b"), pattern("?b", ":p", "?c")), ("c", "a", "b"))
    assert [c.name for c in node.columns] == ["c", "a", "b"]


def test_a_union_of_many_patterns_takes_no_longer_than_its_length() -> None:
    plan: Node = TriplePattern(Variable("s"), Variable("p0"), Variable("o"))
    for number in range(1, 300):
        plan = Union(plan, TriplePattern(Variable("s"), Variable(f"p{number}"), Variable("o")))
    assert len(plan.columns) == 302
