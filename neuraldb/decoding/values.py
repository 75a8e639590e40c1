"""Numbers and days: what queries compare with and sort by, as arrays beside the terms that they are the values of."""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa

from neuraldb.core.rdf import XSD, literal
from neuraldb.decoding.spelling import spelled_literal
from neuraldb.stores.arrays import Ids, Scores

Comparison: TypeAlias = Literal["<", "<=", ">", ">="]
COMPARISONS: tuple[Comparison, ...] = ("<", "<=", ">", ">=")
EXACT = 2.0**53
"""From here on neighbouring integers are one and the same double."""
# with neither a time nor a time zone
_DAYS = re.compile(r"[^T+Z:]*")
_DATATYPES = ("", XSD + "date", XSD + "gYear", XSD + "gYearMonth")


@dataclass(frozen=True, slots=True)
class Value:
    """A number or a date that is compared with.

    Attributes:
        code: as SPARQL writes it.
        words: as people do.
        first, last: the number twice, or the first and last day that the date may mean, as ordinals.
        kind: which of both.
    """

    code: str
    words: str
    first: float
    last: float
    kind: Literal["number", "date"]

    @classmethod
    def number(cls, number: float) -> Value | None:
        """A number; None for one that cannot be told from its neighbours."""
        if not math.isfinite(number) or abs(number) >= EXACT:
            return None
        text = str(int(number)) if number == int(number) else repr(number)
        return cls(text, text, number, number, "number")

    @classmethod
    def date(cls, text: str) -> Value | None:
        """A day ``1950-02-01``, a month ``1950-02`` or a year ``1950``; None for another text."""
        kind = XSD + ("gYear", "gYearMonth", "date")[min(text[1:].count("-"), 2)]
        read = literal(text, kind)
        if read.date_from is None or read.date_to is None:
            return None
        days = read.date_from.toordinal(), read.date_to.toordinal()
        return cls(spelled_literal(text, kind), text, *days, "date")


@dataclass(frozen=True, slots=True)
class Values:
    """The numbers and days among some nodes.

    Attributes:
        nodes: the nodes.
        number: of each; NaN where it is none.
        first, last: the first and last day of each; NaN where it is no date.
    """

    nodes: Ids
    number: Scores
    first: Scores
    last: Scores

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(np.isfinite(self.number).any() or np.isfinite(self.first).any())

    def kept(self, operator: Comparison, value: Value) -> Ids:
        """The nodes of which a comparison with a value is true; what does not compare is left out.

        Dates are before or after others; of "at least" and "at most" nothing is said where a year meets a day.
        """
        if value.kind == "date" and operator not in ("<", ">"):
            return self.nodes[:0]
        low, high = (self.number, self.number) if value.kind == "number" else (self.first, self.last)
        with np.errstate(invalid="ignore"):
            match operator:
                case "<":
                    true = high < value.first
                case ">":
                    true = low > value.last
                case "<=":
                    true = high <= value.first
                case ">=":
                    true = low >= value.last
        return self.nodes[true]

    def distinct(self) -> tuple[Value, ...]:
        """The numbers and the single days that occur, ascending."""
        numbers = np.unique(self.number[np.isfinite(self.number)]).tolist()
        days = np.unique(self.first[self.first == self.last]).astype(int).tolist()
        found = [Value.number(number) for number in numbers]
        found += [Value.date(datetime.date.fromordinal(each).isoformat()) for each in days]
        return tuple(value for value in found if value is not None)


def values_of(nodes: Ids, terms: pa.Table) -> Values:
    """The values of nodes, from the rows of their terms."""
    kinds, texts, datatypes = (terms.column(name).to_pylist() for name in ("kind", "text", "datatype"))
    numbers = [
        number if kind == "number" and number is not None and abs(number) < EXACT else math.nan
        for kind, number in zip(kinds, terms.column("number").to_pylist(), strict=True)
    ]
    usable = [
        kind == "date" and datatype in _DATATYPES and _DAYS.fullmatch(text) is not None
        for kind, text, datatype in zip(kinds, texts, datatypes, strict=True)
    ]
    first, last = (
        [
            float(date.toordinal()) if date is not None and is_day else math.nan
            for date, is_day in zip(terms.column(name).to_pylist(), usable, strict=True)
        ]
        for name in ("date_from", "date_to")
    )
    return Values(nodes, *(np.array(column, np.float64) for column in (numbers, first, last)))
