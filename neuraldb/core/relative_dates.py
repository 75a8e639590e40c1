"""Dates reckoned from the day of writing: ``yesterday``, ``last Friday``, ``two weeks ago``, ``next month``.

*last Friday* is the latest one before the day of writing and *next Friday* the first one after it; *this Friday* is in
the same week (Monday to Sunday). *two weeks ago* is the day fourteen days before, *last week* the whole week; months,
years and longer give the whole month or year. Phrases that leave open whether they look back or ahead (*on Friday*,
*in July*), and how far (*recently*, *a few days ago*), are not read.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from neuraldb.core import intervals
from neuraldb.core.intervals import MONTHS, Interval
from neuraldb.core.numbers import parse_number

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = {
    "the day before yesterday": -2,
    "day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
}
SHIFTS = {"last": -1, "previous": -1, "this": 0, "current": 0, "next": 1, "coming": 1}

_TIMES = r"(?:\s+(?:morning|afternoon|evening|night|noon))?"
_UNITS = r"(?P<unit>day|week|fortnight|month|year|decade|century|centurie)"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
_MONTH = rf"(?P<month>{'|'.join(name for name in MONTHS if len(name) > 4 or name in ('may', 'june', 'july'))})"
_SHIFT = rf"(?:the\s+)?(?P<shift>{'|'.join(SHIFTS)})"
_COUNT = r"(?P<count>\d+|an?|[a-z]+(?:-[a-z]+)?(?:\s+(?:hundred|thousand))?)"


def _by_days(match: re.Match[str], base: datetime.date) -> Interval:
    offset = DAYS.get(" ".join(match["day"].lower().split()), 0)
    return intervals.day(base + datetime.timedelta(days=offset))


def _by_weekday(match: re.Match[str], base: datetime.date) -> Interval:
    ahead = WEEKDAYS.index(match["weekday"].lower()) - base.weekday()
    shift = SHIFTS[match["shift"].lower()]
    if shift < 0 and ahead >= 0:
        ahead -= 7
    elif shift > 0 and ahead <= 0:
        ahead += 7
    return intervals.day(base + datetime.timedelta(days=ahead))


def _by_count(match: re.Match[str], base: datetime.date) -> Interval | None:
    word = match["count"].lower()
    count = 1.0 if word in ("a", "an") else parse_number(word)
    if count is None or count != int(count):
        return None
    back = -int(count) if match["direction"].lower() == "ago" else int(count)
    return _shifted(base, match["unit"].lower(), back, exact=True)


def _by_unit(match: re.Match[str], base: datetime.date) -> Interval | None:
    return _shifted(base, match["unit"].lower(), SHIFTS[match["shift"].lower()], exact=False)


def _by_month(match: re.Match[str], base: datetime.date) -> Interval:
    number, shift = MONTHS[match["month"].lower()], SHIFTS[match["shift"].lower()]
    year = base.year
    if shift < 0 and number >= base.month:
        year -= 1
    elif shift > 0 and number <= base.month:
        year += 1
    return intervals.month(year, number)


def _shifted(base: datetime.date, unit: str, count: int, *, exact: bool) -> Interval:
    """The unit of the calendar ``count`` units away; with ``exact``, weeks are counted in days."""
    if unit == "day":
        return intervals.day(base + datetime.timedelta(days=count))
    if unit in ("week", "fortnight"):
        date = base + datetime.timedelta(weeks=count * (2 if unit == "fortnight" else 1))
        return intervals.day(date) if exact else intervals.week(date)
    if unit == "month":
        return intervals.month(base.year, base.month + count)
    if unit == "decade":
        return intervals.decade(base.year // 10 * 10 + 10 * count)
    if unit.startswith("centur"):
        return intervals.century((base.year - 1) // 100 + 1 + count)
    return intervals.years(base.year + count, base.year + count)


_FORMS: tuple[tuple[str, Callable[[re.Match[str], datetime.date], Interval | None]], ...] = (
    (rf"(?P<day>{'|'.join(d.replace(' ', chr(92) + 's+') for d in DAYS)}){_TIMES}", _by_days),
    (r"(?P<day>this)\s+(?:morning|afternoon|evening)", _by_days),
    (rf"{_SHIFT}\s+{_WEEKDAY}{_TIMES}", _by_weekday),
    (rf"{_SHIFT}\s+{_MONTH}", _by_month),
    (rf"(?:(?:earlier|later)\s+)?{_SHIFT}\s+{_UNITS}", _by_unit),
    (rf"{_COUNT}\s+{_UNITS}s?\s+(?P<direction>ago|from\s+(?:now|today))", _by_count),
)
_PATTERNS = tuple((re.compile(pattern, re.I), read) for pattern, read in _FORMS)
RELATIVE = re.compile(
    r"(?<![\w\-])(?:" + "|".join(re.sub(r"\?P<\w+>", "?:", pattern) for pattern, _ in _FORMS) + r")(?![\w\-])", re.I
)


def relative_date(text: str, base: datetime.date) -> Interval | None:
    """What a phrase that matches :data:`RELATIVE` means on the day ``base``; None if no calendar reaches so far."""
    for pattern, read in _PATTERNS:
        if match := pattern.fullmatch(text):
            try:
                return read(match, base)
            except (ValueError, OverflowError):  # before year 1 or after 9999
                return None
    return None
