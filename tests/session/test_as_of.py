"""Asking the past: AS OF in front of a statement of any language, and what became of facts since."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from doubles import World

from neuraldb.core.errors import Error, ParseError
from neuraldb.session import Session

WHERE = "Where does Anna live?"


@pytest.fixture
def world() -> World:
    world = World()
    world.tell("Anna lives in Oslo.", ("Anna", "lives in", "Oslo"))
    world.tell("Anna moved to Bergen.", ("Anna", "lives in", "Bergen"))
    world.question("Where does [entity:Anna] live?", "set", "Anna | lives in | ?")
    return world


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    with_models = Session(":memory:", models=world.models())
    yield with_models
    with_models.close()


def now(session: Session) -> str:
    """A moment after all that was done, as SQL writes it."""
    return session.stores.database.now().isoformat(sep=" ")


def test_what_was_superseded_is_found_in_the_past(session: Session) -> None:
    session.run("Anna lives in Oslo.")
    before = now(session)
    session.run("Anna moved to Bergen.")
    assert session.run(WHERE).rows == [("Bergen",)]
    past = session.run(f"AS OF '{before}' {WHERE}")
    assert past.rows == [("Oslo",)]
    assert past.evidence[0][0].text == "Anna lives in Oslo."
    assert session.run(f"AS OF '{before}' SELECT text FROM facts").rows == [("Anna lives in Oslo.",)]
    assert session.run(f"AS OF '{before}' SELECT ?where WHERE {{ 'Anna' :livesIn ?where }}").rows == [("Oslo",)]
    assert session.run("SELECT text FROM facts").rows == [("Anna moved to Bergen.",)]


def test_at_the_moment_at_which_a_fact_comes_all_of_it_is_there_and_what_it_supersedes_is_not(session: Session) -> None:
    session.run("Anna lives in Oslo.")
    session.run("Anna moved to Bergen.")
    come = session.run("SELECT recorded_from FROM facts").scalar()
    assert session.run(f"AS OF '{come}' SELECT text FROM facts").rows == [("Anna moved to Bergen.",)]
    where = f"AS OF '{come}' SELECT ?where WHERE {{ 'Anna' :livesIn ?where }}"
    assert session.run(where).rows == [("Bergen",)]
    assert session.run(f"AS OF '{come}' {WHERE}").rows == [("Bergen",)]


def test_what_was_forgotten_is_found_in_the_past_only(session: Session) -> None:
    session.run("Anna lives in Oslo.")
    before = now(session)
    session.run("Forget that Anna lives in Oslo.")
    assert session.run(WHERE).rows == []
    assert session.run(f"AS OF '{before}' {WHERE}").rows == [("Oslo",)]


def test_before_anything_was_told_nothing_is_known(session: Session) -> None:
    session.run("Anna lives in Oslo.")
    assert session.run(f"AS OF '1999' {WHERE}").rows == []
    assert session.run(f"AS OF 1999-01: {WHERE}").rows == []


def test_a_day_is_meant_up_to_its_end(session: Session) -> None:
    session.run("Anna lives in Oslo.")
    today = datetime.datetime.now(datetime.UTC).date()
    assert session.run(f"AS OF '{today}' {WHERE}").rows == [("Oslo",)]


@pytest.mark.parametrize("change", ["Anna moved to Bergen.", "DELETE FROM facts", "Forget that Anna lives in Oslo."])
def test_the_past_cannot_be_changed(session: Session, change: str) -> None:
    session.run("Anna lives in Oslo.")
    with pytest.raises(Error):
        session.run(f"AS OF '{now(session)}' {change}")
    assert session.run("SELECT count(*) FROM facts").scalar() == 1


def test_a_moment_that_is_none_is_refused_with_its_place(session: Session) -> None:
    text = f"AS OF 'yesteryear' {WHERE}"
    with pytest.raises(ParseError, match="needs a date") as caught:
        session.run(text)
    assert caught.value.source == text
    assert caught.value.span == (7, 17)


def test_the_language_is_that_of_what_is_asked(session: Session) -> None:
    assert session.language_of(f"AS OF '2024' {WHERE}") == "question"
    assert session.language_of("AS OF '2024' SELECT 1") == "sql"
    assert session.language_of("As of 2024, Anna lives in Oslo.") == "statement"


def test_the_plan_is_that_of_what_is_asked(session: Session) -> None:
    assert session.explain(f"AS OF '2024' {WHERE}") == session.explain(WHERE)


def test_a_past_is_asked_again_after_others(session: Session) -> None:
    session.run("Anna lives in Oslo.")
    moments = [now(session) for _ in range(6)]
    results = [session.run(f"AS OF '{moment}' {WHERE}") for moment in moments]
    assert session.run(f"AS OF '{moments[0]}' {WHERE}").rows == [("Oslo",)]
    # evidence can be read when the past itself is closed long since
    assert [r.evidence[0][0].id for r in results] == [1] * 6
