"""Typed values: what a stretch of text says when it is read as a number with a unit, a date or a truth value.

:func:`parse_value` reads, :func:`compare`, :func:`equal` and :func:`sort_key` relate values to each other,
:func:`display` writes. When two values are the same, and when they cannot be compared:

* Numbers are equal within 1e-9 of the larger one, once in the same unit. A bare number is taken to be in the unit that
  the other one is written in: 45 equals ``45 years``. Numbers of different dimensions, amounts in different currencies
  and counts of things against measures do not compare.
* Dates are equal if they may mean exactly the same days: ``1929`` equals ``in 1929``, not ``3 May 1929``. One date is
  before another if its last day is before the other's first; ``1929`` is neither before nor after ``3 May 1929``, nor
  the same: they do not compare. A bare whole number from 1000 to 2100 compares with a date as that year.
* Texts are equal if they are the same name (:func:`neuraldb.core.text.normalise`), and are ordered by that name.
* Truth values compare with each other, false first. Values of different kinds do not compare.

Comparison with bare numbers among values of several units is not transitive; where a whole column is to be sorted,
put the bare ones into the column's unit first (:func:`neuraldb.core.quantities.adopt`), or use :func:`sort_key`, which
is a total order that never converts them.
"""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Literal

from neuraldb.core.counts import is_year_number
from neuraldb.core.dates import parse_date
from neuraldb.core.intervals import written, years
from neuraldb.core.quantities import adopt, compatible, parse_quantity
from neuraldb.core.text import normalise
from neuraldb.core.units import parse_unit
from neuraldb.core.value import KINDS, PRECISIONS, Value

__all__ = ["KINDS", "PRECISIONS", "Value", "compare", "display", "equal", "parse_value", "sort_key"]

TOLERANCE = 1e-9
TRUTH = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
# canonical unit -> units to show it in, the first whose least magnitude is reached; how that is written
SHOWN = {
    "m": (("km", 1e5, "km"), ("m", 1e-2, "m"), ("mm", 0.0, "mm")),
    "m2": (("km2", 1e6, "km²"), ("m2", 0.0, "m²")),
    "m3": (("m3", 1e-1, "m³"), ("litre", 0.0, "l")),
    "kg": (("kg", 1e-1, "kg"), ("g", 0.0, "g")),
    "byte": (("GB", 1e9, "GB"), ("MB", 1e6, "MB"), ("byte", 0.0, "byte")),
    "1/m2": (("1/km2", 0.0, "per km²"),),
    "1/s": (("1/year", 0.0, "per year"),),
    "%": (("%", 0.0, "%"),),
}
# durations: the largest of these in which the number is whole
DURATIONS = ("year", "month", "day", "hour", "minute")


def parse_value(
    text: str, base: datetime.date | None = None, *, prefer: Literal["number", "date"] | None = None
) -> Value:
    """What the whole text says: a truth value, a date, a quantity, or else just text.

    Args:
        text: the words; a phrase that only contains a quantity (``a 933 m hill``) is text.
        base: the day on which it was written, for dates like *yesterday*.
        prefer: what a bare number from 1000 to 2100 is: a ``"number"`` or a year (``"date"``, also if None).

    >>> [parse_value(t).kind for t in ("yes", "1929", "1.2 km", "Oslo")]
    ['boolean', 'date', 'number', 'text']
    """
    words = text.strip()
    if (truth := TRUTH.get(words.lower().rstrip("."))) is not None:
        return Value("boolean", text, number=truth)
    if not (prefer == "number" and is_year_number(words)) and (date := parse_date(text, base)):
        return date
    return parse_quantity(text) or Value("text", text)


def compare(a: Value, b: Value) -> int | None:
    """-1, 0 or 1 as ``a`` is less than, equal to or greater than ``b``; None if they do not compare."""
    a, b = _as_date(a, b), _as_date(b, a)
    if a.kind != b.kind:
        return None
    if a.kind == "number":
        if not compatible(a, b):
            return None
        x, y = adopt(a, b).number or 0.0, adopt(b, a).number or 0.0
        return 0 if math.isclose(x, y, rel_tol=TOLERANCE) else _order(x, y)
    if a.kind == "date":
        return _compare_dates(a, b)
    if a.kind == "boolean":
        return _order(a.number or 0.0, b.number or 0.0)
    return _order(normalise(a.text), normalise(b.text))


def equal(a: Value, b: Value) -> bool:
    """Whether two values are the same; what does not compare is not equal.

    >>> equal(parse_value("$1,000,000"), parse_value("1 million dollars"))
    True
    """
    return compare(a, b) == 0


def sort_key(value: Value) -> tuple[int, str, float, float, str]:
    """A key that orders values of all kinds: by kind, then unit, then magnitude or days, then name.

    Values of one unit come in the order that :func:`compare` gives them, dates by first day, then last.
    """
    rank = ("boolean", "number", "date", "text").index(value.kind)
    if value.kind == "text":
        return rank, "", 0.0, 0.0, normalise(value.text)
    if value.start is not None and value.end is not None:
        return rank, "", float(value.start.toordinal()), float(value.end.toordinal()), ""
    return rank, value.unit, value.number or 0.0, 0.0, ""


def display(value: Value) -> str:
    """The value in words that :func:`parse_value` reads back as an equal one; made from the meaning, not the wording.

    >>> display(parse_value("4821,00 m")), display(parse_value("July 11th, 1907")), display(parse_value("$3.4bn"))
    ('4,821 m', '1907-07-11', '3,400,000,000 USD')
    """
    if value.kind == "date" and value.start is not None and value.end is not None:
        return written((value.start, value.end, value.precision or "day"))
    if value.kind == "boolean":
        return "true" if value.number else "false"
    if value.kind == "number" and value.number is not None:
        return _display_number(value.number, value.unit)
    return value.text


def _display_number(number: float, unit: str) -> str:
    if not unit:
        return _grouped(number)
    if unit == "s" and number:
        for name in DURATIONS:
            count = parse_unit(name).from_canonical(number)
            if count == int(count):
                return f"{_grouped(count)} {name if abs(count) == 1 else name + 's'}"
    forms = SHOWN.get(unit, ())
    for name, least, symbol in forms if number or len(forms) == 1 else ():
        if abs(number) >= least:
            return f"{_grouped(parse_unit(name).from_canonical(number))} {symbol}"
    return f"{_grouped(number)} {unit}"


def _grouped(number: float) -> str:
    """The shortest decimal that is this number to 15 digits, thousands grouped."""
    short = float(f"{number:.15g}")
    return f"{int(short):,}" if short == int(short) and abs(short) < 1e15 else f"{Decimal(repr(short)):,}".lower()


def _compare_dates(a: Value, b: Value) -> int | None:
    if a.start is None or a.end is None or b.start is None or b.end is None:
        return None
    if (a.start, a.end) == (b.start, b.end):
        return 0
    if a.end < b.start:
        return -1
    return 1 if b.end < a.start else None


def _as_date(value: Value, other: Value) -> Value:
    """A bare number that may be a year, as that year, if it stands beside a date."""
    if other.kind != "date" or value.kind != "number" or value.unit or value.number is None:
        return value
    if not (1000 <= value.number <= 2100 and value.number == int(value.number)):
        return value
    start, end, precision = years(int(value.number), int(value.number))
    return Value("date", value.text, start=start, end=end, precision=precision)


def _order(x: float | str, y: float | str) -> int:
    return (x > y) - (x < y)  # type: ignore[operator]
