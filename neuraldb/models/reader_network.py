"""The Neural SPJ operator's network: one pass over (question, facts) gives a verdict and pointers into the facts.

Spans are pointed at, never generated: a start pointer (Wang and Jiang 2017, "Match-LSTM and answer pointer"), then an
end pointer given the start, then, for questions that compare or group, a value pointer given the key's start. Each
pointer is a softmax over the facts' tokens whose training target spreads evenly over all right tokens, so several spans
come out of one pass: those whose share is near the largest.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from neuraldb.models.minilm import WIDTH, MiniLM

VERDICTS = ("none", "span", "yes", "no")
MODES = ("answer", "pair", "verdict")
"""What is asked of the reader: answer spans; (key, value) pairs; yes or no."""

HEAD = 128
LONGEST_SPAN = 40
"""Tokens of the longest span that can be pointed at."""


class Reading(NamedTuple):
    """What the network says before decoding; B pairs of T tokens, logits are float32."""

    hidden: Tensor  # (B, T, 384)
    verdict: Tensor  # (B, 4)
    start: Tensor  # (B, T), -inf outside the facts


class Pointer(nn.Module):
    """Scores every token as the continuation of a given one, in a low-rank bilinear form."""

    def __init__(self) -> None:
        super().__init__()
        self.source = nn.Linear(WIDTH, HEAD)
        self.target = nn.Linear(WIDTH, HEAD)
        self.prior = nn.Linear(WIDTH, 1)

    def forward(self, given: Tensor, hidden: Tensor) -> Tensor:
        """``given`` (B, A, 384), ``hidden`` (B, T, 384) to logits (B, A, T)."""
        scores = self.source(given) @ self.target(hidden).transpose(1, 2) * HEAD**-0.5
        return scores + self.prior(hidden).transpose(1, 2)  # type: ignore[no-any-return]


class ReaderNetwork(nn.Module):
    """MiniLM with a verdict head and four pointers."""

    def __init__(self, body: MiniLM | None = None) -> None:
        super().__init__()
        self.body = body if body is not None else MiniLM()
        self.mode = nn.Embedding(len(MODES), WIDTH)
        nn.init.zeros_(self.mode.weight)
        self.pool = nn.Linear(WIDTH, WIDTH)
        self.verdict = nn.Linear(WIDTH, len(VERDICTS))
        self.start = nn.Linear(WIDTH, 1)
        self.end = Pointer()
        self.value = Pointer()
        self.further = Pointer()

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor, mode: Tensor, dropout: float = 0.0) -> Reading:
        """``ids`` and ``segments`` (B, T) int64, ``mask`` (B, T) bool, ``mode`` (B,) int64."""
        x = self.body.embed(ids, segments)
        x = torch.cat([x[:, :1] + self.mode(mode)[:, None], x[:, 1:]], dim=1)
        hidden = self.body.encode(x, mask, dropout)
        pooled = torch.tanh(self.pool(F.dropout(hidden[:, 0], dropout, self.training)))
        facts = mask & (segments == 1)
        start = self.start(hidden).squeeze(-1).masked_fill(~facts, float("-inf"))
        return Reading(hidden, self.verdict(pooled), start)

    def ends(self, reading: Reading, starts: Tensor, mask: Tensor) -> Tensor:
        """End logits (B, A, T) for the start tokens ``starts`` (B, A); -inf where no span could end."""
        logits = self.end(gather(reading.hidden, starts), reading.hidden)
        offset = torch.arange(mask.shape[1], device=starts.device)[None, None] - starts[..., None]
        allowed = mask[:, None] & (offset >= 0) & (offset < LONGEST_SPAN)
        return logits.masked_fill(~allowed, float("-inf"))  # type: ignore[no-any-return]

    def others(self, reading: Reading, starts: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, A, T) that a further right span begins at a token, given that one begins at ``starts`` (B, A)."""
        logits = self.further(gather(reading.hidden, starts), reading.hidden)
        return logits.masked_fill(~mask[:, None], float("-inf"))  # type: ignore[no-any-return]

    def values(self, reading: Reading, keys: Tensor, mask: Tensor) -> Tensor:
        """Value-start logits (B, A, T) for the key starts ``keys`` (B, A); token 0 stands for "no value"."""
        logits = self.value(gather(reading.hidden, keys), reading.hidden)
        allowed = mask.clone()
        allowed[:, 0] = True
        return logits.masked_fill(~allowed[:, None], float("-inf"))  # type: ignore[no-any-return]


def gather(hidden: Tensor, index: Tensor) -> Tensor:
    """Rows ``index`` (B, A) of ``hidden`` (B, T, D), as (B, A, D)."""
    return hidden.gather(1, index[..., None].expand(-1, -1, hidden.shape[-1]))
