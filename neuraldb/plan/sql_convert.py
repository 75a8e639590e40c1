"""Bound trees to expressions of the plan: what rules can use becomes calls, the rest stays DuckDB's own text."""

from __future__ import annotations

import re
from typing import cast

from sqlglot import exp

from neuraldb.plan.expressions import Call, Column, Expression, Literal, Raw, Scalar, all_of
from neuraldb.plan.sql_context import Building
from neuraldb.plan.sql_tree import Tree, bound, columns, constant

OPERATORS: dict[type[Tree], str] = {
    exp.EQ: "=", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=", exp.And: "and", exp.Or: "or",
    exp.NullSafeEQ: "is not distinct from",
}  # fmt: skip
_INTEGER = range(-(2**31), 2**31)


def expression(tree: Tree, building: Building) -> Expression:
    """The expression of a bound tree; its columns are columns of the plan."""
    while isinstance(tree, exp.Paren):
        tree = tree.this
    if (found := bound(tree)) is not None:
        return Column(found.name)
    if (literal := _literal(tree, building)) is not None:
        return literal
    if type(tree) in OPERATORS:
        sides = expression(tree.this, building), expression(tree.expression, building)
        return Call(OPERATORS[type(tree)], sides)
    if isinstance(tree, exp.Not):
        return _negated(tree, building)
    if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null):
        return Call("is null", (expression(tree.this, building),))
    if isinstance(tree, exp.Between) and not tree.args.get("symmetric"):
        parts = (tree.this, tree.args["low"], tree.args["high"])
        return Call("between", tuple(expression(p, building) for p in parts))
    if isinstance(tree, exp.In) and tree.expressions and not tree.args.get("query"):
        return Call("in", tuple(expression(p, building) for p in (tree.this, *tree.expressions)))
    if isinstance(tree, exp.Like) and set(tree.args) <= {"this", "expression"}:
        return Call("like", (expression(tree.this, building), expression(tree.expression, building)))
    return raw(tree, building)


def raw(tree: Tree, building: Building) -> Raw:
    """The tree as DuckDB's own text."""
    names = tuple(dict.fromkeys(c.name for c in columns(tree)))
    return Raw(tree.sql("duckdb", normalize_functions="lower"), names, building.parameters(tree))


def condition(trees: list[Tree], building: Building) -> Expression:
    """The conjunction of bound trees."""
    return all_of([expression(tree, building) for tree in trees])


def _negated(tree: exp.Not, building: Building) -> Expression:
    inner = tree.this
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
        return Call("is not null", (expression(inner.this, building),))
    return Call("not", (expression(inner, building),))


def _literal(tree: Tree, building: Building) -> Literal | Raw | None:
    """A constant whose type a bound parameter keeps; a number with a point has a type of its own in DuckDB."""
    known, value = constant(tree, building.values)
    if not known:
        return None
    if isinstance(tree, exp.Placeholder):
        return Literal(cast("Scalar", value))
    if isinstance(value, bool | str) or value is None or (isinstance(value, int) and value in _INTEGER):
        return Literal(value)
    return raw(tree, building)


def display(tree: Tree) -> str:
    """A name for what a bound tree computes: its text without quotes around names.

    >>> import sqlglot
    >>> display(sqlglot.parse_one("SUM(x) + 1", read="duckdb"))
    'sum(x) + 1'
    """
    return re.sub(r'"([^"]+)"', r"\1", tree.sql("duckdb", normalize_functions="lower"))
