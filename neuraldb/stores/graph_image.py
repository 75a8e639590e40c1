"""The current imported triples and the texts of terms as arrays, for questions that DuckDB plans longer than they take.

An image never changes; a change gives another one. It takes about 40 bytes a triple and the length of the texts.
:mod:`neuraldb.stores.graph_images` decides when one is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from neuraldb.stores.arrays import Ids

UNBOUND = -1
"""Stands for the id of a term where there is none."""
TRIPLES = """SELECT subject, relation, object FROM store.triples
    WHERE recorded_to IS NULL AND fact IS NULL AND graph IS NULL"""
TERMS = "SELECT id, text, kind = 'iri' FROM store.terms"
"""What an image is made of."""
_AT_ONCE = 65_536
_RELATION = 32
"""Bits of a key that are the relation's."""
_RELATIONS = (1 << _RELATION) - 1
_DIGIT = 16
_MOST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Side:
    """Triples in the order of one of their ends and, of the same end, of their relations.

    Attributes:
        keys: ascending; the end's id, shifted, and the relation's.
        others: the ids of the other ends.
    """

    keys: Ids
    others: Ids
    _ends: dict[int, Ids] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, ends: Ids, relations: Ids, others: Ids) -> Side:
        """The triples with these ends."""
        order = _order(relations, ends)
        return cls(_keys(ends, relations)[order], others[order])

    def with_(self, ends: Ids, relations: Ids, others: Ids) -> Side:
        """These triples too."""
        added = Side.of(ends, relations, others)
        places = np.searchsorted(self.keys, added.keys, "right")
        return Side(np.insert(self.keys, places, added.keys), np.insert(self.others, places, added.others))

    def without(self, ends: Ids, relations: Ids, others: Ids) -> Side | None:
        """All but these triples, each once; None where one of them is not there."""
        going: set[int] = set()
        for key, other in zip(_keys(ends, relations).tolist(), others.tolist(), strict=True):
            begin, end = np.searchsorted(self.keys, (key, key + 1))
            places = (begin + np.flatnonzero(self.others[begin:end] == other)).tolist()
            place = next((p for p in places if p not in going), None)
            if place is None:
                return None
            going.add(place)
        places = sorted(going)
        return Side(np.delete(self.keys, places), np.delete(self.others, places))

    def between(self, ends: Ids, relation: int | None) -> tuple[Ids, Ids]:
        """For each end where its triples begin and stop; of one relation, or None for all."""
        low = ends << _RELATION
        if relation is None:
            return self.keys.searchsorted(low), self.keys.searchsorted(low + (1 << _RELATION))
        low = low + relation
        return self.keys.searchsorted(low), self.keys.searchsorted(low + 1)

    def ends_of(self, relation: int) -> Ids:
        """The ends, ascending, of the triples of a relation."""
        if relation not in self._ends:
            self._ends[relation] = np.unique(self.ends_at(np.flatnonzero(self.keys & _RELATIONS == relation)))
        return self._ends[relation]

    def ends_at(self, places: Ids) -> Ids:
        """The ends of triples."""
        return self.keys[places] >> _RELATION

    def relations_at(self, places: Ids) -> Ids:
        """The relations of triples."""
        return self.keys[places] & _RELATIONS


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of terms.

    Attributes:
        ids: of the terms, ascending.
        texts: of the same terms.
        hashes: of the texts of those that are IRIs, ascending.
        hashed: the places of these terms in ``ids``.
    """

    ids: Ids
    texts: pa.Array
    hashes: Ids
    hashed: Ids

    @classmethod
    def of(cls, terms: pa.Table) -> Texts:
        """What :data:`TERMS` gives."""
        ids = np.asarray(terms.column(0).to_numpy(), np.int64)
        is_iri = np.asarray(terms.column(2).to_numpy(), np.bool_)
        texts = _one_array(terms.column(1).chunks)
        if np.any(ids[1:] < ids[:-1]):
            order = np.argsort(ids)
            ids, texts, is_iri = ids[order], texts.take(pa.array(order)), is_iri[order]
        iris = np.flatnonzero(is_iri)
        hashes = _hashes(texts.take(pa.array(iris)))
        by_hash = np.argsort(hashes)
        return cls(ids, texts, hashes[by_hash], iris[by_hash])

    def with_(self, terms: pa.Table) -> Texts:
        """These terms too, whose ids come after all that are here."""
        if not terms.num_rows:
            return self
        added = Texts.of(terms)
        places = np.searchsorted(self.hashes, added.hashes)
        return Texts(
            np.concatenate([self.ids, added.ids]),
            _one_array([self.texts, added.texts]),
            np.insert(self.hashes, places, added.hashes),
            np.insert(self.hashed, places, added.hashed + len(self.ids)),
        )

    def iri(self, text: str) -> tuple[int, ...]:
        """The term of exactly this IRI."""
        code = hash(text)
        begin, end = np.searchsorted(self.hashes, code), np.searchsorted(self.hashes, code, "right")
        return tuple(int(self.ids[i]) for i in self.hashed[begin:end].tolist() if self.texts[i].as_py() == text)

    def decoded(self, ids: Ids) -> pa.Array:
        """The texts of terms; null for :data:`UNBOUND`."""
        unbound = ids == UNBOUND
        if len(self.ids) and self.ids[-1] - self.ids[0] == len(self.ids) - 1:  # none is missing
            places = ids - self.ids[0]
        else:
            places = np.searchsorted(self.ids, ids)
        found = pa.array(places, mask=unbound) if unbound.any() else pa.array(places)
        return self.texts.take(found).cast(pa.string())


@dataclass(frozen=True, slots=True)
class GraphImage:
    """A snapshot of the default graph without what facts state.

    Attributes:
        by_subject, by_object: the triples from either side.
        terms: all terms.
    """

    by_subject: Side
    by_object: Side
    terms: Texts

    @classmethod
    def of(cls, triples: pa.Table, terms: pa.Table) -> GraphImage:
        """The image of what :data:`TRIPLES` and :data:`TERMS` give."""
        subject, relation, object_ = columns_of(triples)
        sides = Side.of(subject, relation, object_), Side.of(object_, relation, subject)
        return cls(*sides, Texts.of(terms))

    def iri(self, text: str) -> tuple[int, ...]:
        """The term of exactly this IRI."""
        return self.terms.iri(text)

    def following(self, added: Sequence[Ids], removed: Sequence[Ids], terms: pa.Table) -> GraphImage | None:
        """The image after a change: triples that have come and gone, and new terms; None where that cannot be."""
        by_subject, by_object = self.by_subject, self.by_object
        if len(removed[0]):
            subject, relation, object_ = removed
            less = by_subject.without(subject, relation, object_), by_object.without(object_, relation, subject)
            if less[0] is None or less[1] is None:
                return None
            by_subject, by_object = less[0], less[1]
        if len(added[0]):
            subject, relation, object_ = added
            by_subject = by_subject.with_(subject, relation, object_)
            by_object = by_object.with_(object_, relation, subject)
        return GraphImage(by_subject, by_object, self.terms.with_(terms))


def columns_of(triples: pa.Table) -> list[Ids]:
    """Subjects, relations and objects, which are the first three columns."""
    return [np.asarray(column.to_numpy(), np.int64) for column in triples.columns[:3]]


def _keys(ends: Ids, relations: Ids) -> Ids:
    keys: Ids = (ends << _RELATION) | relations
    return keys


def _order(last: Ids, first: Ids) -> Ids:
    """The order by ``first`` and then ``last``, ids below 2**32: digit by digit, in half the time of comparing them."""
    order: Ids | None = None
    for numbers in (last, first):
        width = int(numbers.max(initial=0)).bit_length()
        for shift in range(0, max(width, 1), _DIGIT):
            digit = ((numbers >> shift) & 0xFFFF).astype(np.uint16)
            order = (
                np.argsort(digit, kind="stable") if order is None else order[np.argsort(digit[order], kind="stable")]
            )
    assert order is not None
    return order


def _one_array(parts: Sequence[pa.Array]) -> pa.Array:
    """Texts in one array; beyond two gigabytes the shorter type has no room."""
    kind = pa.string() if sum(part.nbytes for part in parts) < _MOST_BYTES else pa.large_string()
    return pa.concat_arrays([part.cast(kind) for part in parts]) if parts else pa.array([], kind)


def _hashes(texts: pa.Array) -> Ids:
    """A hash of each text; some at a time, since Python's texts take more room."""
    parts = (map(hash, texts.slice(begin, _AT_ONCE).to_pylist()) for begin in range(0, len(texts), _AT_ONCE))
    return np.fromiter((code for part in parts for code in part), np.int64, len(texts))
