"""What is likely in the plan of a question: beside what is read, the edges that are missing from it."""

from __future__ import annotations

from collections.abc import Sequence

from neuraldb.core.frames import SLOT, Span
from neuraldb.language.question import Atom, Bridge
from neuraldb.plan.expressions import Column
from neuraldb.plan.nodes import Field, Node, Project, Union, Values
from neuraldb.plan.predict_nodes import ASKED, Noted, PredictAnswers

NO_VALUES = "the question is about values, and only edges between things are predicted"


def with_likely(found: Node, question: Atom | Bridge, mode: str, inner: Node | None) -> Node:
    """The derivations of a question and what a predictor gives for it.

    What stands for an edge is the question itself: the names in it are its ends (one, or two that a yes-no question
    is about). Of a question with other names nothing is predicted, and a note says so.

    Args:
        found: the derivations.
        question: the question.
        mode: of its derivations.
        inner: of a bridge the answers that fill its slot, in a column ``answer``.
    """
    if mode == "pair":
        return Noted(found, NO_VALUES)
    names = question.frame.entities
    if question.frame.negations:
        return Noted(found, "a denial is no edge, so nothing is predicted of it")
    if isinstance(question, Bridge):
        if inner is None or mode == "verdict" or question.text.count(SLOT) != 1:
            return Noted(found, "what the question asks of each answer is no edge, so nothing is predicted of it")
        return Union(found, PredictAnswers(Project(inner, ((Field(ASKED[0]), Column("answer")),)), question.text, mode))
    wanted = 2 if mode == "verdict" else 1
    if len(names) != wanted:
        told = f"of a question with {len(names)} names nothing is predicted, only of one with {wanted}"
        return Noted(found, told)
    row = tuple(question.frame.text(name) for name in names)
    ends = Values(tuple(Field(name) for name in ASKED[:wanted]), (row,))
    return Union(found, PredictAnswers(ends, _slotted(question.text, names), mode))


def _slotted(text: str, names: Sequence[Span]) -> str:
    """The text with a slot for each name."""
    for start, end in sorted(names, reverse=True):
        text = text[:start] + SLOT + text[end:]
    return text
