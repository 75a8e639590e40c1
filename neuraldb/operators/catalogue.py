"""What is stored, as the builders of plans ask for it: names of terms, relations, tables, types and attributes.

Exact names come first, then aliases, then spelling; only the name of a relation, a type or an attribute that is none of
these is bound by meaning, and the score shows in the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import DamerauLevenshtein

from neuraldb.core.rdf import Literal, tag_key
from neuraldb.core.relation_names import local_name, relation_key
from neuraldb.core.relation_senses import is_known, same_relation, vague
from neuraldb.core.text import nearest, normalise, tokens_for_search
from neuraldb.models.protocols import Encoder
from neuraldb.operators.classes import StoredClasses
from neuraldb.operators.relation_binding import PROPOSED, SHOWN, RelationModels, Sample, bound, judged, samples_of
from neuraldb.operators.stable import Stable
from neuraldb.plan.catalogue import ClassBinding, RelationBinding, RelationSizes, StoredAttribute
from neuraldb.plan.expressions import Scalar
from neuraldb.plan.semantic_nodes import phrase
from neuraldb.plan.sql_catalogue import DuckDBTables, View
from neuraldb.stores.bundle import Stores
from neuraldb.stores.graph_sizes import RelationCounts, count_relations, has_large_numbers
from neuraldb.stores.remembered import Remembered

KIN = 0.6
"""From this cosine on the name of a type or an attribute is a word for the same things."""
ABOUT = 0.21
"""From this cosine of a fact and a noun on the fact may tell of what the noun means."""
SHORT = 6
"""Letters of a name in which one slip is expected at most; in longer ones two."""
LITERAL_KINDS = ("text", "number", "date", "boolean")


class StoreCatalogue(DuckDBTables):
    """Names bound against one database.

    Args:
        stores: what is stored.
        encoder: gives the encoder; called only when a name has to be compared by meaning.
        models: tell whether a name means a relation; None leaves it to the encoder.
        strict: bind only names that exist.
    """

    def __init__(
        self, stores: Stores, encoder: Callable[[], Encoder], models: RelationModels | None = None, strict: bool = False
    ) -> None:
        super().__init__(self._described)
        self._stores = stores
        self._encoder = encoder
        self._models = models
        self._strict = strict
        self._vectors: dict[str, NDArray[np.float32]] = {}
        database = stores.database
        self._spelled: Remembered[str, list[tuple[Any, ...]]] = Remembered(database, self._with_text)
        self._counts: Remembered[None, Mapping[int, RelationCounts]] = Remembered(
            database, lambda _: count_relations(database)
        )
        self._large: Remembered[None, bool] = Remembered(database, lambda _: has_large_numbers(database))
        self._labels: Remembered[None, list[tuple[int, str, str]]] = Remembered(
            database, lambda _: self._read_relations()
        )
        self._stable = Stable(database)
        self._classes = StoredClasses(stores)
        self._views: Remembered[None, dict[str, View]] = Remembered(database, lambda _: DuckDBTables.views(self))
        self._sizes: Remembered[tuple[int, ...] | None, RelationSizes] = Remembered(database, self._summed)

    def _described(self, sql: str, parameters: Mapping[str, Scalar]) -> list[tuple[Any, ...]]:
        return self._stores.database.rows(sql, dict(parameters))

    # ------------------------------------------------------------------------------------------------------ graph

    def terms(self, text: str, kinds: tuple[str, ...]) -> tuple[int, ...]:
        """The terms of these kinds that the text names: by exact text, else by alias, else by folded text."""
        rows = self._stores.database.rows(
            """SELECT id, text = $text, 0 FROM store.terms WHERE key = $key AND list_contains($kinds, kind)
               UNION ALL
               SELECT t.id, false, 1 FROM store.aliases a JOIN store.terms t ON t.id = a.term
               WHERE a.key = $key AND a.origin <> 'name' AND list_contains($kinds, t.kind)""",
            {"text": text, "key": normalise(text), "kinds": list(kinds)},
        )
        exact = {id for id, same, _ in rows if same}
        alias = {id for id, _, how in rows if how == 1}
        folded = {id for id, _, how in rows if how == 0}
        index = self._stores.entities.merges.index
        return tuple(sorted({one for term in exact or alias or folded for one in index.meant(term)}))

    def entities(self, terms: Sequence[int]) -> tuple[str, ...]:
        """The names of the entities among terms of which something is known, in alphabetical order."""
        rows = self._stores.database.rows(
            """SELECT text FROM store.terms AS t WHERE kind = 'entity' AND id IN (SELECT unnest($terms)) AND (
                   EXISTS (FROM store.triples WHERE recorded_to IS NULL AND t.id IN (subject, object))
                   OR EXISTS (FROM store.mentions AS m JOIN store.facts AS f ON f.id = m.fact
                              WHERE m.term = t.id AND f.recorded_to IS NULL)) ORDER BY text""",
            {"terms": list(terms)},
        )
        return tuple(name for (name,) in rows)

    def nearest(self, text: str, kinds: tuple[str, ...], count: int = SHOWN) -> tuple[str, ...]:
        """The names most like the text, best first, of those of which something is known."""
        rows = self._stores.database.rows(
            """SELECT DISTINCT text FROM store.terms WHERE list_contains(?, kind) AND id IN (
                   SELECT unnest([subject, relation, object]) FROM store.triples WHERE recorded_to IS NULL
                   UNION ALL SELECT m.term FROM store.mentions m JOIN store.facts f ON f.id = m.fact
                   WHERE f.recorded_to IS NULL) LIMIT 20000""",
            [list(kinds)],
        )
        return nearest(text, [name for (name,) in rows], count)

    def iri(self, text: str) -> tuple[int, ...]:
        """The term of exactly this IRI."""
        image = self._stores.graph.images.image()
        if image is not None:
            return image.iri(text)
        return tuple(id for id, kind, *_ in self._spelled.get(text) if kind == "iri")

    def _with_text(self, text: str) -> list[tuple[Any, ...]]:
        """The terms of this text: id, kind, datatype, language. By text alone, or DuckDB leaves the index aside."""
        return self._stores.database.rows("SELECT id, kind, datatype, language FROM store.terms WHERE text = ?", [text])

    def literal(self, literal: Literal) -> tuple[int, ...]:
        """The stored terms of this literal, its tag in any case; for a plain one, the values that facts say so."""
        given = literal.datatype, tag_key(literal.language)
        found = self._spelled.get(literal.text)
        return tuple(
            sorted(id for id, kind, type, tag in found if kind in LITERAL_KINDS and (type, tag_key(tag)) == given)
        )

    def relation(self, name: str) -> RelationBinding | None:
        """What the name of a relation stands for: the name in whatever form, else those that mean the same, else None.

        Names of imported RDF count in their own form only; a slip of the fingers has no meaning.
        """
        if (said := self.pinned("column", name)) is not None:
            return self.exact_relation(said)
        return self._stable.get(("relation", name), lambda: self._relation(name), lambda b: b is not None)

    def _relation(self, name: str) -> RelationBinding | None:
        if (same := self.exact_relation(name)) is not None:
            return same
        if self._strict or self.misspelt(name):
            return None
        labels, exact = self._labelled()
        return self._meant(name, {label: labels[label] for label in sorted(labels.keys() - exact)})

    def exact_relation(self, name: str) -> RelationBinding | None:
        """The stored relations of exactly this name, in whatever form; None where there are none."""
        labels, _ = self._labelled()
        key = normalise(name)
        same = [label for label in labels if normalise(label) == key or relation_key(label) == relation_key(name)]
        if not same:
            return None
        same.sort(key=lambda label: normalise(label) != key)
        return RelationBinding(tuple(sorted(i for label in same for i in labels[label])), same[0])

    def same_relations(self, binding: RelationBinding) -> RelationBinding:
        """An exact binding with the stored relations that are other words for the same, vague words aside."""
        labels, exact = self._labelled()
        same = [
            label
            for label in sorted(labels.keys() - exact)
            if same_relation(label, binding.label) and not set(labels[label]) & set(binding.ids) and not vague(label)
        ]
        if not same or vague(binding.label):
            return binding
        ids = tuple(sorted({*binding.ids, *(i for label in same for i in labels[label])}))
        return replace(binding, ids=ids, more=tuple((label, binding.score) for label in same))

    def _labelled(self) -> tuple[dict[str, list[int]], set[str]]:
        """The terms of relations by label, and the labels that count in their own form only."""
        labels: dict[str, list[int]] = {}
        exact: set[str] = set()
        for id, text, kind in self._relations():
            label = local_name(text) if kind == "iri" else text
            labels.setdefault(label, []).append(id)
            if kind != "relation":
                exact.add(label)
        return labels, exact

    def pinned(self, kind: str, name: str) -> str | None:
        """What somebody has said that the name of a column or a table means; None where nobody has."""
        return self._stores.bindings.meaning(kind, name)

    def _meant(self, name: str, labels: Mapping[str, list[int]]) -> RelationBinding | None:
        """What a name stands for that is stored under other names."""
        if not labels:
            return None
        vectors = self._named(name, labels)
        near = _by_cosine(vectors[name], {label: vectors[label] for label in labels}, PROPOSED)
        samples: Mapping[str, Sequence[Sample]] = {}
        if self._models is not None:
            samples = samples_of(self._stores, {label: labels[label] for label, _ in near})
        candidates = judged(name, near, samples, self._readings, self._models.read if self._models else lambda *_: ())
        return bound(candidates, labels, lambda one, other: float(vectors[one] @ vectors[other]))

    def _named(self, name: str, labels: Mapping[str, list[int]]) -> Mapping[str, NDArray[np.float32]]:
        """The vectors of a name and of relations; those that are stored are not computed again."""
        if self._models is None:
            return self._encoded([name, *labels])
        ids, matrix = self._stores.relations.vectors(self._models.space())
        stored = dict(zip(ids.tolist(), matrix, strict=True))
        known = {label: stored[i] for label, of in labels.items() for i in of if i in stored}
        missing = [label for label in (name, *labels) if label not in known]
        return known | dict(zip(missing, self._models.vectors(missing), strict=True))

    def _readings(self, facts: Sequence[int]) -> dict[int, str]:
        return {id: fact.reading for id, fact in self._stores.readings(facts).items()}

    @property
    def strict(self) -> bool:
        """Whether only names that exist bind."""
        return self._strict

    def misspelt(self, name: str) -> tuple[str, ...]:
        """Stored relations of which a name is likely a slip: it is no known word for a relation, and in no fact."""
        key = relation_key(name)
        slips = 1 if len(key) <= SHORT else 2
        labels = {local_name(text) if kind == "iri" else text for _, text, kind in self._relations()}
        near = [
            (distance, label)
            for label in sorted(labels)
            if (distance := DamerauLevenshtein.distance(key, relation_key(label), score_cutoff=slips)) <= slips
        ]
        if not near or is_known(name) or self._stores.lexical.containing(tokens_for_search(name)).size:
            return ()
        return tuple(label for _, label in sorted(near)[:SHOWN])

    def tells(self) -> bool:
        """Whether there are facts to read, and names may be read from them."""
        return not self._strict and bool(self._stores.facts.count())

    def _relations(self) -> list[tuple[int, str, str]]:
        return self._labels.get(None)

    def _read_relations(self) -> list[tuple[int, str, str]]:
        rows = self._stores.database.rows(
            "SELECT id, text, kind FROM store.terms WHERE list_contains(?, id) ORDER BY id",
            [list(self._counts.get(None))],
        )
        return [(int(id), str(text), str(kind)) for id, text, kind in rows]

    def has_large_integers(self) -> bool:
        """Whether a number is stored that is 2**53 or more, so that a double may not hold it exactly."""
        return self._large.get(None)

    def sizes(self, relations: tuple[int, ...] | None) -> RelationSizes:
        """The current triples with one of these relations. Where facts state them, or merged names, they may repeat."""
        return self._sizes.get(relations)

    def _summed(self, relations: tuple[int, ...] | None) -> RelationSizes:
        known = self._counts.get(None)
        total = RelationSizes()
        for relation in known if relations is None else relations:
            if (of := known.get(relation)) is not None:
                repeated, traced = of.stated or of.merged, of.stated or not of.certain
                total |= RelationSizes(of.triples, of.subjects, of.objects, repeated, traced)
        return total

    # -------------------------------------------------------------------------------------------------------- sql

    def views(self) -> dict[str, View]:
        """The views over neural queries, by lower-case name."""
        return self._views.get(None)

    def type_candidates(self, name: str) -> tuple[tuple[str, float], ...]:
        """The entity types nearest to a name, best first."""
        rows = self._stores.database.rows("SELECT DISTINCT text FROM store.terms WHERE kind = 'type' ORDER BY text")
        return tuple(self._ranked(name, [t for (t,) in rows])[:SHOWN])

    def tells_of(self, forms: Sequence[str], attributes: Collection[str]) -> bool:
        """Whether the facts may tell of entities of a type.

        They do if a stored type is called so or is kin in meaning, if its word stands in a fact, if one of the
        attributes is told of, or if a fact is about such things. Where there are no facts, every type is an empty one.
        """
        if not self._stores.facts.count():
            return not self._classes.names()
        named = [tokens_for_search(form) for form in forms]
        if any(tokens and self._stores.lexical.containing(tokens).size for tokens in named):
            return True
        types = self.type_candidates(forms[0])
        if types and (types[0][1] >= KIN or {normalise(t) for t, _ in types} & {normalise(f) for f in forms}):
            return True
        told = [self.attribute_candidates(attribute)[:1] for attribute in sorted(attributes)]
        if any(score >= KIN for ((_, score),) in filter(None, told)):
            return True
        return self._about(forms[0])

    def attribute_candidates(self, name: str) -> tuple[tuple[str, float], ...]:
        """The attributes nearest to a name, best first."""
        return tuple(self._ranked(name, sorted({text for _, text, kind in self._relations() if kind != "iri"}))[:SHOWN])

    def attribute_told(self, name: str) -> bool:
        """Whether facts may tell of an attribute: a word for relations, one that facts have, one like a stored one.

        True where nothing is stored at all.
        """
        if not self._stores.facts.count() and not self._relations():
            return True
        words = tokens_for_search(name)
        if is_known(name) or bool(words and self._stores.lexical.containing(words).size):
            return True
        near = self.attribute_candidates(name)
        return bool(near and near[0][1] >= KIN) or self._about(name)

    def _about(self, words: str) -> bool:
        """Whether a fact is about what the words mean."""
        encoder = self._encoder()
        embeddings = self._stores.embeddings(encoder.name, encoder.width)
        _, scores = embeddings.search(encoder.encode([words])[0], 1, None)
        return bool(scores.size and scores[0] >= ABOUT)

    def entity_class(self, name: str, exact: bool = False) -> ClassBinding:
        """The stored class that the name of a table stands for; see :class:`.classes.StoredClasses`."""
        meaning = self.pinned("table", phrase(name)) or phrase(name)
        if exact:
            return self._classes.exact(meaning)
        return self._stable.get(
            ("class", meaning), lambda: self._classes.meant(meaning, self.type_candidates), lambda b: bool(b.classes)
        )

    def class_names(self) -> tuple[str, ...]:
        """The names of all stored classes; for near misses."""
        return self._classes.names()

    def stored_attributes(self, kind: ClassBinding) -> tuple[StoredAttribute, ...]:
        """The attributes that stored triples give to the things of a class, the most frequent first."""
        return self._classes.attributes(kind)

    def class_example(self, kind: ClassBinding) -> str | None:
        """The name of a thing of a class; None where none is stored."""
        return self._classes.example(kind)

    def name_keys(self, name: str) -> tuple[str, ...]:
        """The identity keys that a name can have."""
        return (self._stores.identities([name])[name],)

    def _ranked(self, name: str, labels: Sequence[str]) -> list[tuple[str, float]]:
        if not labels:
            return []
        vectors = self._encoded([name, *labels])
        return _by_cosine(vectors[name], {label: vectors[label] for label in labels}, SHOWN + 1)

    def _encoded(self, texts: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        unknown = [t for t in dict.fromkeys(texts) if t not in self._vectors]
        if unknown:
            self._vectors.update(zip(unknown, self._encoder().encode(unknown), strict=True))
        return self._vectors


def _by_cosine(
    vector: NDArray[np.float32], labels: Mapping[str, NDArray[np.float32]], count: int
) -> list[tuple[str, float]]:
    """The labels with the nearest vectors, nearest first."""
    names = list(labels)
    scores = np.stack([labels[label] for label in names]) @ vector
    order = sorted(range(len(names)), key=lambda i: (-scores[i], names[i]))
    return [(names[i], float(scores[i])) for i in order[:count]]
