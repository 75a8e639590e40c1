"""The SQL of a plan over tables, as sqlglot's trees."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.decoding.table_catalogue import Cell, Column, ForeignKey, Table

_COMPARED: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")


@dataclass(frozen=True, slots=True)
class Rows:
    """Tables that are joined, with conditions.

    Attributes:
        query: all of it, with ``1`` selected.
        tables: the tables under the names that they have in it.
    """

    query: exp.Select
    tables: tuple[tuple[str, Table], ...]

    @property
    def columns(self) -> list[tuple[str, Column]]:
        """All columns, each with the name of its table."""
        return [(alias, each) for alias, table in self.tables for each in table.columns]

    def selecting(self, *selected: exp.Expr) -> exp.Select:
        """Something else selected."""
        return self.query.select(*selected, append=False)

    def where(self, condition: exp.Expr) -> Rows:
        """The rows that a condition is true of."""
        return Rows(self.query.where(condition), self.tables)

    def has(self, condition: exp.Expr) -> bool:
        """Whether this very condition was set already."""
        return condition in list(self.query.find_all(type(condition)))


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate; without a column, the number of rows."""

    name: str
    of: exp.Column | None = None

    @property
    def tree(self) -> exp.Expr:
        """The call."""
        return exp.func(self.name, self.of if self.of is not None else exp.Star())


def rows_of(table: Table) -> Rows:
    """All rows of a table."""
    return Rows(exp.select("1").from_(_named(table, table.name)), ((table.name, table),))


def joined(rows: Rows, near: str, table: Table, key: ForeignKey, forward: bool) -> Rows:
    """Rows with those of another table that a foreign key joins them with; ``forward``: that the key names."""
    alias = _free(rows, table)
    query = rows.query.join(_named(table, alias), on=_on(near, alias, key, forward))
    return Rows(query, (*rows.tables, (alias, table)))


def without(rows: Rows, near: str, table: Table, key: ForeignKey, forward: bool) -> Rows:
    """The rows for which a foreign key finds none in another table."""
    alias = _free(rows, table)
    inner = exp.select("1").from_(_named(table, alias)).where(_on(near, alias, key, forward))
    return rows.where(exp.not_(exp.Exists(this=inner)))


def column(alias: str, of: Column) -> exp.Column:
    """A column."""
    return exp.column(of.name, table=alias, quoted=True)


def comparison(of: exp.Column, operator: str, cell: Cell) -> exp.Expr:
    """A condition on a column."""
    return _COMPARED[operator](this=of.copy(), expression=exp.convert(cell))


def any_of(condition: exp.Expr) -> exp.Expr:
    """Whether any row meets a condition."""
    return exp.func("bool_or", condition.copy())


def exact(cell: Cell) -> bool:
    """Whether a value written as SQL is read back as itself."""
    if isinstance(cell, float):
        return math.isfinite(cell)
    return not isinstance(cell, datetime.datetime) and isinstance(cell, str | int | Decimal | datetime.date)


def counted(rows: Rows, of: exp.Column | None = None) -> str:
    """How many rows; or how many different values of a column."""
    counted = exp.Count(this=exp.Star() if of is None else exp.Distinct(expressions=[of]))
    return rows.selecting(counted).sql(dialect="duckdb")


def listed(
    rows: Rows,
    columns: Sequence[exp.Column],
    key: exp.Column | None = None,
    down: bool = False,
    count: int | None = None,
) -> str:
    """Columns, as they are or in the order of one; without it, each row once."""
    query = rows.selecting(*columns)
    return _cut(query.distinct() if key is None else _ordered(query, key, down), count).sql(dialect="duckdb")


def grouped(
    rows: Rows,
    by: exp.Column,
    measure: Measure,
    having: tuple[str, int] | None = None,
    down: bool | None = None,
    count: int | None = None,
) -> str:
    """A measure for each value of a column; ``down``: in the order of the measure."""
    query = grouped_query(rows, by, measure, having)
    return _cut(query if down is None else _ordered(query, measure.tree, down), count).sql(dialect="duckdb")


def grouped_query(rows: Rows, by: exp.Column, measure: Measure, having: tuple[str, int] | None = None) -> exp.Select:
    """The same as a tree, neither ordered nor cut."""
    query = rows.selecting(by, measure.tree).group_by(by)
    if having is None:
        return query
    operator, count = having
    return query.having(_COMPARED[operator](this=measure.tree, expression=exp.convert(count)))


def words(name: str) -> str:
    """A name in words.

    >>> words("birth_place"), words("countryCode")
    ('birth place', 'country Code')
    """
    return " ".join(_HUMP.sub(" ", name).split())


def _ordered(query: exp.Select, key: exp.Expr, down: bool) -> exp.Select:
    return query.order_by(exp.Ordered(this=key.copy(), desc=down, nulls_first=False))


def _cut(query: exp.Select, count: int | None) -> exp.Select:
    return query if count is None else query.limit(count)


def _on(near: str, far: str, key: ForeignKey, forward: bool) -> exp.Expr:
    pairs = zip(key.columns, key.others, strict=True)
    return exp.and_(
        *(
            exp.EQ(
                this=exp.column(own if forward else other, table=near, quoted=True),
                expression=exp.column(other if forward else own, table=far, quoted=True),
            )
            for own, other in pairs
        )
    )


def _free(rows: Rows, table: Table) -> str:
    """A name for a table that no other has."""
    taken = {identifier(alias) for alias, _ in rows.tables}
    names = (table.name, *(f"{table.name}_{n}" for n in range(2, len(taken) + 3)))
    return next(name for name in names if identifier(name) not in taken)


def _named(table: Table, alias: str) -> exp.Table:
    *outer, name = table.path
    parts = [exp.to_identifier(part, quoted=True) for part in outer]
    made = exp.Table(
        this=exp.to_identifier(name, quoted=True),
        db=parts[-1] if parts else None,
        catalog=parts[0] if len(parts) > 1 else None,
    )
    if alias != name or outer:
        made.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return made
