"""Semantic nodes where the fewest rows pass."""

from __future__ import annotations

from dataclasses import replace

from neuraldb.plan import nodes as n
from neuraldb.plan.base_nodes import OneMoreColumn
from neuraldb.plan.expressions import Column, Expression, columns_of
from neuraldb.plan.rewriting import bottom_up, is_stable
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.text_nodes import SemanticColumn, SemanticFilter

_KEEPING_LEFT = ("inner", "cross", "semi", "anti", "left")
_KEEPING_RIGHT = ("inner", "cross", "right")


def place_semantic(plan: n.Node, context: RuleContext) -> n.Node:
    """Put a semantic node above a join that leaves fewer rows to judge, or below one that makes more of them; and
    judge what is exact first: semantic filters come before semantic columns that they do not read, and after a
    condition on a column that costs less than they do.

    Saves the model calls for rows that a join drops or repeats, as far as the cost model can tell.

    >>> from neuraldb.plan.explain import explain
    >>> from neuraldb.plan.expressions import Call, Column
    >>> from neuraldb.plan.nodes import Field, Join, Scan
    >>> facts = Scan("facts", (Field("id", "BIGINT"), Field("text")), "f.")
    >>> chosen = Scan("chosen", (Field("id", "BIGINT"),), "c.")
    >>> judged = SemanticFilter(facts, "f.text", "is a joke")
    >>> before = Join(judged, chosen, "semi", condition=Call("=", (Column("f.id"), Column("c.id"))))
    >>> print(explain(place_semantic(before, RuleContext())))
    SemanticFilter f.text means 'is a joke'
    └─ Join semi where (f.id = c.id)
       ├─ Scan facts as f
       └─ Scan chosen as c
    """
    return bottom_up(plan, lambda node: _placed(node, context))


def _placed(node: n.Node, context: RuleContext) -> n.Node:
    if isinstance(node, n.Join):
        return _above_join(node, context)
    if isinstance(node, SemanticFilter | OneMoreColumn) and isinstance(node.child, n.Join):
        return _below_join(node, node.child, context)
    if isinstance(node, SemanticFilter | OneMoreColumn) and isinstance(node.child, n.Project):
        return _past_projection(node, node.child, context)
    if isinstance(node, n.Filter) and isinstance(node.child, SemanticColumn):
        return _cheaper_first(node, node.child, context)
    if isinstance(node, SemanticFilter) and isinstance(node.child, SemanticColumn):
        column = node.child
        if column.output.name not in node.reads and node.limit is None:
            return column.with_children((_placed(replace(node, child=column.child), context),))
    return node


def _above_join(join: n.Join, context: RuleContext) -> n.Node:
    """A join of judged rows as rows that are judged after the join, where that leaves fewer of them."""
    for side, kinds in (("left", _KEEPING_LEFT), ("right", _KEEPING_RIGHT)):
        judged = join.left if side == "left" else join.right
        if join.kind not in kinds:
            continue
        if isinstance(judged, n.Project) and isinstance(judged.child, SemanticFilter):
            if (placed := _projection_above(join, side, judged, judged.child, context)) is not None:
                return placed
            continue
        if not isinstance(judged, SemanticFilter) or judged.limit is not None:
            continue
        bare = replace(join, left=judged.child) if side == "left" else replace(join, right=judged.child)
        if not judged.reads & frozenset(join.on) and _rows(bare, context) < _rows(judged.child, context):
            return replace(judged, child=_placed(bare, context))
    return join


def _below_join(node: SemanticFilter | OneMoreColumn, join: n.Join, context: RuleContext) -> n.Node:
    """A node that judges joined rows as one that judges the rows of one side, where these are fewer."""
    if (isinstance(node, SemanticFilter) and node.limit is not None) or node.reads & frozenset(join.on):
        return node
    rows = _rows(join, context)
    if join.kind in _KEEPING_LEFT and node.reads <= join.left.names and _rows(join.left, context) < rows:
        return replace(join, left=_placed(replace(node, child=join.left), context))
    if join.kind in _KEEPING_RIGHT and node.reads <= join.right.names and _rows(join.right, context) < rows:
        return replace(join, right=_placed(replace(node, child=join.right), context))
    return node


