"""What stored triples say of kinds of things: which things are of a kind, and which attributes those have.

A thing is of a kind if a triple gives it the type (``type person``), or an occupation of that name (``occupation
astronaut``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from neuraldb.core import rdf
from neuraldb.core.relation_names import local_name
from neuraldb.core.relation_senses import same_relation
from neuraldb.core.text import normalise, pluralizer
from neuraldb.operators.relation_binding import EQUAL, SHOWN
from neuraldb.plan.catalogue import ClassBinding, StoredAttribute
from neuraldb.plan.sparql_names import SAME_CLASS, singular
from neuraldb.plan.sql_scope import forms
from neuraldb.stores.bundle import Stores
from neuraldb.stores.remembered import Remembered

TYPE = rdf.RDF + "type"
SAYING = ("instance of", "occupation")
"""Relations that say what a thing is."""
_KINDS = {"entity": "name", "iri": "name", "blank": "name", "type": "text", "relation": "text"}
_ATTRIBUTES = """
    WITH members AS (
        SELECT DISTINCT x.subject FROM store.triples x JOIN (SELECT unnest($relations) AS r, unnest($classes) AS c) k
        ON x.relation = k.r AND x.object = k.c WHERE x.recorded_to IS NULL)
    SELECT r.text, r.kind, count(DISTINCT y.subject) AS things, (SELECT count(*) FROM members), mode(o.kind),
           mode(o.unit), first(o.text ORDER BY y.confidence DESC, y.id)
    FROM members m JOIN store.triples y ON y.subject = m.subject AND y.recorded_to IS NULL
    JOIN store.terms r ON r.id = y.relation JOIN store.terms o ON o.id = y.object
    WHERE r.text <> $type GROUP BY r.id, r.text, r.kind ORDER BY things DESC, r.text, r.kind"""
Candidates = Callable[[str], tuple[tuple[str, float], ...]]


class VirtualTable(NamedTuple):
    """A class as SQL sees it: what its table may be called, its columns after ``name``, and how many things it has."""

    name: str
    columns: tuple[str, ...]
    things: int


class _Class(NamedTuple):
    """A class that triples give to something: the relation, the class, and what it is called."""

    relation: int
    object: int
    name: str
    label: str
    typed: bool


class StoredClasses:
    """The classes of a database's things.

    Args:
        stores: what is stored.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._known: Remembered[None, list[_Class]] = Remembered(stores.database, lambda _: self._read())
        self._found: Remembered[tuple[tuple[int, int], ...], tuple[StoredAttribute, ...]] = Remembered(
            stores.database, self._attributes
        )

    def exact(self, name: str) -> ClassBinding:
        """The class of this name, in singular or plural; without classes where there is none."""
        wanted = {normalise(form) for form in forms(name)}
        found = [c for c in self._known.get(None) if normalise(c.name) in wanted]
        if not found:
            return ClassBinding(exact=True)
        found.sort(key=lambda c: (not c.typed, c.label))
        return ClassBinding(found[0].label, tuple((c.relation, c.object) for c in found), 1.0, exact=True)

    def meant(self, name: str, candidates: Candidates) -> ClassBinding:
        """The class of this name, else the one that means the same; without classes where the reader has to say.

        Args:
            name: in words.
            candidates: gives the types nearest in meaning.
        """
        exact = self.exact(name)
        if exact.classes:
            return ClassBinding(exact.label, exact.classes, 1.0)
        near = candidates(singular(name))
        likely = [(label, score) for label, score in near if score >= SAME_CLASS]
        if not likely:
            return ClassBinding(runners_up=near[:SHOWN])
        label, score = likely[0]
        rivals = [other for other in likely[1:] if score - other[1] <= EQUAL]
        if rivals:
            return ClassBinding(runners_up=near[:SHOWN], ambiguous=(likely[0], *rivals))
        pairs = tuple((c.relation, c.object) for c in self._known.get(None) if c.typed and c.name == label)
        return ClassBinding(label, pairs, score, near[1:SHOWN])

    def attributes(self, kind: ClassBinding) -> tuple[StoredAttribute, ...]:
        """The attributes of a class's things, the most frequent first; those of one name are one."""
        return self._found.get(kind.classes) if kind.classes else ()

    def example(self, kind: ClassBinding) -> str | None:
        """The first of a class's things that was told of."""
        rows = self._rows(
            """SELECT s.text FROM store.triples x JOIN store.terms s ON s.id = x.subject
               JOIN (SELECT unnest($relations) AS r, unnest($classes) AS c) k ON x.relation = k.r AND x.object = k.c
               WHERE x.recorded_to IS NULL ORDER BY x.id LIMIT 1""",
            _pairs(kind.classes),
        )
        return rows[0][0] if rows else None

    def names(self) -> tuple[str, ...]:
        """The names of all classes, in alphabetical order."""
        return tuple(sorted({c.name for c in self._known.get(None)}))

    def tables(self, most: int) -> list[VirtualTable]:
        """The classes with the most things as tables, those with the most first."""
        counted = self._rows(
            """SELECT x.relation, x.object, count(DISTINCT x.subject) AS things FROM store.triples x
               WHERE x.recorded_to IS NULL AND list_contains($saying, x.relation) GROUP BY ALL""",
            {"saying": sorted({c.relation for c in self._known.get(None)})},
        )
        sizes = {(relation, object_): things for relation, object_, things in counted}
        by_name: dict[str, list[_Class]] = {}
        for found in self._known.get(None):
            by_name.setdefault(normalise(singular(found.name)), []).append(found)
        ranked = sorted(by_name.values(), key=lambda of: (-sum(sizes[c.relation, c.object] for c in of), of[0].name))
        tables = []
        for of in ranked[:most]:
            kind = ClassBinding(of[0].label, tuple((c.relation, c.object) for c in of), 1.0)
            columns = tuple(a.name for a in self.attributes(kind))
            name = str(pluralizer().plural(singular(of[0].name))).replace(" ", "_")
            tables.append(VirtualTable(name, columns, sum(sizes[c.relation, c.object] for c in of)))
        return tables

    def _attributes(self, classes: tuple[tuple[int, int], ...]) -> tuple[StoredAttribute, ...]:
        found: dict[str, StoredAttribute] = {}
        rows = self._rows(_ATTRIBUTES, {**_pairs(classes), "type": TYPE})
        for text, iri, things, members, kind, unit, example in rows:
            name = local_name(text) if iri == "iri" else text
            attribute = StoredAttribute(name, _KINDS.get(kind, kind), unit or None, things / members, example)
            found.setdefault(normalise(name), attribute)
        return tuple(found.values())

    def _read(self) -> list[_Class]:
        relations = self._rows(
            """SELECT id, text, kind FROM store.terms WHERE kind IN ('relation', 'iri') AND id IN (
                   SELECT DISTINCT relation FROM store.triples WHERE recorded_to IS NULL)""",
            {},
        )
        saying = {
            id: text
            for id, text, kind in relations
            if text == TYPE or (kind == "relation" and any(same_relation(text, one) for one in SAYING))
        }
        rows = self._rows(
            """SELECT DISTINCT x.relation, x.object, o.text, o.kind FROM store.triples x
               JOIN store.terms o ON o.id = x.object
               WHERE x.recorded_to IS NULL AND list_contains($saying, x.relation) ORDER BY ALL""",
            {"saying": sorted(saying)},
        )
        found = []
        for relation, object_, text, kind in rows:
            name, typed = local_name(text) if kind == "iri" else text, saying[relation] == TYPE
            found.append(_Class(relation, object_, name, name if typed else f"{saying[relation]} {name}", typed))
        return found

    def _rows(self, sql: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
        return self._stores.database.rows(sql, given)


def _pairs(classes: tuple[tuple[int, int], ...]) -> dict[str, Any]:
    return {"relations": [r for r, _ in classes], "classes": [c for _, c in classes]}
