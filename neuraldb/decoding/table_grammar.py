"""Queries over tables: rows that are joined and narrowed clause by clause, and then what is wanted of them.

::

    plan    = from table clause* form
    clause  = join table by key  |  without table by key  |  where column op cell
    form    = list column (and column)* (order column (ascending | descending) (first n)?)?
            | count  |  (distinct | sum | avg | min | max) column
            | per column measure (having op n)? (order (ascending | descending) (first n)?)?
    measure = count  |  (sum | avg | min | max) column

A clause is offered if a row is left after it. A value is offered if a row has it; HAVING if a group is left.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from sqlglot import exp

from neuraldb.decoding import sql_writing as write
from neuraldb.decoding.automaton import Automaton, Plan, State, Step, Symbol, following
from neuraldb.decoding.sql_writing import Measure, Rows
from neuraldb.decoding.table_catalogue import Cell, Column, ForeignKey, Table, TableView

_ORDERED = ("=", "<>", "<", "<=", ">", ">=")
_OPERATORS = {"text": ("=", "<>"), "boolean": ("=",), "number": _ORDERED, "date": _ORDERED}
_WORDS_OF = {"=": "", "<>": "not", "<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}
_MEASURES = {"sum": "total", "avg": "average", "min": "smallest", "max": "largest"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question speaks of; None where everything may be named.

    Attributes:
        cells: values to compare with.
        counts: how many rows may be wanted, and with how many groups compare.
    """

    cells: tuple[Cell, ...] | None = None
    counts: tuple[int, ...] = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class TableLimits:
    """How large a query gets.

    Attributes:
        clauses: the most clauses after the first table.
        columns: the most columns that are listed.
        cells: of a column, the most values that are offered where the question names none.
    """

    clauses: int = 3
    columns: int = 2
    cells: int = 100


def table_automaton(view: TableView, wanted: Wanted | None = None, limits: TableLimits | None = None) -> Automaton:
    """The queries over tables that compare with nothing but what is wanted."""
    grammar = _Grammar(view, wanted or Wanted(), limits or TableLimits())
    return Automaton(following([(Symbol("from", ""), State(grammar.tables))]))


@dataclass(frozen=True, slots=True)
class _Body:
    rows: Rows
    clauses: int = 0

    def with_rows(self, rows: Rows) -> _Body:
        return replace(self, rows=rows, clauses=self.clauses + 1)


