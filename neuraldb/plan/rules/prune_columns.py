"""Columns that no one reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from neuraldb.plan import nodes as n
from neuraldb.plan import semantic_nodes as s
from neuraldb.plan import text_nodes as t
from neuraldb.plan.base_nodes import OneMoreColumn
from neuraldb.plan.expressions import Expression, columns_of
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.sparql_nodes import Extend

Names = frozenset[str]


def prune_columns(plan: n.Node, context: RuleContext) -> n.Node:
    """Leave out every column that nothing above reads, down to the attributes of virtual tables.

    Saves the model calls of attributes and semantic functions that are not used, and the width of rows. The attributes
    of a virtual table that are left are the ones that its rows are made of (see ``VirtualScan``).

    >>> from neuraldb.plan.explain import explain
    >>> from neuraldb.plan.expressions import Column
    >>> from neuraldb.plan.nodes import Field, Project
    >>> from neuraldb.plan.semantic_nodes import Attribute, VirtualScan
    >>> people = VirtualScan("people", (Attribute("age", ("number", "unit")), Attribute("job")))
    >>> print(explain(prune_columns(Project(people, ((Field("a", "DOUBLE"), Column("age:number")),)), RuleContext())))
    Project age:number as a
    └─ VirtualScan people [age (number)]
    """
    return _pruned(plan, plan.names)


def _pruned(node: n.Node, needed: Names) -> n.Node:
    """The node without the columns that are not needed, as far as it can do without them."""
    if isinstance(node, OneMoreColumn):
        return _one_more(node, needed)
    handler = _HANDLERS.get(type(node))
    if handler is not None:
        return handler(node, needed)
    # a node that the rule does not know needs everything
    return _over(node, *(child.names for child in node.children))


def _over(node: n.Node, *needed: Names) -> n.Node:
    """The node over inputs that give what is needed of each."""
    children = tuple(_pruned(c, names & c.names) for c, names in zip(node.children, needed, strict=True))
    same = all(new is old for new, old in zip(children, node.children, strict=True))
    return node if same else node.with_children(children)


def _reads(expressions: Any) -> Names:
    return frozenset(name for e in expressions for name in columns_of(e))


def _kept(outputs: tuple[tuple[n.Field, Any], ...], needed: Names) -> tuple[tuple[n.Field, Any], ...]:
    """The outputs that are needed, and one at least."""
    kept = tuple(pair for pair in outputs if pair[0].name in needed)
    return kept or outputs[:1]


def _project(node: n.Project, needed: Names) -> n.Node:
    kept = _kept(node.outputs, needed)
    node = node if len(kept) == len(node.outputs) else n.Project(node.child, kept)
    return _over(node, _reads(e for _, e in kept))


def _scan(node: n.Scan, needed: Names) -> n.Node:
    kept = tuple(f for f in node.fields if node.prefix + f.name in needed) or node.fields[:1]
    return node if len(kept) == len(node.fields) else replace(node, fields=kept)


def _values(node: n.Values, needed: Names) -> n.Node:
    places = [i for i, f in enumerate(node.fields) if f.name in needed] or list(range(len(node.fields)))[:1]
    if len(places) == len(node.fields):
        return node
    return n.Values(tuple(node.fields[i] for i in places), tuple(tuple(row[i] for i in places) for row in node.rows))


def _virtual(node: s.VirtualScan, needed: Names) -> n.Node:
    anchored = {a.attribute for a in node.anchors}
    kept = []
    for attribute in node.attributes:
        column = node.prefix + attribute.name
        readings = tuple(r for r in attribute.readings if s.reading(column, r) in needed)
        if column in needed or readings or attribute.name in anchored:
            kept.append(attribute if readings == attribute.readings else replace(attribute, readings=readings))
    key_readings = tuple(r for r in node.key_readings if s.reading(node.prefix + node.key, r) in needed)
    if tuple(kept) == node.attributes and key_readings == node.key_readings:
        return node
    return replace(node, attributes=tuple(kept), key_readings=key_readings)


def _join(node: n.Join, needed: Names) -> n.Node:
    own = frozenset(node.on) | (columns_of(node.condition) if node.condition is not None else frozenset())
    return _over(node, needed | own, (own if node.kind in ("semi", "anti") else needed | own))


def _minus(node: n.Minus, needed: Names) -> n.Node:
    shared = node.left.names & node.right.names
    return _over(node, needed | shared, shared)


def _aggregate(node: n.Aggregate, needed: Names) -> n.Node:
    kept = tuple(pair for pair in node.aggregations if pair[0].name in needed)
    if not kept and not node.keys:
        kept = node.aggregations[:1]
    node = node if len(kept) == len(node.aggregations) else replace(node, aggregations=kept)
    arguments: list[Expression] = [e for _, e in node.keys]
    for _, aggregation in kept:
        argument = aggregation.argument if isinstance(aggregation, n.Aggregation) else aggregation
        arguments += [] if argument is None else [argument]
    return _over(node, _reads(arguments))


def _extending(node: n.Window | Extend, needed: Names) -> n.Node:
    """A node that adds computed columns: without those that are not needed."""
    kept = tuple(pair for pair in node.outputs if pair[0].name in needed)
    if not kept:
        return _pruned(node.child, needed)
    node = node if len(kept) == len(node.outputs) else replace(node, outputs=kept)
    return _over(node, needed | _reads(e for _, e in kept))


def _one_more(node: OneMoreColumn, needed: Names) -> n.Node:
    if node.added.name not in needed:
        return _pruned(node.child, needed)
    return _over(node, needed | node.reads)


def _sorted(node: n.Sort | n.TopK, needed: Names) -> n.Node:
    return _over(node, needed | _reads(k.expression for k in node.keys))


_HANDLERS: dict[type[n.Node], Callable[[Any, Names], n.Node]] = {
    n.Project: _project,
    n.Scan: _scan,
    n.Values: _values,
    n.Filter: lambda node, needed: _over(node, needed | columns_of(node.condition)),
    n.Join: _join,
    n.Union: lambda node, needed: _over(node, needed, needed),
    n.Minus: _minus,
    n.Aggregate: _aggregate,
    n.Sort: _sorted,
    n.TopK: _sorted,
    n.Limit: lambda node, needed: _over(node, needed),
    n.Exists: lambda node, needed: _over(node, frozenset()),
    n.Window: _extending,
    Extend: _extending,
    n.Link: lambda node, needed: _over(node, needed | {node.column}),
    n.NeuralJoin: lambda node, needed: _over(node, frozenset({node.column})),
    s.VirtualScan: _virtual,
    t.SemanticFilter: lambda node, needed: _over(node, needed | node.reads),
}
