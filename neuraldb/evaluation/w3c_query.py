"""The W3C's query tests: evaluation, and syntax both good and bad."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import rdflib
from rdflib.compare import isomorphic

from neuraldb.evaluation.w3c import MF, Entry, Runner, path_of
from neuraldb.evaluation.w3c_results import Expected, difference, expected
from neuraldb.evaluation.w3c_syntax import Syntax
from neuraldb.language import sparql, sparql_ast
from neuraldb.language.sparql_update_ast import Update
from neuraldb.loading.formats import Options, format_of
from neuraldb.loading.items import Quad
from neuraldb.loading.rdf import verbatim
from neuraldb.loading.source import Source
from neuraldb.session import Session
from neuraldb.stores.terms import Term

QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
SYNTAX = Syntax(QT.query, "query")


def evaluate(entry: Entry) -> str:
    """Run a query over its data and compare what it gives with what is expected."""
    action = entry.value(MF.action)
    assert action is not None
    path = path_of(entry.value(QT.query, action) or action)
    wanted = path_of(entry.value(MF.result))  # type: ignore[arg-type]
    # files name each other by relative IRIs, and so do queries
    text = f"BASE <{path.as_uri()}>\n{path.read_text(encoding='utf-8')}"
    with closing(Session(":memory:")) as session:
        for data in entry.manifest.objects(action, QT.data):
            session.import_triples(quads(path_of(data)))
        for data in entry.manifest.objects(action, QT.graphData):
            session.import_triples(quads(path_of(data), str(data)))
        query = sparql.parse(text)
        assert not isinstance(query, Update)
        for clause in query.dataset:  # the graphs that a query names are to be had from where it says
            if isinstance(clause.graph, sparql_ast.Iri) and (named := Path(urlsplit(clause.graph.text).path)).is_file():
                session.import_triples(quads(named, named.as_uri()))
        result = session.run(text, "sparql", terms=True)
        found = [dict(zip(result.columns, row, strict=True)) for row in result]
    if isinstance(query, sparql_ast.ConstructQuery | sparql_ast.DescribeQuery):
        return graph_difference(found, wanted)
    ordered = isinstance(query, sparql_ast.SelectQuery) and bool(query.modifiers.order_by)
    if isinstance(query, sparql_ast.AskQuery):
        return difference(Expected((), [], bool(found[0]["answer"])), expected(wanted), ordered=False)
    columns = tuple(found[0]) if found else ()
    with verbatim():
        rows = [{v: t for v, cell in row.items() if (t := term_of(cell)) is not None} for row in found]
    return difference(Expected(columns, rows, None), expected(wanted), ordered=ordered)


def quads(path: Path, graph: str | None = None) -> Iterator[Quad]:
    """The triples of a file, in the default graph or in a named one."""
    source = Source(path, path.name)
    for item in format_of(source).read(source, Options()):
        assert isinstance(item.content, Quad), item.problem
        s, p, o, _ = item.content
        yield Quad(s, p, o, None if graph is None else Term("iri", graph))


def term_of(cell: Mapping[str, Any] | None) -> rdflib.term.Node | None:
    """A whole term of a result as rdflib has it."""
    if cell is None:
        return None
    match cell["kind"]:
        case "iri":
            return rdflib.URIRef(cell["text"])
        case "blank":
            return rdflib.BNode(cell["text"])
        case _:
            datatype = rdflib.URIRef(cell["datatype"]) if cell["datatype"] else None
            return rdflib.Literal(cell["text"], datatype=datatype, lang=cell["language"] or None, normalize=False)


def graph_difference(found: list[dict[str, Any]], path: Path) -> str:
    """What is wrong with a constructed graph: rows of subject, predicate and object."""
    graph = rdflib.Graph()
    for row in found:
        graph.add(tuple(term_of(cell) for cell in row.values()))  # type: ignore[arg-type]
    wanted = rdflib.Graph().parse(path)
    if isomorphic(graph, wanted):
        return ""
    return f"{len(graph)} triples that are not the {len(wanted)} expected ones"


RUNNERS: Mapping[str, Runner] = {
    "QueryEvaluationTest": evaluate,
    "PositiveSyntaxTest11": SYNTAX.accept,
    "PositiveSyntaxTest": SYNTAX.accept,
    "NegativeSyntaxTest11": SYNTAX.refuse,
    "NegativeSyntaxTest": SYNTAX.refuse,
}
"""The function that runs each type of test."""
