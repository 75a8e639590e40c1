"""Link prediction by rules (Meilicke et al. 2019): what else holds of an entity makes an edge likely, and says why.

Rules of relation r for a given end X, each with the share of its matches that are edges:

- a path leads to the other end, no entity twice on it: ``r(X, Y) <- p(X, A), q(A, Y)``;
- a neighbour speaks for one end: ``r(X, c) <- p(X, d)``;
- an edge of any kind does: ``r(X, c) <- p(X, _)``.

The last two are read both ways: from X to c, and from c to everything that has an edge p. Rules hold of entities that
came after the mining as well. What rules of one kind (paths, what X has, what the other end has) say of an end is
redundant, so the best of each kind counts, and the kinds are joined by noisy or (Ott et al. 2021, where clusters of
rules do the same).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
"""The most that all of what agrees weighs beside the best: it decides among ends that have the same best rule."""
WIDE = np.int64(1) << 40
"""A feature's key is its step times this, and its end."""
ANY = int(WIDE) - 1
"""The end of a feature that any end has."""
Said: TypeAlias = "tuple[NDArray[np.int64], Vectors]"
"""Ends, and a confidence for each; an end may come several times."""
NOTHING: Said = np.zeros(0, np.int64), np.zeros(0, np.float32)


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
        far: of a rule for a single end, whether the feature is the other end's, and the given end what it speaks for.
    """

    steps: tuple[Step, ...]
    end: int | None
    single: bool
    confidence: float
    far: bool = False


class Reach:
    """Which entities paths lead to from some starts, no entity twice on a path.

    Args:
        edges: of each step.
        starts: where the paths begin (n,).
    """

    def __init__(self, edges: Matrices, starts: Entities) -> None:
        self._edges, self._starts = edges, starts
        self._found: dict[tuple[Step, ...], sparse.csr_array] = {}

    def __call__(self, steps: tuple[Step, ...]) -> sparse.csr_array | None:
        """How many ways lead to each entity (n, entities), without those of none; None where a step has no edge.

        Of a path of three steps the second and the third entity are kept from being the other's end, but for a loop of
        three different relations, which is rare.
        """
        if steps not in self._found:
            last = self._edges.get(steps[-1])
            before = self(steps[:-1]) if len(steps) > 1 else None
            if last is None or (len(steps) > 1 and before is None):
                return None
            found = last[self._starts] if before is None else before @ last
            if len(steps) == 3:  # nothing goes on from these, and they are large
                found = self._without_return(found, steps) if steps[2] == steps[1] ^ 1 else found
                return without_ends(found, self._starts)
            self._found[steps] = found if before is None else without_ends(found, self._starts)
        return self._found[steps]

    def _without_return(self, found: sparse.csr_array, steps: tuple[Step, ...]) -> sparse.csr_array:
        """Without paths that go from the first entity to another and back."""
        first = self._found[steps[:1]]
        ways = np.diff(self._edges[steps[1]].indptr)[first.indices].astype(np.float32)
        back = first * self._edges[steps[1] ^ 1][self._starts]  # those to the start are left out already
        left = found - sparse.csr_array((ways, first.indices, first.indptr), shape=first.shape) + back
        left.data[left.data < 0.5] = 0.0
        left.eliminate_zeros()
        return left


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
        self._features = Features(self.edges, entities)
        self._paths = {r: sorted(found, key=lambda p: p.confidence) for r, found in rules.paths.items()}
        self._by_end: dict[Step, NDArray[np.int64]] = {}

    def rows(self, heads: Entities, relation: int, inverse: bool = False) -> Vectors:
        """See :meth:`neuraldb.models.protocols.LinkPredictor.rows`; scores are confidences in [0, 1]."""
        doubts = np.ones((len(heads), self.entities), np.float32)
        doubts *= np.float32(1.0) - self._by_paths(heads, relation, inverse)
        step = 2 * relation + inverse
        for place, head in enumerate(heads.tolist()):
            for found in (self._by_near(head, step), self._by_far(head, step)):
                ends, confidences = found
                if len(ends):
                    doubts[place] *= np.float32(1.0) - best(ends, confidences, self.entities)
        return np.float32(1.0) - doubts

    def _by_paths(self, heads: Entities, relation: int, inverse: bool) -> Vectors:
        scores = np.zeros(len(heads) * self.entities, np.float32)
        more = np.zeros_like(scores)
        reach = Reach(self.edges, heads)
        for rule in self._paths.get(relation, ()):  # the surest at last
            found = reach(directed(rule.steps, inverse))
            if found is not None and found.nnz:
                places = np.repeat(np.arange(len(heads)) * self.entities, np.diff(found.indptr)) + found.indices
                scores[places] = rule.confidence
                more[places] += np.float32(rule.confidence)
        joined: Vectors = with_ties(scores, more).reshape(len(heads), self.entities)
        return joined

    def _by_near(self, head: int, step: Step) -> Said:
        """What rules say by the features of the given end."""
        rules = self.rules.ends.get(step)
        if rules is None:
            return NOTHING
        places = ranges(rules.features, self._features.of(head))
        return rules.ends[places], rules.confidences[places]

    def _by_far(self, head: int, step: Step) -> Said:
        """What rules say for the given end, of all that have their features."""
        places = self._for(head, step ^ 1)
        if not len(places):
            return NOTHING
        rules = self.rules.ends[step ^ 1]
        owners, counts = self._features.owners(rules.features[places])
        return owners, np.repeat(rules.confidences[places], counts)

    def _for(self, end: int, step: Step) -> NDArray[np.int64]:
        """The places of a step's rules that speak for an end."""
        rules = self.rules.ends.get(step)
        if rules is None:
            return np.zeros(0, np.int64)
        if step not in self._by_end:
            self._by_end[step] = np.argsort(rules.ends, kind="stable")
        order = self._by_end[step]
        first, last = np.searchsorted(rules.ends, [end, end + 1], sorter=order)
        return order[first:last]

    def because(self, near: int, relation: int, far: int, inverse: bool = False) -> list[Because]:
        """The rules that speak for an edge, the surest first."""
        reach = Reach(self.edges, np.array([near]))
        found = []
        for rule in self._paths.get(relation, ()):
            steps = directed(rule.steps, inverse)
            reached = reach(steps)
            if reached is not None and reached[0, far]:
                found.append(Because(steps, None, False, rule.confidence))
        for step, owner, end in ((2 * relation + inverse, near, far), (2 * relation + 1 - inverse, far, near)):
            own = self._features.of(owner)
            for place in self._for(end, step):
                rules = self.rules.ends[step]
                if rules.features[place] in own:
                    kind, other = divmod(int(rules.features[place]), int(WIDE))
                    confidence = float(rules.confidences[place])
                    found.append(Because((kind,), None if other == ANY else other, True, confidence, owner == far))
        return sorted(found, key=lambda b: (-b.confidence, b.steps))


