"""Templates, descriptions and graphs as DuckDB queries."""

from __future__ import annotations

from neuraldb.core.errors import InternalError
from neuraldb.core.text import quoted
from neuraldb.execution.graph import CURRENT, FACTS
from neuraldb.execution.graph_terms import pack
from neuraldb.execution.relational import ALL_EVIDENCE, EITHER, NO_EVIDENCE, Compiler, Sql, exact, names
from neuraldb.plan import nodes as n
from neuraldb.plan import template_nodes as t
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.sparql_nodes import PARTS
from neuraldb.stores.edits import FRESH

SOLUTION = "__solution"
"""The number of a solution, for the blank nodes that are made of it."""
# names in words are IRIs when they leave the database
RESOURCES = "'iri', 'entity', 'relation', 'type'"
NODES = f"{RESOURCES}, 'blank', '{FRESH}'"


@exact(t.Template)
def _template(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, t.Template)
    source, traced = c.source(node.child, "t")
    number = ""
    if any(isinstance(term, t.Fresh) for quad in node.quads for term in quad.terms):
        keys = [*(quoted(f.name) for f in node.child.columns), *([EVIDENCE, CONFIDENCE] if traced else [])]
        order = f"ORDER BY {', '.join(keys)}" if keys else ""
        number = f", row_number() OVER ({order}) AS {SOLUTION}"
    trace = f", {EVIDENCE}, {CONFIDENCE}" if traced else ""
    triples = [f"SELECT {_quad(c, quad, node.change)}{trace} FROM s" for quad in node.quads] or [_none(node, traced)]
    graph = f" AND (graph IS NULL OR graph.kind IN ({RESOURCES}))" if node.change else ""
    return Sql(
        f"WITH s AS MATERIALIZED (SELECT t.*{number} FROM {source}), made AS ({' UNION ALL '.join(triples)}) "
        f"SELECT {names(node)}{trace} FROM made WHERE subject.kind IN ({NODES}) AND relation.kind IN ({RESOURCES}) "
        f"AND object IS NOT NULL{graph}",
        traced,
    )


def _quad(c: Compiler, quad: t.TemplateQuad, change: bool) -> str:
    ends = zip(t.ENDS, (quad.subject, quad.relation, quad.object), strict=True)
    outputs = [f"{_term(c, term, change)} AS {name}" for name, term in ends]
    if change:
        # a graph that is a variable may be unbound, and then there is no triple
        graph = pack(["NULL"] * len(PARTS)) if quad.graph is None else _term(c, quad.graph, change)
        if isinstance(quad.graph, n.Variable):
            graph = f"coalesce({graph}, {_unbound()})"
        outputs += [f"{graph} AS graph", f"{'true' if quad.insert else 'false'} AS insert"]
    return ", ".join(outputs)


def _unbound() -> str:
    """What stands for a graph that is not bound: no resource, so that the triple is left out."""
    return pack(["''", *["NULL"] * (len(PARTS) - 1)])


def _none(node: n.Node, traced: bool) -> str:
    typed = ", ".join(
        f"{pack(['NULL'] * len(PARTS)) if f.type == 'VALUE' else 'false'} AS {f.name}" for f in node.columns
    )
    return f"SELECT {typed}{f', {EVIDENCE}, {CONFIDENCE}' if traced else ''} FROM s WHERE false"


def _term(c: Compiler, term: t.TemplateTerm, change: bool) -> str:
    match term:
        case n.Variable(name):
            return f"s.{quoted(name)}"
        case n.TermConstant(_, (stored,)):
            return f"(SELECT {pack(list(PARTS))} FROM store.terms WHERE id = {c.parameters.bind(stored)})"
        case t.Given(_, literal):
            return pack([c.parameters.bind(getattr(literal, name, None)) for name in PARTS])
        case t.Fresh(label):
            text = f"concat({c.parameters.bind('' if change else 'new.')}, {SOLUTION}, '.', {c.parameters.bind(label)})"
            parts = {"kind": f"'{FRESH if change else 'blank'}'", "text": text, "datatype": "''", "language": "''"}
            return pack([parts.get(name, "NULL") for name in PARTS])
    raise InternalError(f"{term!r} is no part of a template")


@exact(t.Description)
def _description(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, t.Description)
    source, traced = c.source(node.child, "r")
    (field,) = node.child.columns
    start = f"SELECT resource AS origin, resource, {EVIDENCE if traced else 'CAST([] AS BIGINT[])'} AS facts, "
    start += f"{CONFIDENCE if traced else '1.0::DOUBLE'} AS confidence FROM {source} WHERE resource IS NOT NULL"
    if field.type == "VALUE":
        start = (
            f"SELECT x.id AS origin, x.id AS resource, r.facts, r.confidence FROM ({start}) AS r JOIN store.terms AS x "
            "ON x.kind = r.resource.kind AND x.text = r.resource.text AND x.datatype = '' AND x.language = ''"
        )
    where = f"t.{CURRENT}"
    if node.graphs is not None:
        where += f" AND t.graph IN ({', '.join(c.parameters.bind(g) for g in node.graphs) or 'NULL'})"
    facts = FACTS.format(facts="list_filter(flatten([s.facts, d.facts]), lambda x: x IS NOT NULL)")
    return Sql(
        f"WITH RECURSIVE begun AS MATERIALIZED ({start}), reached(origin, resource) AS ("
        "SELECT origin, resource FROM begun UNION "
        "SELECT k.origin, t.object FROM reached AS k JOIN store.triples AS t ON t.subject = k.resource "
        f"JOIN store.terms AS x ON x.id = t.object AND x.kind = 'blank' WHERE {where}), "
        "stated AS (SELECT k.origin, t.subject, t.relation, t.object, list(t.fact) AS facts, "
        "1.0 - product(1.0 - t.confidence::DOUBLE) AS confidence FROM reached AS k JOIN store.triples AS t "
        f"ON t.subject = k.resource WHERE {where} GROUP BY ALL) "
        f"SELECT d.subject, d.relation, d.object, {facts} AS {EVIDENCE}, s.confidence * d.confidence AS {CONFIDENCE} "
        "FROM begun AS s JOIN stated AS d ON d.origin = s.origin",
        traced=True,
    )


@exact(t.Graph)
def _graph(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, t.Graph)
    source, traced = c.source(node.child, "t")
    ends = ", ".join(t.ENDS)
    trace = f"{ALL_EVIDENCE}, {EITHER}" if traced else NO_EVIDENCE
    rows = f"SELECT {ends}, {trace} FROM {source} GROUP BY {ends}"
    texts = ", ".join(f"t.{name}{'' if node.terms else '.text'} AS {name}" for name in t.ENDS)
    whole = ", ".join(f"'{name}': t.{name}" for name in t.ENDS)
    return Sql(f"SELECT {texts}, {{{whole}}} AS {t.TRIPLE}, {EVIDENCE}, {CONFIDENCE} FROM ({rows}) AS t", traced=True)
