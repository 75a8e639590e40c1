from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

from neuraldb.session import Session
from session.family import family, opened, tell_all


@pytest.fixture
def world() -> World:
    """What sentences state and questions mean."""
    return family()


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    """The family's facts in memory."""
    made = opened(world)
    tell_all(made, world)
    yield made
    made.close()
