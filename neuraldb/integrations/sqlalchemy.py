r"""SQLAlchemy dialect: ``create_engine("neuraldb:///family.ndb")``, or ``neuraldb:///:memory:``.

``text()`` takes a colon for a parameter, so a SPARQL prefixed name needs a backslash there (``\:spouse``);
``Connection.exec_driver_sql`` passes any statement on as it is. Options stand in the URL
(``neuraldb:///family.ndb?read_only=true``). The isolation level ``AUTOCOMMIT`` makes changes permanent at once.

DuckDB has no columns that count by themselves: give primary keys values, or a ``Sequence`` as default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, pool, types
from sqlalchemy.engine import URL, default
from sqlalchemy.engine.interfaces import (
    DBAPIConnection,
    IsolationLevel,
    ReflectedColumn,
    ReflectedForeignKeyConstraint,
    ReflectedIndex,
    ReflectedPrimaryKeyConstraint,
    ReflectedUniqueConstraint,
)
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql import compiler

from neuraldb.core.errors import InterfaceError

MEMORY = ":memory:"
SCHEMA = "main"
_TYPES: dict[str, type[types.TypeEngine[Any]]] = {
    "BOOLEAN": types.BOOLEAN,
    "TINYINT": types.SMALLINT,
    "SMALLINT": types.SMALLINT,
    "INTEGER": types.INTEGER,
    "BIGINT": types.BIGINT,
    "HUGEINT": types.BIGINT,
    "UTINYINT": types.SMALLINT,
    "USMALLINT": types.INTEGER,
    "UINTEGER": types.BIGINT,
    "UBIGINT": types.BIGINT,
    "FLOAT": types.REAL,
    "DOUBLE": types.DOUBLE,
    "VARCHAR": types.VARCHAR,
    "BLOB": types.BLOB,
    "DATE": types.DATE,
    "TIME": types.TIME,
    "INTERVAL": types.Interval,
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


class NeuralDBTypeCompiler(compiler.GenericTypeCompiler):
    """Column types of CREATE TABLE: SQLAlchemy's floats are of double precision, DuckDB's FLOAT is not."""

    def visit_FLOAT(self, type_: types.Float[Any], **options: Any) -> str:
        """The type of a ``Float`` column."""
        return "DOUBLE"

    visit_DOUBLE = visit_FLOAT
    visit_DOUBLE_PRECISION = visit_FLOAT


class NeuralDBDialect(default.DefaultDialect):
    """What SQLAlchemy has to know of NeuralDB."""

    name = "neuraldb"
    driver = "neuraldb"
    default_paramstyle = "pyformat"
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_multivalues_insert = True
    supports_default_values = True
    supports_sequences = True
    sequences_optional = False
    postfetch_lastrowid = False
    max_identifier_length = 255
    type_compiler_cls = NeuralDBTypeCompiler

    # ---------------------------------------------------------------------------------------------------- connecting

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The PEP 249 module."""
        import neuraldb

        return neuraldb

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        """One connection for a database in memory, which is gone with it; a queue of them for a file."""
        return pool.StaticPool if _path(url) == MEMORY else pool.QueuePool

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of :func:`neuraldb.connect` for a URL.

        Raises:
            InterfaceError: the URL names a host, or an option that there is not.
        """
        options = dict(url.query)
        read_only = options.pop("read_only", "false")
        if url.host or options or read_only not in ("true", "false"):
            raise InterfaceError(f"{url} is no database", hint="write neuraldb:///file.ndb or ?read_only=true after it")
        return [_path(url)], {"read_only": read_only == "true"}

    def is_disconnect(self, e: Exception, connection: Any, cursor: Any) -> bool:
        """Whether an error means that the connection is of no use any more."""
        return isinstance(e, InterfaceError) and "closed" in str(e)

    def get_isolation_level_values(self, dbapi_conn: DBAPIConnection) -> list[IsolationLevel]:
        """The isolation levels; a transaction sees the database as it was at its first statement."""
        return ["REPEATABLE READ", "AUTOCOMMIT"]

    def get_default_isolation_level(self, dbapi_conn: DBAPIConnection) -> IsolationLevel:
        """The level that connections begin with."""
        return "REPEATABLE READ"

    def get_isolation_level(self, dbapi_connection: DBAPIConnection) -> IsolationLevel:
        """The level of a connection."""
        return "AUTOCOMMIT" if dbapi_connection.autocommit else "REPEATABLE READ"

    def set_isolation_level(self, dbapi_connection: DBAPIConnection, level: IsolationLevel) -> None:
        """Change the level of a connection."""
        dbapi_connection.autocommit = level == "AUTOCOMMIT"

    def detect_autocommit_setting(self, dbapi_conn: DBAPIConnection) -> bool:
        """Whether a connection is in autocommit mode."""
        return bool(dbapi_conn.autocommit)

    # ----------------------------------------------------------------------------------------------------- reflection

    def _get_default_schema_name(self, connection: Connection) -> str:
        return SCHEMA

    def get_schema_names(self, connection: Connection, **options: Any) -> list[str]:
        """The schemas, NeuralDB's own ``store`` among them."""
        rows = _rows(
            connection,
            """SELECT schema_name FROM duckdb_schemas()
               WHERE database_name = current_database() AND (NOT internal OR schema_name = 'main')
               ORDER BY schema_name""",
        )
        return [name for (name,) in rows]

    def get_table_names(self, connection: Connection, schema: str | None = None, **options: Any) -> list[str]:
        """The tables of a schema, by default the user's own."""
        return self._names(connection, "duckdb_tables", "table_name", schema)

    def get_view_names(self, connection: Connection, schema: str | None = None, **options: Any) -> list[str]:
        """The views of a schema; ``facts``, ``triples``, ``entities`` and ``history`` are in the default one."""
        return self._names(connection, "duckdb_views", "view_name", schema)

    def has_table(self, connection: Connection, table_name: str, schema: str | None = None, **options: Any) -> bool:
        """Whether there is a table or view of this name."""
        return bool(self._columns(connection, table_name, schema))

    def get_view_definition(
        self, connection: Connection, view_name: str, schema: str | None = None, **options: Any
    ) -> str:
        """The statement that made a view."""
        rows = _rows(
            connection,
            """SELECT sql FROM duckdb_views()
               WHERE database_name = current_database() AND schema_name = %(schema)s AND view_name = %(name)s""",
            schema=schema or SCHEMA,
            name=view_name,
        )
        if not rows:
            raise NoSuchTableError(view_name)
        return str(rows[0][0])

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **options: Any
    ) -> list[ReflectedColumn]:
        """The columns of a table or view."""
        return [
            {"name": name, "type": _type(kind), "nullable": nullable, "default": default, "comment": comment}
            for name, kind, nullable, default, comment in self._required(connection, table_name, schema)
        ]

    def get_pk_constraint(
        self, connection: Connection, table_name: str, schema: str | None = None, **options: Any
    ) -> ReflectedPrimaryKeyConstraint:
        """The primary key of a table."""
        for name, columns, _, _ in self._constraints(connection, "PRIMARY KEY", table_name, schema):
            return {"constrained_columns": columns, "name": name}
        return {"constrained_columns": [], "name": None}

    def get_unique_constraints(
        self, connection: Connection, table_name: str, schema: str | None = None, **options: Any
    ) -> list[ReflectedUniqueConstraint]:
        """The unique constraints of a table."""
        found = self._constraints(connection, "UNIQUE", table_name, schema)
        return [{"name": name, "column_names": columns} for name, columns, _, _ in found]

    def get_foreign_keys(
        self, connection: Connection, table_name: str, schema: str | None = None, **options: Any
    ) -> list[ReflectedForeignKeyConstraint]:
        """The foreign keys of a table."""
        return [
            {
                "name": name,
                "constrained_columns": columns,
                "referred_schema": schema,
                "referred_table": table,
                "referred_columns": referred,
            }
            for name, columns, table, referred in self._constraints(connection, "FOREIGN KEY", table_name, schema)
        ]

    def get_indexes(
        self, connection: Connection, table_name: str, schema: str | None = None, **options: Any
    ) -> list[ReflectedIndex]:
        """The indexes of a table; of one over an expression, the text stands in its place."""
        known = [name for name, *_ in self._required(connection, table_name, schema)]
        rows = _rows(
            connection,
            """SELECT index_name, is_unique, expressions FROM duckdb_indexes()
               WHERE database_name = current_database() AND schema_name = %(schema)s AND table_name = %(name)s
               ORDER BY index_name""",
            schema=schema or SCHEMA,
            name=table_name,
        )
        return [_index(name, unique, expressions, known) for name, unique, expressions in rows]

    def _names(self, connection: Connection, source: str, column: str, schema: str | None) -> list[str]:
        rows = _rows(
            connection,
            f"""SELECT {column} FROM {source}() WHERE database_name = current_database()
                AND schema_name = %(schema)s AND NOT internal ORDER BY {column}""",
            schema=schema or SCHEMA,
        )
        return [name for (name,) in rows]

    def _columns(self, connection: Connection, table: str, schema: str | None) -> list[tuple[Any, ...]]:
        return _rows(
            connection,
            """SELECT column_name, data_type, is_nullable, column_default, comment FROM duckdb_columns()
               WHERE database_name = current_database() AND schema_name = %(schema)s AND table_name = %(name)s
               ORDER BY column_index""",
            schema=schema or SCHEMA,
            name=table,
        )

    def _required(self, connection: Connection, table: str, schema: str | None) -> list[tuple[Any, ...]]:
        columns = self._columns(connection, table, schema)
        if not columns:
            raise NoSuchTableError(table)
        return columns

    def _constraints(self, connection: Connection, kind: str, table: str, schema: str | None) -> list[tuple[Any, ...]]:
        self._required(connection, table, schema)
        return _rows(
            connection,
            """SELECT constraint_name, constraint_column_names, referenced_table, referenced_column_names
               FROM duckdb_constraints()
               WHERE database_name = current_database() AND schema_name = %(schema)s AND table_name = %(name)s
               AND constraint_type = %(kind)s ORDER BY constraint_index""",
            schema=schema or SCHEMA,
            name=table,
            kind=kind,
        )


