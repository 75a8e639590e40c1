"""Questions with their frames written into them, and a parser that knows just these.

>>> frame = marked("Which [class:books] did [entity:Ann] write?", "set")
>>> frame.question, frame.text(frame.class_noun), frame.text(frame.entities[0])
('Which books did Ann write?', 'books', 'Ann')
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from neuraldb.core.frames import QuestionFrame, Span

_TOKEN = re.compile(r"\[(\w+):|\]")
KINDS = frozenset({"class", "entity", "value", "negation", "count", "inner", "within", "prefix", "first", "second"})


def marked(text: str, type: str, op: str = "none") -> QuestionFrame:
    """The frame of a question in which ``[kind:words]`` marks spans; marks may lie in each other."""
    plain = ""
    spans: dict[str, list[Span]] = defaultdict(list)
    opened: list[tuple[str, int]] = []
    at = 0
    for token in _TOKEN.finditer(text):
        plain += text[at : token.start()]
        at = token.end()
        if token[1]:
            if token[1] not in KINDS:
                raise ValueError(f"unknown mark {token[1]}")
            opened.append((token[1], len(plain)))
        else:
            kind, start = opened.pop()
            spans[kind].append((start, len(plain)))
    if opened:
        raise ValueError(f"a mark is not closed: {text}")
    plain += text[at:]
    one = {kind: found[0] for kind, found in spans.items()}
    parts = (one["prefix"], one["first"], one["second"]) if "first" in one else None
    return QuestionFrame(
        plain,
        type,
        op,
        inner=one.get("inner"),
        within=one.get("within"),
        parts=parts,
        class_noun=one.get("class"),
        entities=tuple(sorted(spans["entity"])),
        values=tuple(sorted(spans["value"])),
        negations=tuple(sorted(spans["negation"])),
        count=one.get("count"),
    )


class TableParser:
    """A question parser that knows the frames it is given; anything else is a set question without marks."""

    name = "table-parser"

    def __init__(self) -> None:
        self.frames: dict[str, QuestionFrame] = {}

    def know(self, frame: QuestionFrame) -> None:
        self.frames[frame.question] = frame

    def parse(self, questions: Sequence[str]) -> list[QuestionFrame]:
        return [self.frames.get(q) or QuestionFrame(q, "set") for q in questions]
