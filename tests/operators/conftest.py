from __future__ import annotations

from collections.abc import Iterator

import pytest

from neuraldb.stores.database import Database
from operators.told import Told, opened


@pytest.fixture(scope="session")
def memory() -> Iterator[Database]:
    """A database in memory that stays empty: what a test changes is rolled back."""
    with Database.open() as database:
        yield database


@pytest.fixture
def told(memory: Database) -> Iterator[Told]:
    """An empty world and an empty database."""
    memory.begin()
    yield Told(memory)
    memory.rollback()


@pytest.fixture(scope="module")
def memory_told() -> Iterator[Told]:
    """A database for many examples, which change nothing."""
    with opened() as one:
        yield one
