from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

import neuraldb

from . import workplaces as places
from .families import FAMILIES, WITHOUT, family, told


@pytest.fixture(scope="session")
def trained() -> Iterator[neuraldb.Connection]:
    """Families, three of which do not say who the aunt is, and a predictor of such edges."""
    with neuraldb.connect() as db:
        for number in range(FAMILIES):
            told(db, *family(number, aunt=number >= WITHOUT))
        assert db.train_links(rank=16, epochs=20).wait() == 1
        yield db


@pytest.fixture(scope="session")
def workplaces() -> World:
    """What sentences about workplaces state."""
    return places.workplaces()


@pytest.fixture(scope="session")
def working(workplaces: World) -> Iterator[neuraldb.Connection]:
    """A database of these sentences, whose predictor has one rule."""
    yield from places.opened(workplaces)
