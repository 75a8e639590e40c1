"""What the grammar of graph queries asks about a graph, and the answers of the stored one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import pyarrow as pa

from neuraldb.core.errors import BindError
from neuraldb.core.rdf import RDF
from neuraldb.decoding.adjacency import Adjacency
from neuraldb.decoding.mentions import NameIndex
from neuraldb.decoding.spelling import local_words, spelled_iri, spelled_literal, spelled_name
from neuraldb.decoding.values import Values, values_of
from neuraldb.language import sparql_ast as ast
from neuraldb.plan.sparql_names import Names, SparqlCatalogue
from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database

TYPE = RDF + "type"
_LITERALS = ("text", "number", "date", "boolean")
_TRIPLES = """SELECT DISTINCT subject, relation, object FROM store.triples
    WHERE recorded_to IS NULL AND graph IS NULL ORDER BY subject, relation, object"""
_HELD = """SELECT * FROM
    (SELECT count(*), bit_xor(hash(id)) FROM store.triples WHERE recorded_to IS NULL AND graph IS NULL) AS t,
    (SELECT count(*), bit_xor(hash(id)) FROM store.aliases) AS a"""
"""What a view was made from: a change of anything else leaves it as it is."""
_ALIASES = """SELECT text, term FROM store.aliases SEMI JOIN (
        SELECT DISTINCT unnest([subject, object]) AS term FROM store.triples
        WHERE recorded_to IS NULL AND graph IS NULL) USING (term) ORDER BY term, text"""
_LABELS = frozenset({
    RDF.replace("1999/02/22-rdf-syntax-ns", "2000/01/rdf-schema") + "label",
    "http://www.w3.org/2004/02/skos/core#prefLabel", "http://www.w3.org/2004/02/skos/core#altLabel",
    "http://schema.org/name", "https://schema.org/name", "http://xmlns.com/foaf/0.1/name",
})  # fmt: skip
"""The relations by which graphs say what things are called."""
_TERMS = """SELECT id, kind, text, datatype, language, number, date_from, date_to FROM store.terms t
    SEMI JOIN (SELECT DISTINCT unnest([subject, relation, object]) AS id FROM store.triples
               WHERE recorded_to IS NULL AND graph IS NULL) USING (id) ORDER BY id"""


@dataclass(frozen=True, slots=True)
class Constant:
    """Something that a query can name.

    Attributes:
        code: as SPARQL writes it.
        words: as people do.
        ids: the terms that the code stands for when the query is run.
        is_type: whether it is a class, which only follows "is a".
    """

    code: str
    words: str
    ids: Ids = field(compare=False)
    is_type: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A relation, walked in one of its directions.

    Attributes:
        code: as SPARQL writes the relation.
        words: its name.
        ids: its terms.
        forward: from subject to object.
    """

    code: str
    words: str
    ids: tuple[int, ...] = field(compare=False)
    forward: bool = True

    @property
    def reverse(self) -> Link:
        """The same, walked the other way."""
        return replace(self, forward=not self.forward)

    @property
    def is_type(self) -> bool:
        """Whether it leads from things to their classes."""
        return self.code == "a"


class GraphView(Protocol):
    """A graph at one moment."""

    def things(self) -> Ids:
        """All subjects and objects, ascending."""

    def links(self, nodes: Ids) -> Sequence[Link]:
        """The relations that some of the nodes have, in either direction."""

    def image(self, nodes: Ids, link: Link) -> Ids:
        """Where a relation leads from nodes, ascending."""

    def constants(self, nodes: Ids) -> Sequence[Constant]:
        """What names nodes among these."""

    def values(self, nodes: Ids) -> Values:
        """The numbers and days among nodes."""


