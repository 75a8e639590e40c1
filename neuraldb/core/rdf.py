"""RDF literals: how their typed parts follow from lexical form, datatype and language tag.

Import and queries both read literals here, so that a term has the same parts wherever it comes from. The conventions:
a plain string has the datatype '' (never ``xsd:string``), as has a literal with a language tag; the lexical form and
the tag are kept as written, and are part of a term's identity, as is the datatype. Values and patterns compare tags
without regard to case.
"""

from __future__ import annotations

import calendar
import datetime
import math
import re
from dataclasses import dataclass

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

INTEGERS = tuple(
    XSD + name
    for name in (
        *("integer", "int", "long", "short", "byte"),
        *("nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger"),
        *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
    )
)
NUMERIC = (*INTEGERS, XSD + "decimal", XSD + "float", XSD + "double")
BOOLEAN = XSD + "boolean"
LANGUAGE_STRING = RDF + "langString"

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN")
_YEAR, _MONTH, _DAY = r"(-?(?:[1-9][0-9][0-9][0-9]+|0[0-9][0-9][0-9]))", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_TIME = r"T(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
DATE_SHAPES = {
    XSD + "gYear": f"{_YEAR}{_ZONE}",
    XSD + "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
    XSD + "date": f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}",
    XSD + "dateTime": f"{_YEAR}-{_MONTH}-{_DAY}{_TIME}{_ZONE}",
}
"""The lexical forms of dates, as regular expressions that must match wholly; the days of a month are to be counted."""
_DATE = {name: re.compile(shape) for name, shape in DATE_SHAPES.items()}
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal by its parts, as ``store.terms`` has them.

    Attributes:
        kind: ``number``, ``date``, ``boolean`` or ``text``; an ill-typed literal (``"x"^^xsd:integer``) is a text.
        text: the lexical form.
        datatype: its IRI; '' for plain and language-tagged strings.
        language: the tag, '' for none.
        number: the value of a number; 1 or 0 for a boolean.
        date_from, date_to: the first and last day of a date; None where they are outside the years 1 to 9999.
    """

    kind: str
    text: str
    datatype: str = ""
    language: str = ""
    number: float | None = None
    date_from: datetime.date | None = None
    date_to: datetime.date | None = None


def literal(text: str, datatype: str = "", language: str = "") -> Literal:
    """The literal with its typed parts.

    >>> literal("01", XSD + "integer").number, literal("x", XSD + "integer").kind, literal("a", XSD + "string").datatype
    (1.0, 'text', '')
    """
    if language or datatype in ("", XSD + "string", LANGUAGE_STRING):
        return Literal("text", text, "", language)
    spelled = text.strip(_SPACE)
    if datatype in NUMERIC:
        number = _number(spelled, datatype)
        return Literal("text" if number is None else "number", text, datatype, number=number)
    if datatype == BOOLEAN and spelled in ("true", "false", "1", "0"):
        return Literal("boolean", text, datatype, number=float(spelled in ("true", "1")))
    if datatype in DATE_SHAPES and (days := _days(spelled, datatype)):
        return Literal("date", text, datatype, date_from=days[0], date_to=days[1])
    return Literal("text", text, datatype)


TAG_KEY = "lower({})"
"""What :func:`tag_key` gives, in SQL: tags are ASCII, so both fold alike."""


def tag_key(tag: str) -> str:
    """What language tags are compared by, which keep their case but mean the same in any (RDF 1.1, section 3.3).

    >>> tag_key("en-GB") == tag_key("en-gb")
    True
    """
    return tag.lower()


def _number(text: str, datatype: str) -> float | None:
    shape = _INTEGER if datatype in INTEGERS else _DECIMAL if datatype == XSD + "decimal" else _DOUBLE
    if not shape.fullmatch(text):
        return None
    number = float(text.replace("INF", "inf"))
    return None if math.isinf(number) and "INF" not in text else number


def _days(text: str, datatype: str) -> tuple[datetime.date | None, datetime.date | None] | None:
    match = _DATE[datatype].fullmatch(text)
    if match is None:
        return None
    year = str(match[1])
    month, day = [*match.groups()[1:], None, None][:2]
    try:  # the calendar is the same every 400 years
        first = datetime.date(2000 + int(year[-4:]) % 400, int(month or 1), int(day or 1))
    except ValueError:
        return None
    if len(year) > 4 or year == "0000":
        return None, None
    first = first.replace(year=int(year))
    if day is not None:
        return first, first
    last = first.replace(month=12) if month is None else first
    return first, last.replace(day=calendar.monthrange(last.year, last.month)[1])
