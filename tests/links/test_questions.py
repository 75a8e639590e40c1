"""Questions that ask for what is likely: the edges that are missing, after what the facts say."""

from __future__ import annotations

import pytest
from doubles import World

import neuraldb


def test_what_is_likely_is_answered_when_it_is_asked_for(working: neuraldb.Connection) -> None:
    assert working.ask("Where does Eve live?").fetchall() == []
    result = working.ask("Where does Eve probably live?")
    assert result.fetchall() == [("Oslo",)]
    assert result.origin == ("predicted",)
    assert 0.3 < result.confidence[0] < 0.6  # the rule's, times how sure it is that this relation is asked for
    assert "predicted (0.60): Eve - lives in - Oslo, since works for/is based in leads there" in result.why()
    assert working.ask("Where does Eve live?", predict=True).fetchall() == [("Oslo",)]
    assert working.execute("Where does Eve probably live?").fetchall() == [("Oslo",)]


def test_what_is_stored_comes_first_and_is_never_said_to_be_predicted(working: neuraldb.Connection) -> None:
    exact = working.ask("Who lives in Oslo?")
    assert exact.origin == ("stored",) * 2
    likely = working.ask("Who probably lives in Oslo?")
    assert likely.fetchall()[:2] == exact.fetchall() == [("Ann",), ("Bob",)]
    assert likely.origin == ("stored", "stored", "predicted", "predicted")
    assert {row for (row,) in likely.fetchall()[2:]} == {"Eve", "Kim"}
    assert likely.evidence_ids[:2] == exact.evidence_ids


@pytest.mark.parametrize("question", ["Who probably lives in Oslo?", "Where does Eve likely live?"])
def test_switched_off_the_answer_is_the_exact_one(working: neuraldb.Connection, question: str) -> None:
    exact = working.ask(question.replace(" probably", "").replace(" likely", ""))
    off = working.ask(question, predict=False)
    assert (off.fetchall(), off.evidence_ids, off.confidence) == (
        exact.fetchall(),
        exact.evidence_ids,
        exact.confidence,
    )
    assert "Predict" not in off.explain()


def test_counts_and_yes_no_questions(working: neuraldb.Connection) -> None:
    assert working.ask("How many people live in Oslo?").scalar() == 2
    counted = working.ask("How many people probably live in Oslo?")
    assert counted.scalar() == 4
    assert counted.origin == ("mixed",)
    assert working.ask("Does Eve live in Oslo?").fetchall() == []
    assert working.ask("Does Eve probably live in Oslo?").scalar() is True
    sure = working.ask("Does Ann probably live in Oslo?")
    assert sure.scalar() is True
    assert sure.origin == ("stored",)


def test_whether_there_is_any(working: neuraldb.Connection) -> None:
    result = working.ask("Is Oslo where people probably live?")
    assert result.scalar() is True
    assert result.origin == ("stored",)


def test_a_bridge_goes_over_stored_and_likely_edges(working: neuraldb.Connection) -> None:
    result = working.ask("Where does who works for Acme probably live?")
    assert result.fetchall() == [("Oslo",)]
    assert result.origin == ("stored",)  # Ann and Bob work there, and live there: no guess is needed


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Where does Zoe probably live?", "Zoe is not stored"),
        ("Who does Ann probably admire?", "no relation that is stored"),
        ("How old is Ann probably?", "about values"),
    ],
)
def test_what_cannot_be_predicted_is_said(working: neuraldb.Connection, question: str, says: str) -> None:
    result = working.ask(question)
    assert result.fetchall() == []
    assert any(says in note for note in result.notes)


def test_the_plan_shows_that_answers_are_predicted(working: neuraldb.Connection) -> None:
    assert "PredictAnswers answer 'Where does {} live?'" in working.explain("Where does Eve probably live?")
    assert "Predict" not in working.explain("Where does Eve live?")


def test_a_relation_that_is_read_from_facts_is_not_predicted_and_that_is_said(
    working: neuraldb.Connection, workplaces: World
) -> None:
    workplaces.mean("employer", "? | works for | ?v")
    result = working.sparql("SELECT ?who { PREDICT ?who :founder ?what }")
    assert result.fetchall() == []
    assert any("read from facts" in note for note in result.notes)
