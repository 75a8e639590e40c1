"""The typed value itself; what can be done with one is in :mod:`neuraldb.core.values`, which re-exports it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

KINDS = ("text", "number", "date", "boolean")
PRECISIONS = ("day", "week", "month", "year", "decade", "century")


@dataclass(frozen=True, slots=True)
class Value:
    """A value as written, with its meaning.

    Attributes:
        kind: one of :data:`KINDS`.
        text: the words it was read from, untouched.
        number: for numbers, the magnitude in ``unit``; for booleans 0 or 1.
        unit: for numbers, the canonical unit of the dimension (``m``, ``m2``, ``kg``, ``s``, ``K``, ``USD``, …), so
            that ``1.2 km`` and ``1,200 m`` are equal; empty for pure numbers and counts.
        start, end: for dates, the first and last day that the text may mean.
        precision: for dates, one of :data:`PRECISIONS`: the calendar unit the text is written in. ``start`` and
            ``end`` may span several of them (``1990–91``) or a part of one (``early 19th century``).
    """

    kind: str
    text: str
    number: float | None = None
    unit: str = ""
    start: datetime.date | None = None
    end: datetime.date | None = None
    precision: str | None = None
