"""The confidence of what a generative model has written: the probability of its tokens, scaled by a temperature."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from neuraldb.models.protocols import Reading

CLOSEST = 1e-4
"""Probabilities are kept so far from 0 and 1 before they are scaled."""


def tempered(probability: float, temperature: float) -> float:
    """A probability whose log-odds are divided by a temperature (Guo et al. 2017); above 1 it comes nearer to a half.

    >>> round(tempered(0.9, 2.0), 3), tempered(0.9, 1.0)
    (0.75, 0.9)
    """
    if temperature == 1.0:
        return probability
    kept = min(max(probability, CLOSEST), 1 - CLOSEST)
    return 1.0 / (1.0 + math.exp(-math.log(kept / (1 - kept)) / temperature))


def scaled(reading: Reading, temperature: float) -> Reading:
    """A reading whose probabilities are scaled by a temperature."""
    if temperature == 1.0:
        return reading
    found = tuple(replace(d, confidence=tempered(d.confidence, temperature)) for d in reading.derivations)
    if reading.yes or reading.no:
        sure = tempered(max(reading.yes, reading.no), temperature)
        yes, no = (sure, min(reading.no, 1 - sure)) if reading.yes >= reading.no else (min(reading.yes, 1 - sure), sure)
        return Reading(found, yes, no, max(0.0, 1.0 - yes - no))
    return replace(reading, derivations=found, nothing=1.0 - max((d.confidence for d in found), default=0.0))


def fitted(outcomes: Sequence[tuple[float, bool]]) -> float:
    """The temperature between 0.25 and 8 that makes outcomes likeliest; 1 where there are none.

    Args:
        outcomes: how sure a reader was of something, and whether it was right.
    """
    if not outcomes:
        return 1.0

    def loss(temperature: float) -> float:
        likely = ((min(max(tempered(p, temperature), CLOSEST), 1 - CLOSEST), right) for p, right in outcomes)
        return -math.fsum(math.log(p if right else 1 - p) for p, right in likely)

    choices: list[float] = [2.0 ** (step / 8) for step in range(-16, 25)]
    return min(choices, key=lambda t: (loss(t), abs(math.log(t))))


@dataclass(frozen=True, slots=True)
class TokenScores:
    """The log-probabilities of a reply's tokens, and the character of the reply at which each ends, ascending."""

    ends: Sequence[int]
    logs: Sequence[float]

    def between(self, start: int, end: int) -> float:
        """The probability of the tokens that lie, at least in part, between two characters, given those before."""
        first = bisect_right(self.ends, start)
        # of a character that takes several tokens, those before its last one add nothing to the text
        last = max(bisect_left(self.ends, end), bisect_right(self.ends, end) - 1)
        return math.exp(min(0.0, sum(self.logs[first : last + 1])))
