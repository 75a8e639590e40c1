"""Trains the extractor: first the space of relations' names, then adapters and heads over the frozen body.

The data: worlds made from the lexicon and told by rules and in whole texts, with denials; TekGen's sentences; facts of
T-REx in PARAREL's phrases; the pairs of QA-SRL.
"""

from __future__ import annotations

import io
import itertools
import json
import random
import re
import tarfile
from collections import defaultdict
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
from neuraldb.models.relation_space import RelationSpace
from neuraldb.training.extraction_batches import DENIED, ExtractionBatch, ExtractionSet
from neuraldb.training.extraction_examples import ExtractionExample, generated, pararel_examples, tekgen_examples
from neuraldb.training.loop import Schedule, multiplies_bfloat16, train
from neuraldb.training.qasrl_pairs import qasrl_examples
from neuraldb.training.relation_names import PROPERTIES, RelationNames, plain, relation_names
from neuraldb.training.tekgen import sentences
from neuraldb.training.vocabulary import HELD_OUT, load_lexicon
from neuraldb.training.wikinldb_names import pararel_facts, pararel_phrases

SHARPNESS = 0.05
"""The temperature of the contrastive losses."""
NAME_STEPS = 300
"""Steps in which the space of names is learnt, with all names at once."""
PARAREL = 8000
"""Texts of PARAREL's facts."""
CLOSE = 1.0
"""What it costs to turn the space of names away from that of sentences."""
WEIGHTS_OF = {"mentions": 2.0, "types": 0.5, "related": 2.0, "relations": 1.0}


def learn_names(names: RelationNames, steps: int = NAME_STEPS) -> RelationSpace:
    """The space in which names of one relation are near (supervised contrastive; Khosla et al. 2020)."""
    flat = [n for own in names.names for n in own]
    owner = torch.tensor([i for i, own in enumerate(names.names) for _ in own])
    vectors = torch.from_numpy(MiniLMEncoder().encode(flat))
    space = RelationSpace()
    optimiser = torch.optim.AdamW(space.parameters(), lr=1e-3, weight_decay=0.0)
    for _ in range(steps):
        anchors = torch.randperm(len(flat))[:512]
        noisy = F.normalize(vectors + 0.02 * torch.randn_like(vectors), dim=-1)
        turned = space(noisy)
        scores = turned[anchors] @ turned.T / 0.07
        same = owner[anchors][:, None] == owner[None]
        own = torch.zeros_like(same)
        own[torch.arange(len(anchors)), anchors] = True
        chances = scores.masked_fill(own, -1e4).log_softmax(-1)
        same &= ~own
        known = same.any(-1)
        loss = -((chances * same).sum(-1) / same.sum(-1).clamp(min=1))[known].mean() + CLOSE * space.distance()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    return space.requires_grad_(False)


class ExtractorLoss:
    """Tags, related or not, and two contrastive losses: against words' sentence vectors, and in the space of names."""

    def __init__(self, network: ExtractorNetwork, rows: ExtractionSet) -> None:
        encoder = MiniLMEncoder()
        self._network = network
        self._owns = rows.owns
        with torch.no_grad():
            self._names = network.names(torch.from_numpy(encoder.encode(rows.names)))
        self._classes = torch.from_numpy(encoder.encode(rows.class_words))

    def __call__(self, batch: ExtractionBatch, dropout: float = 0.1) -> tuple[Tensor, dict[str, float]]:
        """The batch's loss and its parts."""
        network = self._network
        out = network(batch.ids, batch.mask, dropout)
        known = batch.tags >= 0
        parts = {"mentions": F.cross_entropy(out.mentions[known].float(), batch.tags[known])}
        states = network.ends(out.hidden, batch.rows, batch.spans)
        typed = batch.types >= 0
        if bool(typed.any()):
            scores = network.types(states[typed]) @ self._classes.T / SHARPNESS
            parts["types"] = F.cross_entropy(scores, batch.types[typed])
        if len(batch.subject):
            joint = joined(network, out.hidden, states, batch)
            logit = network.related(joint).squeeze(-1).float()
            loss = F.binary_cross_entropy_with_logits(logit, batch.related, batch.weight, reduction="sum")
            parts["related"] = loss / batch.weight.sum()
            true = batch.relation >= 0
            if bool(true.any()):
                vectors = network.relations(joint[true])
                parts["relations"] = self._relation_loss(vectors, batch.relation[true], batch.name[true])
        total = torch.stack([WEIGHTS_OF[name] * part for name, part in parts.items()]).sum()
        return total, {name: float(part.detach()) for name, part in parts.items()}

    def _relation_loss(self, vectors: Tensor, relation: Tensor, name: Tensor) -> Tensor:
        scores = vectors @ self._names.T / SHARPNESS
        others = self._owns[relation].clone()  # other names of the same relation are no negatives
        others[torch.arange(len(name)), name] = False
        return F.cross_entropy(scores.masked_fill(others, float("-inf")), name)


