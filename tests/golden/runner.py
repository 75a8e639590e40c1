"""Golden scripts: statements and what they must give, as text.

A script is made of blocks, separated by blank lines::

    # a remark
    ! a set-up command of the language's harness
    > [plan] SELECT ?who WHERE {
      ?who :livesIn :Bergen }
    ---
    Decode who
    └─ TriplePattern ?who :livesIn :Bergen

``>`` begins a statement, which goes on until ``---``; tags before it choose what is shown (the harness says which there
are; an unknown one is an error). What follows is the expected text, up to a blank line; an empty line of the output is
written ``.``. With ``--golden-update`` the expected text is rewritten from what the code gives: read the difference
before keeping it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from neuraldb.core.errors import Error

SEPARATOR = "---"
_TAG = re.compile(r"\[([a-z]+)\]\s*")


class Harness(Protocol):
    """Runs the statements of one script; a new one for each."""

    tags: frozenset[str]
    """The tags it knows."""

    def set_up(self, command: str) -> None:
        """Obey a set-up command."""

    def run(self, statement: str, tags: tuple[str, ...]) -> str:
        """What a statement gives, by its tags; errors as text, too."""


class TaggedHarness(ABC):
    """Shows what each tag asks for, the rows where there is none; an error of the database as its text."""

    def run(self, statement: str, tags: tuple[str, ...]) -> str:
        try:
            return "\n".join(self._show(statement, tag) for tag in tags or ("rows",))
        except Error as error:
            return f"{type(error).__name__}: {error.render()}"

    @abstractmethod
    def _show(self, statement: str, tag: str) -> str:
        """What a statement gives under one tag."""


@dataclass
class Block:
    """A part of a script.

    Attributes:
        line: where it begins, from 1.
        head: its lines before the statement, and the statement's.
        commands: set-up commands.
        statement: None where there is none.
        tags: what is to be shown.
        expected: the expected text.
    """

    line: int
    head: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    statement: str | None = None
    tags: tuple[str, ...] = ()
    expected: str = ""


class ScriptError(Exception):
    """A script is not of the form described above."""


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a script.

    Raises:
        ScriptError: a line makes no sense where it stands.
    """
    number = 0
    for chunk in re.split(r"\n[ \t]*\n", text.rstrip("\n")):
        lines = chunk.split("\n")
        yield _block(lines, number + 1)
        number += len(lines) + 1


def _block(lines: list[str], number: int) -> Block:
    block = Block(number)
    for i, line in enumerate(lines):
        if block.statement is not None:
            if line == SEPARATOR:
                block.expected = "\n".join("" if x == "." else x for x in lines[i + 1 :])
                return block
            block.statement += "\n" + line
        elif line.startswith(">"):
            rest = line[1:].strip()
            while match := _TAG.match(rest):
                block.tags += (match[1],)
                rest = rest[match.end() :]
            block.statement = rest
        elif line.startswith("!"):
            block.commands.append(line[1:].strip())
        elif line and not line.startswith("#"):
            raise ScriptError(f"line {number + i}: neither a remark, a command nor a statement: {line}")
        block.head.append(line)
    if block.statement is not None:
        raise ScriptError(f"line {number}: a statement without {SEPARATOR}")
    return block


def run_script(path: Path, harness: Harness, update: bool) -> None:
    """Check a script, or rewrite what it expects.

    Raises:
        AssertionError: a statement gives something else.
        ScriptError: the script is malformed, or has a tag that the harness does not know.
    """
    written = []
    for block in blocks(path.read_text(encoding="utf-8")):
        for command in block.commands:
            harness.set_up(command)
        chunk = block.head
        if block.statement is not None:
            unknown = set(block.tags) - harness.tags
            if unknown:
                raise ScriptError(f"{path.name}:{block.line}: unknown tag {sorted(unknown)}")
            given = harness.run(block.statement, block.tags)
            if not update:
                assert given == block.expected, f"{path.name}:{block.line}\n{block.statement}\n--- gives\n{given}"
            chunk = [*chunk, SEPARATOR, *(x or "." for x in given.split("\n"))] if given else [*chunk, SEPARATOR]
        written.append("\n".join(chunk))
    if update:
        path.write_text("\n\n".join(written) + "\n", encoding="utf-8")


def scripts(folder: str) -> list[Path]:
    """The scripts of a language, in the order of their names."""
    return sorted((Path(__file__).parent / folder).glob("*.golden"))


Check = Callable[[Path, Harness], None]
"""What the fixture ``golden`` is: :func:`run_script` with the update switch of the command line."""
