"""Whether answers are right as often as their confidence says: the expected calibration error (Guo et al. 2017).

Answers are put into bins of equal width by their confidence, the upper end of a bin belonging to it. In each bin the
mean confidence is set against the share of answers that are right; the error is the mean of those differences, each
weighted by the answers in its bin.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """One value of an answer: what type of question it answers, how sure it is, and whether it is right."""

    type: str
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence lies above ``low`` and not above ``high``; the first bin has 0 itself, too.

    Attributes:
        low, high: the ends.
        answers: how many there are, at least one.
        confidence: their mean confidence.
        right: the share of them that is right.
    """

    low: float
    high: float
    answers: int
    confidence: float
    right: float


def reliability(judged: Sequence[Judged], bins: int = BINS) -> list[Bin]:
    """The bins that hold answers, in ascending order."""
    ends = [(number + 1) / bins for number in range(bins)]
    held: list[list[Judged]] = [[] for _ in ends]
    for each in judged:
        held[min(bisect_left(ends, each.confidence), bins - 1)].append(each)
    return [
        Bin(number / bins, end, len(some), fsum(each.confidence for each in some) / len(some), _right(some))
        for number, (end, some) in enumerate(zip(ends, held, strict=True))
        if some
    ]


def _right(judged: Sequence[Judged]) -> float:
    return sum(each.right for each in judged) / len(judged)


def expected_calibration_error(judged: Sequence[Judged], bins: int = BINS) -> float:
    """The error, from 0 to 1; 0 where there are no answers.

    Args:
        judged: answers with a confidence from 0 to 1; all weigh the same.
        bins: into how many bins of equal width.

    >>> sure = [Judged("set", 0.9, True), Judged("set", 0.9, False), Judged("set", 0.2, False)]
    >>> round(expected_calibration_error(sure), 4)  # (2 * |0.9 - 0.5| + 1 * |0.2 - 0|) / 3
    0.3333
    """
    weighted = [held.answers * abs(held.confidence - held.right) for held in reliability(judged, bins)]
    return fsum(weighted) / len(judged) if judged else 0.0


def report_of(judged: Sequence[Judged]) -> str:
    """The error by type and over all, and the reliability of all answers."""
    lines = [f"{'calibration':<22}{'answers':>8}{'mean confidence':>17}{'right':>8}{'ECE (%)':>9}"]
    for kind in sorted({each.type for each in judged}):
        lines.append(_line(kind, [each for each in judged if each.type == kind]))
    lines.append(_line("overall", judged))
    lines.append(f"{'confidence':<22}{'answers':>8}{'mean confidence':>17}{'right':>8}")
    for held in reliability(judged):
        span = f"{held.low:.1f} to {held.high:.1f}"
        lines.append(f"{span:<22}{held.answers:>8}{held.confidence:>17.3f}{held.right:>8.3f}")
    return "\n".join(lines)


def _line(name: str, judged: Sequence[Judged]) -> str:
    if not judged:
        return f"{name:<22}{0:>8}{'-':>17}{'-':>8}{'-':>9}"
    mean = fsum(each.confidence for each in judged) / len(judged)
    error = 100 * expected_calibration_error(judged)
    return f"{name:<22}{len(judged):>8}{mean:>17.3f}{_right(judged):>8.3f}{error:>9.2f}"
