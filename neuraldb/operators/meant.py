"""Rows of a query that a question was understood as."""

from __future__ import annotations

import pyarrow as pa

from neuraldb.operators.context import Context, neural
from neuraldb.operators.semantic import multiplied
from neuraldb.plan.meant_nodes import Meant
from neuraldb.plan.nodes import Node


@neural(Meant)
def meant(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The child's rows, each no surer than it is that the question means this."""
    assert isinstance(node, Meant)
    (rows,) = children
    return multiplied(rows, [node.meaning.chance] * rows.num_rows)
