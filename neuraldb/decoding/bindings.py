"""What the variables of a pattern can be: every binding of each is part of some solution.

The patterns are trees (a new triple joins what is there at one variable only), so keeping each end of every triple to
what the other end leaves of it (Yannakakis 1981) is exact: a variable with a binding is a pattern with a solution.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neuraldb.decoding.graph_catalogue import GraphView, Link
from neuraldb.stores.arrays import Ids


@dataclass(frozen=True, slots=True)
class Edge:
    """A triple pattern between two variables, by their numbers."""

    near: int
    link: Link
    far: int


@dataclass(frozen=True, slots=True)
class Bindings:
    """Of each variable the terms that it has in some solution, ascending."""

    sets: tuple[Ids, ...]
    edges: tuple[Edge, ...] = ()

    def kept(self, variable: int, nodes: Ids, view: GraphView) -> Bindings:
        """After a condition that leaves only some nodes of a variable."""
        sets = list(self.sets)
        sets[variable] = np.intersect1d(sets[variable], nodes, assume_unique=True)
        self._spread(variable, sets, view)
        return replace(self, sets=tuple(sets))

    def joined(self, variable: int, link: Link, view: GraphView) -> Bindings:
        """After a triple from a variable to a new one."""
        there = view.image(self.sets[variable], link)
        grown = Bindings((*self.sets, there), (*self.edges, Edge(variable, link, len(self.sets))))
        return grown.kept(variable, view.image(there, link.reverse), view)

    def _spread(self, variable: int, sets: list[Ids], view: GraphView, before: int = -1) -> None:
        """Keep the neighbours of a variable to what it leaves of them, and theirs in turn."""
        for edge in self.edges:
            if variable not in (edge.near, edge.far):
                continue
            other, link = (edge.far, edge.link) if edge.near == variable else (edge.near, edge.link.reverse)
            if other != before:
                left = np.intersect1d(sets[other], view.image(sets[variable], link), assume_unique=True)
                if len(left) < len(sets[other]):
                    sets[other] = left
                    self._spread(other, sets, view, variable)
