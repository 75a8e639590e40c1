"""Thresholds tried on a grid: what is set while a point is tried, what it changes, and what it comes to."""

from __future__ import annotations

import math
from itertools import product

import pytest
from doubles import OracleReader

from evaluation.bases import FACTS, QUERIES, STATED, plain, world
from neuraldb.core.errors import DataError
from neuraldb.core.frames import QuestionFrame
from neuraldb.evaluation import tuning
from neuraldb.evaluation.calibration import Judged
from neuraldb.evaluation.tale_answers import Answer
from neuraldb.evaluation.tales import Tale
from neuraldb.evaluation.tuning import (
    Outcome,
    Question,
    RememberingParser,
    Scored,
    Thresholds,
    ask,
    current,
    grid,
    report_of,
    score,
    tune,
    using,
)  # fmt: skip
from neuraldb.models.registry import Models
from neuraldb.operators.spj import CONTEST, LIKELY
from neuraldb.session import Session
from neuraldb.shell.cli import main
from neuraldb.stores.facts import NewFact

WHO = plain(QUERIES[0][0])
PEOPLE = (Answer(frozenset({"anna"})), Answer(frozenset({"nils"})))
LIVING = Question(WHO, "set", "answer", PEOPLE)


def models(sure_of_nils: float) -> Models:
    """A reader that is that sure of one fact, and certain of all others."""
    made = world()
    made.tell(FACTS[1], (*STATED[1], sure_of_nils))  # type: ignore[arg-type]
    whole = made.models()
    return Models(whole.encoder, OracleReader(made), whole.parser, whole.extractor)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The generated database is the small one, and one question is asked of it."""
    monkeypatch.setattr(tuning, "make_tale", lambda domains, rng: Tale(facts=list(FACTS)))
    monkeypatch.setattr(tuning, "asked_of", lambda tale, count, rng: [LIVING])


def test_thresholds_are_set_for_a_block_only() -> None:
    before = dict(LIKELY), dict(CONTEST)
    with using(Thresholds("answer", 0.11, math.inf)):
        assert current("answer") == Thresholds("answer", 0.11, math.inf)
        assert (LIKELY["answer"], CONTEST["answer"]) == (0.11, math.inf)
        assert (LIKELY["pair"], CONTEST["pair"]) == (before[0]["pair"], before[1]["pair"])
    assert (dict(LIKELY), dict(CONTEST)) == before
    with pytest.raises(DataError), using(Thresholds("verdict", 0.9, math.inf)):
        raise DataError("something fails")
    assert (dict(LIKELY), dict(CONTEST)) == before


@pytest.mark.parametrize("mode", ["answer", "pair", "verdict"])
def test_a_grid_has_what_is_set(mode: str) -> None:
    points = grid(mode)
    assert current(mode) in points
    assert len(points) == len(set(points))
    likelihoods, contests = {p.likely for p in points}, {p.contest for p in points}
    assert {(p.likely, p.contest) for p in points} == set(product(likelihoods, contests))
    assert (len(contests) == 1) == (mode == "verdict")


def test_a_point_decides_what_counts() -> None:
    session = Session(":memory:", models=models(0.55))
    session.add([NewFact(text) for text in FACTS])
    with using(Thresholds("answer", 0.5, math.inf)):
        assert ask(session, LIVING).exact
    for strict in (Thresholds("answer", 0.6, math.inf), Thresholds("answer", 0.5, 2.0)):
        with using(strict):
            scored = ask(session, LIVING)
            assert (scored.exact, scored.said, scored.right, scored.found, scored.gold) == (False, 1, 1, 1, 2)
    session.close()


@pytest.mark.usefixtures("small")
def test_every_point_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    made = models(0.55)
    outcomes = tune(databases=2, count=1, models=made, domains=[])
    # only questions of this mode are asked
    assert [outcome.thresholds for outcome in outcomes] == grid("answer")
    assert {outcome.questions for outcome in outcomes} == {2}
    for outcome in outcomes:
        whole = outcome.thresholds.likely <= 0.55 and math.isinf(outcome.thresholds.contest)
        assert (outcome.exact, outcome.recall, outcome.precision) == (float(whole), 1.0 if whole else 0.5, 1.0)
    # a fact is read once for a question, whatever the grid
    assert isinstance(made.reader, OracleReader)
    assert len(made.reader.requests) == 2 * len({request.facts for request in made.reader.requests})
    assert capsys.readouterr().err == "".join(f"database {n}: 5 facts, 1 questions\n" for n in (1, 2))


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[object] = []
    monkeypatch.setattr(tuning, "tune", lambda *a: seen.append(a) or [])
    monkeypatch.setattr(tuning, "report_of", lambda outcomes: "the report")
    assert main(["bench", "thresholds", "--databases", "3", "--questions", "9", "--seed", "4"]) == 0
    assert seen == [(3, 9, 4)]
    assert capsys.readouterr().out == "the report\n"
    assert main(["bench", "thresholds", "--databases", "0"]) == 2
    assert "0 is less than 1" in capsys.readouterr().err


def test_a_parser_that_remembers() -> None:
    class Counting:
        name = "counting"

        def __init__(self) -> None:
            self.asked: list[str] = []

        def parse(self, questions: list[str]) -> list[QuestionFrame]:
            self.asked += questions
            return [QuestionFrame(question, "set") for question in questions]

    parser = Counting()
    remembering = RememberingParser(parser)  # type: ignore[arg-type]
    assert remembering.name == "counting"
    for asked in (["Who?", "Where?", "Who?"], ["Where?", "When?"]):
        assert [frame.question for frame in remembering.parse(asked)] == asked
    assert parser.asked == ["Who?", "Where?", "When?"]


# ---------------------------------------------------------------------------------------------------------- the figures


def test_an_answer_is_scored_by_its_values() -> None:
    made = score(LIVING, ["Nils", "Ola"], [0.9, 0.4])
    assert (made.said, made.right, made.gold, made.found, made.exact) == (2, 1, 2, 1, False)
    assert made.judged == (Judged("set", 0.9, True), Judged("set", 0.4, False))
    assert score(LIVING, ["Nils", "Anna"], [1.0, 1.0]).exact
    # naming one twice is not wrong, as in factbench
    assert score(LIVING, ["Nils", "Anna", "anna"], [1.0] * 3).exact
    unanswerable = Question("Who?", "set", "answer", ())
    assert score(unanswerable, [], []).exact
    assert not score(unanswerable, ["Anna"], [0.2]).exact


def test_the_figures() -> None:
    point = Thresholds("answer", 0.5, 5.0)
    first = Scored(2, 1, 1, 1, (Judged("set", 0.9, True), Judged("set", 0.9, False)))
    second = Scored(0, 0, 1, 0, ())
    third = Scored(0, 0, 0, 0, ())
    made = Outcome.of(point, [first, second, third])
    assert (made.questions, made.precision, made.recall) == (3, 0.5, 0.5)
    assert (made.f1, made.exact) == (pytest.approx(0.5), pytest.approx(1 / 3))
    assert made.calibration_error == pytest.approx(0.4)
    silent = Outcome.of(point, [second])
    assert (silent.precision, silent.recall, silent.f1, silent.exact) == (1.0, 0.0, 0.0, 0.0)


def test_a_question_that_fails_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(":memory:", models=world().models())

    def fail(*arguments: object) -> None:
        raise DataError("too hard")

    monkeypatch.setattr(Session, "run", fail)
    scored = ask(session, LIVING)
    assert (scored.said, scored.gold, scored.exact) == (0, 2, False)
    session.close()


def test_the_report() -> None:
    now = current("answer")
    other = Thresholds("answer", 0.2, math.inf)
    verdict = Thresholds("verdict", 0.9, math.inf)
    made = [
        Outcome(now, 4, 1.0, 0.5, 2 / 3, 0.25, 0.1),
        Outcome(other, 4, 0.75, 0.75, 0.75, 0.5, 0.05),
        Outcome(verdict, 2, 0.5, 0.5, 0.5, 0.5, 0.0),
    ]
    lines = report_of(made).splitlines()
    assert [line.split()[:2] for line in (lines[0], lines[5])] == [["mode", "answer,"], ["mode", "verdict,"]]
    assert lines[2].split() == [
        "*", f"{now.likely:g}", f"{now.contest:g}", "25.00", "66.67", "100.00", "50.00", "10.00",
    ]  # fmt: skip
    assert lines[3].split() == ["0.2", "none", "50.00", "75.00", "75.00", "75.00", "5.00"]
    assert lines[4].split() == ["best:", "0.2", "none"]
