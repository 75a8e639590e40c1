"""The documents, and what in them can be run: examples of Python, and of the command line."""

from __future__ import annotations

import doctest
import re
from dataclasses import dataclass
from pathlib import Path

from docs.commands import ROOT

DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OUTSIDE = doctest.OutputChecker()


@dataclass(frozen=True)
class Example:
    """A command line, and what it must show; ``...`` stands for anything."""

    command: str
    expected: str
    line: int


def console_examples(text: str) -> list[Example]:
    """The commands of a document's ``console`` blocks, in order."""
    found = []
    for block in _CONSOLE.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        for part in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block[1], re.MULTILINE):
            found.append(Example(part[1], part[2], first + block[1].count("\n", 0, part.start())))
    return found


def differs(example: Example, shown: str) -> bool:
    """Whether a command has shown something else than it must."""
    return not _OUTSIDE.check_output(example.expected, shown, doctest.ELLIPSIS)


def python_examples(path: Path) -> list[doctest.Example]:
    """The statements after ``>>>``."""
    return doctest.DocTestParser().get_examples(path.read_text("utf-8"), path.name)
