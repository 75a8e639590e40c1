"""Comparisons with cells of virtual tables, whose text is read as what the other side is.

=========================  ===================================================================================
the other side             what is compared
=========================  ===================================================================================
a number                   ``number`` of the column's dimension, or the year of ``date`` (``founded > 1900``)
a date                     ``date``
a text that is a quantity  ``number``, of the same unit (``height > '3 km'``)
a text that is a date      ``date`` with the days that the text may mean (``born = '1982'`` is within 1982)
any other text             for (in)equality the ``key``: names as people mean them; for an order the text
a cell of a virtual table  for (in)equality the keys; for an order numbers, else dates, else texts
a text column              for (in)equality the key, which is computed for that column too
=========================  ===================================================================================

A comparison with something unknown is unknown, as everywhere in SQL.

A bare number has no unit, so it is taken to be of the column's dimension: that of most of its values that are measured,
among the rows that the other conditions of WHERE leave (all of those that most have, where several are equally
frequent). A value without a unit is taken to be of that dimension too; one of another dimension has no such number, and
its comparison is unknown: ``height > 8500`` keeps "8849 m" and leaves out "five weeks". Arithmetic, aggregates, casts
and orders read cells in the same way.
"""

from __future__ import annotations

import datetime
from typing import Protocol

from sqlglot import exp

from neuraldb.core.values import Value, parse_value
from neuraldb.language.parameters import Bindable
from neuraldb.plan.semantic_nodes import reading
from neuraldb.plan.sql_scope import BoundColumn
from neuraldb.plan.sql_tree import COMPARISONS, Tree, attribute, bound, column, constant, kind_of, kind_of_type, read

EQUALITIES = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)
NEGATED = (exp.NEQ, exp.NullSafeNEQ)


class Surroundings(Protocol):
    """What a comparison needs to know and to leave behind."""

    values: dict[str, Bindable]

    def placeholder(self, value: Bindable) -> exp.Placeholder:
        """A placeholder for a value."""

    def name_keys(self, name: str) -> tuple[str, ...]:
        """The keys of a name."""

    def number(self, cell: BoundColumn) -> Tree:
        """A cell as a number of the column's dimension; a date counts as its year."""

    def keyed(self, column: BoundColumn) -> BoundColumn | None:
        """The key reading of a text column of a real table, which is computed for it; None where that can't be."""


def as_number(cell: BoundColumn) -> Tree:
    """A cell as a number; a date counts as its year."""
    if "number" not in cell.readings:
        return column(cell)
    return exp.Coalesce(this=read(cell, "number"), expressions=[exp.Year(this=read(cell, "date"))])


def as_measure(cell: BoundColumn) -> Tree:
    """A cell as a number if it is of the column's dimension, which a column that goes with it tells."""
    return exp.Case().when(column(common(cell)), as_number(cell))


def measure(cell: BoundColumn) -> Tree:
    """The number of a cell, if it is of the column's dimension."""
    return exp.Case().when(column(common(cell)), read(cell, "number"))


def common(cell: BoundColumn) -> BoundColumn:
    """The column that tells whether a cell is of the column's dimension, or has no unit."""
    return BoundColumn(reading(cell.name, "common"), "BOOLEAN", cell.label)


def alike(cell: BoundColumn) -> tuple[BoundColumn, Tree]:
    """How many rows have a number of the cell's unit: the column, and what computes it."""
    count = exp.Count(this=as_number(cell), big_int=True)
    tree = exp.Window(this=count, partition_by=[read(cell, "unit")], over="OVER")
    return BoundColumn(reading(cell.name, "alike"), "BIGINT", cell.label), tree


def of_most(cell: BoundColumn) -> Tree:
    """What computes :func:`common` from :func:`alike`."""
    count, _ = alike(cell)
    most = exp.Window(this=exp.Max(this=column(count)), over="OVER")
    return exp.Or(
        this=exp.Is(this=read(cell, "unit"), expression=exp.Null()),
        expression=exp.EQ(this=column(count), expression=most),
    )


def as_date(cell: BoundColumn) -> Tree:
    """A cell as a date."""
    return read(cell, "date") if "date" in cell.readings else column(cell)


def compare(kind: type[Tree], left: Tree, right: Tree, around: Surroundings) -> Tree:
    """A comparison of which one side at least is a cell of a virtual table."""
    cell, other = attribute(left), right
    if cell is None:
        cell, other, kind = attribute(right), left, COMPARISONS[kind]
    assert cell is not None
    opposite = attribute(other)
    if opposite is not None:
        return _cells(kind, cell, opposite)
    known, value = constant(other, around.values)
    if known and isinstance(value, str):
        return _with_text(kind, cell, value, other, around)
    wanted = kind_of(other, around.values)
    if wanted == "number" and "number" in cell.readings:
        return _make(kind, around.number(cell), other)
    if wanted == "date" and "date" in cell.readings:
        return _make(kind, read(cell, "date"), other)
    if wanted == "boolean" and "number" in cell.readings:
        truth = exp.Cast(this=other, to=exp.DataType.build("DOUBLE", dialect="duckdb"))
        return _make(kind, read(cell, "number"), truth)
    return _with_column(kind, cell, other, around)


def member(cell: BoundColumn, items: list[Tree], around: Surroundings) -> Tree:
    """``cell IN (items)``."""
    texts = [value for known, value in (constant(i, around.values) for i in items) if known and isinstance(value, str)]
    if len(texts) == len(items) and all(parse_value(t).kind == "text" for t in texts):
        return _in_keys(cell, [key for text in texts for key in around.name_keys(text)], around)
    return exp.Paren(this=exp.or_(*(compare(exp.EQ, column(cell), item, around) for item in items), copy=False))


