"""What the thresholds of the reader's derivations cost and gain, on generated databases instead of anybody's questions.

Databases are told of worlds of domains that the reader was not trained on; questions are asked through the engine for
every point of a grid. What it finds in a fact is known after the first time, so the points after it cost little. A
question reads in one mode, so each mode has a grid of its own.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from neuraldb.core.errors import Error
from neuraldb.core.frames import QuestionFrame, QuestionParser
from neuraldb.evaluation.calibration import Judged, expected_calibration_error
from neuraldb.evaluation.factbench import answers, confidences
from neuraldb.evaluation.tale_answers import Answers, Uncertain, right_answers
from neuraldb.evaluation.tales import Tale, make_tale, questions
from neuraldb.models.registry import Models
from neuraldb.operators.spj import CONTEST, LIKELY
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact
from neuraldb.training.derivations import mode_of
from neuraldb.training.vocabulary import HELD_OUT, Domain, load_lexicon

LIKELIHOODS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
CONTESTS = (2.0, 5.0, 20.0, 100.0, math.inf)
"""The values that are tried, beside those that are set."""

MEASURES = (("exact", 8), ("F1", 8), ("precision", 11), ("recall", 8), ("ECE", 8))
"""The columns of a report, with their widths."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A point of the grid of a mode: see ``LIKELY`` and ``CONTEST`` of :mod:`neuraldb.operators.spj`."""

    mode: str
    likely: float
    contest: float


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its type, the mode that it is read in, and its right answer."""

    text: str
    type: str
    mode: str
    gold: Answers


@dataclass(frozen=True, slots=True)
class Scored:
    """A question's answer against the right one.

    Attributes:
        said, right: values of the answer, and those of them that are right.
        gold, found: values of the right answer, and those of them that are in the answer.
        judged: each value of the answer with its confidence.
    """

    said: int
    right: int
    gold: int
    found: int
    judged: tuple[Judged, ...]

    @property
    def exact(self) -> bool:
        """Whether the answer has all that is right and nothing else."""
        return self.right == self.said and self.found == self.gold


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a point of the grid comes to over some questions: shares from 0 to 1, of values but for ``exact``."""

    thresholds: Thresholds
    questions: int
    precision: float
    recall: float
    f1: float
    exact: float
    calibration_error: float

    @classmethod
    def of(cls, thresholds: Thresholds, scored: Sequence[Scored]) -> Outcome:
        """The figures; there must be a question."""
        said, right = sum(each.said for each in scored), sum(each.right for each in scored)
        gold, found = sum(each.gold for each in scored), sum(each.found for each in scored)
        precision, recall = (right / said if said else 1.0), (found / gold if gold else 1.0)
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        exact = sum(each.exact for each in scored) / len(scored)
        judged = [value for each in scored for value in each.judged]
        return cls(thresholds, len(scored), precision, recall, f1, exact, expected_calibration_error(judged))


def current(mode: str) -> Thresholds:
    """The point that is set."""
    return Thresholds(mode, LIKELY[mode], CONTEST.get(mode, math.inf))


def grid(mode: str) -> list[Thresholds]:
    """The points of a mode, the one that is set among them; verdicts do not contend."""
    now = current(mode)
    contests = sorted({*CONTESTS, now.contest}) if mode in CONTEST else [math.inf]
    return [
        replace(now, likely=likely, contest=contest)
        for likely, contest in product(sorted({*LIKELIHOODS, now.likely}), contests)
    ]


@contextmanager
def using(thresholds: Thresholds) -> Iterator[None]:
    """A block in which derivations count by other thresholds, in the whole process."""
    before = current(thresholds.mode)
    try:
        _set(thresholds)
        yield
    finally:
        _set(before)


def _set(thresholds: Thresholds) -> None:
    LIKELY[thresholds.mode] = thresholds.likely
    if thresholds.mode in CONTEST:
        CONTEST[thresholds.mode] = thresholds.contest


class RememberingParser:
    """A question parser that parses no question twice: a grid asks each many times."""

    def __init__(self, parser: QuestionParser) -> None:
        self.name = parser.name
        self._parser = parser
        self._known: dict[str, QuestionFrame] = {}

    def parse(self, questions: Sequence[str]) -> list[QuestionFrame]:
        """One frame a question, in order."""
        new = [question for question in dict.fromkeys(questions) if question not in self._known]
        self._known |= zip(new, self._parser.parse(new), strict=True)
        return [self._known[question] for question in questions]


