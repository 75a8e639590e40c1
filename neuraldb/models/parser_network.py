"""The network that understands questions: type and comparison from the whole, spans and tags from the tokens.

Descriptions to be answered first are pointed at, as in DecompRC (Min et al. 2019, section 3): a bridge by one span, a
conjunction by three. All heads share one adapted MiniLM pass over the question.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from neuraldb.models.adapters import adapt
from neuraldb.models.minilm import WIDTH, MiniLM

TYPES = (
    "set", "count", "bool", "exists", "min", "max", "sum", "avg", "argmin", "argmax", "group_min", "group_max",
    "compare",
)  # fmt: skip
OPS = ("none", "gt", "ge", "lt", "le", "eq", "between")
SPANS = ("inner", "within", "prefix", "first", "second")
TAGS = ("class", "entity", "value", "count", "negation")
RANK = 32


class Understanding(NamedTuple):
    """Logits of B questions of T tokens, float32."""

    type: Tensor  # (B, 13)
    op: Tensor  # (B, 7)
    starts: Tensor  # (B, 5, T); token 0 (CLS) stands for "no such span"
    ends: Tensor  # (B, 5, T)
    tags: Tensor  # (B, 5, T), independent


class ParserNetwork(nn.Module):
    """MiniLM with adapters, and the heads."""

    def __init__(self, body: MiniLM | None = None, rank: int = RANK) -> None:
        super().__init__()
        self.body = body if body is not None else MiniLM()
        adapt(self.body, rank)
        self.pool = nn.Linear(2 * WIDTH, WIDTH)
        self.type_head = nn.Linear(WIDTH, len(TYPES))
        self.op = nn.Linear(WIDTH, len(OPS))
        self.starts = nn.Linear(WIDTH, len(SPANS))
        self.ends = nn.Linear(WIDTH, len(SPANS))
        self.tags = nn.Linear(WIDTH, len(TAGS))

    def forward(self, ids: Tensor, mask: Tensor, dropout: float = 0.0) -> Understanding:
        """``ids`` (B, T) int64, ``mask`` (B, T) bool."""
        hidden = self.body.encode(self.body.embed(ids, torch.zeros_like(ids)), mask, dropout)
        weights = mask[..., None].to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1)
        pooled = torch.tanh(self.pool(torch.cat([hidden[:, 0], mean], dim=1)))
        off = ~mask[:, None]
        return Understanding(
            self.type_head(pooled),
            self.op(pooled),
            self.starts(hidden).transpose(1, 2).masked_fill(off, float("-inf")),
            self.ends(hidden).transpose(1, 2).masked_fill(off, float("-inf")),
            self.tags(hidden).transpose(1, 2),
        )
