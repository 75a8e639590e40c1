"""What the engine asks of models. Any object with these methods will do; the embedded default is one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.frames import QuestionFrame, QuestionParser
from neuraldb.core.progress import CancelToken

__all__ = [
    "Derivation",
    "Encoder",
    "ExtractedMention",
    "ExtractedTriple",
    "Extraction",
    "Extractor",
    "LinkPredictor",
    "PlainReader",
    "QuestionFrame",
    "QuestionParser",
    "ReadRequest",
    "Reader",
    "Reading",
    "RelationSpace",
    "Retriever",
    "SpanText",
]

Vectors = NDArray[np.float32]
Entities = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SpanText:
    """A stretch of a fact: ``text == fact[start:end]``, with ``fact`` the number of the fact in its support set."""

    fact: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """One thing that follows from a support set: an answer, or a key with its value; confidence in [0, 1]."""

    key: SpanText
    value: SpanText | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of one support set.

    ``yes``, ``no`` and ``nothing`` are probabilities; ``derivations`` are empty where nothing follows. Where the model
    replied nothing that could be read, a reading is ``unreadable`` and empty: it is taken for nothing this time, and is
    not remembered.
    """

    derivations: tuple[Derivation, ...]
    yes: float = 0.0
    no: float = 0.0
    nothing: float = 1.0
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A question, a support set, and what is wanted: ``answer``, ``pair`` or ``verdict``."""

    question: str
    facts: tuple[str, ...]
    mode: str


@dataclass(frozen=True, slots=True)
class ExtractedMention:
    """A stretch of a fact that names somebody, something or a value; ``type`` is a noun for what it is, or empty."""

    start: int
    end: int
    text: str
    type: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class ExtractedTriple:
    """Two mentions (by number) and the words for how they are related."""

    subject: int
    relation: str
    object: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a fact says, as far as an extractor sees it."""

    mentions: tuple[ExtractedMention, ...] = ()
    triples: tuple[ExtractedTriple, ...] = ()


@runtime_checkable
class Extractor(Protocol):
    """Facts to mentions and triples, once, when they are added."""

    name: str

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """One extraction a text, in order."""
        ...


@runtime_checkable
class RelationSpace(Protocol):
    """An extractor that knows names of relations that mean the same.

    Attributes:
        name: name and version.
        encoder: the name of the encoder whose vectors it turns.
    """

    name: str
    encoder: str

    def relation_vectors(self, vectors: Vectors) -> Vectors:
        """An encoder's vectors of names (n, width) as unit vectors (n, width'), near where relations are one."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Texts to vectors whose inner product is similarity."""

    name: str
    width: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (n, width) float32."""
        ...


@runtime_checkable
class PlanRanker(Protocol):
    """Which of several plans a question means."""

    def score(self, question: str, plans: Sequence[str]) -> Vectors:
        """A score for each plan in words (n,), higher for likelier ones."""
        ...


@runtime_checkable
class Retriever(Protocol):
    """Support-set generation: what to look for among the facts' vectors (Thorne et al. 2021, section 3.2).

    Attributes:
        name: name and version.
        encoder: the name of the encoder whose vectors of facts it searches.
    """

    name: str
    encoder: str

    def wanted(self, questions: Sequence[str]) -> tuple[Vectors, Vectors, float]:
        """Unit vectors (n, width) and biases (n,), float32, and the scale.

        A fact whose vector has the cosine ``c`` with a question's belongs to its support set with the probability
        ``1 / (1 + exp(-(scale * c + bias)))``.
        """
        ...


@runtime_checkable
class Reader(Protocol):
    """Neural SPJ (Thorne et al. 2021, section 3.1): support sets to derivations.

    A reader whose ``read`` has no parameter ``token`` will do, too (:class:`PlainReader`).
    """

    name: str

    def read(self, requests: Sequence[ReadRequest], token: CancelToken | None = None) -> list[Reading]:
        """One reading a request, in order.

        Raises:
            Cancelled, Timeout: when ``token``, which is to be checked between what takes long, says so.
        """
        ...


class PlainReader(Protocol):
    """A reader that cannot be stopped within a call."""

    name: str

    def read(self, requests: Sequence[ReadRequest], /) -> list[Reading]:
        """One reading a request, in order."""
        ...


@runtime_checkable
class LinkPredictor(Protocol):
    """Edges that are missing but likely: scores of every entity as the other end of an edge."""

    @property
    def name(self) -> str:
        """Name and version."""
        ...

    def rows(self, heads: Entities, relation: int, inverse: bool = False) -> Vectors:
        """The scores of all entities as tails of (head, relation), or with ``inverse`` as heads of (relation, tail).

        Args:
            heads: numbers of entities (n,), int64: the ends that are given.
            relation: the number of the relation.
            inverse: whether the given ends are tails.

        Returns:
            Scores (n, entities) float32, of which only the order within a row counts.
        """
        ...