def joined(network: ExtractorNetwork, hidden: Tensor, states: Tensor, batch: ExtractionBatch) -> Tensor:
    """The pairs of a batch as the network sees them."""
    subjects, objects = network.sides(states)
    context = network.read(hidden, batch.mask)
    between = network.between(context, batch.rows[batch.subject], batch.spans[batch.subject], batch.spans[batch.object])
    return network.joint(subjects[batch.subject], objects[batch.object], between)


@torch.inference_mode()
def evaluate(network: ExtractorNetwork, rows: ExtractionSet) -> dict[str, float]:
    """Token accuracy of mentions, F1 of related pairs given the mentions, and how often the right word is nearest."""
    network.eval()
    encoder = MiniLMEncoder()
    names = network.names(torch.from_numpy(encoder.encode(rows.names)))
    classes = torch.from_numpy(encoder.encode(rows.class_words))
    tokens, nearest, typed, denied = [0, 0], [0, 0], [0, 0], [0, 0]
    pairs = [0, 0, 0]
    for batch in rows.batches(4096, 0):
        out = network(batch.ids, batch.mask)
        known = batch.tags >= 0
        tokens[0] += int((out.mentions.argmax(-1)[known] == batch.tags[known]).sum())
        tokens[1] += int(known.sum())
        states = network.ends(out.hidden, batch.rows, batch.spans)
        joint = joined(network, out.hidden, states, batch)
        said, true = network.related(joint).squeeze(-1) > 0, batch.related > 0
        pairs = [pairs[0] + int((said & true).sum()), pairs[1] + int(said.sum()), pairs[2] + int(true.sum())]
        no = batch.weight == DENIED
        denied[0] += int((said & no).sum())
        denied[1] += int(no.sum())
        best = (network.relations(joint[true]) @ names.T).argmax(-1)
        nearest[0] += int(rows.owns[batch.relation[true], best].sum())
        nearest[1] += int(true.sum())
        has = batch.types >= 0
        typed[0] += int(((network.types(states[has]) @ classes.T).argmax(-1) == batch.types[has]).sum())
        typed[1] += int(has.sum())
    network.train()
    precision, recall = pairs[0] / max(pairs[1], 1), pairs[0] / max(pairs[2], 1)
    return {
        "mention tokens": 100 * tokens[0] / max(tokens[1], 1),
        "pair F1": 100 * 2 * precision * recall / max(precision + recall, 1e-9),
        "denied pairs": 100 * denied[0] / max(denied[1], 1),
        "relation word": 100 * nearest[0] / max(nearest[1], 1),
        "class word": 100 * typed[0] / max(typed[1], 1),
    }


