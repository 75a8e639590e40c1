"""The W3C's update tests: evaluation, and syntax both good and bad."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import rdflib
from rdflib.compare import isomorphic
from rdflib.term import Node

from neuraldb.evaluation.w3c import MF, Entry, Runner, path_of
from neuraldb.evaluation.w3c_query import quads, term_of
from neuraldb.evaluation.w3c_syntax import Syntax
from neuraldb.session import Session

UT = rdflib.Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
SYNTAX = Syntax(UT.request, "update")
DEFAULT = ""
"""The key of the default graph."""
Dataset = dict[str, rdflib.Graph]
"""Graphs by name. One without triples is as good as absent: this database does not keep it."""


def evaluate(entry: Entry) -> str:
    """Run a request over its data and compare the graphs with what is expected."""
    action, result = entry.value(MF.action), entry.value(MF.result)
    assert action is not None
    request = entry.value(UT.request, action)
    assert request is not None
    path = path_of(request)
    with closing(Session(":memory:")) as session:
        for data in entry.manifest.objects(action, UT.data):
            session.import_triples(quads(path_of(data)))
        for name, file in _named(entry, action):
            session.import_triples(quads(path_of(file), name))
        # files name each other by relative IRIs, and so do requests
        session.run(f"BASE <{path.as_uri()}>\n{path.read_text(encoding='utf-8')}", "sparql")
        found = dataset(session)
    return _difference(found, _wanted(entry, result))


def _named(entry: Entry, of: Node) -> list[tuple[str, Node]]:
    """The named graphs that a manifest lists: name, and file."""
    found = []
    for node in entry.manifest.objects(of, UT.graphData):
        file, name = entry.value(UT.graph, node), entry.value(rdflib.RDFS.label, node)
        assert file is not None
        found.append((str(name), file))
    return found


def _wanted(entry: Entry, result: Node | None) -> Dataset:
    wanted: Dataset = {}
    if result is None:
        return wanted
    for data in entry.manifest.objects(result, UT.data):
        wanted[DEFAULT] = rdflib.Graph().parse(path_of(data))
    for name, file in _named(entry, result):
        wanted[name] = rdflib.Graph().parse(path_of(file))
    return wanted


def dataset(session: Session) -> Dataset:
    """All triples of a database, by graph."""
    found: Dataset = {}
    for pattern in ("?s ?p ?o", "GRAPH ?g { ?s ?p ?o }"):
        result = session.run(f"SELECT ?s ?p ?o ?g WHERE {{ {pattern} }}", "sparql", terms=True)
        for *triple, graph in result:
            name = DEFAULT if graph is None else graph["text"]
            found.setdefault(name, rdflib.Graph()).add(tuple(map(term_of, triple)))  # type: ignore[arg-type]
    return found


def _difference(found: Dataset, wanted: Dataset) -> str:
    for name in sorted({*found, *wanted}):
        have, want = found.get(name, rdflib.Graph()), wanted.get(name, rdflib.Graph())
        if not isomorphic(have, want):
            shown = f"<{name}>" if name else "the default graph"
            return f"{shown} has {len(have)} triples that are not the {len(want)} expected ones"
    return ""


RUNNERS: Mapping[str, Runner] = {
    "UpdateEvaluationTest": evaluate,
    "PositiveUpdateSyntaxTest11": SYNTAX.accept,
    "NegativeUpdateSyntaxTest11": SYNTAX.refuse,
}
"""The function that runs each type of test."""
