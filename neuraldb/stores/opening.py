"""Opening a database file: is it there, is it ours, can this version read it."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import duckdb

from neuraldb.core.errors import CorruptDatabase, OperationalError, ReadOnly
from neuraldb.stores.failures import READ_ONLY_HINT, translate
from neuraldb.stores.hashes import add_hashes
from neuraldb.stores.schema import FORMAT, FORMAT_VERSION, LATER_COLUMNS, LATER_TABLES, TABLES, USER_VIEWS, VIEWS

# One configuration for every connection: DuckDB refuses two of one file that differ. Without replacements an unknown
# table name can't pick up a Python variable of ours; extensions are never fetched from the network unasked.
_CONFIGURATION: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
}
# where DuckDB's own files say so; it would hand any other file to an extension that knows the format
_MAGIC_PLACE, _MAGIC = 8, b"DUCK"
# two threads must not both find a new file empty and fill it
_one_at_a_time = threading.Lock()


def connect(path: Path | None, read_only: bool) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection to a NeuralDB database, which is created where there is none.

    A file that is not a NeuralDB database is left as it is.

    Args:
        path: the file; None is a database in memory.
        read_only: open an existing database without the right to change it.

    Raises:
        OperationalError: there is no such file or folder.
        CorruptDatabase: the file is something else, damaged, or of another format version.
        DatabaseLocked: another process has it open.
        ReadOnly: the file or its folder cannot be written.
    """
    with _one_at_a_time:
        if path is not None:
            _check_path(path, read_only)
        connection = _connect(path, read_only)
        try:
            _check_contents(connection, path, read_only)
            connection.execute("SET TimeZone = 'UTC'")
            add_hashes(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _check_path(path: Path, read_only: bool) -> None:
    try:
        folder, there = path.is_dir(), path.exists()
    except OSError as error:
        # its folder may not be entered, or its name is none
        raise OperationalError(f"cannot open {path}: {error.strerror}") from error
    if folder:
        raise OperationalError(f"{path} is a folder, not a database")
    if not there:
        if read_only:
            raise OperationalError(f"there is no database at {path}")
        if not path.parent.exists():
            raise OperationalError(f"cannot create {path}: there is no such folder")
    elif path.stat().st_size == 0 and not read_only:
        _remove_empty(path)
    elif os.access(path, os.R_OK):
        with path.open("rb") as file:
            beginning = file.read(_MAGIC_PLACE + len(_MAGIC))
        if beginning[_MAGIC_PLACE:] != _MAGIC:
            raise CorruptDatabase(f"{path} is not a NeuralDB database")


def _remove_empty(path: Path) -> None:
    """Remove what a process leaves that is killed before DuckDB has written its first block.

    A process that is just about to write it holds DuckDB's lock on the file, and keeps it.
    """
    try:
        with path.open("rb+") as file:
            if not _lockable(file.fileno()):
                return  # DuckDB will say who holds it
            if path.stat().st_size == 0:
                path.unlink()
    except OSError as error:
        raise ReadOnly(f"cannot write {path}: {error.strerror}", hint=READ_ONLY_HINT) from error


def _lockable(descriptor: int) -> bool:
    """Whether no other process has locked an open file. Windows removes no file that is open anyway."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _connect(path: Path | None, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(":memory:" if path is None else str(path), read_only=read_only, config=_CONFIGURATION)
    except duckdb.Error as error:
        raise translate(error, path=str(path)) from error


def _check_contents(connection: duckdb.DuckDBPyConnection, path: Path | None, read_only: bool) -> None:
    """Create the schema in an empty database, else make sure that it is ours and of this format version."""
    try:
        if path is None or not _has_relations(connection):
            if read_only:
                raise CorruptDatabase(f"{path} is not a NeuralDB database")
            _create(connection)
            return
        meta = _meta(connection)
        if meta.get("format") == FORMAT and meta.get("format_version") == str(FORMAT_VERSION):
            _mend(connection, path, read_only)
            return
        # keeps DuckDB from writing its log into a file that is not ours when the connection is closed
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    except duckdb.Error as error:
        raise translate(error, path=str(path)) from error
    raise _refusal(meta, path)


def _mend(connection: duckdb.DuckDBPyConnection, path: Path | None, read_only: bool) -> None:
    """Make views anew that another program has dropped, and what files made before lack.

    A table that is gone took its rows with it.
    """
    rows = connection.execute(
        """SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = current_database()
           UNION ALL
           SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE database_name = current_database()"""
    ).fetchall()
    there = {name for (name,) in rows}
    made = dict(zip(map(_table_name, TABLES), TABLES, strict=True))
    lost = [name for name in made if name is not None and name not in there and name not in LATER_TABLES]
    if lost:
        raise CorruptDatabase(f"{path} has lost its table {lost[0]}", hint="restore it from a copy")
    if _extend(connection, path, read_only, {name: made[name] for name in LATER_TABLES if name not in there}):
        return
    gone = [(name, view) for name, view in zip(USER_VIEWS, VIEWS, strict=True) if f"main.{name}" not in there]
    if gone and read_only:
        raise CorruptDatabase(f"{path} has lost its view {gone[0][0]}", hint="open it for writing, which makes it anew")
    for _, view in gone:
        connection.execute(view)


def _extend(
    connection: duckdb.DuckDBPyConnection, path: Path | None, read_only: bool, lacking: Mapping[str, str]
) -> bool:
    """Give a file that was made before them the tables and columns that came later; whether it lacked any."""
    columns = connection.execute(
        """SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns()
           WHERE schema_name = 'store' AND database_name = current_database()"""
    ).fetchall()
    new = [place for place in LATER_COLUMNS if place not in columns]
    if not new and not lacking:
        return False
    if read_only:
        raise CorruptDatabase(
            f"{path} was written by an earlier version", hint="open it once for writing, which brings it up to date"
        )
    connection.execute("BEGIN")
    for statement in lacking.values():
        connection.execute(statement)
    for table, column in new:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} BIGINT")
    for view in VIEWS:
        connection.execute(view.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    connection.execute("COMMIT")
    return True


def _table_name(statement: str) -> str | None:
    found = re.match(r"CREATE TABLE (?:IF NOT EXISTS )?(store\.\w+)", statement)
    return found[1] if found else None


def _refusal(meta: dict[str, str], path: Path | None) -> CorruptDatabase:
    version = meta.get("format_version", "")
    if meta.get("format") != FORMAT or not version.isdigit():
        return CorruptDatabase(f"{path} is a DuckDB database, but not one of NeuralDB")
    if int(version) > FORMAT_VERSION:
        return CorruptDatabase(
            f"{path} has format {version}, and this version of NeuralDB reads format {FORMAT_VERSION}",
            hint="upgrade neuraldb",
        )
    return CorruptDatabase(
        f"{path} has the old format {version}, and this version of NeuralDB reads format {FORMAT_VERSION}",
        hint="open it with the version that wrote it, export the facts and load them into a new database",
    )


def _has_relations(connection: duckdb.DuckDBPyConnection) -> bool:
    ((found,),) = connection.execute(
        """SELECT EXISTS (SELECT 1 FROM duckdb_tables() WHERE NOT internal AND database_name = current_database())
               OR EXISTS (SELECT 1 FROM duckdb_views() WHERE NOT internal AND database_name = current_database())"""
    ).fetchall()
    return bool(found)


def _meta(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What ``store.meta`` says; nothing where there is no such table of two texts."""
    columns = connection.execute(
        """SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'store' AND table_name = 'meta'
           AND database_name = current_database() ORDER BY column_index"""
    ).fetchall()
    if columns != [("key", "VARCHAR"), ("value", "VARCHAR")]:
        return {}
    return dict(connection.execute("SELECT key, value FROM store.meta").fetchall())


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    """The whole schema in one transaction, so that a killed process leaves all of it or nothing."""
    connection.execute("BEGIN")
    for statement in TABLES + VIEWS:
        connection.execute(statement)
    entries = ("format", FORMAT, "format_version", str(FORMAT_VERSION))
    connection.execute("INSERT INTO store.meta VALUES (?, ?), (?, ?)", entries)
    connection.execute("COMMIT")
