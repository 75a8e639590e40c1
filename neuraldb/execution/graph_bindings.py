"""Rows of ids of terms as numpy arrays, and what is done with them in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neuraldb.plan import nodes as n
from neuraldb.stores.arrays import Ids
from neuraldb.stores.graph_image import UNBOUND

ROW = ".row"
"""The column that numbers given rows, so that what is found for each can be told."""


@dataclass(frozen=True, slots=True)
class Bindings:
    """Rows of ids of terms, by variable; :data:`UNBOUND` where a row does not bind one."""

    count: int
    columns: Mapping[str, Ids]

    def take(self, rows: Ids) -> Bindings:
        """Some of the rows, in this order."""
        return Bindings(len(rows), {name: ids[rows] for name, ids in self.columns.items()})

    def column(self, name: str) -> Ids:
        """A column; unbound in each row where there is none."""
        ids = self.columns.get(name)
        return np.full(self.count, UNBOUND, np.int64) if ids is None else ids

    def numbered(self) -> Bindings:
        """The rows with their numbers."""
        return replace(self, columns={**self.columns, ROW: np.arange(self.count)})

    def distinct(self) -> Bindings:
        """Each row once."""
        if len(self.columns) == 1:
            ((name, ids),) = self.columns.items()
            once = np.unique(ids)
            return Bindings(len(once), {name: once})
        if not self.columns:
            return replace(self, count=min(self.count, 1))
        order = np.lexsort(tuple(self.columns.values()))
        rows = self.take(order)
        is_new = np.ones(self.count, np.bool_)
        if self.count:
            is_new[1:] = np.logical_or.reduce([ids[1:] != ids[:-1] for ids in rows.columns.values()])
        return rows.take(np.flatnonzero(is_new))


UNIT = Bindings(1, {})
"""What joins with anything."""


def together(parts: list[Bindings], names: frozenset[str]) -> Bindings:
    """The rows of all parts, with these columns."""
    columns = {name: np.concatenate([part.column(name) for part in parts]) for name in names}
    return Bindings(sum(part.count for part in parts), columns)


def values_of(term: n.PatternTerm, given: Bindings) -> Ids | None:
    """What a term of a pattern is in each row; None where that is open."""
    if isinstance(term, n.Variable):
        return given.columns.get(term.name)
    assert isinstance(term, n.TermConstant)
    return np.full(given.count, term.ids[0], np.int64)


def agreeing(found: Bindings, values: list[tuple[n.PatternTerm, Ids]]) -> Bindings:
    """The rows in which terms of a pattern have these values."""
    columns = dict(found.columns)
    kept: Ids | None = None
    for term, ids in values:
        if isinstance(term, n.Variable) and term.name not in columns:
            columns[term.name] = ids
            continue
        is_same = ids == values_of(term, Bindings(len(ids), columns))
        kept = is_same if kept is None else kept & is_same
    rows = Bindings(found.count, columns)
    return rows if kept is None or kept.all() else rows.take(np.flatnonzero(kept))


def spread(begin: Ids, end: Ids) -> tuple[Ids, Ids]:
    """All places of ranges, and the number of the range that each is of."""
    counts = end - begin
    rows = np.arange(len(begin)).repeat(counts)
    return rows, np.arange(len(rows)) + (begin - (counts.cumsum() - counts)).repeat(counts)
