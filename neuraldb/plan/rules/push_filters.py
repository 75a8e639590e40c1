"""Exact conditions as near to the stored rows as they can be."""

from __future__ import annotations

from dataclasses import replace

from neuraldb.plan import nodes as n
from neuraldb.plan import text_nodes as t
from neuraldb.plan.base_nodes import OneMoreColumn
from neuraldb.plan.expressions import Call, Expression, all_of, columns_of, conjuncts
from neuraldb.plan.pair_nodes import AnyPartner, Partners
from neuraldb.plan.rewriting import bottom_up, is_stable, substitute
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.sparql_nodes import Extend, Provenance, TermParts, Weighted

# nodes that keep rows, or keep some of them by themselves, and add columns: what reads only the child's may go below
_TRANSPARENT = (n.Sort, n.Distinct, OneMoreColumn, Extend, TermParts, Provenance, Weighted)


def push_filters(plan: n.Node, context: RuleContext) -> n.Node:
    """Move each part of a condition below every node that it commutes with: projections, joins (where it may become
    the join's own), unions, distincts, groups by what it reads, and all neural nodes.

    Saves model calls (a neural node sees only rows that pass), and rows of joins and sorts.

    >>> from neuraldb.plan.explain import explain
    >>> from neuraldb.plan.expressions import Column, Literal
    >>> from neuraldb.plan.nodes import Field, Filter, Join, Scan
    >>> from neuraldb.plan.text_nodes import SemanticFilter
    >>> facts = SemanticFilter(Scan("facts", (Field("id", "BIGINT"), Field("text")), "f."), "f.text", "is about music")
    >>> both = Join(facts, Scan("notes", (Field("id", "BIGINT"),), "n."), "cross")
    >>> same, early = Call("=", (Column("f.id"), Column("n.id"))), Call("<", (Column("f.id"), Literal(9)))
    >>> print(explain(push_filters(Filter(both, Call("and", (same, early))), RuleContext())))
    Join inner where (f.id = n.id)
    ├─ SemanticFilter f.text means 'is about music'
    │  └─ Filter (f.id < 9)
    │     └─ Scan facts as f
    └─ Scan notes as n
    """
    return bottom_up(plan, _pushed)


def _pushed(node: n.Node) -> n.Node:
    if isinstance(node, n.Join) and node.condition is not None:
        return _push_join_condition(node)
    if not isinstance(node, n.Filter):
        return node
    child, kept = node.child, []
    for part in conjuncts(node.condition):
        moved = _push(child, part) if is_stable(part) else None
        if moved is None:
            kept.append(part)
        else:
            child = moved
    if child is node.child:
        return node
    return n.Filter(child, all_of(kept)) if kept else child


def _below(node: n.Node, part: Expression) -> n.Node:
    """The node with the condition on its rows, moved as far down as it goes."""
    return _push(node, part) or n.Filter(node, part)


def _push(node: n.Node, part: Expression) -> n.Node | None:
    """The node with the condition moved below it; None where the two do not commute."""
    columns = columns_of(part)
    match node:
        case n.Filter(child, condition):
            moved = _push(child, part)
            return n.Filter(child, Call("and", (condition, part))) if moved is None else n.Filter(moved, condition)
        case n.Project(child, outputs):
            return _push_project(node, child, outputs, part, columns)
        case n.Join():
            return _push_join(node, part, columns)
        case n.Union(left, right):
            if columns <= left.names & right.names:
                return n.Union(_below(left, part), _below(right, part))
        case n.Minus(left, right, _):
            return replace(node, left=_below(left, part))
        case n.Aggregate():
            return _push_aggregate(node, part, columns)
        case t.SemanticFilter(child, limit=None):
            return replace(node, child=_below(child, part))
        case AnyPartner(child) if columns <= node.own:
            return replace(node, child=_below(child, part))
        case Partners(pairs, side) if columns <= side.names & node.names:
            # all pairs of a row are kept with it; where none are wanted, the others only cost
            kept = _below(pairs, part) if columns <= pairs.names else pairs
            return replace(node, pairs=kept, side=_below(side, part))
        case n.Link(child, column) if column not in columns:
            return replace(node, child=_below(child, part))
        case _ if isinstance(node, _TRANSPARENT) and columns <= node.child.names:
            return node.with_children((_below(node.child, part),))
    return None


def _push_project(
    node: n.Project,
    child: n.Node,
    outputs: tuple[tuple[n.Field, Expression], ...],
    part: Expression,
    columns: frozenset[str],
) -> n.Node | None:
    values = {f.name: e for f, e in outputs if f.name in columns}
    if not all(map(is_stable, values.values())):
        return None
    changed = substitute(part, values)
    return None if changed is None else n.Project(_below(child, changed), outputs)


def _push_join(node: n.Join, part: Expression, columns: frozenset[str]) -> n.Node | None:
    shared = columns & frozenset(node.on)
    if shared & node.nullable:
        return None
    if node.kind in ("inner", "cross"):
        if columns <= node.left.names:
            right = _below(node.right, part) if columns <= frozenset(node.on) and columns else node.right
            return replace(node, left=_below(node.left, part), right=right)
        if columns <= node.right.names:
            return replace(node, right=_below(node.right, part))
        if shared:
            return None
        condition = part if node.condition is None else Call("and", (node.condition, part))
        return replace(node, kind="inner", condition=condition)
    if node.kind in ("left", "semi", "anti") and columns <= node.left.names:
        return replace(node, left=_below(node.left, part))
    if node.kind == "right" and columns <= node.right.names:
        return replace(node, right=_below(node.right, part))
    return None


def _push_aggregate(node: n.Aggregate, part: Expression, columns: frozenset[str]) -> n.Node | None:
    keys = {f.name: e for f, e in node.keys}
    # without keys there is one row even over no rows
    if not keys or not columns or not columns <= keys.keys() or not all(is_stable(keys[c]) for c in columns):
        return None
    changed = substitute(part, keys)
    return None if changed is None else replace(node, child=_below(node.child, changed))


def _push_join_condition(node: n.Join) -> n.Node:
    """Parts of a join's condition that read one side only, moved into that side where unmatched rows do not matter."""
    into_left = node.kind in ("inner", "right", "semi")
    into_right = node.kind in ("inner", "left", "semi", "anti")
    left, right, kept = node.left, node.right, []
    assert node.condition is not None
    for part in conjuncts(node.condition):
        columns = columns_of(part)
        if not is_stable(part) or not columns or columns & frozenset(node.on):
            kept.append(part)
        elif into_left and columns <= left.names:
            left = _below(left, part)
        elif into_right and columns <= right.names:
            right = _below(right, part)
        else:
            kept.append(part)
    if left is node.left and right is node.right:
        return node
    return replace(node, left=left, right=right, condition=all_of(kept) if kept else None)
