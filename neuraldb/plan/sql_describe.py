"""DESCRIBE of tables that nobody made, and of queries over them: what kind of values columns have, and how many."""

from __future__ import annotations

from neuraldb.core.text import normalise
from neuraldb.plan.expressions import Column, Scalar
from neuraldb.plan.nodes import Field, Node, Project, Values
from neuraldb.plan.semantic_nodes import Attribute, VirtualScan, phrase
from neuraldb.plan.sql_catalogue import SqlCatalogue
from neuraldb.plan.sql_from import Derived

DESCRIPTION = (
    Field("column_name"),
    Field("column_type"),
    Field("kind"),
    Field("filled", "DOUBLE"),
    Field("example"),
)
"""A column's name and DuckDB type; and of a cell of a virtual table, as far as triples tell: what its values are, the
share of the things that have one, and one of them."""


def description(derived: Derived, catalogue: SqlCatalogue) -> Values:
    """The columns of a query, in order."""
    rows = []
    for column in derived.columns:
        scan, attribute = origin(derived.node, column.name)
        told = (None, None, None) if scan is None else _told(scan, attribute, catalogue)
        rows.append((column.label, column.type, *told))
    return Values(DESCRIPTION, tuple(rows))


def origin(node: Node, name: str) -> tuple[VirtualScan | None, Attribute | None]:
    """The virtual table from which a plan's column comes as it is, and the attribute; None for the thing's own name."""
    if isinstance(node, VirtualScan):
        return node, next((a for a in node.attributes if node.prefix + a.name == name), None)
    if isinstance(node, Project):
        inner = next(expression for field, expression in node.outputs if field.name == name)
        return origin(node.child, inner.name) if isinstance(inner, Column) else (None, None)
    below = [child for child in node.children if name in child.names]
    # what a set operation gives may come from either side, and is described by neither
    return origin(below[0], name) if len(below) == 1 else (None, None)


def _told(scan: VirtualScan, attribute: Attribute | None, catalogue: SqlCatalogue) -> tuple[Scalar, Scalar, Scalar]:
    if attribute is None:
        return "name", 1.0, catalogue.class_example(scan.kind)
    relation = attribute.relation
    called = {normalise(phrase(attribute.name))} if relation is None else _labels(attribute)
    found = [a for a in catalogue.stored_attributes(scan.kind) if normalise(a.name) in called]
    if not found:
        return None, (0.0 if relation is not None and scan.kind.classes else None), None
    kind = f"{found[0].kind} ({found[0].unit})" if found[0].unit else found[0].kind
    return kind, round(found[0].filled, 3), found[0].example


def _labels(attribute: Attribute) -> set[str]:
    assert attribute.relation is not None
    return {normalise(label) for label in (attribute.relation.label, *(label for label, _ in attribute.relation.more))}
