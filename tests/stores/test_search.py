"""Vector and word search against brute force, and caches against everything that may happen to the facts."""

from __future__ import annotations

import math
import time
from collections import Counter
from pathlib import Path
from unittest import mock

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from neuraldb.core.errors import CorruptDatabase, DataError, IntegrityError, InterfaceError
from neuraldb.core.text import tokens_for_search
from neuraldb.stores import lexical
from neuraldb.stores.arrays import GrowingArray, best, places
from neuraldb.stores.database import Database
from neuraldb.stores.embeddings import EmbeddingStore
from neuraldb.stores.facts import FactStore, NewFact
from neuraldb.stores.lexical import LexicalIndex

WIDTH = 6
WORDS = ("anna", "berg", "oslo", "paris", "works", "lives", "moon", "x1", "x2")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
STEMS = {word: tokens_for_search(word)[0] for word in WORDS}


def vector_of(text: str) -> np.ndarray:
    """A vector that depends on the text alone; different texts may well have the same one."""
    counts = Counter(text)
    return np.asarray([counts[letter] for letter in "aeioxr"], np.float32) / 2


def nearest(held: dict[int, np.ndarray], query: np.ndarray, count: int, allowed: set[int] | None) -> list[int]:
    scored = [
        (-sum(float(a) * float(b) for a, b in zip(vector, query, strict=True)), fact)
        for fact, vector in held.items()
        if allowed is None or fact in allowed
    ]
    return [fact for _, fact in sorted(scored)[:count]]


def bm25(documents: dict[int, list[str]], query: list[str], k1: float = 1.2, b: float = 0.75) -> dict[int, float]:
    """Robertson and Zaragoza 2009, equation 3.15, with Lucene's 1 + in the logarithm of the weight."""
    scores: dict[int, float] = {}
    average = sum(map(len, documents.values())) / max(len(documents), 1)
    for word in dict.fromkeys(query):
        having = [fact for fact, words in documents.items() if word in words]
        weight = math.log(1 + (len(documents) - len(having) + 0.5) / (len(having) + 0.5))
        for fact in having:
            count = documents[fact].count(word)
            norm = k1 * (1 - b + b * len(documents[fact]) / average)
            scores[fact] = scores.get(fact, 0.0) + weight * count * (k1 + 1) / (count + norm)
    return scores


# -------------------------------------------------------------------------------------------------- whatever happens


