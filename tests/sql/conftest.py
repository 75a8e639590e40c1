from __future__ import annotations

from collections.abc import Iterator

import pytest

from neuraldb.stores.database import Database
from sql.world import World, install


def filled() -> Database:
    """A database with two tables and five facts."""
    database = Database.open()
    database.execute("CREATE TABLE cities (name VARCHAR, country VARCHAR, population BIGINT, founded DATE)")
    database.execute(
        """INSERT INTO cities VALUES ('Oslo', 'Norway', 700000, DATE '1048-01-01'),
           ('Bergen', 'Norway', 290000, NULL), ('Paris', 'France', 2100000, NULL), ('Boston', 'US', 650000, NULL)"""
    )
    database.execute("CREATE TABLE orders (id INTEGER, city VARCHAR, amount DECIMAL(8, 2))")
    database.execute("INSERT INTO orders VALUES (1, 'Oslo', 10.5), (2, 'Oslo', 20), (3, 'Paris', NULL), (4, NULL, 7)")
    database.execute("CREATE TABLE labels (label VARCHAR)")
    database.execute("INSERT INTO labels VALUES ('music'), ('bakery'), ('snow')")
    World(database).add_facts(
        "Anna likes jazz music.",
        "Nils runs a bakery.",
        "The bakery sells 40 loaves.",
        "Carl plays music in a band of 5.",
        "Rain fell in Bergen.",
    )
    return database


@pytest.fixture(scope="session")
def shared_database() -> Iterator[Database]:
    with filled() as database:
        yield database


@pytest.fixture
def world(shared_database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """The database, not to be changed, with the virtual tables of the world beside it."""
    install(monkeypatch)
    return World(shared_database)


@pytest.fixture
def own_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The same to be changed."""
    install(monkeypatch)
    with filled() as database:
        yield World(database)
