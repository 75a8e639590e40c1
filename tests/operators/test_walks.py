"""Walks against plain networkx on random graphs, and against paths worked out by hand."""

from __future__ import annotations

import math
import random
from itertools import groupby

import networkx
import numpy as np
import pytest

from neuraldb.operators.walks import Path, around, components, pagerank, shortest_paths, simple_paths
from neuraldb.stores.adjacency import Adjacency, Direction

DIRECTIONS: tuple[Direction, ...] = ("out", "in", "both")
Edge = tuple[int, int, int, float]


def snapshot(size: int, edges: list[Edge], values: frozenset[int] = frozenset()) -> Adjacency:
    """A graph of so many nodes: its edges by subject, relation, object, confidence; some nodes are values."""
    subject, relation, object_ = (np.array([e[i] for e in edges], np.int64) for i in range(3))
    return Adjacency(
        1,
        np.arange(size) + 100,
        np.array([n not in values for n in range(size)]),
        subject,
        object_,
        relation,
        np.array([e[3] for e in edges]),
    )


def random_edges(seed: int) -> tuple[int, list[Edge], frozenset[int]]:
    chance = random.Random(seed)
    size = chance.randint(2, 9)
    wanted = {
        (chance.randrange(size), chance.randrange(2), chance.randrange(size))
        for _ in range(chance.randint(1, 2 * size))
    }
    values = frozenset(n for n in range(size) if chance.random() < 0.2)
    return size, [(*edge, chance.choice((0.25, 0.5, 0.9, 1.0))) for edge in sorted(wanted)], values


def walked(
    size: int, edges: list[Edge], values: frozenset[int], direction: Direction, ends: tuple[int, ...] = ()
) -> networkx.MultiDiGraph:
    """The same for networkx; a step has the key (number, forward), and values lead nowhere but from ``ends``."""
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(range(size))
    for number, (s, _, o, sure) in enumerate(edges):
        for tail, head, forward in ((s, o, True), (o, s, False)):
            if direction in ("both", "out" if forward else "in") and (tail not in values or tail in ends):
                graph.add_edge(tail, head, (number, forward), sure=sure)
    return graph


def steps(path: Path) -> tuple[tuple[int, int, tuple[int, bool]], ...]:
    keys = zip(path.edges, path.forward, strict=True)
    return tuple(zip(path.nodes, path.nodes[1:], keys, strict=False))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_paths_are_those_of_networkx(direction: Direction) -> None:
    found = 0
    for seed in range(150):
        size, edges, values = random_edges(seed)
        graph = snapshot(size, edges, values)
        start, end = 0, size - 1
        other = walked(size, edges, values, direction, ends=(start,))
        starts, ends = np.array([start]), np.array([end])
        ours = list(simple_paths(graph, starts, ends, direction, 4))
        theirs = {tuple(p) for p in networkx.all_simple_edge_paths(other, start, end, cutoff=4)}
        assert {steps(p) for p in ours} == theirs
        assert len(ours) == len(theirs)
        shortest = list(shortest_paths(graph, starts, ends, direction))
        if networkx.has_path(other, start, end):
            least = networkx.shortest_path_length(other, start, end)
            ways = networkx.all_simple_edge_paths(other, start, end, cutoff=least)
            assert {steps(p) for p in shortest} == {tuple(way) for way in ways}
            found += least > 1
        else:
            assert not shortest
        for paths in (ours, shortest):
            assert [len(p) for p in paths] == sorted(len(p) for p in paths)
            for path in paths:
                assert path.confidence == pytest.approx(math.prod(edges[e][3] for e in path.edges))
            for _, some in groupby(paths, len):
                sure = [p.confidence for p in some]
                assert sure == sorted(sure, reverse=True)
    assert found >= 10


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_what_lies_around_is_what_networkx_says(direction: Direction) -> None:
    for seed in range(60):
        size, edges, values = random_edges(seed)
        other = walked(size, edges, values, direction, ends=(0,))
        lengths = networkx.single_source_shortest_path_length(other, 0, cutoff=3)
        found = {p.nodes[-1]: p for p in around(snapshot(size, edges, values), np.array([0]), direction, 3)}
        assert {node: len(p) for node, p in found.items()} == {n: k for n, k in lengths.items() if n != 0}
        for node, path in found.items():
            all_of_them = networkx.all_simple_edge_paths(other, 0, node, cutoff=lengths[node])
            best = max(math.prod(other.edges[step]["sure"] for step in way) for way in all_of_them)
            assert path.confidence == pytest.approx(best)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("seeds", [None, (0,), (0, 1)])
