"""Questions in plain language to a tree of questions that the reader can be asked one by one.

The parser (a model behind a protocol) sees types and spans; this module only cuts the text along them and goes on with
the parts: a described entity is asked for first (bridge), two conditions are asked separately (conjunction), a
restricted class and a negated condition likewise (Min et al. 2019, "Multi-hop reading comprehension through question
decomposition and rescoring").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from neuraldb.core.errors import ParseError
from neuraldb.core.frames import SLOT, QuestionFrame, QuestionParser, Span

DEEPEST = 4
"""Bridges within bridges; deeper ones are read as they stand."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A question to be put to facts as it stands."""

    text: str
    frame: QuestionFrame


@dataclass(frozen=True, slots=True)
class Bridge:
    """A question whose slot is filled by each answer to the inner one."""

    text: str
    frame: QuestionFrame
    inner: Question


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Answers that both questions have."""

    first: Question
    second: Question
    frame: QuestionFrame


@dataclass(frozen=True, slots=True)
class Negation:
    """Members of the class that are no answers to the positive question."""

    members: str
    positive: Question
    frame: QuestionFrame


@dataclass(frozen=True, slots=True)
class Restriction:
    """A question over a class of which only the answers to ``within`` count."""

    question: Atom
    within: Question
    frame: QuestionFrame


Question: TypeAlias = Atom | Bridge | Conjunction | Negation | Restriction


Known: TypeAlias = Callable[[str], bool]
"""Whether the database holds a name."""


def _nothing(name: str) -> bool:
    return False


def parse(text: str, parser: QuestionParser, known: Known = _nothing) -> Question:
    """The tree of a question.

    Args:
        text: the question.
        parser: sees types and spans.
        known: whether the database holds a name; a description that is one ("the University of Oslo") is no question.

    Raises:
        ParseError: the question is blank.
    """
    words = " ".join(text.split())
    if not words:
        raise ParseError("the question is empty", source=text)
    return _parse(words, parser, known, 0)


def _parse(text: str, parser: QuestionParser, known: Known, depth: int) -> Question:
    (frame,) = parser.parse([text])
    if depth >= DEEPEST:
        return Atom(text, frame)
    if frame.parts is not None:
        prefix, first, second = (frame.text(part) for part in frame.parts)
        return Conjunction(
            _parse(f"{prefix} {first}", parser, known, depth + 1),
            _parse(f"{prefix} {second}", parser, known, depth + 1),
            frame,
        )
    if frame.negations and frame.type in ("set", "count", "exists") and frame.class_noun is not None:
        positive = without(text, frame.negations)
        return Negation(frame.text(frame.class_noun), _parse(positive, parser, known, depth + 1), frame)
    if frame.within is not None and frame.within != (0, len(text)):
        within = _parse(frame.text(frame.within), parser, known, depth + 1)
        return Restriction(Atom(text, _beyond(frame, frame.within)), within, frame)
    if frame.inner is not None and known(frame.text(frame.inner)):
        return Atom(
            text,
            replace(frame, inner=None, entities=tuple(sorted({*_beyond(frame, frame.inner).entities, frame.inner}))),
        )
    if frame.inner is not None and frame.inner != (0, len(text)):
        inner = _parse(frame.text(frame.inner), parser, known, depth + 1)
        outer = text[: frame.inner[0]] + SLOT + text[frame.inner[1] :]
        return Bridge(outer, _beyond(frame, frame.inner), inner)
    return Atom(text, frame)


def _beyond(frame: QuestionFrame, part: Span) -> QuestionFrame:
    """The frame without the names in a part that is asked separately: what answers the rest need not mention them."""
    return replace(frame, entities=tuple(e for e in frame.entities if not (part[0] <= e[0] and e[1] <= part[1])))


CONTRACTED = {"won't": "will", "can't": "can", "cannot": "can", "shan't": "shall"}


def without(text: str, cues: tuple[Span, ...]) -> str:
    """The text with its words of negation taken out.

    >>> without("Which books weren't written by Ann and did not sell?", ((12, 19), (43, 46)))
    'Which books were written by Ann and did sell?'
    """
    for start, end in sorted(cues, reverse=True):
        cue = text[start:end]
        kept = CONTRACTED.get(cue.lower(), re.sub(r"n['’]?t$", "", cue) if cue.lower() != "not" else "")
        text = text[:start] + kept + text[end:]
    return " ".join(text.split())
