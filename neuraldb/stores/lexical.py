"""Word search over the current facts: BM25 scores and the facts that hold given words.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, section 3.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from neuraldb.core.text import tokens_for_search
from neuraldb.stores.arrays import GrowingArray, Ids, Scores, best, sorted_ids
from neuraldb.stores.database import Database
from neuraldb.stores.facts import reading
from neuraldb.stores.following import Follower

SATURATION = 1.2
"""BM25's k1: how soon a further occurrence of a word stops to count."""
LENGTH_NORMALISATION = 0.75
"""BM25's b: from 0, where a fact's length does not matter, to 1, where twice as long counts half."""

Slots: TypeAlias = npt.NDArray[np.int64]

_LOADED_AT_ONCE = 20_000
# new postings wait in Python lists until they are so many, or this share of the sorted ones
_SMALLEST_MERGE = 20_000
_MERGE_SHARE = 0.25
_DEAD_SHARE = 0.25


class LexicalIndex(Follower):
    """An inverted index of the current facts' readings, in memory.

    A fact has a slot. Which tokens a slot has is kept in slot order (to let facts go), and which slots have a token in
    token order (to search); the second lags behind, and what it lacks waits in lists.

    Args:
        database: whose facts.
        k1, b: BM25's parameters.
    """

    def __init__(self, database: Database, k1: float = SATURATION, b: float = LENGTH_NORMALISATION) -> None:
        self.k1 = k1
        self.b = b
        super().__init__(database, "SELECT id FROM store.facts WHERE recorded_to IS NULL")

    def search(self, tokens: Iterable[str], count: int, allowed: npt.ArrayLike | None = None) -> tuple[Ids, Scores]:
        """The current facts with the highest BM25 score for a bag of words.

        Args:
            tokens: as :func:`~neuraldb.core.text.tokens_for_search` makes them; a repeated one counts once.
            count: how many facts are wanted.
            allowed: the only ids that may come, applied before the cut; None allows all.

        Returns:
            ids int64 and scores float64, highest first, equal ones by ascending id; facts without any of the words
            do not come.
        """
        with self._database.lock:
            self.synchronise()
            scores = np.zeros(len(self._ids))
            if self._current:
                relative = self._lengths.view / max(self._total_length / self._current, 1e-9)
                norms = self.k1 * (1 - self.b + self.b * relative)
                for token in dict.fromkeys(tokens):
                    slots, counts = self._postings(token)
                    weight = self._weight(self._frequency(token))
                    scores[slots] += weight * counts * (self.k1 + 1) / (counts + norms[slots])
            found = np.flatnonzero((scores > 0) & self._alive.view)
            ids = self._ids.view[found]
            scores = scores[found]
        if allowed is not None:
            which = np.isin(ids, sorted_ids(allowed))
            ids, scores = ids[which], scores[which]
        return best(ids, scores, count)

    def document_frequency(self, token: str) -> int:
        """How many current facts have the token."""
        with self._database.lock:
            self.synchronise()
            return self._frequency(token)

    def containing(self, tokens: Iterable[str]) -> Ids:
        """The ids, int64 and ascending, of the current facts that have all the tokens; without tokens, of all."""
        with self._database.lock:
            self.synchronise()
            slots: Slots | None = None
            # rare ones first, so that little is compared
            for token in sorted(dict.fromkeys(tokens), key=self._frequency):
                having = self._postings(token)[0]
                slots = having if slots is None else np.intersect1d(slots, having, assume_unique=True)
            found = np.arange(len(self._ids)) if slots is None else slots
            return np.sort(self._ids.view[found[self._alive.view[found]]])

    def _weight(self, frequency: int) -> float:
        """The inverse document frequency, with 1 added in the logarithm: a word in most facts still counts for it."""
        return float(np.log1p((self._current - frequency + 0.5) / (frequency + 0.5)))

    def _frequency(self, token: str) -> int:
        number = self._vocabulary.get(token)
        return 0 if number is None else int(self._frequencies.view[number])

    def _postings(self, token: str) -> tuple[Slots, npt.NDArray[np.float64]]:
        """The slots, live or dead, that have a token, each once, and how often they have it."""
        number = self._vocabulary.get(token, -1)
        slots: Slots = np.empty(0, np.int64)
        counts = np.empty(0, np.float64)
        if 0 <= number < len(self._sorted_starts) - 1:
            part = slice(self._sorted_starts[number], self._sorted_starts[number + 1])
            slots, counts = self._sorted_slots[part], self._sorted_counts[part].astype(np.float64)
        if number in self._waiting:
            late = np.asarray(self._waiting[number], np.int64)
            slots, counts = np.concatenate([slots, late[:, 0]]), np.concatenate([counts, late[:, 1]])
        return slots, counts

    # ------------------------------------------------------------------------------------------------- the cache

    def _clear(self) -> None:
        self._vocabulary: dict[str, int] = {}
        self._frequencies = GrowingArray(np.int64)
        # by slot
        self._ids = GrowingArray(np.int64)
        self._alive = GrowingArray(np.bool_)
        self._lengths = GrowingArray(np.float64)
        self._sizes = GrowingArray(np.int64)
        # by slot, then token: the distinct tokens of each slot and how often it has them
        self._tokens = GrowingArray(np.int32)
        self._counts = GrowingArray(np.int32)
        self._slot_of: dict[int, int] = {}
        self._current = 0
        self._total_length = 0.0
        self._sort()

    def _load(self, ids: Ids) -> None:
        for start in range(0, len(ids), _LOADED_AT_ONCE):
            rows = self._database.rows(
                "SELECT id, text, subject FROM store.facts WHERE id IN (SELECT id FROM wanted) ORDER BY id",
                inputs={"wanted": pa.table({"id": ids[start : start + _LOADED_AT_ONCE]})},
            )
            self._take_in([(fact, tokens_for_search(reading(text, subject))) for fact, text, subject in rows])
        unsorted = len(self._tokens) - len(self._sorted_slots)
        if unsorted > max(_SMALLEST_MERGE, _MERGE_SHARE * len(self._sorted_slots)):
            self._sort()
        else:
            self._queue(len(self._ids) - len(ids))

    def _take_in(self, documents: list[tuple[int, tuple[str, ...]]]) -> None:
        vocabulary = self._vocabulary
        first = len(self._ids)
        tokens: list[int] = []
        counts: list[int] = []
        sizes: list[int] = []
        for slot, (fact, words) in enumerate(documents, first):
            bag = Counter(words)
            tokens += [vocabulary.setdefault(word, len(vocabulary)) for word in bag]
            counts += bag.values()
            sizes.append(len(bag))
            self._slot_of[fact] = slot
        self._frequencies.extend(np.zeros(len(vocabulary) - len(self._frequencies), np.int64))
        self._frequencies.view[:] += np.bincount(np.asarray(tokens, np.int64), minlength=len(vocabulary))
        lengths = [len(words) for _, words in documents]
        self._ids.extend([fact for fact, _ in documents])
        self._alive.extend(np.ones(len(documents), np.bool_))
        self._lengths.extend(lengths)
        self._sizes.extend(sizes)
        self._tokens.extend(tokens)
        self._counts.extend(counts)
        self._current += len(documents)
        self._total_length += sum(lengths)

    def _queue(self, first: int) -> None:
        """Let the postings of the slots from ``first`` on wait."""
        sizes = self._sizes.view[first:]
        start = len(self._tokens) - int(sizes.sum())
        slots = np.repeat(np.arange(first, len(self._ids)), sizes)
        columns = self._tokens.view[start:], slots, self._counts.view[start:]
        for number, slot, count in zip(*(column.tolist() for column in columns), strict=True):
            self._waiting.setdefault(number, []).append((slot, count))

    def _drop(self, ids: Ids) -> None:
        slots = np.asarray([self._slot_of.pop(int(fact)) for fact in ids], np.int64)
        self._alive.view[slots] = False
        sizes = self._sizes.view
        ends = np.cumsum(sizes)
        places = [np.arange(end - size, end) for end, size in zip(ends[slots], sizes[slots], strict=True)]
        leaving = self._tokens.view[np.concatenate(places)]
        np.subtract.at(self._frequencies.view, leaving, 1)
        self._current -= len(slots)
        self._total_length -= float(self._lengths.view[slots].sum())
        if sizes[~self._alive.view].sum() > _DEAD_SHARE * len(self._tokens):
            self._compact(np.repeat(~self._alive.view, sizes))

    def _compact(self, gone: npt.NDArray[np.bool_]) -> None:
        """Give the dead slots' memory back; ``gone`` marks their tokens."""
        stay = self._alive.view.copy()
        for by_token in (self._tokens, self._counts):
            by_token.keep(~gone)
        for by_slot in (self._ids, self._alive, self._lengths, self._sizes):
            by_slot.keep(stay)
        self._slot_of = {int(fact): slot for slot, fact in enumerate(self._ids.view)}
        self._sort()

    def _sort(self) -> None:
        """Bring all postings into token order, none waiting."""
        self._waiting: dict[int, list[tuple[int, int]]] = {}
        tokens = self._tokens.view
        order = np.argsort(tokens, kind="stable")
        slots = np.repeat(np.arange(len(self._ids)), self._sizes.view)
        self._sorted_slots: Slots = slots[order]
        self._sorted_counts = self._counts.view[order]
        sizes = np.bincount(tokens, minlength=len(self._vocabulary))
        self._sorted_starts = np.concatenate([[0], np.cumsum(sizes)])
