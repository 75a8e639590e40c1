"""Walks over a snapshot of the graph: distances, best paths, what lies around, PageRank, components.

A walk goes through things only (entities, IRIs, blank nodes): at a value or a class it ends, since two people born in
1982 are not related by it. All of it is arrays of numpy; the lists are as long as what is found.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from neuraldb.stores.adjacency import Adjacency, Direction
from neuraldb.stores.arrays import Ids, Scores

DAMPING = 0.85
"""The share of a random walk that goes on; the rest begins anew (Page et al. 1999)."""
CLOSE = 1e-9
MOST_ROUNDS = 500
REVERSED: dict[Direction, Direction] = {"out": "in", "in": "out", "both": "both"}
Check = Callable[[], None]
"""Raises where the statement is to stop."""


def unstoppable() -> None:
    """A check that never stops anything."""


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the graph, from its start to its end.

    Attributes:
        nodes: numbers of nodes, one more than there are steps.
        edges: the number of the edge of each step.
        forward: whether a step goes from subject to object.
        confidence: that all the edges hold.
    """

    nodes: tuple[int, ...]
    edges: tuple[int, ...] = ()
    forward: tuple[bool, ...] = ()
    confidence: float = 1.0

    def __len__(self) -> int:
        return len(self.edges)


def distances(
    graph: Adjacency,
    starts: Ids,
    direction: Direction,
    most: int | None = None,
    until: Ids | None = None,
    check: Check = unstoppable,
) -> Ids:
    """The steps from the nearest start to each node, -1 where it is not reached.

    Args:
        graph: what is walked on.
        starts: numbers of nodes.
        direction: in which edges are walked.
        most: so many steps at most.
        until: stop with the round in which one of these is reached.
        check: called before each round.
    """
    arcs = graph.arcs(direction)
    found = np.full(len(graph.nodes), -1, np.int64)
    found[starts] = 0
    frontier, steps = starts, 0
    while len(frontier) and (most is None or steps < most) and (until is None or not (found[until] >= 0).any()):
        check()
        steps += 1
        heads = np.unique(arcs.head[arcs.of(frontier)])
        new = heads[found[heads] < 0]
        found[new] = steps
        frontier = new[graph.things[new]]
    return found


def shortest_paths(
    graph: Adjacency, starts: Ids, ends: Ids, direction: Direction, most: int | None = None, check: Check = unstoppable
) -> Iterator[Path]:
    """All paths of the least length, the surest first; none that is longer than ``most`` steps."""
    reached = distances(graph, starts, direction, most, ends, check)
    hit = reached[ends][reached[ends] >= 0]
    if len(hit):
        length = int(hit.min())
        yield from _Search(graph, starts, ends, direction, reached, length, check).exactly(length, layered=True)


def simple_paths(
    graph: Adjacency, starts: Ids, ends: Ids, direction: Direction, most: int, check: Check = unstoppable
) -> Iterator[Path]:
    """All paths of at most ``most`` steps that visit no node twice: short ones first, of one length sure ones first."""
    reached = distances(graph, starts, direction, most, None, check)
    search = _Search(graph, starts, ends, direction, reached, most, check)
    for length in range(most + 1):
        yield from search.exactly(length, layered=False)


class _Search:
    """Paths by their length, best first.

    For each node and number of steps left, the confidence of the best walk to an end bounds what a beginning can come
    to, so that beginnings are followed in the order of what they can come to (A*, Hart et al. 1968).
    """

    def __init__(
        self,
        graph: Adjacency,
        starts: Ids,
        ends: Ids,
        direction: Direction,
        reached: Ids,
        most: int,
        check: Check,
    ) -> None:
        self.check = check
        self.starts, self.ends = starts, ends
        left = distances(graph, ends, REVERSED[direction], most, None, check)
        arcs = graph.arcs(direction)
        inner = graph.things.copy()
        inner[starts] = True
        inner[ends] = False  # a path ends where it first reaches an end, and begins where it last leaves a start
        # the arcs on a way that is short enough; only they are looked at from here on
        tails = np.flatnonzero((reached >= 0) & (reached < most) & inner)
        numbers = arcs.of(tails)
        tail, head = arcs.tail[numbers], arcs.head[numbers]
        leads = (left[head] >= 0) & (reached[tail] + 1 + left[head] <= most) & ~np.isin(head, starts)
        self.tail, self.head, numbers = tail[leads], head[leads], numbers[leads]
        self.edge, self.forward = arcs.edge[numbers], arcs.forward[numbers]
        self.sure = graph.confidence[self.edge]
        self.left = left
        self.first = np.searchsorted(self.tail, np.arange(len(graph.nodes) + 1)) if len(tails) else None

    def exactly(self, length: int, layered: bool) -> Iterator[Path]:
        """The simple paths of so many steps, the surest first.

        Args:
            length: the steps.
            layered: it is the least length, so that each node has but one distance to the end.
        """
        if length == 0:
            yield from (Path((int(node),)) for node in np.intersect1d(self.starts, self.ends))
            return
        if self.first is None or not len(self.tail):
            return
        bounds = self._bounds(length, layered)
        queue: list[tuple[float, tuple[int, ...], float, int]] = []
        for node in np.setdiff1d(self.starts, self.ends).tolist():
            if (bound := bounds[length][node]) >= 0:
                heapq.heappush(queue, (-bound, (), 1.0, node))
        while queue:
            self.check()
            _, arcs, sure, node = heapq.heappop(queue)
            if len(arcs) == length:
                yield self._path(arcs, sure)
                continue
            visited = {int(self.tail[arc]) for arc in arcs}
            best = bounds[length - len(arcs) - 1]
            for arc in range(int(self.first[node]), int(self.first[node + 1])):
                head = int(self.head[arc])
                if head not in visited and head != node and best[head] >= 0:
                    so_far = sure * float(self.sure[arc])
                    heapq.heappush(queue, (-so_far * float(best[head]), (*arcs, arc), so_far, head))

    def _bounds(self, length: int, layered: bool) -> list[Scores]:
        """By the number of steps left: the confidence of each node's best walk of just so many to an end; -1: none."""
        ending = np.full(len(self.left), -1.0)
        ending[self.ends] = 1.0
        bounds = [ending]
        layers = self.left[self.head] if layered else np.empty(0, np.int64)
        order = np.argsort(layers, kind="stable")
        cuts = np.searchsorted(layers[order], np.arange(length + 1)) if layered else None
        for steps in range(1, length + 1):
            chosen = slice(None) if cuts is None else order[cuts[steps - 1] : cuts[steps]]
            tail, below = self.tail[chosen], bounds[-1][self.head[chosen]]
            # of shortest paths each node has one number of steps left, and one array does for all
            bound = bounds[-1] if layered else np.full(len(self.left), -1.0)
            can = below >= 0
            np.maximum.at(bound, tail[can], (self.sure[chosen] * below)[can])
            bounds.append(bound)
        return bounds

    def _path(self, arcs: tuple[int, ...], sure: float) -> Path:
        chosen = np.array(arcs)
        nodes = (int(self.tail[arcs[0]]), *self.head[chosen].tolist())
        return Path(nodes, tuple(self.edge[chosen].tolist()), tuple(self.forward[chosen].tolist()), sure)


