"""What models have said of texts: kept in the file, by model, prompt and text."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuraldb.stores import judgements
from neuraldb.stores.bundle import Stores
from neuraldb.stores.database import Database
from neuraldb.stores.judgements import Asked, Judgement, JudgementStore

SINGS = Asked("means\nsings", "Anna sings.")
RAINS = Asked("means\nsings", "It rains.")
SAID = {SINGS: Judgement(True, 0.1 + 0.2), RAINS: Judgement(None, 1.0)}


def test_what_was_said_is_known_in_the_next_session(path: Path) -> None:
    with Database.open(path) as database:
        store = JudgementStore(database)
        store.remember("reader 1", SAID)
        assert store.known("reader 1", [RAINS, SINGS]) == SAID
        store.save()
    with Database.open(path) as database:
        store = JudgementStore(database)
        assert store.known("reader 1", [*SAID, Asked("means\nsings", "Nils bakes.")]) == SAID
        assert store.known("reader 2", SAID) == {}
        assert store.known("reader 1", [Asked("means\nbakes", "Anna sings.")]) == {}


@pytest.mark.parametrize("value", [True, False, None, "a label", "", 0.25])
def test_values_come_back_as_they_were(path: Path, value: bool | str | float | None) -> None:
    with Database.open(path) as database:
        store = JudgementStore(database)
        store.remember("m", {SINGS: Judgement(value, 0.5)})
        store.save()
        known = JudgementStore(database).known("m", [SINGS])[SINGS].value
        assert (known, type(known)) == (value, type(value))


def test_nothing_is_stored_twice(database: Database) -> None:
    one, other = JudgementStore(database), JudgementStore(database)
    one.remember("m", SAID)
    other.remember("m", SAID)
    one.save()
    other.save()
    one.save()
    assert one.count() == 2


def test_the_texts_are_not_stored(database: Database) -> None:
    store = JudgementStore(database)
    store.remember("m", SAID)
    store.save()
    assert b"Anna" not in b"".join(
        str(value).encode() for row in database.rows("SELECT * FROM store.judgements") for value in row
    )


def test_the_oldest_go(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgements, "IN_FILE", 2)
    monkeypatch.setattr(judgements, "IN_MEMORY", 1)
    store = JudgementStore(database)
    for number in range(4):
        store.remember("m", {Asked("p", str(number)): Judgement(True, 1.0)})
        store.save()
    assert store.count() == 2
    assert list(JudgementStore(database).known("m", [Asked("p", str(n)) for n in range(4)])) == [
        Asked("p", "2"), Asked("p", "3"),
    ]  # fmt: skip


def test_a_transaction_of_somebody_is_not_written_into(database: Database) -> None:
    stores = Stores(database)
    database.begin()
    stores.judgements.remember("m", SAID)
    stores.save_derivations()
    assert stores.judgements.count() == 0
    assert stores.judgements.known("m", [SINGS]) == {SINGS: SAID[SINGS]}
    database.rollback()
    stores.save_derivations()
    assert stores.judgements.count() == 2


def test_a_file_without_the_table_gets_it(path: Path) -> None:
    with Database.open(path) as database:
        database.execute("DROP TABLE store.judgements")
    with Database.open(path) as database:
        assert JudgementStore(database).count() == 0
