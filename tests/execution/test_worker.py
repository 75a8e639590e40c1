"""Work that can be stopped: by another thread, by a time limit; and what stopping must not disturb."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator

import pytest

from neuraldb.core.errors import Cancelled, Timeout
from neuraldb.core.progress import CancelToken
from neuraldb.execution.worker import Worker

LONG = 30.0
"""Seconds after which a test that hangs gives up."""


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def until_stopped(started: threading.Event) -> Callable[[CancelToken], None]:
    """Work that goes on until it is stopped."""

    def work(token: CancelToken) -> None:
        started.set()
        while True:
            token.check()

    return work


def in_thread(what: Callable[[], object]) -> list[object]:
    """What the function gives or raises in a thread of its own."""
    out: list[object] = []

    def attempt() -> None:
        try:
            out.append(what())
        except Exception as error:  # noqa: BLE001 - handed to the test
            out.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join(LONG)
    assert not thread.is_alive()
    return out


def test_work_gives_its_value(worker: Worker) -> None:
    assert worker.run(lambda token: 7) == 7


def test_the_main_thread_waits_while_another_works(worker: Worker) -> None:
    assert worker.run(lambda token: threading.current_thread()) is not threading.main_thread()


def test_other_threads_work_themselves(worker: Worker) -> None:
    ((ran, called),) = in_thread(
        lambda: (worker.run(lambda token: threading.current_thread()), threading.current_thread())
    )
    assert ran is called


def test_context_variables_are_those_of_the_caller(worker: Worker) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    reset = variable.set("by the caller")
    try:
        assert worker.run(lambda token: variable.get()) == "by the caller"
    finally:
        variable.reset(reset)


def test_what_the_work_raises_is_raised(worker: Worker) -> None:
    problem = ValueError("no")

    def work(token: CancelToken) -> None:
        raise problem

    with pytest.raises(ValueError, match="no") as caught:
        worker.run(work)
    assert caught.value is problem


def test_an_interrupt_stops_what_runs_in_every_thread(worker: Worker) -> None:
    started = [threading.Event() for _ in range(3)]
    caught: list[object] = []
    threads = [
        threading.Thread(target=lambda s=s: caught.extend(in_thread(lambda: worker.run(until_stopped(s)))))
        for s in started
    ]
    for thread in threads:
        thread.start()
    assert all(event.wait(LONG) for event in started)
    worker.interrupt()
    for thread in threads:
        thread.join(LONG)
    assert [type(error) for error in caught] == [Cancelled] * 3


def test_an_interrupt_reaches_the_main_threads_work(worker: Worker) -> None:
    started = threading.Event()
    other = threading.Thread(target=lambda: (started.wait(LONG), worker.interrupt()))
    other.start()
    with pytest.raises(Cancelled):
        worker.run(until_stopped(started))
    other.join(LONG)


def test_an_interrupt_where_nothing_runs_is_forgotten(worker: Worker) -> None:
    worker.interrupt()
    assert worker.run(lambda token: token.cancelled) is False


def test_work_after_an_interrupted_one_runs_to_its_end(worker: Worker) -> None:
    started = threading.Event()
    other = threading.Thread(target=lambda: (started.wait(LONG), worker.interrupt()))
    other.start()
    with pytest.raises(Cancelled):
        worker.run(until_stopped(started))
    other.join(LONG)
    assert worker.run(lambda token: "done") == "done"


def test_the_request_to_stop_is_repeated_until_it_is_heard(worker: Worker) -> None:
    started, again = threading.Event(), threading.Event()

    def work(token: CancelToken) -> None:
        started.set()
        while not token.cancelled:
            pass
        # as a DuckDB query that begins just after it was interrupted
        with token.calling(again.set):
            assert again.wait(LONG)
        token.check()

    other = threading.Thread(target=lambda: (started.wait(LONG), worker.interrupt()))
    other.start()
    with pytest.raises(Cancelled):
        worker.run(work)
    other.join(LONG)
    assert again.is_set()


def test_work_that_takes_too_long_is_stopped(worker: Worker) -> None:
    with pytest.raises(Timeout, match="the statement took longer than"):
        worker.run(until_stopped(threading.Event()), timeout=0.01)


def test_a_time_limit_reaches_what_only_hears_callbacks(worker: Worker) -> None:
    stopped = threading.Event()

    def work(token: CancelToken) -> None:
        with token.calling(stopped.set):
            assert stopped.wait(LONG)
        raise Cancelled("interrupted")

    with pytest.raises(Timeout):
        worker.run(work, timeout=0.01)


def test_work_in_time_is_not_disturbed(worker: Worker) -> None:
    assert worker.run(lambda token: "done", timeout=LONG) == "done"


def test_cancelled_by_itself_is_no_timeout(worker: Worker) -> None:
    def work(token: CancelToken) -> None:
        raise Cancelled("of its own accord")

    with pytest.raises(Cancelled, match="of its own accord"):
        worker.run(work, timeout=LONG)


def test_work_may_start_work_in_its_own_thread(worker: Worker) -> None:
    assert worker.run(lambda token: worker.run(lambda inner: "inner")) == "inner"
