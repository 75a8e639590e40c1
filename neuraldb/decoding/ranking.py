"""Rankers of plans that rest on an encoder's vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuraldb.models.protocols import Encoder, Vectors

REMEMBERED = 20_000
"""Texts whose vectors are kept."""


class SimilarityRanker:
    """How near a question and a plan in words are, by the cosine of their vectors.

    Args:
        encoder: gives the vectors.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}

    def score(self, question: str, plans: Sequence[str]) -> Vectors:
        """A score for each plan (n,), higher for better ones."""
        if not plans:
            return np.zeros(0, np.float32)
        vectors = self.vectors([question, *plans])
        scores: Vectors = vectors[1:] @ vectors[0]
        return scores

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts (n, width)."""
        unknown = [text for text in dict.fromkeys(texts) if text not in self._known]
        if len(self._known) + len(unknown) > REMEMBERED:
            self._known.clear()
            unknown = list(dict.fromkeys(texts))
        if unknown:
            self._known.update(zip(unknown, self._encoder.encode(unknown), strict=True))
        return np.stack([self._known[text] for text in texts])


class LearnedRanker:
    """How near a question and a plan are after each was turned by a matrix of its own.

    Args:
        encoder: gives the vectors; it stays as it is.
        question, plan: the matrices (width, width) float32.
    """

    def __init__(self, encoder: Encoder, question: Vectors, plan: Vectors) -> None:
        self._similarity = SimilarityRanker(encoder)
        self._question, self._plan = question, plan

    def score(self, question: str, plans: Sequence[str]) -> Vectors:
        """A score for each plan (n,), higher for better ones."""
        if not plans:
            return np.zeros(0, np.float32)
        vectors = self._similarity.vectors([question, *plans])
        scores: Vectors = unit(vectors[1:] @ self._plan) @ unit(vectors[0] @ self._question)
        return scores


def unit(vectors: Vectors) -> Vectors:
    """Vectors of length one."""
    made: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return made
