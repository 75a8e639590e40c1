"""Scores of plans for a question in which names were found: the ranker sees neither side's names.

What a ranker compares is the question with "it" for the names that a plan uses, and the plan with "it" for the same. To
that comes how likely it is that those words of the question are names at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from neuraldb.decoding.automaton import Symbol
from neuraldb.decoding.chains import NAMED
from neuraldb.decoding.graph_catalogue import Constant
from neuraldb.decoding.mentions import PRIOR, Mention
from neuraldb.decoding.search import Prefix
from neuraldb.models.protocols import PlanRanker, Vectors

SCALE = 20.0
"""By which cosines are made into logits, as where the ranker was trained."""
STEP = 1.0
"""What a relation more than the question lets expect must be worth: long plans are many, and some fit by chance."""
MISSING = 3.0
"""What a relation less costs: a parser seldom sees more descriptions in each other than there are."""
IMPOSSIBLE = -1e9


def is_link(symbol: Symbol) -> bool:
    """Whether a symbol is a relation."""
    return not symbol.text.startswith("[") and (
        (symbol.code[:1] in (":", "<") and bool(symbol.code)) or symbol.code == "a"
    )


class LinkedScorer:
    """Scores prefixes by their words without names, and by the names that they rest on.

    Args:
        question: in the user's words.
        mentions: what may be named in it.
        constants: what a query can name among what may be meant.
        ranker: compares words.
        prior: weights of the features of mentions.
        steps: relations that the question lets expect.
    """

    def __init__(
        self,
        question: str,
        mentions: Sequence[Mention],
        constants: Iterable[Constant],
        ranker: PlanRanker,
        prior: Sequence[float] = PRIOR,
        steps: int = 1,
    ) -> None:
        self._steps = steps
        self._question, self._ranker = question, ranker
        self._chances = {mention: float(np.dot(prior, mention.features)) for mention in mentions}
        self._meant: Mapping[str, Mention] = self._by_code(mentions, constants)
        self._masked: dict[tuple[Mention, ...], str] = {}

    def score(self, prefixes: Sequence[Prefix]) -> Vectors:
        """A score for each prefix (n,); what uses the same words for two names is impossible."""
        scores = np.zeros(len(prefixes), np.float32)
        alike: dict[tuple[Mention, ...], list[int]] = defaultdict(list)
        for i, prefix in enumerate(prefixes):
            alike[self.used(prefix)].append(i)
        for used, places in alike.items():
            words = [self.words(prefixes[i]) for i in places]
            scores[places] = SCALE * self._ranker.score(self._asked(used), words) + self._names(used)
        return scores - np.array([self._length(prefix) for prefix in prefixes], np.float32)

    def _length(self, prefix: Prefix) -> float:
        """What a plan's length costs it."""
        more = sum(map(is_link, prefix)) - self._steps
        return STEP * more if more > 0 else -MISSING * more

    def used(self, prefix: Prefix) -> tuple[Mention, ...]:
        """The mentions that a prefix rests on, in the order of the question, one as often as it is used."""
        found = [self._meant[symbol.code] for symbol in prefix if self._is_named(symbol)]
        return tuple(sorted(found, key=lambda mention: mention.start))

    def words(self, prefix: Prefix) -> str:
        """A plan in words, without the names that the question has."""
        return " ".join(self._word(symbol) for symbol in prefix if symbol.words)

    def _word(self, symbol: Symbol) -> str:
        return NAMED if self._is_named(symbol) else symbol.words

    def _is_named(self, symbol: Symbol) -> bool:
        # a class and a relation may have one code
        return symbol.text.startswith("[") and symbol.code in self._meant

    def _names(self, used: Sequence[Mention]) -> float:
        clash = any(one.overlaps(other) for i, one in enumerate(used) for other in used[i + 1 :])
        return IMPOSSIBLE if clash else sum(self._chances[mention] for mention in used)

    def _asked(self, used: tuple[Mention, ...]) -> str:
        """The question without the names that are used."""
        if used not in self._masked:
            text = self._question
            for mention in sorted(set(used), key=lambda mention: -mention.start):
                text = text[: mention.start] + NAMED + text[mention.end :]
            self._masked[used] = text
        return self._masked[used]

    def _by_code(self, mentions: Sequence[Mention], constants: Iterable[Constant]) -> dict[str, Mention]:
        """For each constant the likeliest words that mean it."""
        found: dict[str, Mention] = {}
        for constant in constants:
            ids = set(constant.ids.tolist())
            meant = [mention for mention in mentions if ids.intersection(mention.ids)]
            if meant:
                found[constant.code] = max(meant, key=lambda mention: (self._chances[mention], -mention.start))
        return found
