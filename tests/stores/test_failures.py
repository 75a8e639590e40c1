"""DuckDB's messages, in ours."""

from __future__ import annotations

import duckdb
import pytest

from neuraldb.core.errors import (
    Cancelled,
    CorruptDatabase,
    DatabaseLocked,
    Error,
    InternalError,
    NotSupportedError,
    OperationalError,
    ReadOnly,
)
from neuraldb.stores.failures import translate


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), Cancelled, "stopped"),
        (
            duckdb.OutOfMemoryException("Out of Memory Error: could not allocate"),
            OperationalError,
            "could not allocate",
        ),
        (
            duckdb.IOException('IO Error: Could not write file "/x": No space left on device'),
            OperationalError,
            "No space",
        ),
        (duckdb.IOException('IO Error: Cannot open file "/x": Permission denied'), ReadOnly, "Permission denied"),
        (
            duckdb.IOException('IO Error: Could not set lock on file "/x": Resource busy'),
            DatabaseLocked,
            "another process",
        ),
        (
            duckdb.IOException(
                'IO Error: Could not set lock on file "/x": Conflicting lock is held in /usr/py (PID 42).'
            ),
            DatabaseLocked,
            "/x.ndb is in use by process 42",
        ),
        (
            duckdb.Error("Corrupt database file: computed checksum 1 does not match"),
            CorruptDatabase,
            "/x.ndb is damaged",
        ),
        (
            duckdb.TransactionException("TransactionContext Error: Conflict on update!"),
            OperationalError,
            "another connection",
        ),
        (duckdb.NotImplementedException("Not implemented Error: no such thing"), NotSupportedError, "no such thing"),
        (duckdb.InternalException("INTERNAL Error: oh"), InternalError, "oh"),
        (duckdb.Error("something new"), OperationalError, "something new"),
    ],
)
def test_kinds(error: duckdb.Error, kind: type[Error], words: str) -> None:
    found = translate(error, path="/x.ndb")
    assert type(found) is kind
    assert words in found.message
    assert "Error:" not in found.message


def test_the_place_in_a_long_line() -> None:
    columns = ", ".join(f"{n} AS column_{n}" for n in range(40))
    sql = f"SELECT 'blåbær',\n{columns}, missing(3), {columns}"
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as raised:
        connection.execute(sql)
    assert "..." in str(raised.value)
    span = translate(raised.value, sql).span
    assert span is not None
    assert sql[slice(*span)] == "missing(3)"


def test_a_name_that_stands_twice_is_not_pointed_at() -> None:
    error = duckdb.BinderException('Binder Error: Referenced column "a" not found in FROM clause!')
    assert translate(error, "SELECT a, a FROM t").span is None
    assert translate(error, "SELECT a FROM t").span == (7, 8)
    assert translate(error, "SELECT aa FROM t").span is None
    assert translate(error).span is None


def test_advice_about_duckdb_is_left_out() -> None:
    error = duckdb.InvalidInputException("Invalid Input Error: Division by zero. Use TRY(...) to return NULL.")
    assert translate(error).message == "Division by zero"