def asked_of(tale: Tale, count: int, rng: random.Random) -> list[Question]:
    """So many questions on a database whose answer is certain, each text once."""
    made: dict[str, Question] = {}
    for query in questions(tale, rng):
        if len(made) >= count:
            break
        try:
            gold = right_answers(query, tale)
        except Uncertain:
            continue
        text = query.phrase.text
        made.setdefault(text, Question(text, query.type, mode_of(query.type, query.op), gold))
    return list(made.values())


def score(question: Question, said: Sequence[Any], sure: Sequence[float]) -> Scored:
    """The values of an answer, with their confidences, against the right ones."""
    judged = tuple(
        Judged(question.type, confidence, any(answer.fits(value) for answer in question.gold))
        for value, confidence in zip(said, sure, strict=True)
    )
    found = sum(any(answer.fits(value) for value in said) for answer in question.gold)
    return Scored(len(said), sum(each.right for each in judged), len(question.gold), found, judged)


def ask(session: Session, question: Question) -> Scored:
    """The score of the session's answer; a question that fails has none."""
    try:
        result = session.run(question.text, "question")
    except Error:
        return score(question, (), ())
    return score(question, answers(result), confidences(result))


def tune(
    databases: int,
    count: int = 60,
    seed: int = 0,
    models: Models | None = None,
    domains: Sequence[Domain] | None = None,
) -> list[Outcome]:
    """The outcome of every point of every mode's grid.

    Args:
        databases: how many are generated; each tells of one world of every domain, a few hundred facts in all.
        count: questions on each.
        seed: from which all follows.
        models: None for the embedded ones.
        domains: of the lexicon; None for those that no recipe trains on.
    """
    if domains is None:
        domains = [domain for domain in load_lexicon() if domain.name in HELD_OUT]
    own = models if models is not None else Models()
    models = Models(
        own.encoder, own.reader, RememberingParser(own.parser), own.extractor, retriever=own.retriever
    )  # fmt: skip
    points = [point for mode in LIKELY for point in grid(mode)]
    scored: dict[Thresholds, list[Scored]] = {point: [] for point in points}
    for number in range(databases):
        rng = random.Random(f"thresholds {seed} {number}")
        tale = make_tale(domains, rng)
        asked = asked_of(tale, count, rng)
        session = Session(":memory:", models=models)
        session.add([NewFact(text) for text in tale.facts])
        print(f"database {number + 1}: {len(tale.facts)} facts, {len(asked)} questions", file=sys.stderr)
        for point, outcomes in scored.items():
            with using(point):
                outcomes += [ask(session, question) for question in asked if question.mode == point.mode]
        session.close()
    return [Outcome.of(point, outcomes) for point, outcomes in scored.items() if outcomes]


def report_of(outcomes: Sequence[Outcome]) -> str:
    """A table for each mode: the points that are set are starred, and the one with the best exact match is named."""
    lines: list[str] = []
    for mode in dict.fromkeys(outcome.thresholds.mode for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.thresholds.mode == mode]
        lines.append(f"mode {mode}, {mine[0].questions} questions")
        heads = (("LIKELY", 7), ("CONTEST", 9), *MEASURES)
        lines.append("  " + "".join(f"{head:>{width}}" for head, width in heads) + "  (%)")
        lines += [_line(outcome) for outcome in mine]
        best = max(mine, key=lambda outcome: (outcome.exact, outcome.f1))
        lines.append(f"  best: {_point(best.thresholds)}")
    return "\n".join(lines)


def _line(outcome: Outcome) -> str:
    point = outcome.thresholds
    star = "*" if point == current(point.mode) else " "
    shares = (outcome.exact, outcome.f1, outcome.precision, outcome.recall, outcome.calibration_error)
    cells = "".join(f"{100 * share:>{width}.2f}" for share, (_, width) in zip(shares, MEASURES, strict=True))
    return f"{star} {_point(point)}{cells}"


def _point(thresholds: Thresholds) -> str:
    contest = "none" if math.isinf(thresholds.contest) else f"{thresholds.contest:g}"
    return f"{thresholds.likely:>7g}{contest:>9}"
