"""Counting counts entities, whatever they are called and however often they are mentioned; ties are all returned."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

from neuraldb.session import Session


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    made = Session(":memory:", models=world.models())
    yield made
    made.close()


def tell(session: Session, world: World, *said: tuple[str, str, str, str]) -> None:
    for text, *triple in said:
        session.run(world.tell(text, tuple(triple)))


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (("Anna Berg", "Dr. Anna Berg", "anna berg"), 1),
        (("J. R. R. Tolkien", "John Ronald Reuel Tolkien", "Tolkien"), 1),
        (("U.S.", "United States", "USA", "American"), 1),
        (("John Smith", "Jane Smith", "J. Smith"), 3),
        (("Henry IV", "Henry V", "HENRY V"), 2),
        (("Boeing 737", "Boeing 747", "the Boeing 747"), 2),
        (("ASR1603", "ASR1605"), 2),
    ],
)
def test_entities_are_counted_not_their_mentions(
    session: Session, world: World, names: tuple[str, ...], count: int
) -> None:
    tell(
        session,
        world,
        *((f"{name} is known to us, says note {n}.", name, "known", "us") for n, name in enumerate(names)),
    )
    world.question("How many are known to us?", "count", "? | known | us")
    world.question("Who is known to us?", "set", "? | known | us")
    counted = session.run("How many are known to us?")
    assert counted.scalar() == count
    # all mentions are evidence
    assert counted.evidence_ids == (tuple(range(1, len(names) + 1)),)
    listed = session.run("Who is known to us?")
    assert len(listed) == count
    assert sorted(i for row in listed.evidence_ids for i in row) == list(range(1, len(names) + 1))


def test_all_that_tie_for_the_most_are_returned(session: Session, world: World) -> None:
    tell(
        session,
        world,
        ("The Alta bridge is 3.1 km long.", "The Alta bridge", "length", "3.1 km"),
        ("The Bodø bridge is 3,100 m long.", "The Bodø bridge", "length", "3,100 m"),
        ("The Voss bridge is 900 m long.", "The Voss bridge", "length", "900 m"),
    )
    world.question("Which bridge is the longest?", "argmax", "? | length | ?v")
    rows = session.run("Which bridge is the longest?").rows
    assert [row[0] for row in rows] == ["The Alta bridge", "The Bodø bridge"]


def test_one_thing_measured_twice_ties_with_nobody(session: Session, world: World) -> None:
    tell(
        session,
        world,
        ("Alta is 3.1 km long.", "Alta", "length", "3.1 km"),
        ("The length of Alta is 3,100 m.", "Alta", "length", "3,100 m"),
        ("Bodø is 900 m long.", "Bodø", "length", "900 m"),
    )
    world.question("Which is the longest?", "argmax", "? | length | ?v")
    world.question("What is the total length?", "sum", "? | length | ?v")
    assert len(session.run("Which is the longest?")) == 1
    assert session.run("What is the total length?").rows == [(4000.0, "m")]


def test_groups_with_equally_many_are_all_returned(session: Session, world: World) -> None:
    works = [("Anna", "Shell"), ("Nils", "Shell"), ("Ola", "Equinor"), ("Per", "Equinor"), ("Kari", "Statoil")]
    tell(session, world, *((f"{who} works for {what}.", who, "employer", what) for who, what in works))
    # one person told of twice is one
    tell(session, world, ("Kari is with Statoil.", "Kari", "employer", "Statoil"))
    world.question("Which company employs most?", "group_max", "?v | employer | ?")
    assert session.run("Which company employs most?").rows == [("Equinor", 2), ("Shell", 2)]
