from __future__ import annotations

from collections.abc import Iterator

import pytest

from neuraldb.stores.bundle import Stores
from neuraldb.stores.database import Database


@pytest.fixture(scope="session")
def stores() -> Iterator[Stores]:
    """An empty database in memory, which no test changes."""
    with Database.open() as database:
        yield Stores(database)
