"""Which things of a graph the words of a question may mean: several candidates are kept, the data decide among them.

A name is found in any case and with any accents, in the singular, with typing errors in some of its words, or by its
last word alone. Names that several things share give all of them: which one is meant shows by which makes a plan.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from neuraldb.core.frames import Span
from neuraldb.core.text import normalise, singular
from neuraldb.stores.arrays import Ids

LONGEST = 14
"""Words of a name."""
SHORTEST = 5
"""Letters of a name that may be misspelt."""
SHARED = 200
"""Names with a word in common that are compared for typing errors."""
PARTIAL = 12
"""So many names may end in a word that is to stand for one of them."""
KINDS = ("exact", "inflected", "misspelt", "partial")
_ARTICLE = re.compile(r"(?:the|an?)\s", re.IGNORECASE)
_ATOM = re.compile(r"\d+(?:[.,]\d+)+|\w+(?:['’](?!s\b)\w+)*[+#]*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of a question that may name something.

    Attributes:
        start, end: in characters.
        text: the words there.
        ids: nodes that may be meant, ascending.
        kind: one of :data:`KINDS`.
        seen: how well it agrees with a name that the question parser saw: 1 if it is one, 0 if there is none there.
    """

    start: int
    end: int
    text: str
    ids: tuple[int, ...]
    kind: str = "exact"
    seen: float = 0.0

    def overlaps(self, other: Mention) -> bool:
        """Whether both have words in common."""
        return self.start < other.end and other.start < self.end

    @property
    def features(self) -> tuple[float, ...]:
        """What its being meant is guessed from."""
        words = self.text.split()
        lower = self.text.islower()
        return (
            1.0,
            self.seen,
            float(self.seen == 1.0),
            float(len(words) > 1),
            float(len(words) > 2),
            float(len(self.text) < 4),
            float(lower),
            float(self.kind == "inflected"),
            float(self.kind == "misspelt"),
            float(self.kind == "partial"),
        )


FEATURES = ("bias", "seen", "whole", "two words", "three words", "short", "lower case", *KINDS[1:])
PRIOR = (-1.0, 2.0, 1.5, 0.7, 0.3, -1.5, -0.5, -1.5, -1.5, -1.5)
"""Weights of :data:`FEATURES` until some are learnt."""


