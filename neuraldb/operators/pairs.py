"""Joins whose pairs a model has judged: numbers of rows, and the rows without a partner."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from neuraldb.operators.context import Context, neural
from neuraldb.operators.semantic import multiplied
from neuraldb.plan.nodes import Node
from neuraldb.plan.pair_nodes import Numbered, Partners
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE


@neural(Numbered)
def numbered(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows with their numbers."""
    assert isinstance(node, Numbered)
    (rows,) = children
    return rows.append_column(node.output, pa.array(np.arange(rows.num_rows), pa.int64()))


@neural(Partners)
def partners(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The pairs, and the rows that are in none."""
    assert isinstance(node, Partners)
    pairs, side = (multiplied(rows, [1.0] * rows.num_rows) for rows in children)
    paired = pairs.column(node.number).drop_null()
    alone = side.filter(pa.array(~np.isin(side.column(node.number).to_numpy(), paired.to_numpy())))
    names = [*(f.name for f in node.outputs), EVIDENCE, CONFIDENCE]
    if node.alone:
        return alone.select(names)
    filled = [
        alone.column(name) if name in alone.column_names else pa.nulls(alone.num_rows, pairs.schema.field(name).type)
        for name in names
    ]
    unpaired = pa.table(filled, schema=pairs.select(names).schema)
    return pa.concat_tables([pairs.select(names), unpaired])
