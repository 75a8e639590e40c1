"""Stopping a statement stops that statement: not one of another thread on the same connection, nor the one after it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from duckdb.sqltypes import BIGINT

import neuraldb
from neuraldb.core.errors import Cancelled, Timeout
from neuraldb.stores.database import Database

LONG = 30.0
"""Seconds after which a test that hangs gives up."""
ROWS = 50_000
"""Of a query that DuckDB computes in many parts, between which it listens."""
SLOW = f"SELECT sum(held(i)) FROM range({ROWS}) AS t(i)"
TOTAL = ROWS * (ROWS - 1) // 2


class Held:
    """A function of SQL that says when it is called first, and waits to be let go."""

    def __init__(self, database: Database) -> None:
        self.running, self.go = threading.Event(), threading.Event()
        database._attempt(lambda connection: connection.create_function("held", self._held, [BIGINT], BIGINT))

    def _held(self, value: int) -> int:
        self.running.set()
        self.go.wait(LONG)
        return value


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


@pytest.fixture
def database() -> Iterator[Database]:
    with Database.open() as made:
        yield made


def begun(database: Database, pool: ThreadPoolExecutor, sql: str) -> tuple[Callable[[], None], Future[object]]:
    """A statement in a block of its own in another thread: what stops it, and what it gives."""
    stops: Future[Callable[[], None]] = Future()

    def work() -> object:
        with database.stoppable() as stop:
            stops.set_result(stop)
            return database.rows(sql)

    rows = pool.submit(work)
    return stops.result(LONG), rows


def test_one_that_waits_for_its_turn_is_stopped_alone(database: Database, pool: ThreadPoolExecutor) -> None:
    held = Held(database)
    _, slow = begun(database, pool, SLOW)
    assert held.running.wait(LONG)
    stop, waiting = begun(database, pool, "SELECT 1")
    stop()
    with pytest.raises(Cancelled):
        waiting.result(LONG)
    held.go.set()
    assert slow.result(LONG) == [(TOTAL,)]


def test_the_one_that_runs_is_stopped_and_the_one_that_waits_goes_on(
    database: Database, pool: ThreadPoolExecutor
) -> None:
    held = Held(database)
    stop, slow = begun(database, pool, SLOW)
    assert held.running.wait(LONG)
    _, waiting = begun(database, pool, "SELECT 1")
    stop()
    held.go.set()
    with pytest.raises(Cancelled):
        slow.result(LONG)
    assert waiting.result(LONG) == [(1,)]


def test_what_has_ended_cannot_be_stopped(database: Database, pool: ThreadPoolExecutor) -> None:
    held = Held(database)
    stop, ended = begun(database, pool, "SELECT 1")
    assert ended.result(LONG) == [(1,)]
    _, slow = begun(database, pool, SLOW)
    assert held.running.wait(LONG)
    stop()
    held.go.set()
    assert slow.result(LONG) == [(TOTAL,)]


def test_a_block_within_a_block_is_stopped_with_it(database: Database, pool: ThreadPoolExecutor) -> None:
    held = Held(database)

    def outer() -> object:
        with database.stoppable() as stop:
            stops.append(stop)
            with database.stoppable():
                return database.rows(SLOW)

    stops: list[Callable[[], None]] = []
    slow = pool.submit(outer)
    assert held.running.wait(LONG)
    stops[0]()
    held.go.set()
    with pytest.raises(Cancelled):
        slow.result(LONG)


def test_a_time_limit_concerns_its_own_statement(pool: ThreadPoolExecutor) -> None:
    with neuraldb.connect() as db:
        held = Held(db.session.stores.database)
        slow = pool.submit(lambda: db.sql(SLOW).fetchall())
        assert held.running.wait(LONG)
        with pytest.raises(Timeout):
            db.sql("SELECT 1", timeout=0.1)
        held.go.set()
        assert slow.result(LONG) == [(TOTAL,)]
        assert db.sql("SELECT 1").fetchall() == [(1,)]


def test_a_time_limit_counts_while_another_thread_is_in_a_transaction(pool: ThreadPoolExecutor) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with db.transaction():
            db.sql("CREATE TABLE t (a INTEGER)")
            entered.set()
            leave.wait(LONG)

    with neuraldb.connect() as db:
        held = pool.submit(hold)
        assert entered.wait(LONG)
        with pytest.raises(Timeout):
            db.sql("INSERT INTO t VALUES (1)", timeout=0.1)
        leave.set()
        held.result(LONG)
        assert db.sql("INSERT INTO t VALUES (2)", timeout=LONG).rowcount == 1
        assert db.sql("SELECT a FROM t").fetchall() == [(2,)]


def test_a_stopped_statement_does_not_cost_the_transaction(database: Database, pool: ThreadPoolExecutor) -> None:
    database.execute("CREATE TABLE t (a BIGINT)")
    held = Held(database)
    database.begin()
    database.execute("INSERT INTO t VALUES (1)")
    _, slow = begun(database, pool, SLOW)
    assert held.running.wait(LONG)
    stop, waiting = begun(database, pool, "INSERT INTO t VALUES (2)")
    stop()
    with pytest.raises(Cancelled):
        waiting.result(LONG)
    held.go.set()
    assert slow.result(LONG) == [(TOTAL,)]
    database.commit()
    assert database.rows("SELECT a FROM t") == [(1,)]