class NameIndex:
    """The names of a graph's nodes.

    Args:
        names: texts and nodes.
    """

    def __init__(self, names: Iterable[tuple[str, int]]) -> None:
        found: dict[str, set[int]] = defaultdict(set)
        bare: set[str] = set()
        for text, node in names:
            key = normalise(text)
            if key and key.count(" ") < LONGEST:
                found[key].add(node)
                if " " in key or not _ARTICLE.match(text):
                    bare.add(key)
        self._needing = found.keys() - bare
        """Names of one word that only go with their article: "who" is not "The Who"."""
        self._nodes = {key: tuple(sorted(nodes)) for key, nodes in found.items()}
        self._by_word: dict[str, list[str]] = defaultdict(list)
        for key in self._nodes:
            for word in dict.fromkeys(key.split(" ")):
                self._by_word[word].append(key)
        self._words = list(self._by_word)

    def find(self, text: str, seen: Sequence[Span] = ()) -> list[Mention]:
        """What may be named in a text, by where it stands.

        Args:
            text: the question.
            seen: where a parser sees names.
        """
        atoms = [match.span() for match in _ATOM.finditer(text)]
        exact = self._exact(text, atoms)
        loose = [m for m in self._loose(text, atoms) if not any(_covers(m, other) for other in exact)]
        mentions = [*exact, *loose]
        kept = [m for m in mentions if not any(_hides(other, m) for other in mentions)]
        marked = [
            Mention(m.start, m.end, m.text, m.ids, m.kind, max((_agreement(m, s) for s in seen), default=0.0))
            for m in kept
        ]
        return sorted(marked, key=lambda m: (m.start, -m.end, m.kind))

    def _exact(self, text: str, atoms: Sequence[Span]) -> list[Mention]:
        found: dict[tuple[int, str], Mention] = {}
        for i, (start, _) in enumerate(atoms):
            for j in range(i, min(len(atoms), i + LONGEST + 4)):
                end = atoms[j][1]
                key = normalise(text[start:end])
                for known, kind in ((key, "exact"), (singular(key), "inflected")):
                    nodes = self._nodes.get(known)
                    if known in self._needing and not _ARTICLE.match(text[start:end]):
                        continue
                    if nodes and (i, known) not in found and not (kind == "inflected" and known == key):
                        found[i, known] = Mention(start, end, text[start:end], nodes, kind)
                        break
        # an article before a name, or a mark, gives the same name again: the longer stretch is taken
        best: dict[tuple[int, tuple[int, ...]], Mention] = {}
        for mention in found.values():
            place = mention.end, mention.ids
            if place not in best or mention.start < best[place].start:
                best[place] = mention
        return list(best.values())

    def _loose(self, text: str, atoms: Sequence[Span]) -> list[Mention]:
        """Names with typing errors, and parts of names."""
        words = [(start, end, normalise(text[start:end])) for start, end in atoms]
        words = [each for each in words if each[2]]
        near = {word: self._near(word) for word in dict.fromkeys(word for _, _, word in words)}
        found: list[Mention] = []
        for i, (start, _, word) in enumerate(words):
            if (whole := self._ending(word, text[start : words[i][1]])) is not None:
                found.append(Mention(start, words[i][1], text[start : words[i][1]], whole, "partial"))
            for j in range(i, min(len(words), i + 6)):
                part = [each[2] for each in words[i : j + 1]]
                if (nodes := self._misspelt(part, near)) is not None:
                    found.append(Mention(start, words[j][1], text[start : words[j][1]], nodes, "misspelt"))
        return found

    def _near(self, word: str) -> tuple[str, ...]:
        """The words of names that a word may be meant for: itself, or what is a typing error away."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        errors = allowed(word)
        if not errors:
            return (word,) if word in self._by_word else ()
        matches = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=errors, limit=6)
        return tuple(match for match, _, _ in matches)

    def _misspelt(self, part: Sequence[str], near: dict[str, tuple[str, ...]]) -> tuple[int, ...] | None:
        """The nodes whose names are nearest to some words, where these are not a name themselves."""
        from rapidfuzz.distance import OSA

        key = " ".join(part)
        if key in self._nodes or len(key) < SHORTEST or not all(near[word] for word in part):
            return None
        rare = min(part, key=lambda word: sum(len(self._by_word[near_word]) for near_word in near[word]))
        others = [known for near_word in near[rare] for known in self._by_word[near_word]]
        if len(others) > SHARED:
            return None
        errors = sum(min(allowed(word), 1) for word in part)
        scored = [(OSA.distance(key, known), known) for known in others if known.count(" ") == key.count(" ")]
        best = min((distance for distance, _ in scored), default=errors + 1)
        if not 0 < best <= min(errors, 1 + len(key) // 8):
            return None
        return tuple(sorted({node for distance, known in scored if distance == best for node in self._nodes[known]}))

    def _ending(self, word: str, written: str) -> tuple[int, ...] | None:
        """The nodes whose names end in a word that is written as a name is, if they are few."""
        if not written[:1].isupper() or len(word) < 4 or word in self._nodes:
            return None
        keys = [key for key in self._by_word.get(word, ()) if key.endswith(f" {word}")]
        return tuple(sorted({n for key in keys for n in self._nodes[key]})) if 0 < len(keys) <= PARTIAL else None


def allowed(word: str) -> int:
    """How many typing errors a word may have.

    >>> [allowed(word) for word in ("is", "Ana", "Equinor", "Stavanger", "1999")]
    [0, 1, 1, 2, 0]
    """
    if word.isdigit() or len(word) < 3:
        return 0
    return 1 if len(word) < 8 else 2


def nodes_of(mentions: Iterable[Mention]) -> Ids:
    """All nodes that may be meant, ascending."""
    return np.array(sorted({node for mention in mentions for node in mention.ids}), np.int64)


def _covers(inner: Mention, outer: Mention) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _hides(other: Mention, mention: Mention) -> bool:
    """Whether a longer name takes the place of one that is only a part of it."""
    longer = other.end - other.start > mention.end - mention.start
    return longer and _covers(mention, other) and KINDS.index(other.kind) <= KINDS.index(mention.kind)


def _agreement(mention: Mention, span: Span) -> float:
    """What two stretches have in common, of what they have together."""
    common = min(mention.end, span[1]) - max(mention.start, span[0])
    both = max(mention.end, span[1]) - min(mention.start, span[0])
    return max(0.0, common / both) if both else 0.0
