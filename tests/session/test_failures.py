"""A statement that fails, or is stopped, changes nothing; and the next one runs as if it had never been."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from doubles import HashedWords, OracleExtractor, OracleReader, World

from neuraldb.api import Connection
from neuraldb.core.errors import Cancelled, DataError, Error, ProgrammingError, ReadOnly, Timeout
from neuraldb.core.progress import CancelToken
from neuraldb.models.protocols import Extraction, Reading, ReadRequest, Vectors
from neuraldb.models.registry import Models
from neuraldb.operators import judging, spj
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact
from session.family import HOW_MANY, WHERE, WHO, everything, family, opened, tell_all, told_of

LONG = 30.0
"""Seconds after which a test that hangs gives up."""

WRONG = [
    "SELECT txet FROM facts",
    "SELECT * FROM facts WHERE",
    "INSERT INTO facts (text) VALUES ('Kari bakes.'), ('  ')",
    "INSERT INTO facts (text) SELECT CASE WHEN id = 3 THEN error('no') ELSE 'Kari bakes.' END FROM facts",
    "UPDATE facts SET text = '' WHERE id = 2",
    "UPDATE facts SET text = CASE WHEN id = 3 THEN ' ' ELSE 'Kari bakes.' END",
    "DELETE FROM facts WHERE id / 0 = error('no')",
    "CREATE TABLE mine AS SELECT error('no') FROM facts",
    "INSERT INTO notes VALUES (1), (2), (NULL)",
    "DROP TABLE nowhere",
    "SELECT ?s { ?s ?p",
    "INSERT DATA { :a :b :c ",
    "Forget that Anna lives in Paris.",
]


class Failing(OracleReader):
    """A reader that fails after some requests."""

    def __init__(self, world: World, after: int = 0, error: BaseException | None = None) -> None:
        super().__init__(world)
        self.after, self.error = after, error

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        if self.error is not None and len(self.requests) >= self.after:
            raise self.error
        return super().read(requests)


class Waiting(OracleReader):
    """A reader that waits until it may go on, as one that a network answers."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.reads, self.go_on = threading.Event(), threading.Event()
        self.until_stopped = False

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        self.reads.set()
        if self.until_stopped:
            # longer than the time limit of the test
            self.go_on.wait(0.2)
        else:
            assert self.go_on.wait(LONG)
        return super().read(requests)


def with_reader(world: World, reader: OracleReader) -> Session:
    session = Session(":memory:", models=Models(HashedWords(), reader, world.parser, OracleExtractor(world)))
    tell_all(session, world)
    return session


@pytest.fixture
def notes(session: Session) -> Session:
    """The family, and a table of notes."""
    session.run("CREATE TABLE notes (n INTEGER NOT NULL)")
    return session


@pytest.mark.parametrize("statement", WRONG)
def test_a_statement_that_fails_changes_nothing(notes: Session, statement: str) -> None:
    before = everything(notes)
    with pytest.raises(Error):
        notes.run(statement)
    assert everything(notes) == before
    assert not notes.in_transaction
    assert told_of(notes.run(WHERE)) == [("Oslo", (1,), pytest.approx(0.9))]


@pytest.mark.parametrize("statement", [s for s in WRONG if s.startswith("UPDATE")])
def test_what_was_done_before_in_a_transaction_outlives_a_statement_that_fails_in_it(
    notes: Session, statement: str
) -> None:
    notes.begin()
    notes.run("Kari sings.")
    with pytest.raises(Error):
        notes.run(statement)
    if notes.in_transaction:
        notes.rollback()
    assert [fact.text for fact in notes.facts()] == list(family().said)


def test_a_batch_with_a_blank_in_it_adds_nothing(session: Session) -> None:
    before = everything(session)
    with pytest.raises(DataError, match="blank"):
        session.add([NewFact("Kari bakes."), NewFact("\t")])
    assert everything(session) == before


def test_adding_that_is_stopped_between_batches_adds_nothing(session: Session) -> None:
    before, token = everything(session), CancelToken()
    with pytest.raises(Cancelled):
        session.add([NewFact(f"Kari says {n}.") for n in range(300)], report=lambda *step: token.cancel(), token=token)
    assert everything(session) == before


@pytest.mark.parametrize("error", [RuntimeError("the network is gone"), KeyboardInterrupt(), MemoryError()])
def test_a_model_that_fails_in_the_middle_leaves_the_database_as_it_was(error: BaseException) -> None:
    world = family()
    reader = Failing(world, error=error)
    session = with_reader(world, reader)
    before = everything(session)
    with pytest.raises(type(error)):
        session.run(WHO)
    assert everything(session) == before
    assert not session.in_transaction
    reader.error = None
    assert session.run(WHO).rows == [("Anna",), ("Nils",)]
    session.close()


class Broken:
    """An encoder or extractor that fails when it is told to."""

    def __init__(self, world: World) -> None:
        self.name, self.width, self.fails = "broken", 64, False
        self._encoder, self._extractor = HashedWords(), OracleExtractor(world)

    def encode(self, texts: Sequence[str]) -> Vectors:
        if self.fails:
            raise RuntimeError("the network is gone")
        return self._encoder.encode(texts)

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        if self.fails:
            raise RuntimeError("the network is gone")
        return self._extractor.extract(texts)


