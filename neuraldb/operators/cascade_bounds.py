"""How many rows of a kind may be among those that were not read, given what was found among those that were.

Texts stand in an order. Each has been read with a chance of its own, by a coin of its own; what is counted is the rows
of some kind (a filter's *misses*) among the texts that were not read, in the first ``t`` texts of the order, for all
``t`` at once. For texts of the kind let ``X`` be whether each was read, and ``p`` with what chance; then for every
``s > 0`` the product over the texts of the kind in their order of

    exp(-s X) / (1 - p + p exp(-s))

is a martingale that begins at 1. So is any mixture of such products over ``s``, and by Ville's inequality a mixture
ever reaches ``1 / failure`` with a chance of at most ``failure``. As long as it has not, there cannot be more misses
than :func:`most_unread` says. Unlike a normal approximation (Kang et al. 2020, section 5.2) this holds for every number
of texts, and it holds wherever the threshold is put afterwards.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATES = (math.inf, 4.0, 2.0, 1.0, 0.5, 0.25, 0.125)
"""The ``s`` of the mixture; infinity serves where no miss was met."""
SHARES = (0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)


def most_unread(failure: float, met: Floats, rate: float, most_rows: float = 1.0) -> float:
    """The most rows of the kind that can be among the unread texts, a whole number.

    Args:
        failure: how likely at most this is too few, whatever the threshold.
        met: the chances (in (0, 1)) with which the texts of the kind that were read had been drawn.
        rate: in (0, 1); texts were drawn with :func:`chance_of_rows` of it.
        most_rows: the most rows that an unread text stands for.

    >>> most_unread(0.05, np.array([]), 0.5)
    5.0
    >>> most_unread(0.05, np.full(10, 0.5), 0.5)
    29.0
    """
    # gains grow slower than rows, so that the text of most rows gains least for each
    gains = [_gain(rate, most_rows, s) / most_rows for s in RATES]
    starts = [math.log(share) + _start(met, s) for share, s in zip(SHARES, RATES, strict=True)]
    limit = math.log(1 / failure)

    def possible(rows: int) -> bool:
        terms = [start + rows * gain for start, gain in zip(starts, gains, strict=True)]
        top = max(terms)
        return top + math.log(sum(math.exp(term - top) for term in terms)) < limit

    low, high = 0, 1
    while possible(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if possible(middle) else (low, middle)
    return float(low)


def chance_of_rows(rate: float, rows: Floats) -> Floats:
    """The chances with which texts are drawn that stand for several rows: as if each row had a coin of its own.

    >>> chance_of_rows(0.5, np.array([1.0, 2.0]))
    array([0.5 , 0.75])
    """
    return np.asarray(1.0 - (1.0 - rate) ** rows, np.float64)


def _gain(rate: float, rows: float, s: float) -> float:
    """``-log(1 - p + p exp(-s))`` with the chance ``p`` of a text of so many rows."""
    if math.isinf(s):
        return -rows * math.log1p(-rate)
    return -math.log(math.exp(-s) - (1.0 - rate) ** rows * math.expm1(-s))


def _start(met: Floats, s: float) -> float:
    """What the texts that were met put into the exponent."""
    if math.isinf(s):
        return 0.0 if len(met) == 0 else -math.inf
    return float(-np.log1p(met * math.expm1(-s)).sum()) - s * len(met)
