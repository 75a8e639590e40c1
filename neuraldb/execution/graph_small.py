"""Small answers from an image of the graph: nested loops over arrays, without a query of DuckDB.

What is answered here starts at a thing that the query names, or follows chains of few steps; it rests on no fact and
stays small. How many rows a step gives is counted before it is taken. Anything else is left to DuckDB, as are all nodes
that this does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from neuraldb.execution.graph_bindings import ROW, UNIT, Bindings, agreeing, spread, together, values_of
from neuraldb.execution.graph_reach import Step, reached
from neuraldb.plan import nodes as n
from neuraldb.plan import sparql_nodes as g
from neuraldb.plan.expressions import Call, Column, Expression
from neuraldb.stores.arrays import Ids
from neuraldb.stores.graph_image import UNBOUND, GraphImage, Side

MOST = 50_000
"""Rows, of a result or on the way to it, up to which DuckDB is not faster."""
MOST_ARCS = 1_000_000
"""Arcs that the chains of a path may follow from one level to the next."""


def answer(plan: n.Node, image: Callable[[], GraphImage | None]) -> pa.Table | None:
    """The rows of a plan that ends in texts of terms, sorted by them, or asks whether there is any; None: ask DuckDB.

    Args:
        plan: what is asked.
        image: gives the image, if there is one; asked only if the plan may be answered from it.
    """
    asks = isinstance(plan, n.Exists)
    gives_texts = isinstance(plan, n.Decode) and not plan.types and bool(plan.variables)
    if not (asks or gives_texts) or not _anchored(plan.children[0]):
        return None
    graph = image()
    found = Matcher(graph).rows(plan.children[0]) if graph is not None else None
    if found is None or graph is None:
        return None
    if isinstance(plan, n.Exists):
        return pa.table({plan.name: [found.count > 0]})
    assert isinstance(plan, n.Decode)
    texts = [
        graph.terms.decoded(found.columns[v]) if v in found.columns else pa.nulls(found.count, pa.string())
        for v in plan.variables
    ]
    table = pa.table(texts, names=list(plan.variables))
    return table if found.count < 2 else table.sort_by([(v, "ascending") for v in plan.variables])


def _anchored(node: n.Node) -> bool:
    """Whether what might be matched from is below: a constant, or few steps of paths."""
    match node:
        case n.TriplePattern():
            return isinstance(node.subject, n.TermConstant) or isinstance(node.object, n.TermConstant)
        case g.BasicPattern():
            return any(map(_anchored, node.patterns))
        case g.PathClosure():
            return node.few or isinstance(node.subject, n.TermConstant) or isinstance(node.object, n.TermConstant)
        case n.Union():
            return _anchored(node.left) and _anchored(node.right)
        case n.Join(kind="inner"):
            return _anchored(node.left) or _anchored(node.right)
        case n.Join():
            return _anchored(node.left)
        case n.Project() | n.Distinct() | g.Certain():
            return _anchored(node.child)
    return False


class Matcher:
    """Matches the nodes of a plan in an image."""

    def __init__(self, image: GraphImage) -> None:
        self._image = image

    def rows(self, node: n.Node, given: Bindings = UNIT) -> Bindings | None:
        """Given rows, each with each row of a node that agrees with it; None where they are too many, or unknown."""
        match node:
            case n.TriplePattern():
                return self._matched((node,), given)
            case g.BasicPattern():
                return self._matched(node.patterns, given)
            case n.Project():
                return self._projected(node, given)
            case n.Distinct():
                return self._apart(node.child, {name: name for name in node.names}, given, once=True)
            case g.Certain():
                return self.rows(node.child, given)
            case n.Union():
                return self._union(node, given)
            case n.Join():
                return self._joined(node, given)
            case g.PathClosure():
                return self._path(node, given)
        return None

    # ---------------------------------------------------------------------------------------------------- patterns

    def _matched(self, patterns: tuple[n.TriplePattern, ...], given: Bindings) -> Bindings | None:
        """Patterns matched one after the other, each at an end that is bound by then."""
        remaining, found = list(patterns), given
        while remaining:
            bound = next((p for p in remaining if _bound(p.subject, found) or _bound(p.object, found)), None)
            if bound is None:
                return None
            remaining.remove(bound)
            extended = self._extended(bound, found)
            if extended is None:
                return None
            found = extended
        return found

    def _extended(self, pattern: n.TriplePattern, given: Bindings) -> Bindings | None:
        """The rows, each with each match of a pattern that agrees with it."""
        if not _is_plain(pattern):
            return None
        relation = pattern.predicate.ids[0] if isinstance(pattern.predicate, n.TermConstant) else None
        ways = []
        for near, far, side in self._sides(pattern):
            ends = values_of(near, given)
            if ends is not None:
                begin, end = side.between(ends, relation)
                ways.append((int((end - begin).sum()), far, side, begin, end))
        size, far, side, begin, end = min(ways, key=lambda way: way[0])
        if size > MOST:
            return None
        rows, places = spread(begin, end)
        values = [(far, side.others[places])]
        if relation is None:
            values.append((pattern.predicate, side.relations_at(places)))
        return agreeing(given.take(rows), values)

    def _sides(self, pattern: n.TriplePattern) -> tuple[tuple[n.PatternTerm, n.PatternTerm, Side], ...]:
        """The ends of a pattern from which it might be matched, the other ones, and how the triples lie for that."""
        return (
            (pattern.subject, pattern.object, self._image.by_subject),
            (pattern.object, pattern.subject, self._image.by_object),
        )

    # ------------------------------------------------------------------------------------------------ other nodes

    def _projected(self, node: n.Project, given: Bindings) -> Bindings | None:
        sources: dict[str, str] = {}
        for field, expression in node.outputs:
            if not isinstance(expression, Column) or expression.name in sources.values():
                return None
            sources[field.name] = expression.name
        return self._apart(node.child, sources, given)

    def _apart(self, node: n.Node, sources: Mapping[str, str], given: Bindings, once: bool = False) -> Bindings | None:
        """Given rows with what a node has for them, under other names: ``sources`` are its own; each ``once``."""
        below = UNIT
        if given is not UNIT:
            shared = {source: given.columns[name] for name, source in sources.items() if name in given.columns}
            below = Bindings(given.count, shared).numbered()
        found = self.rows(node, below)
        if found is None or not found.columns.keys() >= set(sources.values()):
            return None
        outputs = {name: found.columns[source] for name, source in sources.items()}
        numbers = {} if given is UNIT else {ROW: found.columns[ROW]}
        rows = Bindings(found.count, numbers | outputs)
        if once:
            rows = rows.distinct()
        if given is UNIT:
            return rows
        own = {name: rows.columns[name] for name in outputs}
        return Bindings(rows.count, {**given.take(rows.columns[ROW]).columns, **own})

    def _union(self, node: n.Union, given: Bindings) -> Bindings | None:
        sides = [self.rows(side, given) for side in (node.left, node.right)]
        parts = [side for side in sides if side is not None]
        if len(parts) < len(sides) or sum(part.count for part in parts) > MOST:
            return None
        return together(parts, node.names | given.columns.keys())

    def _joined(self, node: n.Join, given: Bindings) -> Bindings | None:
        """A join of which one side is matched for each row of the other."""
        if node.kind in ("semi", "anti"):
            return self._kept(node, given)
        shared = node.left.names & node.right.names
        if node.condition is not None or node.nullable or set(node.on) != shared or not shared:
            return None
        if node.kind == "inner":
            for first, second in ((node.left, node.right), (node.right, node.left)):
                found = self.rows(first, given) if given is not UNIT or _anchored(first) else None
                both = None if found is None else self.rows(second, found)
                if both is not None:
                    return both
        if node.kind != "left" or given is not UNIT:
            return None
        left = self.rows(node.left)
        if left is None:
            return None
        numbered = left.numbered()
        matched = self.rows(node.right, numbered)
        if matched is None:
            return None
        alone = numbered.take(np.setdiff1d(numbered.columns[ROW], matched.columns[ROW]))
        return together([matched, alone], node.names)

    def _kept(self, node: n.Join, given: Bindings) -> Bindings | None:
        """The rows of the left side that the right one has a row for, or has none for."""
        same = {name: name for name in node.on} if node.condition is None else _equal(node.condition)
        if same is None or node.nullable or not same or (node.condition is not None and node.on):
            return None
        left = self.rows(node.left, given)
        if left is None or not left.columns.keys() >= set(same) or not node.right.names >= set(same.values()):
            return None
        ends = Bindings(left.count, {right: left.columns[name] for name, right in same.items()})
        matched = self.rows(node.right, ends.numbered())
        if matched is None:
            return None
        is_matched = np.zeros(left.count, np.bool_)
        is_matched[matched.columns[ROW]] = True
        return left.take(np.flatnonzero(is_matched if node.kind == "semi" else ~is_matched))

    # ------------------------------------------------------------------------------------------------------- paths

    def _path(self, node: g.PathClosure, given: Bindings) -> Bindings | None:
        """Rows with the ends of chains of steps, followed from the end that is given, or else from everywhere."""
        ends = (node.subject, node.object)
        if node.graph is not None or not all(map(_is_one, ends)):
            return None
        near = self._begun(node, given)
        if near is None:
            return None
        begins, forward = near
        step = self._step(node.child, forward)
        if step is None:
            return None
        nodes = int(self._image.terms.ids[-1]) + 1 if len(self._image.terms.ids) else 1
        once, place = np.unique(begins, return_inverse=True)
        if len(once) and once[0] == UNBOUND:
            return None
        most = MOST if len(once) > 1 else MOST_ARCS
        pairs = reached(once, step, many=node.many, itself=node.minimum == 0, nodes=nodes, most=most)
        if pairs is None:
            return None
        starts, found = pairs
        values = ends if forward else ends[::-1]
        if values_of(values[0], given) is None:
            return agreeing(Bindings(len(found), {}), [(values[0], once[starts]), (values[1], found)])
        order = np.argsort(starts, kind="stable")
        begin, end = np.searchsorted(starts[order], place), np.searchsorted(starts[order], place, "right")
        if int((end - begin).sum()) > most:
            return None
        rows, places = spread(begin, end)
        return agreeing(given.take(rows), [(values[1], found[order][places])])

    def _begun(self, node: g.PathClosure, given: Bindings) -> tuple[Ids, bool] | None:
        """Where chains begin, for each given row if those say so, and whether they are followed forward.

        Chains of no step begin at nodes of the graph only, which ``starts`` are for sure and what is given may not be.
        """
        if node.starts is not None:
            (field,) = node.starts.columns
            forward = node.subject == n.Variable(field.name)
            near = values_of(n.Variable(field.name), given)
            if near is not None:
                return near, forward
            found = self.rows(node.starts)
            return None if found is None or given is not UNIT else (found.columns[field.name], forward)
        for near_end, forward in ((node.subject, True), (node.object, False)):
            near = values_of(near_end, given)
            if near is not None and (isinstance(near_end, n.TermConstant) or node.minimum > 0):
                return near, forward
        if node.minimum == 0 or given is not UNIT or not node.few:
            return None
        return self._everywhere(node.child)

    def _everywhere(self, step: n.Node) -> tuple[Ids, bool] | None:
        """All nodes where the only step begins."""
        if not isinstance(step, n.TriplePattern) or not _is_plain(step):
            return None
        relation = step.predicate
        if not isinstance(relation, n.TermConstant) or not isinstance(step.subject, n.Variable):
            return None
        return self._image.by_subject.ends_of(relation.ids[0]), step.subject.name == "start"

    def _step(self, step: n.Node, forward: bool) -> Step | None:
        """How a step is taken, if it can be told."""
        near, far = ("start", "end") if forward else ("end", "start")

        def taken(nodes: Ids) -> tuple[Ids, Ids] | None:
            found = self.rows(step, Bindings(len(nodes), {near: nodes}).numbered())
            return None if found is None else (found.columns[ROW], found.columns[far])

        if not isinstance(step, n.TriplePattern):
            return taken
        ends = (step.subject, step.object)
        if not _is_plain(step) or set(ends) != {n.Variable("start"), n.Variable("end")}:
            return None
        relation = step.predicate
        if not isinstance(relation, n.TermConstant):
            return None
        side = self._image.by_subject if step.subject == n.Variable(near) else self._image.by_object

        def followed(nodes: Ids) -> tuple[Ids, Ids] | None:
            begin, end = side.between(nodes, relation.ids[0])
            if int((end - begin).sum()) > MOST_ARCS:
                return None
            rows, places = spread(begin, end)
            return rows, side.others[places]

        return followed


def _bound(term: n.PatternTerm, given: Bindings) -> bool:
    return isinstance(term, n.TermConstant) or (isinstance(term, n.Variable) and term.name in given.columns)


def _is_one(term: n.PatternTerm) -> bool:
    """Whether a term of a pattern is a variable or a single stored term."""
    return isinstance(term, n.Variable) or (isinstance(term, n.TermConstant) and len(term.ids) == 1)


def _is_plain(pattern: n.TriplePattern) -> bool:
    """Whether a pattern is about the default graph's imported triples alone."""
    terms = (pattern.subject, pattern.predicate, pattern.object)
    return not (pattern.repeated or pattern.traced) and pattern.graph is None and all(map(_is_one, terms))


def _equal(condition: Expression) -> dict[str, str] | None:
    """The columns of the left side that a condition wants to be equal to such of the right; None if it wants more."""
    match condition:
        case Call(function="and", arguments=arguments):
            same: dict[str, str] = {}
            for argument in arguments:
                found = _equal(argument)
                if found is None or found.keys() & same.keys():
                    return None
                same |= found
            return same
        case Call(function="=", arguments=(Column(name=left), Column(name=right))):
            return {left: right}
    return None
