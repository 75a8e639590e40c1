"""The numbers of SPARQL's answers: a column of integers holds integers, of 64 bits where these do."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from neuraldb.plan import nodes as n

_INTEGER = pa.int64()


def with_numbers(table: pa.Table, plan: n.Node) -> pa.Table:
    """The rows of a plan with columns of type NUMBER as integers, where all of them are, or else as doubles.

    Args:
        table: what DuckDB gave.
        plan: what was asked; only :class:`~neuraldb.plan.nodes.Decode` has such columns.
    """
    if not isinstance(plan, n.Decode):
        return table
    for field in plan.columns:
        place = table.schema.get_field_index(field.name)
        if field.type == "NUMBER":
            table = table.set_column(place, field.name, _number(table.column(place).combine_chunks()))
        elif field.type == "HUGEINT":
            table = table.set_column(place, field.name, _integer(table.column(place)))
    return table


def _number(column: pa.StructArray) -> pa.Array | pa.ChunkedArray:
    number, whole = (pc.struct_field(column, name) for name in ("number", "whole"))
    if number.null_count == len(number) or whole.null_count != number.null_count:
        return number
    return _integer(whole)


def _integer(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    try:
        return column.cast(_INTEGER)
    except pa.ArrowInvalid:  # DuckDB's integers of 128 bits are Arrow's decimals
        return column
