from __future__ import annotations

from collections.abc import Iterator

import pytest
from shell.fakes import connect

from neuraldb.api import Connection


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database without models."""
    with connect() as connection:
        yield connection