class Caches(RuleBasedStateMachine):
    """Adds, forgets, commits and rollbacks in any order; both indexes must always agree with a plain scan.

    After some steps nobody looks: a cache must also be right that has missed a few.
    """

    def __init__(self) -> None:
        super().__init__()
        # merging and making room come after many facts; here after few
        self.small = mock.patch.multiple(lexical, _SMALLEST_MERGE=6, _LOADED_AT_ONCE=3)
        self.small.start()
        self.database = Database.open()
        self.facts = FactStore(self.database)
        self.embeddings = EmbeddingStore(self.database, "test", WIDTH)
        self.lexical = LexicalIndex(self.database)
        self.current: dict[int, str] = {}
        self.embedded: set[int] = set()
        self.before: tuple[dict[int, str], set[int]] | None = None

    def teardown(self) -> None:
        self.look(True)
        self.database.close()
        self.small.stop()

    @rule(text=TEXTS, more=st.lists(TEXTS, max_size=3), embed=st.booleans(), look=st.booleans())
    def add(self, text: str, more: list[str], embed: bool, look: bool) -> None:
        texts = [text, *more]
        added = self.facts.add([NewFact(each) for each in texts])
        self.current.update({fact.id: each for fact, each in zip(added, texts, strict=True) if fact.new})
        missing = self.embeddings.missing().tolist()
        assert missing == sorted(set(self.current) - self.embedded)
        if embed:
            self.embeddings.put(missing, np.asarray([vector_of(self.current[f]) for f in missing]).reshape(-1, WIDTH))
            self.embedded.update(missing)
        self.look(look)

    @precondition(lambda self: self.current)
    @rule(places=st.lists(st.integers(0, 30), min_size=1, max_size=4), look=st.booleans())
    def forget(self, places: list[int], look: bool) -> None:
        ids = sorted(self.current)
        gone = sorted({ids[place % len(ids)] for place in places})
        assert self.facts.forget(gone) == gone
        for fact in gone:
            del self.current[fact]
        self.look(look)

    @precondition(lambda self: self.before is None)
    @rule()
    def begin(self) -> None:
        self.database.begin()
        self.before = dict(self.current), set(self.embedded)

    @precondition(lambda self: self.before is not None)
    @rule(look=st.booleans())
    def commit(self, look: bool) -> None:
        self.database.commit()
        self.before = None
        self.look(look)

    @precondition(lambda self: self.before is not None)
    @rule(look=st.booleans())
    def rollback(self, look: bool) -> None:
        assert self.before is not None
        self.database.rollback()
        self.current, self.embedded = self.before
        self.before = None
        self.look(look)

    def look(self, look: bool) -> None:
        if look:
            assert self.facts.ids().tolist() == sorted(self.current)
            odd = {fact for fact in range(1, 30) if fact % 2}
            for query, count, allowed in ((["anna", "oslo"], 3, None), (["x1"], 50, odd), (list(WORDS), 2, odd)):
                self.check_vectors(query, count, allowed)
                self.check_words(query, count, allowed)

    def check_vectors(self, query: list[str], count: int, allowed: set[int] | None) -> None:
        vector = vector_of(" ".join(query))
        held = {fact: vector_of(text) for fact, text in self.current.items() if fact in self.embedded}
        ids, scores = self.embeddings.search(vector, count, None if allowed is None else sorted(allowed))
        assert ids.tolist() == nearest(held, vector, count, allowed)
        assert scores.tolist() == [float(held[fact].astype(float) @ vector.astype(float)) for fact in ids.tolist()]
        all_ids, matrix = self.embeddings.matrix()
        assert dict(zip(all_ids.tolist(), matrix.tolist(), strict=True)) == {f: v.tolist() for f, v in held.items()}

    def check_words(self, query: list[str], count: int, allowed: set[int] | None) -> None:
        documents = {fact: [STEMS[word] for word in text.split()] for fact, text in self.current.items()}
        tokens = [STEMS[word] for word in query]
        expected = bm25(documents, tokens)
        possible = {fact: score for fact, score in expected.items() if allowed is None or fact in allowed}
        ids, scores = self.lexical.search(tokens, count, None if allowed is None else sorted(allowed))
        assert scores.tolist() == pytest.approx(sorted(possible.values(), reverse=True)[:count])
        assert scores.tolist() == pytest.approx([possible[fact] for fact in ids.tolist()])
        assert all(a < b for a, b, s, t in zip(ids, ids[1:], scores, scores[1:], strict=False) if s == t)
        having = [fact for fact, words in sorted(documents.items()) if set(tokens) <= set(words)]
        assert self.lexical.containing(tokens).tolist() == having
        for token in STEMS.values():
            assert self.lexical.document_frequency(token) == sum(token in words for words in documents.values())


Caches.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestCaches = Caches.TestCase


def test_an_id_that_is_given_out_again_after_a_rollback(database: Database) -> None:
    facts, words = FactStore(database), LexicalIndex(database)
    vectors = EmbeddingStore(database, "test", 1)
    facts.add([NewFact("Anna sings.")])
    vectors.put([1], [[1]])
    assert words.containing(["sing"]).tolist() == [1]
    for told in ("Nora", "Ola"):
        database.begin()
        facts.add([NewFact(f"{told} bakes.")])
        vectors.put([2], [[len(told)]])
        assert words.containing(["bake"]).tolist() == [2]
        assert vectors.matrix()[1].tolist() == [[1], [len(told)]]
        assert words.containing([told.lower()]).tolist() == [2]
        # a second look within the transaction must not make the row trusted
        facts.add([NewFact(f"{told} sleeps.")])
        assert words.containing([told.lower()]).tolist() == [2, 3]
        database.rollback()
    facts.add([NewFact("Eva runs.")])
    vectors.put([2], [[9]])
    assert words.containing(["ola"]).tolist() == words.containing(["bake"]).tolist() == []
    assert words.containing(["run"]).tolist() == [2]
    assert vectors.matrix()[1].tolist() == [[1], [9]]


def test_slots_after_room_was_made(database: Database) -> None:
    facts, words = FactStore(database), LexicalIndex(database)
    facts.add([NewFact(f"number{n} common") for n in range(1, 21)])
    assert words.document_frequency("common") == 20
    facts.forget(range(1, 11))
    assert words.document_frequency("common") == 10
    facts.forget([15, 20])
    assert words.containing(["common"]).tolist() == [11, 12, 13, 14, 16, 17, 18, 19]
    assert words.document_frequency("number15") == 0
    assert words.document_frequency("number16") == 1
    facts.add([NewFact("number15 common again")])
    assert words.containing(["number15"]).tolist() == [21]
    assert words.search(["number15", "common"], 1)[0].tolist() == [21]


