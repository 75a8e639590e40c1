"""Values that are new each time they are computed: random numbers, and UUIDs."""

from __future__ import annotations

import uuid

import numpy as np
import pyarrow as pa

from neuraldb.operators.context import Context, neural
from neuraldb.plan.nodes import Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.sparql_nodes import Fresh


@neural(Fresh)
def fresh(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows with a new value in each of the further columns."""
    assert isinstance(node, Fresh)
    (given,) = children
    size = given.num_rows
    columns = {name: given.column(name) for name in given.column_names if name not in (EVIDENCE, CONFIDENCE)}
    for field in node.fields:
        if field.type == "DOUBLE":
            columns[field.name] = pa.array(np.random.default_rng().random(size), pa.float64())
        else:
            columns[field.name] = pa.array([str(uuid.uuid4()) for _ in range(size)], pa.string())
    columns |= {name: given.column(name) for name in (EVIDENCE, CONFIDENCE) if name in given.column_names}
    return pa.table(columns)
