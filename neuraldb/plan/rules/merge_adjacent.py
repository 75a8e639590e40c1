"""Neighbours of one kind as one node."""

from __future__ import annotations

from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, Literal, columns_of, walk
from neuraldb.plan.rewriting import bottom_up, is_stable, substitute
from neuraldb.plan.rules.context import RuleContext


def merge_adjacent(plan: n.Node, context: RuleContext) -> n.Node:
    """Make one projection of two, one filter of two, one limit of two; drop those that do nothing.

    Saves passes over the rows, and brings nodes together that other rules can use.

    >>> from neuraldb.plan.explain import explain
    >>> from neuraldb.plan.nodes import Field, Limit, Project, Scan
    >>> inner = Project(Scan("t", (Field("a"),), "t."), ((Field("b"), Column("t.a")),))
    >>> before = Limit(Limit(Project(inner, ((Field("c"), Column("b")),)), 10, 2), 5, 1)
    >>> print(explain(merge_adjacent(before, RuleContext())))
    Limit 5 offset 3
    └─ Project t.a as c
       └─ Scan t
    """
    return bottom_up(plan, _merged)


def _merged(node: n.Node) -> n.Node:
    match node:
        case n.Project(n.Project() as inner, _):
            return _projects(node, inner)
        case n.Project(child, outputs):
            idle = child.columns == node.columns and all(e == Column(f.name) for f, e in outputs)
            return child if idle else node
        case n.Filter(n.Filter(child, first), second):
            return n.Filter(child, Call("and", (first, second)))
        case n.Limit(n.Limit(child, count, offset), outer_count, outer_offset):
            left = None if count is None else max(count - outer_offset, 0)
            counts = [c for c in (left, outer_count) if c is not None]
            return n.Limit(child, min(counts, default=None), offset + outer_offset)
        case n.Distinct(n.Distinct() as inner):
            return inner
        case n.Distinct(n.Sort(child, _)):
            return n.Distinct(child)
        case n.Sort(n.Sort(child, _), keys):
            return n.Sort(child, keys)
    return node


def _projects(outer: n.Project, inner: n.Project) -> n.Node:
    values: dict[str, Expression] = {f.name: e for f, e in inner.outputs}
    uses = [name for _, e in outer.outputs for name in _mentions(e)]
    for name, value in values.items():
        computed = not isinstance(value, Column | Literal)
        # what is computed is computed once, and what varies must not vary twice
        if computed and (uses.count(name) > 1 or (name in uses and not is_stable(value))):
            return outer
    merged: list[tuple[n.Field, Expression]] = []
    for f, e in outer.outputs:
        changed = substitute(e, values)
        if changed is None:
            return outer
        merged.append((f, changed))
    return n.Project(inner.child, tuple(merged))


def _mentions(expression: Expression) -> list[str]:
    """The columns that an expression reads, each as often as it does; a text may read its columns often."""
    found = []
    for part in walk(expression):
        if isinstance(part, Column):
            found.append(part.name)
        elif not isinstance(part, Call | Literal):
            found += 2 * sorted(columns_of(part)) if not hasattr(part, "expression") else []
    return found
