r"""The commands of the shell, as data: its help, completion and documentation come from this table.

A command is a line that begins with a backslash, or with a full stop for who comes from other shells (``\facts``,
``.facts``). *help*, *quit* and *exit* are commands without either, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from neuraldb.core.errors import ProgrammingError


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the shell.

    Attributes:
        name: without its backslash.
        arguments: how they are written in the help.
        help: what it does, one line.
        aliases: other names.
        completes: what its argument is completed with: entities, tables, files, or the words of :attr:`words`.
        words: the values that its argument may have.
    """

    name: str
    arguments: str
    help: str
    aliases: tuple[str, ...] = ()
    completes: str = ""
    words: tuple[str, ...] = ()

    @property
    def usage(self) -> str:
        r"""The command as it is typed, such as ``\why [ROW]``."""
        return f"\\{self.name} {self.arguments}".rstrip()


FORMATS = ("box", "markdown", "csv", "tsv", "json", "jsonl", "vertical", "html", "none")
"""The output formats; those of :mod:`neuraldb.execution.rendering`, which would be slow to load for a list of words."""

_ALL = (
    Command("help", "[COMMAND]", "what can be typed here", ("h", "?")),
    Command("facts", "[PATTERN]", "the facts, or those that contain a text"),
    Command("entity", "NAME", "what is known about a person or thing", completes="entities"),
    Command("entities", "[PATTERN]", "the persons and things, or those whose name or alias contains a text"),
    Command("merge", "NAME, NAME", "two persons or things are one, called by the first name", completes="entities"),
    Command("split", "NAME, FACTS|NAMES", "facts, or names, are of another one of that name", completes="entities"),
    Command("undo", "[CHANGE]", "take back a merge or a split, by default the last"),
    Command("relations", "", "the relations, and how many triples each has"),
    Command("tables", "", "the tables for SQL, with their columns; kinds of things are tables, too", ("d", "schema")),
    Command("columns", "TABLE", "the columns of a table, what they hold, and how much is known", completes="tables"),
    Command(
        "explain",
        "[analyze|verbose] STATEMENT",
        "how a statement is carried out",
        completes="words",
        words=("analyze", "verbose"),
    ),
    Command("why", "[ROW]", "the facts that a row of the last result rests on"),
    Command("history", "[FACT]", "what was done, or what was done to a fact"),
    Command(
        "lang",
        "[question|sql|sparql|auto]",
        "the language of what is typed; auto decides for each statement",
        completes="words",
        words=("question", "sql", "sparql", "auto"),
    ),
    Command("strict", "[on|off]", "bind only names that exist in SPARQL", completes="words", words=("on", "off")),
    Command("format", "[NAME]", "the output format", ("mode",), completes="words", words=FORMATS),
    Command("timing", "[on|off]", "tell how long each stage takes", ("timer",), completes="words", words=("on", "off")),
    Command("limit", "N", "show at most N rows, 0 for all", ("maxrows",)),
    Command("import", "PATH", "load a file; options as of neuraldb load", completes="files"),
    Command("export", "[PATH]", "write the facts; options as of neuraldb export", completes="files"),
    Command("o", "[FILE]", "write results to a file, or to the screen again", ("output",), completes="files"),
    Command("i", "FILE", "run the statements of a file", ("read",), completes="files"),
    Command("quit", "", "leave, as Ctrl-D does", ("q", "exit")),
)
COMMANDS = {command.name: command for command in _ALL}
"""The commands by name."""
_NAMES = {name: command for command in _ALL for name in (command.name, *command.aliases)}
_BARE = frozenset({"help", "quit", "exit", "?"})
_FORM = re.compile(r"\s*(?P<sign>[\\.])(?P<name>[A-Za-z]+|\?)(?:\s+(?P<argument>.*?))?\s*;?\s*", re.DOTALL)


def is_command(line: str) -> bool:
    r"""Whether a line is a command, known or not.

    >>> [is_command(line) for line in ("\\facts Oslo", ".tables", "help", ".NET is a framework.", "Help me?")]
    [True, True, True, False, False]
    """
    if line.strip().lower().rstrip(";") in _BARE:
        return True
    found = _FORM.fullmatch(line)
    if found is None:
        return line.strip().startswith("\\")
    # a sentence may begin with a full stop, a command that is misspelt stands alone
    return found["sign"] == "\\" or found["name"].lower() in _NAMES or not found["argument"]


def parse_command(line: str) -> tuple[Command, str]:
    r"""The command of a line, and its argument.

    Raises:
        ProgrammingError: there is no such command.

    >>> parse_command("\\mode csv")[0].name, parse_command(".facts Anna Berg")[1]
    ('format', 'Anna Berg')
    """
    bare = line.strip().lower().rstrip(";")
    if bare in _BARE:
        return _NAMES[bare], ""
    found = _FORM.fullmatch(line)
    name = found["name"].lower() if found else ""
    if found is None or name not in _NAMES:
        from neuraldb.core.text import nearest

        typed = line.split()[0]
        near = tuple(f"\\{each}" for each in nearest(name or typed, _NAMES))
        raise ProgrammingError(f"there is no command {typed}", candidates=near, hint="\\help lists the commands")
    return _NAMES[name], found["argument"] or ""


def help_text(command: Command | None = None) -> str:
    """The help of all commands, or of one."""
    if command is not None:
        also = f"\nalso: {', '.join(f'{chr(92)}{alias}' for alias in command.aliases)}" if command.aliases else ""
        return f"{command.usage}\n  {command.help}{also}"
    width = max(len(each.usage) for each in _ALL)
    lines = [f"  {each.usage:<{width}}  {each.help}" for each in _ALL]
    return "\n".join([*_INTRODUCTION, "", *lines])


_INTRODUCTION = (
    "Type a sentence to have it remembered, or a question about what you have told:",
    "  Anna Berg was born in Oslo and works for Equinor.",
    "  Who works for Equinor?",
    "or SQL (ended by a semicolon), where any noun is a table and any attribute a column:",
    "  SELECT person, employer FROM people WHERE birthplace = 'Oslo';",
    "or SPARQL:",
    "  SELECT ?who WHERE { ?who :employer 'Equinor' }",
)


def markdown(commands: Iterable[Command] = _ALL) -> str:
    """The table of commands for a document."""
    rows = [f"| `{each.usage.replace('|', chr(92) + '|')}` | {each.help} |" for each in commands]
    return "\n".join(["| command | |", "|---|---|", *rows])
