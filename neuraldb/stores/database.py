"""One database: statements with Arrow tables in and out, on a connection that threads share."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

import duckdb
import pyarrow as pa

from neuraldb.core.errors import InterfaceError, NotSupportedError, ParseError, ProgrammingError
from neuraldb.core.text import quoted
from neuraldb.stores.connection import SharedConnection
from neuraldb.stores.guard import check_query
from neuraldb.stores.sharing import FileState, state_of

Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]
Inputs: TypeAlias = Mapping[str, pa.Table]
Clock: TypeAlias = Callable[[], datetime.datetime]

_Result = TypeVar("_Result")
_Kind = duckdb.StatementType
_READING = frozenset(
    {_Kind.SELECT, _Kind.SET, _Kind.VARIABLE_SET, _Kind.PRAGMA, _Kind.EXPLAIN, _Kind.MULTI}
    | {_Kind.LOAD, _Kind.ATTACH, _Kind.DETACH}
)
# a query may hold a change in a common table expression, and EXPLAIN ANALYZE runs what it explains
_MAY_CHANGE = re.compile(r"\b(?:insert|update|delete|merge|analyze)\b", re.IGNORECASE)
_FEW_ROWS = 2


def utc_now() -> datetime.datetime:
    """The present moment in UTC, time zone aware."""
    return datetime.datetime.now(datetime.UTC)


class Database(SharedConnection):
    """An open database file, or one in memory; made by :meth:`open`. Threads may share it.

    A context manager: leaving it closes the database. Attributes as of
    :class:`~neuraldb.stores.connection.SharedConnection`.
    """

    def __init__(self, path: Path | None, read_only: bool, state: FileState, clock: Clock) -> None:
        super().__init__(path, read_only, state)
        self._clock = clock
        self._last_time = self._latest_record()
        self._moment: datetime.datetime | None = None
        ((self._home,),) = self.rows("SELECT current_catalog()")

    @classmethod
    def open(cls, path: str | Path = ":memory:", read_only: bool = False, *, clock: Clock = utc_now) -> Database:
        """Open a database file, or create it where there is none.

        Args:
            path: the file, or ``":memory:"``.
            read_only: refuse changes. Several processes may read one file together; while one has it open for
                writing, no other can open it at all.
            clock: gives the time under which changes are recorded, time zone aware.

        Raises:
            OperationalError: there is no such file (``read_only``) or folder.
            DatabaseLocked: another process has it open; the message names it.
            CorruptDatabase: the file is damaged, not ours, or of another format version; it is left as it is.
            ReadOnly: the file or its folder cannot be written.
        """
        file = None if str(path) == ":memory:" else Path(path)
        if file is None and read_only:
            raise InterfaceError("a database in memory cannot be opened for reading only")
        return cls(file, read_only, state_of(file), clock)

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------ statements

    def query(
        self, sql: str, parameters: Parameters = (), inputs: Inputs | None = None, *, guarded: bool = False
    ) -> pa.Table:
        """Run one statement and give its rows.

        Args:
            sql: one statement in DuckDB's dialect.
            parameters: values for ``?`` in order, or for ``$name`` by name.
            inputs: Arrow tables that the statement reads under these names, which hide stored tables of that name.
            guarded: for text that a model has written: only a query over what is stored may run, no file, no network.

        Raises:
            ProgrammingError: (ParseError, BindError, ParameterError) the statement is wrong.
            DataError: a value does not convert or is out of range.
            IntegrityError: a constraint forbids the change.
            Cancelled: :meth:`interrupt` was called.
            OperationalError: (DatabaseLocked, ReadOnly, …) the disk, a lock or the state of the transaction forbids it.
        """

        def fetch(connection: duckdb.DuckDBPyConnection) -> pa.Table:
            relation = connection.sql(sql, params=parameters) if parameters else connection.sql(sql)
            return pa.table({}) if relation is None else relation.to_arrow_table()

        with self.lock:
            if guarded:
                self._attempt(lambda connection: check_query(connection, sql, tuple(inputs or ())), sql)
            return self._run(sql, fetch, inputs)

    def check(
        self, sql: str, names: Sequence[str], functions: Sequence[str] = (), table_functions: Sequence[str] = ()
    ) -> None:
        """Refuse a text that is no query over what is stored; see :func:`~neuraldb.stores.guard.check_query`."""
        with self.lock:
            self._attempt(lambda connection: check_query(connection, sql, names, functions, table_functions), sql)

    def execute(self, sql: str, parameters: Parameters = (), inputs: Inputs | None = None) -> int:
        """Run one statement for its effect; gives the number of rows it changed, -1 where it does not say.

        BEGIN, COMMIT and ROLLBACK do what the methods do. Parameters, inputs and errors as in :meth:`query`.
        """

        def fetch(connection: duckdb.DuckDBPyConnection) -> int:
            connection.execute(sql, parameters or None).complete()
            return connection.rowcount

        with self.lock:
            control = _transaction_control(sql)
            if control is not None:
                {"begin": self.begin, "commit": self.commit, "rollback": self.rollback}[control]()
                return -1
            return self._run(sql, fetch, inputs)

    def rows(self, sql: str, parameters: Parameters = (), inputs: Inputs | None = None) -> list[tuple[Any, ...]]:
        """Like :meth:`query`, as Python tuples; quicker for few rows."""
        return self._run(sql, lambda connection: connection.execute(sql, parameters or None).fetchall(), inputs)

    def scratch(self, sql: str) -> None:
        """Run a statement about temporary tables: nothing that is stored changes, and caches stay as they are."""
        with self.lock:
            self._attempt(lambda connection: connection.execute(sql).complete(), sql)

    def show(self, name: str, rows: pa.Table | None) -> None:
        """Show an Arrow table to the statements of this connection under a name; None takes it away."""
        with self.lock:
            if rows is None:
                self._attempt(lambda connection: connection.unregister(name))
            else:
                self._attempt(lambda connection: connection.register(name, rows))
            # which names there are is remembered by version
            self._own_changes += 1

    def insert(self, table: str, rows: pa.Table) -> None:
        """Append the rows of an Arrow table to a stored table, columns by name; those that are absent become NULL.

        Args:
            table: its name, with the schema where that is not ``main`` (``store.facts``).
            rows: what to append.
        """
        name = ".".join(quoted(part) for part in table.split("."))
        if rows.num_rows > _FEW_ROWS:
            self.execute(f"INSERT INTO {name} BY NAME SELECT * FROM arriving_rows", inputs={"arriving_rows": rows})
        elif rows.num_rows:
            # registering a table costs more than it saves for a row or two
            row = f"({', '.join('?' * rows.num_columns)})"
            columns = ", ".join(map(quoted, rows.column_names))
            values = [value for row in rows.to_pylist() for value in row.values()]
            self.execute(f"INSERT INTO {name} ({columns}) VALUES {', '.join([row] * rows.num_rows)}", values)

    # ---------------------------------------------------------------------------------------------- ids and times

    def next_id(self, table: str) -> int:
        """The first unused ``id`` of a table of the schema ``store``; ours to use until the transaction ends.

        Raises:
            ProgrammingError: no transaction is open.
        """
        with self.lock:
            if not self.in_transaction:
                raise ProgrammingError("ids are given out within a transaction only")
            # another connection may be giving out ids: take the turn first, then look
            self._start_change()
            ((last,),) = self.rows(f'SELECT coalesce(max(id), 0) FROM store."{table}"')
            return int(last) + 1

    def now(self) -> datetime.datetime:
        """The time to record a change under, naive and in UTC: later than all recorded before, whatever the clock."""
        with self.lock:
            if self._moment is not None:
                return self._moment
            moment = self._clock().astimezone(datetime.UTC).replace(tzinfo=None)
            self._last_time = max(moment, self._last_time + datetime.timedelta(microseconds=1))
            return self._last_time

    @contextmanager
    def one_moment(self) -> Iterator[datetime.datetime]:
        """All that is recorded within is recorded under one time, so that AS OF shows all of it, or nothing."""
        with self.lock:
            outer = self._moment
            self._moment = self.now()
            try:
                yield self._moment
            finally:
                self._moment = outer

    def _latest_record(self) -> datetime.datetime:
        ((latest,),) = self.rows(
            """SELECT max(latest) FROM (
                SELECT max(recorded_at) AS latest FROM store.history
                UNION ALL SELECT max(greatest(recorded_from, recorded_to)) FROM store.facts
                UNION ALL SELECT max(greatest(recorded_from, recorded_to)) FROM store.triples)"""
        )
        return latest or datetime.datetime.min

    # --------------------------------------------------------------------------------------------------- running

    def _run(
        self, sql: str, work: Callable[[duckdb.DuckDBPyConnection], _Result], inputs: Inputs | None = None
    ) -> _Result:
        """Parse, take the turn if the statement may change something, run, and give the turn back."""
        with self.lock:
            # parsed apart, since a syntax error met while running would end the transaction
            kind = self._attempt(lambda connection: _kind_of(connection, sql), sql)
            if kind == _Kind.TRANSACTION:
                raise NotSupportedError(
                    "a transaction statement is a plain BEGIN, COMMIT or ROLLBACK, and gives no rows", source=sql
                )
            if kind in _READING and not _MAY_CHANGE.search(sql):
                result = self._attempt(lambda connection: self._with_inputs(connection, work, inputs or {}), sql)
                if kind == _Kind.SET:
                    self._stay_home(sql)
                return result
            self._start_change()
            committed = False
            try:
                result = self._attempt(lambda connection: self._with_inputs(connection, work, inputs or {}), sql)
                committed = True
            finally:
                self._end_change(committed)
            return result

    def _with_inputs(
        self,
        connection: duckdb.DuckDBPyConnection,
        work: Callable[[duckdb.DuckDBPyConnection], _Result],
        inputs: Inputs,
    ) -> _Result:
        with _registered(connection, inputs, self._stranded):
            return work(connection)

    def _stay_home(self, sql: str) -> None:
        """Every store counts on unqualified names being those of this database's ``main``: undo a USE."""
        here = self.rows("SELECT current_catalog(), current_schema()")
        if here != [(self._home, "main")]:
            self._attempt(lambda connection: connection.execute(f"USE {quoted(self._home)}.main"))
            raise NotSupportedError(
                "the current database and schema cannot be changed", source=sql, hint="qualify the names of the tables"
            )


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, inputs: Inputs, stranded: list[str]) -> Iterator[None]:
    """The inputs under their names as long as the block runs.

    In a transaction that fails they can be let go of only after its rollback; their names are put into ``stranded``.
    """
    try:
        for name, table in inputs.items():
            connection.register(name, table)
        yield
    finally:
        for name in inputs:
            try:
                connection.unregister(name)
            except duckdb.Error:
                stranded.append(name)


def _kind_of(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.StatementType:
    statements = connection.extract_statements(sql)
    if not statements:
        raise ParseError("the statement is empty", source=sql)
    if len(statements) > 1:
        raise ProgrammingError(
            "one statement is run at a time", source=sql, span=_second_statement(sql, statements[0].query)
        )
    return statements[0].type


def _second_statement(sql: str, first: str) -> tuple[int, int] | None:
    start = sql.find(first)
    return (start + len(first), len(sql)) if start >= 0 else None


_CONTROL = {
    "begin": re.compile(r"\s*(?:begin|start)(?:\s+transaction)?\s*;?\s*", re.IGNORECASE),
    "commit": re.compile(r"\s*(?:commit|end)(?:\s+transaction)?\s*;?\s*", re.IGNORECASE),
    "rollback": re.compile(r"\s*(?:rollback|abort)(?:\s+transaction)?\s*;?\s*", re.IGNORECASE),
}


def _transaction_control(sql: str) -> str | None:
    return next((control for control, form in _CONTROL.items() if form.fullmatch(sql)), None)
