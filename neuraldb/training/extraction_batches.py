"""The extractor's examples as tensors."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from neuraldb.models.extractor_network import BEGIN, INSIDE, OUTSIDE
from neuraldb.models.minilm import CLS, PAD, SEP, load_tokenizer
from neuraldb.training.extraction_examples import ExtractionExample
from neuraldb.training.realise import Span
from neuraldb.training.relation_names import RelationNames

DENIED = 4.0
"""What it costs, against 1, to relate a pair that the text says is not."""
STORED = 0.5
"""How often the name that is learnt is the one that the relation is stored under."""


@dataclass(frozen=True, slots=True)
class ExtractionBatch:
    """Tensors of B facts; mentions and pairs of all of them in one list each.

    ``tags`` (B, T) with -100 where unknown; ``rows`` (M,) and ``spans`` (M, 2) of mentions; ``types`` (M,) indexes into
    the list of class words, -1 unknown; ``subject`` and ``object`` (P,) index mentions; ``related`` (P,) float,
    ``weight`` (P,) what a mistake costs; ``relation`` (P,) the number of the relation and ``name`` (P,) the index of
    one of its names, -1 for unrelated pairs.
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
    weight: Tensor
    relation: Tensor
    name: Tensor


class ExtractionSet:
    """Tokenised examples with the class words and the relations that occur in them.

    Args:
        examples: the examples.
        relations: those that are known already; what the examples say besides is added.
        longest: tokens of a text; longer ones are left out.
    """

    def __init__(
        self, examples: Iterable[ExtractionExample], relations: RelationNames | None = None, longest: int = 96
    ) -> None:
        kept = list(examples)
        self.relations = relations if relations is not None else RelationNames()
        for names in dict.fromkeys(p.names for e in kept for p in e.pairs):
            self.relations.enter(names)
        self.class_words = sorted({w for e in kept for _, words in e.mentions for w in words})
        self.names = sorted({n for names in self.relations.names for n in names})
        self._class_index = {w: i for i, w in enumerate(self.class_words)}
        self._name_index = {n: i for i, n in enumerate(self.names)}
        self.owns = torch.zeros(len(self.relations.names), len(self.names), dtype=torch.bool)
        for relation, known in enumerate(self.relations.names):
            self.owns[relation, [self._name_index[n] for n in known]] = True
        encodings = load_tokenizer().encode_batch([e.text for e in kept], add_special_tokens=False)
        self.rows = [
            (e, enc.ids, enc.offsets, placed)
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
                yield self._collate(group, rng)

    def _collate(self, group: list[int], rng: random.Random) -> ExtractionBatch:
        width = max(len(self.rows[i][1]) for i in group) + 2
        ids = torch.full((len(group), width), PAD)
        tags = torch.full((len(group), width), -100)
        rows: list[int] = []
        spans: list[Span] = []
        types: list[int] = []
        pairs: list[tuple[int, int, float, float, int, int]] = []
        for row, i in enumerate(group):
            example, tokens, offsets, places = self.rows[i]
            ids[row, : len(tokens) + 2] = torch.tensor([CLS, *tokens, SEP])
            if example.tagged:
                _tag(tags[row], example, offsets, places)
            base = len(rows)
            rows += [row] * len(places)
            spans += places
            types += [self._class_index[rng.choice(words)] if words else -1 for _, words in example.mentions]
            pairs += [(base + s, base + o, r, w, n, m) for s, o, r, w, n, m in self._pairs(example, rng)]
        subject, other, related, weight, relation, name = zip(*pairs, strict=True) if pairs else ((),) * 6
        return ExtractionBatch(
            ids, ids != PAD, tags, torch.tensor(rows), torch.tensor(spans).reshape(-1, 2), torch.tensor(types),
            torch.tensor(subject, dtype=torch.long), torch.tensor(other, dtype=torch.long),
            torch.tensor(related, dtype=torch.float), torch.tensor(weight, dtype=torch.float),
            torch.tensor(relation, dtype=torch.long), torch.tensor(name, dtype=torch.long),
        )  # fmt: skip

    def _pairs(
        self, example: ExtractionExample, rng: random.Random
    ) -> Iterator[tuple[int, int, float, float, int, int]]:
        count = len(example.mentions)
        stated = {(p.subject, p.object): p.names for p in example.pairs}
        alias = {m: set(group) for group in example.same for m in group}
        excused = {
            (s, o)
            for p in example.pairs
            for s in alias.get(p.subject, {p.subject})
            for o in alias.get(p.object, {p.object})
        }
        denied = set(example.denied)
        for s in range(count):
            for o in range(count):
                if s == o:
                    continue
                names = stated.get((s, o))
                if names is not None:
                    number = self.relations.number(names[0])
                    assert number is not None
                    known = self.relations.names[number]
                    name = known[0] if rng.random() < STORED else rng.choice(known)
                    yield s, o, 1.0, 1.5, number, self._name_index[name]
                elif (s, o) in denied:
                    yield s, o, 0.0, DENIED, -1, -1
                elif (s, o) not in excused:
                    yield s, o, 0.0, example.unlisted, -1, -1


def _tag(tags: Tensor, example: ExtractionExample, offsets: list[Span], places: list[Span]) -> None:
    """Fill in the tags of a row."""
    if example.complete:
        tags[1 : len(offsets) + 1] = OUTSIDE
    for start, end in example.outside:
        for i, (a, b) in enumerate(offsets):
            if a < end and b > start:
                tags[i + 1] = OUTSIDE
    named = {m for p in example.pairs for m in (p.subject, p.object)}
    for number, (first, last) in enumerate(places):
        if example.complete or number in named:
            tags[first : last + 1] = INSIDE
            tags[first] = BEGIN


def _place(example: ExtractionExample, offsets: list[Span]) -> list[Span] | None:
    """Token positions of the mentions; None where two of them overlap or one does not align."""
    out: list[Span] = []
    for (start, end), _ in example.mentions:
        covered = [i + 1 for i, (a, b) in enumerate(offsets) if a < end and b > start]
        if not covered or (out and covered[0] <= out[-1][1]):
            return None
        out.append((covered[0], covered[-1]))
    return out
