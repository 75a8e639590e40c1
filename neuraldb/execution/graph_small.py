"""Small answers from an image of the graph: nested loops over arrays, without a query of DuckDB.

What is answered here starts at a thing that the query names, rests on no fact and stays small; how many rows a step
gives is counted before it is taken. Anything else is left to DuckDB, as are all nodes that this does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from neuraldb.plan import nodes as n
from neuraldb.plan import sparql_nodes as g
from neuraldb.plan.expressions import Column
from neuraldb.stores.arrays import Ids
from neuraldb.stores.graph_image import UNBOUND, GraphImage

MOST = 50_000
"""Rows, of a result or on the way to it, up to which DuckDB is not faster."""
_ROW = ".row"


@dataclass(frozen=True, slots=True)
class Bindings:
    """Rows of ids of terms, by variable; :data:`UNBOUND` where a row does not bind one."""

    count: int
    columns: Mapping[str, Ids]

    def take(self, rows: Ids) -> Bindings:
        """Some of the rows, in this order."""
        return Bindings(len(rows), {name: ids[rows] for name, ids in self.columns.items()})


UNIT = Bindings(1, {})


def answer(plan: n.Node, image: Callable[[], GraphImage | None]) -> pa.Table | None:
    """The rows of a plan that ends in texts of terms, sorted by them; None where DuckDB should give them.

    Args:
        plan: what is asked.
        image: gives the image, if there is one; asked only if the plan may be answered from it.
    """
    if not isinstance(plan, n.Decode) or plan.types or not plan.variables or not _anchored(plan.child):
        return None
    graph = image()
    found = Matcher(graph).rows(plan.child) if graph is not None else None
    if found is None or graph is None:
        return None
    texts = [
        graph.terms.decoded(found.columns[v]) if v in found.columns else pa.nulls(found.count, pa.string())
        for v in plan.variables
    ]
    table = pa.table(texts, names=list(plan.variables))
    return table if found.count < 2 else table.sort_by([(v, "ascending") for v in plan.variables])


def _anchored(node: n.Node) -> bool:
    """Whether only known nodes are below, and a constant, from which they might be matched, is among them."""
    if isinstance(node, n.TriplePattern):
        return isinstance(node.subject, n.TermConstant) or isinstance(node.object, n.TermConstant)
    if isinstance(node, g.BasicPattern):
        return any(map(_anchored, node.patterns))
    if isinstance(node, g.PathClosure):
        return isinstance(node.subject, n.TermConstant) or isinstance(node.object, n.TermConstant)
    if isinstance(node, n.Union):
        return _anchored(node.left) and _anchored(node.right)
    if isinstance(node, n.Join | n.Project | n.Distinct | g.Certain):
        return any(map(_anchored, node.children))
    return False


class Matcher:
    """Matches the nodes of a plan in an image."""

    def __init__(self, image: GraphImage) -> None:
        self._image = image

    def rows(self, node: n.Node, given: Bindings = UNIT) -> Bindings | None:
        """The rows of a node that agree with given ones; None where they are too many, or it cannot be told."""
        match node:
            case n.TriplePattern():
                return self._matched((node,), given)
            case g.BasicPattern():
                return self._matched(node.patterns, given)
        if given is not UNIT:
            return None
        match node:
            case n.Project():
                return self._projected(node)
            case n.Distinct():
                found = self.rows(node.child)
                return None if found is None else _distinct(found)
            case g.Certain():
                return self.rows(node.child)
            case n.Union():
                return self._union(node)
            case n.Join():
                return self._joined(node)
            case g.PathClosure():
                return self._path(node)
        return None

    # ---------------------------------------------------------------------------------------------------- patterns

    def _matched(self, patterns: tuple[n.TriplePattern, ...], given: Bindings) -> Bindings | None:
        """Patterns matched one after the other, each at an end that is bound by then."""
        remaining, found = list(patterns), given
        while remaining:
            bound = [p for p in remaining if _bound(p.subject, found) or _bound(p.object, found)]
            if not bound:
                return None
            remaining.remove(bound[0])
            extended = self._extended(bound[0], found)
            if extended is None:
                return None
            found = extended
        return found

    def _extended(self, pattern: n.TriplePattern, given: Bindings) -> Bindings | None:
        """The rows, each with each match of a pattern that agrees with it."""
        terms = (pattern.subject, pattern.predicate, pattern.object)
        if pattern.repeated or pattern.traced or pattern.graph is not None or not all(map(_is_one, terms)):
            return None
        relation = pattern.predicate.ids[0] if isinstance(pattern.predicate, n.TermConstant) else None
        ways = []
        for near, far, side in (
            (pattern.subject, pattern.object, self._image.by_subject),
            (pattern.object, pattern.subject, self._image.by_object),
        ):
            ends = _ids(near, given)
            if ends is not None:
                begin, end = side.between(ends, relation)
                ways.append((int((end - begin).sum()), far, side, begin, end))
        size, far, side, begin, end = min(ways, key=lambda way: way[0])
        if size > MOST:
            return None
        rows, places = _spread(begin, end)
        values = [(far, side.others[places])]
        if relation is None:
            values.append((pattern.predicate, side.relations_at(places)))
        return _agreeing(given.take(rows), values)

    # ------------------------------------------------------------------------------------------------ other nodes

    def _projected(self, node: n.Project) -> Bindings | None:
        found = self.rows(node.child)
        if found is None:
            return None
        columns = {}
        for field, expression in node.outputs:
            if not isinstance(expression, Column) or expression.name not in found.columns:
                return None
            columns[field.name] = found.columns[expression.name]
        return Bindings(found.count, columns)

    def _union(self, node: n.Union) -> Bindings | None:
        left, right = self.rows(node.left), self.rows(node.right)
        if left is None or right is None:
            return None
        columns = {name: np.concatenate([_column(left, name), _column(right, name)]) for name in node.names}
        return Bindings(left.count + right.count, columns) if left.count + right.count <= MOST else None

    def _joined(self, node: n.Join) -> Bindings | None:
        """A join of which one side is matched for each row of the other."""
        shared = node.left.names & node.right.names
        if node.condition is not None or node.nullable or set(node.on) != shared or not shared:
            return None
        if node.kind == "inner":
            for first, second in ((node.left, node.right), (node.right, node.left)):
                found = self.rows(first) if _anchored(first) else None
                if found is not None:
                    return self.rows(second, found)
        if node.kind != "left":
            return None
        left = self.rows(node.left)
        if left is None:
            return None
        numbered = replace(left, columns={**left.columns, _ROW: np.arange(left.count)})
        both = self.rows(node.right, numbered)
        return None if both is None else _with_unmatched(numbered, both, node.names)

    def _path(self, node: g.PathClosure) -> Bindings | None:
        """What chains of steps of one relation reach from one given end."""
        step, near, far, forward = node.child, node.subject, node.object, True
        if not isinstance(near, n.TermConstant):
            near, far, forward = far, near, False
        plain = isinstance(step, n.TriplePattern) and isinstance(step.subject, n.Variable)
        if not plain or node.starts is not None or node.graph is not None or not isinstance(far, n.Variable):
            return None
        assert isinstance(step, n.TriplePattern)
        assert isinstance(step.subject, n.Variable)
        if not isinstance(near, n.TermConstant) or len(near.ids) != 1 or step.subject == step.object:
            return None
        ahead = ("start", "end") if forward else ("end", "start")
        frontier = np.asarray(near.ids, np.int64)
        reached = frontier if node.minimum == 0 else frontier[:0]
        while len(frontier):
            found = self._extended(step, Bindings(len(frontier), {ahead[0]: frontier}))
            if found is None or len(reached) > MOST:
                return None
            frontier = np.setdiff1d(found.columns[ahead[1]], reached)
            reached = np.union1d(reached, frontier)
            if not node.many:
                break
        return Bindings(len(reached), {far.name: reached})


def _bound(term: n.PatternTerm, given: Bindings) -> bool:
    return isinstance(term, n.TermConstant) or (isinstance(term, n.Variable) and term.name in given.columns)


def _is_one(term: n.PatternTerm) -> bool:
    """Whether a term of a pattern is a variable or a single stored term."""
    return isinstance(term, n.Variable) or (isinstance(term, n.TermConstant) and len(term.ids) == 1)


def _ids(term: n.PatternTerm, given: Bindings) -> Ids | None:
    """What a term of a pattern is in each row; None where that is open."""
    if isinstance(term, n.Variable):
        return given.columns.get(term.name)
    assert isinstance(term, n.TermConstant)
    return np.full(given.count, term.ids[0], np.int64)


def _spread(begin: Ids, end: Ids) -> tuple[Ids, Ids]:
    """All places of ranges, and the number of the range that each is of."""
    counts = end - begin
    rows = np.repeat(np.arange(len(begin)), counts)
    stops = np.cumsum(counts)
    return rows, np.arange(len(rows)) + np.repeat(begin - (stops - counts), counts)


def _agreeing(found: Bindings, values: list[tuple[n.PatternTerm, Ids]]) -> Bindings:
    """The rows in which the terms of a pattern have these values."""
    columns = dict(found.columns)
    kept: Ids | None = None
    for term, ids in values:
        if isinstance(term, n.Variable) and term.name not in columns:
            columns[term.name] = ids
            continue
        is_same = ids == _ids(term, Bindings(len(ids), columns))
        kept = is_same if kept is None else kept & is_same
    rows = Bindings(found.count, columns)
    return rows if kept is None or kept.all() else rows.take(np.flatnonzero(kept))


def _column(found: Bindings, name: str) -> Ids:
    """A column; unbound in each row where there is none."""
    ids = found.columns.get(name)
    return np.full(found.count, UNBOUND, np.int64) if ids is None else ids


def _distinct(found: Bindings) -> Bindings:
    if len(found.columns) == 1:
        ((name, ids),) = found.columns.items()
        once = np.unique(ids)
        return Bindings(len(once), {name: once})
    if not found.columns:
        return replace(found, count=min(found.count, 1))
    table = np.unique(np.stack(list(found.columns.values()), axis=1), axis=0)
    return Bindings(len(table), {name: table[:, i] for i, name in enumerate(found.columns)})


def _with_unmatched(left: Bindings, both: Bindings, names: frozenset[str]) -> Bindings:
    """The rows of a left join, given those of both sides and all of the left, which are numbered."""
    alone = left.take(np.setdiff1d(left.columns[_ROW], both.columns[_ROW]))
    columns = {}
    for name in names:
        columns[name] = np.concatenate([both.columns[name], _column(alone, name)])
    return Bindings(both.count + alone.count, columns)
