"""The relational algebra by its definitions, row by row in Python: slow, short, and what DuckDB is compared with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import singledispatch
from itertools import product
from typing import Any

from execution.given import Given, Traced
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, Literal

Binding = dict[str, Any]


def scalar(expression: Expression, row: Binding) -> Any:
    """The value of an expression, with SQL's three truth values (None is unknown)."""
    match expression:
        case Column(name):
            return row[name]
        case Literal(value):
            return value
        case Call("and", (a, b)):
            sides = scalar(a, row), scalar(b, row)
            return False if False in sides else None if None in sides else True
        case Call("or", (a, b)):
            sides = scalar(a, row), scalar(b, row)
            return True if True in sides else None if None in sides else False
        case Call("if", (a, b, c)):
            return scalar(b if scalar(a, row) else c, row)
        case Call("is null", (a,)):
            return scalar(a, row) is None
        case Call("is not distinct from", (a, b)):
            return scalar(a, row) == scalar(b, row)
        case Call(function, arguments):
            values = [scalar(a, row) for a in arguments]
            return None if None in values else STRICT[function](*values)
    raise AssertionError(expression)


STRICT: dict[str, Callable[..., Any]] = {
    "not": lambda a: not a,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "between": lambda a, low, high: low <= a <= high,
    "in": lambda a, *values: a in values,
}
"""Functions that are unknown where an argument is."""

AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "count": len,
    "sum": lambda values: sum(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "avg": lambda values: sum(values) / len(values) if values else None,
}


def united(rows: Iterable[Traced]) -> tuple[int, ...]:
    """The evidence of several rows together."""
    return tuple(sorted({fact for row in rows for fact in row.evidence}))


def all_hold(rows: Iterable[Traced]) -> float:
    """The confidence that all rows are right."""
    return math.prod(row.confidence for row in rows)


def one_holds(rows: Iterable[Traced]) -> float:
    """The confidence that any of the rows is right."""
    return 1.0 - math.prod(1.0 - row.confidence for row in rows)


def bound(row: Traced, node: n.Node) -> Binding:
    return dict(zip([c.name for c in node.columns], row.values, strict=True))


def groups(rows: Sequence[Traced], key: Callable[[Traced], Any]) -> dict[Any, list[Traced]]:
    out: dict[Any, list[Traced]] = {}
    for row in rows:
        out.setdefault(key(row), []).append(row)
    return out


def sort_key(values: Sequence[Any]) -> tuple[Any, ...]:
    """Ascending, unknown ones last."""
    return tuple((value is None, 0 if value is None else value) for value in values)


def ranking(keys: Sequence[n.Order], row: Binding) -> tuple[Any, ...]:
    """What rows are compared by under sort keys of numbers; unknown ones last unless a key says otherwise."""
    parts = []
    for key in keys:
        value = scalar(key.expression, row)
        place = 0 if value is not None else -1 if key.nulls_first else 1
        parts.append((place, 0 if value is None else -value if key.descending else value))
    return tuple(parts)


@singledispatch
def rows_of(node: n.Node) -> list[Traced]:
    """The rows of a plan."""
    raise AssertionError(node)


@rows_of.register
def _(node: Given) -> list[Traced]:
    return list(node.rows)


@rows_of.register
def _(node: n.Values) -> list[Traced]:
    return [Traced(row) for row in node.rows]


@rows_of.register
def _(node: n.Filter) -> list[Traced]:
    return [row for row in rows_of(node.child) if scalar(node.condition, bound(row, node)) is True]


@rows_of.register
def _(node: n.Project) -> list[Traced]:
    def projected(row: Traced) -> tuple[Any, ...]:
        return tuple(scalar(e, bound(row, node.child)) for _, e in node.outputs)

    return [row._replace(values=projected(row)) for row in rows_of(node.child)]


@rows_of.register
def _(node: n.Union) -> list[Traced]:
    def widened(row: Traced, side: n.Node) -> Traced:
        cells = bound(row, side)
        return row._replace(values=tuple(cells.get(c.name) for c in node.columns))

    return [widened(row, side) for side in (node.left, node.right) for row in rows_of(side)]


def compatible(left: Binding, right: Binding, shared: Iterable[str], nullable: frozenset[str]) -> bool:
    """Equal wherever both are bound; unbound agrees with anything, where a column may be unbound at all."""
    return all(left[s] == right[s] if None not in (left[s], right[s]) else s in nullable for s in shared)


def partners(node: n.Join) -> list[tuple[Traced, Traced]]:
    """The pairs of rows that a join brings together."""
    pairs = []
    for left, right in product(rows_of(node.left), rows_of(node.right)):
        a, b = bound(left, node.left), bound(right, node.right)
        # a shared column has the value of the side that has it bound
        both = a | {name: value for name, value in b.items() if a.get(name) is None}
        if compatible(a, b, node.on, node.nullable) and (
            node.condition is None or scalar(node.condition, both) is True
        ):
            pairs.append((left, right))
    return pairs


