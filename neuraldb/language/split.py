r"""A script or a paste into statements, and whether what is typed so far is one.

* SQL goes on to its semicolon; without one, to a blank line.
* SPARQL goes on until its braces are closed and no clause follows; updates that semicolons join are one statement.
* Plain language is a statement a line, and so is a command (``\facts``).

Semicolons and braces in quotations and comments do not count. Comments between statements are left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from neuraldb.language.detect import COMMAND, STORE_VIEWS, explain_prefix
from neuraldb.language.detect_query import is_sparql, is_sql, lists_columns, may_be_query
from neuraldb.language.masking import after_comments, find_bare, masked, skip_comments

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
# characters of a statement by which its language is told
_LOOKED_AT = 4000
# what may follow the closing brace of a SPARQL form
_GOES_ON = re.compile(
    r"where\s*\{|(?:from|using)\s+(?:named\s+)?(?:<|\w*:)|(?:order|group)\s+by\b|having\b|(?:limit|offset)\s+\d"
    r"|values\s*(?:[?$]|\(\s*[?$)])|(?:insert|delete)\s*\{|\{",
    re.IGNORECASE,
)
_UPDATES = re.compile(r"(?:insert|delete|with|load|clear|drop|create|add|move|copy|prefix|base)\b", re.IGNORECASE)
_WITHOUT_BRACES = re.compile(r"(?:describe|load|clear|drop|create|add|move|copy)\b", re.IGNORECASE)
_LONG_FORMS = frozenset({"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "COPY", "MERGE", "FROM"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement of a script: ``script[start:end] == text``, without the semicolon after it."""

    text: str
    start: int
    end: int


def split(script: str, tables: Collection[str] = STORE_VIEWS) -> list[Piece]:
    r"""The statements of a script, in order.

    Args:
        script: any mixture of languages.
        tables: the names of relations that exist (see :func:`neuraldb.language.detect.detect`).

    >>> [piece.text for piece in split("SELECT ';'; Who lives in Oslo?\nASK { ?x :p 1 }")]
    ["SELECT ';'", 'Who lives in Oslo?', 'ASK { ?x :p 1 }']
    """
    return list(_pieces(script, tables))


def complete(text: str, tables: Collection[str] = STORE_VIEWS) -> bool:
    """Whether a shell should send what is typed so far, or wait for more lines.

    >>> complete("SELECT 1"), complete("SELECT 1;"), complete("ASK {"), complete("Who lives in Oslo")
    (False, True, False, True)
    """
    if not after_comments(text).strip():
        # an unfinished comment goes on
        return "/*" not in text or text.rstrip().endswith("*/")
    if COMMAND.match(text.strip()):
        return True
    rest = after_comments(explain_prefix(text, tables)[1])
    if is_sparql(rest):
        return _closed(rest)
    if is_sql(rest, tables) or _begins_sql(rest):
        return masked(rest, "sql").rstrip().endswith(";")
    return True


def _pieces(script: str, tables: Collection[str]) -> Iterator[Piece]:
    at = skip_comments(script)
    while at < len(script):
        end = _end(script, at, tables)
        text = script[at:end].rstrip().removesuffix(";").rstrip()
        if after_comments(text):
            yield Piece(text, at, at + len(text))
        at = skip_comments(script, max(end, at + 1))


def _end(script: str, at: int, tables: Collection[str]) -> int:
    """Where the statement that begins at ``at`` ends, its semicolon included."""
    line_end = script.find("\n", at)
    line_end = len(script) if line_end < 0 else line_end
    line = script[at:line_end]
    if script[at] == ";":
        return at + 1
    if COMMAND.match(line) or not may_be_query(line):
        return line_end
    end = _sql_end(script, at)
    candidates = [explain_prefix(text, tables)[1] for text in (script[at : min(end, at + _LOOKED_AT)], line)]
    if any(map(is_sparql, candidates)):
        return _sparql_end(script, at)
    return end if any(is_sql(text, tables) for text in candidates) else line_end


