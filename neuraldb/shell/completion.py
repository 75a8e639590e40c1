"""Completion: a function from the text before the cursor to suggestions, and what prompt_toolkit wants of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from neuraldb.core.text import fold, written
from neuraldb.shell.commands import COMMANDS, Command, is_command
from neuraldb.shell.vocabulary import LONGEST, Names, Vocabulary, language_so_far

SHOWN = 20
"""Suggestions that are made at a time."""
_SQL = (
    "SELECT FROM WHERE GROUP BY ORDER BY HAVING LIMIT JOIN LEFT JOIN ON AS AND OR NOT IN IS NULL LIKE BETWEEN EXISTS "
    "DISTINCT COUNT SUM AVG MIN MAX CASE WHEN THEN ELSE END UNION WITH VALUES INSERT INTO UPDATE SET DELETE EXPLAIN "
    "means ask similarity classify shortest_path paths neighbours pagerank components"
)
_SPARQL = (
    "SELECT ASK CONSTRUCT DESCRIBE FROM NAMED WHERE GRAPH FILTER OPTIONAL UNION MINUS BIND VALUES GROUP BY ORDER BY "
    "HAVING LIMIT OFFSET DISTINCT EXISTS NOT PREFIX BASE COUNT SUM AVG MIN MAX "
    "INSERT DATA DELETE WITH USING LOAD SILENT INTO CLEAR DROP CREATE ADD MOVE COPY TO DEFAULT ALL"
)
KEYWORDS = {"sql": Names(_SQL.split()), "sparql": Names(_SPARQL.split())}
"""The words of the formal languages that work, for completion."""
_WORD = re.compile(r"[^\s\"'(){},;=<>]*\Z")
# in plain language only a word that may begin a name is completed, so that prose is left in peace
_FEWEST = 2


class Suggestion(NamedTuple):
    """A text that may stand in the place of the last ``length`` characters, and what it is."""

    text: str
    length: int
    kind: str


def suggest(text: str, vocabulary: Vocabulary, language: str = "auto") -> list[Suggestion]:
    """What the text before the cursor may go on with, best first.

    Args:
        text: all before the cursor.
        vocabulary: the names that are known.
        language: that of the text; ``auto`` decides.
    """
    line = text.lstrip()
    if line.startswith("\\") or (line.startswith(".") and is_command(line)):
        return _command(line, vocabulary)
    if language == "auto":
        language = language_so_far(text, vocabulary)
    if language == "sql":
        return _formal(text, (("table", vocabulary.tables), ("column", vocabulary.columns)), "sql")
    if language == "sparql":
        return _sparql(text, vocabulary)
    return _name(text, vocabulary)


def _command(line: str, vocabulary: Vocabulary) -> list[Suggestion]:
    sign, rest = line[0], line[1:]
    name, space, argument = rest.partition(" ")
    if not space:
        found = [c for c in COMMANDS.values() if c.name.startswith(name.lower())]
        return [Suggestion(sign + c.name, len(line), c.help) for c in found]
    command = next((c for c in COMMANDS.values() if name.lower() in (c.name, *c.aliases)), None)
    return [] if command is None else _argument(command, argument.lstrip(), vocabulary)


def _argument(command: Command, argument: str, vocabulary: Vocabulary) -> list[Suggestion]:
    if command.name == "help":
        bare = argument.lstrip("\\")
        return [Suggestion(c.name, len(argument), c.help) for c in COMMANDS.values() if c.name.startswith(bare)]
    if command.completes == "entities":
        found = vocabulary.entities.beginning(argument, SHOWN)
        return [Suggestion(name, len(argument), "entity") for name in found]
    if command.completes == "tables":
        found = vocabulary.tables.beginning(argument, SHOWN)
        return [Suggestion(name, len(argument), "table") for name in found]
    if command.completes == "files":
        return list(_files(argument))
    if command.name == "explain" and " " in argument:
        return suggest(argument.partition(" ")[2], vocabulary)
    words = [word for word in command.words if word.startswith(argument.lower())]
    return [Suggestion(word, len(argument), command.name) for word in words]


def _files(argument: str) -> Iterator[Suggestion]:
    typed = argument.rpartition("/")
    folder = Path(typed[0] + typed[1] or ".").expanduser()
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    found = (e for e in entries if e.name.startswith(typed[2]) and (typed[2] or not e.name.startswith(".")))
    for entry in list(found)[:SHOWN]:
        folder_mark = "/" if entry.is_dir() else ""
        yield Suggestion(
            typed[0] + typed[1] + entry.name + folder_mark, len(argument), "folder" if folder_mark else "file"
        )


def _formal(text: str, sources: Iterable[tuple[str, Names]], language: str) -> list[Suggestion]:
    found = _WORD.search(text)
    word = (found[0] if found else "").rpartition(".")[2]
    if not word:
        return []
    suggestions = [
        Suggestion(written(name), len(word), kind) for kind, names in sources for name in names.beginning(word, SHOWN)
    ]
    keywords = [Suggestion(name, len(word), "keyword") for name in KEYWORDS[language].beginning(word, SHOWN)]
    return (suggestions + [s for s in keywords if fold(s.text) != fold(word)])[:SHOWN]


def _sparql(text: str, vocabulary: Vocabulary) -> list[Suggestion]:
    quotation = re.search(r"(['\"])((?:(?!\1).)*)\Z", text) if text.count("'") % 2 or text.count('"') % 2 else None
    if quotation:
        found = vocabulary.entities.beginning(quotation[2], SHOWN) if quotation[2] else []
        return [Suggestion(name, len(quotation[2]), "entity") for name in found]
    prefixed = re.search(r"(?<![\w:]):([\w-]*)\Z", text)
    if prefixed:
        spoken = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", prefixed[1])
        found = vocabulary.relations.beginning(spoken, SHOWN)
        return [Suggestion(":" + _local(name), len(prefixed[0]), "relation") for name in found if _local(name)]
    return _formal(text, (), "sparql")


def _local(name: str) -> str:
    """A relation's name as the local part of a prefixed name; empty for one that has none, such as an IRI."""
    words = re.findall(r"[^\W_]+", name)
    camel = "".join(word if place == 0 else word[:1].upper() + word[1:] for place, word in enumerate(words))
    return camel if camel.isidentifier() and ":" not in name else ""


def _name(text: str, vocabulary: Vocabulary) -> list[Suggestion]:
    """Names in plain language: the longest run of last words that a known name begins with."""
    starts = [match.start() for match in re.finditer(r"(?<!\S)\S", text)][-LONGEST:]
    for start in starts:
        typed = text[start:]
        if len(typed) < _FEWEST or not (typed[0].isupper() or not typed[0].isalpha()):
            continue
        found = [name for name in vocabulary.entities.beginning(typed, SHOWN + 1) if name != typed]
        if found:
            return [Suggestion(name, len(typed), "entity") for name in found[:SHOWN]]
    return []


class ShellCompleter(Completer):
    """What prompt_toolkit asks.

    Args:
        vocabulary: gives the names that are known now.
        language: gives the language that is set.
    """

    def __init__(self, vocabulary: Callable[[], Vocabulary], language: Callable[[], str]) -> None:
        self._vocabulary = vocabulary
        self._language = language

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """The suggestions for the text before the cursor."""
        for suggestion in suggest(document.text_before_cursor, self._vocabulary(), self._language()):
            yield Completion(suggestion.text, -suggestion.length, display_meta=suggestion.kind)
