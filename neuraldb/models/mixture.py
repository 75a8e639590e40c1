"""Two link predictors as one: log-linear in the factorisation's scores and the rules' confidences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neuraldb.models.protocols import Entities, LinkPredictor, Vectors


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each predictor says, learned on edges that neither has seen.

    A score is ``factors * f + rules * log(floor + r)`` of the score ``f`` and the confidence ``r``.

    Attributes:
        factors, rules: of all relations that have none of their own.
        floor: what a confidence of 0 counts as.
        own: of some steps (twice a relation's number, one more where it is read from tail to head) the first two.
    """

    factors: float = 1.0
    rules: float = 1.0
    floor: float = 0.01
    own: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    def of(self, relation: int, inverse: bool) -> tuple[float, float]:
        """The weights of factors and of rules for a relation's edges."""
        return self.own.get(2 * relation + inverse, (self.factors, self.rules))

    def as_json(self) -> dict[str, object]:
        """What :meth:`from_json` makes weights of."""
        own = [[step, *pair] for step, pair in self.own.items()]
        return {"factors": self.factors, "rules": self.rules, "floor": self.floor, "own": own}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Weights:
        """Weights as a card has them."""
        own = {int(step): (float(factors), float(rules)) for step, factors, rules in written.get("own", ())}
        return cls(**{**written, "own": own})


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
        by_factors, by_rules = (np.float32(weight) for weight in w.of(relation, inverse))
        mixed: Vectors = by_factors * scores + by_rules * np.log(np.float32(w.floor) + confidences)
        return mixed
