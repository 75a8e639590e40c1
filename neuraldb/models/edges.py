"""Edges of a graph in numbers, as what predicts links takes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def by_relation(triples: NDArray[np.int64]) -> dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The heads and tails of each relation's distinct triples (n, 3)."""
    rows = np.unique(triples[:, [1, 0, 2]], axis=0)
    parts = np.split(rows, np.flatnonzero(np.diff(rows[:, 0])) + 1)
    return {int(part[0, 0]): (part[:, 1].copy(), part[:, 2].copy()) for part in parts if len(part)}
