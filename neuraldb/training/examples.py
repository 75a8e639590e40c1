"""Training examples of the reader, and their batches.

An example is a question, a small support set and the derivation that should come out: a verdict, and for
"span" the keys with, where the question compares or groups, their values; all as character spans of the facts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Encoding
from torch import Tensor

from neuraldb.models.minilm import CLS, PAD, SEP, load_tokenizer
from neuraldb.models.reader_network import LONGEST_SPAN, MODES, VERDICTS

Span = tuple[int, int, int]
"""(fact number, start, end): a half-open range of characters of one fact of the support set."""


@dataclass(frozen=True, slots=True)
class ReadingExample:
    """One (question, support set) with its derivation."""

    question: str
    facts: tuple[str, ...]
    mode: str = "answer"
    verdict: str = "none"
    pairs: tuple[tuple[Span, tuple[Span, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class TokenExample:
    """The same in token positions of the joint sequence."""

    ids: tuple[int, ...]
    question_length: int
    mode: int
    verdict: int
    keys: tuple[tuple[int, int], ...]
    values: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of B examples, T tokens, A keys and V values a key; absent spans have start -1."""

    ids: Tensor
    segments: Tensor
    mask: Tensor
    mode: Tensor
    verdict: Tensor
    keys: Tensor  # (B, A, 2)
    values: Tensor  # (B, A, V, 2)


def tokenise(examples: Sequence[ReadingExample], longest: int = 96) -> list[TokenExample]:
    """Token positions for character spans; examples that are too long or whose spans do not align are left out."""
    tokenizer = load_tokenizer()
    out = []
    for begin in range(0, len(examples), 4096):
        chunk = examples[begin : begin + 4096]
        texts = [text for e in chunk for text in (e.question, *e.facts)]
        encodings = iter(tokenizer.encode_batch(texts, add_special_tokens=False))
        for example in chunk:
            question = next(encodings)
            facts = [next(encodings) for _ in example.facts]
            made = _assemble(example, question, facts, longest)
            if made is not None:
                out.append(made)
    return out


def _assemble(e: ReadingExample, question: Encoding, facts: list[Encoding], longest: int) -> TokenExample | None:
    ids = [CLS, *question.ids, SEP]
    question_length = len(ids)
    starts = []
    for fact in facts:
        starts.append(len(ids))
        ids += [*fact.ids, SEP]
    if len(ids) > longest:
        return None

    def position(span: Span) -> tuple[int, int] | None:
        number, start, end = span
        covered = [i for i, (a, b) in enumerate(facts[number].offsets) if a < end and b > start]
        if not covered or covered[-1] - covered[0] >= LONGEST_SPAN:
            return None
        return starts[number] + covered[0], starts[number] + covered[-1]

    keys: list[tuple[int, int]] = []
    values: list[tuple[tuple[int, int], ...]] = []
    for key, key_values in e.pairs:
        at = position(key)
        value_at = [position(v) for v in key_values]
        if at is None or None in value_at:
            return None
        keys.append(at)
        values.append(tuple(v for v in value_at if v is not None))
    if e.verdict == "span" and not keys:
        return None
    return TokenExample(
        tuple(ids), question_length, MODES.index(e.mode), VERDICTS.index(e.verdict), tuple(keys), tuple(values)
    )


def batches(examples: Sequence[TokenExample], tokens: int, seed: int, most: int = 96) -> Iterator[Batch]:
    """Shuffled batches of at most ``tokens`` tokens, examples of like length together."""
    rng = random.Random(seed)
    order = list(range(len(examples)))
    rng.shuffle(order)
    for begin in range(0, len(order), 4096):
        pool = sorted(order[begin : begin + 4096], key=lambda i: len(examples[i].ids))
        groups: list[list[int]] = [[]]
        for i in pool:
            width = len(examples[i].ids)
            if groups[-1] and (len(groups[-1]) >= most or (len(groups[-1]) + 1) * width > tokens):
                groups.append([])
            groups[-1].append(i)
        rng.shuffle(groups)
        for group in groups:
            yield collate([examples[i] for i in group])


def collate(group: Sequence[TokenExample]) -> Batch:
    """Pad a group of examples into one batch."""
    size, width = len(group), max(len(e.ids) for e in group)
    most_keys = max(1, *(len(e.keys) for e in group)) if group else 1
    most_values = max([1, *(len(v) for e in group for v in e.values)])
    ids = torch.full((size, width), PAD)
    segments = torch.zeros((size, width), dtype=torch.long)
    keys = torch.full((size, most_keys, 2), -1)
    values = torch.full((size, most_keys, most_values, 2), -1)
    for row, e in enumerate(group):
        ids[row, : len(e.ids)] = torch.tensor(e.ids)
        segments[row, e.question_length : len(e.ids)] = 1
        for a, key in enumerate(e.keys):
            keys[row, a] = torch.tensor(key)
            for v, value in enumerate(e.values[a]):
                values[row, a, v] = torch.tensor(value)
    return Batch(
        ids=ids,
        segments=segments,
        mask=ids != PAD,
        mode=torch.tensor([e.mode for e in group]),
        verdict=torch.tensor([e.verdict for e in group]),
        keys=keys,
        values=values,
    )