@rows_of.register
def _(node: n.Join) -> list[Traced]:
    pairs = partners(node)
    if node.kind in ("semi", "anti"):
        matched = [left.values for left, _ in pairs]
        return [row for row in rows_of(node.left) if (row.values in matched) == (node.kind == "semi")]
    joined: list[tuple[Traced | None, Traced | None]] = list(pairs)
    if node.kind in ("left", "full"):
        joined += [(row, None) for row in rows_of(node.left) if row not in [p for p, _ in pairs]]
    if node.kind in ("right", "full"):
        joined += [(None, row) for row in rows_of(node.right) if row not in [p for _, p in pairs]]
    out = []
    for left, right in joined:
        a = bound(left, node.left) if left else {}
        b = bound(right, node.right) if right else {}
        values = tuple(a[c.name] if a.get(c.name) is not None else b.get(c.name) for c in node.columns)
        sides = [side for side in (left, right) if side]
        out.append(Traced(values, united(sides), all_hold(sides)))
    return out


@rows_of.register
def _(node: n.Minus) -> list[Traced]:
    shared = node.left.names & node.right.names

    def excludes(left: Binding, right: Binding) -> bool:
        both = [s for s in shared if left[s] is not None and right[s] is not None]
        return bool(both) and compatible(left, right, shared, node.nullable)

    others = [bound(row, node.right) for row in rows_of(node.right)]
    return [row for row in rows_of(node.left) if not any(excludes(bound(row, node.left), o) for o in others)]


@rows_of.register
def _(node: n.Distinct) -> list[Traced]:
    same = groups(rows_of(node.child), lambda row: row.values)
    return [Traced(values, united(rows), one_holds(rows)) for values, rows in same.items()]


@rows_of.register
def _(node: n.Aggregate) -> list[Traced]:
    def key(row: Traced) -> tuple[Any, ...]:
        return tuple(scalar(e, bound(row, node.child)) for _, e in node.keys)

    def value(a: n.Aggregation | Expression, rows: list[Traced]) -> Any:
        assert isinstance(a, n.Aggregation)
        if a.argument is None:
            return len(rows)
        values = [scalar(a.argument, bound(row, node.child)) for row in rows]
        known = [v for v in values if v is not None]
        return AGGREGATES[a.function](list(dict.fromkeys(known)) if a.distinct else known)

    grouped = groups(rows_of(node.child), key)
    if not node.keys:
        grouped.setdefault((), [])
    return [
        Traced((*keys, *(value(a, rows) for _, a in node.aggregations)), united(rows), all_hold(rows))
        for keys, rows in grouped.items()
    ]


@rows_of.register
def _(node: n.Sort) -> list[Traced]:
    return sorted(rows_of(node.child), key=lambda row: (ranking(node.keys, bound(row, node)), sort_key(row.values)))


@rows_of.register
def _(node: n.Limit) -> list[Traced]:
    stop = None if node.count is None else node.offset + node.count
    return rows_of(node.child)[node.offset : stop]


@rows_of.register
def _(node: n.TopK) -> list[Traced]:
    def place(row: Traced) -> tuple[Any, ...]:
        return ranking(node.keys, bound(row, node))

    known = [
        row for row in rows_of(node.child) if all(scalar(k.expression, bound(row, node)) is not None for k in node.keys)
    ]
    first = sorted(known, key=place)[: node.count]
    kept = [row for row in known if first and place(row) <= place(first[-1])]
    return sorted(kept, key=lambda row: (place(row), sort_key(row.values)))


@rows_of.register
def _(node: n.Exists) -> list[Traced]:
    rows = rows_of(node.child)
    return [Traced((bool(rows),), united(rows), one_holds(rows) if rows else 1.0)]


@rows_of.register
def _(node: n.Corroborate) -> list[Traced]:
    same = groups(rows_of(node.child), lambda row: tuple(bound(row, node)[k] for k in node.keys))
    return [
        Traced(
            min(rows, key=lambda row: (-row.confidence, row.evidence, sort_key(row.values))).values,
            tuple(sorted({fact for row in rows for fact in row.evidence})),
            1.0 - math.prod(1.0 - row.confidence for row in rows),
        )
        for rows in same.values()
    ]


@rows_of.register
def _(node: n.Best) -> list[Traced]:
    def better(row: Traced) -> tuple[Any, ...]:
        return (-row.confidence, row.evidence, sort_key(row.values))

    same = groups(rows_of(node.child), lambda row: tuple(bound(row, node)[k] for k in node.keys))
    return [min(rows, key=better) for rows in same.values()]
