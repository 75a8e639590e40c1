"""Chains of steps as DuckDB queries: recursive common table expressions that end in cycles too.

Where steps rest on facts, each pair is reached on the evidence of one shortest chain, in rounds. Where they do not, the
pairs are all that counts, and DuckDB's UNION, which passes over what is there already, is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.text import quoted
from neuraldb.execution.graph import CURRENT, FACTS, among, restriction
from neuraldb.execution.relational import Compiler, Sql, exact
from neuraldb.plan import nodes as n
from neuraldb.plan import sparql_nodes as g
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE


@dataclass(frozen=True, slots=True)
class Walk:
    """From which end chains are followed.

    Attributes:
        near, far: ``start`` and ``end``, or the other way round.
        begin: SQL of the condition on the near end of a first step.
        given: the common table expression that the condition reads, with a comma at its end; else empty.
    """

    near: str
    far: str
    begin: str
    given: str = ""


def _walk(c: Compiler, node: g.PathClosure) -> Walk:
    if node.starts is not None:
        (end,) = node.starts.columns
        ids = f"SELECT DISTINCT {quoted(end.name)} AS id FROM ({c.compile(node.starts).text}) AS s"
        ways = ("start", "end") if node.subject == n.Variable(end.name) else ("end", "start")
        return Walk(*ways, "near IN (SELECT id FROM given)", f"given AS MATERIALIZED ({ids}), ")
    forward = isinstance(node.subject, n.TermConstant) or not isinstance(node.object, n.TermConstant)
    anchor = node.subject if forward else node.object
    begin = among(c, "near", anchor.ids) if isinstance(anchor, n.TermConstant) else "true"
    return Walk(*(("start", "end") if forward else ("end", "start")), begin)


@exact(g.PathClosure)
def _path_closure(c: Compiler, node: n.Node) -> Sql:
    assert isinstance(node, g.PathClosure)
    steps, walk = c.compile(node.child), _walk(c, node)
    graph = node.graph.name if isinstance(node.graph, n.Variable) else None
    in_graph, key = (f", {quoted(graph)} AS graph", ", graph") if graph is not None else ("", "")
    step = f'SELECT "{walk.near}" AS near, "{walk.far}" AS far{in_graph}'
    outputs, where = _ends(c, node)
    if steps.traced:
        step += f", {EVIDENCE} AS facts, {CONFIDENCE} AS confidence FROM ({steps.text}) AS s"
        tables, pairs = _traced(c, node, walk, step, key)
        outputs += [f"{FACTS.format(facts='facts')} AS {EVIDENCE}", f"confidence AS {CONFIDENCE}"]
    else:
        tables, pairs = _untraced(c, node, walk, f"{step} FROM ({steps.text}) AS s", key)
    text = f"WITH RECURSIVE {walk.given}{tables} SELECT {', '.join(outputs) or '1 AS __one'} FROM ({pairs}) AS p"
    return Sql(text + (f" WHERE {' AND '.join(where)}" if where else ""), steps.traced)


def _untraced(c: Compiler, node: g.PathClosure, walk: Walk, step: str, key: str) -> tuple[str, str]:
    """The tables that follow chains, and the SELECT of the pairs that they connect."""
    if node.many:
        same = " AND s.graph = r.graph" if key else ""
        carried = ", r.graph" if key else ""
        longer = f"SELECT r.near, s.far{carried} FROM reach AS r JOIN step AS s ON r.far = s.near{same}"
        one = f"SELECT near, far{key} FROM step WHERE {walk.begin}"
        tables = f"step AS MATERIALIZED ({step}), reach(near, far{key}) AS ({one} UNION {longer})"
    else:
        tables = f"reach AS (SELECT DISTINCT near, far{key} FROM ({step}) AS step WHERE {walk.begin})"
    pairs = (
        f'SELECT near AS "{walk.near}", far AS "{walk.far}"{key} FROM {_estimated_few(key) if node.few else "reach"}'
    )
    return tables, f"({pairs}) UNION ({_zero(c, node, '')})" if node.minimum == 0 else pairs


def _estimated_few(key: str) -> str:
    """The table ``reach`` in a form of which DuckDB expects few rows: of recursion it expects billions.

    It then looks the pairs up in the large tables that they are joined with, instead of those in the pairs.
    """
    columns = ["near", "far", *(["graph"] if key else [])]
    packed = ", ".join(f"'{name}': {name}" for name in columns)
    unpacked = ", ".join(f"pair.{name}" for name in columns)
    return f"(SELECT {unpacked} FROM (SELECT unnest(list({{{packed}}})) AS pair FROM reach) AS u) AS reach"


def _traced(c: Compiler, node: g.PathClosure, walk: Walk, step: str, key: str) -> tuple[str, str]:
    """The same with the facts of a shortest chain and the confidence in it."""
    one = (
        f"SELECT near, far{key}, min(facts) AS facts, arg_min(confidence, facts) AS confidence FROM step "
        f"WHERE {walk.begin} GROUP BY near, far{key}"
    )
    reach = (
        f"reach(near, far{key}, facts, confidence) USING KEY (near, far{key}) AS ({one} UNION {_longer(key)})"
        if node.many
        else f"reach AS ({one})"
    )
    pairs = f'SELECT "near" AS "{walk.near}", "far" AS "{walk.far}"{key}, facts, confidence FROM reach'
    if node.minimum == 0:
        pairs = (
            f"SELECT * FROM (({pairs}) UNION ALL {_zero(c, node, NOTHING)}) AS z "
            f"QUALIFY row_number() OVER (PARTITION BY \"start\", \"end\"{key} ORDER BY len(facts), facts) = 1"
        )  # fmt: skip
    return f"step AS MATERIALIZED ({step}), {reach}", pairs


NOTHING = ", CAST([] AS BIGINT[]), 1.0::DOUBLE"
"""The facts that no step rests on, and the confidence in it."""


def _longer(keyed: str) -> str:
    """The chains of one step more; ``keyed``: within each graph by itself."""
    key, same_step, same_pair = (
        (", r.graph", " AND s.graph = r.graph", " AND k.graph = r.graph") if keyed else ("", "", "")
    )
    # a pair that is reached already is not looked for again, so that cycles end and the first, shortest chain stays
    return (
        f"SELECT r.near, s.far{key}, min(list_concat(r.facts, s.facts)), "
        "arg_min(r.confidence * s.confidence, list_concat(r.facts, s.facts)) "
        f"FROM reach AS r JOIN step AS s ON r.far = s.near{same_step} "
        f"WHERE NOT EXISTS (SELECT 1 FROM recurring.reach AS k WHERE k.near = r.near AND k.far = s.far{same_pair}) "
        f"GROUP BY r.near, s.far{key}"
    )


def _zero(c: Compiler, node: g.PathClosure, empty: str) -> str:
    """Pairs of a term with itself: given ends, or else every subject and object of the graph."""
    if node.starts is not None:
        return f"SELECT id, id{empty} FROM given"
    if isinstance(node.graph, n.Variable):
        return _zero_in_each(c, node, empty)
    for end in (node.subject, node.object):
        if isinstance(end, n.TermConstant):
            ids = ", ".join(f"({c.parameters.bind(i)}::BIGINT)" for i in end.ids) or "(NULL::BIGINT)"
            return f"SELECT id, id{empty} FROM (VALUES {ids}) AS v(id) WHERE id IS NOT NULL"
    graph = " AND ".join([CURRENT, *restriction(c, "graph", node.graph)])
    ends = " UNION ".join(f"SELECT {column} AS id FROM store.triples WHERE {graph}" for column in ("subject", "object"))
    return f"SELECT id, id{empty} FROM ({ends}) AS v"


def _zero_in_each(c: Compiler, node: g.PathClosure, empty: str) -> str:
    """The same in each named graph, by its id."""
    named = f"FROM store.triples WHERE {CURRENT} AND graph IS NOT NULL"
    for end in (node.subject, node.object):
        if isinstance(end, n.TermConstant):
            ids = ", ".join(f"({c.parameters.bind(i)}::BIGINT)" for i in end.ids) or "(NULL::BIGINT)"
            pairs = f"(VALUES {ids}) AS v(id), (SELECT DISTINCT graph {named}) AS g"
            return f"SELECT id, id, graph{empty} FROM {pairs} WHERE id IS NOT NULL"
    ends = " UNION ".join(f"SELECT {column} AS id, graph {named}" for column in ("subject", "object"))
    return f"SELECT id, id, graph{empty} FROM ({ends}) AS v"


def _ends(c: Compiler, node: g.PathClosure) -> tuple[list[str], list[str]]:
    """The output columns of a path, and the conditions on its ends."""
    outputs: dict[str, str] = {}
    where = []
    for column, end in (("start", node.subject), ("end", node.object)):
        if isinstance(end, n.Variable):
            outputs.setdefault(end.name, f'"{column}" AS {quoted(end.name)}')
        elif isinstance(end, n.TermConstant):
            where.append(among(c, f'"{column}"', end.ids))
    if isinstance(node.graph, n.Variable):
        outputs.setdefault(node.graph.name, f"graph AS {quoted(node.graph.name)}")
    if isinstance(node.subject, n.Variable) and node.subject == node.object:
        where.append('"start" = "end"')
    return list(outputs.values()), where
