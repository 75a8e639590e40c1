"""Integers stay integers: computed exactly in 128 bits, and given as int; what is beyond them is an error."""

from __future__ import annotations

import pytest

from .memory import MemoryGraph, Rows

LARGE = 2**53 + 1
MOST = 2**127 - 1


def ask(graph: MemoryGraph, query: str, *, terms: bool = False) -> Rows:
    """The rows of a query about http://x/."""
    return graph.ask(f"PREFIX : <http://x/> {query}", terms=terms)


@pytest.fixture(scope="module")
def graph() -> MemoryGraph:
    graph = MemoryGraph()
    graph.read_turtle(
        f":a :small 1, 2 ; :part 0.5, 2.25 ; :fraction 0.1, 0.2, -0.3 ; :large {LARGE}, {LARGE - 1} ; :most {MOST}, 1 ."
    )
    graph.read_turtle(f":b :huge {10**41} ; :even 2, 4.0 ; :least -{MOST}, -{MOST - 1} .")
    return graph


@pytest.mark.parametrize(
    ("expression", "relation", "answer"),
    [
        ("SUM(?n)", "small", 3),
        ("SUM(?n + 1)", "small", 5),
        ("SUM(?n)", "part", 2.75),
        ("SUM(?n)", "fraction", 0.0),
        ("SUM(?n)", "small|:part", 5.75),
        ("SUM(?n)", "none", 0),
        ("SUM(?n)", "large", 2 * LARGE - 1),
        ("SUM(?n * ?n)", "large", LARGE**2 + (LARGE - 1) ** 2),
        ("SUM(DISTINCT ?n)", "large|:large", 2 * LARGE - 1),
        ("SUM(DISTINCT ?n)", "small|:part", 5.75),
        ("SUM(?n)", "most", None),  # beyond 128 bits
        ("SUM(DISTINCT ?n)", "most", None),
        ("SUM(?n)", "least", None),
        ("SUM(?n)", "least|:most", 2 - MOST),  # though on the way it may be beyond
        ("SUM(?n - 1)", "huge", None),
        ("SUM(?n)", "huge", None),
        ("MAX(?n) - MIN(?n)", "large", 1),
        ("SUM(-?n)", "large", 1 - 2 * LARGE),
        ("COUNT(?n) + 1", "small", 3),
        ("AVG(?n)", "small", 1.5),
    ],
)
def test_aggregates(graph: MemoryGraph, expression: str, relation: str, answer: float | None) -> None:
    (row,) = ask(graph, f"SELECT ({expression} AS ?v) {{ ?s :{relation} ?n }}")
    given = row["v"] if row["v"] is None or isinstance(row["v"], float) else int(row["v"])
    assert (given, type(given)) == (answer, type(answer))


def test_a_column_of_integers_holds_integers_and_one_of_both_doubles(graph: MemoryGraph) -> None:
    assert ask(graph, "SELECT (?n * 2 AS ?v) { :a :small ?n } ORDER BY ?v") == [{"v": 2}, {"v": 4}]
    both = ask(graph, "SELECT (?n * 2 AS ?v) { :a :small|:part ?n } ORDER BY ?v")
    assert [(r["v"], type(r["v"])) for r in both] == [(1.0, float), (2.0, float), (4.0, float), (4.5, float)]


def test_large_integers_are_told_apart(graph: MemoryGraph) -> None:
    assert ask(graph, f"SELECT ?n {{ :a :large ?n FILTER(?n > {LARGE - 1}) }}") == [{"n": str(LARGE)}]
    assert ask(graph, "SELECT (COUNT(*) AS ?c) { :a :large ?n, ?m FILTER(?n = ?m) }") == [{"c": 2}]
    assert ask(graph, "SELECT (COUNT(*) AS ?c) { ?x :huge|:large ?n, ?m FILTER(?n <= ?m) }") == [{"c": 4}]
    sums = ask(graph, "SELECT (?n + 1 AS ?v) { :a :large ?n } ORDER BY DESC(?n + 1)")
    assert [int(r["v"]) for r in sums] == [LARGE + 1, LARGE]
    groups = ask(graph, "SELECT ?v (COUNT(*) AS ?c) { :a :large ?n BIND(?n - 1 AS ?v) } GROUP BY ?v ORDER BY ?v")
    assert [(r["v"], r["c"]) for r in groups] == [(LARGE - 2, 1), (LARGE - 1, 1)]


def test_an_integer_beyond_128_bits_is_given_as_it_is_written(graph: MemoryGraph) -> None:
    assert ask(graph, f"SELECT (10{'0' * 40} AS ?v) {{}}") == [{"v": "1" + "0" * 41}]
    assert ask(graph, "SELECT ?n { :b :huge ?n FILTER(?n > 5) }") == [{"n": "1" + "0" * 41}]


def test_text_of_decimals_and_integers(graph: MemoryGraph) -> None:
    (row,) = ask(graph, "SELECT (SUM(?n) AS ?v) (SUM(?m) AS ?w) { :a :small ?n . :b :even ?m }", terms=True)
    assert [(row[v]["text"], row[v]["datatype"].rpartition("#")[2]) for v in "vw"] == [
        ("6", "integer"),
        ("12", "decimal"),
    ]
