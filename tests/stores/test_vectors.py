"""Vector search: what is allowed, ties, shapes, and what cannot be stored."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from neuraldb.core.errors import CorruptDatabase, DataError, IntegrityError, InterfaceError
from neuraldb.core.text import tokens_for_search
from neuraldb.stores import arrays, embeddings
from neuraldb.stores.arrays import Ids, Scores
from neuraldb.stores.database import Database
from neuraldb.stores.embeddings import EmbeddingStore, Vectors
from neuraldb.stores.facts import FactStore, NewFact
from neuraldb.stores.lexical import LexicalIndex


@pytest.fixture
def filled(database: Database) -> EmbeddingStore:
    """A hundred burgers of shop 1, one of shop 2, and a duplicate vector under every second id."""
    facts = FactStore(database)
    facts.add([NewFact(f"Burger {n} of shop 1.") for n in range(100)] + [NewFact("Burger of shop 2.")])
    store = EmbeddingStore(database, "test", 4)
    vectors = np.zeros((101, 4), np.float32)
    vectors[:, 0] = 1.0
    vectors[100] = [0.5, 0.5, 0.0, 0.0]
    store.put(facts.ids(), vectors)
    return store


def test_what_is_allowed_is_decided_before_the_cut(filled: EmbeddingStore, database: Database) -> None:
    # a known fault of such systems: the best are taken first, and nothing is left after the filter
    query = np.asarray([1, 0, 0, 0], np.float32)
    assert 101 not in filled.search(query, 100)[0]
    ids, scores = filled.search(query, 1, [101])
    assert (ids.tolist(), scores.tolist()) == ([101], [0.5])
    # also where most is allowed, and the rest is masked instead of copied
    assert filled.search(query, 200, range(50, 102))[0].tolist() == [*range(50, 101), 101]
    assert filled.search(query, 1, [])[0].tolist() == []
    assert filled.search(query, 1, [5000, -1])[0].tolist() == []
    words = LexicalIndex(database)
    assert words.search(tokens_for_search("burger shop 1"), 1, [101])[0].tolist() == [101]


def test_equal_scores_come_in_order_of_id(filled: EmbeddingStore) -> None:
    query = np.asarray([0.3, 0, 0, 0], np.float32)
    ids, scores = filled.search(query, 7)
    assert ids.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert len(set(scores.tolist())) == 1


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_equal_vectors_get_equal_scores_wherever_they_stand(seed: int) -> None:
    chance = np.random.default_rng(seed)
    with Database.open() as database:
        facts = FactStore(database)
        facts.add([NewFact(f"Number {n}.") for n in range(300)])
        distinct = chance.standard_normal((20, 384)).astype(np.float32)
        vectors = distinct[chance.integers(0, 20, 300)]
        store = EmbeddingStore(database, "test", 384)
        store.put(facts.ids(), vectors)
        queries = chance.standard_normal((3, 384)).astype(np.float32)
        exact = queries.astype(np.float64) @ vectors.astype(np.float64).T
        ids, scores = store.search(queries, 40)
        assert ids.shape == scores.shape == (3, 40)
        for one, some_ids, some_scores in zip(exact, ids, scores, strict=True):
            kinds: dict[float, list[int]] = {}
            for fact, score in zip(some_ids.tolist(), some_scores.tolist(), strict=True):
                kinds.setdefault(score, []).append(fact)
            assert all(found == sorted(found) for found in kinds.values())
            assert len(kinds) <= 20
            assert some_scores == pytest.approx(np.sort(one)[::-1][:40])
        for one, some_ids in zip(queries, ids, strict=True):
            assert store.search(one, 40)[0].tolist() == some_ids.tolist()


def test_rounding_does_not_cost_a_place(database: Database) -> None:
    # whatever order float32 products are added in, 1e8 swallows the 1 in some of these rows
    rows = [[0, 0.5, 0, 0], [1e8, 1, -1e8, 0], [1, 1e8, 0, -1e8], [1e8, -1e8, 1, 0], [0, 1e8, 1, -1e8]]
    FactStore(database).add([NewFact(f"Number {n}.") for n in range(len(rows))])
    store = EmbeddingStore(database, "test", 4)
    store.put(range(1, 6), rows)
    for count in (1, 2, 3, 4):
        ids, scores = store.search(np.ones(4, np.float32), count)
        assert (ids.tolist(), scores.tolist()) == ([2, 3, 4, 5][:count], [1.0] * count)


def test_shapes_of_small_results(filled: EmbeddingStore, database: Database) -> None:
    queries = np.ones((2, 4), np.float32)
    assert filled.search(queries, 500)[0].shape == (2, 101)
    assert filled.search(queries, 0)[0].shape == (2, 0)
    assert filled.search(queries[:0], 5)[0].shape == (0, 5)
    assert filled.search(queries, 5, [3, 4])[0].tolist() == [[3, 4], [3, 4]]
    empty = EmbeddingStore(database, "another", 4)
    assert empty.search(queries, 5)[0].shape == (2, 0)
    assert empty.search(queries[0], 5)[0].shape == (0,)
    assert empty.matrix()[1].shape == (0, 4)
    for wrong in (np.ones(5), np.ones((2, 5)), np.ones((1, 1, 4))):
        with pytest.raises(InterfaceError):
            filled.search(wrong, 1)


def test_a_view_is_not_changed_by_what_comes_later(filled: EmbeddingStore, database: Database) -> None:
    ids, vectors = filled.matrix()
    copy = vectors.copy()
    facts = FactStore(database)
    facts.add([NewFact("One more.")])
    filled.put([102], np.full((1, 4), 9, np.float32))
    assert filled.matrix()[0].tolist() == list(range(1, 103))
    facts.forget([1, 50])
    assert filled.matrix()[0].tolist() == [*range(2, 50), *range(51, 103)]
    assert ids.tolist() == list(range(1, 102))
    assert (vectors == copy).all()


def test_vectors_of_past_facts_are_kept(filled: EmbeddingStore, database: Database) -> None:
    FactStore(database).forget([101])
    assert filled.vectors([101, 1, 101]).tolist() == [[0.5, 0.5, 0, 0], [1, 0, 0, 0], [0.5, 0.5, 0, 0]]
    with pytest.raises(DataError, match="fact 999"):
        filled.vectors([1, 999])


def test_models_do_not_mix(filled: EmbeddingStore, database: Database) -> None:
    other = EmbeddingStore(database, "other", 2)
    assert other.missing().tolist() == list(range(1, 102))
    other.put([3], [[1, 2]])
    assert other.matrix()[0].tolist() == [3]
    assert len(filled.matrix()[0]) == 101
    with pytest.raises(CorruptDatabase):
        EmbeddingStore(database, "other", 3).matrix()


def test_a_vector_stays_as_it_is(filled: EmbeddingStore) -> None:
    filled.put([101, 100], np.full((2, 4), 7, np.float32))
    assert filled.vectors([101]).tolist() == [[0.5, 0.5, 0, 0]]
    assert len(filled.matrix()[0]) == 101


def test_vectors_that_cannot_be_stored(filled: EmbeddingStore) -> None:
    for ids, matrix in (
        ([1], np.ones((1, 5))),
        ([1, 2], np.ones((1, 4))),
        ([1], np.ones(4)),
        ([1, 1], np.ones((2, 4))),
    ):
        with pytest.raises(DataError):
            filled.put(ids, matrix)
    for bad in (np.nan, np.inf):
        with pytest.raises(DataError, match="finite"):
            filled.put([1], [[bad, 0, 0, 0]])
    with pytest.raises(IntegrityError, match="fact 500"):
        filled.put([500], np.ones((1, 4)))
    filled.put([], np.empty((0, 4)))


def test_a_search_reads_no_vectors_again_and_scores_few_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = FactStore(database)
    facts.add([NewFact(f"Number {n}.") for n in range(2000)])
    store = EmbeddingStore(database, "test", 64)
    vectors = np.random.default_rng(0).standard_normal((2000, 64)).astype(np.float32)
    store.put(facts.ids(), vectors)
    read, scored = [], []

    def reading(self: EmbeddingStore, ids: Ids) -> tuple[Ids, Vectors]:
        read.append(len(ids))
        return _read(self, ids)

    def scoring(ids: Ids, scores: Scores, count: int) -> tuple[Ids, Scores]:
        scored.append(len(scores))
        return arrays.best(ids, scores, count)

    _read = EmbeddingStore._read
    monkeypatch.setattr(EmbeddingStore, "_read", reading)
    monkeypatch.setattr(embeddings, "best", scoring)
    for place, query in enumerate(vectors[:10]):
        assert store.search(query, 10)[0][0] == facts.ids()[place]
    assert read == [2000]  # by the first search
    assert len(scored) == 10
    assert max(scored) < 20


def test_a_floor_lets_as_many_come_as_reach_it(filled: EmbeddingStore) -> None:
    query = np.array([1.0, 0.0, 0.0, 0.0], np.float32)
    assert filled.search(query, 2)[0].tolist() == [1, 2]
    assert filled.search(query, 2, floor=1.0)[0].tolist() == list(range(1, 101))
    assert filled.search(query, 0, floor=0.5)[0].tolist() == list(range(1, 102))
    # what is wanted comes, whatever the floor
    assert filled.search(query, 101, floor=2.0)[0].tolist() == list(range(1, 102))
    assert filled.search(query, 0, floor=2.0)[0].tolist() == []
    assert filled.search(query, 0, [7, 101], floor=0.7)[0].tolist() == [7]
    with pytest.raises(InterfaceError, match="floor"):
        filled.search(query[None], 2, floor=0.5)


@pytest.mark.parametrize("gone", [1, 20, 90])
def test_what_is_forgotten_is_not_found_however_much_of_it(
    filled: EmbeddingStore, database: Database, gone: int
) -> None:
    query = np.array([1.0, 0.0, 0.0, 0.0], np.float32)
    assert len(filled.search(query, 200)[0]) == 101
    for fact in range(1, gone + 1):
        FactStore(database).forget([fact])
        if fact % 9 == 0:
            filled.search(query, 1)
    left = list(range(gone + 1, 102))
    assert filled.search(query, 200)[0].tolist() == left
    assert filled.search(query, 200, [gone, gone + 1, 101])[0].tolist() == [gone + 1, 101][: len(left)]
    assert filled.search(np.stack([query, query]), 3)[0].tolist() == [left[:3]] * 2
    FactStore(database).add([NewFact("One more.")])
    filled.put([102], np.full((1, 4), 9, np.float32))
    assert filled.search(query, 2)[0].tolist() == [102, left[0]]
    assert filled.matrix()[0].tolist() == [*left, 102]
