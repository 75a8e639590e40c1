"""Learns which of the plans that the data admit a question means: two matrices over vectors that stay as they are.

The other plans of the same question are what the right one is held against.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from neuraldb.models.plan_ranker import LearnedRanker, SimilarityRanker
from neuraldb.models.protocols import Encoder, Vectors

SCALE = 20.0
"""By which cosines are made into logits."""
LEAST = 200
"""Steps that are taken however few examples there are."""
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the plans for it in words, and which of them are right."""

    question: str
    plans: tuple[str, ...]
    right: frozenset[int]


def learn(
    examples: Sequence[Example],
    encoder: Encoder,
    epochs: int = 30,
    rate: float = 1e-3,
    seed: int = 0,
    begin: LearnedRanker | None = None,
    dropout: float = 0.0,
    minutes: float | None = None,
) -> LearnedRanker:
    """The ranker of examples; the same for the same seed. Examples without a right plan teach nothing.

    Args:
        examples: questions with their plans.
        encoder: gives the vectors.
        epochs: how often all are gone through; more often where that is less than :data:`LEAST` steps.
        rate: of Adam.
        seed: of the order.
        begin: what to begin with; None: with the cosine of the vectors.
        minutes: after which no further epoch is begun; None: there is no end.
        dropout: of the vectors' components; the more, the better for relations that were never seen.
    """
    usable = [example for example in examples if example.right]
    if not usable:
        return LearnedRanker(encoder, *_start(encoder, begin))
    texts = list(dict.fromkeys(text for example in usable for text in (example.question, *example.plans)))
    vectors = torch.from_numpy(np.ascontiguousarray(SimilarityRanker(encoder).vectors(texts), np.float32))
    place = {text: i for i, text in enumerate(texts)}
    matrices = [torch.from_numpy(matrix.copy()).requires_grad_() for matrix in _start(encoder, begin)]
    adam = torch.optim.Adam(matrices, rate)
    order = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    batches, begun = -(-len(usable) // _BATCH), time.monotonic()
    for _ in range(max(epochs, -(-LEAST // batches))):
        if minutes is not None and time.monotonic() - begun > 60 * minutes:
            break
        numbers = torch.randperm(len(usable), generator=order).tolist()
        for first in range(0, len(numbers), _BATCH):
            batch = [usable[i] for i in numbers[first : first + _BATCH]]
            loss = _loss(batch, vectors, place, matrices, dropout)
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
    question, plan = (matrix.detach().numpy() for matrix in matrices)
    return LearnedRanker(encoder, question, plan)


def _start(encoder: Encoder, begin: LearnedRanker | None) -> tuple[Vectors, Vectors]:
    if begin is not None:
        return begin.matrices
    same = np.eye(encoder.width, dtype=np.float32)
    return same, same


def _loss(
    batch: Sequence[Example],
    vectors: torch.Tensor,
    place: dict[str, int],
    matrices: Sequence[torch.Tensor],
    dropout: float,
) -> torch.Tensor:
    """How unlikely the right plans are among those of the same question."""
    width = max(len(example.plans) for example in batch)
    plans = torch.zeros(len(batch), width, dtype=torch.int64)
    wrong = torch.full((len(batch), width), -torch.inf)
    right = torch.full((len(batch), width), -torch.inf)
    for row, example in enumerate(batch):
        plans[row, : len(example.plans)] = torch.tensor([place[text] for text in example.plans])
        wrong[row, : len(example.plans)] = 0.0
        right[row, list(example.right)] = 0.0
    questions = functional.dropout(vectors[[place[example.question] for example in batch]], dropout)
    asked = functional.normalize(questions @ matrices[0], dim=-1)
    given = functional.normalize(functional.dropout(vectors[plans], dropout) @ matrices[1], dim=-1)
    scores = SCALE * torch.einsum("bw,bnw->bn", asked, given)
    return ((scores + wrong).logsumexp(1) - (scores + right).logsumexp(1)).mean()
