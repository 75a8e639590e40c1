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
OPEN = 1.0
"""What weighs against all neighbours together: as much as one that is the same in every word."""
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

    def chances(self, head: int, relation: int, inverse: bool = False) -> Vectors:
        """How likely each entity is the other end, (entities,); in all less than 1, since no neighbour knows all."""
        found = np.zeros(len(self._vectors))
        starts, ends = self._edges.get(relation, (np.zeros(0, np.int64), np.zeros(0, np.int64)))
        if inverse:
            starts, ends = ends, starts
        known = np.unique(starts)
        others = known[known != head]
        if len(others) and self._vectors[head].any():
            powers = np.exp(SHARP * (self._vectors[others] @ self._vectors[head] - 1.0))
            nearness = np.zeros(len(self._vectors))
            nearness[others] = powers / (OPEN + powers.sum())
            np.add.at(found, ends, nearness[starts])
        likely: Vectors = found.astype(np.float32)
        return likely

    def rows(self, heads: Entities, relation: int, inverse: bool = False) -> Vectors:
        """See :meth:`neuraldb.models.protocols.LinkPredictor.rows`; scores are logarithms of chances."""
        chances = [self.chances(int(head), relation, inverse) for head in heads]
        logarithms: Vectors = np.log(np.stack(chances) + np.float32(LEAST))
        return logarithms
