"""Scalar expressions of the logical plan: frozen, without names of any language, compiled to DuckDB in ``execution``.

Columns are named as the child node declares them. A literal is never text in the compiled query: it becomes a bound
parameter there.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | datetime.date | datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the child node."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; bound as a parameter, never spliced."""

    value: Scalar

    def __str__(self) -> str:
        return repr(self.value) if isinstance(self.value, str) else str(self.value).lower()


@dataclass(frozen=True, slots=True)
class Call:
    """An operator (``=``, ``<``, ``and``, ``not``, ``+``, …) or a function applied to arguments."""

    function: str
    arguments: tuple[Expression, ...]

    def __str__(self) -> str:
        parts = [str(a) for a in self.arguments]
        if self.function in INFIX and len(parts) == 2:
            return f"({parts[0]} {self.function} {parts[1]})"
        return f"{self.function}({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Raw:
    """A scalar in DuckDB's own words, from the user's SQL; column names stand in it quoted, as the child declares them.

    ``parameters`` are (name, value) pairs that ``sql`` refers to as ``$name``; names are unique in a statement and do
    not look like ``p0``, which the compiler gives out.
    """

    sql: str
    columns: tuple[str, ...] = ()
    parameters: tuple[tuple[str, Scalar], ...] = ()

    def __str__(self) -> str:
        return self.sql.replace('"', "")


@dataclass(frozen=True, slots=True)
class Shown:
    """An expression that EXPLAIN prints in the words of the statement, because its compiled form is long."""

    text: str
    expression: Expression

    def __str__(self) -> str:
        return self.text


Expression: TypeAlias = Column | Literal | Call | Raw | Shown

INFIX = frozenset({"=", "!=", "<", "<=", ">", ">=", "and", "or", "+", "-", "*", "/", "like", "is not distinct from"})


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything below it, parents first."""
    yield expression
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from walk(argument)
    elif isinstance(expression, Shown):
        yield from walk(expression.expression)


def columns_of(expression: Expression) -> frozenset[str]:
    """The names of the columns an expression reads."""
    names: set[str] = set()
    for part in walk(expression):
        if isinstance(part, Column):
            names.add(part.name)
        elif isinstance(part, Raw):
            names.update(part.columns)
    return frozenset(names)


def conjuncts(condition: Expression) -> tuple[Expression, ...]:
    """The parts of a conjunction.

    >>> [str(c) for c in conjuncts(all_of([Column("a"), Column("b"), Column("c")]))]
    ['a', 'b', 'c']
    """
    if isinstance(condition, Call) and condition.function == "and":
        return tuple(c for argument in condition.arguments for c in conjuncts(argument))
    return (condition,)


def all_of(conditions: list[Expression]) -> Expression:
    """The conjunction of conditions; of none, true."""
    return joined("and", conditions) if conditions else Literal(True)


FLAT = 16
"""Parts of a conjunction or disjunction from which on it is made as a tree, whose depth grows slowly."""


def joined(function: str, parts: Sequence[Expression]) -> Expression:
    """An associative function of two arguments applied to many, at least one."""
    if len(parts) > FLAT:
        half = len(parts) // 2
        return Call(function, (joined(function, parts[:half]), joined(function, parts[half:])))
    result = parts[0]
    for part in parts[1:]:
        result = Call(function, (result, part))
    return result


def transform(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with ``change`` applied to every part, children first."""
    if isinstance(expression, Call):
        expression = replace(expression, arguments=tuple(transform(a, change) for a in expression.arguments))
    elif isinstance(expression, Shown):
        expression = replace(expression, expression=transform(expression.expression, change))
    return change(expression)
