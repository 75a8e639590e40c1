"""Arithmetic of SPARQL (17.3): integers in 128 bits, exactly, and decimals and doubles as doubles.

The type of a result is that of the operand which comes last in the order of promotion: integer, decimal, float, double.
Where it is known before the query runs, only what it needs is compiled.
"""

from __future__ import annotations

from neuraldb.plan.expressions import Expression, Literal
from neuraldb.plan.sparql_values import NULL, Number, Typed, call, case

INTEGER, DECIMAL = Literal(0), Literal(1)


def arithmetic(operator: str, left: Typed, right: Typed) -> Number:
    """``+``, ``-``, ``*`` or ``/`` of two terms; an error (NULL) where one is no number, or an integer is too large."""
    rank = promoted(left.rank(), right.rank(), *([DECIMAL] if operator == "/" else []))
    numbers = left.number(), right.number()
    if operator == "/":
        return rounded(call("divide", *numbers, rank), rank)
    exact = (
        NULL
        if isinstance(rank, Literal) and rank != INTEGER
        else call(f"exact {operator}", left.whole(), right.whole())
    )
    return either(exact, call(operator, *numbers), rank)


def numeric(function: str, term: Typed) -> Number:
    """A function of one number that gives one of the same type: ``abs``, ``negate`` and the ways to round."""
    exact = term.whole() if function in ROUNDING else call(f"exact {function}", term.whole())
    if not term.large and function in ROUNDING:
        return Number(call(function, term.number()), term.rank())
    return either(exact, call(function, term.number()), term.rank(), inexact=False)


ROUNDING = frozenset({"round_half_up", "ceil", "floor"})
"""Functions that leave an integer as it is."""


def promoted(*ranks: Expression) -> Expression:
    """The rank of what is computed from numbers of these ranks."""
    known = [r.value for r in ranks if isinstance(r, Literal) and isinstance(r.value, int)]
    if len(known) == len(ranks):
        return Literal(max(known))
    return call("greatest", *ranks)


def rounded(value: Expression, rank: Expression) -> Number:
    """The number with as many digits as its type has."""
    if isinstance(rank, Literal):
        return Number(call("round_decimal", value) if rank == DECIMAL else value, rank)
    return Number(call("round_number", value, rank), rank)


def either(exact: Expression, value: Expression, rank: Expression, *, inexact: bool = True) -> Number:
    """The integer, where the rank is that of integers, or the other value; rounded where it is ``inexact``."""
    if rank == INTEGER:
        return Number.integer(exact)
    other = rounded(value, rank).value if inexact else value
    if isinstance(rank, Literal):
        return Number(other, rank)
    return Number(case((call("=", rank, INTEGER), call("cast_double", exact)), otherwise=other), rank, exact)
