"""The current imported triples and the texts of terms as arrays, for questions that start at a thing and find little.

DuckDB plans a query for longer than such a question takes to answer here. An image takes about as long to make as some
queries do, so it is made when the statements since the last change have taken as long; every change makes it void. It
takes about 40 bytes a triple and the length of the texts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database

MOST = 5_000_000
"""The number of triples up to which an image is worth its memory."""
SECONDS = 0.6e-6
"""What a triple costs to put into an image."""
_AT_ONCE = 65_536
UNBOUND = -1
"""Stands for the id of a term where there is none."""

TRIPLES = """SELECT subject, relation, object FROM store.triples
    WHERE recorded_to IS NULL AND fact IS NULL AND graph IS NULL"""
TERMS = "SELECT id, text, kind = 'iri' FROM store.terms"
"""What an image is made of."""


@dataclass(frozen=True, slots=True)
class Side:
    """Triples in the order of one of their ends and, of the same end, of their relations.

    Attributes:
        keys: ascending; the end's id times the number of relations, plus the number of the relation.
        others: the ids of the other ends.
    """

    keys: Ids
    others: Ids

    @classmethod
    def of(cls, ends: Ids, others: Ids, relation: Ids, relations: int) -> Side:
        """The triples with these ends; ``relation`` are numbers below ``relations``."""
        keys = ends * relations + relation
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], others[order])


@dataclass(frozen=True, slots=True)
class GraphImage:
    """A snapshot of the default graph without what facts state.

    Attributes:
        relations: ids of the relations, ascending; a relation's number is its place here.
        by_subject, by_object: the triples from either side.
        ids: of terms, ascending.
        texts: of the same terms.
        hashes: of the texts of those that are IRIs, ascending.
        hashed: the places of these terms in ``ids``.
    """

    relations: Ids
    by_subject: Side
    by_object: Side
    ids: Ids
    texts: pa.Array
    hashes: Ids
    hashed: Ids

    @classmethod
    def of(cls, triples: pa.Table, terms: pa.Table) -> GraphImage:
        """The image of what :data:`TRIPLES` and :data:`TERMS` give."""
        subject, relation, object_ = (np.asarray(column.to_numpy(), np.int64) for column in triples.columns)
        relations, number = np.unique(relation, return_inverse=True)
        ids = np.asarray(terms.column(0).to_numpy(), np.int64)
        is_iri = np.asarray(terms.column(2).to_numpy(), np.bool_)
        # beyond two gigabytes of text the shorter type has no room
        texts = terms.column(1).cast(pa.large_string()).combine_chunks()
        if np.any(ids[1:] < ids[:-1]):
            order = np.argsort(ids)
            ids, texts, is_iri = ids[order], texts.take(pa.array(order)), is_iri[order]
        iris = np.flatnonzero(is_iri)
        hashes = _hashes(texts.take(pa.array(iris)))
        by_hash = np.argsort(hashes)
        by_subject = Side.of(subject, object_, number, len(relations))
        by_object = Side.of(object_, subject, number, len(relations))
        return cls(relations, by_subject, by_object, ids, texts, hashes[by_hash], iris[by_hash])

    def between(self, side: Side, ends: Ids, relation: int | None) -> tuple[Ids, Ids]:
        """For each end where its triples begin and stop on a side; of one relation, or None for all."""
        width = len(self.relations)
        low = ends * width
        high = low + width
        if relation is not None:
            number = int(np.searchsorted(self.relations, relation))
            if number == width or self.relations[number] != relation:
                return np.zeros_like(ends), np.zeros_like(ends)
            low, high = low + number, low + number + 1
        return np.searchsorted(side.keys, low), np.searchsorted(side.keys, high)

    def relation_at(self, side: Side, places: Ids) -> Ids:
        """The ids of the relations of triples on a side."""
        found: Ids = self.relations[side.keys[places] % len(self.relations)]
        return found

    def iri(self, text: str) -> tuple[int, ...]:
        """The term of exactly this IRI."""
        code = hash(text)
        begin = int(np.searchsorted(self.hashes, code))
        end = int(np.searchsorted(self.hashes, code, "right"))
        return tuple(int(self.ids[i]) for i in self.hashed[begin:end].tolist() if self.texts[i].as_py() == text)

    def decoded(self, ids: Ids) -> pa.Array:
        """The texts of terms; null for :data:`UNBOUND`."""
        places = np.searchsorted(self.ids, ids)
        return self.texts.take(pa.array(places, mask=ids == UNBOUND)).cast(pa.string())


class GraphImages:
    """Makes images, and keeps the one of the present moment.

    Args:
        database: holds the triples.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = -1
        self._spent = 0.0
        self._count: int | None = None
        self._image: GraphImage | None = None

    def image(self) -> GraphImage | None:
        """The image, if statements have taken as long as it takes; not in a transaction, which might be taken back."""
        with self._database.lock:
            if self._version != self._database.version:
                self._version, self._spent, self._count, self._image = self._database.version, 0.0, None, None
            if self._image is None and self._pays():
                made = self._load()
                # what another connection changed meanwhile may be in it or not
                self._image = made if self._database.version == self._version else None
            return None if self._database.in_transaction else self._image

    def spent(self, seconds: float) -> None:
        """Count what a statement took that might have been answered here."""
        self._spent += seconds

    def _pays(self) -> bool:
        if not self._spent or self._database.in_transaction:
            return False
        if self._count is None:
            ((self._count,),) = self._database.rows("SELECT count(*) FROM store.triples")
        return self._count <= MOST and self._spent >= self._count * SECONDS

    def _load(self) -> GraphImage:
        triples, terms = self._database.query(TRIPLES), self._database.query(TERMS)
        return GraphImage.of(triples, terms)


def _hashes(texts: pa.Array) -> Ids:
    """A hash of each text; some at a time, since Python's texts take more room."""
    parts = (map(hash, texts.slice(begin, _AT_ONCE).to_pylist()) for begin in range(0, len(texts), _AT_ONCE))
    return np.fromiter((code for part in parts for code in part), np.int64, len(texts))
