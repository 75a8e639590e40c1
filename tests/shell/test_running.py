"""Calls that Ctrl-C stops."""

import io
import os
import signal
import threading
import time

import pytest

from neuraldb.core.errors import Cancelled
from neuraldb.shell.console import Console
from neuraldb.shell.running import Runner
from shell.helpers import Shell, Terminal, press_after


def runner(err=None):
    err = err or io.StringIO()
    return Runner(Console(io.StringIO(), err, environment={"TERM": "xterm"})), err


def test_what_a_call_gives_and_raises():
    run, _ = runner()
    assert run.run(lambda: 3, lambda: None) == 3
    assert not run.interrupted
    with pytest.raises(ZeroDivisionError):
        run.run(lambda: 1 / 0, lambda: None)


def test_ctrl_c_stops_the_call_and_nothing_else():
    run, _ = runner()
    stopped = threading.Event()

    def work():
        assert stopped.wait(10)
        raise Cancelled("stopped")

    with press_after(0.1), pytest.raises(Cancelled):
        run.run(work, stopped.set)
    assert run.interrupted
    assert run.run(lambda: 4, lambda: None) == 4
    assert not run.interrupted


def test_a_call_that_does_not_listen_at_first_is_asked_again():
    run, _ = runner()
    asked = []
    with press_after(0.05):
        run.run(lambda: [time.sleep(0.05) for _ in iter(lambda: len(asked) < 3, False)], lambda: asked.append(1))
    assert len(asked) >= 3


def test_further_presses_are_told_that_it_is_being_stopped():
    run, err = runner()
    deadline = time.monotonic() + 20

    def work():
        for told in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            # two signals in one turn of the listening loop would be heard as one
            time.sleep(0.3)
            while err.getvalue().count("still stopping …\n") < told and time.monotonic() < deadline:
                time.sleep(0.01)

    run.run(work, lambda: None)
    assert err.getvalue() == "still stopping …\n" * 2


def test_the_handler_of_ctrl_c_is_put_back():
    run, _ = runner()
    before = signal.getsignal(signal.SIGINT)
    run.run(lambda: None, lambda: None)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_terminal_is_told_of_long_work():
    run, err = runner(Terminal())
    run.run(lambda: time.sleep(1.3), lambda: None)
    assert "\r\x1b[Kworking … 1 s" in err.getvalue()
    assert err.getvalue().endswith("\r\x1b[K")
    quiet, err = runner(Terminal())
    quiet.run(lambda: time.sleep(0.2), lambda: None)
    assert err.getvalue() == ""


def test_a_cancelled_statement_leaves_the_connection_usable(db):
    shell = Shell(db)
    from neuraldb.shell.script import Entry

    # heavy enough to run for minutes, on one core or many
    heavy = "SELECT count(*) FROM range(100000) a(i), range(100000) b(j) WHERE hash(i + j) % 7 = 1;"
    for text in (heavy, "Wait?"):
        with press_after(0.3):
            assert not shell.run(Entry(text.rstrip(";")))
        assert shell.err() == "cancelled\n"
        assert shell.code == 130
        assert shell.run(Entry("SELECT 1 AS a"))
        assert shell.out() == "a\n1\n"
