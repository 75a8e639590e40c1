"""The embedded encoder: MiniLM-L6, mean-pooled, as published (Reimers and Gurevych 2019, section 3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from neuraldb.core.progress import CancelToken
from neuraldb.models.minilm import CLS, SEP, WIDTH, MiniLM, load_tokenizer
from neuraldb.models.protocols import Vectors
from neuraldb.models.runtime import groups, has_bfloat16, padded, to_bfloat16

LONGEST = 256
"""Tokens that go into a vector; what a longer text says beyond them is found by its words (BM25)."""


class MiniLMEncoder:
    """Texts to unit vectors (n, 384) float32."""

    name = "minilm-l6-v2"
    width = WIDTH

    def __init__(self, body: MiniLM | None = None) -> None:
        self._body = (body if body is not None else MiniLM.pretrained()).eval()

    @classmethod
    def load(cls) -> MiniLMEncoder:
        """The encoder in bfloat16 where the processor has it: twice as fast, vectors within 0.002 of the others."""
        body = MiniLM.pretrained()
        return cls(to_bfloat16(body) if has_bfloat16() else body)

    @torch.inference_mode()
    def encode(self, texts: Sequence[str], token: CancelToken | None = None) -> Vectors:
        """Encode texts; equal texts are encoded once.

        Raises:
            Cancelled, Timeout: when ``token`` says so, between batches.
        """
        unique = list(dict.fromkeys(texts))
        encodings = load_tokenizer().encode_batch(unique, add_special_tokens=False)
        rows = [[CLS, *e.ids[: LONGEST - 2], SEP] for e in encodings]
        out = np.zeros((len(unique), self.width), dtype=np.float32)
        for group in groups([len(r) for r in rows]):
            if token is not None:
                token.check()
            ids = padded([rows[i] for i in group])
            mask = ids != 0
            hidden = self._body(ids, torch.zeros_like(ids), mask)
            weights = mask[..., None].to(hidden.dtype)
            mean = (hidden * weights).sum(1) / weights.sum(1)
            out[group] = torch.nn.functional.normalize(mean, dim=-1).numpy()
        position = {text: i for i, text in enumerate(unique)}
        return out[[position[t] for t in texts]] if texts else out
