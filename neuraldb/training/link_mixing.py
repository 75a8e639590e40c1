"""Learns how a factorisation and rules are mixed: the weights under which edges that neither has seen are likeliest.

One floor and two weights hold for all relations; each relation read in one direction has weights of its own as far as
its edges tell against these (maximum a posteriori, a normal prior around the common ones).
"""

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
FLOORS = (0.001, 0.003, 0.01, 0.03, 0.1)
PRIOR = 8.0
"""How much a relation's own weights are held to the common ones: twice as many nats as one weight of 0 costs."""
ROWS = 64
Pair = NDArray[np.float64]
"""The weights of factors and of rules (2,)."""


@dataclass(frozen=True, slots=True)
class _Query:
    """What both say of the rivals (c,) of one end, and the place of this end among them."""

    step: int
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
    fitted = [(*_fitted([q.table(floor) for q in queries], queries), floor) for floor in FLOORS]
    _, common, floor = min(fitted, key=lambda f: f[0])
    by_step: dict[int, list[_Query]] = defaultdict(list)
    for query in queries:
        by_step[query.step].append(query)
    own = {}
    for step, some in sorted(by_step.items()):
        _, pair = _fitted([q.table(floor) for q in some], some, common)
        own[step] = (float(pair[0]), float(pair[1]))
    return Weights(float(common[0]), float(common[1]), floor, own)


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
                found.append(_query(step, scores, confidences, far, ends[near, step]))
    return found


def _query(
    step: int, scores: NDArray[np.float32], confidences: NDArray[np.float32], target: int, true: Sequence[int]
) -> _Query:
    others = np.ones(len(scores), bool)
    others[true] = False
    places = np.flatnonzero(others)
    most = min(RIVALS, len(places))
    rivals = [places[np.argpartition(-by[places], most - 1)[:most]] for by in (scores, confidences) if most]
    kept = np.unique(np.concatenate([*rivals, [target]]))
    target_at = int(np.searchsorted(kept, target))
    return _Query(step, scores[kept].astype(np.float64), confidences[kept].astype(np.float64), target_at)


def _fitted(
    tables: Sequence[NDArray[np.float64]], queries: Sequence[_Query], prior: Pair | None = None
) -> tuple[float, Pair]:
    """The loss, and the weights that make it least: a convex problem."""
    scale = None if prior is None else np.maximum(np.abs(prior), 0.1)

    def loss(weights: Pair) -> tuple[float, Pair]:
        total, slope = 0.0, np.zeros(2)
        for table, query in zip(tables, queries, strict=True):
            mixed = weights @ table
            shares = np.exp(mixed - mixed.max())
            shares /= shares.sum()
            total -= float(np.log(shares[query.target] + 1e-300))
            slope += table @ shares - table[:, query.target]
        if prior is not None and scale is not None:
            off = (weights - prior) / scale
            total, slope = total + PRIOR / 2 * float(off @ off), slope + PRIOR * off / scale
        return total, slope

    begin = np.array([1.0, 0.5]) if prior is None else prior
    found = optimize.minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=[(0, None)] * 2, options={"maxiter": 50})
    return float(found.fun), found.x
