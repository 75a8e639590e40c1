"""Which texts of a cascade are read to learn its thresholds: a first look, and how it is planned to go on from there.

Nothing here bears on whether the targets are met (:mod:`neuraldb.operators.cascade_bounds` does): a bad guess costs
readings, and no more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neuraldb.operators.cascade_bounds import Floats, chance_of_rows, most_unread
from neuraldb.operators.logistic import Bools, logistic

LEAST, MOST, SHARE = 30, 200, 0.02
"""Texts of one look: a share of all, within limits."""
DEFENSIVE = 0.25
"""The share of the first look that is drawn whatever the proxy says, since it may say nothing (Kang et al. 2020,
section 5.2, mix 0.1; they have a proxy that was trained for the purpose)."""
CHANCES = (0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.11, 0.15, 0.2, 0.27, 0.35, 0.45, 0.6, 0.75)
"""With what chance the texts of a zone may be drawn."""
CAREFUL = 0.85
"""What is allowed is taken for somewhat less in planning, since nobody knows yet how many rows will be kept."""
_ZONES = 48
_RIDGE = 0.1


def first_look(count: int, rng: np.random.Generator) -> Bools:
    """Which of the texts in order of their scores to read first, each drawn by itself.

    The proxy's scores order texts, but are no probabilities, so weights by their roots (Kang et al. 2020, section 5.1)
    cannot be had. Instead each doubling of the distance from either end of the order gets equally many, the upper end
    twice as many as the lower one: then the place where the rows that are kept begin is seen whether they are few or
    many.
    """
    wanted = looks(count)
    ranks = np.arange(count)
    down, up = 1.0 / (count - ranks), 1.0 / (1.0 + ranks)
    weights = (1 - DEFENSIVE) * (2 * down / down.sum() + up / up.sum()) / 3 + DEFENSIVE / count
    return np.asarray(rng.random(count) < np.minimum(1.0, wanted * weights), np.bool_)


def second_look(chance: Floats, known: Bools, rng: np.random.Generator) -> Bools:
    """Which further texts to read, most of them where it is least clear whether they are kept.

    Args:
        chance: that each is kept, as far as is known (n,).
        known: which have been read (n,).
        rng: gives the draws.
    """
    open_ = np.sqrt(chance * (1 - chance)) * ~known
    weights = (1 - DEFENSIVE) * open_ / (open_.sum() or 1.0) + DEFENSIVE / len(chance)
    return np.asarray(rng.random(len(chance)) < np.minimum(1.0, looks(len(chance)) * weights), np.bool_)


def looks(count: int) -> float:
    """The texts of one look among so many."""
    return min(MOST, max(LEAST, SHARE * count))


def estimated(scores: Floats, known: Bools, kept: Bools) -> Floats:
    """The chance that each text is kept, by logistic regression on place and score among those that are known.

    Args:
        scores: ascending (n,).
        known: which texts have been read (n,).
        kept: of those that have, which are kept (n,).
    """
    count = len(scores)
    place = (np.arange(count) + 0.5) / count
    spread = float(scores.std()) or 1.0
    features = np.stack([np.ones(count), np.log(place / (1 - place)), (scores - scores.mean()) / spread], axis=1)
    weights = logistic(features[known], kept[known], np.array([1e-3, _RIDGE, _RIDGE]))
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(features @ weights, -30, 30))), np.float64)


@dataclass(frozen=True, slots=True)
class Zone:
    """An end of the order whose texts are to be decided without being read, but for a sample.

    Attributes:
        size: how many texts.
        rate: the chance with which a row is drawn.
        spared: the readings that are expected to be spared.
    """

    size: int = 0
    rate: float = 1.0
    spared: float = 0.0


def best_zone(wrong: Floats, rows: Floats, unread: Bools, allowed: float, failure: float) -> Zone:
    """The zone at the beginning of an order that spares most readings, if all is as estimated.

    Args:
        wrong: for each text, from the sure end on, the chance that the zone's decision would be wrong (n,).
        rows: the rows that each text stands for (n,).
        unread: which texts have not been read (n,).
        allowed: rows that may be decided wrongly.
        failure: of the bound on them.
    """
    best = Zone()
    if allowed < 1:
        return best
    expected = np.concatenate(([0.0], np.cumsum(wrong * unread)))
    texts = np.concatenate(([0], np.cumsum(unread)))
    total = np.concatenate(([0.0], np.cumsum(rows * unread)))
    top = float(rows[unread].max(initial=1.0))
    for rate in CHANCES:
        # the more rows a zone has, the more are wrong: the largest zone that is allowed, by halving
        low, high = 0, _ZONES
        while low < high:
            middle = (low + high + 1) // 2
            end = round(middle * len(rows) / _ZONES)
            met = rate * expected[end]
            bound = most_unread(failure, np.full(math.ceil(met + math.sqrt(met)), rate), rate, top)
            low, high = (middle, high) if min(bound, float(total[end])) <= allowed else (low, middle - 1)
        end = round(low * len(rows) / _ZONES)
        drawn = float(chance_of_rows(rate, rows[:end][unread[:end]]).sum())
        if texts[end] - drawn > best.spared:
            best = Zone(end, rate, float(texts[end] - drawn))
    return best