def _projection_above(
    join: n.Join, side: str, project: n.Project, judged: SemanticFilter, context: RuleContext
) -> n.Node | None:
    """The same where the side, such as a subquery, lists some columns of judged rows; what is judged is listed, too."""
    if judged.limit is not None or join.on:
        return None
    listed = {e.name: f.name for f, e in project.outputs if isinstance(e, Column)}
    added = tuple((f, Column(f.name)) for f in judged.child.columns if f.name in judged.reads - listed.keys())
    other = join.right if side == "left" else join.left
    if any(f.name in project.names | other.names for f, _ in added):
        return None
    listing = n.Project(judged.child, project.outputs + added)
    bare = replace(join, left=listing) if side == "left" else replace(join, right=listing)
    if _rows(bare, context) >= _rows(judged.child, context):
        return None
    names = {name: listed.get(name, name) for name in judged.reads}
    above = replace(judged, child=_placed(bare, context), column=names[judged.column])
    if isinstance(judged.criterion, Column):
        above = replace(above, criterion=Column(names[judged.criterion.name]))
    return n.Project(above, tuple((f, Column(f.name)) for f in join.columns)) if added else above


def _past_projection(node: SemanticFilter | OneMoreColumn, project: n.Project, context: RuleContext) -> n.Node:
    """A node over columns that are computed from one side of a join, as one over that side, where it has fewer rows."""
    join, computed = project.child, {f.name: (f, e) for f, e in project.outputs if f.name in node.reads}
    if not isinstance(join, n.Join) or join.on or (isinstance(node, SemanticFilter) and node.limit is not None):
        return node
    read = frozenset(name for _, e in computed.values() for name in columns_of(e))
    if not all(is_stable(e) for _, e in computed.values()) or not read:
        return node
    for side, kinds in (("left", _KEEPING_LEFT), ("right", _KEEPING_RIGHT)):
        rows = join.left if side == "left" else join.right
        new = tuple((f, e) for f, e in computed.values() if e != Column(f.name))
        fits = join.kind in kinds and read <= rows.names and not any(f.name in join.names for f, _ in new)
        if not fits or _rows(rows, context) >= _rows(join, context):
            continue
        kept = tuple((f, Column(f.name)) for f in rows.columns)
        below = _placed(node.with_children((n.Project(rows, kept + new) if new else rows,)), context)
        above: dict[str, Expression] = {f.name: e for f, e in project.outputs if f.name not in below.names}
        outputs = tuple((f, above.get(f.name, Column(f.name))) for f in node.columns)
        return n.Project(replace(join, left=below) if side == "left" else replace(join, right=below), outputs)
    return node


def _cheaper_first(condition: n.Filter, column: SemanticColumn, context: RuleContext) -> n.Node:
    """A condition on a column over rows that a model has judged, below that judgement where the column costs less."""
    dropping = column.child
    if isinstance(dropping, SemanticFilter):
        source = dropping.child
    elif isinstance(dropping, n.Filter) and isinstance(dropping.child, SemanticColumn):
        source = dropping.child.child
    else:
        return condition
    needed = columns_of(condition.condition) | column.reads
    if column.output.name not in needed or not needed <= source.names | {column.output.name}:
        return condition
    if isinstance(dropping, SemanticFilter) and dropping.limit is not None:
        return condition
    cheap = column.with_children((source,))
    if context.cost.cost(cheap).calls >= context.cost.cost(dropping).calls:
        return condition
    below = _placed(n.Filter(cheap, condition.condition), context)
    if isinstance(dropping, SemanticFilter):
        return dropping.with_children((below,))
    above = n.Filter(dropping.child.with_children((below,)), dropping.condition)
    return n.Project(above, tuple((f, Column(f.name)) for f in condition.columns))


def _rows(node: n.Node, context: RuleContext) -> float:
    return context.cost.cost(node).rows
