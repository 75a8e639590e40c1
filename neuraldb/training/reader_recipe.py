"""Trains the reader in three stages: to read (human questions on human sentences), to derive (all question types), and
not to take one thing for another.

Stage one is SQuAD, QAMR, QA-SRL and FEVER with hard negatives. Stage two adds made-up worlds, whose facts and questions
come from the lexicon, support sets of two and three facts, the retriever's mistakes and TekGen's sentences, and keeps a
part of stage one so that nothing is forgotten. Stage three goes on with new worlds and with what the reader itself
still gets wrong among the facts of many of them.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F

from neuraldb.models import packing
from neuraldb.models.encoder import MiniLMEncoder
from neuraldb.models.minilm import MiniLM
from neuraldb.models.reader import FURTHER, MOST_SPANS, MiniLMReader
from neuraldb.models.reader_network import VERDICTS, ReaderNetwork, Reading
from neuraldb.models.retriever import MiniLMRetriever
from neuraldb.training import corpora
from neuraldb.training.composition import sample
from neuraldb.training.derivations import examples_in, told_world
from neuraldb.training.examples import Batch, ReadingExample, TokenExample, batches, tokenise
from neuraldb.training.loop import Schedule, multiplies_bfloat16, train
from neuraldb.training.mining import confusions, mistakes
from neuraldb.training.reader_loss import SPAN, reader_loss
from neuraldb.training.realise import FactText
from neuraldb.training.support_sets import joins, noisy
from neuraldb.training.tekgen import tekgen
from neuraldb.training.vocabulary import HELD_OUT, Domain, load_lexicon

TOKENS = 2048
NEW = 0.6
"""The part that the last stage's weights have in the reader; the rest are those of the stage before."""


def network() -> ReaderNetwork:
    """The reader before training: MiniLM's weights, fresh heads, embeddings frozen."""
    made = ReaderNetwork(MiniLM.pretrained())
    made.body.words.requires_grad_(False)
    made.body.positions.requires_grad_(False)
    return made


def reading(data: Path) -> tuple[list[TokenExample], list[TokenExample]]:
    """Stage one's examples, and held-out ones: the last articles of SQuAD."""
    squad = list(corpora.squad(data))
    cut = int(len(squad) * 0.97)
    rest = tokenise(list(corpora.qamr(data)), 72) + tokenise(list(corpora.qasrl(data)), 72)
    return tokenise(squad[:cut], 72) + rest + tokenise(list(corpora.fever(data)), 80) * 2, tokenise(squad[cut:][:3000])


