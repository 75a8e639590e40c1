"""Quantities in text: numbers with a unit, amounts of money, durations, counts of things.

A quantity found is a :class:`~neuraldb.core.value.Value` whose number is in the canonical unit of its dimension, so
``1.2 km`` and ``1,200 m`` are the same number. A counted noun is no unit: ``560 pages`` is the pure number 560.

Which numbers are no quantity in running text is told in :mod:`neuraldb.core.counts`. Ambiguous spellings: *in* is an
inch only after feet or where the whole text is the quantity; *m* next to the digits is a million in amounts of money
and before people (``£5m``, ``3m users``), else metres; *pounds* are money where the text speaks of money (*cost*,
*paid*, …), else a mass; units written as in titles (``127 Hours``) are none. The ends of a range (``20-30 km``) are two
quantities.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from math import isfinite

from neuraldb.core.counts import counted_noun, is_plain_number, stands_in_name
from neuraldb.core.errors import DataError
from neuraldb.core.numbers import GAP, Number, find_numbers, number_at, shared_scale, split_range
from neuraldb.core.units import Unit, currency_code, parse_unit, rate_at, unit_at
from neuraldb.core.value import Value

# units that are written one after the other, largest first: "2 hours 15 minutes", "5 ft 11 in"
CHAINS = (
    ("100*year", "10*year", "year", "year/12", "week", "day", "hour", "minute", "second"),
    ("mile", "yard", "foot", "inch"),
    ("stone", "pound", "ounce"),
)
SECOND, FOOT, INCH = Unit("second", "s"), Unit("foot", "m", Decimal("0.3048")), Unit("inch", "m", Decimal("0.0254"))
SUFFIX_SCALES = {"m": 10**6, "M": 10**6, "b": 10**9, "B": 10**9, "K": 1000}

_PARTS_OF_UNIT = re.compile(r"half\s+an?\s+|(?:an?|one)\s+quarter\s+of\s+an?\s+", re.I)
_PARENTHESES = re.compile(r" ?\(([^()\d]{1,40})\)")
_GAP = re.compile(rf"[{GAP}]-?|-|")
_CURRENCY_BEFORE = re.compile(
    r"(?P<minus>(?<!\S)[-−])?"
    r"(?P<code>(?<![\w$])(?:CN|[A-Z]{1,2})?[$¥]|[€£₹₽₩₪₫฿₺₱₦₴₿]|(?<!\w)(?:[A-Z]{3}|Rs\.?|kr\.?))[ \u00a0]?$"
)
_SUFFIX = re.compile(r"[mMbBK](?!\w)")
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?(?![\d:])")
_OF_DAY_BEFORE = re.compile(r"(?:\b(?:at|by|until|till|from|on|since|time)\s+|T|\d\s+)$", re.I)
_OF_DAY_AFTER = re.compile(r"\s?(?:[ap]\.?m\b|UTC|GMT|Z\b|[+\-]\d\d:?\d\d|o['’]clock)", re.I)
_CLOCK_UNIT = re.compile(r"\s?(hours?|hrs?|h|minutes?|mins?|min)\b")
_HOURS = re.compile(
    r"(?P<h>\d+)\s?h\s?(?P<m>\d+)\s?m(?:in)?(?:\s?(?P<s>\d+(?:\.\d+)?)\s?s)?(?!\w)|(?P<m2>\d+)\s?m\s?(?P<s2>\d+(?:\.\d+)?)\s?s(?!\w)"
)
_FEET = re.compile(r"(?P<ft>\d+)\s?['’′]\s?(?P<in>\d+(?:\.\d+)?)\s?(?:[\"”″]|''|’’)")
_CHAINED = re.compile(r",?\s+(?:and\s+)?|\s?")
_INCH = re.compile(r"\s?(?:in(?!\w)|[\"”″])")
_COMPOUND_ADJECTIVE = re.compile(r"-(?!old|long|wide|tall|high|deep|thick)\w")
_NOT_UNIT = re.compile(r"(?:stone|bar)\s+[a-z]+s\b|[A-Z]\.\s+[A-Z]")
_PEOPLE = re.compile(
    r"[mMK] (?:people|users|inhabitants|residents|customers|subscribers|viewers|followers|members|copies|views|"
    r"downloads|visitors|passengers|employees|jobs|households|tourists)\b"
)
_BELOW = re.compile(r"\s+below (?:mean )?sea level\b")
_MONEY_TALK = re.compile(
    r"\b(?:cost|price|paid|pay|worth|sold|bought|budget|revenue|salar|fine[ds]?|fee|fund|invest|debt|donat|£)"
)
_DASH = re.compile(r"\s?[-–—]\s?")
_CONNECTIVE = re.compile(r"\s+(?:to|or|(and))\s+")
_BETWEEN = re.compile(r"\b(?:between|from|both)\s+$", re.I)

_ABOUT = re.compile(
    r"(?:(?:an estimated|about|over|approximately|approx\.?|around|roughly|nearly|almost|some|circa|ca?\.|ca|c|just|"
    r"only|under|up to|at least|at most|more than|less than|fewer than|well|exactly|estimated|a total of)\s+|"
    r"[~≈<>≤≥±]\s?)+",
    re.I,
)
_MEASURED = (
    "length height width depth area size weight mass diameter circumference total all volume duration population"
)
_TAIL = re.compile(
    r"(?:,?\s+(?:above (?:mean )?sea level|a\.?m?\.?s\.?l\.?|long|tall|high|wide|deep|thick|old|of age|"
    rf"in (?:{'|'.join(_MEASURED.split())})|each|or so|approximately|total|away|apart|across)|-old)?"
    r"(?:\s*\([^()]*\))?\s*[.,;]?"
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A number read with what follows it; ``unit`` is None for pure numbers and counts."""

    start: int
    end: int
    number: float
    unit: Unit | None = None
    counted: bool = False

    def value(self, text: str) -> Value:
        return Value("number", text, number=self.number, unit=self.unit.canonical if self.unit else "")


