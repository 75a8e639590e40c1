"""Arrow columns as Python values and as type names: what a cursor, a repr and ``description`` show."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeAlias

import pyarrow as pa

from neuraldb.core.errors import DataError

Convert: TypeAlias = Callable[[Any], Any]

BATCH = 2048
"""Rows that are made into Python tuples at a time."""

_NAMES: dict[pa.DataType, str] = {
    pa.null(): "NULL",
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
    pa.uint64(): "UBIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.date64(): "DATE",
    pa.month_day_nano_interval(): "INTERVAL",
}
_FAMILIES: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (pa.types.is_string, "VARCHAR"),
    (pa.types.is_large_string, "VARCHAR"),
    (pa.types.is_string_view, "VARCHAR"),
    (pa.types.is_binary, "BLOB"),
    (pa.types.is_large_binary, "BLOB"),
    (pa.types.is_binary_view, "BLOB"),
    (pa.types.is_fixed_size_binary, "BLOB"),
    (pa.types.is_time, "TIME"),
    (pa.types.is_duration, "INTERVAL"),
)


def type_name(kind: pa.DataType) -> str:
    """DuckDB's name of a column's type.

    >>> type_name(pa.list_(pa.int64())), type_name(pa.decimal128(10, 2))
    ('BIGINT[]', 'DECIMAL(10,2)')
    """
    if kind in _NAMES:
        return _NAMES[kind]
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP WITH TIME ZONE" if kind.tz else "TIMESTAMP"
    if pa.types.is_decimal(kind):
        # DuckDB hands its 128-bit integers over as decimals
        return "HUGEINT" if kind.scale == 0 and kind.precision == 38 else f"DECIMAL({kind.precision},{kind.scale})"
    if pa.types.is_dictionary(kind):
        return type_name(kind.value_type)
    if pa.types.is_map(kind):
        return f"MAP({type_name(kind.key_type)}, {type_name(kind.item_type)})"
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{kind.field(i).name} {type_name(kind.field(i).type)}' for i in _range(kind))})"
    if _is_list(kind):
        return f"{type_name(kind.value_type)}[]"
    return next((name for test, name in _FAMILIES if test(kind)), str(kind).upper())


def rows_of(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """The rows as tuples of Python values, made a batch at a time.

    Integers of any width are ``int``, intervals ``timedelta`` (a month counts 30 days), maps and structs ``dict``,
    times finer than a microsecond are cut to one, the value NULL is None.

    Raises:
        DataError: a date is beyond what Python's dates can hold.
    """
    if not table.num_columns:  # a slice of such a table does not know its length
        yield from [()] * table.num_rows
    for start in range(0, table.num_rows if table.num_columns else 0, BATCH):
        piece = table.slice(start, BATCH)
        yield from zip(*(values_of(column) for column in piece.columns), strict=True)


def values_of(column: pa.ChunkedArray) -> list[Any]:
    """The cells of a column as Python values; as :func:`rows_of`."""
    kind = _microseconds(column.type)
    try:
        if kind != column.type:
            column = column.cast(kind, safe=False)
        # asked about maps, pyarrow makes an object of each value first, which takes fifteen times as long
        values: list[Any] = column.to_pylist(maps_as_pydicts="strict" if pa.types.is_nested(kind) else None)
        convert = _conversion(kind)
        return values if convert is None else [convert(value) for value in values]
    except OverflowError as error:
        raise DataError(
            "a date or time lies beyond the years 1 to 9999 of Python's dates", hint="to_arrow() gives it"
        ) from error


def _range(kind: pa.DataType) -> range:
    return range(kind.num_fields)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _microseconds(kind: pa.DataType) -> pa.DataType:
    """The type with times in microseconds: pyarrow makes finer ones into values of pandas, or refuses."""
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if kind == pa.time64("ns"):
        return pa.time64("us")
    if kind == pa.duration("ns"):
        return pa.duration("us")
    if pa.types.is_map(kind):
        return pa.map_(_microseconds(kind.key_type), _microseconds(kind.item_type))
    if pa.types.is_struct(kind):
        return pa.struct([kind.field(i).with_type(_microseconds(kind.field(i).type)) for i in _range(kind)])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_microseconds(kind.value_type)))
    return kind


def _conversion(kind: pa.DataType) -> Convert | None:
    """What remains to be done to what pyarrow gives for a value of this type; None for nothing."""
    if pa.types.is_decimal(kind) and kind.scale == 0:
        return _if_present(int)
    if kind == pa.month_day_nano_interval():
        return _if_present(_timedelta)
    if _is_list(kind):
        inner = _conversion(kind.value_type)
        return None if inner is None else _if_present(lambda values: [inner(v) for v in values])
    if pa.types.is_map(kind):
        key, item = _conversion(kind.key_type) or _same, _conversion(kind.item_type) or _same
        return None if key is item else _if_present(lambda d: {key(k): item(v) for k, v in d.items()})
    if pa.types.is_struct(kind):
        fields = {kind.field(i).name: _conversion(kind.field(i).type) or _same for i in _range(kind)}
        if all(convert is _same for convert in fields.values()):
            return None
        return _if_present(lambda d: {name: fields[name](value) for name, value in d.items()})
    return None


def _if_present(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _same(value: Any) -> Any:
    return value


def _timedelta(interval: pa.MonthDayNano) -> datetime.timedelta:
    days = interval.months * 30 + interval.days
    return datetime.timedelta(days=days, microseconds=interval.nanoseconds // 1000)


def whole_numbers(table: pa.Table) -> pa.Table:
    """The table with 128-bit integers as 64-bit ones wherever all of a column fit; DuckDB sums into 128 bits."""
    for place, field in enumerate(table.schema):
        if type_name(field.type) == "HUGEINT":
            values = [v for v in table.column(place).to_pylist() if v is not None]
            if all(-(2**63) <= v < Decimal(2**63) for v in values):
                table = table.set_column(place, field.with_type(pa.int64()), table.column(place).cast(pa.int64()))
    return table
