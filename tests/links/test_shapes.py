"""Queries that are no trees, and what holds of every query: against all assignments of small graphs, one by one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from doubles.encoder import HashedWords
from hypothesis import given, settings
from hypothesis import strategies as st

import neuraldb
from neuraldb.models.registry import Models
from neuraldb.operators.predicted import predictions

from .families import P, short, told

Edge = tuple[str, str, str]
THINGS, RELATIONS, LEAST = "abcdef", "rs", 0.2
PATTERNS: dict[str, list[Edge]] = {
    "a circle of two": [("?x", "r", "?y"), ("?y", "s", "?x")],
    "a circle of three": [("?x", "r", "?y"), ("?y", "s", "?z"), ("?z", "r", "?x")],
    "parallel edges": [("?x", "r", "?y"), ("?x", "s", "?y")],
    "a circle with a tail": [("?x", "r", "?y"), ("?y", "r", "?x"), ("?y", "s", "?z")],
    "a loop": [("?x", "r", "?x")],
    "two free variables": [("a", "r", "?x"), ("?x", "s", "?y")],
    "two parts": [("?x", "r", "b"), ("a", "s", "?y")],
    "a circle at a thing": [("a", "r", "?x"), ("?x", "s", "?y"), ("?y", "r", "a")],
}


def opened(edges: list[Edge]) -> neuraldb.Connection:
    """A database of these edges with factors made up: what is likely is arbitrary, and the same each time."""
    db = neuraldb.connect(models=Models(encoder=HashedWords()))
    told(db, *edges)
    links = db.session.stores.links.links()
    things, relations = np.unique(links.triples[:, [0, 2]]).tolist(), np.unique(links.triples[:, 1]).tolist()
    rng = np.random.default_rng(7)
    vectors = {"entity": 1.5 * rng.normal(size=(len(things), 4)).astype(np.float32)}
    vectors |= {role: rng.normal(size=(len(relations), 4)).astype(np.float32) for role in ("forward", "backward")}
    db.session.stores.links.put(things, relations, vectors, b"", "{}")
    return db


@pytest.fixture(scope="module")
def graph() -> Iterator[tuple[neuraldb.Connection, set[Edge]]]:
    """A graph of six things, in which each relation has edges everywhere."""
    drawn = random.Random(3)
    every = list(product(THINGS, RELATIONS, THINGS))
    edges = {*drawn.sample(every, 14), *((thing, r, "a") for thing in THINGS for r in RELATIONS)}
    with opened(sorted(edges)) as db:
        yield db, edges


def chances(db: neuraldb.Connection, edges: set[Edge]) -> dict[Edge, float]:
    """The chance of every edge between things, asked for one by one."""
    known = predictions(db.session._context(None, None, lambda *_: None))
    terms = db.session.stores.graph.terms(known.entities.tolist())
    names = [term.text.removeprefix("http://x/") for term in terms]
    kinds = [t.text.removeprefix("http://x/") for t in db.session.stores.graph.terms(known.relations.tolist())]
    found = dict.fromkeys(edges, 1.0)
    for (number, relation), inverse in product(product(range(len(names)), range(len(kinds))), (False, True)):
        for other, chance in known.likely(number, relation, inverse, LEAST):
            ends = (names[other], names[number]) if inverse else (names[number], names[other])
            edge = ends[0], kinds[relation], ends[1]
            if edge not in edges:
                found[edge] = max(chance, found.get(edge, 0.0))
    return found


def expected(pattern: list[Edge], likely: dict[Edge, float]) -> dict[tuple[str, ...], float]:
    """All assignments under which every edge of a pattern is stored or likely, with their chances."""
    variables = sorted({end for s, _, o in pattern for end in (s, o) if end.startswith("?")})
    found = {}
    for things in product(THINGS, repeat=len(variables)):
        named = dict(zip(variables, things, strict=True))
        wanted = [(named.get(s, s), r, named.get(o, o)) for s, r, o in pattern]
        if all(edge in likely for edge in wanted):
            found[things] = float(np.prod([likely[edge] for edge in wanted]))
    return found


def written(pattern: list[Edge], word: str) -> str:
    """A pattern as a query for all its variables."""

    def term(name: str) -> str:
        return name if name.startswith("?") else f"x:{name}"

    variables = sorted({end for s, _, o in pattern for end in (s, o) if end.startswith("?")})
    edges = " . ".join(f"{term(s)} x:{r} {term(o)}" for s, r, o in pattern)
    return P + f"SELECT {' '.join(variables)} {{ {word} {{ {edges} }} }}"


@pytest.mark.parametrize("name", PATTERNS)
def test_each_shape_gives_what_trying_every_assignment_gives(
    graph: tuple[neuraldb.Connection, set[Edge]], name: str
) -> None:
    db, edges = graph
    likely = chances(db, edges)
    assert len(likely) > len(edges) + 5
    wanted = expected(PATTERNS[name], likely)
    for pattern in (PATTERNS[name], PATTERNS[name][::-1]):  # the order in which edges are written says nothing
        result = db.sparql(written(pattern, f"PREDICT >= {LEAST}"))
        found = dict(zip(map(tuple, short(result.fetchall())), result.confidence, strict=True))
        assert len(result) == len(found)
        assert found == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("name", PATTERNS)
def test_what_is_stored_is_first_and_what_is_not_says_so(
    graph: tuple[neuraldb.Connection, set[Edge]], name: str
) -> None:
    db, edges = graph
    stored = set(expected(PATTERNS[name], dict.fromkeys(edges, 1.0)))
    result = db.sparql(written(PATTERNS[name], f"PREDICT >= {LEAST}"))
    rows = list(map(tuple, short(result.fetchall())))
    assert [row in stored for row in rows] == [origin == "stored" for origin in result.origin]
    assert rows[: len(stored)] == [row for row in rows if row in stored]
    guessed = result.confidence[len(stored) :]
    assert list(guessed) == sorted(guessed, reverse=True)
    assert all(sure < 1 for sure in guessed)
    for ids, origin in zip(result.evidence_ids, result.origin, strict=True):
        assert ids
        assert origin in ("stored", "predicted", "mixed")
    exact = db.sparql(written(PATTERNS[name], "").replace("{  {", "{ {"))
    assert Counter(exact.fetchall()) == Counter(result.fetchall()[: len(stored)])
    assert set(exact.origin) <= {"stored"}


EDGES = st.sets(st.tuples(st.sampled_from("abc"), st.sampled_from("rs"), st.sampled_from("abc")), min_size=3)


@settings(deadline=None, max_examples=5)
@given(EDGES, st.sampled_from(sorted(PATTERNS)), st.data())
def test_a_triple_that_comes_or_goes_counts_in_the_next_answer(
    edges: set[Edge], name: str, data: st.DataObject
) -> None:
    edges = edges | {("a", "r", "b"), ("a", "s", "b")}
    with opened(sorted(edges)) as db:
        changed = data.draw(st.tuples(st.sampled_from("abc"), st.sampled_from("rs"), st.sampled_from("abc")))
        verb = "DELETE" if changed in edges else "INSERT"
        db.sparql(P + f"{verb} DATA {{ x:{changed[0]} x:{changed[1]} x:{changed[2]} }}")
        now = edges ^ {changed}
        stored = set(expected(PATTERNS[name], dict.fromkeys(now, 1.0)))
        result = db.sparql(written(PATTERNS[name], f"PREDICT >= {LEAST}"))
        rows = list(map(tuple, short(result.fetchall())))
        assert {row for row, origin in zip(rows, result.origin, strict=True) if origin == "stored"} == stored
        assert db.session.stores.links.newest().id == 1  # type: ignore[union-attr]


def test_the_variable_of_the_fewest_things_is_tried(graph: tuple[neuraldb.Connection, set[Edge]]) -> None:
    db, _ = graph
    told(db, *((f"many{n}", "r", "a") for n in range(20)))
    plan = db.explain(P + "SELECT * { PREDICT { ?x x:r ?y . ?y x:s ?x } }")
    assert plan.split("-- physical plan")[0].count("Candidates ?y of") == 1
    assert "Candidates ?x" not in plan


DISTINCT = {
    "a projection": "{{ {p} ?x x:r ?y }}",
    "a union": "{{ {{ {p} x:a x:r ?x }} UNION {{ {p} x:b x:s ?x }} }}",
    "a circle": "{{ {p} {{ ?x x:r ?y . ?y x:s ?x }} }}",
}


@pytest.mark.parametrize("order", ["", " LIMIT 3", " LIMIT 50"])
@pytest.mark.parametrize("name", DISTINCT)
def test_an_answer_that_is_stored_rests_on_nothing_predicted_however_else_it_is_found(
    graph: tuple[neuraldb.Connection, set[Edge]], name: str, order: str
) -> None:
    db, _ = graph
    form = DISTINCT[name]
    exact = db.sparql(P + "SELECT DISTINCT ?x " + form.format(p=""))
    result = db.sparql(P + "SELECT DISTINCT ?x " + form.format(p=f"PREDICT >= {LEAST}") + order)
    count = min(len(exact), len(result))
    assert count
    assert set(result.rows[:count]) <= set(exact.rows)
    assert result.origin[:count] == ("stored",) * count
    assert not set(result.rows[count:]) & set(exact.rows)
    assert set(result.origin[count:]) <= {"predicted", "mixed"}
    assert db.sparql(P + "ASK " + form.format(p=f"PREDICT >= {LEAST}")).origin == ("stored",)
