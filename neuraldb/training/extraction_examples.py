"""Examples for the extractor: facts with their mentions, the classes of these, and the related pairs among them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from neuraldb.models.extractor_network import BEGIN, INSIDE, OUTSIDE
from neuraldb.models.minilm import CLS, PAD, SEP, load_tokenizer
from neuraldb.training.realise import FactText, write_facts
from neuraldb.training.tekgen import sentences
from neuraldb.training.vocabulary import Domain
from neuraldb.training.worlds import make_world

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ExtractionExample:
    """A fact's text, its mentions with the words for their class (none known: empty), and related pairs.

    ``pairs`` are (subject mention, object mention, words for the relation). ``complete`` says that all mentions and
    pairs are listed; where it is false, what is not listed is not counted as wrong.
    """

    text: str
    mentions: tuple[tuple[Span, tuple[str, ...]], ...]
    pairs: tuple[tuple[int, int, tuple[str, ...]], ...]
    complete: bool = True


def from_fact(fact: FactText) -> ExtractionExample:
    """The example of a generated fact."""
    known: dict[Span, tuple[str, ...]] = {}
    for entity, span in fact.mentions:
        nouns = tuple(n.singular for n in entity.cls.nouns) if entity.cls.kind != "literal" else ()
        known[span] = nouns or (entity.cls.nouns[0].singular,)
    for stated in fact.stated:
        known.setdefault(stated.subject, ())
        known.setdefault(stated.object, ())
    spans = sorted(known)
    pairs = [(spans.index(s.subject), spans.index(s.object), tuple(s.triple.predicate.attributes)) for s in fact.stated]
    return ExtractionExample(fact.text, tuple((s, known[s]) for s in spans), tuple(pairs))


def generated(domains: Sequence[Domain], worlds: int, rng: random.Random) -> Iterator[ExtractionExample]:
    """Facts of made-up worlds."""
    for _ in range(worlds):
        world = make_world(rng.choice(domains), rng, size=rng.choice((5, 8)))
        for fact in write_facts(world, rng):
            yield from_fact(fact)


def tekgen_examples(folder: Path) -> Iterator[ExtractionExample]:
    """TekGen's sentences; only some of their triples are annotated."""
    for text, triples in sentences(folder).items():
        spans = sorted({(text.index(x), text.index(x) + len(x)) for s, _, o in triples for x in (s, o)})
        if any(a[1] > b[0] for a, b in pairwise(spans)):
            continue
        where = {text[a:b]: i for i, (a, b) in enumerate(spans)}
        pairs = tuple((where[s], where[o], (r,)) for s, r, o in triples if s in where and o in where)
        yield ExtractionExample(text, tuple((s, ()) for s in spans), pairs, complete=False)


@dataclass(frozen=True, slots=True)
class ExtractionBatch:
    """Tensors of B facts; mentions and pairs of all of them in one list each.

    ``tags`` (B, T) with -100 where unknown; ``rows`` (M,) and ``spans`` (M, 2) of mentions; ``types`` (M,) indexes into
    the list of class words, -1 unknown; ``subject`` and ``object`` (P,) index mentions; ``related`` (P,) float;
    ``relation`` (P,) index into the list of relation words, -1 for unrelated pairs; ``same`` gives, for each P, other
    indexes of words for the same relation, -1 padded.
    """

    ids: Tensor
    mask: Tensor
    tags: Tensor
    rows: Tensor
    spans: Tensor
    types: Tensor
    subject: Tensor
    object: Tensor
    related: Tensor
    relation: Tensor
    same: Tensor


class ExtractionSet:
    """Tokenised examples with the vocabularies of class and relation words that occur in them."""

    def __init__(self, examples: Iterable[ExtractionExample], longest: int = 96) -> None:
        kept = list(examples)
        self.class_words = sorted({w for e in kept for _, words in e.mentions for w in words})
        self.relation_words = sorted({w for e in kept for *_, words in e.pairs for w in words})
        self._class_index = {w: i for i, w in enumerate(self.class_words)}
        self._relation_index = {w: i for i, w in enumerate(self.relation_words)}
        encodings = load_tokenizer().encode_batch([e.text for e in kept], add_special_tokens=False)
        self.rows = [
            (e, enc.ids, placed)
            for e, enc in zip(kept, encodings, strict=True)
            if len(enc.ids) <= longest and (placed := _place(e, enc.offsets)) is not None
        ]

    def batches(self, tokens: int, seed: int) -> Iterator[ExtractionBatch]:
        """Shuffled batches within a token budget."""
        rng = random.Random(seed)
        order = list(range(len(self.rows)))
        rng.shuffle(order)
        for begin in range(0, len(order), 4096):
            pool = sorted(order[begin : begin + 4096], key=lambda i: len(self.rows[i][1]))
            groups: list[list[int]] = [[]]
            for i in pool:
                if groups[-1] and (len(groups[-1]) + 1) * (len(self.rows[i][1]) + 2) > tokens:
                    groups.append([])
                groups[-1].append(i)
            rng.shuffle(groups)
            for group in groups:
                yield self._collate([self.rows[i] for i in group], rng)

    def _collate(
        self, group: list[tuple[ExtractionExample, list[int], list[Span]]], rng: random.Random
    ) -> ExtractionBatch:
        width = max(len(ids) for _, ids, _ in group) + 2
        ids = torch.full((len(group), width), PAD)
        tags = torch.full((len(group), width), -100)
        rows: list[int] = []
        spans: list[tuple[int, int]] = []
        types: list[int] = []
        subject, obj, related, relation, same = [], [], [], [], []
        for row, (example, tokens, places) in enumerate(group):
            ids[row, : len(tokens) + 2] = torch.tensor([CLS, *tokens, SEP])
            if example.complete:
                tags[row, 1 : len(tokens) + 1] = OUTSIDE
            base = len(rows)
            for (first, last), (_, words) in zip(places, example.mentions, strict=True):
                tags[row, first : last + 1] = INSIDE
                tags[row, first] = BEGIN
                rows.append(row)
                spans.append((first, last))
                types.append(self._class_index[rng.choice(words)] if words else -1)
            stated = {(s, o): words for s, o, words in example.pairs}
            for s in range(len(places)):
                for o in range(len(places)):
                    words = stated.get((s, o), ())
                    if s == o or (not words and not example.complete):
                        continue
                    subject.append(base + s)
                    obj.append(base + o)
                    related.append(float(bool(words)))
                    indexes = [self._relation_index[w] for w in words]
                    relation.append(rng.choice(indexes) if indexes else -1)
                    same.append(([*indexes] + [-1] * 8)[:8])
        return ExtractionBatch(
            ids, ids != PAD, tags, torch.tensor(rows), torch.tensor(spans).reshape(-1, 2), torch.tensor(types),
            torch.tensor(subject), torch.tensor(obj), torch.tensor(related), torch.tensor(relation),
            torch.tensor(same).reshape(-1, 8),
        )  # fmt: skip


def _place(example: ExtractionExample, offsets: list[Span]) -> list[Span] | None:
    """Token positions of the mentions; None where two of them overlap or one does not align."""
    out: list[Span] = []
    for (start, end), _ in example.mentions:
        covered = [i + 1 for i, (a, b) in enumerate(offsets) if a < end and b > start]
        if not covered or (out and covered[0] <= out[-1][1]):
            return None
        out.append((covered[0], covered[-1]))
    return out
