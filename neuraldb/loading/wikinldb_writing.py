"""Writes databases with their questions in the form of WikiNLDB 2.4: one database a line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from neuraldb.core.errors import OperationalError
from neuraldb.loading.wikinldb_databases import Database, Query


def write_databases(path: Path, databases: Iterable[Database]) -> int:
    """Write a file, packed with gzip where its name ends in ``.gz``; gives the number of databases.

    Raises:
        OperationalError: the file cannot be written.
    """
    count = 0
    try:
        with _opened(path) as file:
            for database in databases:
                file.write(json.dumps(database_object(database), ensure_ascii=False) + "\n")
                count += 1
    except OSError as error:
        raise OperationalError(f"cannot write {path}: {error.strerror or error}") from error
    return count


def _opened(path: Path) -> IO[str]:
    return gzip.open(path, "wt", encoding="utf-8") if path.suffix == ".gz" else path.open("w", encoding="utf-8")


def database_object(database: Database) -> dict[str, Any]:
    """A database as the JSON object that the original's readers expect; they pass over the name."""
    triples = database.triples or ((),) * len(database.facts)
    raw = [
        {
            "fact": fact, "reference": fact, "candidate": fact, "parse": [],
            "valid_hypotheses": [list(triple) for triple in stated],
        }
        for fact, stated in zip(database.facts, triples, strict=True)
    ]  # fmt: skip
    metadata = {"raw": raw} if database.triples else {}
    queries = [query_object(query) for query in database.queries]
    return {"name": database.name, "facts": list(database.facts), "metadata": metadata, "queries": queries}


def query_object(query: Query) -> dict[str, Any]:
    """A question as a JSON object."""
    return {
        "id": query.id,
        "query": query.question,
        "type": query.type,
        "relation": query.relation,
        "height": query.height,
        "facts": [list(support) for support in query.facts],
        "derivations": list(query.derivations),
        "answer": list(query.answer),
        "hard_negatives": None if query.hard_negatives is None else list(query.hard_negatives),
    }
