"""Connections with the embedded models, which are loaded once for a whole run."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import neuraldb
from neuraldb.models.registry import Models


@functools.cache
def models() -> Models:
    return Models()


def connect(facts: Iterable[str] = (), path: Any = ":memory:") -> neuraldb.Connection:
    """A database that holds some facts, all of them stored."""
    connection = neuraldb.connect(path, models=models())
    for fact in facts:
        connection.add(fact)
    return connection


def count(connection: neuraldb.Connection) -> int:
    """How many facts are current."""
    return int(connection.sql("SELECT count(*) FROM facts").fetchall()[0][0])
