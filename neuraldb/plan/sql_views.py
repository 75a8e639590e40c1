"""Views over neural queries: CREATE, DROP and REFRESH of them, and what they stand for where they are read.

A view is asked anew each time; of a materialized one the rows are kept. Either is built from the text of its query
when a statement names it, so that it follows what the database holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from sqlglot import exp

from neuraldb.core.errors import BindError, Error, NotSupportedError
from neuraldb.core.text import identifier, nearest
from neuraldb.language.sql import SqlStatement, function_name, parse_sql
from neuraldb.language.sql_targets import Target, targets
from neuraldb.language.sql_views import view_text
from neuraldb.plan.expressions import Call, Column
from neuraldb.plan.nodes import ExactQuery, Field, Filter, Join, Node, Project, Scan
from neuraldb.plan.semantic_nodes import READINGS
from neuraldb.plan.sql_catalogue import SqlCatalogue, View
from neuraldb.plan.sql_context import FILE, Building, Inexpressible, plain_tables
from neuraldb.plan.sql_from import STORE_VIEWS, Derived
from neuraldb.plan.sql_outputs import unique
from neuraldb.plan.sql_query import QueryBuilder
from neuraldb.plan.sql_scope import BoundColumn
from neuraldb.plan.text_nodes import SemanticColumn, SemanticFilter
from neuraldb.plan.view_nodes import CreateView, DropView, FillView, MaterializedScan

_ANEW = "DROP VIEW and CREATE VIEW make it anew"
_UNSEEN = "CREATE VIEW asks anew each time; CREATE TABLE … AS keeps the rows of today"
_CHANGED = "changed:fact"


def creates_view(building: Building) -> bool:
    """Whether the statement makes a view that DuckDB alone cannot answer."""
    tree = building.statement.expression
    if not isinstance(tree, exp.Create) or str(tree.args.get("kind")).upper() != "VIEW":
        return False
    name = tree.this.this.name if isinstance(tree.this, exp.Schema) else tree.this.name
    known = building.catalogue.views()
    replaced = bool(tree.args.get("replace")) and identifier(name) in known
    return building.neural or building.statement.materialized or replaced


def create_view(building: Building) -> Node:
    """The plan of CREATE [MATERIALIZED] VIEW.

    Raises:
        NotSupportedError: it has parameters, a schema, or is temporary; or nobody would see when its rows change.
        BindError: it would read itself.
    """
    statement, catalogue = building.statement, building.catalogue
    tree = statement.expression
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    name = target.name
    _check_create(building, target)
    if not tree.args.get("replace") and catalogue.table(name) is not None:
        if tree.args.get("exists"):
            return CreateView("", "", ())
        _refuse(BindError, statement, target, f"there is a table or view {name} already", "CREATE OR REPLACE VIEW")
    text = view_text(statement.text)
    inner = Building(parse_sql(text.query), catalogue)
    reads = _reads(inner, name, target, statement)
    if statement.materialized:
        _check_kept(inner, statement, target)
    try:
        derived = body(inner)
    except Error as error:
        error.source = statement.source
        error.span = error.span and statement.marked.original((error.span[0] + text.start, error.span[1] + text.start))
        raise
    labels = [column.name for column in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
    if len(labels) > len(derived.columns):
        building.wrong(f"{name} has {len(derived.columns)} columns", tree.this)
    derived = _called(derived, labels)
    fields = tuple(Field(c.label, c.type) for c in derived.columns)
    kept = derived.node if statement.materialized else None
    return CreateView(name, text.query, fields, reads, bool(tree.args.get("replace")), catalogue.last_change(), kept)


def view_command(statement: SqlStatement, catalogue: SqlCatalogue) -> Node | None:
    """The plan of a DROP or REFRESH of a view over a neural query; None for another statement.

    Raises:
        BindError: there is no such materialized view.
        NotSupportedError: it would alter such a view in another way.
    """
    found = [t for t in targets(statement.text) if t.kind in ("view", "table")]
    if not found:
        return None
    known = catalogue.views()
    target, name = found[0], found[0].name[-1]
    view = known.get(name) if len(target.name) == 1 or target.name[-2] == "main" else None
    if target.action in ("DROP", "REFRESH") and statement.materialized and (view is None or not view.materialized):
        if view is None and target.lenient and catalogue.table(name) is None:
            return CreateView("", "", ())
        _no_such(statement, target, catalogue, known)
    if view is None:
        return None
    if target.action == "DROP" and target.kind == "view":
        return DropView(view.name)
    if target.action == "REFRESH":
        return refilled(view, catalogue, anew=True)
    if target.action == "ALTER" or (target.action == "CREATE" and statement.opaque):
        span = statement.marked.original(target.span)
        raise NotSupportedError(
            f"{view.name} is a view over facts, and cannot be altered", source=statement.source, span=span, hint=_ANEW
        )
    return None


def refilled(view: View, catalogue: SqlCatalogue, anew: bool = False) -> Node:
    """The plan that brings the rows of a materialized view up to date.

    Where each row comes of one fact, only what has changed since is read, unless ``anew``.
    """
    inner = Building(parse_sql(view.query), catalogue)
    upto = catalogue.last_change()
    rows = _called(body(inner), [f.name for f in view.columns]).node
    if anew or not _row_by_row(inner, rows):
        return FillView(rows, view.name, upto)
    changed = catalogue.changed_facts(view.upto)
    return FillView(_of_changed(rows, view.upto), view.name, upto, changed)


def read_views(statement: SqlStatement, catalogue: SqlCatalogue) -> list[View]:
    """The materialized views that a statement reads, by way of others too, those that others read first."""
    known, found = catalogue.views(), {}

    def visit(names: list[str]) -> None:
        for name in names:
            view = known.get(identifier(name))
            if view is not None and view.name not in found:
                visit([*view.reads])
                found[view.name] = view

    if known and not statement.opaque:
        visit(list(plain_tables(statement.expression)))
    return [view for view in found.values() if view.materialized]


def named_views(building: Building) -> dict[str, Derived]:
    """What the views stand for that a statement reads.

    Raises:
        BindError: what one of them reads is gone.
    """
    return {name: _expanded(building, view) for name, view in building.views.items()}


def body(building: Building) -> Derived:
    """The query of a view, built."""
    query = building.statement.expression
    building.named = named_views(building)
    try:
        return QueryBuilder(building).build(query, building.named)
    except Inexpressible as error:
        if building.neural:
            raise building.unsupported(error) from None
    fields = building.catalogue.describe(building.statement.text, {})
    return Derived(
        ExactQuery(building.statement.text, fields), tuple(BoundColumn(f.name, f.type, f.name) for f in fields)
    )


def _expanded(outer: Building, view: View) -> Derived:
    place = next(
        t for t in outer.statement.expression.find_all(exp.Table) if identifier(t.name) == identifier(view.name)
    )
    if view.kept:
        node = MaterializedScan(view.name, view.kept, view.behind)
        return Derived(node, tuple(_kept_column(c, view.kept) for c in view.columns))
    gone = [r for r in view.reads if "." not in r and outer.catalogue.table(r) is None]
    if gone:
        hint = f"DROP VIEW {view.name} removes it; a table {gone[0]} makes it work again"
        _refuse(BindError, outer.statement, place, f"the view {view.name} reads {gone[0]}, which is not there", hint)
    inner = Building(parse_sql(view.query), outer.catalogue, outer)
    inner.within = (*outer.within, view.name)
    try:
        return _called(body(inner), [f.name for f in view.columns])
    except Error as error:
        error.message = f"in the view {view.name}: {error.message}"
        error.source, error.span = outer.statement.source, outer.statement.span(place)
        raise


def _kept_column(column: Field, kept: tuple[Field, ...]) -> BoundColumn:
    names = {f.name for f in kept}
    readings = frozenset(r for r in READINGS if f"{column.name}:{r}" in names)
    return BoundColumn(column.name, column.type, column.name, readings)


def _called(derived: Derived, labels: list[str]) -> Derived:
    """The rows under the names that the view gives its columns."""
    names = unique(labels + [c.label for c in derived.columns[len(labels) :]])
    columns = tuple(BoundColumn(name, c.type, name, c.readings) for name, c in zip(names, derived.columns, strict=True))
    outputs = tuple(
        (new, Column(old.name))
        for named, c in zip(columns, derived.columns, strict=True)
        for new, old in zip(named.fields, c.fields, strict=True)
    )
    return Derived(Project(derived.node, outputs), columns)


# ------------------------------------------------------------------------------------------------------------- checks


def _check_create(building: Building, target: exp.Table) -> None:
    statement = building.statement
    tree = statement.expression
    what = "a materialized view" if statement.materialized else "a view over facts"
    if statement.parameters:
        _refuse(NotSupportedError, statement, target, f"{what} has no parameters", "write the values into its query")
    if target.args.get("db"):
        _refuse(NotSupportedError, statement, target, f"{what} stands in no schema", "name it alone")
    properties = tree.args.get("properties")
    if properties is not None and properties.find(exp.TemporaryProperty):
        _refuse(NotSupportedError, statement, target, f"{what} cannot be temporary", "a common table: WITH … AS (…)")


def _check_kept(inner: Building, statement: SqlStatement, target: exp.Table) -> None:
    """Refuse to keep rows that would change without a change of the facts."""
    tree = inner.statement.expression
    views = inner.catalogue.views()
    own = [
        read
        for read in _relations(tree)
        if identifier(read) not in STORE_VIEWS and not (identifier(read) in views or identifier(read) in inner.virtual)
    ]
    if own:
        message = f"no change of {own[0]} is seen, so that the rows of {target.name} could not follow it"
        _refuse(NotSupportedError, statement, target, message, _UNSEEN)
    functions = {function_name(f) for f in tree.find_all(exp.Func)}
    if "predict" in functions:
        message = "what is predicted changes with each training, so that it cannot be kept"
        _refuse(NotSupportedError, statement, target, message, _UNSEEN)
    volatile = inner.catalogue.volatile(functions)
    if volatile:
        message = f"{volatile[0]} gives another value each time, so that the rows of {target.name} would not last"
        _refuse(NotSupportedError, statement, target, message, _UNSEEN)


def _reads(inner: Building, name: str, target: exp.Table, statement: SqlStatement) -> tuple[str, ...]:
    """The stored relations that a view's query reads."""
    known = inner.catalogue.views()
    waiting = [identifier(read) for read in inner.views]
    while waiting:
        read = waiting.pop()
        if read == identifier(name):
            _refuse(BindError, statement, target, f"the view {name} would read itself", None)
        waiting += [identifier(r) for r in known[read].reads if identifier(r) in known]
    return tuple(read for read in _relations(inner.statement.expression) if identifier(read) not in inner.virtual)


