"""Link prediction without training: what is said of things that are alike is likely of this one.

For a database of sentences: an entity's vector is the mean of what its facts say, so two astronauts are near each other
before any edge is. A tail is as likely as the heads that have it are near, by the kernel of neighbours (cosine, sharp).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from neuraldb.models.protocols import Entities, Vectors

SHARP = 20.0
"""By what cosines are multiplied before the softmax over those who have the edge."""
LEAST = 1e-6


class Analogy:
    """Scores by the neighbours in meaning.

    Args:
        vectors: of each entity (entities, width) float32, of length 1 or all 0 where nothing is known of it.
        edges: of each relation the heads and tails, int64 (e,) each.
    """

    name = "analogy"

    def __init__(self, vectors: Vectors, edges: Mapping[int, tuple[NDArray[np.int64], NDArray[np.int64]]]) -> None:
        self._vectors, self._edges = vectors, edges

    def rows(self, heads: Entities, relation: int, inverse: bool = False) -> Vectors:
        """See :meth:`neuraldb.models.protocols.LinkPredictor.rows`; scores are logarithms of chances."""
        scores = np.full((len(heads), len(self._vectors)), LEAST)
        starts, ends = self._edges.get(relation, (np.zeros(0, np.int64), np.zeros(0, np.int64)))
        if inverse:
            starts, ends = ends, starts
        known = np.unique(starts)
        for row, head in enumerate(heads):
            others = known[known != head]
            if not len(others) or not self._vectors[head].any():
                continue
            nearness = np.zeros(len(self._vectors))
            powers = np.exp(SHARP * (self._vectors[others] @ self._vectors[head] - 1.0))
            nearness[others] = powers / powers.sum()
            np.add.at(scores[row], ends, nearness[starts])
        logarithms: Vectors = np.log(scores).astype(np.float32)
        return logarithms
