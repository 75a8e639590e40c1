"""UPDATE and DELETE of a user's own table by what a model says: a query finds the rows, which are changed by number."""

from __future__ import annotations

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.plan.nodes import ExactQuery, Field, Node
from neuraldb.plan.sql_changes import finished
from neuraldb.plan.sql_context import Building, Inexpressible
from neuraldb.plan.sql_from import Derived
from neuraldb.plan.sql_query import QueryBuilder
from neuraldb.plan.sql_scope import BoundColumn
from neuraldb.plan.sql_tree import Tree
from neuraldb.plan.statement_nodes import ROWS, ExactStatement

NUMBER = "__row"
"""The column of the rows' numbers, which DuckDB calls ``rowid``."""
_CLAUSES = {"this", "expressions", "where"}


def build_own_change(building: Building) -> Node:
    """The plan of an UPDATE or DELETE of a table that somebody made.

    Raises:
        Inexpressible: it is another statement, or has a clause that the plan has no word for.
        ProgrammingError: SET is no list of columns with values.
    """
    tree = building.statement.expression
    if (
        not isinstance(tree, exp.Update | exp.Delete)
        or not isinstance(tree.this, exp.Table)
        or tree.this.args.get("db")
    ):
        raise Inexpressible(f"this use of {tree.key.upper()}", tree)
    for clause, value in tree.args.items():
        if value and clause not in _CLAUSES:
            raise Inexpressible(f"{clause.rstrip('_').upper()} of {tree.key.upper()}", tree)
    assigned = _assigned(building, tree)
    child = finished(QueryBuilder(building).build(_selected(tree, assigned), _numbered(building, tree.this)))
    return ExactStatement(_change(tree, assigned), (), child)


def _assigned(building: Building, tree: Tree) -> dict[str, Tree]:
    """The new values by the names of the columns, as DuckDB is to read them."""
    assigned: dict[str, Tree] = {}
    for item in tree.expressions:
        if not isinstance(item, exp.EQ) or not isinstance(item.this, exp.Column):
            building.wrong("SET takes column = value", item)
        name = item.this.this.sql("duckdb")
        if name in assigned:
            building.wrong(f"{item.this.name} is set twice", item)
        assigned[name] = item.expression
    return assigned


def _numbered(building: Building, table: exp.Table) -> dict[str, Derived]:
    """The table with its rows' numbers, under its own name."""
    fields = building.catalogue.table(table.name)
    if fields is None:
        raise Inexpressible("a table that nobody made, which cannot be changed,", table)
    columns = Field(NUMBER, "BIGINT"), *fields
    name = table.this.sql("duckdb")
    rows = ExactQuery(f'SELECT rowid AS "{NUMBER}", * FROM {name}', columns)
    derived = Derived(rows, tuple(BoundColumn(f.name, f.type, f.name) for f in columns))
    return {**building.named, identifier(table.name): derived}


def _selected(tree: Tree, assigned: dict[str, Tree]) -> exp.Select:
    """The rows that the statement is about: their numbers, and the new values."""
    table = tree.this.copy()
    values = [exp.alias_(value.copy(), f"new{place}") for place, value in enumerate(assigned.values())]
    number = exp.column(NUMBER, table=table.alias or table.name, quoted=True)
    select = exp.select(number, *values).from_(table)
    where = tree.args.get("where")
    return select.where(where.this.copy()) if where is not None else select


def _change(tree: Tree, assigned: dict[str, Tree]) -> str:
    table = tree.this.this.sql("duckdb")
    if isinstance(tree, exp.Delete):
        return f'DELETE FROM {table} WHERE rowid IN (SELECT "{NUMBER}" FROM {ROWS})'
    values = ", ".join(f'{name} = changed."new{place}"' for place, name in enumerate(assigned))
    return f'UPDATE {table} SET {values} FROM {ROWS} AS changed WHERE {table}.rowid = changed."{NUMBER}"'
