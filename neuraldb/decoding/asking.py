"""From a question in words to the plans over a graph that it may mean, best first (path one of a question)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuraldb.core.frames import QuestionFrame
from neuraldb.core.numbers import parse_number
from neuraldb.core.values import parse_value
from neuraldb.decoding.graph_catalogue import GraphView
from neuraldb.decoding.graph_grammar import Limits, Mentioned, graph_automaton
from neuraldb.decoding.linked_scoring import LinkedScorer
from neuraldb.decoding.mentions import PRIOR, Mention, nodes_of
from neuraldb.decoding.search import Candidate, Search
from neuraldb.decoding.values import Comparison, Value
from neuraldb.language.question import Bridge, Question, Restriction
from neuraldb.models.protocols import PlanRanker

SHOWN = 10
"""Plans that are given back."""
HOPS = 3
"""The longest path that is looked for."""
FORMS = {
    "set": frozenset({"list"}),
    "count": frozenset({"list", "count"}),
    "bool": frozenset({"ask"}),
    "exists": frozenset({"ask"}),
    "argmax": frozenset({"order", "most"}),
    "argmin": frozenset({"order", "fewest"}),
    "group_max": frozenset({"most"}),
    "group_min": frozenset({"fewest"}),
}
"""What plans of a type of question give; other types have no plan over a graph."""
_COMPARED: dict[str, tuple[Comparison, ...]] = {"gt": (">",), "ge": (">=",), "lt": ("<",), "le": ("<=",)}
_DOWNWARDS = {"argmax": True, "argmin": False}
_PATHS = frozenset({"set", "count"})


@dataclass(frozen=True, slots=True)
class Found:
    """The plans for a question.

    Attributes:
        candidates: best first; none where the graph admits none.
        mentions: what the question may name.
    """

    candidates: tuple[Candidate, ...] = ()
    mentions: tuple[Mention, ...] = ()

    @property
    def features(self) -> tuple[float, ...]:
        """What the chance that the first is right is guessed from (:data:`FEATURES`)."""
        best, *rest = (candidate.score for candidate in self.candidates)
        others = np.array(rest or [best - 10.0])
        share = 1.0 / (1.0 + float(np.exp(np.minimum(others - best, 0.0)).sum()))
        return 1.0, best / 20.0, min(best - float(others.max()), 5.0), share

    def chances(self) -> list[tuple[Candidate, float]]:
        """The candidates, each with the chance that it is what the question means."""
        if not self.candidates:
            return []
        right = 1.0 / (1.0 + math.exp(-float(np.dot(TRUST, self.features))))
        first = self.candidates[0].score
        rest = [math.exp(max(c.score - first, -30.0)) for c in self.candidates[1:]]
        shares = [(1.0 - right) * weight / (1.0 + sum(rest)) for weight in rest]
        return list(zip(self.candidates, [right, *shares], strict=True))


FEATURES = ("bias", "score", "margin", "share")
TRUST = (-2.58, 3.14, 0.61, -1.42)
"""Weights of :data:`FEATURES`, fitted by :mod:`neuraldb.training.plan_trust` on worlds of domains that the ranker never
saw; for 45 questions in a hundred a relation was taken out of the graph."""


def find(
    frame: QuestionFrame,
    view: GraphView,
    mentions: Sequence[Mention],
    ranker: PlanRanker,
    limited: Limits | None = None,
    steps: int = 1,
    search: Search = Search(patience=2, shown=60),  # noqa: B008 - it never changes
    prior: Sequence[float] = PRIOR,
) -> Found:
    """The plans that a question may mean.

    Args:
        frame: the question, what kind it is, and where a parser sees names and values in it.
        view: the graph.
        mentions: what may be named in the question.
        ranker: compares questions with plans in words.
        limited: how large a pattern gets; None: as the question lets expect.
        steps: relations that the question lets expect (:func:`steps_of`).
        search: how plans are looked for.
        prior: weights of the features of mentions.
    """
    if frame.type not in FORMS:
        return Found()
    nodes = nodes_of(mentions)
    if not len(nodes):
        return Found()
    scorer = LinkedScorer(frame.question, mentions, view.constants(nodes), ranker, prior, steps)
    wanted = Mentioned(nodes, values(frame), counts(frame))
    automaton = graph_automaton(view, wanted, limited or limits(frame, mentions))
    found = [candidate for candidate in search.best(automaton, scorer) if _says_all(candidate, frame, scorer)]
    return Found(tuple(found[:SHOWN]), tuple(mentions))


def steps_of(question: Question) -> int:
    """How many relations a question lets expect: one more than descriptions stand in each other."""
    match question:
        case Bridge(inner=inner) | Restriction(within=inner):
            return min(1 + steps_of(inner), HOPS)
    return 1


def _says_all(candidate: Candidate, frame: QuestionFrame, scorer: LinkedScorer) -> bool:
    """Whether a plan compares, denies, and names two things, where the question does."""
    text = candidate.plan.text
    if frame.op != "none" and "FILTER(" not in text:
        return False
    if frame.negations and "NOT EXISTS" not in text:
        return False
    return frame.type != "bool" or len(frame.entities) < 2 or len(scorer.used(candidate.symbols)) > 1


def limits(frame: QuestionFrame, mentions: Sequence[Mention]) -> Limits:
    """How large the pattern of a question gets: a path where it names one thing and compares nothing."""
    apart = any(not one.overlaps(other) for one in mentions for other in mentions)
    plain = frame.type in _PATHS and frame.op == "none" and not frame.negations and not apart
    return Limits(
        HOPS,
        HOPS,
        unanchored=False,
        chains=plain,
        detours=False,
        comparisons=_COMPARED.get(frame.op, ()),
        downwards=_DOWNWARDS.get(frame.type),
        forms=FORMS[frame.type],
    )


def values(frame: QuestionFrame) -> tuple[Value, ...]:
    """The numbers and dates that a question compares with."""
    found: list[Value | None] = []
    for span in frame.values:
        value = parse_value(frame.text(span))
        if value.kind == "number" and value.number is not None:
            found.append(Value.number(value.number))
        if value.start is not None and value.start == value.end:
            found.append(Value.date(value.start.isoformat()))
        elif value.start is not None:
            found.append(Value.date(value.start.isoformat()[: 4 if value.precision == "year" else 7]))
    return tuple(dict.fromkeys(value for value in found if value is not None))


def counts(frame: QuestionFrame) -> tuple[int, ...]:
    """How many rows a question wants; all, where it does not say it, and one of what is first or last."""
    number = parse_number(frame.text(frame.count)) if frame.count is not None else None
    if number is not None and 1 <= number <= 1000:
        return (int(number),)
    return (1,) if frame.type in ("argmax", "argmin") else ()
