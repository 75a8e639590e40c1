from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from neuraldb.stores.database import Database


@pytest.fixture
def database() -> Iterator[Database]:
    """A new database in memory."""
    with Database.open() as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a database file may be created."""
    return tmp_path / "family.ndb"


@pytest.fixture
def people(database: Database) -> Database:
    """The database with a table of two people."""
    database.execute("CREATE TABLE people (name VARCHAR PRIMARY KEY, born INTEGER)")
    database.execute("INSERT INTO people VALUES ('Anna', 1982), ('Nils', 1985)")
    return database
