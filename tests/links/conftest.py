from __future__ import annotations

from collections.abc import Iterator

import pytest

import neuraldb

from .families import FAMILIES, WITHOUT, family, told


@pytest.fixture(scope="session")
def trained() -> Iterator[neuraldb.Connection]:
    """Families, three of which do not say who the aunt is, and a predictor of such edges."""
    with neuraldb.connect() as db:
        for number in range(FAMILIES):
            told(db, *family(number, aunt=number >= WITHOUT))
        assert db.train_links(rank=16, epochs=20).wait() == 1
        yield db
