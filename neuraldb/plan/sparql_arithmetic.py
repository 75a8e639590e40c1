"""Arithmetic of SPARQL (17.3): integers in 128 bits, exactly, and decimals and doubles as doubles.

The type of a result is that of the operand which comes last in the order of promotion: integer, decimal, float, double.
Where it is known before the query runs, only what it needs is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence

from neuraldb.plan.expressions import Expression, Literal
from neuraldb.plan.sparql_values import NULL, Number, Typed, call, case

INTEGER, DECIMAL = Literal(0), Literal(1)
SUMS = frozenset({"+", "-"})
ROUNDING = frozenset({"round_half_up", "ceil", "floor"})
"""Functions that leave an integer as it is."""


def arithmetic(operator: str, left: Typed, right: Typed, rank: Expression) -> Number:
    """``*`` or ``/`` of two terms; an error (NULL) where one is no number, or an integer is too large."""
    numbers = left.number(), right.number()
    if operator == "/":
        return rounded(call("divide", *numbers, rank), rank)
    return either(_exactly("exact *", (left, right), rank), rounded(call(operator, *numbers), rank).value, rank)


def total(operator: str, terms: Sequence[Typed], rank: Expression) -> Number:
    """``+`` or ``-`` of terms from the left on. Decimals are rounded to as many digits as the largest of them has."""
    numbers = [t.number() for t in terms]
    value: Expression = call(f"chain {operator}", *numbers)
    if not isinstance(rank, Literal) or rank == DECIMAL:
        value = call("round_sum", value, call("largest", *numbers), rank)
    return either(_exactly(f"exact {operator}", terms, rank), value, rank)


def numeric(function: str, term: Typed) -> Number:
    """A function of one number that gives one of the same type: ``abs``, ``negate`` and the ways to round."""
    value, rank = call(function, term.number()), term.rank()
    if function in ROUNDING:
        return either(term.whole(), value, rank) if term.large else Number(value, rank)
    return either(call(f"exact {function}", term.whole()), value, rank)


def rank_of(operator: str, terms: Sequence[Typed]) -> Expression:
    """The rank of what an operator gives: the last one of its operands'; of a quotient, that of decimals at least."""
    ranks = [*(t.rank() for t in terms), *([DECIMAL] if operator == "/" else [])]
    known = [r.value for r in ranks if isinstance(r, Literal) and isinstance(r.value, int)]
    if len(known) == len(ranks):
        return Literal(max(known))
    return call("greatest", *ranks)


def rounded(value: Expression, rank: Expression) -> Number:
    """The number with as many digits as its type has."""
    if isinstance(rank, Literal):
        return Number(call("round_decimal", value) if rank == DECIMAL else value, rank)
    return Number(call("round_number", value, rank), rank)


def either(exact: Expression, value: Expression, rank: Expression) -> Number:
    """The integer, where the rank is that of integers, or the other value."""
    if rank == INTEGER:
        return Number.integer(exact)
    if isinstance(rank, Literal):
        return Number(value, rank)
    return Number(case((call("=", rank, INTEGER), call("cast_double", exact)), otherwise=value), rank, exact)


def _exactly(function: str, terms: Sequence[Typed], rank: Expression) -> Expression:
    """The function of integers; NULL where the rank is another one."""
    if rank == INTEGER:
        return call(function, *(t.whole() for t in terms))
    if isinstance(rank, Literal):
        return NULL
    return case((call("=", rank, INTEGER), call(function, *(t.whole(known=True) for t in terms))))
