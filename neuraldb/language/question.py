"""Questions in plain language to a tree of questions that the reader can be asked one by one.

The parser (a model behind a protocol) sees types and spans; this module only cuts the text along them and goes on with
the parts: a described entity is asked for first (bridge), two conditions are asked separately (conjunction), a
restricted class and a negated condition likewise (Min et al. 2019, "Multi-hop reading comprehension through question
decomposition and rescoring").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from neuraldb.core.errors import ParseError
from neuraldb.core.frames import SLOT, QuestionFrame, QuestionParser, Span
from neuraldb.core.replies import one_each
from neuraldb.core.values import parse_value
from neuraldb.language.likelihood import certain, may_ask

SIDES = {"gt": "gt", "ge": "gt", "lt": "lt", "le": "lt"}
"""Which side of the other's value the first thing's must be, where two things are compared."""
HOW_MANY = re.compile(r"\W*(?:and |so )?(?:about |roughly )?how many\b", re.IGNORECASE)
"""What asks for a number, be it one that a fact states or one that must be counted."""
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


@dataclass(frozen=True, slots=True)
class Likely:
    """A question that asks for what is only likely, too; the words that say so are not in it any more."""

    question: Question


Question: TypeAlias = Atom | Bridge | Conjunction | Negation | Restriction


class Names(Protocol):
    """The names that a database holds."""

    def holds(self, name: str) -> bool:
        """Whether this is the name of something."""
        ...

    def spans(self, text: str) -> list[Span]:
        """Where names stand in a text, the longest ones, none overlapping."""
        ...


def parse(text: str, parser: QuestionParser, names: Names | None = None) -> Question | Likely:
    """The tree of a question.

    Args:
        text: the question.
        parser: sees types and spans.
        names: what the database holds; a description that is a name ("the University of Oslo") is no question, and a
            name is taken whole, however much of it the parser saw.

    Raises:
        ParseError: the question is blank.
    """
    words = " ".join(text.split())
    if not words:
        raise ParseError("the question is empty", source=text)
    words, likely = certain(words, names.spans(words) if names is not None and may_ask(words) else ())
    asked = _parse(words, parser, names, 0)
    return Likely(asked) if likely else asked


def _parse(text: str, parser: QuestionParser, names: Names | None, depth: int) -> Question:
    (frame,) = one_each(parser.parse([text]), 1, "question parser", parser)
    frame = consistent(frame)
    if names is not None:
        frame = bound(frame, names.spans(text))
    if depth >= DEEPEST:
        return Atom(text, frame)
    if frame.parts is not None:
        prefix, first, second = (frame.text(part) for part in frame.parts)
        return Conjunction(
            _parse(f"{prefix} {first}", parser, names, depth + 1),
            _parse(f"{prefix} {second}", parser, names, depth + 1),
            frame,
        )
    if frame.negations and frame.type in ("set", "count", "exists") and frame.class_noun is not None:
        positive = without(text, frame.negations)
        return Negation(frame.text(frame.class_noun), _parse(positive, parser, names, depth + 1), frame)
    if frame.within is not None and frame.within != (0, len(text)):
        within = _parse(frame.text(frame.within), parser, names, depth + 1)
        return Restriction(Atom(text, _beyond(frame, frame.within)), within, frame)
    if frame.inner is not None and names is not None and names.holds(frame.text(frame.inner)):
        return Atom(
            text,
            replace(frame, inner=None, entities=tuple(sorted({*_beyond(frame, frame.inner).entities, frame.inner}))),
        )
    if frame.inner is not None and frame.inner != (0, len(text)):
        inner = _parse(frame.text(frame.inner), parser, names, depth + 1)
        outer = text[: frame.inner[0]] + SLOT + text[frame.inner[1] :]
        return Bridge(outer, _beyond(frame, frame.inner), inner)
    return Atom(text, frame)


def consistent(frame: QuestionFrame) -> QuestionFrame:
    """The frame without thresholds that are no values, which are names then, and without a comparison with nothing.

    >>> from neuraldb.core.frames import QuestionFrame
    >>> frame = QuestionFrame("Who joined NASA before 1960?", "set", "lt", values=((11, 15), (23, 27)))
    >>> (made := consistent(frame)).values, made.entities
    (((23, 27),), ((11, 15),))
    >>> frame = QuestionFrame("Was Orion built before Sirius?", "bool", "lt", entities=((4, 9),), values=((23, 29),))
    >>> (made := consistent(frame)).type, made.op, made.values
    ('compare', 'lt', ())
    """
    names = tuple(v for v in frame.values if parse_value(frame.text(v)).kind == "text")
    if names:
        values = tuple(v for v in frame.values if v not in names)
        frame = replace(frame, values=values, entities=tuple(sorted({*frame.entities, *names})))
        if frame.type == "bool" and frame.op in SIDES and not values and len(frame.entities) > 1:
            frame = replace(frame, type="compare", op=SIDES[frame.op])  # one thing's value is the other's threshold
    if frame.type == "set" and frame.op == "none" and HOW_MANY.match(frame.question):
        frame = replace(frame, type="count")
    if frame.op != "none" and not frame.values and frame.type != "compare":
        frame = replace(frame, op="none")
    return frame


def bound(frame: QuestionFrame, known: Sequence[Span]) -> QuestionFrame:
    """The frame with its entities as whole as the names that they are part of.

    A name that a description only begins or ends in stays as the parser saw it.

    >>> from neuraldb.core.frames import QuestionFrame
    >>> frame = QuestionFrame("Who runs Oslo Tech?", "set", entities=((9, 13),))
    >>> bound(frame, [(9, 18)]).entities
    ((9, 18),)
    """
    parts = [p for p in (frame.inner, frame.within, *(frame.parts or ())) if p is not None]

    def whole(entity: Span) -> Span:
        for name in known:
            if _within(entity, name) and all(_within(name, p) or not _overlap(name, p) for p in parts):
                return name
        return entity

    return replace(frame, entities=tuple(sorted({whole(e) for e in frame.entities})))


def _within(part: Span, whole: Span) -> bool:
    return whole[0] <= part[0] and part[1] <= whole[1]


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _beyond(frame: QuestionFrame, part: Span) -> QuestionFrame:
    """The frame without the names in a part that is asked separately: what answers the rest need not mention them."""
    return replace(frame, entities=tuple(e for e in frame.entities if not _within(e, part)))


CONTRACTED = {"won't": "will", "can't": "can", "cannot": "can", "shan't": "shall"}


def without(text: str, cues: tuple[Span, ...]) -> str:
    """The text with its words of negation taken out.

    >>> without("Which books weren't written by Ann and did not sell?", ((12, 19), (43, 46)))
    'Which books were written by Ann and did sell?'
    >>> without("Which clubs have never won the cup?", ((17, 22),))
    'Which clubs have won the cup?'
    """
    for start, end in sorted(cues, reverse=True):
        cue = text[start:end]
        contracted = re.fullmatch(r"(.*)n['’]?t", cue, re.IGNORECASE)
        kept = CONTRACTED.get(cue.lower(), contracted[1] if contracted and cue.lower() != "not" else "")
        text = text[:start] + kept + text[end:]
    return " ".join(text.split())
