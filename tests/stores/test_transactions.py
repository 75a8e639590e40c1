"""Transactions of one connection: whole or not at all."""

from __future__ import annotations

import datetime
from contextlib import suppress
from pathlib import Path

import pytest

from neuraldb.core.errors import (
    IntegrityError,
    OperationalError,
    ProgrammingError,
)
from neuraldb.stores.database import Database
from neuraldb.stores.facts import FactStore, NewFact
from stores.people import names


class Mishap(Exception):
    """What goes wrong in a block, on purpose."""


def delete_and_fail(database: Database, condition: str = "true") -> None:
    with database.transaction():
        database.execute(f"DELETE FROM people WHERE {condition}")
        raise Mishap


def test_a_block_happens_whole_or_not_at_all(people: Database) -> None:
    with people.transaction():
        people.execute("DELETE FROM people WHERE name = 'Anna'")
        assert people.in_transaction
        assert names(people) == ["Nils"]
    assert not people.in_transaction
    with pytest.raises(Mishap):
        delete_and_fail(people)
    assert names(people) == ["Nils"]


def test_an_inner_block_is_part_of_the_outer_one(people: Database) -> None:
    def outer() -> None:
        with people.transaction():
            with people.transaction():
                people.execute("DELETE FROM people")
            assert people.in_transaction
            raise Mishap

    with pytest.raises(Mishap):
        outer()
    assert names(people) == ["Anna", "Nils"]


def test_an_inner_block_that_failed_half_way_spoils_the_outer_one(people: Database) -> None:
    def outer() -> None:
        with people.transaction():
            people.execute("INSERT INTO people VALUES ('Ola', 1990)")
            with suppress(Mishap):
                delete_and_fail(people, "name = 'Anna'")

    with pytest.raises(OperationalError, match="rolled back"):
        outer()
    assert names(people) == ["Anna", "Nils"]


def test_an_inner_block_that_failed_before_it_changed_anything_does_not(people: Database) -> None:
    with people.transaction():
        people.execute("INSERT INTO people VALUES ('Ola', 1990)")
        with suppress(Mishap), people.transaction():
            raise Mishap
    assert names(people) == ["Anna", "Nils", "Ola"]


def test_begin_commit_rollback(people: Database) -> None:
    people.commit()
    people.rollback()
    people.begin()
    with pytest.raises(ProgrammingError, match="open already"):
        people.begin()
    people.execute("DELETE FROM people WHERE name = 'Anna'")
    people.rollback()
    assert names(people) == ["Anna", "Nils"]
    for begin, end in (("BEGIN TRANSACTION;", "COMMIT"), ("start transaction", "END;")):
        people.execute(begin)
        assert people.in_transaction
        people.execute("DELETE FROM people WHERE name = (SELECT min(name) FROM people)")
        people.execute(end)
    assert not people.in_transaction
    assert names(people) == []


def test_a_block_ends_by_itself(people: Database) -> None:
    with people.transaction():
        with pytest.raises(ProgrammingError, match="inside a transaction block"):
            people.commit()
        with pytest.raises(ProgrammingError, match="inside a transaction block"):
            people.execute("ROLLBACK")


def test_a_mistyped_query_does_not_cost_the_transaction(people: Database) -> None:
    people.begin()
    people.execute("INSERT INTO people VALUES ('Ola', 1990)")
    for wrong in ("SELEC 1", "SELECT nam FROM people", "SELECT * FROM persons", "SELECT 1; SELECT 2"):
        with pytest.raises(ProgrammingError):
            people.query(wrong)
    people.commit()
    assert names(people) == ["Anna", "Nils", "Ola"]


def test_a_statement_that_fails_while_it_runs_does(people: Database) -> None:
    people.begin()
    people.execute("INSERT INTO people VALUES ('Ola', 1990)")
    with pytest.raises(IntegrityError):
        people.execute("INSERT INTO people VALUES ('Anna', 1)")
    with pytest.raises(OperationalError, match="earlier statement") as raised:
        people.query("SELECT 1")
    assert "roll back" in (raised.value.hint or "")
    with pytest.raises(OperationalError, match="rolled back"):
        people.commit()
    assert not people.in_transaction
    assert names(people) == ["Anna", "Nils"]


def test_closing_rolls_back(path: Path) -> None:
    database = Database.open(path)
    database.begin()
    FactStore(database).add([NewFact("Anna lives in Oslo.")])
    database.close()
    with Database.open(path) as database:
        assert FactStore(database).count() == 0


def test_the_version_grows_with_every_change(people: Database) -> None:
    seen = people.version
    people.query("SELECT * FROM people")
    people.begin()
    people.commit()
    assert people.version == seen
    for change in (
        lambda: people.execute("DELETE FROM people WHERE name = 'Anna'"),
        people.begin,
        lambda: people.execute("DELETE FROM people"),
        people.rollback,
        lambda: people.query("WITH g AS (DELETE FROM people RETURNING name) SELECT * FROM g"),
    ):
        change()
        if change != people.begin:
            assert people.version > seen
        seen = people.version
    assert people.undone == 1


def test_ids_and_times(database: Database) -> None:
    with pytest.raises(ProgrammingError):
        database.next_id("facts")
    with database.transaction():
        assert database.next_id("facts") == 1
        assert not database.rows("SELECT * FROM store.facts")


def test_time_never_goes_back(path: Path) -> None:
    late = datetime.datetime(2024, 6, 1, tzinfo=datetime.UTC)
    with Database.open(path, clock=lambda: late) as database:
        FactStore(database).add([NewFact("Anna lives in Oslo.")])
    oslo = datetime.timezone(datetime.timedelta(hours=2))
    early = datetime.datetime(2024, 5, 1, 2, tzinfo=oslo)
    with Database.open(path, clock=lambda: early) as database:
        moments = [database.now() for _ in range(3)]
    assert moments == [datetime.datetime(2024, 6, 1, 0, 0, 0, place) for place in (1, 2, 3)]
    with Database.open(clock=lambda: early) as database:
        assert database.now() == datetime.datetime(2024, 5, 1)