class _Grammar:
    def __init__(self, view: TableView, wanted: Wanted, limits: TableLimits) -> None:
        self.view, self.wanted, self.limits = view, wanted, limits
        self._tables = {table.path: table for table in view.tables()}

    def tables(self) -> Iterator[Step]:
        """The tables with rows."""
        for table in self._tables.values():
            rows = write.rows_of(table)
            if self.view.holds(rows.query):
                yield Symbol(".".join(table.path), write.words(table.name)), self._body(_Body(rows))

    def _body(self, body: _Body) -> State:
        return State(partial(self._clauses, body), whole=True)

    def _clauses(self, body: _Body) -> Iterator[Step]:
        if body.clauses < self.limits.clauses:
            for verb, words, made in (("join", "with", write.joined), ("without", "without", write.without)):
                yield from _offered(Symbol(verb, words), partial(self._joins, body, made))
            yield from _offered(Symbol("where", "with"), partial(self._conditions, body))
        yield from self._forms(body.rows)

    # ------------------------------------------------------------------------------------------------ the rows

    def _joins(self, body: _Body, made: Callable[[Rows, str, Table, ForeignKey, bool], Rows]) -> Iterator[Step]:
        """Joins along keys; where there are several from one table to another, they are told apart."""
        for alias, table in body.rows.tables:
            for key in self.view.foreign_keys():
                for near, far, forward in ((key.table, key.other, True), (key.other, key.table, False)):
                    if near == table.path:
                        rows = made(body.rows, alias, self._tables[far], key, forward)
                        if self.view.holds(rows.query):
                            by = f"{alias}.{','.join(key.columns if forward else key.others)}"
                            named = f"{'.'.join(far)}.{','.join(key.others if forward else key.columns)}"
                            symbol = Symbol(f"{named} by {by}", write.words(far[-1]))
                            yield symbol, self._body(body.with_rows(rows))

    def _conditions(self, body: _Body) -> Iterator[Step]:
        for alias, column in body.rows.columns:
            if column.sort != "other":
                yield from _offered(_column(alias, column), partial(self._operators, body, alias, column))

    def _operators(self, body: _Body, alias: str, column: Column) -> Iterator[Step]:
        cells = self._cells(body.rows, alias, column)
        tests = [(operator, cell) for operator in _OPERATORS[column.sort] for cell in cells]
        if not tests:
            return
        of = write.column(alias, column)
        conditions = [write.comparison(of, operator, cell) for operator, cell in tests]
        holding = self.view.row(body.rows.selecting(*(write.any_of(condition) for condition in conditions)))
        found: dict[str, list[Step]] = {}
        for (operator, cell), condition, holds in zip(tests, conditions, holding, strict=True):
            if holds and not body.rows.has(condition):
                narrowed = body.with_rows(body.rows.where(condition))
                found.setdefault(operator, []).append((_cell(cell), self._body(narrowed)))
        for operator, steps in found.items():
            yield Symbol(operator, _WORDS_OF[operator]), following(steps)

    def _cells(self, rows: Rows, alias: str, column: Column) -> list[Cell]:
        """The values that a column may be compared with."""
        if self.wanted.cells is not None:
            return [cell for cell in self.wanted.cells if _sort_of(cell) == column.sort]
        of = write.column(alias, column)
        query = rows.selecting(of).distinct().where(of.is_(exp.null()).not_()).order_by(of).limit(self.limits.cells)
        return [cell for cell in self.view.cells(query) if write.exact(cell)]

    # ------------------------------------------------------------------------------------------------ what is wanted

    def _forms(self, rows: Rows) -> Iterator[Step]:
        yield Symbol("list", ""), State(partial(self._listed, rows, ()))
        yield Symbol("count", "how many"), _plan(write.counted(rows))
        yield Symbol("distinct", "how many different"), State(partial(self._distinct, rows))
        for name, words in _MEASURES.items():
            yield from _offered(Symbol(name, words), partial(self._measured, rows, name))
        yield Symbol("per", "for each"), State(partial(self._groups, rows))

    def _listed(self, rows: Rows, chosen: Sequence[exp.Column]) -> Iterator[Step]:
        for alias, column in rows.columns:
            of = write.column(alias, column)
            if of not in chosen:
                columns = (*chosen, of)
                more = partial(self._after_listed, rows, columns)
                yield _column(alias, column), State(more, Plan(write.listed(rows, columns), "sql"))

    def _after_listed(self, rows: Rows, columns: tuple[exp.Column, ...]) -> Iterator[Step]:
        if len(columns) < self.limits.columns:
            yield from _offered(Symbol("and", "and"), partial(self._listed, rows, columns))
        yield Symbol("order", "by"), State(partial(self._keys, rows, columns))

    def _keys(self, rows: Rows, columns: tuple[exp.Column, ...]) -> Iterator[Step]:
        for alias, column in rows.columns:
            of = write.column(alias, column)
            yield _column(alias, column), State(partial(self._ways, partial(write.listed, rows, columns, of)))

    def _distinct(self, rows: Rows) -> Iterator[Step]:
        for alias, column in rows.columns:
            yield _column(alias, column), _plan(write.counted(rows, write.column(alias, column)))

    def _measured(self, rows: Rows, name: str) -> Iterator[Step]:
        for alias, column in self._measurable(rows, name):
            measure = Measure(name, write.column(alias, column))
            yield _column(alias, column), _plan(rows.selecting(measure.tree).sql(dialect="duckdb"))

    def _measurable(self, rows: Rows, name: str) -> Iterator[tuple[str, Column]]:
        """The columns with values that can be added up, or compared."""
        sorts = ("number",) if name in ("sum", "avg") else ("number", "date")
        for alias, column in rows.columns:
            of = write.column(alias, column)
            if column.sort in sorts and self.view.holds(rows.where(of.is_(exp.null()).not_()).query):
                yield alias, column

    def _groups(self, rows: Rows) -> Iterator[Step]:
        for alias, column in rows.columns:
            yield _column(alias, column), State(partial(self._measures, rows, write.column(alias, column)))

    def _measures(self, rows: Rows, by: exp.Column) -> Iterator[Step]:
        yield Symbol("count", "how many"), self._grouped(rows, by, Measure("count"))
        for name, words in _MEASURES.items():
            yield from _offered(Symbol(name, words), partial(self._group_measure, rows, by, name))

    def _group_measure(self, rows: Rows, by: exp.Column, name: str) -> Iterator[Step]:
        for alias, column in self._measurable(rows, name):
            yield _column(alias, column), self._grouped(rows, by, Measure(name, write.column(alias, column)))

    def _grouped(self, rows: Rows, by: exp.Column, measure: Measure) -> State:
        def more() -> Iterator[Step]:
            if measure.name == "count":
                yield from _offered(Symbol("having", "with"), partial(self._having, rows, by, measure))
            yield Symbol("order", "by it"), State(partial(self._ways, partial(write.grouped, rows, by, measure)))

        return State(more, Plan(write.grouped(rows, by, measure), "sql"))

    def _having(self, rows: Rows, by: exp.Column, measure: Measure) -> Iterator[Step]:
        for operator in ("=", ">", ">=", "<"):
            steps: list[Step] = []
            for count in self.wanted.counts:
                made = partial(write.grouped, rows, by, measure, having=(operator, count))
                if self.view.holds(write.grouped_query(rows, by, measure, having=(operator, count))):
                    order = Symbol("order", "by it"), State(partial(self._ways, made))
                    steps.append((_cell(count), State((order,).__iter__, Plan(made(), "sql"))))
            if steps:
                yield Symbol(operator, _WORDS_OF[operator]), following(steps)

    def _ways(self, made: Callable[..., str]) -> Iterator[Step]:
        """Which way a query is ordered, and after how many rows it is cut."""
        for text, words, down in (("ascending", "smallest", False), ("descending", "largest", True)):
            cuts = [(_cell(n), _plan(made(down=down, count=n))) for n in self.wanted.counts]
            first = ((Symbol("first", "the first"), following(cuts)),) if cuts else ()
            yield Symbol(text, words), State(first.__iter__, Plan(made(down=down), "sql"))


def _offered(symbol: Symbol, expand: Callable[[], Iterator[Step]]) -> Iterator[Step]:
    """A symbol, if it leads anywhere."""
    if any(True for _ in expand()):
        yield symbol, State(expand)


def _plan(text: str) -> State:
    return State(plan=Plan(text, "sql"))


def _column(alias: str, column: Column) -> Symbol:
    return Symbol(f"{alias}.{column.name}", write.words(column.name))


def _cell(cell: Cell) -> Symbol:
    return Symbol(f"'{cell}'" if isinstance(cell, str) else str(cell), str(cell), type(cell).__name__)


def _sort_of(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int | float | Decimal):
        return "number"
    return "date" if isinstance(cell, datetime.date) else "text"
