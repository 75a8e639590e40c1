"""What an operator is given: the stores, the models, the options, and how to stop, count and report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from neuraldb.core.progress import CancelToken, Counters, Report, silent
from neuraldb.plan.nodes import Node
from neuraldb.plan.path_nodes import PathSteps

if TYPE_CHECKING:
    from neuraldb.models.registry import Models
    from neuraldb.stores.bundle import Stores
    from neuraldb.stores.terms import Term


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may set for a statement.

    Attributes:
        min_confidence: rows whose confidence, as the user sees it, is below it are dropped.
        budget: facts that the reader may look at for one support-set query; None: as many as may matter.
        retrieval: how support sets are generated: ``trained`` (anchors, retriever, words), ``hybrid`` (anchors, words
            and the encoder's vectors), ``bm25`` or ``vectors`` (these alone, without anchors), or ``all`` (every fact).
        strict: in SPARQL, bind only names that exist.
        visible: ids of the only facts that there are for this statement; None: all.
        paths: how support sets are found along paths of the graph, too; None: not at all.
        predict: answer questions by edges that are only likely, too; None: where they ask for what is likely.
        trusted: False for a text that a model has written: it may only query what is stored.
    """

    min_confidence: float = 0.0
    budget: int | None = None
    retrieval: str = "trained"
    visible: frozenset[int] | None = None
    paths: PathSteps | None = None
    strict: bool = False
    predict: bool | None = None
    trusted: bool = True


ReadRdf = Callable[[Path], "Iterable[tuple[Term, Term, Term, Term | None]]"]
"""Gives the triples of an RDF file, each with its graph (None: the default graph)."""


@dataclass(frozen=True, slots=True)
class EdgeUsed:
    """An edge that no fact states.

    Attributes:
        terms: ids of subject, relation and object.
        chance: how likely it is; 1 if it is stored.
        predicted: whether it is not stored.
    """

    terms: tuple[int, int, int]
    chance: float
    predicted: bool


@dataclass
class Context:
    """The surroundings of one statement."""

    stores: Stores
    models: Models
    options: Options = field(default_factory=Options)
    token: CancelToken = field(default_factory=CancelToken)
    counters: Counters = field(default_factory=Counters)
    report: Report = silent
    judgements: dict[str, dict[str, tuple[object, float]]] = field(default_factory=dict)
    """What models said of texts, by prompt; a session hands the same one to all its statements."""
    passing: dict[Term, int] = field(default_factory=dict)
    """Terms that the statement has read and that are not stored, with ids below zero: reading writes nothing."""
    linked: dict[str, None] = field(default_factory=dict)
    """The names that the statement has given to entities, in order: later ones are called the same, to be joined."""

    edges: list[EdgeUsed] = field(default_factory=list)
    """Edges that rows rest on and that no fact states: in evidence the first goes by the id -1, the second by -2, …"""
    notes: dict[str, None] = field(default_factory=dict)
    """What is to be said beside the rows, in order: of what nothing could be predicted, and why."""
    read_rdf: ReadRdf | None = None
    """Reads the files that LOAD names; None where there is nothing that could."""

    def edge_id(self, edge: EdgeUsed) -> int:
        """The id by which evidence speaks of an edge that no fact states."""
        self.edges.append(edge)
        return -len(self.edges)

    def predicted(self, evidence: Iterable[int] | None) -> bool:
        """Whether a predicted edge is among the ids of evidence."""
        return any(fact < 0 and self.edges[-1 - fact].predicted for fact in evidence or ())

    def term_ids(self, terms: Sequence[Term]) -> list[int]:
        """The ids of terms, in order: of those that are stored theirs, of others one that the statement knows."""
        stored = self.stores.graph.find_terms(terms)
        for term in terms:
            if term not in stored:
                self.passing.setdefault(term, -1 - len(self.passing))
        return [stored[term] if term in stored else self.passing[term] for term in terms]


Operator = Callable[[Node, tuple[pa.Table, ...], Context], pa.Table]
"""The rows of a neural node from those of its children; both provenance columns are in every table."""

OPERATORS: dict[type[Node], Operator] = {}
"""How each neural node is computed."""


def neural(kind: type[Node]) -> Callable[[Operator], Operator]:
    """Register the operator of a node type."""

    def enter(operator: Operator) -> Operator:
        OPERATORS[kind] = operator
        return operator

    return enter


ARROW_TYPES: Mapping[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TERM": pa.int64(),
    "VARCHAR[]": pa.list_(pa.string()),
    "BIGINT[]": pa.list_(pa.int64()),
}
