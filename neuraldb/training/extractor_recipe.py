"""Trains the extractor: adapters and heads over the frozen body, on made-up worlds and TekGen's sentences."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from neuraldb.models import packing
from neuraldb.models.adapters import trained
from neuraldb.models.encoder import MiniLMEncoder
from neuraldb.models.extractor import VECTORS, Words
from neuraldb.models.extractor_network import RANK, ExtractorNetwork
from neuraldb.models.minilm import MiniLM
from neuraldb.training.extraction_examples import ExtractionBatch, ExtractionSet, generated, tekgen_examples
from neuraldb.training.loop import Schedule, train
from neuraldb.training.vocabulary import HELD_OUT, load_lexicon

SHARPNESS = 0.05
"""The temperature of the contrastive losses."""


class ExtractorLoss:
    """Tags, related or not, and two contrastive losses against the words' sentence vectors."""

    def __init__(self, network: ExtractorNetwork, rows: ExtractionSet) -> None:
        encoder = MiniLMEncoder()
        self._network = network
        self._relations = torch.from_numpy(encoder.encode(rows.relation_words))
        self._classes = torch.from_numpy(encoder.encode(rows.class_words))

    def __call__(self, batch: ExtractionBatch, dropout: float = 0.1) -> tuple[Tensor, dict[str, float]]:
        """The batch's loss and its parts."""
        network = self._network
        out = network(batch.ids, batch.mask, dropout)
        known = batch.tags >= 0
        parts = {"mentions": F.cross_entropy(out.mentions[known], batch.tags[known])}
        states = network.ends(out.hidden, batch.rows, batch.spans)
        typed = batch.types >= 0
        if bool(typed.any()):
            scores = network.types(states[typed]) @ self._classes.T / SHARPNESS
            parts["types"] = F.cross_entropy(scores, batch.types[typed])
        if len(batch.subject):
            logit, vector = network.pairs(states[batch.subject], states[batch.object])
            weight = torch.where(batch.related > 0, 2.0, 1.0)
            parts["related"] = F.binary_cross_entropy_with_logits(logit, batch.related, weight)
            true = batch.relation >= 0
            if bool(true.any()):
                parts["relations"] = self._relation_loss(vector[true], batch.relation[true], batch.same[true])
        total = torch.stack([WEIGHTS[name] * part for name, part in parts.items()]).sum()
        return total, {name: float(part.detach()) for name, part in parts.items()}

    def _relation_loss(self, vectors: Tensor, target: Tensor, same: Tensor) -> Tensor:
        scores = vectors @ self._relations.T / SHARPNESS
        # other words for the same relation are no negatives
        others = torch.zeros_like(scores, dtype=torch.bool)
        others.scatter_(1, same.clamp(min=0), same >= 0)
        others.scatter_(1, target[:, None], torch.zeros_like(target[:, None], dtype=torch.bool))
        return F.cross_entropy(scores.masked_fill(others, float("-inf")), target)


WEIGHTS = {"mentions": 2.0, "types": 0.5, "related": 2.0, "relations": 1.0}


@torch.inference_mode()
def evaluate(network: ExtractorNetwork, rows: ExtractionSet) -> dict[str, float]:
    """Token accuracy of mentions, F1 of related pairs given the mentions, and how often the right word is nearest."""
    network.eval()
    encoder = MiniLMEncoder()
    words = torch.from_numpy(encoder.encode(rows.relation_words))
    classes = torch.from_numpy(encoder.encode(rows.class_words))
    tokens = [0, 0]
    pairs = [0, 0, 0]
    nearest, typed = [0, 0], [0, 0]
    for batch in rows.batches(4096, 0):
        out = network(batch.ids, batch.mask)
        known = batch.tags >= 0
        tokens[0] += int((out.mentions.argmax(-1)[known] == batch.tags[known]).sum())
        tokens[1] += int(known.sum())
        states = network.ends(out.hidden, batch.rows, batch.spans)
        logit, vector = network.pairs(states[batch.subject], states[batch.object])
        said, true = logit > 0, batch.related > 0
        pairs = [pairs[0] + int((said & true).sum()), pairs[1] + int(said.sum()), pairs[2] + int(true.sum())]
        best = (vector[true] @ words.T).argmax(-1)
        nearest[0] += int((batch.same[true] == best[:, None]).any(-1).sum())
        nearest[1] += int(true.sum())
        has = batch.types >= 0
        typed[0] += int(((network.types(states[has]) @ classes.T).argmax(-1) == batch.types[has]).sum())
        typed[1] += int(has.sum())
    network.train()
    precision, recall = pairs[0] / max(pairs[1], 1), pairs[0] / max(pairs[2], 1)
    return {
        "mention tokens": 100 * tokens[0] / tokens[1],
        "pair F1": 100 * 2 * precision * recall / max(precision + recall, 1e-9),
        "relation word": 100 * nearest[0] / nearest[1],
        "class word": 100 * typed[0] / typed[1],
    }


def word_vectors(rows: ExtractionSet) -> dict[str, Tensor]:
    """The sentence vectors of the words, as they are kept with the weights."""
    encoder = MiniLMEncoder()
    words = {"relations": rows.relation_words, "classes": rows.class_words}
    return {VECTORS + kind: Words.encoded(own, encoder).vectors for kind, own in words.items()}


def run(
    data: Path, checkpoint: Path, weights: Path, minutes: float, worlds: int = 500, seed: int = 5
) -> dict[str, float]:
    """Train and save; returns the figures on the held-out domains."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    lexicon = load_lexicon()
    seen = [d for d in lexicon if d.name not in HELD_OUT]
    rows = ExtractionSet([*generated(seen, worlds, rng), *tekgen_examples(data)])
    held_out = ExtractionSet(generated([d for d in lexicon if d.name in HELD_OUT], 12, rng))
    network = ExtractorNetwork(MiniLM.pretrained())
    stream = itertools.chain.from_iterable(rows.batches(2048, epoch) for epoch in itertools.count())
    schedule = Schedule(steps=1_000_000, rate=5e-4, minutes=minutes)
    train(network, stream, ExtractorLoss(network, rows), schedule, checkpoint)
    figures = evaluate(network, held_out)
    card = {
        "version": "1",
        "rank": RANK,
        "relations": rows.relation_words,
        "classes": rows.class_words,
        "data": "worlds generated from the lexicon, TekGen (Text2KGBench)",
        "figures": figures,
    }
    packing.save(weights, trained(network) | word_vectors(rows), card, keep=(VECTORS,))
    return figures
