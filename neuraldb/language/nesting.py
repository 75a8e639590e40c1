"""Statements that are nested more deeply than they can be planned."""

from __future__ import annotations

from neuraldb.core.errors import NotSupportedError
from neuraldb.language.masking import masked

OPENING, CLOSING = "({[", ")}]"
DEEP = 30
"""Levels of brackets from which on they are likely what is too deep."""


def too_deep(text: str) -> NotSupportedError:
    """The error of a statement for which Python's stack is too small; it points at the innermost bracket.

    >>> print(too_deep("SELECT " + "(" * 40 + "1" + ")" * 40).args[0])
    the statement is nested too deeply: 40 brackets within each other
    """
    depth, place = deepest(text)
    if depth < DEEP:
        return NotSupportedError(
            "the statement has too many parts that build on each other",
            hint="ask for some of them in a query of its own",
        )
    error = NotSupportedError(
        f"the statement is nested too deeply: {depth} brackets within each other",
        span=(place, place + 1),
        hint="leave out brackets that change nothing, or ask for the inner part in a query of its own",
    )
    error.at(text)
    return error


def deepest(text: str) -> tuple[int, int]:
    """How many brackets stand within each other at most, and the place of the innermost; quotations do not count.

    >>> deepest("a(b[c]'((('){}")
    (2, 3)
    """
    depth = most = place = 0
    for i, sign in enumerate(masked(text)):
        if sign in OPENING:
            depth += 1
            if depth > most:
                most, place = depth, i
        elif sign in CLOSING:
            depth = max(depth - 1, 0)
    return most, place
