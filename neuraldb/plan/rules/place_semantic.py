"""Semantic nodes where the fewest rows pass."""

from __future__ import annotations

from dataclasses import replace

from neuraldb.plan import nodes as n
from neuraldb.plan.rewriting import bottom_up
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.text_nodes import SemanticColumn, SemanticFilter


def place_semantic(plan: n.Node, context: RuleContext) -> n.Node:
    """Put a semantic node above a join that leaves fewer rows to judge, or below one that makes more of them; and
    judge what is exact first: semantic filters come before semantic columns that they do not read.

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
    if isinstance(node, n.Join) and isinstance(node.left, SemanticFilter):
        return _above_join(node, node.left, context)
    if isinstance(node, SemanticFilter) and isinstance(node.child, n.Join):
        return _below_join(node, node.child, context)
    if isinstance(node, SemanticFilter) and isinstance(node.child, SemanticColumn):
        column = node.child
        if column.output.name not in node.reads and node.limit is None:
            return column.with_children((_placed(replace(node, child=column.child), context),))
    return node


def _above_join(join: n.Join, judged: SemanticFilter, context: RuleContext) -> n.Node:
    if judged.limit is not None or join.kind not in ("inner", "cross", "semi", "anti", "left"):
        return join
    bare = replace(join, left=judged.child)
    if context.cost.cost(bare).rows < context.cost.cost(judged.child).rows:
        return replace(judged, child=_placed(bare, context))
    return join


def _below_join(judged: SemanticFilter, join: n.Join, context: RuleContext) -> n.Node:
    if judged.limit is not None or judged.column in join.on:
        return judged
    rows = context.cost.cost(join).rows
    fewer_left, fewer_right = (context.cost.cost(side).rows < rows for side in (join.left, join.right))
    into_left = join.kind in ("inner", "cross", "semi", "anti", "left") and judged.column in join.left.names
    into_right = join.kind in ("inner", "cross", "right") and judged.column in join.right.names
    if into_left and fewer_left:
        return replace(join, left=_placed(replace(judged, child=join.left), context))
    if into_right and fewer_right:
        return replace(join, right=_placed(replace(judged, child=join.right), context))
    return judged
