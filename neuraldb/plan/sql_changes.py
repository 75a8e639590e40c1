"""INSERT, UPDATE and DELETE of facts, which go through the fact store; statements that keep a neural query's rows."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from neuraldb.core.errors import BindError, NotSupportedError
from neuraldb.core.text import identifier, nearest
from neuraldb.plan.expressions import Column
from neuraldb.plan.nodes import Field, Node, Project
from neuraldb.plan.sql_context import Building
from neuraldb.plan.sql_from import STORE_VIEWS, Derived
from neuraldb.plan.sql_query import QueryBuilder
from neuraldb.plan.sql_scope import BoundColumn
from neuraldb.plan.sql_tree import Tree
from neuraldb.plan.statement_nodes import FACT_COLUMNS, ROWS, ExactStatement, ForgetFacts, InsertFacts, UpdateFacts

_CLAUSES = {"this", "expression", "expressions", "where", "alias", "returning"}


def changed_view(tree: Tree) -> str | None:
    """The view of the stores that an INSERT, UPDATE or DELETE changes; None where it changes another table."""
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if not isinstance(target, exp.Table) or identifier(target.db) not in ("", "main") or target.catalog:
        return None
    name = identifier(target.name)
    return name if name in STORE_VIEWS else None


def build_change(building: Building, view: str) -> Node:
    """The plan of an INSERT, UPDATE or DELETE of a view of the stores.

    Raises:
        NotSupportedError: the view is not ``facts``, or a clause has no meaning for facts.
    """
    tree = building.statement.expression
    if view != "facts":
        raise NotSupportedError(
            f"{view} cannot be changed in SQL, since it is derived from the facts",
            source=building.statement.source,
            span=building.statement.span(tree.this),
            hint="change the facts that it is derived from; SPARQL's INSERT DATA { … } adds triples of its own",
        )
    for clause, value in tree.args.items():
        if value and clause not in _CLAUSES:
            raise NotSupportedError(
                f"{clause.replace('_', ' ').rstrip().upper()} is not supported for facts",
                source=building.statement.source,
                span=building.statement.span(value if isinstance(value, exp.Expr) else None),
            )
    change = _insert if isinstance(tree, exp.Insert) else _update if isinstance(tree, exp.Update) else _delete
    made = change(building, tree)
    returning = tree.args.get("returning")
    return made if returning is None else _returned(building, made, returning)


def build_storing(building: Building) -> Node | None:
    """The plan of a statement that stores or writes the rows of a neural query; None for another statement."""
    tree = building.statement.expression.copy()
    if isinstance(tree, exp.Create | exp.Insert) and isinstance(tree.expression, exp.Query):
        query = tree.expression
    elif isinstance(tree, exp.Copy) and isinstance(tree.this, exp.Subquery):
        query = tree.this
    else:
        return None
    if isinstance(tree, exp.Create) and str(tree.args.get("kind")).upper() != "TABLE":
        return None
    child = finished(QueryBuilder(building).build(query, building.named))
    query.replace(exp.select("*").from_(ROWS) if query is not tree.this else exp.select("*").from_(ROWS).subquery())
    return ExactStatement(tree.sql("duckdb"), building.parameters(tree), child)


def finished(derived: Derived) -> Node:
    """The plan of a query with just the columns that it gives."""
    if tuple(f.name for f in derived.node.columns) == tuple(c.name for c in derived.columns):
        return derived.node
    return Project(derived.node, tuple((Field(c.label, c.type), Column(c.name)) for c in derived.columns))


# ------------------------------------------------------------------------------------------------------------ changes


def _returned(building: Building, change: InsertFacts | UpdateFacts | ForgetFacts, returning: exp.Returning) -> Node:
    """What RETURNING selects of the facts that are new, or that are gone."""
    tree = building.statement.expression
    if returning.args.get("into") or any(returning.find_all(exp.AggFunc, exp.Window)):
        building.wrong("RETURNING gives columns of each fact, and no aggregates", returning)
    fields = building.catalogue.table("facts") or ()
    columns = tuple(BoundColumn(f.name, f.type, f.name) for f in fields)
    facts = Derived(replace(change, returning=fields), columns)
    alias = tree.this.alias if isinstance(tree.this, exp.Table) else ""
    table = exp.to_table("facts").as_(alias) if alias else exp.to_table("facts")
    select = exp.select(*(e.copy() for e in returning.expressions)).from_(table)
    return finished(QueryBuilder(building).build(select, {**building.named, "facts": facts}))


def _insert(building: Building, tree: Tree) -> InsertFacts:
    target, query = tree.this, tree.expression
    columns = target.expressions if isinstance(target, exp.Schema) else []
    names = [_fact_column(building, c) for c in columns] or ["text"]
    if not isinstance(query, exp.Query | exp.Values):
        building.wrong("facts are inserted with VALUES or a SELECT", query)
    derived = QueryBuilder(building).build(query, building.named)
    if len(derived.columns) != len(names):
        counted = f"{len(derived.columns)} values are given for {len(names)} column{'s' if len(names) > 1 else ''}"
        building.wrong(counted, query, "name the columns: INSERT INTO facts (text, subject, source) VALUES …")
    if "text" not in names:
        building.wrong("a fact needs a text", target, "INSERT INTO facts (text) VALUES ('…')")
    outputs = [(Field(name, c.type), Column(c.name)) for name, c in zip(names, derived.columns, strict=True)]
    return InsertFacts(Project(derived.node, tuple(outputs)))


def _delete(building: Building, tree: Tree) -> ForgetFacts:
    return ForgetFacts(finished(QueryBuilder(building).build(_selected(tree, {}), building.named)))


def _update(building: Building, tree: Tree) -> UpdateFacts:
    assigned: dict[str, Tree] = {}
    for item in tree.expressions:
        if not isinstance(item, exp.EQ) or not isinstance(item.this, exp.Column):
            building.wrong("SET takes column = value", item)
        name = _fact_column(building, item.this)
        if name in assigned:
            building.wrong(f"{name} is set twice", item)
        assigned[name] = item.expression
    return UpdateFacts(finished(QueryBuilder(building).build(_selected(tree, assigned), building.named)))


def _selected(tree: Tree, assigned: dict[str, Tree]) -> exp.Select:
    """The facts that the statement is about: their ids, and the new values."""
    table = tree.this.copy()
    table.set("alias", tree.this.args.get("alias"))
    new = [exp.alias_(value.copy(), name) for name, value in assigned.items()]
    identifier = exp.column("id", table=table.alias or table.name)
    select = exp.select(identifier, *new).from_(table)
    where = tree.args.get("where")
    return select.where(where.this.copy()) if where is not None else select


def _fact_column(building: Building, tree: Tree) -> str:
    name = identifier(tree.name)
    if name == "sources":
        name = "source"
    if name not in FACT_COLUMNS:
        raise BindError(
            f"{tree.name} of a fact cannot be set",
            source=building.statement.source,
            span=building.statement.span(tree),
            candidates=nearest(tree.name, FACT_COLUMNS) or FACT_COLUMNS,
        )
    return name
