"""Intervals of days: what a day, week, month, year, decade or century covers, and how such an interval is written."""

from __future__ import annotations

import datetime
from typing import TypeAlias

# first day, last day, precision (one of value.PRECISIONS)
Interval: TypeAlias = tuple[datetime.date, datetime.date, str]

_MONTHS = "january february march april may june july august september october november december"
# month names and their abbreviations -> 1 to 12
MONTHS = {name: n for n, month in enumerate(_MONTHS.split(), start=1) for name in (month, month[:3])} | {"sept": 9}
# about a third of a decade or a century: offsets in years of its first and last year
PARTS = {
    "decade": {"early": (0, 3), "mid": (4, 6), "late": (7, 9)},
    "century": {"early": (0, 32), "mid": (33, 66), "late": (67, 99)},
}


def day(date: datetime.date) -> Interval:
    """A single day."""
    return date, date, "day"


def week(date: datetime.date) -> Interval:
    """The week around a date, Monday to Sunday."""
    monday = date - datetime.timedelta(days=date.weekday())
    return monday, monday + datetime.timedelta(days=6), "week"


def month(year: int, number: int) -> Interval:
    """A month of a year; numbers beyond 1 to 12 count on into the years before and after."""
    year, number = year + (number - 1) // 12, (number - 1) % 12 + 1
    following = datetime.date(year + number // 12, number % 12 + 1, 1)
    return datetime.date(year, number, 1), following - datetime.timedelta(days=1), "month"


def years(first: int, last: int, precision: str = "year") -> Interval:
    """The years from ``first`` to ``last``, both included."""
    return datetime.date(first, 1, 1), datetime.date(last, 12, 31), precision


def decade(first: int, part: str | None = None) -> Interval:
    """The ten years from ``first``, a multiple of ten, or their early, mid or late part."""
    begin, end = PARTS["decade"][part] if part else (0, 9)
    return years(first + begin, first + end, "decade")


def century(number: int, part: str | None = None) -> Interval:
    """The hundred years of a century (the 19th is 1801–1900), or its early, mid or late part."""
    begin, end = PARTS["century"][part] if part else (0, 99)
    first = 100 * (number - 1) + 1
    return years(first + begin, first + end, "century")


def written(interval: Interval) -> str:
    """The interval in words or ISO 8601: ``1907-07-11``, ``2023-W18``, ``1981-06``, ``1929``, ``1990–1991``, ``1920s``.

    >>> written(century(19, "early")), written(years(476, 476))
    ('early 19th century', '476 AD')
    """
    start, end, precision = interval
    if precision == "day":
        return start.isoformat()
    if precision == "week":
        calendar = start.isocalendar()
        return f"{calendar.year:04d}-W{calendar.week:02d}"
    if precision == "month":
        return f"{start.year:04d}-{start.month:02d}"
    if precision == "year":
        if start.year != end.year:
            return f"{start.year}–{end.year}"
        return str(start.year) if start.year >= 1000 else f"{start.year} AD"
    first = start.year - (start.year % 10 if precision == "decade" else (start.year - 1) % 100)
    span = (start.year - first, end.year - first)
    part = next((f"{name} " for name, offsets in PARTS[precision].items() if offsets == span), "")
    return part + (f"{first}s" if precision == "decade" else f"{_ordinal(first // 100 + 1)} century")


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
