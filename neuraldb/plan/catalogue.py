"""What the builders of plans ask about the database: which names exist, and what they stand for.

The stores implement this; a plan is built against the protocol alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from neuraldb.core.rdf import Literal
from neuraldb.plan.expressions import Scalar
from neuraldb.plan.nodes import Field


@dataclass(frozen=True, slots=True)
class RelationBinding:
    """What the name of a relation was taken to mean.

    Attributes:
        ids: the terms of the relation (several when its spellings are known to be one).
        label: the relation's name as stored.
        score: how sure, in [0, 1]; 1 for an exact match.
        runners_up: (label, score) of the next best, best first.
        more: (label, score) of further relations that mean the same and are among ``ids``, best first.
        parts: the terms of each relation, of ``label`` first and then those of ``more``; empty for an exact match.
        ambiguous: (label, score) of relations that are equally likely and mean different things, best first; where
            there are any, the name stands for none of them.
    """

    ids: tuple[int, ...]
    label: str
    score: float = 1.0
    runners_up: tuple[tuple[str, float], ...] = ()
    more: tuple[tuple[str, float], ...] = ()
    parts: tuple[tuple[int, ...], ...] = ()
    ambiguous: tuple[tuple[str, float], ...] = ()

    @property
    def chances(self) -> dict[int, float]:
        """How surely the name means each of the relations, by term."""
        scores = (self.score, *(score for _, score in self.more))
        parts = self.parts or (self.ids,)
        return {id: score for ids, score in zip(parts, scores, strict=False) for id in ids}


@dataclass(frozen=True, slots=True)
class ClassBinding:
    """What the name of a table that nobody made was taken to mean.

    Attributes:
        label: the class as stored (``person``, ``occupation astronaut``); empty where none is: then the reader says
            what is of the kind.
        classes: pairs of a relation and what it must lead to, as terms (``type`` and ``person``); any of them will do.
        score: how sure, in [0, 1]; 1 for an exact match.
        runners_up: (label, score) of the next best classes, best first.
        exact: whether only what is stored counts, since the name was quoted.
        ambiguous: (label, score) of classes that are equally likely; where there are any, the name stands for none.
    """

    label: str = ""
    classes: tuple[tuple[int, int], ...] = ()
    score: float = 0.0
    runners_up: tuple[tuple[str, float], ...] = ()
    exact: bool = False
    ambiguous: tuple[tuple[str, float], ...] = ()


READ = ClassBinding()
"""The binding to no class: what is of the kind, the reader says."""


@dataclass(frozen=True, slots=True)
class StoredAttribute:
    """An attribute that stored triples give to things of a class.

    Attributes:
        name: the relation's name.
        kind: what most of its values are: name, text, number, date or boolean.
        unit: the unit of most of its numbers; None where they have none.
        filled: the share of the things that have it, in (0, 1].
        example: the surest of its values.
    """

    name: str
    kind: str
    unit: str | None
    filled: float
    example: str


@dataclass(frozen=True, slots=True)
class RelationSizes:
    """The current triples of one or more relations.

    Attributes:
        triples: how many.
        subjects, objects: about how many different ones.
        repeated: whether several rows may state one and the same triple, as facts do.
        traced: whether any row rests on a fact, or is less than certain.
    """

    triples: float = 0.0
    subjects: float = 0.0
    objects: float = 0.0
    repeated: bool = False
    traced: bool = False

    def __or__(self, other: RelationSizes) -> RelationSizes:
        """Both together."""
        return RelationSizes(
            self.triples + other.triples,
            self.subjects + other.subjects,
            self.objects + other.objects,
            self.repeated or other.repeated,
            self.traced or other.traced,
        )


class GraphCatalogue(Protocol):
    """The names of the graph: what SPARQL and questions bind against."""

    @property
    def strict(self) -> bool:
        """Whether only names that exist bind."""

    def terms(self, text: str, kinds: tuple[str, ...]) -> tuple[int, ...]:
        """The terms of these kinds that the text names: by exact text, else by alias, else by folded text."""

    def entities(self, terms: Sequence[int]) -> tuple[str, ...]:
        """The names of the entities among terms of which something is known, in alphabetical order."""

    def nearest(self, text: str, kinds: tuple[str, ...], count: int = 3) -> tuple[str, ...]:
        """The stored names most like the text, best first; for error messages."""

    def iri(self, text: str) -> tuple[int, ...]:
        """The term of exactly this IRI; empty where it is not stored."""

    def literal(self, literal: Literal) -> tuple[int, ...]:
        """The stored terms of this literal: its lexical form, datatype and, in any case, language; maybe none."""

    def relation(self, name: str) -> RelationBinding | None:
        """What the name of a relation stands for: the exact name, else those that mean the same, else None."""

    def misspelt(self, name: str) -> tuple[str, ...]:
        """Stored relations of which a name that nobody knows is likely a slip of the fingers, best first."""

    def tells(self) -> bool:
        """Whether there are facts, from which a relation that is not stored can be read."""

    def has_large_integers(self) -> bool:
        """Whether a number is stored that is 2**53 or more, so that a double may not hold it exactly."""

    def sizes(self, relations: tuple[int, ...] | None) -> RelationSizes:
        """The current triples with one of these relations (None: any); numbers only have to rank plans.

        That they are ``repeated`` and ``traced`` is always right to say; otherwise queries are spared a grouping, and
        evidence.
        """


class TableCatalogue(Protocol):
    """The names of tables: what SQL binds against."""

    def table(self, name: str) -> tuple[Field, ...] | None:
        """The columns of a real table, view or registered frame; None where there is none of that name."""

    def describe(self, sql: str, parameters: Mapping[str, Scalar]) -> tuple[Field, ...]:
        """The columns that a query over real tables gives."""

    def type_candidates(self, name: str) -> tuple[tuple[str, float], ...]:
        """The entity types nearest to a name, with scores in [0, 1], best first."""

    def attribute_candidates(self, name: str) -> tuple[tuple[str, float], ...]:
        """The attributes nearest to a name, with scores in [0, 1], best first."""


class Catalogue(GraphCatalogue, TableCatalogue, Protocol):
    """All of it."""