def test_a_second_connection_sees_what_the_first_has_committed(path: Path) -> None:
    with Database.open(path) as one, Database.open(path) as other:
        words = LexicalIndex(other)
        FactStore(one).add([NewFact("Anna sings.")])
        assert words.containing(["anna"]).tolist() == [1]
        other.begin()
        assert FactStore(other).count() == 1
        FactStore(one).add([NewFact("Nora bakes.")])
        assert words.containing(["nora"]).tolist() == []
        other.commit()
        assert words.containing(["nora"]).tolist() == [2]


# ------------------------------------------------------------------------------------------------------------ vectors


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


def test_a_search_is_quick(database: Database) -> None:
    facts = FactStore(database)
    facts.add([NewFact(f"Number {n}.") for n in range(20_000)])
    store = EmbeddingStore(database, "test", 384)
    vectors = np.random.default_rng(0).standard_normal((20_000, 384)).astype(np.float32)
    store.put(facts.ids(), vectors)
    took = []
    for query in vectors[:10]:
        begun = time.thread_time()
        store.search(query, 10)
        took.append(time.thread_time() - begun)
    # 30 ms is what a hundred thousand may take; the first search loads the matrix
    assert min(took) < 0.030


# -------------------------------------------------------------------------------------------------------------- words


def test_the_subject_counts_as_a_word(database: Database) -> None:
    FactStore(database).add([NewFact("Her brother runs a bakery.", "Anna Berg"), NewFact("Nora bakes.")])
    words = LexicalIndex(database)
    assert words.containing(tokens_for_search("Anna's bakeries")).tolist() == [1]
    assert words.containing([]).tolist() == [1, 2]
    assert words.containing(["nobody"]).tolist() == []
    assert words.search(["nobody"], 3)[0].tolist() == []


def test_bm25_of_a_worked_example(database: Database) -> None:
    FactStore(database).add([NewFact("red red cat"), NewFact("red dog"), NewFact("blue bird sings here today")])
    ids, scores = LexicalIndex(database).search(["red", "cat"], 5)
    # N = 3, average length 10 / 3; red is in two facts, cat in one
    red, cat = math.log(1 + 1.5 / 2.5), math.log(1 + 2.5 / 1.5)
    first = red * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 0.9)) + cat * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 0.9))
    second = red * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 0.6))
    assert ids.tolist() == [1, 2]
    assert scores.tolist() == pytest.approx([first, second])
    assert LexicalIndex(database).search(["red", "red", "cat"], 5)[1].tolist() == scores.tolist()


def test_parameters_of_bm25(database: Database) -> None:
    FactStore(database).add([NewFact("red " * 9 + "cat"), NewFact("red cat")])
    flat = LexicalIndex(database, k1=0.0, b=0.0)
    assert len(set(flat.search(["red"], 5)[1].tolist())) == 1
    assert LexicalIndex(database, b=0.0).search(["red"], 5)[0].tolist() == [1, 2]
    assert LexicalIndex(database, b=1.0).search(["cat"], 5)[0].tolist() == [2, 1]


# ------------------------------------------------------------------------------------------------------------- arrays


def test_growing_array() -> None:
    array = GrowingArray(np.int64)
    views = []
    for n in range(300):
        array.extend([n])
        views.append(array.view)
    assert all(view.tolist() == list(range(n + 1)) for n, view in enumerate(views))
    array.keep(array.view % 2 == 0)
    array.extend([7, 8])
    assert array.view.tolist() == [*range(0, 300, 2), 7, 8]
    assert views[-1].tolist() == list(range(300))


@given(st.lists(st.integers(-3, 3)), st.integers(-1, 12))
def test_best(scores: list[int], count: int) -> None:
    ids = np.asarray([(n * 7) % 101 for n in range(len(scores))], np.int64)
    expected = sorted(zip([-score for score in scores], ids.tolist(), strict=True))[: max(count, 0)]
    found = best(ids, np.asarray(scores, np.float64), count)
    assert list(zip((-found[1]).tolist(), found[0].tolist(), strict=True)) == expected


def test_places() -> None:
    ids = np.asarray([2, 4, 9], np.int64)
    assert places(ids, np.asarray([9, 1, 2, 10, 9], np.int64)).tolist() == [2, 0, 2]
    assert places(ids[:0], ids).tolist() == []
