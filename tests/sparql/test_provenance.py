"""Evidence and confidence of random queries over small graphs, beside the documented rules worked out in Python.

A row rests on: the facts that state its triple, any of which would do (1 - product of 1 - c); of a join and a left
join, both sides (product); of EXISTS, the row and its witnesses, any of which would do; of DISTINCT, any of the equal
rows; of a group, all of its rows (product). What is absent (MINUS, NOT EXISTS, an OPTIONAL without a match) rests on
nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.execution.engine import traced
from neuraldb.execution.physical import lower
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE

from .memory import MemoryGraph, run

NAMES, RELATIONS, VARIABLES = ("a", "b", "c"), ("p", "q"), ("x", "y", "z")
Binding: TypeAlias = frozenset[tuple[str, str]]


class Stated(NamedTuple):
    """A triple, the fact that states it (None: imported), and its confidence."""

    subject: str
    relation: str
    object: str
    fact: int | None
    confidence: float


class Row(NamedTuple):
    """A solution, the facts it rests on, and its confidence."""

    bound: Binding
    facts: frozenset[int]
    confidence: float


Graph: TypeAlias = Sequence[Stated]


def either(rows: Iterable[Row]) -> Iterator[Row]:
    """Equal rows as one, of which any would do."""
    same: dict[Binding, list[Row]] = defaultdict(list)
    for row in rows:
        same[row.bound].append(row)
    for bound, alike in same.items():
        facts = frozenset().union(*(r.facts for r in alike))
        yield Row(bound, facts, 1 - math.prod(1 - r.confidence for r in alike))


def compatible(one: Binding, other: Binding) -> bool:
    values = dict(one)
    return all(values.get(name, value) == value for name, value in other)


def both(one: Row, other: Row) -> Row:
    return Row(one.bound | other.bound, one.facts | other.facts, one.confidence * other.confidence)


@dataclass(frozen=True)
class Pattern:
    """A pattern; ``str`` is the SPARQL within its braces."""

    def rows(self, graph: Graph) -> list[Row]:
        raise NotImplementedError  # every pattern has its own


@dataclass(frozen=True)
class Triple(Pattern):
    subject: str
    relation: str
    object: str

    def __str__(self) -> str:
        return " ".join(e if e.startswith("?") else f":{e}" for e in (self.subject, self.relation, self.object)) + " ."

    def rows(self, graph: Graph) -> list[Row]:
        found = []
        for stated in graph:
            bound: dict[str, str] = {}
            for end, value in zip((self.subject, self.relation, self.object), stated, strict=False):
                name, is_variable = end.removeprefix("?"), end.startswith("?")
                if (bound.setdefault(name, str(value)) if is_variable else end) != value:
                    break
            else:
                facts = frozenset() if stated.fact is None else frozenset({stated.fact})
                found.append(Row(frozenset(bound.items()), facts, stated.confidence))
        return list(either(found))


@dataclass(frozen=True)
class Combined(Pattern):
    left: Pattern
    right: Pattern

    def __str__(self) -> str:
        return FORMS[type(self)].format(self.left, self.right)


class Joined(Combined):
    def rows(self, graph: Graph) -> list[Row]:
        right = self.right.rows(graph)
        return [both(x, y) for x in self.left.rows(graph) for y in right if compatible(x.bound, y.bound)]


class Optional(Combined):
    def rows(self, graph: Graph) -> list[Row]:
        found, right = [], self.right.rows(graph)
        for x in self.left.rows(graph):
            found += [both(x, y) for y in right if compatible(x.bound, y.bound)] or [x]
        return found


class Union(Combined):
    def rows(self, graph: Graph) -> list[Row]:
        return self.left.rows(graph) + self.right.rows(graph)


class Minus(Combined):
    def rows(self, graph: Graph) -> list[Row]:
        right = self.right.rows(graph)

        def meet(one: Binding, other: Binding) -> bool:
            return bool(dict(one).keys() & dict(other).keys()) and compatible(one, other)

        return [x for x in self.left.rows(graph) if not any(meet(x.bound, y.bound) for y in right)]


class Exists(Combined):
    def rows(self, graph: Graph) -> list[Row]:
        found, right = [], self.right.rows(graph)
        for x in self.left.rows(graph):
            witnesses = [Row(frozenset(), y.facts, y.confidence) for y in right if compatible(x.bound, y.bound)]
            found += [both(x, witness) for witness in either(witnesses)]
        return found


class NotExists(Combined):
    def rows(self, graph: Graph) -> list[Row]:
        right = self.right.rows(graph)
        return [x for x in self.left.rows(graph) if not any(compatible(x.bound, y.bound) for y in right)]


class Substituted(Exists):
    """EXISTS whose pattern reads an outer value before it binds one, so that it is evaluated for each row."""


class Either(Combined):
    """A subquery with DISTINCT of one variable, joined with the left side."""

    def rows(self, graph: Graph) -> list[Row]:
        kept = [r._replace(bound=frozenset(b for b in r.bound if b[0] == "x")) for r in self.right.rows(graph)]
        right = list(either(kept))
        return [both(x, y) for x in self.left.rows(graph) for y in right if compatible(x.bound, y.bound)]


FORMS: dict[type[Pattern], str] = {
    Joined: "{{ {0} }} {{ {1} }}",
    Optional: "{0} OPTIONAL {{ {1} }}",
    Union: "{{ {0} }} UNION {{ {1} }}",
    Minus: "{0} MINUS {{ {1} }}",
    Exists: "{0} FILTER EXISTS {{ {1} }}",
    NotExists: "{0} FILTER NOT EXISTS {{ {1} }}",
    Substituted: "{0} FILTER EXISTS {{ BIND(?x AS ?w) {1} }}",
    Either: "{{ {0} }} {{ SELECT DISTINCT ?x {{ {1} }} }}",
}
# FILTER is of the whole group, so what stands before it is a group of its own
WHOLE = (Exists, NotExists, Substituted)

ENDS = st.sampled_from([*(f"?{v}" for v in VARIABLES), *(f"?{v}" for v in VARIABLES), "a", "b"])
TRIPLES = st.builds(Triple, ENDS, st.sampled_from([*RELATIONS, *RELATIONS, "?z"]), ENDS)


# what EXISTS asks is a triple or a join of two: their substituted and their joined meaning are the same
ASKED = st.one_of(TRIPLES, st.builds(Joined, TRIPLES, TRIPLES))


def combined(inner: st.SearchStrategy[Pattern]) -> st.SearchStrategy[Pattern]:
    group = st.builds(Joined, inner, TRIPLES)
    return st.one_of(
        *(st.builds(kind, inner, inner) for kind in (Joined, Union, Either)),
        *(st.builds(kind, group, inner) for kind in (Optional, Minus)),
        *(st.builds(kind, group, ASKED) for kind in WHOLE),
    )


PATTERNS = st.recursive(TRIPLES, combined, max_leaves=4)


@st.composite
def graphs(draw: st.DrawFn) -> list[Stated]:
    name, relation = st.sampled_from(NAMES), st.sampled_from(RELATIONS)
    sure = st.sampled_from([0.5, 0.75, 0.25, 1.0])
    told = draw(st.lists(st.tuples(name, relation, name, sure, st.integers(0, 3)), min_size=2, max_size=8))
    # one in four is imported; a fact may state several triples
    return list(
        {
            (s, r, o, fact if kind else None): Stated(s, r, o, fact if kind else None, sure if kind else 1.0)
            for fact, (s, r, o, sure, kind) in enumerate(told, start=1)
        }.values()
    )


def stored(graph: Graph) -> MemoryGraph:
    memory = MemoryGraph()
    for relation in RELATIONS:
        memory.term("relation", relation)
    for name in NAMES:
        memory.term("entity", name)
    for s, r, o, fact, sure in graph:
        memory.say(s, r, o, fact, sure)
    return memory


def given_by(memory: MemoryGraph, query: str, *, optimised: bool) -> list[Row]:
    """The rows of a query with its provenance."""
    plan = memory.plan(query)
    table = traced(run(lower(optimise(plan).plan if optimised else plan), memory.connect()))
    return [
        Row(
            frozenset((k, str(v)) for k, v in row.items() if v is not None and not k.startswith("__")),
            frozenset(row[EVIDENCE]),
            row[CONFIDENCE],
        )
        for row in table.to_pylist()
    ]


def tidy(rows: Iterable[Row]) -> list[Any]:
    return sorted((sorted(r.bound), sorted(r.facts), round(r.confidence, 9)) for r in rows)


def visible(rows: Iterable[Row]) -> list[Row]:
    return [r._replace(bound=frozenset(b for b in r.bound if b[0] in VARIABLES)) for r in rows]


@given(graphs(), PATTERNS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_patterns(graph: list[Stated], pattern: Pattern, optimised: bool) -> None:
    given = given_by(stored(graph), f"SELECT ?x ?y ?z {{ {pattern} }}", optimised=optimised)
    assert tidy(given) == tidy(visible(pattern.rows(graph)))


@pytest.mark.parametrize("kind", WHOLE)
@given(graph=graphs(), rows=TRIPLES, asked=ASKED)
@settings(max_examples=25, deadline=None)
def test_witnesses(kind: type[Combined], graph: list[Stated], rows: Pattern, asked: Pattern) -> None:
    pattern = kind(rows, asked)
    given = given_by(stored(graph), f"SELECT ?x ?y ?z {{ {pattern} }}", optimised=True)
    assert tidy(given) == tidy(visible(pattern.rows(graph)))


@given(graphs(), PATTERNS, st.booleans())
@settings(max_examples=25, deadline=None)
def test_distinct_rows(graph: list[Stated], pattern: Pattern, optimised: bool) -> None:
    given = given_by(stored(graph), f"SELECT DISTINCT ?x {{ {pattern} }}", optimised=optimised)
    expected = either(r._replace(bound=frozenset(b for b in r.bound if b[0] == "x")) for r in pattern.rows(graph))
    assert tidy(given) == tidy(expected)


@given(graphs(), PATTERNS, st.booleans())
@settings(max_examples=25, deadline=None)
def test_groups(graph: list[Stated], pattern: Pattern, optimised: bool) -> None:
    query = f"SELECT ?x (COUNT(*) AS ?n) {{ {pattern} }} GROUP BY ?x"
    groups: dict[Binding, list[Row]] = defaultdict(list)
    for row in pattern.rows(graph):
        groups[frozenset(b for b in row.bound if b[0] == "x")].append(row)
    if not any("?x" in part for part in str(pattern).split()):
        return  # a key that is nowhere bound
    expected = [
        Row(
            key | {("n", str(len(rows)))},
            frozenset().union(*(r.facts for r in rows)),
            math.prod(r.confidence for r in rows),
        )
        for key, rows in groups.items()
    ]
    assert tidy(given_by(stored(graph), query, optimised=optimised)) == tidy(expected)


@given(graphs(), PATTERNS)
@settings(max_examples=25, deadline=None)
def test_what_is_selected_is_what_the_row_rests_on(graph: list[Stated], pattern: Pattern) -> None:
    memory = stored(graph)
    for row in memory.ask(f"SELECT DISTINCT ?x ?score ?evidence {{ {pattern} }}", provenance=True):
        assert (row["score"], row["evidence"]) == (row[CONFIDENCE], row[EVIDENCE])


@given(graphs(), st.sampled_from(["a", "b"]))
@settings(max_examples=25, deadline=None)
def test_a_path_rests_on_one_shortest_chain(graph: list[Stated], start: str) -> None:
    steps = {(dict(r.bound)["x"], dict(r.bound)["y"]): r for r in Triple("?x", "p", "?y").rows(graph)}
    chains: dict[str, list[Row]] = {}
    ends = [(start, Row(frozenset(), frozenset(), 1.0))]
    while ends:
        further: dict[str, list[Row]] = defaultdict(list)
        for end, row in ends:
            for (near, far), step in steps.items():
                if near == end and far not in chains:
                    further[far].append(Row(frozenset({("y", far)}), row.facts | step.facts, row.confidence * step[2]))
        chains.update(further)
        ends = [(end, row) for end, rows in further.items() for row in rows]
    given = given_by(stored(graph), f"SELECT ?y {{ :{start} :p+ ?y }}", optimised=False)
    assert sorted(dict(r.bound)["y"] for r in given) == sorted(chains)
    for row in given:
        assert any(
            row.facts == chain.facts and row.confidence == pytest.approx(chain.confidence)
            for chain in chains[dict(row.bound)["y"]]
        )
