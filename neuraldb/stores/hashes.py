"""The hash functions of SPARQL that DuckDB does not have, as functions that its queries can call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import duckdb

MISSING: dict[str, Callable[[str], str]] = {
    "sha384": lambda text: hashlib.sha384(text.encode()).hexdigest(),
    "sha512": lambda text: hashlib.sha512(text.encode()).hexdigest(),
}
"""By the names that queries call them by."""


def add_hashes(connection: duckdb.DuckDBPyConnection) -> None:
    """Let queries of a connection call the functions, those of its other connections too; nothing is stored."""
    for name, function in MISSING.items():
        try:
            connection.create_function(name, function, ["VARCHAR"], "VARCHAR")
        except duckdb.CatalogException:
            continue  # another connection to the same file has brought it along
