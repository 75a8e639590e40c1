"""Answers of complex logical queries over edges that are stored, and over those that are missing but likely.

Query computation tree optimisation (Bai et al. 2023): each entity has a score in [0, 1], a projection takes the best
edge to each entity, conjunction multiplies, disjunction is the noisy or, negation the complement. A stored edge scores
1 and a predicted one less, whatever the predictor says. Nothing is computed before a query asks for it, and no matrix
over all entities is kept: from the likeliest ``beam`` entities of a step edges are predicted, over stored ones all are
followed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from neuraldb.models.edges import by_relation
from neuraldb.models.protocols import LinkPredictor
from neuraldb.plan.logical_queries import Anchor, Conjunction, Disjunction, LogicalQuery, Negation, Projection

Scores = NDArray[np.float32]
"""One score in [0, 1] an entity, (entities,)."""
Edges = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The near and the far ends of edges, (e,) each."""
PREDICTED = 0.9999
"""The most that a predicted edge scores."""
CELLS = 1 << 23
"""Scores that are held at once: entities from which edges are predicted, times all."""
FIRST = 32
"""Entities from which edges are predicted before it is asked whether others can change anything."""
NONE: Edges = (np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class StoredEdges:
    """The edges that a graph has.

    Attributes:
        entities: how many there are.
        by_relation: heads and tails of each relation's edges, without doubles.
    """

    entities: int
    by_relation: Mapping[int, Edges]

    @classmethod
    def of(cls, triples: NDArray[np.int64], entities: int) -> StoredEdges:
        """The edges of triples (n, 3) of head, relation and tail."""
        return cls(entities, by_relation(triples))

    def edges(self, relation: int, inverse: bool = False) -> Edges:
        """The near and far ends of a relation's edges."""
        heads, tails = self.by_relation.get(relation, NONE)
        return (tails, heads) if inverse else (heads, tails)


@dataclass(frozen=True)
class TreeOptimiser:
    """Scores of all entities as answers of a query.

    Attributes:
        stored: the edges that there are.
        predictor: scores those that there are not; None: only stored edges count, and all scores are 0 or 1.
        beam: from how many entities of a step edges are predicted.
        denial: how much a predicted edge weighs where it is negated; a stored one denies for certain.
        negligible: from entities that score less than this share of the best, no edges are predicted: what would come
            of it is below what a predictor says of any two entities.
    """

    stored: StoredEdges
    predictor: LinkPredictor | None = None
    beam: int = 128
    denial: float = 6.0
    negligible: float = 1e-3
    _counts: dict[tuple[int, bool], NDArray[np.int64]] = field(default_factory=dict, repr=False, compare=False)

    def scores(self, query: LogicalQuery) -> Scores:
        """The score of each entity as an answer: 1 exactly if stored edges alone make it one."""
        match query:
            case Anchor(entity):
                scores = np.zeros(self.stored.entities, np.float32)
                scores[entity] = 1.0
                return scores
            case Projection(relation, of, inverse):
                return self._project(self._starts(of), relation, inverse)
            case Conjunction(parts):
                return reduce(np.multiply, map(self.scores, parts))
            case Disjunction(parts):
                return 1.0 - reduce(np.multiply, (1.0 - self.scores(p) for p in parts))
            case Negation(of):
                inside = self.scores(of)
                denied = np.where(inside < 1.0, np.minimum(self.denial * inside, 1.0), 1.0)
                return (1.0 - denied).astype(np.float32)

    def _starts(self, query: LogicalQuery) -> Scores:
        """The scores of a query from whose answers a projection goes on: only the beam need be right.

        Others may be too low, which what stored edges of theirs lead to inherits: not followed at all, they would cost
        more (NELL995, queries of the pattern up: a point and a half of mean reciprocal rank).
        """
        match query:
            case Projection(relation, of, inverse) if self.predictor is not None:
                return self._project(self._starts(of), relation, inverse, self.beam)
            case _:
                return self.scores(query)

    def _project(self, near: Scores, relation: int, inverse: bool, enough: int | None = None) -> Scores:
        """The scores of the far ends; those below the ``enough`` highest may be too low where only these are wanted."""
        far = np.zeros_like(near)
        starts, ends = self.stored.edges(relation, inverse)
        reached = near[starts] > 0
        np.maximum.at(far, ends[reached], near[starts[reached]])
        if self.predictor is not None:
            self._predict(self.predictor, near, relation, inverse, far, enough)
        return far

    def _predict(
        self, predictor: LinkPredictor, near: Scores, relation: int, inverse: bool, far: Scores, enough: int | None
    ) -> None:
        """Raise ``far`` to the best predicted edge to each entity.

        From the likeliest entities first: no edge scores more than where it begins, so the others are passed over once
        that is too little to change anything.
        """
        chosen = likeliest(near, self.beam)
        chosen = chosen[near[chosen] > self.negligible * near[chosen].max(initial=0.0)]
        chosen = chosen[np.argsort(-near[chosen], kind="stable")]
        most = max(1, CELLS // max(1, len(near)))
        while len(chosen):
            if enough is not None:
                chosen = chosen[np.float32(PREDICTED) * near[chosen] >= highest(far, enough)]
            some, chosen = np.split(chosen, [min(most, FIRST) if enough is not None else most])
            if not len(some):
                return
            chances = self._chances(predictor, some, near[some], relation, inverse)
            np.maximum(far, chances.max(0), out=far)

    def _chances(
        self, predictor: LinkPredictor, heads: NDArray[np.int64], near: Scores, relation: int, inverse: bool
    ) -> Scores:
        """How likely an edge leads from each head to each entity, times the head's own score (n, entities).

        A row's scores become the chances of its tails by softmax, times how many tails are stored: as many again are
        expected (Bai et al. 2023, section 3.2). All in place: a row is as long as there are entities.
        """
        scores = predictor.rows(heads, relation, inverse)
        scores -= scores.max(1, keepdims=True)
        np.exp(scores, out=scores)
        factors = near * np.maximum(self._degrees(relation, inverse)[heads], 1) / scores.sum(1)
        scores *= factors[:, None].astype(np.float32)
        limits = np.float32(PREDICTED) * near
        above = np.flatnonzero(factors > limits)  # the best of a row has e⁰
        if len(above):
            scores[above] = np.minimum(scores[above], limits[above, None])
        return scores

    def _degrees(self, relation: int, inverse: bool) -> NDArray[np.int64]:
        """How many edges of a relation begin at each entity (entities,)."""
        key = relation, inverse
        if key not in self._counts:
            starts, _ = self.stored.edges(relation, inverse)
            self._counts[key] = np.bincount(starts, minlength=self.stored.entities)
        return self._counts[key]


def likeliest(scores: Scores, number: int) -> NDArray[np.int64]:
    """The entities of the highest scores above 0, at most ``number`` (n,), in order of their numbers."""
    found = np.flatnonzero(scores > 0)
    if len(found) <= number:
        return found
    least = highest(scores[found], number)
    sure, ties = found[scores[found] > least], found[scores[found] == least]
    return np.sort(np.concatenate([sure, ties[: number - len(sure)]]))


def highest(scores: Scores, number: int) -> np.float32:
    """The score in the place ``number``, from the highest down; 0 where there are not so many."""
    if len(scores) < number:
        return np.float32(0.0)
    return np.float32(np.partition(scores, len(scores) - number)[len(scores) - number])


def log_sum_exp(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """The logarithm of the sum of the exponentials of each row (n,)."""
    most = scores.max(1)
    sums: NDArray[np.float64] = np.exp(scores - most[:, None]).sum(1, dtype=np.float64)
    logarithms: NDArray[np.float64] = most + np.log(sums)
    return logarithms


def answers(query: LogicalQuery, neighbours: Mapping[tuple[int, int, bool], set[int]], entities: int) -> set[int]:
    """What a query's answers are by stored edges alone, set by set.

    Args:
        query: the query.
        neighbours: for each entity, relation and direction (True: from tail to head) the other ends.
        entities: how many there are.
    """
    match query:
        case Anchor(entity):
            return {entity}
        case Projection(relation, of, inverse):
            near = answers(of, neighbours, entities)
            empty: set[int] = set()
            return empty.union(*(neighbours.get((e, relation, inverse), empty) for e in near))
        case Conjunction(parts):
            return _intersection(parts, neighbours, entities)
        case Disjunction(parts):
            return set().union(*(answers(p, neighbours, entities) for p in parts))
        case Negation(of):
            return set(range(entities)) - answers(of, neighbours, entities)


def _intersection(
    parts: tuple[LogicalQuery, ...], neighbours: Mapping[tuple[int, int, bool], set[int]], entities: int
) -> set[int]:
    """What is in all parts; what is negated is taken away from the rest."""
    positive = [p for p in parts if not isinstance(p, Negation)]
    found = (
        set.intersection(*(answers(p, neighbours, entities) for p in positive)) if positive else set(range(entities))
    )
    for part in parts:
        if isinstance(part, Negation):
            found = found - answers(part.of, neighbours, entities)
    return found


def adjacency(triples: NDArray[np.int64]) -> dict[tuple[int, int, bool], set[int]]:
    """The neighbours of entities by triples (n, 3), for :func:`answers`."""
    found: dict[tuple[int, int, bool], set[int]] = defaultdict(set)
    for head, relation, tail in triples.tolist():
        found[head, relation, False].add(tail)
        found[tail, relation, True].add(head)
    return dict(found)
