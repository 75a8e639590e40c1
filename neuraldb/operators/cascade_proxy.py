"""The proxy of a cascade: how near a text and a criterion are by the encoder's vectors, and, learnt from a few verdicts
of the reader, which components of the vectors count.

A pair of a text and a criterion is scored by the weighted sum of the products of their components; with equal weights
that is the cosine. It serves filters, where all pairs have one criterion, as well as joins, where each has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuraldb.models.protocols import Vectors
from neuraldb.operators.cascade_bounds import Floats
from neuraldb.operators.context import Context
from neuraldb.operators.judging import vectors_of
from neuraldb.operators.logistic import Bools, logistic

Places = NDArray[np.int64]

RIDGES = (3.0, 30.0, 300.0)
"""Penalties on the weights of components that are tried; beside them the cosine alone is."""
FOLDS = 5
FEWEST = 8
"""Verdicts of either kind from which weights are learnt."""
_AT_ONCE = 20_000
_GAIN = 0.01
"""By how much the area under the curve has to rise for weights to be worth more than none."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Vectors of texts and criteria, and which of them belong together.

    Attributes:
        texts, criteria: unit vectors (t, width) and (c, width).
        pairs: the numbers of a text and a criterion (n, 2).
    """

    texts: Vectors
    criteria: Vectors
    pairs: Places

    def cosines(self) -> Floats:
        """How near text and criterion of each pair are (n,)."""
        return self._weighted(np.ones(self.texts.shape[1]))

    def improved(self, places: Places, kept: Bools) -> Floats | None:
        """Scores (n,) by what the reader said of the pairs at some places; None where the cosines are no worse."""
        if min(int(kept.sum()), int((~kept).sum())) < FEWEST:
            return None
        cosines = self.cosines()
        products = self._products(places)
        spread = float(cosines.std()) or 1.0
        near = (cosines[places] - cosines.mean()) / spread
        features = np.concatenate([np.ones((len(places), 1)), near[:, None], products * products.shape[1]], axis=1)
        best, area = None, _area(near, kept) + _GAIN
        for ridge in RIDGES:
            penalties = np.concatenate(([1e-3, 0.1], np.full(products.shape[1], ridge)))
            found = _area(_out_of_fold(features, kept, penalties), kept)
            if found > area:
                best, area = penalties, found
        if best is None:
            return None
        weights = logistic(features, kept, best)
        learnt = self._weighted(weights[2:] * products.shape[1])
        return np.asarray(learnt + weights[1] * (cosines - cosines.mean()) / spread, np.float64)

    def _products(self, places: Places) -> Floats:
        texts, criteria = self.pairs[places].T
        return np.asarray(self.texts[texts] * self.criteria[criteria], np.float64)

    def _weighted(self, weights: Floats) -> Floats:
        parts = np.array_split(np.arange(len(self.pairs)), max(1, len(self.pairs) // _AT_ONCE))
        return np.concatenate([self._products(part) @ weights for part in parts])


def proxy(texts: Sequence[str], criteria: Sequence[str], context: Context) -> Proxy:
    """The proxy of pairs of a text and a criterion, given beside each other.

    Raises:
        Cancelled, Timeout: the statement is to stop.
    """
    own, asked = list(dict.fromkeys(texts)), list(dict.fromkeys(criteria))
    places = {text: i for i, text in enumerate(own)}, {text: i for i, text in enumerate(asked)}
    pairs = np.array([(places[0][t], places[1][c]) for t, c in zip(texts, criteria, strict=True)], np.int64)
    return Proxy(vectors_of(own, context), vectors_of(asked, context), pairs)


def _area(scores: Floats, kept: Bools) -> float:
    """The chance that of one that is kept and one that is not the first has the higher score."""
    first, second = scores[kept][:, None], scores[~kept][None, :]
    return float((first > second).mean() + 0.5 * (first == second).mean())


def _out_of_fold(features: Floats, kept: Bools, penalties: Floats) -> Floats:
    """Scores of examples by weights that were learnt from the others."""
    scores = np.empty(len(kept))
    for fold in range(FOLDS):
        held = np.arange(len(kept)) % FOLDS == fold
        scores[held] = features[held] @ logistic(features[~held], kept[~held], penalties)
    return scores
