"""What readers found is kept while the fact is current."""

from __future__ import annotations

import pytest

from neuraldb.core.errors import DataError, IntegrityError
from neuraldb.stores.database import Database
from neuraldb.stores.derivations import Derivation, DerivationStore
from neuraldb.stores.facts import FactStore, NewFact

WORK = "pair\nWho works where?"


@pytest.fixture
def store(database: Database) -> DerivationStore:
    FactStore(database).add([NewFact(f"Number {n}.") for n in range(1, 7)])
    return DerivationStore(database)


def test_what_was_found_and_what_was_not(store: DerivationStore) -> None:
    both = [
        Derivation(2, "Anna", "Equinor", (0, 4), (15, 22), None, 0.75),
        Derivation(2, "Nils", None, (30, 34), None, "yes", 0.5),
    ]
    store.put("reader-1", WORK, [1, 2], both)
    assert store.known("reader-1", WORK, [3, 2, 1]) == (both, [3])
    assert store.known("reader-1", "another", [1, 2]) == ([], [1, 2])
    assert store.known("reader-2", WORK, [2]) == ([], [2])
    assert store.known("reader-1", WORK, []) == ([], [])


def test_order(store: DerivationStore) -> None:
    found = [Derivation(fact, text) for text in ("b", "a") for fact in (1, 2)]
    store.put("r", WORK, [2, 1], found)
    known, unread = store.known("r", WORK, [2, 4, 1, 3])
    assert [(derivation.fact, derivation.key_text) for derivation in known] == [(2, "b"), (2, "a"), (1, "b"), (1, "a")]
    assert unread == [4, 3]


def test_nothing_is_given_of_facts_that_are_not_current(store: DerivationStore, database: Database) -> None:
    store.put("r", WORK, [1, 2], [Derivation(1, "a"), Derivation(2, "b")])
    FactStore(database).forget([1, 3])
    assert store.known("r", WORK, [1, 2, 3, 99]) == ([Derivation(2, "b")], [])


def test_reading_again_replaces(store: DerivationStore) -> None:
    store.put("r", WORK, [1, 2], [Derivation(1, "a"), Derivation(1, "b"), Derivation(2, "c")])
    store.put("r", WORK, [1], [])
    assert store.known("r", WORK, [1, 2]) == ([Derivation(2, "c")], [])
    store.put("r", WORK, [1], [Derivation(1, "d")])
    assert store.known("r", WORK, [1])[0] == [Derivation(1, "d")]
    assert store.count() == 2


def test_a_rollback_takes_derivations_along(store: DerivationStore, database: Database) -> None:
    database.begin()
    store.put("r", WORK, [1], [Derivation(1, "a")])
    assert store.known("r", WORK, [1])[1] == []
    database.rollback()
    assert store.known("r", WORK, [1]) == ([], [1])


def test_what_cannot_be_kept(store: DerivationStore) -> None:
    with pytest.raises(IntegrityError, match="fact 2"):
        store.put("r", WORK, [1], [Derivation(2, "a")])
    with pytest.raises(DataError):
        store.put("r", WORK, [1], [Derivation(1, "a", confidence=1.5)])
    assert store.count() == 0


def test_trimming_keeps_the_latest_and_no_half_readings(store: DerivationStore, database: Database) -> None:
    for fact in (1, 2, 3, 4):
        store.put("r", WORK, [fact], [Derivation(fact, "a"), Derivation(fact, "b")])
    store.put("r", "another", [1], [])
    assert store.trim(100) == 0
    FactStore(database).forget([4])
    assert store.trim(100) == 2
    # of the remaining 7 rows: one for "another", two for each fact; 3 and "another" fit into 4, but not half of 2
    assert store.trim(4) == 4
    assert store.known("r", WORK, [1, 2, 3]) == ([Derivation(3, "a"), Derivation(3, "b")], [1, 2])
    assert store.known("r", "another", [1]) == ([], [])
    assert store.trim(0) == 3
    assert store.count() == 0
