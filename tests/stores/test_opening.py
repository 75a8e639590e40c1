"""What kinds of file there are, and who else may have one open."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from neuraldb.core.errors import (
    CorruptDatabase,
    DatabaseLocked,
    Error,
    InterfaceError,
    OperationalError,
    ReadOnly,
)
from neuraldb.stores.database import Database
from neuraldb.stores.facts import FactStore, NewFact
from neuraldb.stores.opening import connect
from neuraldb.stores.schema import FORMAT_VERSION


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def refused(path: Path, kind: type[Error], read_only: bool = False) -> str:
    """The message with which the path is refused; one line, and the folder is as it was."""
    before = files(path.parent)
    with pytest.raises(kind) as raised:
        Database.open(path, read_only)
    assert files(path.parent) == before
    assert "\n" not in raised.value.message
    assert str(path) in raised.value.message
    return raised.value.message


def test_facts_outlive_the_connection(path: Path) -> None:
    with Database.open(path) as database:
        FactStore(database).add([NewFact("Anna lives in Oslo.")])
    with Database.open(path) as database:
        assert database.query("SELECT id, text FROM facts").to_pylist() == [{"id": 1, "text": "Anna lives in Oslo."}]
    with Database.open(str(path), read_only=True) as database:
        assert FactStore(database).count() == 1


def test_a_database_in_memory_is_nobody_elses() -> None:
    with Database.open() as one, Database.open(":memory:") as other:
        FactStore(one).add([NewFact("Anna lives in Oslo.")])
        assert FactStore(other).count() == 0
    with pytest.raises(InterfaceError):
        Database.open(read_only=True)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_not_duckdbs(path: Path, read_only: bool) -> None:
    path.write_bytes(b"Dear diary, " * 1000)
    assert "not a NeuralDB database" in refused(path, CorruptDatabase, read_only)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE cats (name VARCHAR)", "INSERT INTO cats VALUES ('Tom')"],
        ["CREATE SCHEMA store", "CREATE TABLE store.meta (key INTEGER, value INTEGER)"],
        ["CREATE SCHEMA store", "CREATE TABLE store.meta (key VARCHAR, value VARCHAR)"],
    ],
)
def test_a_duckdb_file_that_is_not_ours(path: Path, statements: list[str], read_only: bool) -> None:
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    assert "not one of NeuralDB" in refused(path, CorruptDatabase, read_only)


def test_a_foreign_file_whose_log_is_not_yet_written_into_it(path: Path) -> None:
    script = """if True:
        import duckdb, os, sys
        connection = duckdb.connect(sys.argv[1])
        connection.execute("CREATE TABLE cats (name VARCHAR)")
        os._exit(0)"""
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    assert len(files(path.parent)) == 2
    refused(path, CorruptDatabase)


@pytest.mark.parametrize(("version", "word"), [(FORMAT_VERSION + 1, "upgrade"), (0, "export")])
def test_another_format_version(path: Path, version: int, word: str) -> None:
    Database.open(path).close()
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE store.meta SET value = ? WHERE key = 'format_version'", [str(version)])
    before = path.read_bytes()
    with pytest.raises(CorruptDatabase, match=f"format {version}") as raised:
        Database.open(path)
    assert word in (raised.value.hint or "")
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", [100, 4096 + 100, 8192 + 100])
def test_damaged_headers(path: Path, place: int) -> None:
    with Database.open(path) as database:
        FactStore(database).add([NewFact(f"Number {number}.") for number in range(1000)])
    content = bytearray(path.read_bytes())
    content[place : place + 50] = bytes(byte ^ 0xFF for byte in content[place : place + 50])
    path.write_bytes(content)
    refused(path, CorruptDatabase)


def test_a_file_cut_short(path: Path) -> None:
    Database.open(path).close()
    path.write_bytes(path.read_bytes()[:20_000])
    refused(path, CorruptDatabase)


def test_what_a_process_leaves_that_dies_at_once(path: Path) -> None:
    path.touch()
    Database.open(path).close()
    path.unlink()
    duckdb.connect(path).close()
    with Database.open(path) as database:
        assert FactStore(database).count() == 0


def test_places_where_no_database_can_be(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="no database at"):
        Database.open(tmp_path / "none.ndb", read_only=True)
    with pytest.raises(OperationalError, match="no such folder"):
        Database.open(tmp_path / "none" / "x.ndb")
    with pytest.raises(OperationalError, match="is a folder"):
        Database.open(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("reason", ["Permission denied", "Read-only file system"])
def test_a_folder_that_cannot_be_written(path: Path, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    # simulated: the tests may run as root, whom permissions do not stop
    def refuse(*arguments: object, **options: object) -> None:
        raise duckdb.IOException(f'IO Error: Cannot open file "{path}": {reason}')

    monkeypatch.setattr(duckdb, "connect", refuse)
    with pytest.raises(ReadOnly, match=reason) as raised:
        Database.open(path)
    assert "writing" in (raised.value.hint or "")
    assert isinstance(raised.value.__cause__, duckdb.IOException)


def test_a_database_for_reading_refuses_changes(path: Path) -> None:
    Database.open(path).close()
    with Database.open(path, read_only=True) as database:
        with pytest.raises(ReadOnly):
            FactStore(database).add([NewFact("Anna lives in Oslo.")])
        with pytest.raises(ReadOnly):
            database.execute("CREATE TABLE mine (a INTEGER)")
        with pytest.raises(ReadOnly):
            database.query("WITH gone AS (DELETE FROM store.facts RETURNING id) SELECT * FROM gone")
        assert FactStore(database).count() == 0
        assert not database.in_transaction


OTHER_PROCESS = """if True:
    import sys
    from neuraldb.core.errors import DatabaseLocked
    from neuraldb.stores.database import Database
    for read_only in (False, True):
        try:
            Database.open(sys.argv[1], read_only)
        except DatabaseLocked as error:
            print(error.message, "|", error.hint)"""


def test_another_process_is_told_who_has_the_file(path: Path) -> None:
    import os

    with Database.open(path):
        told = subprocess.run(
            [sys.executable, "-c", OTHER_PROCESS, str(path)], capture_output=True, text=True, check=True
        ).stdout.splitlines()
    assert len(told) == 2
    for line in told:
        message, hint = line.split(" | ")
        assert message == f"{path} is in use by process {os.getpid()}"
        assert "read_only" in hint


def test_two_readers_in_two_processes(path: Path) -> None:
    Database.open(path).close()
    with Database.open(path, read_only=True):
        script = "import sys; from neuraldb.stores.database import Database; Database.open(sys.argv[1], True).close()"
        subprocess.run([sys.executable, "-c", script, str(path)], check=True)


def test_one_process_does_not_read_only_what_it_writes(path: Path) -> None:
    with Database.open(path), pytest.raises(DatabaseLocked, match="this process"):
        Database.open(path, read_only=True)


def test_threads_that_create_one_file_together(path: Path) -> None:
    failures: list[BaseException] = []

    def create() -> None:
        try:
            with Database.open(path) as database:
                FactStore(database).add([NewFact("Anna lives in Oslo.")])
        except BaseException as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with Database.open(path) as database:
        assert FactStore(database).get([1])[0].sources == ("", "", "", "")


@pytest.mark.parametrize("view", ["facts", "triples", "entities", "history"])
def test_a_view_that_another_program_dropped_is_made_anew(path: Path, view: str) -> None:
    with Database.open(path) as database:
        FactStore(database).add([NewFact("Anna lives in Oslo.")])
        whole = database.rows("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY 1")
    with duckdb.connect(path) as other:
        other.execute(f"DROP VIEW {view}")
    with pytest.raises(CorruptDatabase, match=f"has lost its view {view}") as raised:
        Database.open(path, read_only=True)
    assert "for writing" in (raised.value.hint or "")
    with Database.open(path) as database:
        assert database.rows("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY 1") == whole
        assert database.rows("SELECT text FROM facts") == [("Anna lives in Oslo.",)]


@pytest.mark.parametrize("table", ["terms", "derivations"])
def test_a_table_that_is_gone_is_damage(path: Path, table: str) -> None:
    Database.open(path).close()
    with duckdb.connect(path) as other:
        other.execute(f"DROP TABLE store.{table}")
    for read_only in (False, True):
        with pytest.raises(CorruptDatabase, match=rf"has lost its table store\.{table}"):
            Database.open(path, read_only=read_only)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_folder_that_may_not_be_entered(path: Path, read_only: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: Path, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    # a test may run as one who may enter every folder
    monkeypatch.setattr(Path, "stat", forbidden)
    with pytest.raises(OperationalError, match=r"cannot open .*: Permission denied"):
        connect(path, read_only)
