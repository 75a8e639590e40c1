"""SQL twins of factbench's queries: the same question as SQL over tables that nobody made.

A twin is made of the structure of a query: its type and its relation stand in the benchmark's file, the names, the
thresholds and the class in the tree into which the engine's own parser cuts the question. The words of the question
go nowhere else, so that a twin is what somebody would write who knows SQL and the name of the column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from neuraldb.core.frames import QuestionFrame
from neuraldb.core.numbers import parse_number
from neuraldb.language.question import Atom, Bridge, Conjunction, Likely, Negation, Question, Restriction

ANYTHING = "things"
"""The table of a thing whose kind the question does not say: its noun is that of what is asked for."""
TYPES = frozenset(
    "lookup set count bool filter_num filter_date min max sum avg argmax argmin topk conj join group neg".split()  # noqa: SIM905
)
"""The types of queries that have twins; an unanswerable one has that of the type that it looks like."""
MEASURED = frozenset("filter_num filter_date min max sum avg argmax argmin topk".split())  # noqa: SIM905
"""Types that compare a measure: whatever has it counts, so that no class need be named, which would leave out what the
extractor takes for something else."""
_SIGNS: Mapping[str, type[exp.Binary]] = {"gt": exp.GT, "ge": exp.GTE, "lt": exp.LT, "le": exp.LTE, "eq": exp.EQ}
_NOT_A_NAME = re.compile(r"\W+")


class Untranslated(Exception):
    """A query whose structure does not say all that its twin needs; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A query as SQL.

    Attributes:
        sql: the statement.
        parameters: the names and thresholds in it.
    """

    sql: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one simple question within a question names."""

    frame: QuestionFrame

    @property
    def names(self) -> list[str]:
        return [self.frame.text(span) for span in self.frame.entities]

    @property
    def values(self) -> list[str]:
        return [self.frame.text(span) for span in self.frame.values]

    @property
    def table(self) -> str:
        noun = self.frame.class_noun
        return _identifier(self.frame.text(noun)) if noun is not None else ANYTHING

    @property
    def count(self) -> int:
        number = parse_number(self.frame.text(self.frame.count)) if self.frame.count is not None else None
        return int(number) if number else 1


def twin(query: Mapping[str, Any], question: Question | Likely, open: bool = False) -> Twin:
    """The SQL twin of a query.

    Args:
        query: as it stands in the benchmark's file; its type, relation and tags are used.
        question: what the engine's parser makes of it; its names, values and nouns are used.
        open: leave the class aside and ask things of any kind.

    Raises:
        Untranslated: names or thresholds are missing, or there is no such type.
    """
    kind, tags = str(query["type"]), set(query.get("tags", ()))
    if kind == "unans":
        kind = next((k for k in ("lookup", "set", "count") if f"empty_{k}" in tags), kind)
    made = _Twins(
        [_identifier(r) for r in re.split(r"[/+]", str(query["relation"]))],
        _parts(question),
        tags,
        open or kind in MEASURED,
    )
    if kind not in TYPES:
        raise Untranslated(f"there is no twin of {kind}")
    select = getattr(made, kind)()
    return Twin(select.sql("duckdb").replace("__value__", "%s"), tuple(made.parameters))


