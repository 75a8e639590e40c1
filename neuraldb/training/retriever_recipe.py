"""Trains the retriever: adapters on the questions' side, against the facts' fixed vectors.

Two trainings: ``supervised`` by what facts state, ``distant`` by what the reader derives from them.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from neuraldb.models import packing
from neuraldb.models.adapters import trained
from neuraldb.models.encoder import MiniLMEncoder
from neuraldb.models.minilm import CLS, SEP, MiniLM, load_tokenizer
from neuraldb.models.protocols import Reader
from neuraldb.models.retriever_network import RANK, RetrieverNetwork
from neuraldb.models.runtime import padded
from neuraldb.training.loop import Schedule, multiplies_bfloat16, train
from neuraldb.training.retrieval import Asked, Pool, distant, pool
from neuraldb.training.vocabulary import HELD_OUT, load_lexicon

BATCH = 64


def tokens(asked: Sequence[Asked]) -> Tensor:
    """Questions as padded ids (n, T)."""
    encodings = load_tokenizer().encode_batch([a.question for a in asked], add_special_tokens=False)
    return padded([[CLS, *e.ids[:94], SEP] for e in encodings])


Batch = tuple[Tensor, Tensor, Tensor]
"""Ids (B, T), the facts' vectors (N, 384), and which belong (B, N) float32."""


def batches(pools: Sequence[Pool], seed: int) -> Iterator[Batch]:
    """Shuffled batches for ever, each of one pool's questions against all of its facts."""
    rng = random.Random(seed)
    while True:
        parts = []
        for number, made in enumerate(pools):
            order = rng.sample(range(len(made.asked)), k=len(made.asked))
            parts += [(number, order[i : i + BATCH]) for i in range(0, len(order), BATCH)]
        rng.shuffle(parts)
        for number, chosen in parts:
            yield batch_of(pools[number], [pools[number].asked[i] for i in chosen])


def batch_of(made: Pool, asked: Sequence[Asked]) -> Batch:
    """A batch of questions of a pool."""
    gold = torch.zeros((len(asked), len(made.facts)))
    for row, one in enumerate(asked):
        gold[row, list(one.facts)] = 1.0
    return tokens(asked), torch.from_numpy(made.vectors), gold


def retriever_loss(network: RetrieverNetwork, batch: Batch, dropout: float) -> tuple[Tensor, dict[str, float]]:
    """Whether each fact belongs (binary), and the facts that do before all others (softmax over the pool)."""
    ids, facts, gold = batch
    logits = network.logits(network(ids, ids != 0, dropout), facts)
    count = gold.sum(1)
    belongs = (F.binary_cross_entropy_with_logits(logits, gold, reduction="none").sum(1) / (1 + count)).mean()
    # each fact that belongs competes with those that don't, not with its fellows
    others = torch.logsumexp(logits.masked_fill(gold > 0, float("-inf")), 1, keepdim=True)
    first = ((torch.logaddexp(logits, others) - logits) * gold).sum(1) / count
    total = belongs + first.mean()
    return total, {"belongs": float(belongs.detach()), "first": float(first.mean().detach())}


@torch.inference_mode()
def evaluate(network: RetrieverNetwork, pools: Sequence[Pool], threshold: float = 0.02) -> dict[str, float]:
    """Recall in as many facts as belong and in 64, and recall and facts read where it stops by itself."""
    network.eval()
    sums = {"recall at support": 0.0, "recall at 64": 0.0, "recall at stop": 0.0, "precision at stop": 0.0, "read": 0.0}
    count = 0
    for made in pools:
        for begin in range(0, len(made.asked), 256):
            ids, facts, gold = batch_of(made, made.asked[begin : begin + 256])
            logits = network.logits(network(ids, ids != 0), facts)
            order = logits.argsort(1, descending=True)
            ranked = gold.gather(1, order)
            size = gold.sum(1)
            within = torch.arange(gold.shape[1])[None] < size[:, None]
            kept = (logits.sigmoid() >= threshold).float()
            sums["recall at support"] += float(((ranked * within).sum(1) / size).sum())
            sums["recall at 64"] += float((ranked[:, :64].sum(1) / size).sum())
            sums["recall at stop"] += float(((gold * kept).sum(1) / size).sum())
            sums["precision at stop"] += float(((gold * kept).sum(1) / kept.sum(1).clamp(min=1)).sum())
            sums["read"] += float(kept.sum(1).sum()) / 100
            count += len(gold)
    network.train()
    return {name: 100 * value / count for name, value in sums.items()}


def run(
    folder: Path, weights: Path, minutes: float, reader: Reader | None = None, pools: int = 30, seed: int = 5
) -> dict[str, float]:
    """Train and save; figures are of domains that training never sees.

    Args:
        folder: where checkpoints are kept.
        weights: where the weights go.
        minutes: how long to train.
        reader: for distant supervision, the reader whose derivations are gold; None for supervised training.
        pools: how many made-up databases of about a thousand facts.
        seed: of all that is drawn.
    """
    torch.manual_seed(seed)
    rng, encoder = random.Random(seed), MiniLMEncoder()
    lexicon = load_lexicon()
    seen = [d for d in lexicon if d.name not in HELD_OUT]
    held_out = [pool([d for d in lexicon if d.name in HELD_OUT] * 3, encoder, rng, worlds=9) for _ in range(3)]
    made = []
    for number in range(pools):
        fresh = pool(seen, encoder, rng)
        if reader is not None:
            fresh = Pool(fresh.facts, fresh.vectors, tuple(distant(fresh, reader, encoder, rng, questions=90)))
        made.append(fresh)
        print(
            f"database {number + 1} of {pools}: {len(fresh.facts)} facts, {len(fresh.asked)} questions", file=sys.stderr
        )
    network = RetrieverNetwork(MiniLM.pretrained())
    how = "distant" if reader is not None else "supervised"
    schedule = Schedule(steps=1_000_000, rate=5e-4, minutes=minutes, report_every=50, mixed=multiplies_bfloat16())
    train(
        network,
        batches(made, seed),
        lambda b: retriever_loss(network, b, 0.1),
        schedule,
        folder / f"retriever-{how}.pt",
    )
    figures = evaluate(network, held_out)
    card = {
        "version": "1",
        "rank": RANK,
        "encoder": encoder.name,
        "training": how,
        "data": "databases told of worlds generated from the lexicon",
        "held out": "domains " + ", ".join(HELD_OUT),
        "figures": figures,
    }
    packing.save(weights, trained(network), card, keep=("bias", "scale"))
    return figures
