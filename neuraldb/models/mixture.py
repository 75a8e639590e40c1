"""Two link predictors as one: log-linear in the factorisation's scores and the rules' confidences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuraldb.models.protocols import Entities, LinkPredictor, Vectors


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each predictor says, learned on edges that neither has seen.

    A score is ``factors * f + rules * log(floor + r)`` of the score ``f`` and the confidence ``r``.

    A high floor makes that linear in the confidence. Weights of each relation, held to common ones, were no better on
    edges that they were not learned on.
    """

    factors: float = 1.0
    rules: float = 1.0
    floor: float = 0.01


@dataclass(frozen=True, slots=True)
class Mixture:
    """Scores by factors and by rules.

    Attributes:
        factors: scores are logits.
        rules: scores are confidences in [0, 1].
        weights: how they are mixed.
        name: of both.
    """

    factors: LinkPredictor
    rules: LinkPredictor
    weights: Weights = Weights()
    name: str = "complex+rules"

    def rows(self, heads: Entities, relation: int, inverse: bool = False) -> Vectors:
        """See :meth:`neuraldb.models.protocols.LinkPredictor.rows`."""
        w = self.weights
        scores = self.factors.rows(heads, relation, inverse)
        # an entity that came after the factors has none of its own: only rules speak for it
        known = np.isfinite(scores)
        scores = np.where(known, scores, scores.min(1, keepdims=True, where=known, initial=0.0))
        confidences = self.rules.rows(heads, relation, inverse)
        mixed: Vectors = np.float32(w.factors) * scores + np.float32(w.rules) * np.log(
            np.float32(w.floor) + confidences
        )
        return mixed
