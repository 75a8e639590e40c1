"""Vectors of relations."""

from __future__ import annotations

import numpy as np
import pytest

from neuraldb.core.errors import DataError
from neuraldb.stores.database import Database
from neuraldb.stores.graph import GraphStore, NewTriple
from neuraldb.stores.relations import RelationStore
from neuraldb.stores.terms import Term


@pytest.fixture
def terms(database: Database) -> list[int]:
    """Two relations of triples, and one of none."""
    graph = GraphStore(database)
    anna, one, two, three = graph.ensure_terms(
        [Term("entity", "Anna"), *(Term("relation", name) for name in ("knows", "likes", "sees"))]
    )
    graph.add_triples([NewTriple(anna, one, anna), NewTriple(anna, two, anna)])
    return [one, two, three]


def test_vectors_of_current_relations(database: Database, terms: list[int]) -> None:
    store = RelationStore(database)
    assert store.lacking(terms, "m") == terms
    store.put(terms, "m", np.eye(3, 4, dtype=np.float32))
    assert store.lacking([*terms, 99], "m") == [99]
    assert store.lacking(terms, "other") == terms
    ids, vectors = store.vectors("m")
    assert ids.tolist() == terms[:2]
    assert vectors.tolist() == np.eye(3, 4)[:2].tolist()
    assert store.vectors("other")[0].tolist() == []


def test_vectors_go_with_the_transaction_that_stored_them(database: Database, terms: list[int]) -> None:
    store = RelationStore(database)

    def fails() -> None:
        with database.transaction():
            store.put(terms, "m", np.eye(3, 4, dtype=np.float32))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert store.lacking(terms, "m") == terms


@pytest.mark.parametrize("vectors", [np.eye(2, 4), np.ones(3), np.full((3, 4), np.nan)])
def test_vectors_that_cannot_be(vectors: np.ndarray, database: Database, terms: list[int]) -> None:
    with pytest.raises(DataError):
        RelationStore(database).put(terms, "m", vectors)
    assert RelationStore(database).lacking(terms, "m") == terms
