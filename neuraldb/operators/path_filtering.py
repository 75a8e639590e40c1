"""The second step: paths in a subgraph, by their length or by what their relations mean.

Of a question with several names they are paths from the first name to the others, else paths from its one name to all
that can be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from neuraldb.operators.subgraphs import Filtering, Ranked, Search
from neuraldb.operators.walks import Path, distances, shortest_paths
from neuraldb.stores.adjacency import Adjacency, Arcs, Mask
from neuraldb.stores.arrays import Ids

MOST_PATHS = 2000
WIDTH = 8
"""Sequences of relations that a beam keeps at each step."""

Step = tuple[int, bool]
"""The id of a relation, and whether it is walked from object to subject."""


def shortest(search: Search, graph: Adjacency) -> list[Ranked]:
    """The shortest paths, all of them up to :data:`MOST_PATHS`; the shorter and the surer the better."""
    starts = search.starts(graph)
    if not starts:
        return []
    if len(starts) > 1:
        between = (shortest_paths(graph, starts[0], ends, "both", search.hops, search.check) for ends in starts[1:])
        found = [path for paths in between for path in islice(paths, MOST_PATHS)]
    else:
        found = _to_everything(search, graph, starts[0])
    return [Ranked(path, path.confidence - len(path)) for path in found if path.edges]


def _to_everything(search: Search, graph: Adjacency, starts: Ids) -> list[Path]:
    near = distances(graph, starts, "both", search.hops, None, search.check)
    arcs = graph.arcs("both")
    layer = [Path((int(node),)) for node in starts]
    found: list[Path] = []
    for steps in range(1, search.hops + 1):
        layer = [
            longer
            for path in layer
            if graph.things[path.nodes[-1]] or steps == 1
            for arc in _arcs_of(arcs, path.nodes[-1])
            if near[arcs.head[arc]] == steps
            for longer in (_extended(path, arc, arcs, graph),)
        ]
        layer = sorted(layer, key=lambda path: -path.confidence)[: MOST_PATHS - len(found)]
        found += layer
    return found


def _arcs_of(arcs: Arcs, node: int) -> range:
    return range(int(arcs.first[node]), int(arcs.first[node + 1]))


def _extended(path: Path, arc: int, arcs: Arcs, graph: Adjacency) -> Path:
    edge = int(arcs.edge[arc])
    return Path(
        (*path.nodes, int(arcs.head[arc])),
        (*path.edges, edge),
        (*path.forward, bool(arcs.forward[arc])),
        path.confidence * float(graph.confidence[edge]),
    )


@dataclass(frozen=True, slots=True)
class _Beam:
    """All that one sequence of relations leads to: for each node one arc from a place in the beam before."""

    sequence: tuple[Step, ...]
    nodes: Ids
    arcs: Ids
    places: Ids
    before: _Beam | None


def beam(search: Search, graph: Adjacency) -> list[Ranked]:
    """Paths along the sequences of relations that are most like the question, step by step the best :data:`WIDTH`.

    A sequence is judged by its relations' words, so that all paths along it cost one comparison.
    """
    starts = search.starts(graph)
    if not starts:
        return []
    wanted = np.ones(len(graph.nodes), np.bool_)
    if len(starts) > 1:
        wanted[:] = False
        wanted[np.concatenate(starts[1:])] = True
    first = np.unique(starts[0])
    beams = [_Beam((), first, np.full(len(first), -1), np.full(len(first), -1), None)]
    scored: list[tuple[float, _Beam]] = []
    for _ in range(search.hops):
        search.check()
        longer = [after for before in beams for after in _followed(before, graph)]
        scores = search.alike([_words(search, after.sequence) for after in longer], search.unnamed)
        order = sorted(range(len(longer)), key=lambda i: (-scores[i], longer[i].sequence))[:WIDTH]
        beams = [longer[i] for i in order]
        scored += [(float(scores[i]), longer[i]) for i in order]
    scored.sort(key=lambda pair: (-pair[0], pair[1].sequence))
    return [Ranked(path, score) for score, each in scored for path in _paths(each, graph, wanted)][:MOST_PATHS]


def _followed(before: _Beam, graph: Adjacency) -> list[_Beam]:
    """The beam one step further, by each relation and direction."""
    arcs = graph.arcs("both")
    can = np.flatnonzero(graph.things[before.nodes]) if before.before is not None else np.arange(len(before.nodes))
    counts = arcs.first[before.nodes[can] + 1] - arcs.first[before.nodes[can]]
    numbers, places = arcs.of(before.nodes[can]), np.repeat(can, counts)
    if before.before is not None:  # not straight back
        back = arcs.tail[before.arcs[places]]
        numbers, places = numbers[arcs.head[numbers] != back], places[arcs.head[numbers] != back]
    keys = graph.relation[arcs.edge[numbers]] * 2 + ~arcs.forward[numbers]
    out = []
    for key in np.unique(keys).tolist():
        chosen = np.flatnonzero(keys == key)
        heads = arcs.head[numbers[chosen]]
        sure = graph.confidence[arcs.edge[numbers[chosen]]]
        order = np.lexsort((numbers[chosen], -sure, heads))
        nodes, at = np.unique(heads[order], return_index=True)
        kept = chosen[order][at]
        step = (key // 2, bool(key % 2))
        out.append(_Beam((*before.sequence, step), nodes, numbers[kept], places[kept], before))
    return out


def _words(search: Search, sequence: tuple[Step, ...]) -> str:
    # questions are put either way round, so which way a relation is walked says nothing of how it is called
    return ", ".join(search.texts([relation for relation, _ in sequence]))


def _paths(ending: _Beam, graph: Adjacency, wanted: Mask) -> list[Path]:
    """The paths of a beam that visit nothing twice and end where they are wanted."""
    arcs = graph.arcs("both")
    found = []
    for place in np.flatnonzero(wanted[ending.nodes]).tolist()[:MOST_PATHS]:
        taken: list[int] = []
        at, here = ending, place
        while at.before is not None:
            taken.append(int(at.arcs[here]))
            at, here = at.before, int(at.places[here])
        path = Path((int(at.nodes[here]),))
        for arc in reversed(taken):
            path = _extended(path, arc, arcs, graph)
        if len(set(path.nodes)) == len(path.nodes):
            found.append(path)
    return found


FILTERINGS: dict[str, Filtering] = {"shortest": shortest, "beam": beam}
"""The ways to filter by name."""
