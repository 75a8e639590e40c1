"""Stop as soon as enough rows are there."""

from __future__ import annotations

from dataclasses import replace

from neuraldb.plan import nodes as n
from neuraldb.plan.base_nodes import OneMoreColumn
from neuraldb.plan.expressions import Column, columns_of
from neuraldb.plan.rewriting import bottom_up
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.semantic_nodes import VirtualScan
from neuraldb.plan.text_nodes import SemanticColumn, SemanticFilter


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
    """A limit over a sort, below the semantic columns that the sort does not need; what drops rows is judged in the
    order of the sort, so that it can stop.
    """
    semantic = sort.child
    needed = frozenset(name for key in sort.keys for name in columns_of(key.expression))
    if isinstance(semantic, OneMoreColumn) and semantic.added.name not in needed:
        return semantic.with_children((_pushed(replace(limit, child=n.Sort(semantic.child, sort.keys))),))
    if limit.count is None:
        return limit
    sunk, dropping = _sunk(sort, semantic, needed)
    return _pushed(replace(limit, child=sunk)) if dropping else limit


def _sunk(sort: n.Sort, node: n.Node, needed: frozenset[str]) -> tuple[n.Node, bool]:
    """The rows of a node, sorted where they come in, and whether a model drops some of them after that."""
    if isinstance(node, SemanticFilter):
        return node.with_children((_sunk(sort, node.child, needed)[0],)), True
    passing = isinstance(node, OneMoreColumn) and node.added.name not in needed
    if isinstance(node, n.Project):
        passing = needed <= {f.name for f, e in node.outputs if e == Column(f.name)}
    if isinstance(node, n.Filter):
        sunk, dropping = _sunk(sort, node.child, needed)
        asked = sunk != n.Sort(node.child, sort.keys)
        return (node.with_children((sunk,)), True) if asked else (n.Sort(node, sort.keys), dropping)
    if not passing:
        return n.Sort(node, sort.keys), False
    sunk, dropping = _sunk(sort, node.children[0], needed)
    # nothing is gained where neither it nor what is below asks a model
    if isinstance(node, SemanticColumn) or sunk != n.Sort(node.children[0], sort.keys):
        return node.with_children((sunk,)), dropping
    return n.Sort(node, sort.keys), False


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
