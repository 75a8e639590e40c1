"""Connections with the embedded models, which are loaded once for a whole run, and connections that need none."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from doubles import World

import neuraldb
from neuraldb.models.registry import Models


@functools.cache
def models() -> Models:
    return Models()


def connect(facts: Iterable[str] = (), path: Any = ":memory:") -> neuraldb.Connection:
    """A database that holds some facts, all of them stored."""
    connection = neuraldb.connect(path, models=models())
    report = connection.add_many(list(facts))
    assert report.refused == []
    return connection


def store(path: Any = ":memory:", read_only: bool = False) -> neuraldb.Connection:
    """A database whose models know nothing: for what becomes of a text, or of SQL, whatever models make of it."""
    return neuraldb.connect(path, read_only, models=World().models())


def count(connection: neuraldb.Connection) -> int:
    """How many facts are current."""
    return int(connection.sql("SELECT count(*) FROM facts").fetchall()[0][0])
