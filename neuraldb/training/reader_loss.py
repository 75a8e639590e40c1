"""The loss of the reader: cross-entropy of the verdict and of each pointer, targets spread over all right tokens."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from neuraldb.models.reader_network import MODES, VERDICTS, ReaderNetwork, Reading
from neuraldb.training.examples import Batch

SPAN = VERDICTS.index("span")
PAIR = MODES.index("pair")


def reader_loss(network: ReaderNetwork, batch: Batch, dropout: float) -> tuple[Tensor, dict[str, float]]:
    """The mean loss of a batch and its parts as plain numbers."""
    reading = network(batch.ids, batch.segments, batch.mask, batch.mode, dropout)
    facts = batch.mask & (batch.segments == 1)
    verdict = F.cross_entropy(reading.verdict, batch.verdict)
    rows = batch.verdict == SPAN
    parts = {"verdict": float(verdict.detach())}
    if not bool(rows.any()):
        return verdict, parts
    reading = Reading(*(t[rows] for t in reading))
    keys, values, facts = batch.keys[rows], batch.values[rows], facts[rows]
    start = spread(reading.start, keys[..., 0])
    starts = keys[..., 0].clamp(min=0)
    end = at(network.ends(reading, starts, facts), keys[..., 1])
    further = further_loss(network, reading, keys[..., 0], facts)
    total = verdict + start + end + further
    parts |= {"start": float(start.detach()), "end": float(end.detach()), "further": float(further.detach())}
    pairs = batch.mode[rows] == PAIR
    if bool(pairs.any()):
        value = value_loss(network, Reading(*(t[pairs] for t in reading)), keys[pairs], values[pairs], facts[pairs])
        total = total + value
        parts["value"] = float(value.detach())
    return total, parts


CONTENDERS = 8
"""Tokens that could begin a further span: so many of the likeliest starts are told apart."""


def further_loss(network: ReaderNetwork, reading: Reading, starts: Tensor, facts: Tensor) -> Tensor:
    """Binary cross-entropy of the other right starts among the likeliest ones, given the likeliest right one.

    ``starts`` (B, A) are the right ones, -1 for none; summed over a row's contenders, the mean over the batch.
    """
    with torch.no_grad():
        right = torch.zeros_like(reading.start, dtype=torch.bool)
        right.scatter_(1, starts.clamp(min=0), starts >= 0)
        right[:, 0] = False  # where absent starts were scattered to; no span begins at the first token
        given = reading.start.masked_fill(~right, float("-inf")).argmax(1, keepdim=True)
        contending = reading.start.masked_fill(~facts, float("-inf")).topk(min(CONTENDERS, facts.shape[1]), 1).indices
        weighed = right.clone()
        weighed.scatter_(1, contending, torch.ones_like(contending, dtype=torch.bool))
        weighed &= facts
        weighed.scatter_(1, given, torch.zeros_like(given, dtype=torch.bool))
    logits = network.others(reading, given, facts).squeeze(1)[weighed]
    goal = right[weighed].to(logits.dtype)
    return F.binary_cross_entropy_with_logits(logits, goal, reduction="sum") / len(starts)


def value_loss(network: ReaderNetwork, reading: Reading, keys: Tensor, values: Tensor, facts: Tensor) -> Tensor:
    """Loss of the value pointer given the right keys; a key without a value points at token 0."""
    logits = network.values(reading, keys[..., 0].clamp(min=0), facts)
    targets = values[..., 0].clone()
    real = keys[..., 0] >= 0
    empty = real & (targets < 0).all(-1)
    targets[..., 0] = torch.where(empty, torch.zeros_like(targets[..., 0]), targets[..., 0])
    size, count, width = logits.shape
    flat = real.reshape(-1)
    start = spread(logits.reshape(size * count, width)[flat], targets.reshape(size * count, -1)[flat])
    spans = values.reshape(size, -1, 2)
    if not bool((spans[..., 0] >= 0).any()):
        return start
    return start + at(network.ends(reading, spans[..., 0].clamp(min=0), facts), spans[..., 1])


def spread(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of (B, T) logits against the even distribution over ``targets`` (B, A), -1 for none."""
    goal = torch.zeros_like(logits)
    goal.scatter_add_(1, targets.clamp(min=0), (targets >= 0).to(logits.dtype))
    goal = (goal > 0).to(logits.dtype)
    goal = goal / goal.sum(1, keepdim=True).clamp(min=1)
    logp = logits.log_softmax(-1).masked_fill(goal == 0, 0.0)
    return -(goal * logp).sum(1).mean()


def at(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of (B, A, T) logits at ``targets`` (B, A), those below 0 left out."""
    real = targets >= 0
    return F.cross_entropy(logits[real], targets[real])
