"""Learns how a factorisation and rules are mixed: the weights under which edges that neither has seen are likeliest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from neuraldb.models.mixture import Weights
from neuraldb.models.protocols import LinkPredictor

ASKED = 1000
"""Queries that the weights are learned on."""
RIVALS = 600
"""Ends that each predictor finds likeliest; the rest of the softmax is too little to matter."""
FLOORS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
ROWS = 64


@dataclass(frozen=True, slots=True)
class _Query:
    """What both say of the rivals (c,) of one end, and the place of this end among them."""

    scores: NDArray[np.float64]
    confidences: NDArray[np.float64]
    target: int

    def table(self, floor: float) -> NDArray[np.float64]:
        """What is weighed (2, c)."""
        return np.stack([self.scores, np.log(floor + self.confidences)])


def learn(
    factors: LinkPredictor,
    rules: LinkPredictor,
    unseen: NDArray[np.int64],
    known: NDArray[np.int64],
    seed: int,
) -> Weights:
    """The weights: each unseen edge's far end is likely among all that make no known edge.

    Args:
        factors: scores are logits.
        rules: scores are confidences.
        unseen: edges (n, 3) that neither was made from; a sample is used, in both directions.
        known: all others (m, 3).
        seed: of the sample.
    """
    chosen = unseen[np.random.default_rng(seed).permutation(len(unseen))[: ASKED // 2]]
    queries = _queries(factors, rules, chosen, np.concatenate([known, unseen]))
    fitted = [(*_fitted([q.table(floor) for q in queries], [q.target for q in queries]), floor) for floor in FLOORS]
    _, weights, floor = min(fitted, key=lambda f: f[0])
    return Weights(float(weights[0]), float(weights[1]), floor)


def _queries(
    factors: LinkPredictor, rules: LinkPredictor, chosen: NDArray[np.int64], every: NDArray[np.int64]
) -> list[_Query]:
    ends: dict[tuple[int, int], list[int]] = defaultdict(list)
    for head, relation, tail in every.tolist():
        ends[head, 2 * relation].append(tail)
        ends[tail, 2 * relation + 1].append(head)
    found = []
    for step in sorted({2 * r + side for r in chosen[:, 1].tolist() for side in (0, 1)}):
        relation, inverse = step // 2, bool(step % 2)
        asked = chosen[chosen[:, 1] == relation][:, [2, 0] if inverse else [0, 2]]
        for some in np.split(asked, range(ROWS, len(asked), ROWS)):
            rows = (p.rows(some[:, 0], relation, inverse) for p in (factors, rules))
            for (near, far), scores, confidences in zip(some.tolist(), *rows, strict=True):
                found.append(_query(scores, confidences, far, ends[near, step]))
    return found


def _query(scores: NDArray[np.float32], confidences: NDArray[np.float32], target: int, true: Sequence[int]) -> _Query:
    others = np.ones(len(scores), bool)
    others[true] = False
    places = np.flatnonzero(others)
    most = min(RIVALS, len(places))
    rivals = [places[np.argpartition(-by[places], most - 1)[:most]] for by in (scores, confidences) if most]
    kept = np.unique(np.concatenate([*rivals, [target]]))
    target_at = int(np.searchsorted(kept, target))
    return _Query(scores[kept].astype(np.float64), confidences[kept].astype(np.float64), target_at)


def _fitted(tables: Sequence[NDArray[np.float64]], targets: Sequence[int]) -> tuple[float, NDArray[np.float64]]:
    """The loss, and the weights (2,) that make it least: a convex problem."""

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = 0.0, np.zeros(2)
        for table, target in zip(tables, targets, strict=True):
            mixed = weights @ table
            shares = np.exp(mixed - mixed.max())
            shares /= shares.sum()
            total -= float(np.log(shares[target] + 1e-300))
            slope += table @ shares - table[:, target]
        return total, slope

    limits = [(0.0, None), (0.0, None)]
    found = optimize.minimize(loss, [1.0, 0.5], jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": 50})
    return float(found.fun), found.x
