"""Dates in text, with the precision they are written in and the days they may mean.

``1929`` means any day from 1 January to 31 December 1929, so a date is an interval of days. The rules where usage
differs:

* ``11/07/1907`` and ``11-07-1907``: the month comes first (7 November) unless the first number is above twelve
  (``16/03/1932``); with points, ``11.07.1907``, the day comes first (11 July). Year first is always ISO order.
* ``1990-10`` is October 1990, as in ISO 8601; ``1990-91``, ``1990/91`` and, with a dash, ``1909–10`` span years.
* ``the 1920s`` are 1920–1929; the *19th century* is 1801–1900; *early*, *mid* and *late* are about a third of either.
* ``c.``, *about*, *around* change nothing: the precision is that of the words.
* Years before the common era (``44 BC``) are not dates here, since no :class:`datetime.date` holds them: they are text.
* A day without a year (``4 July``) and a year of two digits (``'98``, ``11/07/07``) are not dates.

In running text a bare year counts only where the words around say that it is one (:func:`find_dates`).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

from neuraldb.core import intervals
from neuraldb.core.counts import counted_noun, introduces_year, is_always_year
from neuraldb.core.intervals import MONTHS, Interval
from neuraldb.core.numbers import ORDINALS, parse_ordinal
from neuraldb.core.relative_dates import RELATIVE, relative_date
from neuraldb.core.units import names_unit
from neuraldb.core.value import Value

LAST_YEAR = 2100  # beyond that, four digits are a number

_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thurs?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_SPELLED_DAYS = "|".join(sorted((w for w, n in ORDINALS.items() if n <= 30), key=len, reverse=True))
_DAY = rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?|(?:twenty-|thirty-)?(?:{_SPELLED_DAYS}))"
_NOT_BC = r"(?!\s?(?:BC|B\.\s?C))"
_ERA = r"(?-i:AD|CE|A\.D\.|C\.E\.)"
_YEAR = rf"(?P<year>[12]\d{{3}}(?:\s?{_ERA}(?!\w))?|\d{{3}}\s?{_ERA})(?!\w|[.,:]\d|[-–/]\d){_NOT_BC}"
_PART = r"(?:(?P<part>early|mid|late)[\s\-]+(?:the\s+)?)?"
_TIME = r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+\-]\d\d:?\d\d)?)?"
_ORDINAL = rf"(?P<ordinal>\d{{1,2}}(?:st|nd|rd|th)|(?:twenty-)?(?:{_SPELLED_DAYS}))"


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to write dates: its pattern, and what days a match means (None if there is no such day)."""

    pattern: str
    read: Callable[[re.Match[str]], Interval | None]


def find_dates(text: str, base: datetime.date | None = None) -> list[tuple[int, int, Value]]:
    """The dates of a text: (start, end, value), in order, without overlaps; ``value.text`` is ``text[start:end]``.

    A bare year (1000–2100) is a date after words like *in*, *since*, *founded*, in parentheses, or next to another
    date (*from 1914 to 1918*), unless a counted noun follows. Relative dates are found if ``base``, the day on which
    the text was written, is given.

    >>> [(v.text, str(v.start), v.precision) for _, _, v in find_dates("Built in 1929, opened July 11th, 1930.")]
    [('1929', '1929-01-01', 'year'), ('July 11th, 1930', '1930-07-11', 'day')]
    """
    found: list[tuple[int, int, Value]] = []
    if _MAY_HOLD_DATE.search(text):
        for match in _ANY_FORM.finditer(text):
            start, end = match.span()
            previous = found[-1][1] if found else -1
            if _CODE_BEFORE.search(text, max(0, start - 12), start):
                continue
            if _BARE_YEAR.fullmatch(match[0]) and not _says_year(text, start, end, previous):
                continue
            if _YEARS.fullmatch(match[0]) and _counts(text, end):
                continue
            if interval := _interval(match[0]):
                found.append((start, end, _value(match[0], interval)))
    if base is not None:
        found += [hit for hit in _relative(text, base) if not any(hit[0] < e and s < hit[1] for s, e, _ in found)]
        found.sort(key=lambda hit: hit[0])
    return found


