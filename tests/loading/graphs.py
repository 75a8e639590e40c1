"""Random graphs, whole databases of them in every format, and graphs compared whatever their blank nodes are called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import rdflib
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from neuraldb.api import Connection
from neuraldb.core.rdf import XSD
from neuraldb.loading.export import export
from neuraldb.loading.formats import FORMATS
from neuraldb.loading.load import load
from neuraldb.loading.rdf import literal_term
from neuraldb.loading.source import Source
from neuraldb.loading.stored import Page, Row
from neuraldb.stores.importing import Quad
from neuraldb.stores.terms import Term

# of every plane and class, but for half surrogate pairs and what no XML may hold
characters = st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("\n\r\t\"'\\<>&;,.#@^_:%{}|` é東🎉")
controls = st.sampled_from("\x01\x0b\x1f\x7f\x85\ufffe")
texts = st.text(characters, max_size=12)

iris = st.builds(
    "{}{}".format,
    st.sampled_from(["http://x/", "http://x/a#", "urn:x:", "https://x/../b?c=d&e=", "tag:x@y,2020:"]),
    st.text(characters | st.sampled_from("abc123"), max_size=6),
).map(lambda text: Term("iri", text))
blanks = st.sampled_from(["a", "b1", "c.d", "e-f", "é", "x-2e", "1"]).map(lambda label: Term("blank", label))
names = st.builds(Term, st.sampled_from(["entity", "type"]), texts.filter(bool))
LEXICAL = {
    "integer": ["1", "01", "+1", "-0", "x", " 1 "],
    "decimal": ["1.0", "+1.50", ".5", "1."],
    "double": ["1e0", "1.0E+3", "NaN", "-INF", "INF", "1"],
    "float": ["NaN", "1.5"],
    "boolean": ["true", "1", "TRUE"],
    "date": ["2020-01-02", "2020-02-30", "-0044-03-15", "2020-01-02+14:00"],
    "dateTime": ["2020-01-02T03:04:05.600Z", "2020-01-02T24:00:00"],
    "gYear": ["1982", "0000"],
    "string": [""],
    "hexBinary": ["0fB7", "0FB7"],
    "duration": ["P1Y", "P12M"],
}
typed = st.sampled_from([(XSD + name, text) for name, texts_ in LEXICAL.items() for text in texts_])
literals = st.one_of(
    texts.map(literal_term),
    st.builds(
        lambda text, tag: literal_term(text, "", tag), texts, st.sampled_from(["en", "en-GB", "de-at", "zh-Hant-TW"])
    ),
    typed.map(lambda pair: literal_term(pair[1], pair[0])),
    st.builds(lambda text, iri: literal_term(text, iri.text), texts, iris),
)
values = st.sampled_from(["3000 m", "May 1982", "42", "17 March 2020"]).map(
    lambda text: literal_term(text, f"urn:neuraldb:value:{'date' if '20' in text or '19' in text else 'number'}")
)
relations = iris | st.builds(Term, st.just("relation"), texts.filter(bool))
graphs = st.none() | iris | blanks
triples = st.tuples(iris | blanks | names, relations, iris | blanks | names | literals | values)


def quads(named: bool) -> st.SearchStrategy[list[Quad]]:
    """Lists of triples, in named graphs and the default graph, or in that alone."""
    graph = graphs if named else st.none()
    return st.lists(st.builds(lambda triple, name: (*triple, name), triples, graph), max_size=8)


def graph_of(quads: Iterable[Quad]) -> rdflib.Graph:
    """Triples as one graph of rdflib, to be compared with another; a triple in a named graph is a node of its own.

    Terms but for blank nodes stand there as IRIs made of all that they are, since rdflib's own are not exact.
    """

    def node(term: Term) -> rdflib.term.IdentifiedNode:
        if term.kind == "blank":
            return rdflib.BNode(term.text)
        parts = repr((term.kind, term.text, term.datatype, term.language))
        return rdflib.URIRef(f"urn:test:{hashlib.sha256(parts.encode()).hexdigest()}")

    graph = rdflib.Graph()
    for number, (subject, relation, target, name) in enumerate(dict.fromkeys(quads)):
        if name is None:
            graph.add((node(subject), node(relation), node(target)))
        else:
            for part, term in zip("spog", (subject, relation, target, name), strict=True):
                graph.add((rdflib.BNode(f"quad{number}"), rdflib.URIRef(f"urn:test:{part}"), node(term)))
    return graph


def same(one: Iterable[Quad], other: Iterable[Quad]) -> bool:
    """Whether triples are the same but for the labels of blank nodes."""
    return isomorphic(graph_of(one), graph_of(other))


def page_of(quads: Iterable[Quad]) -> Page:
    """Triples as the store would give them."""
    distinct = list(dict.fromkeys(quads))
    ids = {term: number for number, term in enumerate(dict.fromkeys(t for quad in distinct for t in quad if t), 1)}
    rows = [Row(ids[s], ids[r], ids[o], ids[g] if g else None) for s, r, o, g in distinct]
    rows.sort(key=lambda row: (row.subject, row.graph or 0, row.relation))
    return Page(rows, {number: term for term, number in ids.items()})


def stored(db: Connection) -> list[Quad]:
    """The current triples of a database, each once, as their terms."""
    rows = db.session.stores.database.rows(
        """SELECT DISTINCT subject, relation, object, graph FROM store.triples WHERE recorded_to IS NULL ORDER BY ALL"""
    )
    ids = sorted({part for row in rows for part in row if part is not None})
    terms = dict(zip(ids, db.session.stores.graph.terms(ids), strict=True))
    return [(terms[s], terms[r], terms[o], None if g is None else terms[g]) for s, r, o, g in rows]


def carried(db: Connection, other: Connection, path: Path, form: str) -> list[str]:
    """Write the triples of a database to a file, and load that into another; gives what could not be written."""
    notes = export(db, str(path), form).notes
    assert load(other, Source(path, path.name), form=FORMATS[form]).refused == []
    return notes
