"""Small helpers to make the Arrow tables that operators give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from neuraldb.operators.context import ARROW_TYPES
from neuraldb.plan.nodes import Field
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE


def table(
    fields: Sequence[Field],
    columns: Sequence[Sequence[Any]],
    evidence: Sequence[Sequence[int]],
    confidence: Sequence[float],
) -> pa.Table:
    """A table of the fields and both provenance columns."""
    arrays = [pa.array(column, ARROW_TYPES[f.type]) for f, column in zip(fields, columns, strict=True)]
    arrays += [pa.array(evidence, pa.list_(pa.int64())), pa.array(confidence, pa.float64())]
    return pa.table(arrays, names=[*(f.name for f in fields), EVIDENCE, CONFIDENCE])