class Features:
    """The features of a graph's entities: each edge with its other end, and each kind of edge.

    Args:
        edges: of each step.
        entities: how many there are.

    Attributes:
        keys: of all features, sorted (f,).
        owner_of: who has them, feature by feature (n,).
        starts: where each feature's owners begin, and at last how many there are (f + 1,).
    """

    def __init__(self, edges: Matrices, entities: int) -> None:
        rows, keys = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for step, matrix in edges.items():
            coordinates = matrix.tocoo()
            with_edge = np.unique(coordinates.row)
            rows += [coordinates.row.astype(np.int64), with_edge.astype(np.int64)]
            keys += [step * WIDE + coordinates.col, np.full(len(with_edge), step * WIDE + ANY)]
        every, values = np.concatenate(rows), np.concatenate(keys)
        order = np.lexsort((every, values))
        self.owner_of, sorted_keys = every[order], values[order]
        self.keys, firsts = np.unique(sorted_keys, return_index=True)
        self.starts = np.append(firsts, len(every))
        order = np.lexsort((values, every))
        self._own, self._bounds = values[order], np.searchsorted(every[order], np.arange(entities + 1))

    def of(self, entity: int) -> NDArray[np.int64]:
        """The keys of an entity's features, sorted."""
        return self._own[self._bounds[entity] : self._bounds[entity + 1]]

    def owners(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Who has the features of some keys, one after the other, and how many each has."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        counts = np.where(self.keys[places] == keys, self.starts[places + 1] - self.starts[places], 0)
        return self.owner_of[spread(self.starts[places], counts)], counts


def best(ends: NDArray[np.int64], confidences: Vectors, entities: int) -> Vectors:
    """The highest confidence of each entity (entities,), ties told apart by all that is said of it."""
    order = np.argsort(confidences, kind="stable")
    scores = np.zeros(entities, np.float32)
    scores[ends[order]] = confidences[order]
    more = np.bincount(ends, confidences, minlength=entities).astype(np.float32)
    return with_ties(scores, more)


def with_ties(scores: Vectors, more: Vectors) -> Vectors:
    """The best confidences, raised a little by the sums of all."""
    raised: Vectors = np.minimum(scores + np.float32(TIE) * more / (np.float32(1.0) + more), np.float32(1.0))
    return raised


def ranges(known: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of all that is wanted in what is sorted, with doubles."""
    first, last = np.searchsorted(known, wanted), np.searchsorted(known, wanted, "right")
    return spread(first, last - first)


def spread(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """So many numbers from each start on, one range after the other."""
    every = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    places: NDArray[np.int64] = every + np.repeat(starts, counts)
    return places


def without_ends(found: sparse.csr_array, ends: Entities) -> sparse.csr_array:
    """Without the entry of each row's own entity."""
    own = np.repeat(ends, np.diff(found.indptr))
    kept = found.indices != own
    starts = np.concatenate([[0], np.cumsum(kept)])[found.indptr]
    return sparse.csr_array((found.data[kept], found.indices[kept], starts), shape=found.shape)


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
