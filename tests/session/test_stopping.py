"""A slow reader is stopped within a call, and a reply that could not be read is asked for again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest
from doubles import HashedWords, OracleExtractor, OracleReader, World

from neuraldb.api import Connection
from neuraldb.core import progress
from neuraldb.core.errors import Cancelled, Timeout
from neuraldb.core.progress import CancelToken
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.registry import Models
from neuraldb.session import Session
from session.family import WHO, family, tell_all

LONG = 30.0
"""Seconds after which a test that hangs gives up."""
STATEMENTS = [
    WHO,
    "SELECT text FROM facts WHERE means(text, 'about a city')",
    "SELECT ask(text, 'Who lives in Oslo?') FROM facts",
]


class Slow(OracleReader):
    """A reader that reads on until its token says stop; ``ended`` are the calls that came to their end."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.begun, self.quick, self.ended = threading.Event(), False, 0

    def read(self, requests: Sequence[ReadRequest], token: CancelToken | None = None) -> list[Reading]:
        self.begun.set()
        if not self.quick:
            assert token is not None
            for _ in range(round(LONG / 0.01)):
                threading.Event().wait(0.01)
                token.check()
        self.ended += 1
        return super().read(requests)


class Mumbling(OracleReader):
    """A reader whose first replies cannot be read."""

    mumbles = True

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        readings = super().read(requests)
        return [Reading((), unreadable=True) for _ in requests] if self.mumbles else readings


def connected(make: Callable[[World], OracleReader]) -> tuple[Connection, OracleReader]:
    world = family()
    reader = make(world)
    world.mean("about a city", "_ | lives in | _")
    session = Session(":memory:", models=Models(HashedWords(), reader, world.parser, OracleExtractor(world)))
    tell_all(session, world)
    return Connection(session), reader


@pytest.fixture
def slow() -> Iterator[tuple[Connection, Slow]]:
    db, reader = connected(Slow)
    assert isinstance(reader, Slow)
    yield db, reader
    db.close()


@pytest.fixture
def mumbling() -> Iterator[tuple[Connection, Mumbling]]:
    db, reader = connected(Mumbling)
    assert isinstance(reader, Mumbling)
    yield db, reader
    db.close()


def once_begun(reader: Slow, stop: Callable[[], object]) -> threading.Thread:
    """Stop what runs as soon as the reader is asked."""

    def run() -> None:
        assert reader.begun.wait(LONG)
        stop()

    other = threading.Thread(target=run)
    other.start()
    return other


# ------------------------------------------------------------------------------------------------------------- stopping


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_time_limit_stops_a_reader_within_its_call(
    slow: tuple[Connection, Slow], statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, reader = slow
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    other = once_begun(reader, lambda: setattr(clock, "now", 1001.0))
    with pytest.raises(Timeout, match="longer than 1000 seconds"):
        db.execute(statement, timeout=1000)
    other.join(LONG)
    assert reader.ended == 0


@pytest.mark.parametrize("statement", STATEMENTS)
def test_an_interruption_stops_a_reader_within_its_call(slow: tuple[Connection, Slow], statement: str) -> None:
    db, reader = slow
    other = once_begun(reader, db.interrupt)
    with pytest.raises(Cancelled):
        db.execute(statement)
    other.join(LONG)
    assert reader.ended == 0


@pytest.mark.parametrize("statement", STATEMENTS)
def test_ctrl_c_stops_a_reader_within_its_call(slow: tuple[Connection, Slow], statement: str) -> None:
    db, reader = slow
    other = once_begun(reader, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        db.execute(statement)
    other.join(LONG)
    assert reader.ended == 0


def test_a_reader_that_was_stopped_answers_the_next_time(slow: tuple[Connection, Slow]) -> None:
    db, reader = slow
    other = once_begun(reader, db.interrupt)
    with pytest.raises(Cancelled):
        db.execute(WHO)
    other.join(LONG)
    reader.quick = True
    assert db.execute(WHO).fetchall() == [("Anna",), ("Nils",)]


# ----------------------------------------------------------------------------------------------------------- unreadable


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_reply_that_could_not_be_read_is_asked_for_again(
    mumbling: tuple[Connection, Mumbling], statement: str
) -> None:
    db, reader = mumbling
    unknown = db.execute(statement).fetchall()
    assert [row for row in unknown if row != (None,)] == []
    asked = len(reader.requests)
    reader.mumbles = False
    assert [row for row in db.execute(statement).fetchall() if row != (None,)]
    assert len(reader.requests) == 2 * asked


@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_could_be_read_is_not_asked_for_again(mumbling: tuple[Connection, Mumbling], statement: str) -> None:
    db, reader = mumbling
    reader.mumbles = False
    db.execute(statement)
    asked = len(reader.requests)
    db.execute(statement)
    assert len(reader.requests) == asked > 0
