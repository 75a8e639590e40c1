"""Aggregates and windows in bound trees: finding them, and putting columns of the plan in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from neuraldb.plan.expressions import Expression
from neuraldb.plan.nodes import Aggregation
from neuraldb.plan.sql_context import Building
from neuraldb.plan.sql_convert import expression, raw
from neuraldb.plan.sql_scope import BoundColumn
from neuraldb.plan.sql_tree import Tree, column

# what modifies an aggregate from around it
_WRAPPED = (exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)
_SIMPLE: dict[type[Tree], str] = {
    exp.Count: "count", exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max",
}  # fmt: skip


def is_aggregate(tree: Tree, building: Building) -> bool:
    """Whether a tree is a call of an aggregate function."""
    while isinstance(tree, _WRAPPED):
        tree = tree.this
    if isinstance(tree, exp.Anonymous):
        return building.catalogue.function_kind(tree.name) == "aggregate"
    return isinstance(tree, exp.AggFunc)


def aggregates(tree: Tree, building: Building) -> Iterator[Tree]:
    """The outermost aggregate calls in a tree; the function of a window is none."""
    if isinstance(tree, exp.Window):
        for part in _arguments(tree):
            yield from aggregates(part, building)
    elif is_aggregate(tree, building):
        yield tree
    elif not isinstance(tree, exp.Query):
        for part in tree.iter_expressions():
            yield from aggregates(part, building)


def windows(tree: Tree) -> Iterator[exp.Window]:
    """The window calls in a tree."""
    if isinstance(tree, exp.Window):
        yield tree
    elif not isinstance(tree, exp.Query):
        for part in tree.iter_expressions():
            yield from windows(part)


def replaced(tree: Tree, stand_ins: list[tuple[Tree, BoundColumn]]) -> Tree:
    """The tree with a column in place of each part that equals one of the given trees."""
    for part, stand_in in stand_ins:
        if part == tree:
            return column(stand_in)
    if isinstance(tree, exp.Column | exp.Query | exp.Identifier | exp.DataType):
        return tree.copy()

    def change(part: Tree) -> Tree:
        return replaced(part, stand_ins)

    if isinstance(tree, exp.Window):
        # the call itself stays; what it is applied to may be replaced
        function = tree.this.this if isinstance(tree.this, _WRAPPED) else tree.this
        inner = _rebuilt(function, change)
        call = (
            _rebuilt(tree.this, lambda p: inner if p is function else change(p)) if function is not tree.this else inner
        )
        return _rebuilt(tree, lambda p: call if p is tree.this else change(p))
    return _rebuilt(tree, change)


def _rebuilt(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    def part(value: object) -> object:
        if isinstance(value, list):
            return [part(v) for v in value]
        return change(value) if isinstance(value, exp.Expr) else value

    return type(tree)(**{key: part(value) for key, value in tree.args.items()})


def _arguments(tree: exp.Window) -> Iterator[Tree]:
    """What a window call is applied to, its partition and its order."""
    function = tree.this.this if isinstance(tree.this, _WRAPPED) else tree.this
    yield from function.iter_expressions()
    for part in tree.iter_expressions():
        if part is not tree.this:
            yield part


def aggregation(tree: Tree, building: Building) -> Aggregation | Expression:
    """An aggregate call as the plan has it: by name, or where it has more to it as DuckDB's own text."""
    name = _SIMPLE.get(type(tree))
    argument = tree.this
    if name is None or {k for k, v in tree.args.items() if v} - {"this", "big_int"}:
        return raw(tree, building)
    if argument is None or isinstance(argument, exp.Star):
        return Aggregation("count")
    if isinstance(argument, exp.Distinct):
        if len(argument.expressions) != 1 or argument.args.get("on"):
            return raw(tree, building)
        return Aggregation(name, expression(argument.expressions[0], building), distinct=True)
    return Aggregation(name, expression(argument, building))