def _relations(tree: exp.Expr) -> list[str]:
    """All that a query names in FROM but common tables and walks, as it is written, each once."""
    named = {identifier(cte.alias) for cte in tree.find_all(exp.CTE)}
    found: dict[str, None] = {}
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue
        if table.args.get("db") or FILE.search(table.name):
            found[".".join(part.sql("duckdb") for part in table.parts)] = None
        elif identifier(table.name) not in named:
            found[table.name] = None
    return list(found)


def _no_such(statement: SqlStatement, target: Target, catalogue: SqlCatalogue, known: Mapping[str, View]) -> NoReturn:
    name = target.name[-1]
    plain = catalogue.table(name) is not None
    kept = [view.name for view in known.values() if view.materialized]
    raise BindError(
        f"{name} is no materialized view" if plain else f"there is no materialized view {name}",
        source=statement.source,
        span=statement.marked.original(target.span),
        candidates=nearest(name, kept),
        hint=f"DROP VIEW {name}" if plain and target.action == "DROP" else None,
    )


def _refuse(kind: type[Error], statement: SqlStatement, place: exp.Expr, message: str, hint: str | None) -> NoReturn:
    raise kind(message, source=statement.source, span=statement.span(place), hint=hint)


# ------------------------------------------------------------------------------------------------- what has changed


def _row_by_row(building: Building, rows: Node) -> bool:
    """Whether each row comes of one fact, and of nothing else."""
    tree = building.statement.expression
    one = len(list(tree.find_all(exp.Select))) == len(list(tree.find_all(exp.Table))) == 1
    kinds = (Scan, Filter, Project, SemanticFilter, SemanticColumn)
    return one and all(
        isinstance(node, kinds) and (not isinstance(node, Scan) or node.source == "facts") for node in rows.below()
    )


def _of_changed(node: Node, since: int) -> Node:
    """The plan over the facts alone of which the history tells after a change."""
    if isinstance(node, Scan):
        sql = 'SELECT DISTINCT unnest([fact, related]) AS "changed:fact" FROM store.history WHERE id > $since'
        changed = ExactQuery(sql, (Field(_CHANGED, "BIGINT"),), (("since", since),))
        same = Call("=", (Column(f"{node.prefix}id"), Column(_CHANGED)))
        return Join(node, changed, "semi", condition=same)
    return node.with_children(tuple(_of_changed(child, since) for child in node.children))
