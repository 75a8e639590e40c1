"""Vector and word search against brute force, and caches against everything that may happen to the facts."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from unittest import mock

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from neuraldb.core.text import tokens_for_search
from neuraldb.stores import lexical
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


Caches.TestCase.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
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
