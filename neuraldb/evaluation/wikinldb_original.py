"""Scores as the original's scorers give them, their faults included, so that figures can be set beside published ones.

The gold answer is aggregated from the derivations, not taken from the file. What differs from a fair score:

* numeric argmin and argmax give the first of several keys that tie, and look at the first value of a key only;
* units are cut off in an order that leaves "kilometre" and "kilogramme" behind, and digits with commas are no numbers:
  such keys are ranked by how many derivations they have;
* names are the same only if their characters are;
* a query whose derivations cannot be aggregated is left out.

The score is the F1 of the two sets of answers; ``exact`` compares the answers joined by spaces, as training logs do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from neuraldb.core.numbers import find_numbers
from neuraldb.loading.wikinldb_databases import Answer, Query

SYMMETRIC = frozenset({"P47"})
"""Relations whose two ends both count as keys."""
_CUT = (
    "percent", "trainset", "tonne", "kg", "gramme", "kilogramme", "metre", "kilometre", "pound", "ounce",
)  # fmt: skip


class NotAggregated(ValueError):
    """The original's aggregation fails on these derivations."""


def comparable(text: str) -> str | float:
    """A derivation's value as the original compares it: the number where it is one, else the text.

    >>> comparable("12 percent"), comparable("3 kilogramme"), comparable("12,000")
    (12.0, '3 kilogramme', '12,000')
    """
    bare = text
    for word in _CUT:
        bare = bare.replace(word, "").strip()
    try:
        return float(bare)
    except ValueError:
        return text


def aggregated(kind: str, relation: str, derivations: Iterable[str]) -> list[Answer]:
    """The answer that the original makes of derivations.

    Raises:
        NotAggregated: it fails on them.
    """
    parts = [part.strip() for derivation in derivations for part in derivation.split("[LIST]")]
    if kind in ("argmin", "argmax"):
        return _ranked(parts, kind == "argmax", relation in SYMMETRIC)
    if kind in ("min", "max"):
        return _extreme(parts, kind)
    if any("[SEP]" in part for part in parts):
        raise NotAggregated("a pair where a value is expected")
    if kind == "count":
        return [len({comparable(part) for part in parts})]
    if kind == "bool":
        if not set(parts) <= {"TRUE", "FALSE"}:
            raise NotAggregated("neither TRUE nor FALSE")
        return list(dict.fromkeys(parts)) or [None]
    if kind == "set":
        return list(dict.fromkeys(comparable(part) for part in parts))
    raise NotAggregated(f"no type {kind}")


def _extreme(parts: Sequence[str], kind: str) -> list[Answer]:
    values = [comparable(part.split("[SEP]", 1)[-1].strip()) for part in parts]
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) < len(values):
        raise NotAggregated("no number")
    if not numbers:
        return [None]
    return [min(numbers) if kind == "min" else max(numbers)]


def _ranked(parts: Sequence[str], most: bool, symmetric: bool) -> list[Answer]:
    values: dict[str, list[str | float]] = {}
    shown: dict[str, str] = {}
    for part in parts:
        pieces = [piece.strip() for piece in part.replace("[SYM]", "[SEP]").split("[SEP]")]
        if len(pieces) not in ((2,) if symmetric else (2, 3)):
            raise NotAggregated("no pair")
        key, value = pieces[:2]
        values.setdefault(key, []).append(comparable(value))
        shown[key] = pieces[2] if len(pieces) == 3 else key
        if symmetric:
            values.setdefault(value, []).append(comparable(key))
    if not values:
        return [None]
    if any(isinstance(comparable(part.split("[SEP]")[1].strip()), float) for part in parts if "[SEP]" in part):
        firsts = {key: each[0] for key, each in values.items()}
        if not all(isinstance(first, float) for first in firsts.values()):
            raise NotAggregated("numbers and texts cannot be ordered")
        # max and min give the first of those that tie, as the original's sorting does
        best = [(max if most else min)(firsts, key=lambda key: firsts[key])]
    else:
        sizes = {key: len(each) for key, each in values.items()}
        bound = (max if most else min)(sizes.values())
        best = [key for key, size in sizes.items() if size == bound]
    return [shown.get(key, key) for key in best]


def gold(query: Query) -> list[Answer]:
    """The answer that the original scores against.

    Raises:
        NotAggregated: the original leaves this query out.
    """
    if query.derivations or not query.answer:
        return aggregated(query.type, query.relation, query.derivations)
    return list(query.answer)


def in_original_form(kind: str, answer: Sequence[Any]) -> list[Answer]:
    """Our answer as the original's aggregation would have written it.

    >>> in_original_form("bool", [True]), in_original_form("min", ["12 people"]), in_original_form("argmax", [])
    (['TRUE'], [12.0], [None])
    """
    values = [value for value in answer if value is not None]
    if not values:
        return [] if kind in ("set", "count") else [None]
    if kind in ("min", "max"):
        return [_number(value) for value in values]
    return [_written(value) for value in values]


def _written(value: Any) -> Answer:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value if isinstance(value, int | float) else comparable(str(value))


def _number(value: Any) -> Answer:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = next(iter(find_numbers(str(value))), None)
    return str(value) if found is None else float(found.value)


def score(actual: Sequence[Answer], predicted: Sequence[Answer]) -> tuple[float, float]:
    """(exact, F1) of a prediction, each from 0 to 1."""
    said, known = set(predicted), set(actual)
    common = len(said & known)
    precision = common / len(said) if said else 1.0
    recall = common / len(known) if known else 1.0
    overlap = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    exact = " ".join(map(str, actual)) == " ".join(map(str, predicted))
    return float(exact), overlap
