"""A DuckDB connection that threads share: one statement at a time, transactions that can be counted on.

What DuckDB leaves to its user is done here: taking turns with other connections to the same file, opening the file
anew after an error that made DuckDB give up on it, remembering that a transaction has failed, and counting changes so
that caches know when to look again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import duckdb

from neuraldb.core.errors import DatabaseLocked, DataError, InterfaceError, OperationalError, ProgrammingError
from neuraldb.stores.failures import translate
from neuraldb.stores.opening import connect
from neuraldb.stores.sharing import FileState
from neuraldb.stores.stopping import Stops, Turn

WRITER_TIMEOUT = 5.0
"""Seconds that a change waits for another connection of this process to end its transaction."""

_Result = TypeVar("_Result")


class SharedConnection:
    """The connection and its transaction. :class:`neuraldb.stores.database.Database` is what others use.

    Attributes:
        path: the database file; None in memory.
        read_only: whether changes are refused.
        lock: held while a statement runs and throughout :meth:`transaction`; caches take it to read consistently.
        undone: how many transactions that had changed something were rolled back.
        begun: how many transactions there were, with the one that is open.
    """

    def __init__(self, path: Path | None, read_only: bool, state: FileState) -> None:
        self.path = path
        self.read_only = read_only
        self._stops = Stops()
        self.lock = Turn(self._stops)
        self.undone = 0
        self.begun = 0
        self._state = state
        self._connection: duckdb.DuckDBPyConnection | None = connect(path, read_only)
        self._closed = False
        self._own_changes = 0
        self._in_transaction = False
        self._in_block = False
        self._failed = False
        self._commits_before = 0
        self._stranded: list[str] = []

    # ---------------------------------------------------------------------------------------------- transactions

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, by :meth:`begin` or :meth:`transaction`."""
        return self._in_transaction

    @property
    def changing(self) -> bool:
        """Whether the open transaction has changed something that is not committed yet."""
        return self._in_transaction and self._state.has_turn(self)

    @property
    def version(self) -> int:
        """Grows whenever what this connection sees may have changed: by a change of its own, a commit, a rollback."""
        return self._own_changes + self._state.commits

    @property
    def connection_id(self) -> int:
        """Which of the connections this is that DuckDB has been opened with; temporary tables go with it."""
        return id(self._usable())

    def begin(self) -> None:
        """Open a transaction that lasts over several calls; the statements of all threads are part of it.

        Raises:
            ProgrammingError: one is open already.
        """
        with self.lock:
            if self._in_transaction:
                raise ProgrammingError("a transaction is open already", hint="commit it or roll it back first")
            self._begin()

    def commit(self) -> None:
        """Make the open transaction's changes permanent; without one, nothing happens.

        Raises:
            OperationalError: a statement of it had failed, or the disk refuses; it has been rolled back.
        """
        with self.lock:
            self._refuse_in_block("commit")
            if self._in_transaction:
                self._commit()

    def rollback(self) -> None:
        """Undo the open transaction; without one, nothing happens."""
        with self.lock:
            self._refuse_in_block("roll back")
            if self._in_transaction:
                self._rollback()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A block that happens as a whole or not at all; other threads wait meanwhile.

        Within an open transaction the block becomes a part of it, and if it fails after it has changed something, the
        whole transaction can only be rolled back.
        """
        with self.lock:
            if self._in_transaction:
                before = self._own_changes
                try:
                    yield
                except BaseException:
                    self._failed = self._failed or self._own_changes != before
                    raise
                return
            self._begin()
            self._in_block = True
            try:
                yield
            except BaseException:
                if self.in_transaction:
                    self._rollback()
                raise
            else:
                self._commit()
            finally:
                self._in_block = False

    def close(self) -> None:
        """Roll back what is not committed and let go of the file. Closing twice is allowed."""
        with self.lock:
            if self._closed:
                return
            if self._in_transaction:
                self._rollback()
            self._closed = True
            if self._connection is not None:
                self._connection.close()

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` has been called."""
        return self._closed

    def interrupt(self) -> None:
        """Stop the statement that runs now, in whichever thread: it raises Cancelled. Without one, nothing happens."""
        connection = self._connection
        if connection is not None and not self._closed:
            connection.interrupt()

    def stoppable(self) -> AbstractContextManager[Callable[[], None]]:
        """A block of statements of the calling thread; gives what stops them, and no statement of another thread.

        The one that runs, or that waits for its turn, raises Cancelled.
        """
        return self._stops.block(self.interrupt)

    # ------------------------------------------------------------------------------- for Database, under the lock

    def _usable(self) -> duckdb.DuckDBPyConnection:
        """The connection, opened anew if DuckDB had given up on it."""
        if self._closed:
            raise InterfaceError("the database is closed")
        if self._connection is None:
            self._connection = connect(self.path, self.read_only)
        return self._connection

    def _attempt(self, work: Callable[[duckdb.DuckDBPyConnection], _Result], sql: str | None = None) -> _Result:
        """Do something with the connection; DuckDB's exceptions come out as ours, and the state is right afterwards."""
        connection = self._usable()
        if self._failed:
            raise OperationalError("an earlier statement of this transaction failed", hint="roll back and repeat it")
        try:
            with self._stops.running():
                return work(connection)
        except duckdb.Error as error:
            self._examine(connection, error)
            raise translate(error, sql, str(self.path) if self.path else None) from error
        except UnicodeEncodeError as error:
            raise DataError("a text holds half a surrogate pair, which is no character") from error

    def _examine(self, connection: duckdb.DuckDBPyConnection, error: duckdb.Error) -> None:
        """Find out what an error has done to the connection and the transaction."""
        if isinstance(error, duckdb.FatalException):
            self._abandon(connection)
        elif self._in_transaction:
            try:
                connection.execute("SELECT 1").fetchall()
            except duckdb.FatalException:
                self._abandon(connection)
            except duckdb.Error:
                self._failed = True

    def _abandon(self, connection: duckdb.DuckDBPyConnection) -> None:
        """After a fatal error the file must be opened anew; what was not committed is gone."""
        connection.close()
        if self.path is None:
            self._closed = True
        self._connection = None
        self._ended(committed=False)

    def _begin(self) -> None:
        self._attempt(lambda connection: connection.execute("BEGIN"))
        self._in_transaction = True
        self.begun += 1
        self._commits_before = self._state.commits

    def _commit(self) -> None:
        if self._failed:
            self._rollback()
            raise OperationalError("a statement of the transaction failed, so it has been rolled back")
        connection = self._usable()
        try:
            connection.execute("COMMIT")
        except duckdb.Error as error:
            if isinstance(error, duckdb.FatalException):
                self._abandon(connection)
            else:
                self._rollback()
            raise translate(error, path=str(self.path) if self.path else None) from error
        self._ended(committed=True)

    def _rollback(self) -> None:
        connection = self._connection
        if connection is not None:
            try:
                # after a failed COMMIT there is none to roll back any more
                with suppress(duckdb.TransactionException):
                    connection.execute("ROLLBACK")
                for name in self._stranded:
                    connection.unregister(name)
            except duckdb.FatalException:
                self._abandon(connection)
                return
        self._ended(committed=False)

    def _ended(self, committed: bool) -> None:
        """Bring counters and turns up to date after the transaction, however it went."""
        changed = self._state.has_turn(self)
        if changed and not committed:
            self.undone += 1
        # a change, or what others committed while this transaction kept to what it saw at its start, is visible now
        if changed or self._state.commits != self._commits_before:
            self._own_changes += 1
        self._in_transaction = self._failed = False
        self._stranded.clear()
        self._state.release(self, committed)

    def _start_change(self) -> None:
        """Take the turn to change the file; in a transaction it is kept to the end."""
        if self.read_only:
            return  # DuckDB refuses, but for temporary tables, which are nobody else's business
        if not self._state.has_turn(self):
            if not self._state.acquire(self, WRITER_TIMEOUT):
                raise DatabaseLocked(
                    f"another connection of this process is changing {self.path}",
                    hint="commit or roll back its transaction",
                )
            if self._in_transaction and self._state.commits != self._commits_before:
                # nothing was changed yet: begin again, to see what the others have committed
                self._attempt(lambda connection: connection.execute("ROLLBACK"))
                self._attempt(lambda connection: connection.execute("BEGIN"))
                self._commits_before = self._state.commits
        self._own_changes += 1

    def _end_change(self, committed: bool) -> None:
        """Give the turn back after a single change outside a transaction."""
        if not self._in_transaction:
            self._state.release(self, committed)

    def _refuse_in_block(self, what: str) -> None:
        if self._in_block:
            raise ProgrammingError(f"cannot {what} inside a transaction block, which does so at its end")
