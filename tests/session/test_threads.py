"""Threads that share a session: each gets its own answers, and every change is whole."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from doubles import World

from neuraldb.api import Connection
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact
from session.family import HOW_MANY, WHERE, WHO, family, opened, tell_all, told_of

LONG = 60.0
THREADS, TURNS = 4, 4


def together(work: Callable[[int], None]) -> None:
    """Do the work in several threads that begin at once; what any of them raises is raised."""
    failures: list[BaseException] = []
    begin = threading.Barrier(THREADS)

    def attempt(number: int) -> None:
        try:
            begin.wait(LONG)
            work(number)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert not any(thread.is_alive() for thread in threads)
    if failures:
        raise failures[0]


@pytest.fixture
def fresh() -> tuple[Session, World]:
    """A session that nobody has asked anything, so that its caches are filled by several threads at once."""
    world = family()
    session = opened(world)
    tell_all(session, world)
    return session, world


STATEMENTS = (
    WHERE,
    WHO,
    HOW_MANY,
    "SELECT text FROM facts ORDER BY id",
    "SELECT ?who { ?who :livesIn 'Oslo' } ORDER BY ?who",
    "SELECT count(*) FROM facts WHERE means(text, 'x')",
)


def test_threads_that_ask_at_once_get_the_answers_that_one_gets(fresh: tuple[Session, World]) -> None:
    session, _ = fresh
    alone = opened(family())
    tell_all(alone, family())
    expected = [told_of(alone.run(s)) for s in STATEMENTS]
    alone.close()

    def work(number: int) -> None:
        for turn in range(TURNS):
            place = (number + turn) % len(STATEMENTS)
            assert told_of(session.run(STATEMENTS[place])) == expected[place]

    together(work)
    session.close()


def test_threads_that_add_at_once_lose_and_mix_up_nothing(fresh: tuple[Session, World]) -> None:
    session, world = fresh
    texts = [
        [world.tell(f"P{n}x{turn} lives in Rome.", (f"P{n}x{turn}", "lives in", "Rome")) for turn in range(TURNS)]
        for n in range(THREADS)
    ]
    ids: dict[str, int] = {}

    def work(number: int) -> None:
        for text in texts[number]:
            (added,) = session.add([NewFact(text)])
            ids[text] = added.id

    together(work)
    said = [text for part in texts for text in part]
    assert len(set(ids.values())) == len(said)
    assert {fact.text: fact.id for fact in session.facts("Rome")} == ids
    triples = session.run("SELECT subject, fact FROM triples WHERE object = 'Rome'").rows
    assert sorted(triples) == sorted((text.split()[0], ids[text]) for text in said)
    session.close()


def test_one_fact_told_by_several_threads_is_one_fact(fresh: tuple[Session, World]) -> None:
    session, _ = fresh
    new: list[bool] = []
    together(lambda number: new.extend(added.new for added in session.add([NewFact("Kari bakes.")])))
    assert sorted(new) == [False] * (THREADS - 1) + [True]
    assert len(session.facts("Kari")) == 1
    session.close()


def test_a_reader_sees_a_batch_whole_or_not_at_all(fresh: tuple[Session, World]) -> None:
    session, world = fresh
    texts = [
        [world.tell(f"Q{turn}x{n} lives in Rome.", (f"Q{turn}x{n}", "lives in", "Rome")) for n in range(5)]
        for turn in range(TURNS)
    ]
    seen: set[int] = set()

    def work(number: int) -> None:
        if number == 0:
            for batch in texts:
                session.add([NewFact(text) for text in batch])
            return
        for _ in range(TURNS):
            seen.add(len(session.facts("Rome")))
            seen.add(session.run("SELECT count(*) FROM facts WHERE text LIKE '%Rome%'").scalar())
            seen.add(session.run("SELECT count(*) FROM triples WHERE object = 'Rome'").scalar())

    together(work)
    assert {count % 5 for count in seen} == {0}
    session.close()


def test_asking_while_others_add_and_forget_gives_an_answer_that_once_was_right(fresh: tuple[Session, World]) -> None:
    session, world = fresh
    coming = [world.tell(f"R{n} lives in Oslo.", (f"R{n}", "lives in", "Oslo", 0.85)) for n in range(TURNS)]  # type: ignore[arg-type]
    people = {"Anna", "Nils"} | {f"R{n}" for n in range(TURNS)}

    def work(number: int) -> None:
        if number == 0:
            for text in coming:
                session.add([NewFact(text)])
            return
        if number == 1:
            session.forget("Nils lives in Oslo.")
            return
        for _ in range(TURNS):
            found = {name for (name,) in session.run(WHO)}
            assert "Anna" in found
            assert found <= people

    together(work)
    assert {name for (name,) in session.run(WHO)} == people - {"Nils"}
    session.close()


def test_a_connection_is_shared_with_its_questions_and_changes(fresh: tuple[Session, World]) -> None:
    session, world = fresh
    db = Connection(session)
    texts = [world.tell(f"S{n} lives in Rome.", (f"S{n}", "lives in", "Rome")) for n in range(THREADS)]

    def work(number: int) -> None:
        fact = db.add(texts[number])
        assert [(f.id, f.text) for f in db.facts(f"S{number} ")] == [(fact, texts[number])]
        assert db.ask(WHERE).evidence_ids == ((1,),)
        assert db.forget(fact) == 1

    together(work)
    assert db.facts("Rome") == []
    db.close()
