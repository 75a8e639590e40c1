"""The triples of a graph in memory, sorted by either of their ends; some 50 bytes a triple."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from neuraldb.stores.arrays import Ids


@dataclass(frozen=True, slots=True)
class _Side:
    """Triples by one of their ends: keys ascending (the end, times the number of relations, plus the relation's)."""

    keys: Ids
    others: Ids

    @classmethod
    def of(cls, ends: Ids, others: Ids, relation: Ids, width: int) -> _Side:
        keys = ends * width + relation
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], others[order])


class Adjacency:
    """Where relations lead from nodes.

    Args:
        subject, relation, object_: ids, one a triple (n,) int64; no triple twice.
    """

    def __init__(self, subject: Ids, relation: Ids, object_: Ids) -> None:
        self.relations, number = np.unique(relation, return_inverse=True)
        self._width = max(1, len(self.relations))
        self._out = _Side.of(subject, object_, number, self._width)
        self._in = _Side.of(object_, subject, number, self._width)
        self.nodes = np.union1d(subject, object_)

    def relations_of(self, nodes: Ids, forward: bool) -> set[int]:
        """The relations that some of the nodes have, as subjects (``forward``) or as objects."""
        side = self._out if forward else self._in
        places = _ranges(*(np.searchsorted(side.keys, ends * self._width) for ends in (nodes, nodes + 1)))
        return set(self.relations[np.unique(side.keys[places] % self._width)].tolist())

    def image(self, nodes: Ids, relations: Iterable[int], forward: bool) -> Ids:
        """Where relations lead from nodes, ascending."""
        side = self._out if forward else self._in
        found = [np.empty(0, np.int64)]
        for relation in relations:
            number = int(np.searchsorted(self.relations, relation))
            if number < len(self.relations) and self.relations[number] == relation:
                keys = nodes * self._width + number
                places = _ranges(np.searchsorted(side.keys, keys), np.searchsorted(side.keys, keys, "right"))
                found.append(side.others[places])
        return np.unique(np.concatenate(found))


def _ranges(begin: Ids, end: Ids) -> Ids:
    """The numbers of all ranges together."""
    counts = end - begin
    ends = np.cumsum(counts)
    return np.repeat(begin - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)
