"""Small random plans over the columns a, b, c (numbers) and s (text)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from execution.given import Given, Traced
from execution.interpreter import rows_of
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, Literal

TYPES = {"a": "BIGINT", "b": "BIGINT", "c": "BIGINT", "s": "VARCHAR"}
FIELDS = {name: n.Field(name, kind) for name, kind in TYPES.items()}
CELLS = {
    "BIGINT": st.none() | st.integers(0, 3),
    "VARCHAR": st.none() | st.sampled_from(["", "x", "y", "x'; --"]),
}
FEWEST, MOST = 0, 4


def headers() -> st.SearchStrategy[tuple[n.Field, ...]]:
    """One to three of the columns."""
    return st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3, unique=True).map(
        lambda names: tuple(FIELDS[name] for name in names)
    )


@st.composite
def leaves(draw: st.DrawFn) -> n.Node:
    """Rows with evidence, as a neural operator gives them, or plain ones."""
    fields = draw(headers())
    cells = st.tuples(*(CELLS[f.type] for f in fields))
    if draw(st.integers(0, 3)) == 0:
        return n.Values(fields, tuple(draw(st.lists(cells, min_size=FEWEST, max_size=MOST))))
    evidence = st.lists(st.integers(1, 5), max_size=2, unique=True).map(lambda ids: tuple(sorted(ids)))
    confidence = st.sampled_from([1.0, 0.9, 0.5, 0.25])
    rows = st.builds(Traced, cells, evidence, confidence)
    return Given(fields, tuple(draw(st.lists(rows, min_size=FEWEST, max_size=MOST))))


def numbers(*sides: n.Node) -> list[str]:
    """The names of the numeric columns."""
    return sorted({c.name for side in sides for c in side.columns if c.type != "VARCHAR"})


@st.composite
def terms(draw: st.DrawFn, *sides: n.Node) -> Expression:
    """A number."""
    names = numbers(*sides)
    if not names or draw(st.integers(0, 2)) == 0:
        return Literal(draw(CELLS["BIGINT"] if names else st.integers(0, 3)))
    column = Column(draw(st.sampled_from(names)))
    return draw(st.sampled_from([column, Call("+", (column, Literal(1))), Call("*", (column, column))]))


@st.composite
def conditions(draw: st.DrawFn, *sides: n.Node, depth: int = 2) -> Expression:
    """A condition over the columns of the sides."""
    kind = draw(st.sampled_from(["compare", "compare", "null", "text", "not", "and", "or"]))
    if kind in ("and", "or", "not") and depth:
        parts = [draw(conditions(*sides, depth=depth - 1)) for _ in range(1 if kind == "not" else 2)]
        return Call(kind, tuple(parts))
    names = sorted({c.name for side in sides for c in side.columns})
    if kind == "null":
        return Call("is null", (Column(draw(st.sampled_from(names))),))
    if kind == "text" and "s" in names:
        return Call(draw(st.sampled_from(["=", "!="])), (Column("s"), Literal(draw(CELLS["VARCHAR"]))))
    compared = draw(terms(*sides)), draw(terms(*sides))
    return Call(draw(st.sampled_from(["=", "!=", "<", "<=", "is not distinct from"])), compared)


def has_unbound(node: n.Node, name: str) -> bool:
    place = [c.name for c in node.columns].index(name)
    return any(row.values[place] is None for row in rows_of(node))


def unbound(left: n.Node, right: n.Node, names: Any) -> frozenset[str]:
    """Those of the names that a side leaves unbound somewhere."""
    return frozenset(name for name in names if has_unbound(left, name) or has_unbound(right, name))


@st.composite
def joins(draw: st.DrawFn, left: n.Node, right: n.Node, kinds: tuple[str, ...]) -> n.Join:
    """A join on all shared columns."""
    on = tuple(sorted(left.names & right.names))
    kind = draw(st.sampled_from([k for k in kinds if k != "cross" or not on]))
    condition = draw(st.none() | conditions(left, right)) if kind != "cross" else None
    return n.Join(left, right, kind, on, condition, unbound(left, right, on))


@st.composite
def projections(draw: st.DrawFn, child: n.Node) -> n.Project:
    outputs: list[tuple[n.Field, Expression]] = []
    for name in draw(
        st.lists(
            st.sampled_from(sorted(set(FIELDS) - {"s"} | (child.names & {"s"}))), min_size=1, max_size=3, unique=True
        )
    ):
        outputs.append((FIELDS[name], Column("s") if name == "s" else draw(terms(child))))
    return n.Project(child, tuple(outputs))


@st.composite
def aggregates(draw: st.DrawFn, child: n.Node) -> n.Aggregate:
    keys = draw(st.lists(st.sampled_from(sorted(child.names)), max_size=1))
    found: list[tuple[n.Field, n.Aggregation | Expression]] = []
    for name in sorted(set(FIELDS) - {"s", *keys})[: draw(st.integers(1, 2))]:
        function = draw(st.sampled_from(["count", "sum", "min", "max"]))
        argument = draw(terms(child)) if function != "count" or draw(st.booleans()) else None
        distinct = argument is not None and draw(st.booleans())
        found.append((FIELDS[name], n.Aggregation(function, argument, distinct, "BIGINT")))
    return n.Aggregate(child, tuple((FIELDS[k], Column(k)) for k in keys), tuple(found))


@st.composite
def orders(draw: st.DrawFn, child: n.Node) -> tuple[n.Order, ...]:
    names = numbers(child)
    if not names:
        return (n.Order(Column("s")),)
    order = st.builds(n.Order, st.sampled_from(names).map(Column), st.booleans(), st.sampled_from([None, True, False]))
    return tuple(draw(st.lists(order, min_size=1, max_size=2)))


@st.composite
def plans(draw: st.DrawFn, depth: int = 2) -> n.Node:
    """A plan whose rows, in any order, its input decides; semi joins are left out."""
    if depth == 0:
        return draw(leaves())
    below = plans(depth=depth - 1)
    kind = draw(
        st.sampled_from(
            [
                "filter",
                "project",
                "join",
                "join",
                "union",
                "minus",
                "distinct",
                "aggregate",
                "exists",
                "top",
                "best",
                "corroborate",
            ]
        )
    )
    child = draw(below)
    match kind:
        case "filter":
            return n.Filter(child, draw(conditions(child)))
        case "project":
            return draw(projections(child))
        case "join":
            return draw(joins(child, draw(below), ("inner", "left", "right", "full", "cross", "anti")))
        case "union":
            return n.Union(child, draw(below))
        case "minus":
            other = draw(below)
            return n.Minus(child, other, unbound(child, other, child.names & other.names))
        case "distinct":
            return n.Distinct(child)
        case "aggregate":
            return draw(aggregates(child))
        case "exists":
            return n.Project(n.Exists(child), ((FIELDS["a"], Call("if", (Column("answer"), Literal(1), Literal(0)))),))
        case "top":
            return n.TopK(child, draw(orders(child)), draw(st.integers(1, 3)))
        case "corroborate":
            names = st.lists(st.sampled_from(sorted(child.names)), min_size=1, max_size=2, unique=True)
            return n.Corroborate(child, tuple(draw(names)))
    return n.Best(child, tuple(draw(st.lists(st.sampled_from(sorted(child.names)), max_size=1))))
