"""The right answers to questions on told worlds: what the facts' statements give, counted, compared and added up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from neuraldb.core.numbers import parse_number
from neuraldb.core.quantities import adopt
from neuraldb.core.text import normalise
from neuraldb.core.value import Value
from neuraldb.core.values import parse_value
from neuraldb.evaluation.tales import Tale, Thing, key_of
from neuraldb.training.conditions import Target
from neuraldb.training.queries import Query
from neuraldb.training.vocabulary import DateAttribute, Relation

TOLERANCE = 0.005
"""Relative difference of numbers that are taken to be the same, as in factbench."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One value of a right answer: a thing under any of its names, or a value.

    Attributes:
        names: normalised.
        value: a number, date or truth value.
    """

    names: frozenset[str] = frozenset()
    value: Value | None = None

    def fits(self, said: Any) -> bool:
        """Whether a value that was answered is this one."""
        if self.value is None or self.value.kind == "text":
            return normalise(str(said)) in self.names
        found = parse_value(str(said), prefer="number" if self.value.kind == "number" else "date")
        if found.kind != self.value.kind:
            return False
        if self.value.kind == "date":
            return (found.start, found.end) == (self.value.start, self.value.end)
        if found.unit and found.unit != self.value.unit:
            return False
        mine, other = self.value.number or 0.0, adopt(found, self.value).number or 0.0
        return math.isclose(mine, other, rel_tol=TOLERANCE)


Answers = tuple[Answer, ...]
Ends = tuple[float, float]
"""The least and the most that a value may be; days for dates."""


class Uncertain(ValueError):
    """The statements do not settle the answer."""


class NothingStated(Uncertain):
    """Nothing is stated of what is counted or asked for: there is none, or it is unknown."""


def of_nothing(kind: str) -> Answers:
    """The answer to a count, or to whether there is any, where only what is stated exists."""
    return (_number(0) if kind == "count" else _boolean(False),)


def right_answers(query: Query, tale: Tale) -> Answers:
    """All values of the right answer; none where nothing that is stated answers the question.

    Raises:
        Uncertain: a careful reader could answer otherwise, or the question is of another kind.
    """
    target = query.target
    if target is None or target.role not in ("object", "subject", "pair", "member", "truth"):
        raise Uncertain("not a question that is asked as it stands")
    if target.role == "truth":
        return _truth(target, tale)
    if target.role == "pair":
        return _compared(query, target, tale)
    return _of_set(query.type, _found(target, tale), tale)


def _found(target: Target, tale: Tale) -> Sequence[Thing | Value]:
    if target.role == "member":
        return sorted(tale.members[target.cls or ""])
    assert target.predicate is not None
    assert target.entity is not None
    known = tale.thing(target.entity)
    pairs = tale.stated[key_of(target.predicate)]
    if target.role == "object":
        return [other for subject, other in pairs if subject == known]
    return [subject for subject, other in pairs if other == known]


def _of_set(kind: str, found: Sequence[Thing | Value], tale: Tale) -> Answers:
    if kind == "set":
        return tuple(answer_of(each, tale) for each in found)
    if not found:
        raise NothingStated("nothing is stated")
    if kind == "count":
        return (_number(len(found)),)
    if kind == "exists":
        return (_boolean(True),)
    raise Uncertain(f"no set answers a question of the type {kind}")


def answer_of(each: Thing | Value, tale: Tale) -> Answer:
    """A thing or value as an answer."""
    if isinstance(each, Value):
        return Answer(frozenset({normalise(each.text)}), each)
    return Answer(tale.names[each])


def _number(number: float, unit: str = "") -> Answer:
    return Answer(value=Value("number", f"{number:g} {unit}".strip(), number=number, unit=unit))


def _boolean(true: bool) -> Answer:
    return Answer(value=Value("boolean", str(true), number=float(true)))


def _truth(target: Target, tale: Tale) -> Answers:
    relation = target.predicate
    assert isinstance(relation, Relation)
    assert target.entity is not None
    assert target.other is not None
    subject, other = tale.thing(target.entity), tale.thing(target.other)
    pairs = tale.stated[key_of(relation)]
    if (subject, other) in pairs:
        return (_boolean(True),)
    if (subject, other) in tale.denied[key_of(relation)]:
        return (_boolean(False),)
    if (relation.functional and any(s == subject for s, _ in pairs)) or (
        relation.inverse_functional and any(o == other for _, o in pairs)
    ):
        return (_boolean(False),)
    return ()


def _compared(query: Query, target: Target, tale: Tale) -> Answers:
    """What is asked of the values that things have: which hold, the least and the most, their sum and mean."""
    if isinstance(target.predicate, Relation) or target.predicate is None:
        raise Uncertain("a relation has no values to compare")
    among = [tale.thing(entity) for entity in target.among]
    values = _values(tale.stated[key_of(target.predicate)], among)
    if among and len(values) < len(among):
        return ()
    if query.type == "compare":
        first, second = (_ends(values[thing]) for thing in among)
        return (_boolean(_holds(first, query.op, [second])),)
    if query.op != "none":
        bounds = [_ends(_as(value, values.values())) for value in _thresholds(query)]
        holding = [thing for thing, value in values.items() if _holds(_ends(value), query.op, bounds)]
        return (_boolean(bool(holding)),) if query.type == "bool" else _of_set(query.type, holding, tale)
    if not values:
        return ()
    if query.type in ("sum", "avg"):
        total = math.fsum(value.number or 0.0 for value in values.values())
        return (_number(total if query.type == "sum" else total / len(values), _unit(values.values())),)
    best = _best(values, query)
    if query.type in ("argmin", "argmax"):
        return tuple(answer_of(thing, tale) for thing in best)
    return (answer_of(values[best[0]], tale),)


def _values(pairs: Sequence[tuple[Thing, Thing | Value]], among: Sequence[Thing]) -> dict[Thing, Value]:
    """The value of each thing."""
    values: dict[Thing, Value] = {}
    for thing, value in pairs:
        assert isinstance(value, Value)
        if among and thing not in among:
            continue
        if value.kind == "text" or thing in values:
            raise Uncertain("no single value")
        values[thing] = value
    if len({value.kind for value in values.values()}) > 1:
        raise Uncertain("values of several kinds")
    _unit(values.values())
    return values


def _unit(values: Iterable[Value]) -> str:
    units = {value.unit for value in values}
    if len(units) > 1:
        raise Uncertain("values of several dimensions")
    return next(iter(units), "")


def _thresholds(query: Query) -> list[Value]:
    prefer = "date" if isinstance(query.target and query.target.predicate, DateAttribute) else "number"
    texts = [query.phrase.text[a:b] for a, b in query.phrase.spans("value")]
    return [parse_value(text, prefer="date" if prefer == "date" else "number") for text in texts]


def _as(value: Value, others: Iterable[Value]) -> Value:
    """A threshold in the unit of the values."""
    like = next(iter(others), value)
    value = adopt(value, like)
    if (value.kind, value.unit) != (like.kind, like.unit):
        raise Uncertain("a threshold in another dimension")
    return value


def _ends(value: Value) -> Ends:
    if value.kind == "number" and value.number is not None:
        return value.number, value.number
    if value.kind == "date" and value.start is not None and value.end is not None:
        return value.start.toordinal(), value.end.toordinal()
    raise Uncertain("a value that has no order")


def _holds(value: Ends, op: str, bounds: Sequence[Ends]) -> bool:
    """Whether a value compares so with the bounds."""
    if op == "between":
        if len(bounds) < 2:
            raise Uncertain("a range without an end")
        first, last = sorted(bounds[:2])
        return _holds(value, "ge", [first]) and _holds(value, "le", [last])
    if not bounds:
        raise Uncertain("no threshold")
    (low, high), (least, most) = value, bounds[0]
    before, after, within = high < least, low > most, least <= low and high <= most
    if not (before or after or within):
        raise Uncertain("a value that is less precise than its bound")
    return {"gt": after, "ge": not before, "lt": before, "le": not after, "eq": within}[op]


def _best(values: dict[Thing, Value], query: Query) -> list[Thing]:
    """The things with the least or most, all that tie; of a top-k the first so many."""
    sign = -1 if query.type in ("max", "argmax") else 1
    ends: dict[Thing, Ends] = {}
    for thing, value in values.items():
        low, high = _ends(value)
        ends[thing] = (low, high) if sign > 0 else (-high, -low)
    order = sorted(ends, key=ends.__getitem__)
    marks = query.phrase.spans("count")
    wanted = int(parse_number(query.phrase.text[slice(*marks[0])]) or 1) if marks else 1
    last = ends[order[min(wanted, len(order)) - 1]]
    chosen = [thing for thing in order if ends[thing] <= last]
    if len(chosen) > wanted > 1:
        raise Uncertain("several tie for the last place")
    if any(ends[thing][0] <= last[1] for thing in order if thing not in chosen):
        raise Uncertain("values whose order is not known")
    return chosen