def parse_date(text: str, base: datetime.date | None = None) -> Value | None:
    """The date that the whole text is, apart from words like *in* and *circa*; None if it is none.

    Bare years count from 1000 to 2100. ``base`` is the day from which *yesterday* or *last month* are reckoned.

    >>> value = parse_date("early 19th century")
    >>> str(value.start), str(value.end), value.precision
    ('1801-01-01', '1833-12-31', 'century')
    """
    body = text.strip().rstrip(" .,;")
    leading = _LEADING.match(body)
    body = body[leading.end() if leading else 0 :]
    interval = _interval(body)
    if interval is None and base is not None and RELATIVE.fullmatch(body):
        interval = relative_date(body, base)
    if interval is None and _MONTH_NAME.search(body) and _FOUR_DIGITS.search(body) and len(body) < 60:
        interval = _other_form(body)
    return _value(text, interval) if interval else None


def _value(text: str, interval: Interval) -> Value:
    return Value("date", text, start=interval[0], end=interval[1], precision=interval[2])


def _interval(text: str) -> Interval | None:
    """What days an absolute date means."""
    for form, pattern in _PATTERNS:
        if match := pattern.fullmatch(text):
            return form.read(match)
    return None


def _relative(text: str, base: datetime.date) -> list[tuple[int, int, Value]]:
    """The relative dates of a text; not those with a capital inside a sentence, which are names (``USA Today``)."""
    found = []
    for match in RELATIVE.finditer(text):
        before = text[max(0, match.start() - 8) : match.start()].rstrip()
        if match[0][0].isupper() and before and before[-1] not in ".!?:;\"“'‘(—–-":
            continue
        if interval := relative_date(match[0], base):
            found.append((match.start(), match.end(), _value(match[0], interval)))
    return found


def _says_year(text: str, start: int, end: int, previous: int) -> bool:
    """Whether a bare number of four digits is a year, judged by the words around it and the date before it."""
    if _TITLE_AFTER.match(text, end):
        return False
    if text[start - 1 : start] == "(":
        return text[end : end + 1] in {")", ",", ";"}
    if (pair := _PAIR.match(text, end)) and _counts(text, pair.end()):
        return False
    if 0 <= previous <= start and _JOINS.fullmatch(text, previous, start):
        return not _counts(text, end)
    return is_always_year(text, start) or (introduces_year(text, start) and not _counts(text, end))


def _counts(text: str, end: int) -> bool:
    """Whether a number that ends at ``end`` counts or measures what follows it."""
    return counted_noun(text, end) is not None or names_unit(text, end + 1)


# ------------------------------------------------------------------------------------------------- reading the forms


def _day_of(year: int, month: int, day: int) -> Interval | None:
    try:
        return intervals.day(datetime.date(year, month, day))
    except ValueError:
        return None


def _digits(match: re.Match[str]) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", match["numeric"])]


def _year_first(match: re.Match[str]) -> Interval | None:
    year, month, day = _digits(match)
    return _day_of(year, month, day)


def _month_first(match: re.Match[str]) -> Interval | None:
    first, second, year = _digits(match)
    return _day_of(year, second, first) if first > 12 else _day_of(year, first, second)


def _day_first(match: re.Match[str]) -> Interval | None:
    day, month, year = _digits(match)
    return _day_of(year, month, day)


def _named_day(match: re.Match[str]) -> Interval | None:
    day = match["day"]
    number = int(day) if day.isdigit() else parse_ordinal(day)
    return _day_of(_year(match), MONTHS[match["month"].lower()], number) if number else None


def _named_month(match: re.Match[str]) -> Interval | None:
    return intervals.month(_year(match), MONTHS[match["month"].lower()])


def _numbered_month(match: re.Match[str]) -> Interval | None:
    return intervals.month(*_digits(match))


def _numbered_week(match: re.Match[str]) -> Interval | None:
    year, number = _digits(match)
    try:
        return intervals.week(datetime.date.fromisocalendar(year, number, 1))
    except ValueError:
        return None


def _years(match: re.Match[str]) -> Interval | None:
    first, last = int(match["first"]), int(match["last"])
    if last < 100:
        last += first - first % 100
    return intervals.years(first, last) if first < last <= LAST_YEAR else None


def _decade(match: re.Match[str]) -> Interval | None:
    return intervals.decade(int(match["decade"]), match["part"].lower() if match["part"] else None)


def _century(match: re.Match[str]) -> Interval | None:
    number = parse_ordinal(match["ordinal"])
    if number is None or not 1 <= number <= 99:
        return None
    return intervals.century(number, match["part"].lower() if match["part"] else None)


