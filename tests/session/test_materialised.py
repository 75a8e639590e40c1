"""What is kept of earlier questions never shows: a warm database answers as a fresh one that was told the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from doubles import OracleReader, World
from hypothesis import given, settings
from sqlglot import exp

from neuraldb.operators.context import Options
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact
from session.family import opened

BRIDGES = ("Adler", "Birken", "Colmar", "Dorn", "Elster", "Falken", "Grund", "Hafen")
FACTS = [f"The {name} Bridge is {metres} m long." for name in BRIDGES for metres in (90, 250, 400)]
FACTS += [f"The {name} Bridge stands in {place}." for name in BRIDGES[:4] for place in ("Oslo", "Bergen")]
QUESTIONS = (
    "Which bridge is the longest?",
    "What is the total length of bridges?",
    "Which bridges stand in Oslo?",
    "How many bridges stand in Oslo?",
)
NARROW = Options(budget=3)
"""So few facts may be read that words and vectors must choose them."""


def bridges() -> World:
    """What the sentences state and the questions mean."""
    world = World()
    for text in FACTS:
        name = text.split(" Bridge")[0] + " Bridge"
        if "stands in" in text:
            world.tell(text, (name, "stands in", text.rstrip(".").split("stands in ")[1]))
        else:
            world.tell(text, (name, "length", text.split(" is ")[1].removesuffix(" long.")))
    world.question("Which [class:bridge] is the longest?", "argmax", "? | length | ?v")
    world.question("What is the total length of [class:bridges]?", "sum", "? | length | ?v")
    world.question("Which [class:bridges] stand in [entity:Oslo]?", "set", "? | stands in | Oslo")
    world.question("How many [class:bridges] stand in [entity:Oslo]?", "count", "? | stands in | Oslo")
    return world


def answers(session: Session, options: Options | None = None) -> list[list[tuple[object, ...]]]:
    """The rows of all questions, with the texts that they rest on and how sure they are."""
    out = []
    for question in QUESTIONS:
        result = session.run(question, "question", options=options)
        texts = [sorted(session.fact_texts(ids).values()) for ids in result.evidence_ids]
        sure = [round(c, 6) for c in result.confidence]
        out.append([(*row, text, c) for row, text, c in zip(result, texts, sure, strict=True)])
    return out


def readings(session: Session) -> int:
    """How many facts the session's reader has read so far."""
    reader = session.models.reader
    assert isinstance(reader, OracleReader)
    return len(reader.requests)


FACT = st.integers(0, len(FACTS) - 1)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), FACT),
        st.tuples(st.just("add many"), st.lists(FACT, max_size=6)),
        st.tuples(st.just("forget"), FACT),
        st.tuples(st.just("update"), st.tuples(FACT, FACT)),
        st.tuples(st.just("undone"), st.tuples(FACT, FACT)),
        st.tuples(st.just("ask"), st.none()),
    ),
    min_size=1,
    max_size=9,
)


def change(session: Session, kind: str, what: object) -> None:
    """Do one thing to the database."""
    known = {fact.text: fact.id for fact in session.facts()}
    match kind, what:
        case "add", int(number):
            session.add([NewFact(FACTS[number])])
        case "add many", list(numbers):
            session.add([NewFact(FACTS[number]) for number in numbers])
        case "forget", int(number):
            if FACTS[number] in known:
                session.forget(known[FACTS[number]])
        case "update", (int(old), int(new)):
            update = exp.update("facts", {"text": FACTS[new]}, where=exp.column("text").eq(FACTS[old]))
            session.run(update.sql("duckdb"), "sql")
        case "undone", (int(old), int(new)):
            session.begin()
            session.add([NewFact(FACTS[new])])
            if FACTS[old] in known:
                session.forget(known[FACTS[old]])
            answers(session)
            session.rollback()
        case "ask", None:
            answers(session)


@given(CHANGES)
@settings(max_examples=3, deadline=None)
def test_a_warm_database_answers_as_a_fresh_one(changes: list[tuple[str, object]]) -> None:
    world = bridges()
    warm = opened(world)
    try:
        warm.add([NewFact(text) for text in FACTS[::5]])
        answers(warm)
        answers(warm, NARROW)
        for kind, what in changes:
            change(warm, kind, what)
        fresh = opened(world)
        fresh.add([NewFact(fact.text) for fact in warm.facts()])
        assert [fact.text for fact in fresh.facts()] == [fact.text for fact in warm.facts()]
        assert answers(warm) == answers(fresh)
        assert answers(warm, NARROW) == answers(fresh, NARROW)
        fresh.close()
    finally:
        warm.close()


@pytest.fixture
def told() -> Iterator[Session]:
    """A database that has answered all questions."""
    session = opened(bridges())
    session.add([NewFact(f"The {name} Bridge is 250 m long.") for name in BRIDGES])
    answers(session)
    yield session
    session.close()


def test_what_was_asked_is_not_read_again(told: Session) -> None:
    before = readings(told)
    answers(told)
    assert readings(told) == before


def test_one_fact_more_is_one_reading_a_question(told: Session) -> None:
    before = readings(told)
    told.add([NewFact("The Adler Bridge stands in Oslo.")])
    assert answers(told)[2] == [("The Adler Bridge", ["The Adler Bridge stands in Oslo."], 1.0)]
    # those that name Oslo concern that fact alone
    assert [request.facts for request in told.models.reader.requests[before:]] == [  # type: ignore[attr-defined]
        ("The Adler Bridge stands in Oslo.",)
    ] * len(QUESTIONS)


def test_what_is_gone_costs_nothing_and_counts_for_nothing(told: Session) -> None:
    before = readings(told)
    (gone,) = [fact.id for fact in told.facts() if "Adler" in fact.text]
    told.forget(gone)
    ((total, *_),) = answers(told)[1]
    assert total == 250.0 * (len(BRIDGES) - 1)
    assert readings(told) == before


def test_a_database_that_is_opened_again_has_kept_what_was_read(tmp_path: Path) -> None:
    world, path = bridges(), tmp_path / "bridges.ndb"
    first = opened(world, path)
    first.add([NewFact(text) for text in FACTS[:9]])
    said = answers(first)
    first.close()
    again = opened(world, path)
    assert answers(again) == said
    assert readings(again) == 0
    again.close()


def test_another_aggregate_of_a_column_reads_nothing(told: Session) -> None:
    world = told.models.reader.world  # type: ignore[attr-defined]
    world.mean("bridges: length", "? | length | ?v")
    before = readings(told)
    (longest,) = told.run("SELECT max(length) FROM bridges", "sql")
    read = readings(told) - before
    assert read > 0
    (shortest,) = told.run("SELECT min(length) FROM bridges", "sql")
    (mean,) = told.run("SELECT avg(length) FROM bridges", "sql")
    assert readings(told) - before == read
    assert longest == shortest == ("250 m",)
    assert mean == (250.0,)
