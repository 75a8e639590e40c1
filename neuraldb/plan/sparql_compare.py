"""Comparison of RDF terms: ``=``, ``<``, sameTerm and the order of ORDER BY (SPARQL 1.1, 17.3, 17.4.1.7, 15.1).

Numbers compare by value in the canonical unit, and not at all where both have a unit and the units differ. Dates are
intervals of days: one is before another if its last day is before the other's first, and what overlaps otherwise is an
error, not false. The name of an entity counts as a plain string.
"""

from __future__ import annotations

from functools import reduce

from neuraldb.plan.expressions import Call, Expression, Literal, Shown
from neuraldb.plan.nodes import Order
from neuraldb.plan.sparql_values import EMPTY, NAMED, RESOURCES, Number, Text, Typed, any_of, call, case

FALSE = Literal(False)


def both(*conditions: Expression) -> Expression:
    """The conjunction."""
    return reduce(lambda a, b: call("and", a, b), conditions)


def same_term(a: Typed, b: Typed, *, any_case: bool = False) -> Expression:
    """Whether two terms are one: kind, spelling, datatype and language; ``any_case``: the tag in whatever case."""
    if not a.kinds & b.kinds:
        return case((both(a.bound(), b.bound()), FALSE))
    same = [call("=", a.part(p), b.part(p)) for p in ("kind", "text", "datatype")]
    tags = [call("lower", t.part("language")) if any_case and t.part("language") != EMPTY else t.part("language")
            for t in (a, b)]  # fmt: skip
    return both(*same, call("=", *tags))


def equal(a: Typed, b: Typed) -> Expression:
    """``a = b``: by value where the values are comparable, else by term; NULL where that cannot be known."""
    branches: list[tuple[Expression, Expression]] = []
    if "number" in a.kinds & b.kinds:
        branches.append((_each(a, b, "number"), _numbers("=", a, b)))
    if "boolean" in a.kinds & b.kinds:
        branches.append((_each(a, b, "boolean"), call("=", a.part("number"), b.part("number"))))
    if "date" in a.kinds & b.kinds:
        branches.append((_each(a, b, "date"), call("dates_equal", *_date(a), *_date(b))))
    if a.kinds & (NAMED | {"text"}) and b.kinds & (NAMED | {"text"}):
        branches.append((both(_plain(a), _plain(b)), call("=", a.part("text"), b.part("text"))))
    if a.kinds & b.kinds & (RESOURCES | {"text"}):
        branches.append((same_term(a, b, any_case=True), Literal(True)))
    if a.kinds & RESOURCES or b.kinds & RESOURCES:
        resource = [t.is_a(*RESOURCES_IN_ORDER) for t in (a, b) if t.kinds & RESOURCES]
        branches.append((both(a.bound(), b.bound(), any_of(resource)), FALSE))
    if "text" in a.kinds and "text" in b.kinds:
        # two strings that are not the same differ
        branches.append((both(_string(a), _string(b)), FALSE))
    tagged = [call("!=", t.part("language"), EMPTY) for t in (a, b) if "text" in t.kinds]
    if tagged:  # a string with a language differs from every other literal; of unknown datatypes nothing is known
        branches.append((both(a.bound(), b.bound(), any_of(tagged)), FALSE))
    return case(*branches)


RESOURCES_IN_ORDER = tuple(sorted(RESOURCES))


def less(a: Typed, b: Typed, operator: str = "<") -> Expression:
    """``a < b`` (or ``<=``, ``>``, ``>=``); NULL where the two do not compare."""
    branches: list[tuple[Expression, Expression]] = []
    if "number" in a.kinds & b.kinds:
        branches.append((_each(a, b, "number"), _numbers(operator, a, b)))
    if "boolean" in a.kinds & b.kinds:
        branches.append((_each(a, b, "boolean"), Call(operator, (a.part("number"), b.part("number")))))
    if "date" in a.kinds & b.kinds:
        branches.append((_each(a, b, "date"), call(f"dates {operator}", *_date(a), *_date(b))))
    if a.kinds & (NAMED | {"text"}) and b.kinds & (NAMED | {"text"}):
        branches.append((both(_plain(a), _plain(b)), Call(operator, (a.part("text"), b.part("text")))))
    return case(*branches)


def _each(a: Typed, b: Typed, kind: str) -> Expression:
    conditions = [t.is_a(kind) for t in (a, b) if t.kinds != {kind}]
    return both(*conditions) if conditions else Literal(True)


def _numbers(operator: str, a: Typed, b: Typed) -> Expression:
    compared = call(f"numbers {operator}", a.part("number"), b.part("number"))
    if a.large and b.large:
        compared = call(f"integers {operator}", a.part("number"), b.part("number"), a.whole(), b.whole())
    units = [t.part("unit") for t in (a, b)]
    if Literal(None) in units:
        return compared
    # null where the units differ
    return case((call("units_agree", *units), compared))


def _date(term: Typed) -> tuple[Expression, ...]:
    return tuple(term.part(p) for p in ("date_from", "date_to", "text", "datatype"))


def _plain(term: Typed) -> Expression:
    """Whether a term counts as a plain string."""
    if isinstance(term, Text) and term.kind == "text" and term.tag == EMPTY:
        return term.bound()
    return both(
        term.is_a("text", *sorted(NAMED)),
        call("=", term.part("datatype"), EMPTY),
        call("=", term.part("language"), EMPTY),
    )


def _string(term: Typed) -> Expression:
    return both(term.is_a("text"), call("=", term.part("datatype"), EMPTY))


def order_key(term: Typed) -> Expression:
    """What terms are sorted by: blank nodes, IRIs and names, then literals: numbers, dates, truth values, strings.

    NULL where there is no term, and there only.
    """
    if isinstance(term, Number):
        return call("row", term.value, term.exact) if term.exact is not None else term.value
    moment = call("moment", *_date(term))
    rest = (term.part(p) for p in ("text", "language", "datatype"))
    key = call("row", call("order_class", term.part("kind")), term.part("number"), moment, *rest)
    return case((term.bound(), key))


def order(term: Typed, descending: bool, written: str) -> Order:
    """A sort key, unbound first; ``written`` is what is sorted by, for EXPLAIN."""
    return Order(Shown(written, order_key(term)), descending, nulls_first=not descending)
