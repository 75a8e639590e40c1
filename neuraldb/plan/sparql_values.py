"""RDF terms within expressions: each by the parts that DuckDB computes with.

A :class:`Typed` knows which kinds its term can be of, so that what cannot happen is not compiled. A part is NULL where
the term is unbound or an error, which gives SPARQL's three-valued logic (17.2) without further ado.
"""

# ruff: noqa: D102 - the methods of Typed are documented there

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neuraldb.core import rdf
from neuraldb.core.rdf import XSD
from neuraldb.plan.expressions import Call, Column, Expression, Literal, joined
from neuraldb.plan.sparql_nodes import PARTS, part

KINDS = frozenset({"entity", "iri", "blank", "relation", "type", "text", "number", "date", "boolean"})
RESOURCES = frozenset({"entity", "iri", "blank", "relation", "type"})
LITERALS = KINDS - RESOURCES
NAMED = frozenset({"entity", "relation", "type"})
"""Things that are known by a name in words; in expressions their name counts as a string."""
NULL = Literal(None)
EMPTY = Literal("")
RANKS = ("integer", "decimal", "float", "double")
"""Numeric types in the order of promotion; a number's rank is its index."""
LARGE = 2**53
"""From here on a double does not hold every integer."""
MOST = 2**127 - 1
"""The greatest integer that is computed with."""
DIGITS = len(str(MOST))


def call(function: str, *arguments: Expression) -> Call:
    """A function applied."""
    return Call(function, arguments)


def any_of(conditions: Sequence[Expression]) -> Expression:
    """The disjunction of conditions; of none, false."""
    return joined("or", conditions) if conditions else Literal(False)


def case(*branches: tuple[Expression, Expression], otherwise: Expression = NULL) -> Expression:
    """The value of the first branch whose condition is true."""
    if not branches:
        return otherwise
    return Call("case", (*(e for branch in branches for e in branch), otherwise))


@dataclass(frozen=True)
class Typed:
    """A term of an expression."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that the term can be of."""
        return KINDS

    @property
    def shape(self) -> str:
        """What is known of the term whenever there is one: ``integer``, ``number``, ``boolean`` or ``term``."""
        return "term"

    def part(self, name: str) -> Expression:
        """A part of the term (:data:`~neuraldb.plan.sparql_nodes.PARTS`)."""
        raise NotImplementedError  # every kind of term has its own

    def pack(self) -> Expression:
        """The whole term, as a VALUE."""
        return call("pack", *(self.part(name) for name in PARTS))

    def bound(self) -> Expression:
        """Whether there is a term at all."""
        return call("is not null", self.part("kind"))

    def number(self) -> Expression:
        """The value of a number, NULL for other terms."""
        if self.kinds == {"number"}:
            return self.part("number")
        return case((self.is_a("number"), self.part("number"))) if "number" in self.kinds else NULL

    def rank(self) -> Expression:
        """The index into :data:`RANKS` of a number's type."""
        return call("number_rank", self.part("datatype"), self.part("number"))

    @property
    def large(self) -> bool:
        """Whether the term may be an integer that a double does not hold (:data:`LARGE`)."""
        return "number" in self.kinds

    def whole(self, *, known: bool = False) -> Expression:
        """The value of an integer in 128 bits; NULL for other terms, and for an integer that these do not hold.

        Args:
            known: where it is read, the term is an integer.
        """
        if "number" not in self.kinds:
            return NULL
        value = call("whole_text", self.part("text"), self.number()) if self.large else call("whole", self.number())
        return value if known else case((call("=", self.rank(), Literal(0)), value))

    def is_a(self, *kinds: str) -> Expression:
        """Whether the term is of one of these kinds; NULL where there is no term."""
        possible = [k for k in kinds if k in self.kinds]
        if not possible:
            return case((self.bound(), Literal(False)))
        if len(possible) == 1:
            return call("=", self.part("kind"), Literal(possible[0]))
        return call("in", self.part("kind"), *map(Literal, possible))


@dataclass(frozen=True)
class Stored(Typed):
    """A variable whose column is a TERM; its parts are looked up below."""

    name: str
    may_be_large: bool = True

    @property
    def large(self) -> bool:
        return self.may_be_large

    def part(self, name: str) -> Expression:
        return Column(part(self.name, name))

    def bound(self) -> Expression:
        return call("is not null", Column(self.name))


@dataclass(frozen=True)
class Packed(Typed):
    """A VALUE: a computed variable, or a term that several branches may give."""

    value: Expression
    known: str = "term"

    @property
    def shape(self) -> str:
        return self.known

    @property
    def kinds(self) -> frozenset[str]:
        return {
            "integer": frozenset({"number"}),
            "number": frozenset({"number"}),
            "boolean": frozenset({"boolean"}),
        }.get(self.known, KINDS)

    def part(self, name: str) -> Expression:
        return call(f"part {name}", self.value)

    def pack(self) -> Expression:
        return self.value

    def bound(self) -> Expression:
        return call("is not null", self.value)


