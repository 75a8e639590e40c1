"""SPARQL Update: triples inserted and deleted, graphs cleared, created, copied and loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import pyarrow as pa

from neuraldb.core.errors import ImportFailed, InternalError, NotSupportedError, ProgrammingError
from neuraldb.core.text import nearest
from neuraldb.operators.changes import counted
from neuraldb.operators.context import Context, neural
from neuraldb.operators.write import import_triples
from neuraldb.plan.nodes import Node, TermConstant
from neuraldb.plan.provenance import CONFIDENCE
from neuraldb.plan.sparql_nodes import PARTS
from neuraldb.plan.statement_nodes import COUNT
from neuraldb.plan.template_nodes import ENDS, Fresh, Given, GivenTriples, TemplateTerm
from neuraldb.plan.update_nodes import (
    ChangeTriples,
    ClearGraphs,
    CreateGraph,
    GraphTerm,
    LoadGraph,
    Request,
    TransferGraph,
    shown_graph,
)
from neuraldb.stores import graphs
from neuraldb.stores.edits import FRESH, change_triples
from neuraldb.stores.journal import record
from neuraldb.stores.terms import Term

_ARROW = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "DATE": pa.date32()}
_TERM = pa.struct([(name, _ARROW[kind]) for name, kind in PARTS.items()])


@neural(Request)
def request(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """What all operations together have changed."""
    return counted(sum(table.column(COUNT[0].name)[0].as_py() for table in children))


@neural(GivenTriples)
def given_triples(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The triples that a request spells out."""
    assert isinstance(node, GivenTriples)
    stored = sorted({t.ids[0] for quad in node.quads for t in quad.terms if isinstance(t, TermConstant)})
    terms = dict(zip(stored, context.stores.graph.terms(stored), strict=True))
    columns: dict[str, Any] = {}
    for name in (*ENDS, "graph"):
        columns[name] = pa.array([_parts(getattr(quad, name), terms) for quad in node.quads], _TERM)
    columns["insert"] = pa.array([quad.insert for quad in node.quads], pa.bool_())
    return pa.table(columns)


def _parts(term: TemplateTerm | None, terms: dict[int, Term]) -> dict[str, Any] | None:
    match term:
        case None:
            return None
        case TermConstant(_, (stored,)):
            return {name: getattr(terms[stored], name) for name in PARTS}
        case Given(_, literal):
            return {name: getattr(literal, name, None) for name in PARTS}
        case Fresh(label):
            return {"kind": FRESH, "text": label, "datatype": "", "language": ""}
    raise InternalError(f"{term} is no term of a given triple")


@neural(ChangeTriples)
def change(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The triples of a template deleted and inserted."""
    (table,) = children
    columns = {name: table.column(name) for name in (*ENDS, "graph", "insert")}
    sure = table.column(CONFIDENCE) if CONFIDENCE in table.column_names else pa.array([1.0] * table.num_rows)
    changed = change_triples(context.stores.database, pa.table({**columns, "confidence": sure}))
    return counted(changed.total)


@neural(ClearGraphs)
def clear(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The triples of graphs deleted."""
    assert isinstance(node, ClearGraphs)
    graph = _graph(node.graph, context)
    if node.scope == "one" and graph is None:
        return counted(0)
    return counted(graphs.clear(context.stores.database, node.scope, graph))


@neural(CreateGraph)
def create(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Nothing but the check that the graph is not there: it comes with its first triple."""
    assert isinstance(node, CreateGraph)
    graph = _graph(node.graph, context)
    if graph is not None and graphs.holds(context.stores.database, graph) and not node.silent:
        raise ProgrammingError(f"there is a graph {node.graph} already", hint="CREATE SILENT lets that pass")
    return counted(0)


@neural(TransferGraph)
def transfer(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The triples of a graph put into another."""
    assert isinstance(node, TransferGraph)
    database = context.stores.database
    source = _graph(node.source, context)
    if node.source is not None and (source is None or not graphs.holds(database, source)):
        if node.silent:
            return counted(0)
        raise ProgrammingError(
            f"there is no graph {node.source}",
            candidates=tuple(f"<{name}>" for name in nearest(str(node.source).strip("<>"), graphs.names(database), 3)),
            hint=f"{node.kind} SILENT lets that pass",
        )
    target = _graph(node.target, context, store=True)
    return counted(graphs.transfer(database, node.kind, source, target).total)


def _graph(graph: GraphTerm, context: Context, store: bool = False) -> int | None:
    """The id of a graph's name; None for the default graph, and for a name that is not stored, if not to ``store``."""
    if graph is None or isinstance(graph, TermConstant):
        return None if graph is None else graph.ids[0]
    name = Term(graph.literal.kind, graph.literal.text)
    if store:
        return context.stores.graph.ensure_terms([name])[0]
    return context.stores.graph.find_terms([name]).get(name)


@neural(LoadGraph)
def load(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The triples of a file inserted."""
    assert isinstance(node, LoadGraph)
    try:
        return counted(_load(node, context))
    except (ImportFailed, NotSupportedError):
        if node.silent:
            return counted(0)
        raise


def _load(node: LoadGraph, context: Context) -> int:
    path = local_path(node.source)
    if context.read_rdf is None:
        raise NotSupportedError("LOAD works on a connection", hint="neuraldb.connect() makes one")
    into = node.graph
    graph: Term | None = None
    if isinstance(into, TermConstant):
        (graph,) = context.stores.graph.terms(into.ids)
    elif into is not None:
        graph = Term(into.literal.kind, into.literal.text)
    # all of it is read before anything is stored, so that a file with a mistake in it changes nothing
    quads = [(s, p, o, g or graph) for s, p, o, g in context.read_rdf(path)]
    database = context.stores.database
    with database.transaction():
        new = import_triples(quads, context)
        if new:
            what = f"{new:,} triple{'' if new == 1 else 's'} of {path.name} into {shown_graph(into)}"
            record(database, database.now(), ["import"], [None], [None], detail=what)
    return new


def local_path(iri: str) -> Path:
    """The file that LOAD names: a file IRI, or a path relative to where the process runs.

    Raises:
        NotSupportedError: it lies on a network.
    """
    parts = urlsplit(iri)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(url2pathname(parts.path))
    if parts.scheme or parts.netloc:
        raise NotSupportedError(
            f"LOAD reads files of this machine only, and not <{iri}>", hint="save it here first: LOAD <file.ttl>"
        )
    return Path(unquote(iri))
