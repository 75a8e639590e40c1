"""PEP 249: the module's globals and the cursor. The connection is :class:`neuraldb.api.Connection`.

``threadsafety`` is 2: threads may share a connection, whose statements then take turns and whose transaction is one for
all of them; a cursor has a position among its rows and belongs to one thread. ``paramstyle`` is ``pyformat``, since
``?``, ``?x``, ``$x`` and ``:x`` all mean something in one of the languages; a percent sign is an ordinary character
where no parameters are given.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import Any, ClassVar, Protocol, TypeAlias

from neuraldb.core.errors import InterfaceError, NoResultSet
from neuraldb.execution.columns import Column
from neuraldb.execution.result import Result, Row

apilevel = "2.0"
threadsafety = 2
paramstyle = "pyformat"

Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime
Binary = bytes


def DateFromTicks(ticks: float) -> datetime.date:
    """The local date of a number of seconds since the epoch."""
    return Date(*time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> datetime.time:
    """The local time of day of a number of seconds since the epoch."""
    return Time(*time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> datetime.datetime:
    """The local date and time of a number of seconds since the epoch."""
    return Timestamp(*time.localtime(ticks)[:6])


class TypeObject:
    """A kind of column: equal to the type codes in ``description`` that are of the kind."""

    def __init__(self, name: str, *types: str) -> None:
        self.name = name
        self.types = frozenset(types)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TypeObject):
            return self is other
        if isinstance(other, str):
            return other.partition("(")[0] in self.types
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"neuraldb.{self.name}"


STRING = TypeObject("STRING", "VARCHAR")
BINARY = TypeObject("BINARY", "BLOB")
NUMBER = TypeObject(
    "NUMBER",
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"),
)
DATETIME = TypeObject("DATETIME", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "INTERVAL")
ROWID = TypeObject("ROWID")
"""Equal to no type code: ids of facts are numbers."""

Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]


class CursorConnection(Protocol):
    """What a cursor asks of its connection."""

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""

    def run_statement(self, text: str, parameters: Parameters | None) -> Result:
        """Run one statement under the cursors' transaction rule."""

    def run_many(self, text: str, parameters: Iterable[Parameters]) -> Result:
        """Run one statement for each of many parameters, all of them or none."""


class Cursor:
    """Runs statements and walks through their rows (PEP 249); made by ``Connection.cursor()``.

    A statement may be a question, SQL, SPARQL or a sentence to be remembered; its language is detected. A context
    manager that closes the cursor, and an iterator over the rows that are left.

    Attributes:
        arraysize: how many rows ``fetchmany`` gives where it is not told.
        result: the :class:`~neuraldb.execution.result.Result` of the last statement, which has the evidence.
    """

    arraysize: int = 1
    _CLOSED: ClassVar[str] = "the cursor is closed"

    def __init__(self, connection: CursorConnection) -> None:
        self._connection = connection
        self._closed = False
        self.result: Result | None = None
        self._rows: Iterator[Row] | None = None
        self._position = 0

    # ---------------------------------------------------------------------------------------------------- execution

    def execute(self, operation: str, parameters: Parameters | None = None) -> Cursor:
        """Run a statement; gives this cursor, so that it can be iterated over at once.

        A statement that changes something begins a transaction, unless the connection is in autocommit mode; it lasts
        until ``commit()`` or ``rollback()``.

        Args:
            operation: the statement.
            parameters: a sequence for ``%s``, a mapping for ``%(name)s``. Values are bound, never spliced into the
                text; where they are given, ``%%`` is a percent sign.

        Raises:
            ProgrammingError: (ParseError, BindError, ParameterError) the statement is wrong.
            OperationalError: (Cancelled, DatabaseLocked, …) it could not be carried out.
            InterfaceError: the cursor or its connection is closed.
        """
        self._check_open()
        self._forget()
        self._take(self._connection.run_statement(operation, parameters))
        return self

    def executemany(self, operation: str, seq_of_parameters: Iterable[Parameters]) -> Cursor:
        """Run a statement once for each parameters, in one transaction and in batches; gives this cursor.

        ``rowcount`` is the sum. Rows that such a statement returns are discarded.

        Raises:
            ProgrammingError: the statement only reads; use :meth:`execute`.
            Error: as :meth:`execute`; nothing has been changed by this call if it had begun the transaction.
        """
        self._check_open()
        self._forget()
        self._take(self._connection.run_many(operation, seq_of_parameters))
        return self

    # ------------------------------------------------------------------------------------------------------- fetching

    def fetchone(self) -> Row | None:
        """The next row; None when there is none left.

        Raises:
            NoResultSet: no statement that gives rows has been run.
        """
        row = next(self._left(), None)
        self._position += row is not None
        return row

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next rows, at most ``size`` (by default ``arraysize``) of them; none when none is left.

        Raises:
            NoResultSet: no statement that gives rows has been run.
            InterfaceError: the size is negative.
        """
        size = self.arraysize if size is None else size
        if size < 0:
            raise InterfaceError(f"fetchmany cannot give {size} rows")
        rows = list(islice(self._left(), size))
        self._position += len(rows)
        return rows

    def fetchall(self) -> list[Row]:
        """All rows that are left.

        Raises:
            NoResultSet: no statement that gives rows has been run.
        """
        rows = list(self._left())
        self._position += len(rows)
        return rows

    def __iter__(self) -> Cursor:
        self._left()
        return self

    def __next__(self) -> Row:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    # ----------------------------------------------------------------------------------------------------- attributes

    @property
    def connection(self) -> CursorConnection:
        """The connection that made this cursor."""
        return self._connection

    @property
    def closed(self) -> bool:
        """Whether the cursor, or its connection, is closed."""
        return self._closed or self._connection.closed

    @property
    def description(self) -> tuple[Column, ...] | None:
        """The columns of the rows; None before the first statement and after one that gives no rows."""
        return None if self.result is None else self.result.description

    @property
    def rowcount(self) -> int:
        """How many rows the last statement gave or changed; -1 before the first, and where it is not known."""
        return -1 if self.result is None else self.result.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The id of the fact that the last statement added; None if it added none."""
        return None if self.result is None else self.result.lastrowid

    @property
    def rownumber(self) -> int | None:
        """The place among the rows, from 0, of the one that is fetched next; None where there are no rows."""
        return None if self._rows is None else self._position

    def setinputsizes(self, sizes: Sequence[object]) -> None:
        """Does nothing: parameters need no room to be set aside."""
        self._check_open()

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing: values of any size are given whole."""
        self._check_open()

    # -------------------------------------------------------------------------------------------------------- closing

    def close(self) -> None:
        """Let go of the rows; the cursor cannot be used any more. Closing twice is allowed."""
        self._closed = True
        self._forget()

    def __enter__(self) -> Cursor:
        self._check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise InterfaceError(self._CLOSED)
        if self._connection.closed:
            raise InterfaceError("the connection is closed")

    def _forget(self) -> None:
        self.result = self._rows = None
        self._position = 0

    def _take(self, result: Result) -> None:
        self.result = result
        self._rows = None if result.description is None else iter(result)

    def _left(self) -> Iterator[Row]:
        self._check_open()
        if self._rows is None:
            why = "no statement has been run" if self.result is None else "the last statement gives no rows"
            # JupySQL knows by these words of psycopg's that a statement has run well without giving rows
            raise NoResultSet(f"there are no results to fetch: {why}")
        return self._rows
