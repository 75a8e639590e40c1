"""The columns of a result: what PEP 249 says of them, and which of a table's are for users to see."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from neuraldb.execution.arrow_values import type_name
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.template_nodes import TRIPLE

HIDDEN = (EVIDENCE, CONFIDENCE, TRIPLE, "__one")
"""Columns that go with the rows and are no answer themselves."""


class Column(NamedTuple):
    """One entry of ``description`` (PEP 249): a sequence of seven whose items have names too.

    Attributes:
        type_code: DuckDB's name of the type (``VARCHAR``, ``BIGINT``, ``DECIMAL(10,2)``); it is equal to the type
            object (STRING, NUMBER, …) of its kind.
        precision, scale: of decimals; the other items are always None.
    """

    name: str
    type_code: str
    display_size: int | None = None
    internal_size: int | None = None
    precision: int | None = None
    scale: int | None = None
    null_ok: bool | None = None


def visible(table: pa.Table) -> pa.Table | None:
    """The table without its hidden columns; none may be left, as of ``SELECT *`` without variables. None for none."""
    # by place: a statement may give two columns of one name
    places = [i for i, name in enumerate(table.column_names) if name not in HIDDEN]
    return table.select(places) if table.num_columns else None


def column(field: pa.Field) -> Column:
    """What PEP 249 says of a column."""
    decimal = pa.types.is_decimal(field.type)
    return Column(
        field.name,
        type_name(field.type),
        precision=field.type.precision if decimal else None,
        scale=field.type.scale if decimal else None,
    )
