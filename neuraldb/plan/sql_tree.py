"""Small things about sqlglot's trees: columns of the plan in them, what kind of value they give, literals."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from sqlglot import exp

from neuraldb.language.parameters import Bindable
from neuraldb.plan.semantic_nodes import READINGS, reading
from neuraldb.plan.sql_scope import BoundColumn

Tree: TypeAlias = exp.Expr

_BOUND = "bound"
KIND = "kind"
"""Under this name the kind of a subquery is noted in the tree."""
_NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*|DOUBLE|FLOAT|REAL|BIGNUM)$")
_DATE = re.compile(r"(DATE|TIMESTAMP.*)$")
_TEXT = re.compile(r"(VARCHAR|ENUM.*)$")

ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Pow, exp.Neg)
NUMERIC = (
    *ARITHMETIC, exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Trunc, exp.Sqrt, exp.Cbrt, exp.Ln, exp.Log, exp.Exp,
    exp.Sign, exp.Sum, exp.Avg, exp.Median, exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop,
    exp.Skewness, exp.Kurtosis, exp.PercentileCont, exp.PercentileDisc, exp.Quantile, exp.ApproxQuantile, exp.Corr,
)  # fmt: skip
"""What takes and gives numbers."""
COUNTING = (exp.Count, exp.CountIf, exp.ApproxDistinct, exp.Length, exp.DateDiff)
DATE_PARTS = (
    exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Week, exp.DayOfWeek, exp.DayOfMonth, exp.DayOfYear, exp.Extract,
)  # fmt: skip
"""Numbers taken from dates."""
DATES = (
    *DATE_PARTS, exp.TimestampTrunc, exp.DateTrunc, exp.DateDiff, exp.DateAdd, exp.DateSub, exp.TimeToStr, exp.LastDay,
    exp.Dayname,
)  # fmt: skip
"""What takes dates."""
DATE_FUNCTIONS = frozenset({"age", "date_part", "datepart", "monthname", "epoch", "isodow", "decade", "century", "era"})
COMPARISONS: dict[type[Tree], type[Tree]] = {
    exp.EQ: exp.EQ, exp.NEQ: exp.NEQ, exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE,
    exp.NullSafeEQ: exp.NullSafeEQ, exp.NullSafeNEQ: exp.NullSafeNEQ,
}  # fmt: skip
"""Comparisons, and what each becomes with its sides changed."""
BOOLEAN = (
    *COMPARISONS, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.RegexpLike,
    exp.Exists,
)  # fmt: skip


def column(bound: BoundColumn) -> exp.Column:
    """A column of the plan as a part of a tree."""
    tree = exp.Column(this=exp.Identifier(this=bound.name, quoted=True))
    tree.meta[_BOUND] = bound
    return tree


def bound(tree: Tree) -> BoundColumn | None:
    """The column of the plan that the whole tree is."""
    found = tree.meta.get(_BOUND) if isinstance(tree, exp.Column) else None
    return found if isinstance(found, BoundColumn) else None


def attribute(tree: Tree) -> BoundColumn | None:
    """The cell of a virtual table that the whole tree is, whose text can be read as something else."""
    found = bound(tree)
    return found if found is not None and found.readings else None


def columns(tree: Tree) -> Iterator[BoundColumn]:
    """All columns of the plan in a tree."""
    for node in tree.find_all(exp.Column):
        found = bound(node)
        if found is not None:
            yield found


def read(cell: BoundColumn, kind: str) -> exp.Column:
    """A reading of a cell."""
    return column(BoundColumn(reading(cell.name, kind), READINGS[kind], reading(cell.label, kind)))


def plain(tree: Tree) -> Tree:
    """The tree without brackets around it."""
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return tree


def conjuncts(tree: Tree | None) -> Iterator[Tree]:
    """The parts of a conjunction."""
    if tree is None:
        return
    tree = plain(tree)
    if isinstance(tree, exp.And):
        yield from conjuncts(tree.this)
        yield from conjuncts(tree.expression)
    else:
        yield tree


def kind_of_type(name: str) -> str:
    """number, date, boolean, text or other, of a DuckDB type."""
    upper = name.upper()
    for kind, form in (("number", _NUMBER), ("date", _DATE), ("text", _TEXT)):
        if form.match(upper):
            return kind
    return "boolean" if upper == "BOOLEAN" else "other"


def kind_of_value(value: Bindable) -> str:
    """The same of a Python value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, datetime.date):
        return "date"
    return "text" if isinstance(value, str) else "other"


def kind_of(tree: Tree, values: dict[str, Bindable]) -> str:
    """What a tree gives, as far as it shows: number, date, boolean, text or other.

    Args:
        tree: with columns of the plan.
        values: of the placeholders.
    """
    tree = plain(tree)
    if (found := bound(tree)) is not None:
        return kind_of_type(found.type)
    if KIND in tree.meta:
        return str(tree.meta[KIND])
    if isinstance(tree, exp.Literal):
        return "text" if tree.is_string else "number"
    if isinstance(tree, exp.Placeholder):
        return kind_of_value(values.get(tree.name))
    if isinstance(tree, exp.Cast | exp.TryCast):
        return kind_of_type(tree.to.sql("duckdb"))
    if isinstance(tree, exp.Add | exp.Sub):
        return _kind_of_sum(tree, values)
    if isinstance(tree, exp.CurrentDate | exp.CurrentTimestamp | exp.TimestampTrunc | exp.DateTrunc | exp.LastDay):
        return "date"
    if isinstance(tree, (*NUMERIC, *COUNTING, *DATE_PARTS)):
        return "number"
    if isinstance(tree, (*BOOLEAN, exp.Boolean)):
        return "boolean"
    if isinstance(tree, exp.Min | exp.Max | exp.AnyValue | exp.First | exp.Coalesce | exp.Filter):
        return kind_of(tree.this, values)
    return "other"


def _kind_of_sum(tree: exp.Add | exp.Sub, values: dict[str, Bindable]) -> str:
    sides = [kind_of(side, values) for side in (tree.this, tree.expression)]
    interval = any(isinstance(side, exp.Interval) for side in (tree.this, tree.expression))
    if "date" in sides:
        return "number" if sides == ["date", "date"] else "date"
    return "date" if interval else "number"


def constant(tree: Tree, values: dict[str, Bindable]) -> tuple[bool, Bindable]:
    """Whether a tree is a literal or a placeholder, and the value it stands for."""
    tree = plain(tree)
    if isinstance(tree, exp.Placeholder) and tree.name in values:
        return True, values[tree.name]
    if isinstance(tree, exp.Boolean):
        return True, bool(tree.this)
    if isinstance(tree, exp.Null):
        return True, None
    if isinstance(tree, exp.Neg):
        known, value = constant(tree.this, values)
        negative = known and isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        return (True, -value) if negative else (False, None)  # type: ignore[operator]
    if not isinstance(tree, exp.Literal):
        return False, None
    if tree.is_string:
        return True, str(tree.this)
    text = str(tree.this)
    return True, int(text) if text.isdigit() else float(text)