def extreme(cell: BoundColumn, smallest: bool, measured: bool) -> Tree:
    """``min`` or ``max`` of a cell: the text of the value that is extreme as most of the values are to be read.

    Args:
        cell: the cell.
        smallest: whether the least is wanted.
        measured: whether :func:`common` is there to tell which numbers can be compared.
    """
    if "number" not in cell.readings:
        return (exp.Min if smallest else exp.Max)(this=column(cell))
    pick = exp.ArgMin if smallest else exp.ArgMax
    number, date = read(cell, "number"), read(cell, "date")
    tree = exp.Case()
    for mostly, by in ((number, measure(cell) if measured else number.copy()), (date, date.copy())):
        tree = tree.when(mostly_known(mostly, cell), pick(this=column(cell), expression=by))
    return tree.else_((exp.Min if smallest else exp.Max)(this=column(cell)))


def mostly_known(part: Tree, cell: BoundColumn, over: bool = False) -> Tree:
    """Whether more than half of the values of a cell have a reading; ``over``: as a window function."""

    def counted(tree: Tree) -> Tree:
        count: Tree = exp.Count(this=tree, big_int=True)
        return exp.Window(this=count, over="OVER") if over else count

    return exp.GT(
        this=exp.Mul(this=counted(part.copy()), expression=exp.Literal.number(2)), expression=counted(column(cell))
    )


def _make(kind: type[Tree], left: Tree, right: Tree) -> Tree:
    return kind(this=left, expression=right)


def _cells(kind: type[Tree], a: BoundColumn, b: BoundColumn) -> Tree:
    if kind in EQUALITIES:
        return _make(kind, read(a, "key"), read(b, "key"))
    if "number" not in a.readings or "number" not in b.readings:
        return _make(kind, column(a), column(b))
    tree = exp.Case()
    same_unit = exp.NullSafeEQ(this=read(a, "unit"), expression=read(b, "unit"))
    numbers = _make(kind, read(a, "number"), read(b, "number"))
    tree = tree.when(_known(read(a, "number"), read(b, "number")), exp.And(this=numbers, expression=same_unit))
    tree = tree.when(_known(read(a, "date"), read(b, "date")), _make(kind, read(a, "date"), read(b, "date")))
    readings = [read(cell, r) for cell in (a, b) for r in ("number", "date")]
    nothing = exp.and_(*(exp.Is(this=r, expression=exp.Null()) for r in readings), copy=False)
    return tree.when(nothing, _make(kind, column(a), column(b)))


def _known(a: Tree, b: Tree) -> Tree:
    parts = [exp.Not(this=exp.Is(this=side, expression=exp.Null())) for side in (a, b)]
    return exp.And(this=parts[0], expression=parts[1])


def _with_text(kind: type[Tree], cell: BoundColumn, text: str, other: Tree, around: Surroundings) -> Tree:
    value = parse_value(text) if "number" in cell.readings else Value("text", text)
    if kind in EQUALITIES:
        equal = _equals(cell, value, around)
        if kind is exp.EQ:
            return equal
        if kind is exp.NEQ:
            return exp.Not(this=equal)
        safe = exp.Coalesce(this=equal, expressions=[exp.false()])
        return safe if kind is exp.NullSafeEQ else exp.Not(this=safe)
    if value.kind == "number":
        return exp.Paren(
            this=_of_unit(cell, value, _make(kind, read(cell, "number"), around.placeholder(value.number)), around)
        )
    if value.kind == "date":
        # after 1950 is after its last day, before 1950 before its first
        bounds: dict[type[Tree], datetime.date | None] = {
            exp.GT: value.end, exp.LTE: value.end, exp.LT: value.start, exp.GTE: value.start
        }  # fmt: skip
        return _make(kind, read(cell, "date"), around.placeholder(bounds[kind]))
    return _make(kind, column(cell), other)


def _equals(cell: BoundColumn, value: Value, around: Surroundings) -> Tree:
    named = _in_keys(cell, list(around.name_keys(value.text)), around)
    if value.kind == "number":
        same = exp.EQ(this=read(cell, "number"), expression=around.placeholder(value.number))
        measured = _of_unit(cell, value, same, around)
    elif value.kind == "date":
        measured = exp.Between(
            this=read(cell, "date"), low=around.placeholder(value.start), high=around.placeholder(value.end)
        )
    else:
        return named
    # a cell without such a reading is not unknown: it differs
    return exp.Paren(this=exp.Or(this=named, expression=exp.Coalesce(this=measured, expressions=[exp.false()])))


def _of_unit(cell: BoundColumn, value: Value, condition: Tree, around: Surroundings) -> Tree:
    if not value.unit:
        return condition
    same = exp.EQ(this=read(cell, "unit"), expression=around.placeholder(value.unit))
    return exp.And(this=condition, expression=same)


def _in_keys(cell: BoundColumn, keys: list[str], around: Surroundings) -> Tree:
    distinct = list(dict.fromkeys(keys))
    if len(distinct) == 1:
        return exp.EQ(this=read(cell, "key"), expression=around.placeholder(distinct[0]))
    return exp.In(this=read(cell, "key"), expressions=[around.placeholder(key) for key in distinct])


def _with_column(kind: type[Tree], cell: BoundColumn, other: Tree, around: Surroundings) -> Tree:
    theirs = bound(other)
    if kind in EQUALITIES and theirs is not None and kind_of_type(theirs.type) == "text":
        key = around.keyed(theirs)
        if key is not None:
            return _make(kind, read(cell, "key"), column(key))
    return _make(kind, column(cell), other)
