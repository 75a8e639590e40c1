"""Link prediction by rules (Meilicke et al. 2019): what else holds of an entity makes an edge likely, and says why.

Rules of relation r for a given end X, each with the share of its matches that are edges:

- a path leads to the other end: ``r(X, Y) <- p(X, A), q(A, Y)``;
- a neighbour speaks for one end: ``r(X, c) <- p(X, d)``;
- an edge of any kind does: ``r(X, c) <- p(X, _)``.

They hold of entities that came after the mining as well. What rules of one kind say of an end is redundant, so the best
of each kind counts, and the kinds are joined by noisy or (Ott et al. 2021, where clusters of rules do the same).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neuraldb.models.edges import by_relation
from neuraldb.models.protocols import Entities, Vectors

Step: TypeAlias = int
"""Twice a relation's number, one more where it is read from tail to head."""
Matrices: TypeAlias = "Mapping[Step, sparse.csr_array]"
"""For each step with an edge a matrix (entities, entities), 1 for an edge."""
TIE = 1e-3
"""How much all of what agrees weighs beside the best: it decides among ends that have the same best rule."""
WIDE = np.int64(1) << 40
"""A feature's key is its step times this, and its end."""
ANY = int(WIDE) - 1
"""The end of a feature that any end has."""


@dataclass(frozen=True, slots=True)
class PathRule:
    """``r(X, Y)`` where ``steps`` lead from X to Y, with its confidence in [0, 1]."""

    steps: tuple[Step, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class EndRules:
    """Rules for single ends: what features of X speak for, in order of the features.

    Attributes:
        features: keys of features (rules,), int64.
        ends: entities (rules,), int64.
        confidences: (rules,), float32 in [0, 1].
    """

    features: NDArray[np.int64]
    ends: NDArray[np.int64]
    confidences: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rules:
    """What was mined.

    Attributes:
        paths: rules by the relation they speak for.
        ends: rules for single ends, by step.
    """

    paths: Mapping[int, Sequence[PathRule]]
    ends: Mapping[Step, EndRules]


@dataclass(frozen=True, slots=True)
class Because:
    """One rule that speaks for an edge.

    Attributes:
        steps: the path from the given end to the other; of a rule for a single end, the one step of its feature.
        end: where that step must lead for the rule to hold; None: anywhere.
        single: whether it is a rule for a single end.
        confidence: in [0, 1].
    """

    steps: tuple[Step, ...]
    end: int | None
    single: bool
    confidence: float


class RuleSet:
    """Rules over a graph as it is now.

    Args:
        rules: what was mined, on this graph or on what it was.
        triples: what is stored (n, 3).
        entities: how many there are.
    """

    name = "rules"

    def __init__(self, rules: Rules, triples: NDArray[np.int64], entities: int) -> None:
        self.rules, self.entities = rules, entities
        self.edges = step_matrices(triples, entities)
        self._leaving = features_of(self.edges, entities)
        self._starts: dict[Step, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}

    def rows(self, heads: Entities, relation: int, inverse: bool = False) -> Vectors:
        """See :meth:`neuraldb.models.protocols.LinkPredictor.rows`; scores are confidences in [0, 1]."""
        scores = self._by_paths(heads, relation, inverse)
        rules = self.rules.ends.get(2 * relation + inverse)
        if rules is not None and len(rules.ends):
            by_ends = self._by_ends(heads, 2 * relation + inverse, rules)
            scores = np.float32(1.0) - (np.float32(1.0) - scores) * (np.float32(1.0) - by_ends)
        return np.ascontiguousarray(scores, np.float32)

    def _by_paths(self, heads: Entities, relation: int, inverse: bool) -> Vectors:
        scores = np.zeros((len(heads), self.entities), np.float32)
        more = np.zeros_like(scores)
        reached: dict[tuple[Step, ...], sparse.csr_array] = {}
        for rule in self.rules.paths.get(relation, ()):
            coordinates = self._reached(heads, directed(rule.steps, inverse), reached).tocoo()
            places = coordinates.row, coordinates.col
            more[places] += rule.confidence
            np.maximum.at(scores, places, rule.confidence)
        return np.minimum(scores + np.float32(TIE) * more, np.float32(1.0))

    def _reached(
        self, heads: Entities, steps: tuple[Step, ...], reached: dict[tuple[Step, ...], sparse.csr_array]
    ) -> sparse.csr_array:
        """Which entities the steps lead to from each head (heads, entities)."""
        if steps not in reached:
            last = self.edges.get(steps[-1])
            if last is None:
                found = sparse.csr_array((len(heads), self.entities), dtype=np.float32)
            elif len(steps) == 1:
                found = last[heads]
            else:
                found = self._reached(heads, steps[:-1], reached) @ last
            reached[steps] = found
        return reached[steps]

    def _by_ends(self, heads: Entities, step: Step, rules: EndRules) -> Vectors:
        scores = np.zeros((len(heads), self.entities), np.float32)
        for place, head in enumerate(heads):
            chosen = self._speaking(int(head), step, rules)
            ends, confidences = rules.ends[chosen], rules.confidences[chosen]
            np.maximum.at(scores[place], ends, confidences)
            np.add.at(scores[place], ends, TIE * confidences)
        return np.minimum(scores, 1.0)

    def _speaking(self, head: int, step: Step, rules: EndRules) -> NDArray[np.int64]:
        """The places of the rules whose features an entity has."""
        if step not in self._starts:
            self._starts[step] = np.unique(rules.features, return_index=True)
        known, firsts = self._starts[step]
        own = self._leaving.get(head, np.zeros(0, np.int64))
        places = np.searchsorted(known, own)
        places = places[places < len(known)]
        found = places[np.isin(known[places], own)]
        lasts = np.append(firsts[1:], len(rules.ends))
        chosen = [np.arange(firsts[p], lasts[p]) for p in np.unique(found)]
        return np.concatenate(chosen) if chosen else np.zeros(0, np.int64)

    def because(self, near: int, relation: int, far: int, inverse: bool = False) -> list[Because]:
        """The rules that speak for an edge, the surest first."""
        reached: dict[tuple[Step, ...], sparse.csr_array] = {}
        found = []
        for rule in self.rules.paths.get(relation, ()):
            steps = directed(rule.steps, inverse)
            if self._reached(np.array([near]), steps, reached)[0, far]:
                found.append(Because(steps, None, False, rule.confidence))
        rules = self.rules.ends.get(2 * relation + inverse)
        if rules is not None:
            for place in self._speaking(near, 2 * relation + inverse, rules):
                if rules.ends[place] == far:
                    step, end = divmod(int(rules.features[place]), int(WIDE))
                    confidence = float(rules.confidences[place])
                    found.append(Because((step,), None if end == ANY else end, True, confidence))
        return sorted(found, key=lambda b: (-b.confidence, b.steps))


def directed(steps: tuple[Step, ...], inverse: bool) -> tuple[Step, ...]:
    """Steps as they are, or those that lead back."""
    return tuple(step ^ 1 for step in reversed(steps)) if inverse else steps


def step_matrices(triples: NDArray[np.int64], entities: int) -> dict[Step, sparse.csr_array]:
    """The matrices of each step with an edge; edges to oneself are left out."""
    found: dict[Step, sparse.csr_array] = {}
    for relation, (heads, tails) in by_relation(triples[triples[:, 0] != triples[:, 2]]).items():
        ones = np.ones(len(heads), np.float32)
        forward = sparse.coo_array((ones, (heads, tails)), shape=(entities, entities)).tocsr()
        found[2 * relation] = forward
        found[2 * relation + 1] = forward.T.tocsr()
    return found


def features_of(edges: Matrices, entities: int) -> dict[int, NDArray[np.int64]]:
    """The keys of each entity's features, sorted: each edge with its other end, and each kind of edge."""
    rows, keys = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for step, matrix in edges.items():
        coordinates = matrix.tocoo()
        with_edge = np.unique(coordinates.row)
        rows += [coordinates.row, with_edge]
        keys += [step * WIDE + coordinates.col, np.full(len(with_edge), step * WIDE + ANY)]
    every, values = np.concatenate(rows), np.concatenate(keys)
    order = np.lexsort((values, every))
    bounds = np.searchsorted(every[order], np.arange(entities + 1))
    return {e: values[order[a:b]] for e, (a, b) in enumerate(pairwise(bounds)) if a < b}