def _path(url: URL) -> str:
    return url.database or MEMORY


def _rows(connection: Connection, sql: str, **parameters: str | None) -> list[tuple[Any, ...]]:
    values: Mapping[str, Any] = parameters
    return [tuple(row) for row in connection.exec_driver_sql(sql, values or None)]


def _type(name: str) -> types.TypeEngine[Any]:
    """SQLAlchemy's type for one of DuckDB's; lists, structs and the like have none."""
    decimal = _DECIMAL.fullmatch(name)
    if decimal is not None:
        return types.DECIMAL(int(decimal[1]), int(decimal[2]))
    if name.startswith("TIMESTAMP"):
        return types.TIMESTAMP(timezone=name.endswith("TIME ZONE"))
    return _TYPES.get(name, types.NullType)()


def _index(name: str, unique: bool, expressions: str, known: list[str]) -> ReflectedIndex:
    parts = re.findall(r"\s*(?:'?\"((?:[^\"]|\"\")+)\"'?|([^,\[\]]+))", expressions)
    texts = [(quoted or bare).strip().replace('""', '"') for quoted, bare in parts if (quoted or bare).strip()]
    names: list[str | None] = [text if text in known else None for text in texts]
    index: ReflectedIndex = {"name": name, "unique": unique, "column_names": names}
    if None in names:
        index["expressions"] = texts
    return index


__all__ = ["NeuralDBDialect", "NeuralDBTypeCompiler"]
