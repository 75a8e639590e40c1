"""What is wrong with a text that is not SQL, in one sentence, with its place; sqlglot's messages are for developers."""

from __future__ import annotations

import re
from typing import NoReturn

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError as SqlglotParseError
from sqlglot.tokenizer_core import TokenType

from neuraldb.core.errors import ParseError
from neuraldb.language.parameters import Marked

Span = tuple[int, int]

_EXPECTED = re.compile(r"^Expect(?:ed|ing) (.+?)(?: but got\b.*)?$", re.DOTALL)
_CLASS = re.compile(r"<class '[^']*'>|<Token [^>]*>")
_NEAR = re.compile(r"at or near \"(?P<word>.+?)\"(?:\n|$)")
_PICTURE = re.compile(r"LINE (?P<number>\d+): (?P<line>.*)\n(?P<indent> *)\^")
_STATEMENTS = "select with insert update delete create values describe explain drop alter".split()  # noqa: SIM905
_CLAUSES = "from where group order having limit values into join union set distinct".split()  # noqa: SIM905
_QUOTATION = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"""
_CLOSED = re.compile(rf"""{_QUOTATION}|(?!/\*)[^'"]""", re.DOTALL)
_QUOTED = re.compile(_QUOTATION, re.DOTALL)
# what cannot be the last thing of a statement
_UNFINISHED = re.compile(
    r"(?:\b(?:from|where|by|and|or|not|on|select|join|in|as|set|into|values|having|limit)|[=<>+*/,-])\s*$",
    re.IGNORECASE,
)


def refuse_tokens(text: str, marked: Marked) -> NoReturn:
    """Raise for a text that has an open quotation or comment, or a character that SQL does not know.

    Raises:
        ParseError: always.
    """
    start = _unterminated(text)
    kind = {"'": "text", '"': "quoted name", "/": "comment"}.get(text[start : start + 1])
    if kind is None:
        _fail(text[start : start + 1], (start, start + 1), marked)
    span = marked.original((start, len(text)))
    raise ParseError(f"the {kind} that begins here is not closed", source=marked.source, span=span) from None


def refuse_syntax(error: SqlglotParseError, text: str, marked: Marked) -> NoReturn:
    """Raise for a text that no parser of SQL takes.

    Raises:
        ParseError: always.
    """
    found = error.errors[0]
    end = _offset(text, int(found.get("line") or 1), int(found.get("col") or 0))
    if (misspelt := _misspelt(text, end)) is not None:
        span, meant = misspelt
        _fail(text[span[0] : span[1]], span, marked, candidates=meant)
    description = str(found.get("description") or "")
    wanted = _EXPECTED.match(description)
    expected = (_spelled(wanted[1]),) if wanted and not _CLASS.search(wanted[1]) else ()
    highlight = str(found.get("highlight") or "")
    at_end = "SENTINEL" in description or not text[end:].strip()
    if at_end and (expected or _open(text)):
        span = marked.original((len(text), len(text) + 1))
        raise ParseError("the statement ends too early", source=marked.source, span=span, expected=expected) from None
    _fail(highlight, (max(end - len(highlight), 0), end), marked, expected=expected)


def refuse_near(complaint: str, text: str, marked: Marked) -> NoReturn:
    """Raise for a text that DuckDB's parser does not take, from what DuckDB says.

    Raises:
        ParseError: always.
    """
    near = _NEAR.search(complaint)
    if near is None:
        raise ParseError("the statement is not SQL", source=marked.source)
    word = near["word"]
    places = [m.start() for m in re.finditer(re.escape(word), text)]
    picture = _PICTURE.search(complaint)
    if picture is not None and "..." not in picture["line"]:
        lines = text.split("\n")
        before = sum(len(line) + 1 for line in lines[: int(picture["number"]) - 1])
        shown = before + len(picture["indent"]) - len(f"LINE {picture['number']}: ")
        places = sorted(places, key=lambda place: abs(place - shown))
    start = places[0] if places else 0
    _fail(word, (start, start + len(word)), marked)


def _fail(
    word: str, span: Span, marked: Marked, *, expected: tuple[str, ...] = (), candidates: tuple[str, ...] = ()
) -> NoReturn:
    place = marked.original(span)
    raise ParseError(
        f"syntax error at {word!r}", source=marked.source, span=place, expected=expected, candidates=candidates
    ) from None


def _misspelt(text: str, end: int) -> tuple[Span, tuple[str, ...]] | None:
    """A word at or just before ``end`` that looks like a keyword of SQL, and which keywords."""
    tokens = DuckDB().tokenize(text)
    names = [t for t in tokens if t.token_type == TokenType.VAR and t.start < end]
    for token in [*reversed(names[-2:]), *names[:1]]:
        words = _STATEMENTS if token.start == tokens[0].start else _CLAUSES
        word = token.text.lower()
        meant = process.extract(word, words, scorer=DamerauLevenshtein.distance, score_cutoff=1, limit=2)
        if meant and word not in words:
            return (token.start, token.end + 1), tuple(match[0].upper() for match in meant)
    return None


def _spelled(wanted: str) -> str:
    return wanted.strip().rstrip(".").removeprefix("a ")


def _offset(text: str, line: int, column: int) -> int:
    """The offset just after the character at a line and column, both counted from 1."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column, len(text))


def _open(text: str) -> bool:
    """Whether a bracket is open at the end, or something must follow the last word or sign."""
    bare = _QUOTED.sub("''", text)
    return bare.count("(") > bare.count(")") or bool(_UNFINISHED.search(bare))


def _unterminated(text: str) -> int:
    """Where the quotation or comment begins that is not closed."""
    at = 0
    while at < len(text) and (match := _CLOSED.match(text, at)):
        at = match.end()
    return min(at, max(len(text) - 1, 0))