def around(
    graph: Adjacency, starts: Ids, direction: Direction, most: int, check: Check = unstoppable
) -> Iterator[Path]:
    """The surest of the shortest paths to each node that is at most so many steps away: near ones first, then sure."""
    found = distances(graph, starts, direction, most, None, check)
    arcs = graph.arcs(direction)
    sure = np.where(found == 0, 1.0, 0.0)
    came = np.full(len(found), -1, np.int64)
    expandable = graph.things.copy()
    expandable[starts] = True
    for steps in range(1, most + 1):
        check()
        numbers = arcs.of(np.flatnonzero((found == steps - 1) & expandable))
        numbers = numbers[found[arcs.head[numbers]] == steps]
        heads, values = arcs.head[numbers], sure[arcs.tail[numbers]] * graph.confidence[arcs.edge[numbers]]
        order = np.lexsort((numbers, -values, heads))
        reached, places = np.unique(heads[order], return_index=True)
        sure[reached], came[reached] = values[order][places], numbers[order][places]
        for node in reached[np.lexsort((reached, -sure[reached]))].tolist():
            yield _traced(node, came, graph, direction, float(sure[node]))


def _traced(node: int, came: Ids, graph: Adjacency, direction: Direction, sure: float) -> Path:
    arcs = graph.arcs(direction)
    taken, nodes = [], [node]
    while came[nodes[-1]] >= 0:
        taken.append(int(came[nodes[-1]]))
        nodes.append(int(arcs.tail[taken[-1]]))
    taken.reverse()
    return Path(tuple(reversed(nodes)), tuple(arcs.edge[taken].tolist()), tuple(arcs.forward[taken].tolist()), sure)


def pagerank(
    graph: Adjacency,
    seeds: Ids | None,
    direction: Direction,
    damping: float = DAMPING,
    close: float = CLOSE,
    check: Check = unstoppable,
) -> Scores:
    """How often a random walk is at each thing, in shares of 1; 0 for what is no thing.

    Args:
        graph: what is walked on; a surer edge is taken more often.
        seeds: where walks begin anew (personalised PageRank, Haveliwala 2002); None: anywhere.
        direction: in which edges are walked.
        damping: the chance to go on instead.
        close: the ranks are known when a round moves less than this share of the walks.
        check: called before each round.
    """
    size = len(graph.nodes)
    begins = np.zeros(size)
    begins[graph.things.nonzero()[0] if seeds is None else seeds] = 1.0
    if not begins.any():
        return begins
    begins /= begins.sum()
    kept = graph.between_things & (graph.confidence > 0)
    subject, object_, weight = graph.subject[kept], graph.object[kept], graph.confidence[kept]
    ways = {"out": [(subject, object_)], "in": [(object_, subject)]}
    ways["both"] = ways["out"] + ways["in"]
    tail, head = (np.concatenate(ends) for ends in zip(*ways[direction], strict=True))
    weight = np.tile(weight, len(ways[direction]))
    leaving = np.bincount(tail, weight, size)
    share: Scores = weight / leaving[tail]
    stuck = leaving == 0
    rank: Scores = begins
    for _ in range(MOST_ROUNDS):
        check()
        flow: Scores = np.asarray(np.bincount(head, rank[tail] * share, size), np.float64)
        new: Scores = damping * (flow + rank[stuck].sum() * begins) + (1.0 - damping) * begins
        if np.abs(new - rank).sum() < close:
            return new
        rank = new
    return rank


def components(graph: Adjacency, check: Check = unstoppable) -> Ids:
    """For each thing the lowest number of a node that it is connected with, whatever the directions; -1 for others."""
    label = np.arange(len(graph.nodes))
    subject, object_ = graph.subject[graph.between_things], graph.object[graph.between_things]
    while True:
        check()
        one, other = label[subject], label[object_]
        low, high = np.minimum(one, other), np.maximum(one, other)
        if (low == high).all():
            return np.where(graph.things, label, -1)
        np.minimum.at(label, high, low)
        while not np.array_equal(further := label[label], label):
            label = further
