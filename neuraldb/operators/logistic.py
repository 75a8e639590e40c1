"""Logistic regression of a few features: what turns scores into chances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def logistic(features: Floats, labels: Bools, ridge: Floats, steps: int = 25) -> Floats:
    """The weights of a logistic regression, by Newton's method.

    Args:
        features: (n, width), with a column of ones if there is to be an intercept.
        labels: (n,).
        ridge: the penalty on each weight (width,), all above 0.
        steps: of Newton's method, at most.
    """
    weights = np.zeros(features.shape[1])
    for _ in range(steps):
        chance = 1.0 / (1.0 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (chance - labels) + ridge * weights
        curvature = (features * (chance * (1 - chance))[:, None]).T @ features + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step * min(1.0, 4.0 / (1e-9 + float(np.abs(step).max())))
        if float(np.abs(step).max()) < 1e-6:
            break
    return weights