def _sql_end(script: str, at: int) -> int:
    """Where a SQL statement ends."""
    semicolon = find_bare(script, ";", at) if script.rfind(";") >= at else None
    if semicolon is not None:
        return semicolon.end()
    # looked for in a window that grows, so that a long script without semicolons is not read to its end each time
    size = _LOOKED_AT
    while True:
        # the plain search first, for it is quick where there is none
        end = min(at + size, len(script))
        blank = _BLANK_LINE.search(script, at, end) and find_bare(script[at:end], _BLANK_LINE.pattern)
        if blank:
            return at + blank.start()
        if end == len(script):
            return end
        size *= 4


def _sparql_end(script: str, at: int) -> int:
    """Where a SPARQL statement ends; looked for in a window that grows, so that long scripts stay quick."""
    size = 4096
    while True:
        length = _sparql_length(script[at : at + size])
        if length < size // 2 or at + size >= len(script):
            return at + length
        size *= 4


def _sparql_length(rest: str) -> int:
    """The length of a SPARQL statement at the head of a text, with the updates that follow it after semicolons."""
    bare = masked(rest, "sparql")
    end = _form_end(bare, 0)
    while True:
        following = _next(bare, end)
        if bare[following : following + 1] != ";":
            return end
        after = _next(bare, following + 1)
        joined = _UPDATES.match(bare, after) and _is_update(bare) and is_sparql(rest[after:])
        if not joined:
            return following + 1
        end = _form_end(bare, after)


def _form_end(bare: str, start: int) -> int:
    """Where one form ends: all its braces closed, and no clause that goes on."""
    opening = bare.find("{", start)
    semicolon = bare.find(";", start)
    line_end = bare.find("\n", start)
    line_end = len(bare) if line_end < 0 else line_end
    words = bare[start:line_end]
    if opening < 0 or (0 <= semicolon < opening) or (_WITHOUT_BRACES.match(words) and opening > line_end):
        ends = [e for e in (semicolon, line_end if _WITHOUT_BRACES.match(words) else -1) if e >= 0]
        return min(ends, default=len(bare))
    depth, at = 0, opening
    while at < len(bare):
        depth += (bare[at] == "{") - (bare[at] == "}")
        at += 1
        if depth == 0 and not _GOES_ON.match(bare, _next(bare, at)):
            return at
        if depth == 0:
            at = _clause_end(bare, _next(bare, at))
            if at < len(bare) and bare[at] == "{":
                continue
            return at
    return len(bare)


def _clause_end(bare: str, start: int) -> int:
    """From a clause after a closing brace to the next brace, or to the end of the last clause."""
    at = start
    while True:
        stop = min((p for p in (bare.find(s, at) for s in ("{", ";", "\n")) if p >= 0), default=len(bare))
        if stop >= len(bare) or bare[stop] != "\n":
            return stop
        at = _next(bare, stop)
        if not _GOES_ON.match(bare, at):
            return stop


def _next(bare: str, at: int) -> int:
    """The next place that is not blank."""
    while at < len(bare) and bare[at].isspace():
        at += 1
    return at


def _is_update(bare: str) -> bool:
    return (
        re.search(r"(?i)\b(?:insert|delete|load|clear|drop|create|add|move|copy)\b", bare.split("{", 1)[0]) is not None
    )


def _closed(text: str) -> bool:
    """Whether the braces and quotations of a SPARQL text are closed, and there is something between them."""
    bare = masked(text, "sparql")
    if masked(text + "\n?x", "sparql")[-2:] != "?x":
        return False
    if "{" not in bare:
        form = re.sub(r"(?is)^\s*(?:(?:prefix\s+\S*\s*<[^>]*>|base\s+<[^>]*>)\s*)*", "", bare)
        return bool(_WITHOUT_BRACES.match(form)) and bool(re.search(r"\S+\s+\S", form))
    return bare.count("{") <= bare.count("}")


def _begins_sql(text: str) -> bool:
    """Whether a text that is not yet SQL may become it with more lines."""
    word = re.match(r"[A-Za-z]+", text)
    if word is None or text.rstrip().endswith((".", "?", "!")):
        return False
    if word[0] in _LONG_FORMS:
        return True
    return word[0].lower() == "select" and lists_columns(masked(text)[word.end() :].strip())
