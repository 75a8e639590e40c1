"""Colours for what is typed: by language; in plain language, known names and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from functools import lru_cache

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer, PygmentsLexer
from prompt_toolkit.styles import Style

from neuraldb.shell.commands import is_command
from neuraldb.shell.vocabulary import LONGEST, Vocabulary, language_so_far

STYLE = Style.from_dict(
    {
        "prompt": "bold",
        "command": "ansimagenta",
        "entity": "ansicyan",
        "number": "ansigreen",
        "pygments.keyword": "ansiblue bold",
        "pygments.name.function": "ansiblue",
        "pygments.name.variable": "ansicyan",
        "pygments.literal.string": "ansigreen",
        "pygments.literal.number": "ansigreen",
        "pygments.comment": "ansibrightblack",
        "pygments.operator": "",
        "pygments.error": "",
    }
)
_TOKEN = re.compile(r"(?P<number>[+-]?\d[\d.,]*\d|\d)(?!\w)|(?P<word>[^\W\d_][\w.'’-]*)|(?P<other>\s+|.)", re.DOTALL)


@lru_cache(maxsize=2)
def _pygments(language: str) -> PygmentsLexer:
    from pygments.lexers import find_lexer_class_by_name

    return PygmentsLexer(find_lexer_class_by_name(language))


def highlight(line: str, vocabulary: Vocabulary) -> StyleAndTextTuples:
    """A line of plain language with known names and numbers marked.

    Args:
        line: the text.
        vocabulary: the names that are known.
    """
    tokens = [(match.lastgroup or "other", match[0]) for match in _TOKEN.finditer(line)]
    styled: StyleAndTextTuples = []
    place = 0
    while place < len(tokens):
        kind, text = tokens[place]
        length = _known(tokens, place, vocabulary) if kind == "word" else 0
        if length:
            styled.append(("class:entity", "".join(part for _, part in tokens[place : place + length])))
        else:
            styled.append(("class:number" if kind == "number" else "", text))
        place += length or 1
    return styled


def _known(tokens: list[tuple[str, str]], place: int, vocabulary: Vocabulary) -> int:
    """How many tokens the longest known name has that begins at a place; 0 where none does."""
    for length in range(min(2 * LONGEST - 1, len(tokens) - place), 0, -1):
        name = "".join(part for _, part in tokens[place : place + length])
        if tokens[place + length - 1][0] != "other" and name.rstrip(".'’") in vocabulary.entities:
            return length
    return 0


class ShellLexer(Lexer):
    """What prompt_toolkit asks: the lexer of the language that the text is of.

    Args:
        vocabulary: gives the names that are known now.
        language: gives the language that is set.
    """

    def __init__(self, vocabulary: Callable[[], Vocabulary], language: Callable[[], str]) -> None:
        self._vocabulary = vocabulary
        self._language = language

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """A function from the number of a line to its styled parts."""
        vocabulary = self._vocabulary()
        if is_command(document.text):
            return lambda number: [("class:command", document.lines[number])]
        language = self._language()
        if language == "auto":
            language = language_so_far(document.text, vocabulary)
        if language in ("sql", "sparql"):
            return _pygments(language).lex_document(document)
        return lambda number: highlight(document.lines[number], vocabulary)

    def invalidation_hash(self) -> Hashable:
        """Changes when the same text is to be coloured anew."""
        return id(self._vocabulary()), self._language()
