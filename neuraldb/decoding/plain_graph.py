"""A graph of names in memory that no database holds: what recipes and tests decode over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from neuraldb.core.values import parse_value
from neuraldb.decoding.adjacency import Adjacency
from neuraldb.decoding.graph_catalogue import Constant, Link
from neuraldb.decoding.spelling import spelled_literal
from neuraldb.decoding.values import Values
from neuraldb.stores.arrays import Ids

Named = tuple[str, str, str]


class PlainGraph:
    """The graph of triples of names; equal names are one node.

    Args:
        triples: subject, relation and object.
    """

    def __init__(self, triples: Iterable[Named]) -> None:
        rows = list(dict.fromkeys(triples))
        self.names = sorted({name for s, _, o in rows for name in (s, o)})
        self._ids = {name: i for i, name in enumerate(self.names)}
        relations = sorted({r for _, r, _ in rows})
        number = {name: i for i, name in enumerate(relations)}
        columns = [
            [self._ids[s] for s, _, _ in rows], [number[r] for _, r, _ in rows], [self._ids[o] for _, _, o in rows]
        ]  # fmt: skip
        self._adjacency = Adjacency(*(np.array(column, np.int64) for column in columns))
        self._links = [Link(f":{name.replace(' ', '_')}", name, (number[name],)) for name in relations]

    def id(self, name: str) -> int | None:
        """The node of a name."""
        return self._ids.get(name)

    def things(self) -> Ids:
        """All subjects and objects, ascending."""
        return self._adjacency.nodes

    def links(self, nodes: Ids) -> Sequence[Link]:
        """The relations that some of the nodes have, in either direction, by name."""
        found: list[Link] = []
        for forward in (True, False):
            there = self._adjacency.relations_of(nodes, forward)
            found += [link if forward else link.reverse for link in self._links if link.ids[0] in there]
        return found

    def image(self, nodes: Ids, link: Link) -> Ids:
        """Where a relation leads from nodes, ascending."""
        return self._adjacency.image(nodes, link.ids, link.forward)

    def constants(self, nodes: Ids) -> Sequence[Constant]:
        """What names nodes among these: all of them have names."""
        return [Constant(spelled_literal(name), name, np.array([id])) for id, name in self._named(nodes)]

    def values(self, nodes: Ids) -> Values:
        """The numbers among nodes; days are none here."""
        numbers = [parse_value(name).number for _, name in self._named(nodes)]
        first = np.full(len(nodes), np.nan)
        return Values(nodes, np.array([np.nan if n is None else n for n in numbers], np.float64), first, first)

    def _named(self, nodes: Ids) -> list[tuple[int, str]]:
        return [(id, self.names[id]) for id in nodes.tolist()]