@dataclass(frozen=True)
class Constant(Typed):
    """A term that stands in the statement; ``kind`` is ``iri`` for IRIs."""

    literal: rdf.Literal

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({self.literal.kind})

    @property
    def shape(self) -> str:
        if self.literal.kind == "number":
            # what 128 bits do not hold is shown as it is written
            return ("term" if self._integer is None else "integer") if self._is_integer else "number"
        return "boolean" if self.literal.kind == "boolean" else "term"

    def part(self, name: str) -> Expression:
        return NULL if name == "unit" else Literal(getattr(self.literal, name))

    def bound(self) -> Expression:
        return Literal(True)

    def rank(self) -> Expression:
        if self.literal.datatype in rdf.INTEGERS:
            return Literal(0)
        return Literal(RANKS.index(self.literal.datatype.removeprefix(XSD))) if self.literal.kind == "number" else NULL

    @property
    def large(self) -> bool:
        return self._is_integer and abs(self.literal.number or 0.0) >= LARGE

    def whole(self, *, known: bool = False) -> Expression:
        return NULL if self._integer is None else call("whole", Literal(self._integer))

    @property
    def _is_integer(self) -> bool:
        return self.literal.kind == "number" and self.literal.datatype in rdf.INTEGERS

    @property
    def _integer(self) -> int | None:
        """The value of an integer that 128 bits hold."""
        if not self._is_integer or not self.large:
            return int(self.literal.number or 0) if self._is_integer else None
        digits = self.literal.text.strip(" \t\r\n").lstrip("+-0")
        value = int(digits) if len(digits) <= DIGITS else MOST + 1
        return None if value > MOST else -value if "-" in self.literal.text else value

    def is_a(self, *kinds: str) -> Expression:
        return Literal(self.literal.kind in kinds)


@dataclass(frozen=True)
class Number(Typed):
    """A computed number: its value as a double, the rank of its type, and what it is exactly where it is an integer.

    Without ``exact`` the value is below :data:`LARGE`, or no integer. An integer that 128 bits do not hold is an error.
    """

    value: Expression
    type: Expression
    exact: Expression | None = None

    @classmethod
    def integer(cls, exact: Expression) -> Number:
        """The integer that is computed in 128 bits."""
        return cls(call("cast_double", exact), Literal(0), exact)

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({"number"})

    @property
    def shape(self) -> str:
        return "integer" if self.type == Literal(0) else "number"

    def part(self, name: str) -> Expression:
        match name:
            case "number":
                return self.value
            case "kind":
                return case((call("is not null", self.value), Literal("number")))
            case "text":
                return call("number_text", self.value, self.type, self.whole())
            case "datatype":
                return call("number_datatype", self.type)
            case "language":
                return EMPTY
            case _:
                return NULL

    def bound(self) -> Expression:
        return call("is not null", self.value)

    def rank(self) -> Expression:
        return self.type

    @property
    def large(self) -> bool:
        return self.exact is not None

    def whole(self, *, known: bool = False) -> Expression:
        if self.exact is not None:
            return self.exact
        if known or self.type == Literal(0):
            return call("whole", self.value)
        return (
            NULL
            if isinstance(self.type, Literal)
            else case((call("=", self.type, Literal(0)), call("whole", self.value)))
        )


@dataclass(frozen=True)
class Truth(Typed):
    """A computed truth value."""

    value: Expression

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({"boolean"})

    @property
    def shape(self) -> str:
        return "boolean"

    def part(self, name: str) -> Expression:
        match name:
            case "number":
                return case((self.value, Literal(1.0)), (call("not", self.value), Literal(0.0)))
            case "kind":
                return case((self.bound(), Literal("boolean")))
            case "text":
                return case((self.value, Literal("true")), (call("not", self.value), Literal("false")))
            case "datatype":
                return Literal(rdf.BOOLEAN)
            case "language":
                return EMPTY
            case _:
                return NULL

    def bound(self) -> Expression:
        return call("is not null", self.value)


@dataclass(frozen=True)
class Text(Typed):
    """A computed string, plain or with a language tag, or an IRI."""

    value: Expression
    tag: Expression = EMPTY
    kind: str = "text"

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({self.kind})

    def part(self, name: str) -> Expression:
        match name:
            case "text":
                return self.value
            case "kind":
                return case((self.bound(), Literal(self.kind)))
            case "datatype":
                return EMPTY
            case "language":
                return self.tag
            case _:
                return NULL

    def bound(self) -> Expression:
        return call("is not null", self.value)


def choose(condition: Expression, yes: Typed, no: Typed) -> Typed:
    """The term that a condition picks; none where it is NULL."""

    def pick(of: Callable[[Typed], Expression]) -> Expression:
        return case((condition, of(yes)), (call("not", condition), of(no)))

    if isinstance(yes, Number | Constant) and isinstance(no, Number | Constant) and yes.kinds | no.kinds == {"number"}:
        rank = yes.rank() if yes.rank() == no.rank() else pick(lambda t: t.rank())
        exact = pick(lambda t: t.whole()) if yes.large or no.large else None
        return Number(pick(Typed.number), rank, exact)
    if isinstance(yes, Truth) and isinstance(no, Truth):
        return Truth(case((condition, yes.value), (call("not", condition), no.value)))
    shape = yes.shape if yes.shape == no.shape else "term"
    return Packed(pick(lambda t: t.pack()), shape)


def effective(term: Typed) -> Expression:
    """The effective boolean value (17.2.2): NULL is a type error."""
    if isinstance(term, Truth):
        return term.value
    branches: list[tuple[Expression, Expression]] = []
    if "boolean" in term.kinds:
        branches.append((term.is_a("boolean"), call("=", term.part("number"), Literal(1.0))))
    if "number" in term.kinds:
        nonzero = call(
            "and", call("!=", term.part("number"), Literal(0.0)), call("not", call("isnan", term.part("number")))
        )
        branches.append((term.is_a("number"), nonzero))
    if "text" in term.kinds:
        # an ill-typed number or boolean is false; of other datatypes nothing is known
        plain = call("=", term.part("datatype"), EMPTY)
        typed = call("in", term.part("datatype"), *map(Literal, (*rdf.NUMERIC, rdf.BOOLEAN)))
        branches.append((call("and", term.is_a("text"), plain), call("!=", term.part("text"), EMPTY)))
        branches.append((call("and", term.is_a("text"), typed), Literal(False)))
    return case(*branches)