def test_pagerank_is_that_of_networkx(direction: Direction, seeds: tuple[int, ...] | None) -> None:
    for seed in range(25):
        size, edges, _ = random_edges(seed)
        other = networkx.DiGraph()
        other.add_nodes_from(range(size))
        for tail, head, (number, _) in walked(size, edges, frozenset(), direction).edges(keys=True):
            before = other.edges[tail, head]["weight"] if other.has_edge(tail, head) else 0.0
            other.add_edge(tail, head, weight=before + edges[number][3])
        personal = None if seeds is None else dict.fromkeys(seeds, 1.0)
        theirs = reference_pagerank(other, personal)
        ours = pagerank(snapshot(size, edges), None if seeds is None else np.array(seeds), direction)
        assert ours.sum() == pytest.approx(1.0)
        assert ours == pytest.approx(np.array([theirs[n] for n in range(size)]), abs=1e-6)


def reference_pagerank(graph: networkx.DiGraph, personal: dict[int, float] | None) -> dict[int, float]:
    """networkx's own, without its need for SciPy."""
    from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python

    return dict(_pagerank_python(graph, personalization=personal, tol=1e-10, max_iter=1000))


def test_components_are_those_of_networkx() -> None:
    for seed in range(200):
        size, edges, values = random_edges(seed)
        things = networkx.Graph()
        things.add_nodes_from(n for n in range(size) if n not in values)
        things.add_edges_from((s, o) for s, _, o, _ in edges if not {s, o} & values)
        theirs = {min(group): group for group in networkx.connected_components(things)}
        labels = components(snapshot(size, edges, values))
        ours = {int(label): set(np.flatnonzero(labels == label)) for label in set(labels.tolist()) - {-1}}
        assert ours == theirs
        assert {int(n) for n in np.flatnonzero(labels == -1)} == values


def test_a_long_chain_is_one_path_in_order() -> None:
    size = 3000
    graph = snapshot(size, [(n, 0, n + 1, 1.0) for n in range(size - 1)])
    (path,) = shortest_paths(graph, np.array([0]), np.array([size - 1]), "out")
    assert path.nodes == tuple(range(size))
    (back,) = shortest_paths(graph, np.array([size - 1]), np.array([0]), "both")
    assert back.nodes == tuple(reversed(range(size)))
    assert not any(back.forward)


def test_ladders_of_alternatives_come_one_by_one() -> None:
    """Of 2**40 shortest paths the surest three are found without the others."""
    edges = [(n, r, n + 1, 0.9 if r else 0.8) for n in range(40) for r in range(2)]
    paths = shortest_paths(snapshot(41, edges), np.array([0]), np.array([40]), "out")
    sure = [next(paths).confidence for _ in range(3)]
    assert sure == pytest.approx([0.9**40, 0.9**39 * 0.8, 0.9**39 * 0.8])


def test_a_value_is_an_end_and_no_way() -> None:
    graph = snapshot(3, [(0, 0, 1, 1.0), (2, 0, 1, 1.0)], frozenset({1}))
    assert not list(shortest_paths(graph, np.array([0]), np.array([2]), "both"))
    assert [p.nodes for p in shortest_paths(graph, np.array([0]), np.array([1]), "both")] == [(0, 1)]
    assert [p.nodes for p in shortest_paths(graph, np.array([1]), np.array([2]), "both")] == [(1, 2)]


def test_a_node_is_no_step_from_itself() -> None:
    graph = snapshot(2, [(0, 0, 1, 1.0)])
    assert list(shortest_paths(graph, np.array([0]), np.array([0]), "both")) == [Path((0,))]
