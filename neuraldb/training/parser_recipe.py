"""Trains the question parser: adapters and heads over the frozen body, on generated and human questions."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from neuraldb.models import packing
from neuraldb.models.adapters import trained
from neuraldb.models.minilm import MiniLM
from neuraldb.models.parser_network import RANK, SPANS, TYPES, ParserNetwork
from neuraldb.training.composition import sample
from neuraldb.training.loop import Schedule, multiplies_bfloat16, train
from neuraldb.training.parsing_examples import ParserBatch, ParsingExample, ParsingSet, from_query, human
from neuraldb.training.question_forms import asked_of
from neuraldb.training.vocabulary import HELD_OUT, Domain, load_lexicon
from neuraldb.training.wikinldb_templates import template_questions
from neuraldb.training.worlds import make_world


def parser_loss(network: ParserNetwork, batch: ParserBatch, dropout: float) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropies of type, comparison and spans, binary ones of the tags; unknown parts left out."""
    out = network(batch.ids, batch.mask, dropout)
    parts = {"type": F.cross_entropy(out.type, batch.type)}
    if bool((batch.op >= 0).any()):
        parts["op"] = F.cross_entropy(out.op, batch.op, ignore_index=-100)
    if bool((batch.starts >= 0).any()):
        width = out.starts.shape[-1]
        spans = F.cross_entropy(out.starts.reshape(-1, width), batch.starts.reshape(-1), ignore_index=-100)
        spans = spans + F.cross_entropy(out.ends.reshape(-1, width), batch.ends.reshape(-1), ignore_index=-100)
        parts["spans"] = spans
        known = batch.tags >= 0
        parts["tags"] = F.binary_cross_entropy_with_logits(out.tags[known], batch.tags[known])
    weights = {"type": 1.0, "op": 1.0, "spans": 2.0, "tags": 3.0}
    total = torch.stack([weights[name] * part for name, part in parts.items()]).sum()
    return total, {name: float(part.detach()) for name, part in parts.items()}


def generated(domains: list[Domain], count: int, rng: random.Random) -> Iterator[ParsingExample]:
    """Questions over made-up worlds of the domains."""
    made = 0
    while made < count:
        world = make_world(rng.choice(domains), rng, size=6)
        for _ in range(60):
            query = sample(world, rng)
            if query is not None:
                made += 1
                yield from_query(query)


def written(domains: list[Domain], copies: int, rng: random.Random) -> Iterator[ParsingExample]:
    """The lexicon's own questions of the domains."""
    for domain in domains:
        yield from map(from_query, asked_of(domain, rng, copies))


@torch.inference_mode()
def evaluate(network: ParserNetwork, rows: ParsingSet) -> dict[str, float]:
    """Accuracy of type, comparison, all spans, and of everything at once."""
    network.eval()
    hits = {"type": 0, "op": 0, "spans": 0, "all": 0}
    count = 0
    for batch in rows.batches(64, 0):
        out = network(batch.ids, batch.mask)
        type_right = out.type.argmax(-1) == batch.type
        op_right = (out.op.argmax(-1) == batch.op) | (batch.op < 0)
        spans_right = ((out.starts.argmax(-1) == batch.starts) | (batch.starts < 0)).all(-1)
        spans_right &= ((out.ends.argmax(-1) == batch.ends) | (batch.ends < 0)).all(-1)
        for name, right in (("type", type_right), ("op", op_right), ("spans", spans_right)):
            hits[name] += int(right.sum())
        hits["all"] += int((type_right & op_right & spans_right).sum())
        count += len(type_right)
    network.train()
    return {name: 100 * hit / count for name, hit in hits.items()}


def run(
    data: Path, checkpoint: Path, weights: Path, minutes: float, count: int = 60_000, seed: int = 11
) -> dict[str, float]:
    """Train and save; returns the figures on the held-out domains and on held-out human questions."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    lexicon = load_lexicon()
    people = human(data, rng) + list(template_questions(data, rng, copies=4))
    rng.shuffle(people)
    training, held_out, human_held_out = ParsingSet(), ParsingSet(), ParsingSet()
    human_held_out.extend(people[:1500])
    training.extend(people[1500:])
    seen, unseen = ([d for d in lexicon if (d.name in HELD_OUT) is side] for side in (False, True))
    training.extend(generated(seen, count, rng))
    training.extend(written(seen, 5, rng))
    held_out.extend(generated(unseen, 3000, rng))
    written_held_out = ParsingSet()
    written_held_out.extend(written(unseen, 1, rng))
    network = ParserNetwork(MiniLM.pretrained())
    stream = itertools.chain.from_iterable(training.batches(48, epoch) for epoch in itertools.count())
    schedule = Schedule(steps=1_000_000, rate=6e-4, minutes=minutes, mixed=multiplies_bfloat16())
    train(network, stream, lambda b: parser_loss(network, b, 0.1), schedule, checkpoint)
    figures = evaluate(network, held_out)
    figures |= {f"human {k}": v for k, v in evaluate(network, human_held_out).items()}
    figures |= {f"written {k}": v for k, v in evaluate(network, written_held_out).items()}
    card = {
        "version": "2",
        "rank": RANK,
        "types": list(TYPES),
        "spans": list(SPANS),
        "data": "generated questions and written ones (lexicon), Spider, SQuAD, BoolQ, MetaQA, "
        "WikiNLDB templates with PARAREL names",
        "figures": figures,
    }
    packing.save(weights, trained(network), card)
    return figures
