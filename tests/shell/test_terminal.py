"""The command on a real terminal."""

import os
import time

import pexpect
import pytest

from shell.helpers import COMMAND

PROMPT = "neuraldb>"


@pytest.fixture
def spawn(tmp_path):
    started = []

    def start(*arguments, **environment):
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "TERM": "xterm",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            **environment,
        }
        child = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            env=variables,
            cwd=str(tmp_path),
            timeout=30,
            dimensions=(40, 100),
            encoding="utf-8",
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


def ended(child, code=0):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus == code and "Traceback" not in child.before


def test_a_session(spawn):
    """Ctrl-C cancels a statement, then clears a line; a paste runs all; Ctrl-D leaves."""
    child = spawn("new.ndb")
    child.expect_exact("new.ndb, a new database")
    child.expect_exact(PROMPT)
    child.send("Wait?\r")
    child.expect_exact("working")
    child.sendintr()
    child.expect_exact("cancelled")
    child.expect_exact(PROMPT)
    child.send("SELECT nonsense")
    child.expect_exact("nonsense")
    child.sendintr()
    child.expect_exact(PROMPT)
    child.send("\x1b[200~Anna sings.\nWhy?\nSELECT 40 + 2 AS a;\x1b[201~")
    child.send("\r")
    child.expect_exact("fact 1")
    child.expect_exact("the question is not understood")
    child.expect_exact("│ 42 │")
    child.expect_exact(PROMPT)
    child.send("Dally?\r")
    child.expect_exact("working")
    child.sendintr()
    time.sleep(0.3)
    child.sendintr()
    child.expect_exact("still stopping")
    child.expect_exact("cancelled")
    child.expect_exact(PROMPT)
    child.sendeof()
    assert ended(child)


@pytest.mark.parametrize("term", ["", "dumb"])
def test_a_terminal_that_can_do_nothing(spawn, term):
    child = spawn(TERM=term)
    child.expect_exact("a database in memory")
    child.expect_exact(PROMPT)
    child.sendline("SELECT 1 AS a,")
    child.expect_exact("...> ")
    child.sendline("2 AS b;")
    child.expect_exact("│ 1 │ 2 │")
    child.expect_exact(PROMPT)
    child.sendintr()
    child.expect_exact(PROMPT)
    child.sendline("Wait?")
    time.sleep(0.5)
    child.sendintr()
    child.expect_exact("cancelled")
    child.sendline("quit")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_colours_on_a_terminal_unless_unwanted(spawn):
    for arguments, environment, coloured in (
        ([], {}, True),
        (["--no-color"], {}, False),
        ([], {"NO_COLOR": "1"}, False),
    ):
        child = spawn("-c", "Why?", *arguments, **environment)
        child.expect(pexpect.EOF)
        child.close()
        assert ("\x1b[31m" in child.before) is coloured
        assert child.exitstatus == 1