class StoredGraph:
    """The current default graph as SPARQL sees it, in memory; it takes some 50 bytes a triple.

    Args:
        database: holds it.
        catalogue: binds names as it does when a query is run.
    """

    def __init__(self, database: Database, catalogue: SparqlCatalogue) -> None:
        with database.lock:
            triples, terms = database.query(_TRIPLES), database.query(_TERMS)
            self._aliases: list[tuple[str, int]] = database.rows(_ALIASES)
        subject, relation, object_ = (np.asarray(column.to_numpy(), np.int64) for column in triples.columns)
        self._adjacency = Adjacency(subject, relation, object_)
        self._terms = terms
        self._ids = np.asarray(terms.column("id").to_numpy(), np.int64)
        self._names = Names(catalogue)
        self._known: dict[int, Constant | None] = {}

    def things(self) -> Ids:
        """All subjects and objects, ascending."""
        return self._adjacency.nodes

    def links(self, nodes: Ids) -> Sequence[Link]:
        """The relations that some of the nodes have, in either direction, by name."""
        found: list[Link] = []
        for forward in (True, False):
            there = self._adjacency.relations_of(nodes, forward)
            found += [link if forward else link.reverse for link in self._links if there.intersection(link.ids)]
        return found

    def image(self, nodes: Ids, link: Link) -> Ids:
        """Where a relation leads from nodes, ascending."""
        return self._adjacency.image(nodes, link.ids, link.forward)

    def constants(self, nodes: Ids) -> Sequence[Constant]:
        """What names nodes among these; blank nodes have no name, and some classes none that can be written."""
        named = (self._constant(node) for node in nodes.tolist())
        return tuple(dict.fromkeys(constant for constant in named if constant is not None))

    def values(self, nodes: Ids) -> Values:
        """The numbers and days among nodes."""
        return values_of(nodes, self._rows(nodes))

    # ------------------------------------------------------------------------------------------------ names

    @cached_property
    def names(self) -> NameIndex:
        """What nodes are called: by themselves, by their labels, and by what they are also known as."""
        texts = dict(zip(self._ids.tolist(), self._terms.column("text").to_pylist(), strict=True))
        kinds = dict(zip(self._ids.tolist(), self._terms.column("kind").to_pylist(), strict=True))
        nodes = self._adjacency.nodes.tolist()
        found = [(local_words(texts[n]) if kinds[n] == "iri" else texts[n], n) for n in nodes if kinds[n] != "blank"]
        for relation in self._adjacency.relations.tolist():
            if texts[relation] in _LABELS:
                found += [
                    (texts[label], node)
                    for node in nodes
                    for label in self._adjacency.image(np.array([node]), (relation,), forward=True).tolist()
                ]
        return NameIndex((*found, *self._aliases))

    @cached_property
    def _links(self) -> list[Link]:
        """All relations that a query can name, forwards; of several names for the same terms the first."""
        found: dict[tuple[int, ...], Link] = {}
        rows = self._rows(self._adjacency.relations)
        for id, kind, text in zip(*(rows.column(name).to_pylist() for name in ("id", "kind", "text")), strict=True):
            link = self._link(id, kind, text)
            if link is not None:
                found.setdefault(link.ids, link)
        return sorted(found.values(), key=lambda link: (link.words, link.code))

    def _link(self, id: int, kind: str, text: str) -> Link | None:
        if text == TYPE:
            return Link("a", "is a", (id,))
        if kind == "iri":
            code = spelled_iri(text)
            return Link(code, local_words(text), (id,)) if code else None
        code, name = spelled_name(text) or ("", None)
        if name is None:
            return None
        try:
            bound = self._names.relation(name)
        except BindError:
            return None
        return Link(code, text, bound.ids) if bound is not None and id in bound.ids else None

    def _constant(self, id: int) -> Constant | None:
        if id not in self._known:
            self._known[id] = self._named(id)
        return self._known[id]

    def _named(self, id: int) -> Constant | None:
        (row,) = self._rows(np.array([id])).to_pylist()
        kind, text, datatype, language = (str(row[name]) for name in ("kind", "text", "datatype", "language"))
        if kind == "iri":
            code = spelled_iri(text)
            return Constant(code, local_words(text), np.array([id])) if code else None
        if kind == "type":
            code, name = spelled_name(text) or ("", None)
            ids = self._names.type(name).ids if name is not None else ()
            return Constant(code, text, np.array(sorted(ids)), True) if id in ids else None
        if kind == "entity" or kind in _LITERALS:
            ids = self._names.node(ast.RdfLiteral(text, datatype, language)).ids
            code = spelled_literal(text, datatype, language)
            return Constant(code, text, np.array(sorted(ids))) if id in ids else None
        return None

    def _rows(self, ids: Ids) -> pa.Table:
        """The terms of ids, which are ascending."""
        return self._terms.take(pa.array(np.searchsorted(self._ids, ids)))


class GraphViews:
    """Gives the graph of the present moment.

    Args:
        database: holds it.
        catalogue: binds names as it does when a query is run.
    """

    def __init__(self, database: Database, catalogue: SparqlCatalogue) -> None:
        self._database, self._catalogue = database, catalogue
        self._version = -1
        self._held: tuple[object, ...] = ()
        self._view: StoredGraph | None = None

    def view(self) -> StoredGraph:
        """The graph as it is; it is read anew after a change of its triples or names only."""
        with self._database.lock:
            if self._view is None or self._version != self._database.version:
                self._version = self._database.version
                (held,) = self._database.rows(_HELD)
                if self._view is None or held != self._held:
                    self._view, self._held = StoredGraph(self._database, self._catalogue), held
            return self._view
