"""RDF literals: how their typed parts follow from lexical form, datatype and language tag.

Import and queries both read literals here, so that a term has the same parts wherever it comes from. The conventions:
a plain string has the datatype '' (never ``xsd:string``); a language tag is in lower case, and its literal has the
datatype '' too; the lexical form is kept as written, and is part of a term's identity, as are datatype and language.
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
DATES = tuple(XSD + name for name in ("date", "dateTime", "gYear", "gYearMonth"))
BOOLEAN = XSD + "boolean"
LANGUAGE_STRING = RDF + "langString"

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN")
_ZONE = r"(?:Z|[+-]\d\d:\d\d)?"
_DATE = re.compile(rf"(-?\d{{4,}})(?:-(\d\d)(?:-(\d\d)(T\d\d:\d\d:\d\d(?:\.\d+)?)?)?)?{_ZONE}")
_SHAPE = {XSD + "gYear": 1, XSD + "gYearMonth": 2, XSD + "date": 3, XSD + "dateTime": 4}


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal by its parts, as ``store.terms`` has them.

    Attributes:
        kind: ``number``, ``date``, ``boolean`` or ``text``; an ill-typed literal (``"x"^^xsd:integer``) is a text.
        text: the lexical form.
        datatype: its IRI; '' for plain and language-tagged strings.
        language: the tag in lower case, '' for none.
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
        return Literal("text", text, "", language.lower())
    if datatype in NUMERIC:
        number = _number(text.strip(" \t\r\n"), datatype)
        return Literal("text" if number is None else "number", text, datatype, number=number)
    if datatype == BOOLEAN and text in ("true", "false", "1", "0"):
        return Literal("boolean", text, datatype, number=float(text in ("true", "1")))
    if datatype in DATES and (days := _days(text, datatype)):
        return Literal("date", text, datatype, date_from=days[0], date_to=days[1])
    return Literal("text", text, datatype)


def _number(text: str, datatype: str) -> float | None:
    shape = _INTEGER if datatype in INTEGERS else _DECIMAL if datatype == XSD + "decimal" else _DOUBLE
    if not shape.fullmatch(text):
        return None
    number = float(text.replace("INF", "inf"))
    return None if math.isinf(number) and "INF" not in text else number


def _days(text: str, datatype: str) -> tuple[datetime.date | None, datetime.date | None] | None:
    match = _DATE.fullmatch(text)
    if match is None or sum(part is not None for part in match.groups()) != _SHAPE[datatype]:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), match[3]
    if not 1 <= year <= 9999:
        return None, None
    try:
        first = datetime.date(year, month, int(day or 1))
    except ValueError:
        return None
    if day is not None:
        return first, first
    last = first.replace(month=12) if match[2] is None else first
    return first, last.replace(day=calendar.monthrange(last.year, last.month)[1])
