"""Enumerate and rank (Gu et al. 2023, Pangu): plans grow clause by clause, and a ranker keeps the best.

Only what the data admit is enumerated, so the ranker chooses among plans that have answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from neuraldb.decoding.automaton import Automaton, Plan, State, Symbol, words_of
from neuraldb.models.protocols import PlanRanker, Vectors

Prefix = tuple[Symbol, ...]


class Scorer(Protocol):
    """How well prefixes of plans fit one question."""

    def score(self, prefixes: Sequence[Prefix]) -> Vectors:
        """A score for each (n,), higher for better ones."""
        ...


class WordsScorer:
    """By what a ranker makes of the words of a question and of a plan.

    Args:
        question: the question.
        ranker: compares them.
    """

    def __init__(self, question: str, ranker: PlanRanker) -> None:
        self._question, self._ranker = question, ranker

    def score(self, prefixes: Sequence[Prefix]) -> Vectors:
        """A score for each prefix (n,)."""
        return self._ranker.score(self._question, [words_of(prefix) for prefix in prefixes])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan that was found.

    Attributes:
        symbols: of which it is made.
        plan: the query.
        score: what the ranker gave it; higher is better.
    """

    symbols: Prefix
    plan: Plan
    score: float

    @property
    def words(self) -> str:
        """The plan in words."""
        return words_of(self.symbols)


@dataclass(frozen=True, slots=True)
class Search:
    """How plans are looked for.

    Attributes:
        beam: patterns that are kept at each length.
        patience: lengths after which it ends where none of them brought a better plan.
        most: patterns, and plans, of each length that are looked at; a guard against very common things.
        shown: plans that are given back.
    """

    beam: int = 8
    patience: int = 1
    most: int = 2000
    shown: int = 10

    def run(self, question: str, automaton: Automaton, ranker: PlanRanker) -> tuple[Candidate, ...]:
        """The best plans for a question, best first; none where the data admit none."""
        return self.best(automaton, WordsScorer(question, ranker))

    def best(self, automaton: Automaton, scorer: Scorer) -> tuple[Candidate, ...]:
        """The plans with the best scores, best first; none where the data admit none."""
        found: dict[str, Candidate] = {}
        beam: list[tuple[Prefix, State]] = [((), automaton.start)]
        best, waited = float("-inf"), 0
        while beam and waited < self.patience:
            grown = [step for prefix, state in beam for step in _grown(prefix, state)]
            plans = [(prefix, state.plan) for prefix, state in grown if state.plan is not None]
            plans = _distinct(plans, found, self.most)
            scores = scorer.score([prefix for prefix, _ in plans])
            for (prefix, plan), score in zip(plans, scores.tolist(), strict=True):
                found[plan.text] = Candidate(prefix, plan, score)
            beam = self._kept([(prefix, state) for prefix, state in grown if state.whole], scorer)
            top = max((candidate.score for candidate in found.values()), default=best)
            if plans:  # the first step gives patterns only
                waited = 0 if top > best else waited + 1
            best = max(best, top)
        ranked = sorted(found.values(), key=lambda candidate: (-candidate.score, candidate.plan.text))
        return tuple(ranked[: self.shown])

    def _kept(self, patterns: Sequence[tuple[Prefix, State]], scorer: Scorer) -> list[tuple[Prefix, State]]:
        """The patterns that are most like the question."""
        patterns = patterns[: self.most]
        scores = scorer.score([prefix for prefix, _ in patterns]).tolist()
        order = sorted(range(len(patterns)), key=lambda i: (-scores[i], i))
        return [patterns[i] for i in order[: self.beam]]


def _grown(prefix: Prefix, state: State) -> Iterator[tuple[Prefix, State]]:
    """What one more clause, or a form, makes of a pattern: all patterns and plans up to the next end of a clause."""
    stack = [((*prefix, symbol), following) for symbol, following in reversed(state.steps)]
    while stack:
        said, reached = stack.pop()
        if reached.whole or reached.plan is not None:
            yield said, reached
        if not reached.whole:
            stack += [((*said, symbol), following) for symbol, following in reversed(reached.steps)]


def _distinct(
    plans: Sequence[tuple[Prefix, Plan]], found: dict[str, Candidate], most: int
) -> list[tuple[Prefix, Plan]]:
    """Plans that were not found before, each text once."""
    fresh = {plan.text: (prefix, plan) for prefix, plan in reversed(plans) if plan.text not in found}
    return list(reversed(fresh.values()))[:most]
