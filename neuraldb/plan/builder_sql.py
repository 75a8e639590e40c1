"""SQL statements to logical plans.

A SELECT over real relations, virtual tables and semantic functions becomes nodes, through which evidence and
confidence flow. What the nodes have no word for (recursive common tables, PIVOT, laterals, …) stays one piece of SQL
that DuckDB runs, as long as nothing in it is neural. Evidence is that of the rows in FROM; a subquery in an expression
adds none.
"""

from __future__ import annotations

from typing import cast

from sqlglot import exp

from neuraldb.core.errors import ProgrammingError
from neuraldb.language.sql import SqlStatement
from neuraldb.plan.expressions import Column, Scalar
from neuraldb.plan.nodes import ExactQuery, Field, Node, Project
from neuraldb.plan.sql_catalogue import SqlCatalogue
from neuraldb.plan.sql_changes import build_change, build_storing, changed_view, finished
from neuraldb.plan.sql_context import Building, Inexpressible
from neuraldb.plan.sql_describe import description
from neuraldb.plan.sql_from import Derived
from neuraldb.plan.sql_outputs import unique
from neuraldb.plan.sql_own_changes import build_own_change
from neuraldb.plan.sql_protection import protect
from neuraldb.plan.sql_query import QueryBuilder
from neuraldb.plan.sql_settings import setting_command
from neuraldb.plan.sql_tree import Tree
from neuraldb.plan.sql_views import create_view, creates_view, named_views, view_command
from neuraldb.plan.statement_nodes import ExactStatement


def build_sql(statement: SqlStatement, catalogue: SqlCatalogue) -> Node:
    """The logical plan of a SQL statement.

    Args:
        statement: what :func:`neuraldb.language.sql.parse_sql` gives.
        catalogue: the names that there are.

    Raises:
        BindError: a name stands for nothing, or for several things; with span and candidates.
        ProgrammingError: the statement is wrong in another way.
        NotSupportedError: it combines a neural part with something for which there is no node, or would change what
            belongs to the database itself.
    """
    own = setting_command(statement)
    if own is not None:
        return own
    tree = statement.expression
    view = changed_view(tree) if isinstance(tree, exp.Insert | exp.Update | exp.Delete) else None
    protect(statement, catalogue, view)
    command = view_command(statement, catalogue)
    if command is not None:
        return command
    if statement.opaque:
        return ExactStatement(statement.text, _parameters(statement))
    building = Building(statement, catalogue)
    if creates_view(building):
        return create_view(building)
    building.named = named_views(building)
    try:
        if view is not None:
            return build_change(building, view)
        if isinstance(tree, exp.Query | exp.Values | exp.Pivot):
            return _query(building)
        if building.neural:
            return _neural_statement(building, tree)
    except Inexpressible as error:
        raise building.unsupported(error) from None
    return ExactStatement(statement.text, _parameters(statement))


def _query(building: Building) -> Node:
    """A query: as nodes, or where that can't be and need not, as DuckDB's own."""
    statement = building.statement
    if building.neural:
        return finished(QueryBuilder(building).build(statement.expression, building.named))
    fields = _described(building)
    try:
        derived = QueryBuilder(building).build(statement.expression, building.named)
        if len(derived.columns) != len(fields):
            raise Inexpressible("a list of columns that is computed")
    except (Inexpressible, ProgrammingError):
        # DuckDB has found nothing wrong with it
        return ExactQuery(statement.text, fields, _parameters(statement))
    return _named(derived, fields)


def _described(building: Building) -> tuple[Field, ...]:
    """The columns of a query that DuckDB alone can run; what is wrong with it shows here."""
    statement = building.statement
    try:
        return building.catalogue.describe(statement.text, dict(_parameters(statement)))
    except ProgrammingError as error:
        for call in statement.expression.find_all(exp.Anonymous):
            if not isinstance(call.parent, exp.Table):
                building.check_function(call)
        error.source = statement.source
        error.span = error.span and statement.marked.original(error.span)
        raise


def _named(derived: Derived, fields: tuple[Field, ...]) -> Node:
    """The plan with the columns that DuckDB says the query has."""
    names = unique([f.name for f in fields])
    outputs = tuple(
        (Field(name, f.type), Column(c.name)) for name, f, c in zip(names, fields, derived.columns, strict=True)
    )
    same = all(f == g and e == Column(f.name) for (f, e), g in zip(outputs, derived.node.columns, strict=False))
    return derived.node if same and len(outputs) == len(derived.node.columns) else Project(derived.node, outputs)


def _neural_statement(building: Building, tree: Tree) -> Node:
    """A statement around a neural query: DESCRIBE, CREATE TABLE AS, INSERT … SELECT, COPY … TO, UPDATE, DELETE."""
    if isinstance(tree, exp.Describe):
        return _description(building, tree.this)
    plan = build_storing(building)
    return plan if plan is not None else build_own_change(building)


def _description(building: Building, tree: Tree) -> Node:
    query = exp.select("*").from_(tree.copy()) if isinstance(tree, exp.Table) else tree
    derived = QueryBuilder(building).build(query, building.named)
    return description(derived, building.catalogue)


def _parameters(statement: SqlStatement) -> tuple[tuple[str, Scalar], ...]:
    return tuple((name, cast("Scalar", value)) for name, value in statement.parameters)