@pytest.mark.parametrize("role", ["encoder", "extractor"])
@pytest.mark.parametrize("statement", ["Kari bakes.", "INSERT INTO facts (text) VALUES ('Kari bakes.')"])
def test_a_fact_that_cannot_be_read_is_not_stored(role: str, statement: str) -> None:
    world = family()
    broken = Broken(world)
    models = {"encoder": HashedWords(), "extractor": OracleExtractor(world), role: broken}
    session = Session(":memory:", models=Models(reader=OracleReader(world), parser=world.parser, **models))  # type: ignore[arg-type]
    tell_all(session, world)
    before, broken.fails = everything(session), True
    with pytest.raises(RuntimeError, match="the network is gone"):
        session.run(statement)
    assert everything(session) == before
    broken.fails = False
    session.run(statement)
    assert len(session.facts()) == 4
    session.close()


# ------------------------------------------------------------------------------------------------------------- stopping


ABOUT = "means(text, 'about a city')"
CHANGES = [
    f"INSERT INTO facts (text) SELECT text || ' Or so.' FROM facts WHERE {ABOUT}",
    f"DELETE FROM facts WHERE {ABOUT}",
    f"UPDATE facts SET text = text || ' Or so.' WHERE {ABOUT}",
    f"CREATE TABLE mine AS SELECT * FROM facts WHERE {ABOUT}",
]


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Connection, Waiting]]:
    """A connection whose reader waits; each fact is read by itself, so that there is something left to stop."""
    monkeypatch.setattr(spj, "BATCH", 1)
    monkeypatch.setattr(judging, "BATCH", 1)
    world = family()
    reader = Waiting(world)
    db = Connection(with_reader(world, reader))
    yield db, reader
    reader.go_on.set()
    db.close()


@contextmanager
def interrupting(db: Connection, reader: Waiting) -> Iterator[None]:
    """Interrupt what the block does as soon as the reader is asked."""

    def interrupt() -> None:
        assert reader.reads.wait(LONG)
        db.interrupt()
        reader.go_on.set()

    other = threading.Thread(target=interrupt)
    other.start()
    yield
    other.join(LONG)


def test_an_interrupted_question_is_cancelled_and_the_next_one_answered(waiting: tuple[Connection, Waiting]) -> None:
    db, reader = waiting
    before = everything(db.session)
    with interrupting(db, reader), pytest.raises(Cancelled):
        db.ask(WHO)
    assert everything(db.session) == before
    assert db.ask(WHO).fetchall() == [("Anna",), ("Nils",)]


def test_what_was_read_before_a_question_was_stopped_is_not_read_again(waiting: tuple[Connection, Waiting]) -> None:
    db, reader = waiting
    with interrupting(db, reader), pytest.raises(Cancelled):
        db.ask(WHO)
    db.ask(WHO)
    assert sorted(request.facts for request in reader.requests) == [("Anna lives in Oslo.",), ("Nils lives in Oslo.",)]


def test_a_question_that_takes_too_long_is_given_up(waiting: tuple[Connection, Waiting]) -> None:
    db, reader = waiting
    reader.until_stopped = True
    with pytest.raises(Timeout):
        db.ask(WHO, timeout=0.05)
    reader.until_stopped = False
    reader.go_on.set()
    assert db.ask(WHO).fetchall() == [("Anna",), ("Nils",)]


@pytest.mark.parametrize("change", CHANGES)
def test_an_interrupted_change_changes_nothing(waiting: tuple[Connection, Waiting], change: str) -> None:
    db, reader = waiting
    before = everything(db.session)
    with interrupting(db, reader), pytest.raises(Cancelled):
        db.sql(change)
    assert everything(db.session) == before
    assert not db.in_transaction


def test_an_interrupted_change_leaves_an_open_transaction_to_be_kept_or_undone(
    waiting: tuple[Connection, Waiting],
) -> None:
    db, reader = waiting
    db.begin()
    db.add("Kari sings.")
    with interrupting(db, reader), pytest.raises(Cancelled):
        db.sql(f"DELETE FROM facts WHERE {ABOUT}")
    db.commit()
    assert [fact.text for fact in db.facts()] == [*family().said, "Kari sings."]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_stopped_while_its_last_fact_is_read_changes_nothing(change: str) -> None:
    world, token = family(), CancelToken()

    class Stopping(OracleReader):
        def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
            token.cancel()
            return [Reading((), yes=1.0, nothing=0.0) for _ in requests]

    session = with_reader(world, Stopping(world))
    before = everything(session)
    with pytest.raises(Cancelled):
        session.run(change, token=token)
    assert everything(session) == before
    session.close()


# ------------------------------------------------------------------------------------------------------------ read only


def read_only_changes() -> list[Callable[[Session], object]]:
    return [
        lambda s: s.run("Kari bakes."),
        lambda s: s.run("Forget that Anna lives in Oslo."),
        lambda s: s.add([NewFact("Kari bakes.")]),
        lambda s: s.forget(1),
        lambda s: s.run("DELETE FROM facts"),
        lambda s: s.run("CREATE TABLE mine (n INTEGER)"),
    ]


@pytest.mark.parametrize("change", read_only_changes())
def test_a_database_for_reading_only_answers_and_refuses_changes(
    tmp_path: Path, change: Callable[[Session], object]
) -> None:
    world = family()
    writing = opened(world, tmp_path / "family.ndb")
    tell_all(writing, world)
    writing.close()
    session = opened(world, tmp_path / "family.ndb", read_only=True)
    before = everything(session)
    with pytest.raises((ReadOnly, ProgrammingError)):
        change(session)
    assert everything(session) == before
    assert session.run(HOW_MANY).rows == [(2,)]
    session.close()