def _single_year(match: re.Match[str]) -> Interval | None:
    year = _year(match)
    return intervals.years(year, year) if 1 <= year <= LAST_YEAR else None


def _year(match: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", match["year"]))


_FORMS = (
    _Form(rf"(?P<numeric>\d{{4}}(?:-\d\d?-|/\d\d?/|\.\d\d?\.)\d\d?){_TIME}(?![\w-])", _year_first),
    _Form(r"(?P<numeric>\d\d?(?:-\d\d?-|/\d\d?/)\d{4})(?![\w/-])", _month_first),
    _Form(r"(?P<numeric>\d\d?\.\d\d?\.\d{4})(?!\w|\.\d)", _day_first),
    _Form(rf"{_WEEKDAY}{_DAY}(?:\s+of\s+|[\s-]?){_MONTH}(?:,?\s+(?:of\s+)?|-){_YEAR}", _named_day),
    _Form(rf"{_WEEKDAY}{_MONTH}\s+(?:the\s+)?{_DAY}(?:,\s?|\s+)(?:of\s+)?{_YEAR}", _named_day),
    _Form(rf"{_MONTH}(?:,?\s+(?:of\s+)?(?:the\s+year\s+)?|-){_YEAR}", _named_month),
    _Form(r"(?P<numeric>\d{4}-W\d\d)(?![\w-])", _numbered_week),
    _Form(r"(?P<numeric>[12]\d{3}-(?:0[1-9]|1[0-2]))(?![\w/–-])", _numbered_month),
    _Form(
        r"(?P<first>[12]\d{3})(?:\s?[-–—/]\s?(?P<last>[12]\d{3}|\d\d))(?!\w|[.,:/]\d|[-–]\d)" + _NOT_BC,
        _years,
    ),
    _Form(rf"{_PART}(?P<decade>[12]\d\d0)['’]?s(?!\w)", _decade),
    _Form(rf"{_PART}{_ORDINAL}[\s-]+century(?!\w){_NOT_BC}", _century),
    _Form(rf"{_ERA}\s(?P<year>\d{{1,4}})(?![\w-])", _single_year),
    _Form(rf"(?P<year>\d{{1,4}})\s{_ERA}(?!\w)", _single_year),
    _Form(_YEAR, _single_year),
)
_PATTERNS = tuple((form, re.compile(form.pattern, re.I)) for form in _FORMS)
_ANY_FORM = re.compile(
    r"(?<![\w.,/:#’'@\-–])(?:" + "|".join(re.sub(r"\?P<\w+>", "?:", form.pattern) for form in _FORMS) + ")", re.I
)
_MAY_HOLD_DATE = re.compile(r"\d{4}|century|AD|CE|A\.D\.|C\.E\.", re.I)
_DEFAULTS = (datetime.datetime(1904, 1, 1), datetime.datetime(1908, 2, 2))
_BARE_YEAR = re.compile(r"\d{4}")
_YEARS = re.compile(r"\d{4}\s?[-–—/]\s?\d{4}")
_CODE_BEFORE = re.compile(r"\b(?:ISSN|ISBN|OCLC|LCCN|number|no\.?|phone|tel\.?)\W{1,3}$", re.I)
_TITLE_AFTER = re.compile(r":\s*[\"“]?[A-Z]|[’']?\s*[\"”]|\.\d")
_JOINS = re.compile(r"\s*(?:,|,?\s(?:and|or|to|until|till|through)(?:\s(?:in|again in))?)\s*")
_PAIR = re.compile(r"\s(?:and|to|or)\s\d{4}")
_LEADING = re.compile(
    r"(?:(?:in|on|during|circa|ca?\.|ca|c|about|around|approximately|the year|the)\s*(?<=[\s.])|~\s?)+", re.I
)
_MONTH_NAME = re.compile(r"(?<![^\W\d])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.I)
_FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)")


def _other_form(text: str) -> Interval | None:
    """A date in one of the many forms that dateutil knows; a field that it fills in from a default is not written."""
    from dateutil.parser import ParserError, parse

    try:
        one, other = (parse(text, default=default, ignoretz=True).date() for default in _DEFAULTS)
    except (ParserError, OverflowError):
        return None
    if one.year != other.year or one.month != other.month:
        return None
    return intervals.day(one) if one.day == other.day else intervals.month(one.year, one.month)
