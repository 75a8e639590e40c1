"""Cascades: a cheap proxy decides the clear texts, the reader the rest, with thresholds that are learnt and proved.

As in LOTUS (Patel et al. 2024, "Semantic Operators", section 4) and SUPG (Kang et al. 2020, "Approximate Selection
with Guarantees using Proxies"), two thresholds on a proxy's scores are learnt from a sample on which the reader is
asked: texts above the upper one are kept unread, texts below the lower one are dropped unread, those between are read.
What is promised is that with a chance of ``1 - failure`` recall *and* precision are met, both counted in rows and
against the reader, not against the truth. The promise holds for any proxy, any reader, and any number of texts; where
too little could be spared, all is read.

1. A first look (:func:`~neuraldb.operators.cascade_sampling.first_look`) is drawn by importance: much of it near the
   ends of the proxy's order. It serves to improve the proxy, and to plan; it proves nothing.
2. The plan is two zones, at the lower and at the upper end of the order, and a chance for each with which its texts are
   drawn. What is between the zones is read, and of the zones what is drawn.
3. What was found in the drawn texts bounds what is wrong among the others, for all thresholds within the zones at once
   (:func:`~neuraldb.operators.cascade_bounds.most_unread`). The widest thresholds that meet the targets are taken; if
   they spare much less than was planned, it is planned again, with what is known now and another part of ``failure``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.accuracy import Targets
from neuraldb.operators.cascade_bounds import Floats, chance_of_rows, most_unread
from neuraldb.operators.cascade_sampling import CAREFUL, Zone, best_zone, estimated, first_look, second_look
from neuraldb.operators.logistic import Bools

Places = NDArray[np.int64]
Ask = Callable[[Places], Bools]
"""Whether the reader keeps each of the texts at these places."""
Improve = Callable[[Places, Bools], Floats | None]
"""Better scores of all texts, given where some were read and which of those are kept; None where it has none."""

FEW = 100
"""Of so many texts all are read: there is nothing to be spared."""
WORTH = 0.1
"""The share of readings that must be expected to be spared; for less nothing is put at risk."""
MOST_ENDS = 50
"""Thresholds that are tried in a zone."""
PARTS = (0.7, 0.2, 0.1)
"""How ``failure`` is divided among the times that it is planned."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cascade found.

    Attributes:
        kept: which texts are kept (n,).
        read: which texts were read (n,).
        recall, precision: of the rows, as estimated.
        least_recall, least_precision: what they are at least, but for a chance of ``failure``.
        chance: that a text which was kept unread is rightly kept.
    """

    kept: Bools
    read: Bools
    recall: float = 1.0
    precision: float = 1.0
    least_recall: float = 1.0
    least_precision: float = 1.0
    chance: float = 1.0


def decide(scores: Floats, rows: Floats, ask: Ask, targets: Targets, improve: Improve | None = None) -> Outcome:
    """Which texts are kept, reading as few as the targets allow.

    Args:
        scores: the proxy's, higher where a text is likelier kept (n,).
        rows: how many rows each text stands for (n,).
        ask: the reader; asked for each place at most once.
        targets: what must hold of the rows that are kept.
        improve: gives better scores after the first look; None keeps those that are given.
    """
    if len(scores) <= FEW or targets.exact:
        return _all_read(ask, len(scores))
    rng = np.random.default_rng([targets.seed, len(scores)])
    order = np.argsort(scores, kind="stable")
    cascade = _Cascade(rows, ask, targets, rng)
    cascade.read(order[first_look(len(scores), rng)])
    (places,) = np.nonzero(cascade.known)
    better = None if improve is None else improve(places, cascade.kept[places])
    if better is not None:
        # what the scores were learnt from says too much for them: it is looked again
        scores, order = better, np.argsort(better, kind="stable")
        cascade.learnt |= cascade.known
        cascade.read(order[first_look(len(scores), rng)])
    return cascade.run(np.asarray(scores[order], np.float64), order)


def _all_read(ask: Ask, count: int) -> Outcome:
    return Outcome(ask(np.arange(count)), np.ones(count, np.bool_))


@dataclass(frozen=True, slots=True)
class _Side:
    """What is known of one end of the order after its zone was drawn from.

    ``bounds`` has for each way to narrow the zone (ends, and so sizes, descending) how many rows may be wrong.
    """

    ends: tuple[int, ...] = (0,)
    bounds: tuple[float, ...] = (0.0,)
    rate: float = 1.0
    wrong: tuple[float, ...] = (0.0,)


class _Cascade:
    """The state of one: what is known so far, by the texts' places."""

    def __init__(self, rows: Floats, ask: Ask, targets: Targets, rng: np.random.Generator) -> None:
        self.rows = rows
        self.ask = ask
        self.targets = targets
        self.rng = rng
        self.known = np.zeros(len(rows), np.bool_)
        self.kept = np.zeros(len(rows), np.bool_)
        self.learnt = np.zeros(len(rows), np.bool_)

    def read(self, places: Places) -> None:
        """Have texts read that are not known yet."""
        places = places[~self.known[places]]
        if len(places):
            self.kept[places] = self.ask(places)
            self.known[places] = True

    def run(self, scores: Floats, order: Places) -> Outcome:
        """Plan, draw and decide; ``scores`` are ascending, as ``order`` has the places."""
        self.read(order[second_look(self._chances(scores, order), self.known[order], self.rng)])
        for number, part in enumerate(PARTS):
            failure = self.targets.failure * part / 2
            lower, upper = self._planned(scores, order, failure)
            if lower.spared + upper.spared < WORTH * len(order):
                break
            self.read(order[lower.size : len(order) - upper.size])
            low = self._drawn(order, lower, failure, wrong=True)
            high = self._drawn(order[::-1], upper, failure, wrong=False)
            below, above = self._thresholds(order, low, high)
            rest = order[low.ends[below] : len(order) - high.ends[above]]
            more = int((~self.known[rest]).sum())
            unread = int((~self.known).sum())
            if more and number + 1 < len(PARTS):
                again = self._planned(scores, order, self.targets.failure * PARTS[number + 1] / 2)
                if unread - sum(zone.spared for zone in again) < more:
                    continue
            self.read(rest)
            return self._outcome(order, (low, below), (high, above))
        self.read(order)
        return Outcome(self.kept, self.known)

    def _chances(self, scores: Floats, order: Places) -> Floats:
        """How likely each text is kept, by what was read and not used for the scores."""
        kept = self.kept[order]
        return estimated(scores, (self.known & ~self.learnt)[order], kept)

    def _planned(self, scores: Floats, order: Places, failure: float) -> tuple[Zone, Zone]:
        """The zones that spare most, if the rest is as what is known."""
        known, rows = self.known[order], self.rows[order]
        chance = np.where(known, self.kept[order], self._chances(scores, order))
        kept = float((chance * rows).sum())
        miss, err = self._allowed(CAREFUL * kept, CAREFUL * kept)
        lower = best_zone(chance, rows, ~known, miss, failure)
        upper = best_zone(1 - chance[::-1], rows[::-1], ~known[::-1], err, failure)
        if lower.size + upper.size > len(order):
            upper = Zone(len(order) - lower.size, upper.rate, upper.spared)
        return lower, upper

    def _allowed(self, right: float, given: float) -> tuple[float, float]:
        """The rows that may be missed where so many are rightly kept, and that may be wrong among those given."""
        recall, precision = self.targets.recall, self.targets.precision
        return right * (1 - recall) / recall, given * (1 - precision)

    def _drawn(self, order: Places, zone: Zone, failure: float, wrong: bool) -> _Side:
        """Draw from the zone at the beginning of an order; ``wrong``: of which texts its decision is an error."""
        places = order[: zone.size]
        places = places[~self.known[places]]
        if not len(places) or zone.rate >= 1:
            return _Side()
        chances = chance_of_rows(zone.rate, self.rows[places])
        coins = self.rng.random(len(places)) < chances
        self.read(places[coins])
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        hits = coins & (self.kept[places] == wrong)
        unread = rank[places[~coins]]
        most = float(self.rows[places].max())
        found = np.sort(rank[places[hits]])[::-1]
        ends = [zone.size, *found[:: len(found) // MOST_ENDS + 1].tolist(), 0]
        bounds, expected = [], []
        for end in ends:
            met = chances[hits & (rank[places] < end)]
            left = float(self.rows[order[unread[unread < end]]].sum())
            bounds.append(min(left, most_unread(failure, met, zone.rate, most)) if left else 0.0)
            expected.append(min(left, float(((1 - met) / met).sum())))
        return _Side(tuple(ends), tuple(bounds), zone.rate, tuple(expected))

    def _counts(self, order: Places, side: _Side, number: int) -> float:
        """The rows that the upper end gives unread."""
        places = order[::-1][: side.ends[number]]
        return float(self.rows[places[~self.known[places]]].sum())

    def _thresholds(self, order: Places, low: _Side, high: _Side) -> tuple[int, int]:
        """The widest zones that meet the targets: which of the ends of either side."""
        sure = float(self.rows[self.known & self.kept].sum())
        for above, errors in enumerate(high.bounds):
            given = self._counts(order, high, above)
            if errors <= self._allowed(0, given + sure)[1]:
                break
        right = sure + given - min(errors, given)
        below = next(i for i, missed in enumerate(low.bounds) if missed <= self._allowed(right, 0)[0])
        return below, above

    def _outcome(self, order: Places, lower: tuple[_Side, int], upper: tuple[_Side, int]) -> Outcome:
        (low, below), (high, above) = lower, upper
        given = order[::-1][: high.ends[above]]
        given = given[~self.known[given]]
        sure = float(self.rows[self.known & self.kept].sum())
        unread = float(self.rows[given].sum())
        kept = self.kept.copy()
        kept[given] = True

        def shares(missed: float, errors: float) -> tuple[float, float]:
            right = sure + unread - errors
            recall = right / (right + missed) if right + missed else 1.0
            return recall, right / (sure + unread) if sure + unread else 1.0

        recall, precision = shares(low.wrong[below], min(unread, high.wrong[above]))
        least_recall, least_precision = shares(low.bounds[below], min(unread, high.bounds[above]))
        chance = 1.0 - min(unread, high.wrong[above]) / unread if unread else 1.0
        return Outcome(kept, self.known, recall, precision, least_recall, least_precision, chance)
