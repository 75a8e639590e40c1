"""Exact logical nodes as one DuckDB query, evidence and confidence carried along.

Every node becomes a SELECT over its inputs' SELECTs; DuckDB's optimiser flattens them. A node that is not exact is
cut off as an *input*: it is computed first and read here as a table. Rows rest on facts only where some leaf below
them does, so the two provenance columns are absent from queries over a user's own tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from neuraldb.core.errors import InternalError
from neuraldb.core.text import quoted
from neuraldb.execution.scalars import Parameters, render
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Expression, Literal
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.sparql_nodes import PARTS

NO_EVIDENCE = f"CAST([] AS BIGINT[]) AS {EVIDENCE}, 1.0::DOUBLE AS {CONFIDENCE}"
EITHER = f"1.0 - product(1.0 - {CONFIDENCE}) AS {CONFIDENCE}"
ALL_EVIDENCE = f"list_sort(list_distinct(flatten(list({EVIDENCE})))) AS {EVIDENCE}"
# what a row of a view of the stores rests on; imported triples rest on no fact
PROVENANCE = {
    "facts": "[id]",
    "triples": "CASE WHEN fact IS NULL THEN CAST([] AS BIGINT[]) ELSE [fact] END",
    "history": "CASE WHEN fact IS NULL THEN CAST([] AS BIGINT[]) ELSE [fact] END",
}


@dataclass(frozen=True, slots=True)
class Sql:
    """A SELECT and whether it gives the provenance columns."""

    text: str
    traced: bool


@dataclass
class Compiler:
    """Compiles one exact subtree; ``inputs`` collects the subtrees that must be computed before."""

    parameters: Parameters = field(default_factory=Parameters)
    inputs: list[tuple[str, n.Node]] = field(default_factory=list)
    provenance_of: Callable[[n.Scan], str | None] = lambda scan: PROVENANCE.get(scan.source)
    """The SQL of a stored relation's evidence, where its rows rest on facts."""

    def compile(self, node: n.Node) -> Sql:
        """The DuckDB query of a node."""
        handler = HANDLERS.get(type(node))
        if handler is not None:
            return handler(self, node)
        for name, known in self.inputs:
            if known == node:
                return Sql(f"SELECT * FROM {name}", traced=True)
        name = f"__input_{len(self.inputs)}"
        self.inputs.append((name, node))
        return Sql(f"SELECT * FROM {name}", traced=True)

    def source(self, node: n.Node, alias: str) -> tuple[str, bool]:
        """The node as an item of a FROM clause, and whether it is traced."""
        sql = self.compile(node)
        return f"({sql.text}) AS {alias}", sql.traced

    def scalar(self, expression: Expression) -> str:
        """The SQL of a scalar expression."""
        return render(expression, self.parameters)


Handler = Callable[[Compiler, n.Node], Sql]
HANDLERS: dict[type[n.Node], Handler] = {}
"""How each exact node is compiled; a node type that is not here is not exact."""


