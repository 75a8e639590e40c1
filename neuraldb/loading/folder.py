"""Loading a folder that :mod:`neuraldb.loading.export` has written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neuraldb.api import Connection
from neuraldb.core.errors import ImportFailed
from neuraldb.core.progress import Report, silent
from neuraldb.loading import merges
from neuraldb.loading.export import FORMAT, MANIFEST, VERSION
from neuraldb.loading.load import LoadReport, Refusal, load
from neuraldb.loading.source import Source
from neuraldb.loading.tables import create_table


def load_folder(
    connection: Connection,
    folder: Path,
    *,
    restart: bool = False,
    report: Report = silent,
    on_refusal: Callable[[Refusal], None] | None = None,
) -> tuple[LoadReport, list[str]]:
    """Store the facts, triples and tables of an exported folder; what is there already is not stored twice.

    Args:
        connection: where to.
        folder: where from.
        restart: store again what was stored before.
        report: called after each batch; as of :func:`neuraldb.loading.load.load`.
        on_refusal: called for each entry that is not stored.

    Returns:
        What became of facts and triples, and the names of the tables that were made.

    Raises:
        ImportFailed: the folder is no export, or one of another version.
        Error: a table of that name is there with another content, or the database cannot be changed.
    """
    tables = _manifest(folder)
    total = LoadReport()
    for name in ("facts.jsonl", "triples.nq"):
        source = Source(folder / name, str(folder / name))
        part = load(connection, source, restart=restart, report=report, on_refusal=on_refusal)
        total.added += part.added
        total.duplicates += part.duplicates
        total.triples += part.triples
        total.known_triples += part.known_triples
        total.refused += part.refused
        total.before += part.before
    if (folder / merges.FILE).exists():
        source = Source(folder / merges.FILE, str(folder / merges.FILE))
        merges.load(connection, source.lines(), merges.FILE)
    there = set(connection.session.stores.database.rows("SELECT table_name FROM duckdb_tables() WHERE NOT internal"))
    missing = [name for name in tables if (name,) not in there]
    for name in missing:
        create_table(connection, name, [str(folder / tables[name])], "parquet")
    return total, missing


def _manifest(folder: Path) -> dict[str, str]:
    """The file of each table."""
    path = folder / MANIFEST
    if not path.exists():
        raise ImportFailed(f"{folder} is a folder, but not a whole export: it has no {MANIFEST}")
    try:
        manifest: Any = json.loads(Source(path, str(path)).text())
    except json.JSONDecodeError as error:
        raise ImportFailed(f"{path} is not JSON: {error.msg}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ImportFailed(f"{folder} is not an export of NeuralDB")
    if manifest.get("version") != VERSION:
        raise ImportFailed(
            f"{folder} has version {manifest.get('version')}, and this version of NeuralDB reads version {VERSION}"
        )
    tables = manifest.get("tables", {})
    # a manifest that someone has sent must not make this read files elsewhere
    if not isinstance(tables, dict) or any(Path(str(file)).name != file for file in tables.values()):
        raise ImportFailed(f"{path}: a table's file must lie in the same folder")
    return tables
