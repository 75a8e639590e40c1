"""Subgraphs for a question, in three steps that can be exchanged (LEGO-GraphRAG, Cao et al. 2024): what each is given.

*Extraction* cuts a part out of the graph around what the question names, *filtering* finds paths in it, *refinement*
puts the best ones first. Each step is a protocol; the implementations go by the names that
:class:`neuraldb.plan.path_nodes.PathSteps` has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.progress import CancelToken
from neuraldb.core.relation_names import local_name
from neuraldb.models.protocols import Encoder
from neuraldb.models.registry import Models
from neuraldb.operators.walks import Path
from neuraldb.stores.adjacency import Adjacency
from neuraldb.stores.arrays import Ids, Scores
from neuraldb.stores.graph import GraphStore

MOST_VECTORS = 50_000
_VECTORS: WeakKeyDictionary[Encoder, dict[str, NDArray[np.float32]]] = WeakKeyDictionary()


@dataclass
class Search:
    """A question on its way to paths.

    Attributes:
        question: as it was asked.
        named: for each name in the question the ids of the terms that it stands for.
        names: those names.
        hops: paths are at most so long.
        graph: the snapshot that is searched.
        store: reads terms.
        models: the encoder, and the reader where it judges.
        token: stops the search.
    """

    question: str
    named: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    hops: int
    graph: Adjacency
    store: GraphStore
    models: Models
    token: CancelToken = field(default_factory=CancelToken)
    _texts: dict[int, str] = field(default_factory=dict)

    @cached_property
    def unnamed(self) -> str:
        """The question without the names in it: what it says of relations."""
        text = self.question
        for name in self.names:
            text = text.replace(name, " ")
        return " ".join(text.split())

    def starts(self, graph: Adjacency) -> tuple[Ids, ...]:
        """For each name the numbers of its nodes in a graph; names without any are left out."""
        found = (graph.numbers(terms) for terms in self.named)
        return tuple(nodes for nodes in found if len(nodes))

    def check(self) -> None:
        """Stop where the statement is to stop."""
        self.token.check()

    def texts(self, terms: Sequence[int]) -> list[str]:
        """The words of terms: names as they are, IRIs and identifiers taken apart."""
        missing = sorted({term for term in terms if term not in self._texts})
        for id, term in zip(missing, self.store.terms(missing), strict=True):
            text = local_name(term.text) if term.kind in ("iri", "relation") else term.text
            self._texts[id] = " ".join(text.replace("_", " ").split())
        return [self._texts[term] for term in terms]

    def alike(self, texts: Sequence[str], question: str) -> Scores:
        """The cosine of each text with a question."""
        vectors = remembered([question, *texts], self.models.encoder)
        return np.asarray(np.stack(vectors[1:]) @ vectors[0], np.float64) if texts else np.empty(0)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A path with what a step thinks of it; higher is better, and means nothing beside the scores of other steps."""

    path: Path
    score: float


class Extraction(Protocol):
    """The first step."""

    def __call__(self, search: Search) -> Adjacency:
        """The part of the graph in which paths are looked for, with all edges between its nodes."""


class Filtering(Protocol):
    """The second step."""

    def __call__(self, search: Search, graph: Adjacency) -> list[Ranked]:
        """Paths in a subgraph: between the names of the question, or from its one name; the most promising first."""


class Refinement(Protocol):
    """The third step."""

    def __call__(self, search: Search, graph: Adjacency, paths: Sequence[Ranked]) -> list[Ranked]:
        """The best of the paths, best first."""


def remembered(texts: Sequence[str], encoder: Encoder) -> list[NDArray[np.float32]]:
    """The vectors of texts; those of an encoder's last texts are kept, since relations come again and again."""
    known = _VECTORS.setdefault(encoder, {})
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    if missing:
        fresh = dict(zip(missing, encoder.encode(missing), strict=True))
        if len(known) + len(fresh) > MOST_VECTORS:
            kept = {text: known[text] for text in texts if text in known}
            known.clear()
            known.update(kept)
        known.update(fresh)
    return [known[text] for text in texts]


def forget(encoder: Encoder) -> None:
    """Let go of the vectors that are kept, so that a measurement begins where a new process does."""
    _VECTORS.pop(encoder, None)


def induced(graph: Adjacency, nodes: Ids) -> Adjacency:
    """The subgraph of some nodes (ascending numbers) with all edges between them."""
    arcs = graph.arcs("out")
    inside = np.zeros(len(graph.nodes), np.bool_)
    inside[nodes] = True
    leaving = arcs.of(nodes)
    edges = np.sort(arcs.edge[leaving[inside[arcs.head[leaving]]]])
    return Adjacency(
        graph.version,
        graph.nodes[nodes],
        graph.things[nodes],
        np.searchsorted(nodes, graph.subject[edges]),
        np.searchsorted(nodes, graph.object[edges]),
        graph.relation[edges],
        graph.confidence[edges],
    )


def said(search: Search, graph: Adjacency, path: Path) -> tuple[str, ...]:
    """A path in words, a sentence for each step: ``('Fram captain Otto Sverdrup.', …)``."""
    words = search.texts([int(graph.nodes[n]) for n in path.nodes])
    relations = search.texts([int(graph.relation[edge]) for edge in path.edges])
    sentences = []
    for place, (relation, forward) in enumerate(zip(relations, path.forward, strict=True)):
        subject, object_ = (place, place + 1) if forward else (place + 1, place)
        sentences.append(f"{words[subject]} {relation} {words[object_]}.")
    return tuple(sentences)