class _Twins:
    """The twins of one query, by type."""

    def __init__(self, columns: list[str], parts: list[_Part], tags: set[str], open: bool) -> None:
        self.columns, self.parts, self.tags, self.open = columns, parts, tags, open
        self.parameters: list[str] = []

    # -------------------------------------------------------------------------------------------------------- values

    def lookup(self) -> exp.Select:
        """What one thing has."""
        return _select(self.columns[0], distinct=True).from_(ANYTHING).where(self._named())

    def set(self) -> exp.Select:
        """The things that have a value."""
        return _select("name", distinct=True).from_(self._from()).where(self._has(0, self.parts[0]))

    def count(self) -> exp.Select:
        """How many they are; or how many values one thing has."""
        part = self.parts[0]
        if "count_objects" in self.tags:
            return exp.select(_distinct(self.columns[0])).from_(ANYTHING).where(self._named())
        return exp.select(_distinct("name")).from_(self._from()).where(self._has(0, part))

    def bool(self) -> exp.Select:
        """Whether one thing has a value, or a smaller or greater one than another thing."""
        part = self.parts[0]
        if "compare" in self.tags:
            return self._compared(part)
        if part.names and part.values:
            held = self._condition(0, part, [])
            return exp.select(exp.func("bool_or", held)).from_(ANYTHING).where(self._named())
        if len(part.names) < 2:
            raise Untranslated("the two ends of a yes-no question are not both seen")
        # which of them is the thing and which the value is not said; nothing is its own value
        held, named = (
            exp.In(this=exp.column(column), expressions=[self._value(name) for name in part.names[:2]])
            for column in (self.columns[0], "name")
        )
        return exp.select(exp.func("bool_or", held)).from_(ANYTHING).where(named)

    def _compared(self, part: _Part) -> exp.Select:
        if len(part.names) < 2 or part.frame.op not in _SIGNS:
            raise Untranslated("the two things of a comparison are not both seen")
        one, other = exp.column(self.columns[0], table="a"), exp.column(self.columns[0], table="b")
        sides = [exp.to_table(ANYTHING).as_(alias) for alias in "ab"]
        both = [
            exp.column("name", table=alias).eq(self._value(name)) for alias, name in zip("ab", part.names, strict=False)
        ]
        held = _SIGNS[part.frame.op](this=one, expression=other)
        return exp.select(exp.func("bool_or", held)).from_(sides[0]).join(sides[1], join_type="cross").where(*both)

    # --------------------------------------------------------------------------------------------------- comparisons

    def filter_num(self) -> exp.Select:
        """The things whose value compares with a threshold."""
        return self.set()

    filter_date = filter_num

    def min(self) -> exp.Select:
        """The least value; of one thing, where one is named."""
        return self._extreme("min")

    def max(self) -> exp.Select:
        """The greatest value."""
        return self._extreme("max")

    def sum(self) -> exp.Select:
        """The total of the values."""
        return self._extreme("sum")

    def avg(self) -> exp.Select:
        """Their mean."""
        return self._extreme("avg")

    def _extreme(self, function: str) -> exp.Select:
        select = exp.select(exp.func(function, exp.column(self.columns[0]))).from_(self._from())
        return select.where(self._named()) if self.parts[0].names and self.parts[0].frame.class_noun is None else select

    def argmax(self) -> exp.Select:
        """The things that have the greatest value."""
        return self._best("max")

    def argmin(self) -> exp.Select:
        """The things that have the least."""
        return self._best("min")

    def _best(self, function: str) -> exp.Select:
        column = exp.column(self.columns[0])
        best = exp.select(exp.func(function, column.copy())).from_(self._from())
        return _select("name", distinct=True).from_(self._from()).where(column.eq(best.subquery()))

    def topk(self) -> exp.Select:
        """The so many things that have the greatest or the least values."""
        frame = self.parts[0].frame
        if frame.type not in ("argmin", "argmax"):
            raise Untranslated("which end of the values is asked for is not seen")
        column = exp.column(self.columns[0])
        order = exp.Ordered(this=column, desc=frame.type == "argmax", nulls_first=False)
        return exp.select("name").from_(self._from()).order_by(order).limit(self.parts[0].count)

    # --------------------------------------------------------------------------------------------------- combinations

    def conj(self) -> exp.Select:
        """The things that meet two conditions."""
        if len(self.parts) < 2 or len(self.columns) < 2:
            raise Untranslated("the two conditions are not both seen")
        both = [self._has(place, part) for place, part in enumerate(self.parts[:2])]
        return _select("name", distinct=True).from_(self._from()).where(*both)

    def join(self) -> exp.Select:
        """What the things have that one thing has; or the things that have what has a value."""
        if len(self.columns) < 2:
            raise Untranslated("there is one relation only")
        inner, outer = self.parts[-1], self.parts[0]
        names = inner.names or outer.names
        if not names:
            raise Untranslated("the named thing is not seen")
        first, second = (
            exp.to_table(table).as_(alias) for table, alias in ((self._first_table(), "a"), (ANYTHING, "b"))
        )
        bridge = exp.column(self.columns[0], table="a").eq(exp.column("name", table="b"))
        far = exp.column(self.columns[1], table="b")
        if "join_set" in self.tags:
            wanted, given = exp.column("name", table="a"), far
        else:
            wanted, given = far, exp.column("name", table="a")
        query = exp.select(wanted).distinct().from_(first).join(second, on=bridge)
        return query.where(given.eq(self._value(names[0])))

    def _first_table(self) -> str:
        return self._table() if "join_set" in self.tags else ANYTHING

    def group(self) -> exp.Select:
        """The value that most things have."""
        column = exp.column(self.columns[0])
        most = exp.Ordered(this=_distinct("name"), desc=True, nulls_first=False)
        known = exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
        return exp.select(column).from_(self._from()).where(known).group_by(column.copy()).order_by(most).limit(1)

    def neg(self) -> exp.Select:
        """The things that do not have a value."""
        has = _select("name").from_(self._from()).where(self._has(0, self.parts[-1]))
        none = exp.Not(this=exp.In(this=exp.column("name"), query=has.subquery()))
        return _select("name", distinct=True).from_(self._from()).where(none)

    # --------------------------------------------------------------------------------------------------------- pieces

    def _table(self) -> str:
        tables = [part.table for part in self.parts if part.table != ANYTHING]
        return ANYTHING if self.open or not tables else tables[0]

    def _from(self) -> exp.Table:
        return exp.to_table(self._table())

    def _named(self) -> exp.Expr:
        names = self.parts[0].names
        if not names:
            raise Untranslated("the named thing is not seen")
        return exp.column("name").eq(self._value(names[0]))

    def _has(self, place: int, part: _Part) -> exp.Expr:
        return self._condition(place, part, part.names)

    def _condition(self, place: int, part: _Part, names: list[str]) -> exp.Expr:
        """The condition on a column: a comparison with a threshold, or equality with a name."""
        column = exp.column(self.columns[min(place, len(self.columns) - 1)])
        if part.values and part.frame.op == "between" and len(part.values) > 1:
            return exp.Between(this=column, low=self._value(part.values[0]), high=self._value(part.values[1]))
        if part.values and part.frame.op in _SIGNS:
            return _SIGNS[part.frame.op](this=column, expression=self._value(part.values[0]))
        if not names and not part.values:
            raise Untranslated("the value of a condition is not seen")
        return column.eq(self._value((names or part.values)[0]))

    def _value(self, text: str) -> exp.Expr:
        self.parameters.append(text)
        return exp.column("__value__")


def _parts(question: Question | Likely) -> list[_Part]:
    """The simple questions in a question, the outermost first."""
    match question:
        case Likely(inner):
            return _parts(inner)
        case Atom(_, frame):
            return [_Part(frame)]
        case Bridge(_, frame, inner):
            return [_Part(frame), *_parts(inner)]
        case Conjunction(first, second, _):
            return [*_parts(first), *_parts(second)]
        case Negation(members, positive, _):
            return [*_members(members), *_parts(positive)]
        case Restriction(inner, within, _):
            return [*_parts(inner), *_parts(within)]
    raise TypeError(f"not a question: {question!r}")


def _members(noun: str) -> list[_Part]:
    return [_Part(QuestionFrame(noun, "set", class_noun=(0, len(noun))))]


def _identifier(words: str) -> str:
    """Words as an identifier that needs no quotes.

    >>> _identifier("comic book characters"), _identifier("numberOfPages")
    ('comic_book_characters', 'numberOfPages')
    """
    return _NOT_A_NAME.sub("_", words.strip()).strip("_")


def _select(name: str, distinct: bool = False) -> exp.Select:
    query = exp.select(exp.column(name))
    return query.distinct() if distinct else query


def _distinct(name: str) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=[exp.column(name)]))