def tekgen_kinds(folder: Path) -> dict[str, tuple[str, str]]:
    """What the subjects and objects of TekGen's relations are, where its ontologies agree; "" where they do not."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with tarfile.open(folder / "tekgen" / "wikidata_tekgen.tar.gz") as archive:
        for member in sorted(n for n in archive.getnames() if re.search(r"ontologies/[^/]*\.json$", n)):
            file = archive.extractfile(member)
            assert file is not None
            made = json.load(io.TextIOWrapper(file, "utf-8"))
            concepts = {c["qid"]: "person" if c["label"] == "human" else c["label"] for c in made["concepts"]}
            for r in made["relations"]:
                found[r["label"]].add((concepts.get(r["domain"], ""), concepts.get(r["range"], "")))
    out = {}
    for label, kinds in found.items():
        ends = [{kind[end] for kind in kinds} for end in (0, 1)]
        out[label] = tuple(next(iter(end)) if len(end) == 1 else "" for end in ends)
    return out  # type: ignore[return-value]


def corpora(data: Path, rng: random.Random) -> list[ExtractionExample]:
    """The examples of the public corpora."""
    labelled = sentences(data)
    return [
        *tekgen_examples(labelled, tekgen_kinds(data)),
        *pararel_examples(pararel_facts(data), pararel_phrases(data), PROPERTIES, PARAREL, rng),
        *qasrl_examples(data),
    ]


def word_vectors(relations: list[str], classes: list[str]) -> dict[str, Tensor]:
    """The sentence vectors of the words, as they are kept with the weights."""
    encoder = MiniLMEncoder()
    words = {"relations": relations, "classes": classes}
    return {VECTORS + kind: Words.encoded(own, encoder).vectors for kind, own in words.items()}


def run(
    data: Path,
    checkpoint: Path,
    weights: Path,
    minutes: float,
    worlds: int = 700,
    seed: int = 5,
    begin: Path | None = None,
) -> dict[str, float]:
    """Train and save; returns the figures on the held-out domains.

    Args:
        data: the folder of the corpora.
        checkpoint: from which the same run goes on.
        weights: where they go.
        minutes: how long to train.
        worlds: how many are made.
        seed: of all that is drawn.
        begin: weights of an extractor to begin with, as far as they fit.
    """
    torch.manual_seed(seed)
    rng = random.Random(seed)
    lexicon = load_lexicon()
    seen = [d for d in lexicon if d.name not in HELD_OUT]
    held = [d for d in lexicon if d.name in HELD_OUT]
    made = list(generated(seen, worlds, rng))
    held_out = ExtractionSet(generated(held, 30, rng), relation_names(held))
    others = corpora(data, rng)
    labels = sorted({plain(label) for triples in sentences(data).values() for _, label, _ in triples})
    network = ExtractorNetwork(MiniLM.pretrained())
    network.names = learn_names(relation_names(seen, labels))
    if begin is not None:
        go_on(network, begin)
    rows = ExtractionSet([*made, *others], relation_names(seen, labels))
    stream = itertools.chain.from_iterable(rows.batches(2048, epoch) for epoch in itertools.count())
    schedule = Schedule(steps=1_000_000, rate=5e-4, minutes=minutes, mixed=multiplies_bfloat16())
    train(network, stream, ExtractorLoss(network, rows), schedule, checkpoint)
    figures = evaluate(network, held_out)
    stored = relation_names(lexicon, labels).stored
    card = {
        "version": "2",
        "rank": RANK,
        "relations": stored,
        "classes": rows.class_words,
        "data": "worlds generated from the lexicon, TekGen (Text2KGBench), PARAREL, QA-SRL",
        "figures": figures,
    }
    state = trained(network) | {"names.turn.weight": network.names.turn.weight.detach()}
    packing.save(weights, state | word_vectors(stored, rows.class_words), card, keep=(VECTORS, "names."))
    return figures


def go_on(network: ExtractorNetwork, path: Path) -> None:
    """Begin with the weights of another extractor; where a matrix has more columns now, these begin at nothing."""
    state, _ = packing.load(path)
    own = dict(network.named_parameters())
    with torch.no_grad():
        for name, tensor in state.items():
            if name not in own or name.startswith("names."):
                continue
            if own[name].shape == tensor.shape:
                own[name].copy_(tensor)
            elif own[name].ndim == 2 and own[name].shape[0] == tensor.shape[0]:
                own[name].zero_()
                own[name][:, : tensor.shape[1]].copy_(tensor)