def find_quantities(text: str) -> list[tuple[int, int, Value]]:
    """The quantities of a text: (start, end, value), in order, without overlaps; ``value.text`` is ``text[start:end]``.

    >>> [(v.text, v.number, v.unit) for _, _, v in find_quantities("It lies 933 metres above sea level.")]
    [('933 metres', 933.0, 'm')]
    """
    found: list[tuple[int, int, Value]] = []
    position = 0
    for number in _candidates(text):
        if number.start < position:
            continue
        for reading in _read(text, number, whole=False):
            if reading.start < position or not isfinite(reading.number):  # "12 Rs. 12": the currency is the first's
                continue
            found.append((reading.start, reading.end, reading.value(text[reading.start : reading.end])))
            position = reading.end
    return found


def parse_quantity(text: str) -> Value | None:
    """The quantity that the whole text is, apart from words like *about* and *above sea level*; None if it is none.

    >>> [parse_quantity(t).number for t in ("1,057 m", "1.2 km", "about $3.4bn", "560 pages", "5 ft")]
    [1057.0, 1200.0, 3400000000.0, 560.0, 1.524]
    """
    reading = _parse(text)
    return reading.value(text) if reading else None


def parse_range(text: str) -> tuple[Value, Value] | None:
    """The ends of a range in the unit and scale they share, or None.

    >>> [(v.number, v.unit) for v in parse_range("between $3 and 5 million")]
    [(3000000.0, 'USD'), (5000000.0, 'USD')]
    """
    ends = split_range(text)
    low, high = (parse_quantity(ends[0]), parse_quantity(ends[1])) if ends else (None, None)
    if ends is None or low is None or high is None or not compatible(low, high):
        return None
    numbers = [next(find_numbers(end), None) for end in ends]
    if numbers[0] and numbers[1] and low.number is not None:
        joined = "".join(ends)
        upper = Number(len(ends[0]) + numbers[1].start, len(ends[0]) + numbers[1].end, numbers[1].value)
        low = replace(low, number=low.number * float(shared_scale(numbers[0], upper, joined)))
    low, high = adopt(low, high), adopt(high, low)
    return (low, high) if (low.number or 0.0) <= (high.number or 0.0) else None


def convert(value: Value, unit: str) -> float:
    """The magnitude of a number in ``unit``; of a pure number, the number, since any unit may be meant.

    Raises:
        DataError: the value is no number, ``unit`` is no unit, or of another dimension (or currency).
    """
    if value.number is None or value.kind != "number":
        raise DataError(f"{value.text!r} is not a number, so it has no magnitude in {unit!r}")
    target = parse_unit(unit)
    if not value.unit:
        return value.number
    if target.canonical != value.unit:
        raise DataError(f"{value.text!r} (in {value.unit}) cannot be converted to {unit!r}")
    return target.from_canonical(value.number)


def compatible(a: Value, b: Value) -> bool:
    """Whether two numbers can be compared: of one dimension, or one is a bare number, for which the unit is assumed.

    A counted noun is not bare: ``40 floors`` does not compare with ``40 m``.
    """
    if a.kind != "number" or b.kind != "number":
        return False
    return a.unit == b.unit or any(not v.unit and not _counts(v.text) for v in (a, b))