def exact(kind: type[n.Node]) -> Callable[[Handler], Handler]:
    """Register the compiler of a node type."""

    def enter(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return enter


def names(node: n.Node) -> str:
    """The node's columns as a select list."""
    return ", ".join(quoted(c.name) for c in node.columns)


def traced_names(node: n.Node, traced: bool) -> str:
    """The same with the provenance columns, where there are any."""
    return names(node) + (f", {EVIDENCE}, {CONFIDENCE}" if traced else "")


@exact(n.Scan)
def _scan(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Scan)
    columns = ", ".join(f"{quoted(f.name)} AS {quoted(node.prefix + f.name)}" for f in node.fields) or "1 AS __one"
    evidence = c.provenance_of(node)
    if evidence is None:
        return Sql(f"SELECT {columns} FROM {node.source}", traced=False)
    confidence = "confidence" if node.source == "triples" else "1.0"
    extra = f"{evidence} AS {EVIDENCE}, {confidence}::DOUBLE AS {CONFIDENCE}"
    return Sql(f"SELECT {columns}, {extra} FROM {node.source}", traced=True)


@exact(n.ExactQuery)
def _exact_query(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.ExactQuery)
    c.parameters.adopt(node.parameters)
    return Sql(node.sql, traced=False)


@exact(n.Values)
def _values(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Values)
    header = ", ".join(quoted(f.name) for f in node.fields) or "__one"
    if not node.rows:
        empty = ", ".join(f"NULL::{duckdb_type(f.type)}" for f in node.fields) or "1"
        return Sql(f"SELECT * FROM (VALUES ({empty})) AS v({header}) WHERE false", traced=False)
    rows = ", ".join(
        "("
        + (
            ", ".join(f"{c.parameters.bind(x)}::{duckdb_type(f.type)}" for x, f in zip(row, node.fields, strict=True))
            or "1"
        )
        + ")"
        for row in node.rows
    )
    return Sql(f"SELECT * FROM (VALUES {rows}) AS v({header})", traced=False)


PLAN_TYPES = {
    "TERM": "BIGINT",
    "NUMBER": "STRUCT(number DOUBLE, whole HUGEINT)",
    "VALUE": f"STRUCT({', '.join(f'{name} {kind}' for name, kind in PARTS.items())})",
}


def duckdb_type(name: str) -> str:
    """The DuckDB type of a plan type."""
    return PLAN_TYPES.get(name, name)


@exact(n.Filter)
def _filter(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Filter)
    source, traced = c.source(node.child, "t")
    return Sql(f"SELECT * FROM {source} WHERE {c.scalar(node.condition)}", traced)


@exact(n.Project)
def _project(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Project)
    source, traced = c.source(node.child, "t")
    outputs = [f"{c.scalar(e)} AS {quoted(f.name)}" for f, e in node.outputs]
    outputs += [EVIDENCE, CONFIDENCE] if traced else []
    return Sql(f"SELECT {', '.join(outputs) or '1 AS __one'} FROM {source}", traced)


@exact(n.Union)
def _union(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Union)
    left, right = c.compile(node.left), c.compile(node.right)
    traced = left.traced or right.traced
    sides = []
    for child, sql in ((node.left, left), (node.right, right)):
        have = child.names
        columns = [
            quoted(f.name) if f.name in have else f"NULL::{duckdb_type(f.type)} AS {quoted(f.name)}"
            for f in node.columns
        ]
        if traced:
            columns += [EVIDENCE, CONFIDENCE] if sql.traced else [NO_EVIDENCE]
        sides.append(f"SELECT {', '.join(columns) or '1 AS __one'} FROM ({sql.text}) AS t")
    return Sql(" UNION ALL ".join(sides), traced)


@exact(n.Distinct)
def _distinct(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Distinct)
    source, traced = c.source(node.child, "t")
    columns = names(node)
    if not traced:
        return Sql(f"SELECT DISTINCT {columns or '1 AS __one'} FROM {source}", traced=False)
    group = f" GROUP BY {columns}" if columns else " HAVING count(*) > 0"
    return Sql(f"SELECT {', '.join(filter(None, (columns, ALL_EVIDENCE, EITHER)))} FROM {source}{group}", traced=True)


@exact(n.Aggregate)
def _aggregate(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Aggregate)
    source, traced = c.source(node.child, "t")
    keys = [(c.scalar(e), quoted(f.name)) for f, e in node.keys]
    outputs = [f"{sql} AS {name}" for sql, name in keys]
    outputs += [f"{_aggregation(c, a)} AS {quoted(f.name)}" for f, a in node.aggregations]
    if traced:
        # an aggregate is right if every row that went into it is
        outputs.append(f"coalesce({ALL_EVIDENCE.rsplit(' AS ', 1)[0]}, []) AS {EVIDENCE}")
        outputs.append(f"coalesce(product({CONFIDENCE}), 1.0) AS {CONFIDENCE}")
    group = f" GROUP BY {', '.join(sql for sql, _ in keys)}" if keys else ""
    return Sql(f"SELECT {', '.join(outputs)} FROM {source}{group}", traced)


def _aggregation(c: Compiler, a: n.Aggregation | Expression) -> str:
    if not isinstance(a, n.Aggregation):
        return c.scalar(a)
    form = AGGREGATES.get(a.function)
    if form is None:
        raise InternalError(f"unknown aggregate {a.function}")
    inner = "*" if a.argument is None else c.scalar(a.argument)
    return form(f"DISTINCT {inner}" if a.distinct else inner, [c.parameters.bind(e) for e in a.extra])


AGGREGATES: dict[str, Callable[[str, list[str]], str]] = {
    name: (lambda inner, extra, name=name: f"{name}({', '.join([inner, *extra])})")  # type: ignore[misc]
    for name in (
        "count", "sum", "avg", "min", "max", "any_value", "first", "list", "string_agg", "bool_or", "bool_and",
        "median", "arg_max", "arg_min",
    )
}  # fmt: skip


@exact(n.Sort)
def _sort(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Sort)
    source, traced = c.source(node.child, "t")
    # rows of one kind come the surest first, so that a limit always cuts the same ones
    last = f", {CONFIDENCE} DESC, {EVIDENCE}" if traced else ""
    return Sql(f"SELECT * FROM {source} ORDER BY {order(c, node.keys, node)}{last}", traced)


def order(c: Compiler, keys: tuple[n.Order, ...], node: n.Node) -> str:
    """The sort keys, and after them every column, so that ties always come in the same order."""
    parts = []
    for key in keys:
        if isinstance(key.expression, Literal):
            continue  # a constant orders nothing, and as a parameter DuckDB refuses it here
        nulls = {None: "", True: " NULLS FIRST", False: " NULLS LAST"}[key.nulls_first]
        parts.append(f"{c.scalar(key.expression)}{' DESC' if key.descending else ' ASC'}{nulls}")
    # the parts of a term follow from its id
    terms = {f.name for f in node.columns if f.type == "TERM"}
    parts += [quoted(f.name) for f in node.columns if f.name.rpartition(".")[0] not in terms]
    return ", ".join(parts)


@exact(n.Limit)
def _limit(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Limit)
    source, traced = c.source(node.child, "t")
    limit = "" if node.count is None else f" LIMIT {int(node.count)}"
    offset = f" OFFSET {int(node.offset)}" if node.offset else ""
    if isinstance(node.child, n.Sort):
        inner = bare(source)
        return Sql(f"{inner}{limit}{offset}", traced)
    return Sql(f"SELECT * FROM {source}{limit}{offset}", traced)


def bare(source: str) -> str:
    """A sorted subquery as a statement of its own, so that its order is the one that is cut."""
    return source.removeprefix("(").removesuffix(") AS t")


@exact(n.TopK)
def _topk(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.TopK)
    source, traced = c.source(node.child, "t")
    first = ", ".join(f"{c.scalar(k.expression)}{' DESC' if k.descending else ' ASC'} NULLS LAST" for k in node.keys)
    known = " AND ".join(f"{c.scalar(k.expression)} IS NOT NULL" for k in node.keys)
    ranked = f"SELECT *, rank() OVER (ORDER BY {first}) AS __rank FROM {source} WHERE {known}"
    columns = traced_names(node, traced)
    return Sql(
        f"SELECT {columns} FROM ({ranked}) AS t WHERE __rank <= {int(node.count)} ORDER BY __rank, {names(node)}",
        traced,
    )


@exact(n.Window)
def _window(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Window)
    source, traced = c.source(node.child, "t")
    outputs = [f"{c.scalar(e)} AS {quoted(f.name)}" for f, e in node.outputs]
    return Sql(f"SELECT {', '.join(['*', *outputs])} FROM {source}", traced)


@exact(n.Exists)
def _exists(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Exists)
    source, traced = c.source(node.child, "t")
    answer = f"SELECT count(*) > 0 AS {quoted(node.name)}"
    if not traced:
        return Sql(f"{answer} FROM {source}", traced=False)
    either = f"coalesce(1.0 - product(1.0 - {CONFIDENCE}), 1.0) AS {CONFIDENCE}"
    evidence = f"coalesce({ALL_EVIDENCE.rsplit(' AS ', 1)[0]}, []) AS {EVIDENCE}"
    return Sql(f"{answer}, {evidence}, {either} FROM {source}", traced=True)


@exact(n.Corroborate)
def _corroborate(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Corroborate)
    source, traced = c.source(node.child, "t")
    group = f"PARTITION BY {', '.join(quoted(k) for k in node.keys)}"
    order = (f"{CONFIDENCE} DESC, {EVIDENCE}, " if traced else "") + names(node)
    outputs = [f"row_number() OVER ({group} ORDER BY {order}) AS __row", *(quoted(f.name) for f in node.columns)]
    if traced:
        outputs.append(f"list_sort(list_distinct(flatten(list({EVIDENCE}) OVER ({group})))) AS {EVIDENCE}")
        outputs.append(f"1.0 - product(1.0 - {CONFIDENCE}) OVER ({group}) AS {CONFIDENCE}")
    rows = f"SELECT {', '.join(outputs)} FROM {source}"
    return Sql(f"SELECT * EXCLUDE (__row) FROM ({rows}) AS t WHERE __row = 1", traced)


@exact(n.Best)
def _best(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, n.Best)
    source, traced = c.source(node.child, "t")
    keys = ", ".join(quoted(k) for k in node.keys)
    order = (f"{CONFIDENCE} DESC, {EVIDENCE}, " if traced else "") + names(node)
    window = f"{f'PARTITION BY {keys} ' if keys else ''}ORDER BY {order}"
    columns = traced_names(node, traced)
    return Sql(
        f"SELECT {columns} FROM (SELECT *, row_number() OVER ({window}) AS __row FROM {source}) AS t WHERE __row = 1",
        traced,
    )
