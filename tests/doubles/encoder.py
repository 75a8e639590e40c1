"""An encoder whose vectors count words: texts with words in common are near each other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from neuraldb.core.text import words
from neuraldb.models.protocols import Vectors


class HashedWords:
    """Words to one of ``width`` components each by their hash, counted, and the vector made a unit one.

    Attributes:
        encoded: all texts that were ever encoded, in order.
    """

    def __init__(self, width: int = 64) -> None:
        self.name = f"hashed-words-{width}"
        self.width = width
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        out = np.zeros((len(texts), self.width), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text) or ("",):
                digest = hashlib.blake2s(word.lower().encode(), digest_size=4).digest()
                out[row, int.from_bytes(digest, "big") % self.width] += 1.0
        return out / np.linalg.norm(out, axis=1, keepdims=True)