def adopt(value: Value, like: Value) -> Value:
    """A bare number in the unit in which ``like`` is written: ``45`` beside ``60 years`` is 45 years.

    Other values, and a number beside one without a unit, stay as they are.
    """
    if value.unit or not like.unit or value.number is None:
        return value
    reading = _parse(like.text)
    unit = reading.unit if reading and reading.unit else Unit(like.unit, like.unit)
    return Value("number", value.text, number=unit.to_canonical(Decimal(repr(value.number))), unit=like.unit)


def _counts(text: str) -> bool:
    reading = _parse(text)
    return reading is not None and reading.counted


@lru_cache(maxsize=16384)
def _parse(text: str) -> _Reading | None:
    """The reading of the whole text."""
    about = _ABOUT.match(text.strip())
    body = text.strip()[about.end() if about else 0 :]
    number = next(iter(_candidates(body)), None)
    readings = _read(body, number, whole=True) if number else []
    if len(readings) != 1 or readings[0].start != 0 or not _TAIL.fullmatch(body, readings[0].end):
        return None
    return readings[0] if isfinite(readings[0].number) else None


def _candidates(text: str) -> list[Number]:
    """The numbers of a text, "half a" and "a quarter of a" among them (which count only before a unit)."""
    numbers = list(find_numbers(text))
    for match in _PARTS_OF_UNIT.finditer(text):
        part = Decimal("0.5") if match[0][0] in "hH" else Decimal("0.25")
        numbers.append(Number(match.start(), match.end() - 1, part, spelled=True))
    return sorted(numbers, key=lambda n: n.start)


def _read(text: str, number: Number, *, whole: bool) -> list[_Reading]:
    """What a number says together with what stands around it: one reading, two for a range, none if no quantity."""
    if clock := _clock(text, number, whole):
        return [clock]
    if money := _money(text, number):
        return [money]
    if measure := _measure(text, number, whole):
        return [measure]
    if ends := _range(text, number):
        return ends
    count = _count(text, number, whole)
    return [count] if count else []


def _clock(text: str, number: Number, whole: bool) -> _Reading | None:
    """Durations as clocks show them (``1:45:30``, ``2h 15m``), and feet with inches (``6'2"``)."""
    start = number.start
    if match := _CLOCK.match(text, start):
        unit = _CLOCK_UNIT.match(text, match.end())
        if _OF_DAY_AFTER.match(text, match.end()) or (
            not whole and _OF_DAY_BEFORE.search(text, max(0, start - 8), start)
        ):
            return None
        first, second, third = Decimal(match[1]), Decimal(match[2]), Decimal(match[3] or 0)
        if match[3]:
            seconds = first * 3600 + second * 60 + third
        elif unit:
            seconds = (first * 60 + second) * (60 if unit[1][0] == "h" else 1)
        else:
            return None
        return _Reading(start, unit.end() if unit else match.end(), float(seconds), SECOND)
    if match := _HOURS.match(text, start):
        hours, minutes = Decimal(match["h"] or 0), Decimal(match["m"] or match["m2"])
        seconds = hours * 3600 + minutes * 60 + Decimal(match["s"] or match["s2"] or 0)
        return _Reading(start, match.end(), float(seconds), SECOND)
    if match := _FEET.match(text, start):
        inches = Decimal(match["ft"]) * 12 + Decimal(match["in"])
        return _Reading(start, match.end(), INCH.to_canonical(inches), FOOT)
    return None


def _money(text: str, number: Number) -> _Reading | None:
    """An amount with its currency before it: ``$5m``, ``EUR 20``, ``Rs. 500``; currencies after it are units."""
    before = _CURRENCY_BEFORE.search(text, max(0, number.start - 8), number.start)
    code = currency_code(before["code"]) if before else None
    if before is None or code is None:
        return None
    value, end = _scaled(text, number)
    if text[end : end + 1].isalnum():
        return None
    unit = Unit(code, code)
    if (again := unit_at(text, end + 1)) and again[1].canonical == code:
        end = again[0]
    if rate := rate_at(text, end):
        end, unit = rate[0], Unit(f"{code}{rate[1].name[1:]}", f"{code}{rate[1].canonical[1:]}", rate[1].factor)
    return _Reading(before.start(), end, unit.to_canonical(-value if before["minus"] else value), unit)


def _scaled(text: str, number: Number) -> tuple[Decimal, int]:
    """The value and the end of a number with the ``m``, ``M``, ``B`` or ``K`` right after it, if there is one."""
    if suffix := _SUFFIX.match(text, number.end):
        return number.value * SUFFIX_SCALES[suffix[0]], suffix.end()
    return number.value, number.end


