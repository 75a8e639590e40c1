"""The triples of a result as a graph of rdflib."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from neuraldb.core.rdf_names import NAMES, VALUES, name_iri
from neuraldb.plan.template_nodes import ENDS

if TYPE_CHECKING:
    import rdflib


def graph_of(triples: Iterable[Mapping[str, Mapping[str, Any]]]) -> rdflib.Graph:
    """Triples, each with its ends as parts of terms, as a graph. Literals keep their spelling."""
    import rdflib

    def node(term: Mapping[str, Any]) -> rdflib.term.Node:
        kind, text = term["kind"], term["text"]
        if kind in NAMES:
            return rdflib.URIRef(name_iri(kind, text))
        if kind == "iri":
            return rdflib.URIRef(text)
        if kind == "blank":
            return rdflib.BNode(text)
        if term["language"]:
            return rdflib.Literal(text, lang=term["language"])
        datatype = term["datatype"] or VALUES.get(kind)
        return rdflib.Literal(text, datatype=datatype and rdflib.URIRef(datatype), normalize=False)

    graph = rdflib.Graph()
    for triple in triples:
        subject, relation, target = (node(triple[end]) for end in ENDS)
        graph.add((subject, relation, target))
    return graph
