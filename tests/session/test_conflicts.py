"""What speaks against an answer or a new fact: shown with both facts, in the result, in why, and gone with either."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

HIGH, HIGHER, SAME = "The tower is 300 m high.", "The tower has a height of 320 m.", "The tower measures 0.3 km."


@pytest.fixture
def session() -> Iterator[Session]:
    world = World()
    world.tell(HIGH, ("The tower", "height", "300 m"))
    world.tell(HIGHER, ("The tower", "height", "320 m"))
    world.tell(SAME, ("The tower", "height", "0.3 km"))
    world.question("How high is [entity:the tower]?", "set", "The tower | height | ?")
    made = Session(":memory:", models=world.models())
    yield made
    made.close()


def told(session: Session, *texts: str) -> None:
    for number, text in enumerate(texts):
        session.add([NewFact(text, source=f"source {number}")])


@pytest.mark.parametrize(
    "statement",
    ["How high is the tower?", "SELECT object FROM triples", "SELECT ?height WHERE { 'The tower' :height ?height }"],
)
def test_both_sides_are_shown_in_all_languages(session: Session, statement: str) -> None:
    told(session, HIGH, HIGHER)
    result = session.run(statement)
    assert sorted(result.rows) == [("300 m",), ("320 m",)]
    (conflict,) = result.conflicts
    assert str(conflict) == f"[1] {HIGH} / [2] {HIGHER} (height)"
    for row in range(2):
        assert result.why(row).endswith(f"against it:\n  [1] {HIGH} / [2] {HIGHER} (height)")


def test_the_same_value_in_another_unit_counts_once_and_is_no_conflict(session: Session) -> None:
    told(session, HIGH, SAME)
    result = session.run("How high is the tower?")
    assert len(result) == 1
    assert result.evidence_ids == ((1, 2),)
    assert result.conflicts == ()


def test_a_new_fact_tells_what_it_contradicts(session: Session) -> None:
    told(session, HIGH)
    result = session.run(HIGHER)
    assert [str(c) for c in result.conflicts] == [f"[2] {HIGHER} / [1] {HIGH} (height)"]


def test_an_update_is_no_conflict(session: Session) -> None:
    session.run(HIGH)
    assert session.run(HIGHER).conflicts == ()
    assert session.run("How high is the tower?").rows == [("320 m",)]


def test_with_one_side_forgotten_nothing_is_against_the_other(session: Session) -> None:
    told(session, HIGH, HIGHER)
    session.forget(1)
    assert session.run("How high is the tower?").conflicts == ()
