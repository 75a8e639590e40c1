"""Rows of a query that a question was understood as."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from neuraldb.operators.context import Context, neural
from neuraldb.plan.meant_nodes import Meant
from neuraldb.plan.nodes import Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE


@neural(Meant)
def meant(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The child's rows, each no surer than it is that the question means this."""
    assert isinstance(node, Meant)
    (table,) = children
    if EVIDENCE not in table.column_names:
        table = table.append_column(EVIDENCE, pa.array([[]] * table.num_rows, pa.list_(pa.int64())))
    if CONFIDENCE not in table.column_names:
        return table.append_column(CONFIDENCE, pa.array([node.meaning.chance] * table.num_rows, pa.float64()))
    place = table.column_names.index(CONFIDENCE)
    return table.set_column(place, CONFIDENCE, pc.multiply(table.column(CONFIDENCE), node.meaning.chance))
