"""The network that reads a fact once, when it is added: mentions, their types, and how pairs of them are related.

Relations and types are open: a pair of mentions gives a vector in the space of relations' names
(:mod:`~neuraldb.models.relation_space`), where the words for a relation ("birthplace", "born in") lie near one another;
its name is the nearest of a vocabulary, or where none is near, words of the text.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from neuraldb.models.adapters import adapt
from neuraldb.models.minilm import WIDTH, MiniLM
from neuraldb.models.relation_space import RelationSpace

OUTSIDE, BEGIN, INSIDE = range(3)
RANK = 32
HEAD = 256
AROUND = 4
"""Tokens before and after two mentions that may say how they are related."""
STEEP = 6.0
"""The largest logit of a token's share in what stands between two mentions."""


class Extraction(NamedTuple):
    """Hidden states (B, T, 384) and mention logits (B, T, 3) of B facts, float32."""

    hidden: Tensor
    mentions: Tensor


class Context(NamedTuple):
    """What the first tokens say, for each number of them: weighted sums of states (B, T + 1, 384), sums of weights."""

    states: Tensor
    weights: Tensor


class ExtractorNetwork(nn.Module):
    """MiniLM with adapters, a mention tagger, and heads over mentions and pairs of mentions."""

    def __init__(self, body: MiniLM | None = None, rank: int = RANK) -> None:
        super().__init__()
        self.body = body if body is not None else MiniLM()
        adapt(self.body, rank)
        self.mention = nn.Sequential(nn.Linear(WIDTH, HEAD), nn.GELU(), nn.Linear(HEAD, 3))
        self.subject = nn.Linear(2 * WIDTH, HEAD)
        self.object = nn.Linear(2 * WIDTH, HEAD)
        self.share = nn.Linear(WIDTH, 1)
        self.context = nn.Linear(WIDTH, HEAD)
        self.related = nn.Sequential(nn.Linear(4 * HEAD, HEAD), nn.GELU(), nn.Linear(HEAD, 1))
        self.relation = nn.Sequential(nn.Linear(4 * HEAD, 2 * HEAD), nn.GELU(), nn.Linear(2 * HEAD, WIDTH))
        self.type_head = nn.Linear(2 * WIDTH, WIDTH)
        self.names = RelationSpace()

    def forward(self, ids: Tensor, mask: Tensor, dropout: float = 0.0) -> Extraction:
        """``ids`` (B, T) int64, ``mask`` (B, T) bool."""
        hidden = self.body.encode(self.body.embed(ids, torch.zeros_like(ids)), mask, dropout)
        return Extraction(hidden, self.mention(hidden))

    def ends(self, hidden: Tensor, rows: Tensor, spans: Tensor) -> Tensor:
        """First and last states of mentions: ``rows`` (M,) of the batch, ``spans`` (M, 2), to (M, 768)."""
        return torch.cat([hidden[rows, spans[:, 0]], hidden[rows, spans[:, 1]]], dim=-1)

    def read(self, hidden: Tensor, mask: Tensor) -> Context:
        """Running sums over the tokens, from which :meth:`between` takes the words around two mentions."""
        share = self.share(hidden).float().clamp(-STEEP, STEEP).exp() * mask[..., None]
        weighted = share * hidden.float()
        return Context(F.pad(weighted.cumsum(1), (0, 0, 1, 0)), F.pad(share.cumsum(1), (0, 0, 1, 0)))

    def between(self, context: Context, rows: Tensor, subjects: Tensor, objects: Tensor) -> Tensor:
        """The weighted mean state of the words from before to after two mentions, (P, 256).

        ``rows`` (P,) of the batch; ``subjects`` and ``objects`` (P, 2), first and last tokens.
        """
        length = context.states.shape[1] - 1
        first = (torch.minimum(subjects[:, 0], objects[:, 0]) - AROUND).clamp(min=0)
        end = (torch.maximum(subjects[:, 1], objects[:, 1]) + 1 + AROUND).clamp(max=length)
        weights = context.weights[rows, end] - context.weights[rows, first]
        states = context.states[rows, end] - context.states[rows, first]
        return F.gelu(self.context(states / weights.clamp(min=1e-6)))

    def sides(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Mention states (M, 768) as subjects and as objects (M, 256) of what :meth:`joint` joins."""
        return F.gelu(self.subject(states)), F.gelu(self.object(states))

    def joint(self, subjects: Tensor, objects: Tensor, between: Tensor) -> Tensor:
        """Both sides (P, 256) of pairs, and what stands between them (P, 256), to (P, 1024)."""
        return torch.cat([subjects, objects, subjects * objects, between.to(subjects.dtype)], dim=-1)

    def relations(self, joint: Tensor) -> Tensor:
        """Pairs (P, 1024) to unit vectors (P, 384) near the names for how they are related."""
        return F.normalize(self.relation(joint).float(), dim=-1)

    def types(self, states: Tensor) -> Tensor:
        """Mention states (M, 768) to unit vectors (M, 384) near the nouns for what they are."""
        return F.normalize(self.type_head(states).float(), dim=-1)
