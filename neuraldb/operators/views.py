"""Views over neural queries made, removed, filled, and the rows of materialized ones read."""

from __future__ import annotations

import pyarrow as pa

from neuraldb.operators.changes import counted
from neuraldb.operators.context import Context, neural
from neuraldb.operators.semantic import multiplied
from neuraldb.plan.nodes import Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.view_nodes import CreateView, DropView, FillView, MaterializedScan
from neuraldb.stores.views import ViewDefinition


@neural(CreateView)
def create_view(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The view made, with its rows where they are kept; one without a name is there already."""
    assert isinstance(node, CreateView)
    if not node.name:
        return counted(0)
    views = context.stores.views
    columns = tuple((f.name, f.type) for f in node.fields)
    view = ViewDefinition(node.name, node.query, columns, node.reads, node.child is not None)
    with context.stores.database.transaction():
        views.define(view, node.replace)
        if node.child is None:
            return counted(0)
        views.fill(node.name, _kept(children[0], node.child), node.upto)
    return counted(children[0].num_rows)


@neural(DropView)
def drop_view(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The view removed."""
    assert isinstance(node, DropView)
    return counted(int(context.stores.views.drop(node.name)))


@neural(FillView)
def fill_view(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows of the view brought up to date."""
    assert isinstance(node, FillView)
    context.stores.views.fill(node.name, _kept(children[0], node.child), node.upto, node.changed)
    return counted(children[0].num_rows)


@neural(MaterializedScan)
def materialized_scan(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows that are kept."""
    assert isinstance(node, MaterializedScan)
    return context.stores.views.rows(node.name, [f.name for f in node.fields])


def _kept(rows: pa.Table, plan: Node) -> pa.Table:
    """The columns of the plan and what each row rests on; rows of no fact rest on none, and are certain."""
    certain = multiplied(rows, [1.0] * rows.num_rows)
    kept = certain.select([f.name for f in plan.columns])
    kept = kept.append_column(EVIDENCE, certain.column(EVIDENCE).cast(pa.list_(pa.int64())))
    return kept.append_column(CONFIDENCE, certain.column(CONFIDENCE))