def _measure(text: str, number: Number, whole: bool) -> _Reading | None:
    """A number with a unit after it, and the smaller units that go with it; densities (``85 people per km²``)."""
    gap = _GAP.match(text, number.end)
    position = gap.end() if gap else number.end
    attached = position == number.end
    if attached and _SUFFIX.match(text, position):
        value, end = _scaled(text, number)
        money = unit_at(text, end + 1) if text[end : end + 1] == " " else None
        if money and currency_code(money[1].name):
            return _Reading(number.start, money[0], money[1].to_canonical(value), money[1])
        if text[position] != "m" or _PEOPLE.match(text, position):
            return None
    read = unit_at(text, position) or _unit_in_parentheses(text, number.end)
    if read is None:
        if whole and (inch := _INCH.match(text, number.end)):
            return _Reading(number.start, inch.end(), INCH.to_canonical(number.value), INCH)
        return _density(text, number)
    end, unit = read
    if _COMPOUND_ADJECTIVE.match(text, end) or _NOT_UNIT.match(text, position):
        return None
    if not whole and number.spelled and number.value == 1 and unit.name == "day":
        return None  # "one day he left"
    if attached and text[position:end] == "s" and number.value == number.value.to_integral_value():
        return None  # "the 1920s", "in his 60s"
    if unit.name == "pound" and _MONEY_TALK.search(text):
        unit = Unit("GBP", "GBP")
    total = number.value * unit.factor
    if chain := next((c for c in CHAINS if unit.name in c), None):
        total, end = _chain(text, end, unit, total, chain)
    if unit.canonical == "m" and (below := _BELOW.match(text, end)):
        total, end = -total, below.end()
    return _Reading(number.start, end, float(total + unit.offset), unit)


def _unit_in_parentheses(text: str, position: int) -> tuple[int, Unit] | None:
    """The unit of ``45.97 (square kilometres)`` or ``120 (inhabitants per square kilometre)``."""
    match = _PARENTHESES.match(text, position)
    if match is None:
        return None
    inner = match[1]
    read = unit_at(inner, 0) or rate_at(inner, max(inner.find(" per "), inner.find("/"), 0))
    return (match.end(), read[1]) if read and read[0] == len(inner) else None


def _density(text: str, number: Number) -> _Reading | None:
    """A count by area, time or volume, with or without the noun that is counted."""
    noun = counted_noun(text, number.end)
    for end in (number.end, noun):
        if end is not None and (rate := rate_at(text, end)):
            return _Reading(number.start, rate[0], rate[1].to_canonical(number.value), rate[1])
    return None


def _chain(text: str, end: int, unit: Unit, total: Decimal, chain: tuple[str, ...]) -> tuple[Decimal, int]:
    """The sum and the end of what follows a unit in smaller units of its chain."""
    place = chain.index(unit.name)
    while link := _CHAINED.match(text, end):
        number = number_at(text, link.end())
        if number is None:
            break
        gap = _GAP.match(text, number.end)
        read = unit_at(text, gap.end() if gap else number.end)
        if read is None and chain[place] == "foot" and (inch := _INCH.match(text, number.end)):
            read = inch.end(), INCH
        if read is None or read[1].name not in chain[place + 1 :]:
            break
        end, smaller = read
        place, total = chain.index(smaller.name), total + number.value * smaller.factor
    return total, end


def _range(text: str, number: Number) -> list[_Reading]:
    """Both ends of ``20-30 km``, ``two to three metres``, ``between 20 and 30 pages``: they share what follows."""
    link = _DASH.match(text, number.end) or _CONNECTIVE.match(text, number.end)
    second = number_at(text, link.end()) if link else None
    if link is None or second is None or second.value < number.value:
        return []
    if link.re is _CONNECTIVE and link[1] and not _BETWEEN.search(text, max(0, number.start - 10), number.start):
        return []
    high = _measure(text, second, whole=False)
    noun = counted_noun(text, second.end)
    if high is None and link.re is _DASH and noun and not stands_in_name(text, number):
        high = _Reading(second.start, noun, float(second.value), counted=True)
    if high is None:
        return []
    start = number.value * shared_scale(number, second, text)
    low = high.unit.to_canonical(start) if high.unit else float(start)
    return [_Reading(number.start, number.end, low, high.unit, high.counted), high]


def _count(text: str, number: Number, whole: bool) -> _Reading | None:
    """A pure number, with the noun that it counts if there is one."""
    value, end = number.value, number.end
    if people := _PEOPLE.match(text, end):
        value, end = value * SUFFIX_SCALES[people[0][0]], end + 1
    noun = counted_noun(text, end, singular=value == 1)
    if whole:
        return _Reading(number.start, noun or end, float(value), counted=noun is not None)
    if number.spelled and value == 1:
        return None  # "one of them", "one day"
    if stands_in_name(text, number) or (noun is None and not is_plain_number(text, number)):
        return None
    return _Reading(number.start, noun or end, float(value), counted=noun is not None)