def deriving(data: Path, worlds: int, rng: random.Random) -> tuple[list[TokenExample], list[TokenExample]]:
    """Stage two's own examples, and held-out ones: the domains that training never sees."""
    lexicon = load_lexicon()
    seen = [d for d in lexicon if d.name not in HELD_OUT]
    unseen = [d for d in lexicon if d.name in HELD_OUT]
    derived = [*_worlds(seen, worlds, rng), *_mined(seen, worlds // 25, rng), *tekgen(data)]
    return tokenise(derived), tokenise(list(_worlds(unseen, 12, rng)))


def _mined(domains: Sequence[Domain], databases: int, rng: random.Random) -> Iterator[ReadingExample]:
    """What the retriever takes for answers in made-up databases."""
    encoder, retriever = MiniLMEncoder(), MiniLMRetriever.load()
    for _ in range(databases):
        yield from mistakes(domains, encoder, retriever, rng)


def confusing(reader: ReaderNetwork, worlds: int, rng: random.Random) -> list[TokenExample]:
    """Stage three's own examples: new worlds, and twice what the reader gets wrong in databases of several."""
    seen = [d for d in load_lexicon() if d.name not in HELD_OUT]
    wrong = list(_confused(reader, seen, worlds // 15, rng))
    return tokenise([*_worlds(seen, worlds, rng), *wrong, *wrong])


def _confused(
    network: ReaderNetwork, domains: Sequence[Domain], databases: int, rng: random.Random
) -> Iterator[ReadingExample]:
    """What the reader gets wrong in made-up databases."""
    encoder, retriever, reader = MiniLMEncoder(), MiniLMRetriever.load(), MiniLMReader(network, "in training")
    for _ in range(databases):
        yield from confusions(domains, encoder, retriever, reader, rng)
    network.train()


def _worlds(domains: Sequence[Domain], count: int, rng: random.Random) -> Iterator[ReadingExample]:
    """Examples of made-up worlds; each world's class questions are also put to facts of the worlds before it."""
    before: deque[tuple[str, list[FactText]]] = deque(maxlen=8)
    sizes = [len(d.relations) + len(d.quantities) + len(d.dates) for d in domains]
    for domain in rng.choices(domains, weights=sizes, k=count):
        world, facts = told_world(domain, rng)
        others = [fact for name, told in before if name != domain.name for fact in told]
        yield from examples_in(world, facts, rng, 110, others)
        yield from joins(world, facts, rng, 10)
        queries = [q for _ in range(20) if (q := sample(world, rng)) is not None and q.target is not None]
        yield from (example for q in queries if (example := noisy(q, facts, rng)) is not None)
        before.append((domain.name, facts))


def run(
    data: Path, folder: Path, weights: Path, minutes: tuple[float, float, float], worlds: int = 500, seed: int = 7
) -> dict[str, float]:
    """All stages (minutes each), calibration, and the weights with their card; checkpoints in ``folder`` resume."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    reader = network()
    human, human_held_out = reading(data)
    _stage(reader, human, folder / "reader-1.pt", minutes[0], 1e-4)
    derived, held_out = deriving(data, worlds, rng)
    kept = rng.sample(human, k=min(len(human), len(derived) // 2))
    _stage(reader, derived + kept, folder / "reader-2.pt", minutes[1], 8e-5)
    before = {name: tensor.clone() for name, tensor in reader.state_dict().items()}
    fresh = confusing(reader, worlds // 3, rng)
    _stage(reader, fresh + rng.sample(kept, k=len(kept) // 2), folder / "reader-3.pt", minutes[2], 6e-5)
    blend(reader, before)
    return finish(reader, held_out, human_held_out, weights)


def _stage(reader: ReaderNetwork, examples: list[TokenExample], checkpoint: Path, minutes: float, rate: float) -> None:
    stream = itertools.chain.from_iterable(batches(examples, TOKENS, epoch) for epoch in itertools.count())
    schedule = Schedule(steps=1_000_000, rate=rate, minutes=minutes, mixed=multiplies_bfloat16())
    train(reader, stream, lambda batch: reader_loss(reader, batch, 0.1), schedule, checkpoint)


@torch.no_grad()
def blend(reader: ReaderNetwork, before: Mapping[str, torch.Tensor]) -> None:
    """Make each weight the mean of what it was and what it is (:data:`NEW` of it).

    Such a mean is better than either on what neither has seen (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
    models", section 3).
    """
    for name, tensor in reader.state_dict().items():
        tensor.copy_(torch.lerp(before[name], tensor, NEW))


def finish(
    reader: ReaderNetwork, held_out: list[TokenExample], human_held_out: list[TokenExample], weights: Path
) -> dict[str, float]:
    """Calibrate, measure and save."""
    figures = {f"derive {k}": v for k, v in evaluate(reader, held_out).items()}
    figures |= {f"squad {k}": v for k, v in evaluate(reader, human_held_out).items()}
    temperature = calibrate(reader, held_out + human_held_out)
    card = {
        "version": "5",
        "temperature": temperature,
        "data": "SQuAD 1.1, QAMR, QA-SRL, FEVER, TekGen (Text2KGBench), worlds generated from the lexicon",
        "held out": "domains " + ", ".join(HELD_OUT) + "; the last articles of SQuAD",
        "figures": figures,
    }
    state = {n: p for n, p in reader.state_dict().items() if n not in ("body.words.weight", "body.positions.weight")}
    packing.save(weights, state, card, keep=("start", "verdict", "mode", "body.segments"))
    return figures


@torch.inference_mode()
def evaluate(reader: ReaderNetwork, examples: list[TokenExample]) -> dict[str, float]:
    """Verdict accuracy; of the spans to find, the first one exact and all begun right; exact values, given the key."""
    reader.eval()
    counts: dict[str, list[float]] = {"verdict": [], "span": [], "all spans": [], "value": []}
    for batch in batches(examples, 4096, 0):
        scores = reader(batch.ids, batch.segments, batch.mask, batch.mode)
        facts = batch.mask & (batch.segments == 1)
        counts["verdict"] += (scores.verdict.argmax(-1) == batch.verdict).tolist()
        rows = batch.verdict == SPAN
        start = scores.start.argmax(-1, keepdim=True)
        end = reader.ends(scores, start, facts).argmax(-1)
        right = ((batch.keys[..., 0] == start) & (batch.keys[..., 1] == end)).any(-1)
        counts["span"] += right[rows].tolist()
        counts["all spans"] += _all_right(reader, scores, batch, facts)[rows].tolist()
        counts["value"] += _values_right(reader, scores, batch, facts)
    reader.train()
    return {name: 100 * sum(v) / len(v) for name, v in counts.items() if v}


def _all_right(reader: ReaderNetwork, scores: Reading, batch: Batch, facts: torch.Tensor) -> torch.Tensor:
    """Whether the spans that the reader would give (:data:`~neuraldb.models.reader.FURTHER`) begin where all do."""
    likely = scores.start.topk(min(MOST_SPANS, scores.start.shape[1]), 1).indices
    further = reader.others(scores, likely[:, :1], facts).squeeze(1).sigmoid().gather(1, likely) >= FURTHER
    further[:, 0] = True
    given = torch.zeros_like(facts).scatter_(1, likely, further) & facts
    starts = batch.keys[..., 0]
    gold = torch.zeros_like(facts)
    gold.scatter_(1, starts.clamp(min=0), starts >= 0)
    gold[:, 0] = False  # where absent starts went
    return (given == gold).all(1)


def _values_right(reader: ReaderNetwork, scores: Reading, batch: Batch, facts: torch.Tensor) -> list[float]:
    keys = batch.keys[:, :1, 0].clamp(min=0)
    start = reader.values(scores, keys, facts).argmax(-1)
    end = reader.ends(scores, start, facts).argmax(-1)
    gold = batch.values[:, 0]
    has = gold[:, 0, 0] >= 0
    right = ((gold[..., 0] == start) & (gold[..., 1] == end)).any(-1)
    return right[has].tolist()


@torch.inference_mode()
def calibrate(reader: ReaderNetwork, examples: list[TokenExample]) -> float:
    """The temperature of the verdict that makes its likelihood greatest on held-out examples (Guo et al. 2017)."""
    reader.eval()
    logits, gold = [], []
    for batch in batches(examples, 4096, 0):
        logits.append(reader(batch.ids, batch.segments, batch.mask, batch.mode).verdict)
        gold.append(batch.verdict)
    scores, right = torch.cat(logits), torch.cat(gold)
    assert scores.shape[1] == len(VERDICTS)
    choices = [0.5 + 0.05 * i for i in range(51)]
    return min(choices, key=lambda t: float(F.cross_entropy(scores / t, right)))
