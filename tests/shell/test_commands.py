"""The table of commands, and how a line becomes one."""

import re
from pathlib import Path

import pytest

from neuraldb.core.errors import ProgrammingError
from neuraldb.execution.rendering import FORMS
from neuraldb.shell.actions import ACTIONS
from neuraldb.shell.commands import COMMANDS, FORMATS, help_text, is_command, markdown, parse_command

ROOT = Path(__file__).parents[2]


def test_every_command_does_something():
    assert ACTIONS.keys() == COMMANDS.keys()


def test_names_are_distinct():
    names = [name for command in COMMANDS.values() for name in (command.name, *command.aliases)]
    assert len(names) == len(set(names))


def test_formats_are_those_that_results_have():
    assert set(FORMATS) == set(FORMS)


def test_the_help_tells_of_every_command():
    for command in COMMANDS.values():
        assert command.usage in help_text()
        assert command.help in help_text()
        assert command.usage in help_text(command)
        assert command.usage.replace("|", "\\|") in markdown()


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="there is no README yet")
def test_the_readme_documents_every_command():
    text = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if not re.search(rf"\\{name}\b", text)] == []


@pytest.mark.parametrize(
    ("line", "name", "argument"),
    [
        ("\\facts", "facts", ""),
        ("  \\facts  Anna Berg  ", "facts", "Anna Berg"),
        (".tables", "tables", ""),
        ("\\d", "tables", ""),
        ("\\?", "help", ""),
        (".Mode csv", "format", "csv"),
        ("\\q;", "quit", ""),
        ("help", "help", ""),
        ("QUIT;", "quit", ""),
        ("exit", "quit", ""),
        ("?", "help", ""),
        ("\\explain analyze SELECT 1;", "explain", "analyze SELECT 1"),
        ("\\explain SELECT\n1", "explain", "SELECT\n1"),
    ],
)
def test_lines_that_are_commands(line, name, argument):
    assert is_command(line)
    command, rest = parse_command(line)
    assert (command.name, rest) == (name, argument)


@pytest.mark.parametrize(
    "line",
    [
        "Help me?",
        "Who quit?",
        "help is on the way.",
        ".NET is a framework.",
        "SELECT 1",
        "...",
        "1.5",
        "",
        "exit the room",
    ],
)
def test_lines_that_are_not(line):
    assert not is_command(line)


@pytest.mark.parametrize(
    ("line", "near"), [("\\fcts", "\\facts"), (".relation", "\\relations"), ("\\12", None), ("\\", None), ("\\%", None)]
)
def test_unknown_commands_name_their_nearest(line, near):
    assert is_command(line)
    with pytest.raises(ProgrammingError, match="there is no command") as caught:
        parse_command(line)
    assert caught.value.hint == "\\help lists the commands"
    assert near is None or near in caught.value.candidates
