"""Our own score of WikiNLDB answers: every query counts, and an answer is right as a whole or not at all.

The gold answer is that of the file, ties and all. Names are compared by :func:`neuraldb.core.text.normalise`, numbers
by their magnitude with their units (a bare number is taken to be in the other's unit), counts exactly. Where the file
has no answer, the right one is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from neuraldb.core.numbers import parse_number
from neuraldb.core.quantities import adopt, parse_quantity
from neuraldb.core.text import normalise
from neuraldb.core.value import Value
from neuraldb.loading.wikinldb_databases import Query

TOLERANCE = 1e-6
"""Relative difference of numbers that are taken to be the same."""
_TRUTH = {"TRUE": True, "FALSE": False}


def is_unanswerable(query: Query) -> bool:
    """Whether nothing answers the question: an empty answer, or null."""
    return all(value is None for value in query.answer)


def same(said: Any, gold: Any) -> bool:
    """Whether one value of an answer is what the gold answer has.

    >>> same(True, "TRUE"), same("the Oslo Opera", "Oslo opera"), same("1,200 people", 1200), same("1200", "1201")
    (True, True, True, False)
    """
    if isinstance(said, bool):
        return _TRUTH.get(str(gold).upper()) is said
    if normalise(str(said)) == normalise(str(gold)) != "":
        return True
    a, b = _quantity(said), _quantity(gold)
    if a is None or b is None or a.number is None or b.number is None:
        return False
    if not b.unit and isinstance(gold, str) and parse_number(gold) is None:
        # "12 Monkeys" is a name
        return False
    if a.unit and b.unit and a.unit != b.unit:
        return False
    x, y = adopt(a, b).number or 0.0, adopt(b, a).number or 0.0
    return math.isclose(x, y, rel_tol=TOLERANCE)


def _quantity(value: Any) -> Value | None:
    if isinstance(value, int | float):
        return Value("number", str(value), number=float(value))
    return parse_quantity(str(value))


def score(query: Query, answer: Sequence[Any]) -> tuple[float, float]:
    """(exact, F1) of an answer, each from 0 to 1; a value that is given twice counts once."""
    said: list[Any] = []
    for value in answer:
        if value is not None and not any(same(value, other) for other in said):
            said.append(value)
    gold = [value for value in query.answer if value is not None]
    if not gold or not said:
        right = float(not gold and not said)
        return right, right
    left = list(gold)
    for value in said:
        found = next((each for each in left if same(value, each)), None)
        if found is not None:
            left.remove(found)
    common = len(gold) - len(left)
    exact = common == len(gold) == len(said)
    return float(exact), 2 * common / (len(gold) + len(said))
