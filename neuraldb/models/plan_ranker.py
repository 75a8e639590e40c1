"""Rankers of plans that rest on an encoder's vectors; the embedded one comes with two small matrices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.protocols import Encoder, Vectors

WEIGHTS = Path(__file__).parent / "weights" / "plan_ranker.safetensors"
REMEMBERED = 20_000
"""Texts whose vectors are kept."""
_MATRICES = ("question", "plan")


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

    def save(self, path: Path, card: dict[str, object]) -> None:
        """Write the matrices (8 bits a number) and their model card into one file, atomically."""
        import torch

        from neuraldb.models import packing

        state = {name: torch.from_numpy(matrix.copy()) for name, matrix in zip(_MATRICES, self.matrices, strict=True)}
        packing.save(path, state, card)

    @classmethod
    def load(cls, encoder: Encoder, path: Path = WEIGHTS) -> LearnedRanker:
        """The ranker from its file.

        Args:
            encoder: the one whose vectors it was trained on.
            path: of the file.

        Raises:
            ModelUnavailable: the file is missing, damaged, or made for another encoder.
        """
        from neuraldb.models import packing

        state, card = packing.load(path)
        if packing.entry(card, "encoder") != encoder.name:
            raise ModelUnavailable(f"{path.name} ranks by the vectors of {card['encoder']}, not of {encoder.name}")
        if set(state) != set(_MATRICES) or any(m.shape != (encoder.width,) * 2 for m in state.values()):
            raise ModelUnavailable(f"{path.name} does not hold two matrices of {encoder.width} by {encoder.width}")
        question, plan = (state[name].numpy() for name in _MATRICES)
        return cls(encoder, question, plan)

    @property
    def matrices(self) -> tuple[Vectors, Vectors]:
        """That of questions and that of plans (width, width)."""
        return self._question, self._plan


def unit(vectors: Vectors) -> Vectors:
    """Vectors of length one."""
    made: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return made
