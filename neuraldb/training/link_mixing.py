"""Learns how a factorisation and rules are mixed: the weights under which edges that neither has seen are likeliest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from neuraldb.models.mixture import Weights
from neuraldb.models.protocols import LinkPredictor

ASKED = 400
"""Queries that the weights are learned on: three numbers need no more."""


def learn(
    factors: LinkPredictor,
    rules: LinkPredictor,
    unseen: NDArray[np.int64],
    known: NDArray[np.int64],
    seed: int,
) -> Weights:
    """The weights of maximum likelihood: each unseen edge's far end among all that make no known edge.

    Args:
        factors: scores are logits.
        rules: scores are confidences.
        unseen: edges (n, 3) that neither was made from; a sample is used, in both directions.
        known: all others (m, 3).
        seed: of the sample.
    """
    rng = np.random.default_rng(seed)
    chosen = unseen[rng.permutation(len(unseen))[: ASKED // 2]]
    tails: dict[tuple[int, int, bool], list[int]] = {}
    for head, relation, tail in np.concatenate([known, unseen]).tolist():
        tails.setdefault((head, relation, False), []).append(tail)
        tails.setdefault((tail, relation, True), []).append(head)
    logits, confidences, targets = [], [], []
    for head, relation, tail in chosen.tolist():
        for near, far, inverse in ((head, tail, False), (tail, head, True)):
            heads = np.array([near])
            row, says = factors.rows(heads, relation, inverse)[0], rules.rows(heads, relation, inverse)[0]
            others = [other for other in tails[near, relation, inverse] if other != far]
            row[others] = -np.inf
            logits.append(row)
            confidences.append(says)
            targets.append(far)
    table, says_all, goal = np.stack(logits), np.stack(confidences), np.array(targets)

    def loss(parameters: NDArray[np.float64]) -> float:
        scale, weight, floor = np.exp(parameters).astype(np.float32)
        mixed = scale * table + weight * np.log(floor + says_all)
        most = mixed.max(1)
        totals = most + np.log(np.exp(mixed - most[:, None]).sum(1))
        return float(np.mean(totals - mixed[np.arange(len(goal)), goal]))

    found = optimize.minimize(loss, np.log([1.0, 0.5, 0.01]), method="Nelder-Mead", options={"maxiter": 80})
    return Weights(*(float(v) for v in np.exp(found.x)))
