from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.fakes import connect
from neuraldb.api import Connection


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory, over the session that stands in."""
    with connect() as connection:
        yield connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a database file may be created."""
    return tmp_path / "people.ndb"
