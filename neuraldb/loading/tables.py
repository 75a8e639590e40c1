"""Files as tables for SQL, beside the facts: DuckDB reads them itself and finds the types of the columns."""

from __future__ import annotations

from collections.abc import Sequence

from neuraldb.api import Connection
from neuraldb.core.errors import ImportFailed
from neuraldb.core.text import quoted
from neuraldb.loading.formats import Format
from neuraldb.loading.source import Source

_FUNCTIONS = {
    "csv": "read_csv",
    "tsv": "read_csv",
    "json": "read_json",
    "jsonl": "read_json",
    "parquet": "read_parquet",
}


def load_table(connection: Connection, table: str, sources: Sequence[Source], form: Format) -> int:
    """Make a table of files of one kind, which may differ in their columns.

    Args:
        connection: where to.
        table: its name, which no table has yet.
        sources: the files.
        form: their format.

    Returns:
        The number of rows.

    Raises:
        ImportFailed: a format has no tables, or there is no such file.
        Error: what is wrong with the file or the name.
    """
    if not form.table:
        raise ImportFailed(f"{form.name} has no tables", hint="--table is for csv, tsv, json and jsonl")
    for source in sources:
        with source.open():
            pass  # a message of ours where there is no such file
    return create_table(connection, table, [str(source.path) for source in sources], form.name)


def create_table(connection: Connection, table: str, paths: Sequence[str], form: str) -> int:
    """As :func:`load_table`, also for Parquet, and without a look at the files first."""
    files = ", ".join(["%s"] * len(paths))
    connection.sql(
        f"CREATE TABLE {in_sql(table)} AS SELECT * FROM {_FUNCTIONS[form]}([{files}], union_by_name=true)", list(paths)
    )
    return int(connection.sql(f"SELECT count(*) FROM {quoted(table)}").scalar())


def in_sql(name: str) -> str:
    """A name as a statement with parameters has it, where a percent sign is doubled."""
    return quoted(name).replace("%", "%%")
