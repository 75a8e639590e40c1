"""The retriever's network: questions to vectors in the space of the facts' vectors, and what a cosine there means.

Only questions go through it. Facts keep the vectors that the encoder gave them, so that a database need not be encoded
anew when the retriever learns (a query-side adapter on a frozen index, as in Lewis et al. 2020, "RAG", section 2.4).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from neuraldb.models.adapters import adapt
from neuraldb.models.minilm import WIDTH, MiniLM

RANK = 16


class Wanted(NamedTuple):
    """What B questions look for, float32: unit ``vectors`` (B, 384), and each one's ``bias`` (B,)."""

    vectors: Tensor
    bias: Tensor


class RetrieverNetwork(nn.Module):
    """MiniLM with adapters; the logit that a fact belongs to the support set is ``scale * cosine + bias(question)``."""

    def __init__(self, body: MiniLM | None = None, rank: int = RANK) -> None:
        super().__init__()
        self.body = body if body is not None else MiniLM()
        adapt(self.body, rank)
        self.scale = nn.Parameter(torch.tensor(20.0))
        self.bias = nn.Linear(WIDTH, 1)
        nn.init.zeros_(self.bias.weight)
        nn.init.constant_(self.bias.bias, -10.0)

    def forward(self, ids: Tensor, mask: Tensor, dropout: float = 0.0) -> Wanted:
        """``ids`` (B, T) int64, ``mask`` (B, T) bool."""
        hidden = self.body.encode(self.body.embed(ids, torch.zeros_like(ids)), mask, dropout)
        weights = mask[..., None].to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return Wanted(nn.functional.normalize(mean, dim=-1), self.bias(mean).squeeze(-1))

    def logits(self, wanted: Wanted, facts: Tensor) -> Tensor:
        """Of B questions and N facts (N, 384): logits (B, N)."""
        return self.scale * (wanted.vectors @ facts.T) + wanted.bias[:, None]
