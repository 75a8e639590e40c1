"""What a question parser says of a question; languages read it, models make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

Span = tuple[int, int]

SLOT = "\ue000"
"""Stands in a question for a value that is not known yet; a private-use character, which no text of a user's holds."""


@dataclass(frozen=True, slots=True)
class QuestionFrame:
    """How a question is to be understood; spans are characters of the question.

    Attributes:
        type: set, count, bool, exists, min, max, sum, avg, argmin, argmax, group_min, group_max or compare.
        op: the comparison with ``values``: none, gt, ge, lt, le, eq or between; for ``compare`` gt or lt.
        inner: a description to be answered first and put in its place (a bridge between two facts).
        within: a description that restricts the class.
        parts: (prefix, first, second) of a conjunction: both "prefix first" and "prefix second" must hold.
        class_noun: what is asked for ("books").
        entities, values, negations: names, thresholds and words of negation.
        count: the k of a top-k.
        confidence: that all of this is right, in [0, 1].
    """

    question: str
    type: str
    op: str = "none"
    inner: Span | None = None
    within: Span | None = None
    parts: tuple[Span, Span, Span] | None = None
    class_noun: Span | None = None
    entities: tuple[Span, ...] = ()
    values: tuple[Span, ...] = ()
    negations: tuple[Span, ...] = ()
    count: Span | None = None
    confidence: float = 1.0

    def text(self, span: Span) -> str:
        """The words of a span."""
        return self.question[span[0] : span[1]]


@runtime_checkable
class QuestionParser(Protocol):
    """Questions to frames."""

    name: str

    def parse(self, questions: Sequence[str]) -> list[QuestionFrame]:
        """One frame a question, in order."""
        ...
