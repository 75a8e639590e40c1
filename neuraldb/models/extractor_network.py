"""The network that reads a fact once, when it is added: mentions, their types, and how pairs of them are related.

Relations and types are open: a pair of mentions gives a vector in the space of the sentence encoder, where the words
for a relation ("birthplace", "born in") lie near one another; a label is the nearest of a vocabulary, and a query's own
words are compared with the vector itself.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from neuraldb.models.adapters import adapt
from neuraldb.models.minilm import WIDTH, MiniLM

OUTSIDE, BEGIN, INSIDE = range(3)
RANK = 32
HEAD = 256


class Extraction(NamedTuple):
    """Hidden states (B, T, 384) and mention logits (B, T, 3) of B facts, float32."""

    hidden: Tensor
    mentions: Tensor


class ExtractorNetwork(nn.Module):
    """MiniLM with adapters, a mention tagger, and heads over mentions and pairs of mentions."""

    def __init__(self, body: MiniLM | None = None, rank: int = RANK) -> None:
        super().__init__()
        self.body = body if body is not None else MiniLM()
        adapt(self.body, rank)
        self.mention = nn.Sequential(nn.Linear(WIDTH, HEAD), nn.GELU(), nn.Linear(HEAD, 3))
        self.subject = nn.Linear(2 * WIDTH, HEAD)
        self.object = nn.Linear(2 * WIDTH, HEAD)
        self.related = nn.Sequential(nn.Linear(3 * HEAD, HEAD), nn.GELU(), nn.Linear(HEAD, 1))
        self.relation = nn.Sequential(nn.Linear(3 * HEAD, 2 * HEAD), nn.GELU(), nn.Linear(2 * HEAD, WIDTH))
        self.type_head = nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, ids: Tensor, mask: Tensor, dropout: float = 0.0) -> Extraction:
        """``ids`` (B, T) int64, ``mask`` (B, T) bool."""
        hidden = self.body.encode(self.body.embed(ids, torch.zeros_like(ids)), mask, dropout)
        return Extraction(hidden, self.mention(hidden))

    def ends(self, hidden: Tensor, rows: Tensor, spans: Tensor) -> Tensor:
        """First and last states of mentions: ``rows`` (M,) of the batch, ``spans`` (M, 2), to (M, 768)."""
        return torch.cat([hidden[rows, spans[:, 0]], hidden[rows, spans[:, 1]]], dim=-1)

    def pairs(self, subjects: Tensor, objects: Tensor) -> tuple[Tensor, Tensor]:
        """Mention states (P, 768) of both ends to the logit that they are related (P,), and unit vectors (P, 384)."""
        both = self.joint(F.gelu(self.subject(subjects)), F.gelu(self.object(objects)))
        return self.related(both).squeeze(-1), self.relations(both)

    def sides(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Mention states (M, 768) as subjects and as objects (M, 256) of what :meth:`joint` joins."""
        return F.gelu(self.subject(states)), F.gelu(self.object(states))

    def joint(self, subjects: Tensor, objects: Tensor) -> Tensor:
        """Both sides (P, 256) of pairs to (P, 768)."""
        return torch.cat([subjects, objects, subjects * objects], dim=-1)

    def relations(self, joint: Tensor) -> Tensor:
        """Pairs (P, 768) to unit vectors (P, 384) near the words for how they are related."""
        return F.normalize(self.relation(joint), dim=-1)

    def types(self, states: Tensor) -> Tensor:
        """Mention states (M, 768) to unit vectors (M, 384) near the nouns for what they are."""
        return F.normalize(self.type_head(states), dim=-1)
