"""Stop as soon as enough rows are there."""

from __future__ import annotations

from dataclasses import replace

from neuraldb.plan import nodes as n
from neuraldb.plan.base_nodes import OneMoreColumn
from neuraldb.plan.expressions import columns_of
from neuraldb.plan.rewriting import bottom_up
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.semantic_nodes import VirtualScan
from neuraldb.plan.text_nodes import SemanticFilter


def push_limits(plan: n.Node, context: RuleContext) -> n.Node:
    """Cut before nodes that work row by row instead of after them, and tell those that read facts how many are enough.

    Saves the model calls for rows that are cut off: a column that no sort key reads is computed for the rows that stay,
    a semantic filter stops at the last row that is used, a retrieval reads no more than are shown.

    >>> from neuraldb.plan.explain import explain
    >>> from neuraldb.plan.expressions import Column
    >>> from neuraldb.plan.nodes import Field, Limit, Order, Project, Scan, Sort
    >>> from neuraldb.plan.text_nodes import SemanticMap
    >>> facts = Scan("facts", (Field("id", "BIGINT"), Field("text")))
    >>> asked = SemanticMap(facts, "text", Field("who"), "who?")
    >>> before = Limit(Project(Sort(asked, (Order(Column("id")),)), ((Field("who"), Column("who")),)), 3)
    >>> print(explain(push_limits(before, RuleContext())))
    Project who
    └─ SemanticMap who = ask(text, 'who?')
       └─ Limit 3
          └─ Sort id
             └─ Scan facts
    >>> print(explain(push_limits(Limit(SemanticFilter(facts, "text", "is a joke"), 2, 1), RuleContext())))
    Limit 2 offset 1
    └─ SemanticFilter text means 'is a joke' limit 3
       └─ Scan facts
    """
    return bottom_up(plan, _pushed)


def _pushed(node: n.Node) -> n.Node:
    if not isinstance(node, n.Limit):
        return node
    child = node.child
    if isinstance(child, n.Project):
        return n.Project(_pushed(replace(node, child=child.child)), child.outputs)
    if isinstance(child, OneMoreColumn):
        return child.with_children((_pushed(replace(node, child=child.child)),))
    if isinstance(child, n.Sort):
        return _past_sort(node, child)
    if node.count is None:
        return node
    enough = node.count + node.offset
    if isinstance(child, SemanticFilter | VirtualScan):
        limit = enough if child.limit is None else min(child.limit, enough)
        return node if limit == child.limit else replace(node, child=replace(child, limit=limit))
    if isinstance(child, n.Retrieve):
        budget = enough if child.budget is None else min(child.budget, enough)
        return node if budget == child.budget else replace(node, child=replace(child, budget=budget))
    if isinstance(child, n.Union):
        return replace(node, child=_cut_sides(child, enough))
    return node


def _past_sort(limit: n.Limit, sort: n.Sort) -> n.Node:
    """A limit over a sort, below the semantic columns that the sort does not need."""
    semantic = sort.child
    if not isinstance(semantic, OneMoreColumn):
        return limit
    if any(semantic.added.name in columns_of(key.expression) for key in sort.keys):
        return limit
    return semantic.with_children((_pushed(replace(limit, child=n.Sort(semantic.child, sort.keys))),))


def _cut_sides(union: n.Union, enough: int) -> n.Union:
    """The first rows of a union are among the first rows of its sides."""

    def cut(side: n.Node) -> n.Node:
        known = side.count if isinstance(side, n.Limit) else None
        if isinstance(side, n.Values) or (known is not None and known <= enough):
            return side
        pushed = _pushed(n.Limit(side, enough))
        return side if _is_cut(side, enough) else pushed

    left, right = cut(union.left), cut(union.right)
    return union if left is union.left and right is union.right else n.Union(left, right)


def _is_cut(side: n.Node, enough: int) -> bool:
    """Whether a side has been cut already, so that the rule comes to an end."""
    while isinstance(side, n.Project | OneMoreColumn):
        side = side.child
    return isinstance(side, n.Limit) and side.count is not None and side.count <= enough
