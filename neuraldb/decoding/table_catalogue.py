"""What the grammar of queries over tables asks about a schema and its cells, and DuckDB's answers."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeAlias

from sqlglot import exp

from neuraldb.stores.schema import USER_VIEWS

Cell: TypeAlias = str | int | float | bool | Decimal | datetime.date
Sort: TypeAlias = Literal["text", "number", "date", "boolean", "other"]
"""What a column can be compared with."""
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "UTINYINT",
            "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")  # fmt: skip
_COLUMNS = """SELECT c.database_name, c.schema_name, c.table_name, c.column_name, c.data_type
    FROM duckdb_columns() c
    WHERE NOT c.internal AND c.database_name NOT IN ('system', 'temp') AND c.schema_name <> 'store'
    ORDER BY c.database_name <> current_database(), c.database_name, c.schema_name, c.table_name, c.column_index"""
_KEYS = """SELECT database_name, schema_name, table_name, constraint_column_names, referenced_table,
           referenced_column_names
    FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'
    ORDER BY database_name, schema_name, table_name, constraint_index"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: as stored.
        sort: what it can be compared with.
    """

    name: str
    sort: Sort


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view.

    Attributes:
        path: database, schema and name, as far as they are needed to name it.
        columns: in order.
    """

    path: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """That columns of one table name rows of another.

    Attributes:
        table, other: paths of the tables.
        columns, others: the columns of either, in pairs.
    """

    table: tuple[str, ...]
    columns: tuple[str, ...]
    other: tuple[str, ...]
    others: tuple[str, ...]


class TableView(Protocol):
    """The tables of a database at one moment."""

    def tables(self) -> Sequence[Table]:
        """All tables."""

    def foreign_keys(self) -> Sequence[ForeignKey]:
        """Along which tables join."""

    def holds(self, query: exp.Select) -> bool:
        """Whether a query has a row."""

    def row(self, query: exp.Select) -> tuple[Any, ...]:
        """The only row of a query."""

    def cells(self, query: exp.Select) -> list[Cell]:
        """The values of a query's only column."""


class StoredTables:
    """The tables that DuckDB knows: a user's own, attached ones, and registered frames.

    Args:
        rows: runs a query of DuckDB.
        keys: foreign keys that are not declared, as of SQLite or CSV files.
    """

    def __init__(self, rows: Callable[[str], list[tuple[Any, ...]]], keys: Sequence[ForeignKey] = ()) -> None:
        self._rows = rows
        ((main,),) = rows("SELECT current_database()")
        columns: dict[tuple[str, ...], list[Column]] = {}
        for database, schema, table, column, type in rows(_COLUMNS):
            path = _path(main, database, schema, table)
            if path[0] not in USER_VIEWS or len(path) > 1:
                columns.setdefault(path, []).append(Column(column, sort_of(type)))
        self._tables = tuple(Table(path, tuple(of)) for path, of in columns.items())
        declared = [
            ForeignKey(
                _path(main, database, schema, table), tuple(own), _path(main, database, schema, other), tuple(others)
            )
            for database, schema, table, own, other, others in rows(_KEYS)
        ]
        self._keys = tuple(key for key in (*declared, *keys) if key.table in columns and key.other in columns)

    def tables(self) -> Sequence[Table]:
        """All tables, those of the open database first."""
        return self._tables

    def foreign_keys(self) -> Sequence[ForeignKey]:
        """The declared foreign keys, and those that were given."""
        return self._keys

    def holds(self, query: exp.Select) -> bool:
        """Whether a query has a row."""
        return bool(self._rows(query.limit(1).sql(dialect="duckdb")))

    def row(self, query: exp.Select) -> tuple[Any, ...]:
        """The only row of a query."""
        (found,) = self._rows(query.sql(dialect="duckdb"))
        return found

    def cells(self, query: exp.Select) -> list[Cell]:
        """The values of a query's only column."""
        return [value for (value,) in self._rows(query.sql(dialect="duckdb"))]


def sort_of(type: str) -> Sort:
    """What a type of DuckDB can be compared with.

    >>> sort_of("DECIMAL(18,3)"), sort_of("VARCHAR"), sort_of("INTEGER[]")
    ('number', 'text', 'other')
    """
    if type.endswith("]"):
        return "other"
    name = type.partition("(")[0]
    if name in _NUMBERS:
        return "number"
    kinds: dict[str, Sort] = {"VARCHAR": "text", "DATE": "date", "BOOLEAN": "boolean"}
    return kinds.get(name, "other")


def _path(main: str, database: str, schema: str, table: str) -> tuple[str, ...]:
    if database != main:
        return database, schema, table
    return (table,) if schema == "main" else (schema, table)
