"""Texts with their quotations and comments blanked out, so that rules about words and signs see only the bare text."""

from __future__ import annotations

import re
from functools import lru_cache

# in SQL '' is a quote within text, a backslash only in e'…', and $tag$ … $tag$ is text too
_SQL = "|".join(
    (
        r"\b[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)",
        r"'(?:[^']|'')*(?:'|\Z)",
        r"\"(?:[^\"]|\"\")*(?:\"|\Z)",
        r"(?P<dollar>\$(?:[A-Za-z_]\w*)?\$).*?(?:(?P=dollar)|\Z)",
    )
)
_SPARQL = r"""(?P<long>'''|\"\"\")(?:[^\\]|\\.)*?(?:(?P=long)|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z)"""
_SQL_COMMENT = r"--[^\n]*|/\*.*?(?:\*/|\Z)"
# a # within an IRI is no comment
_IRI = r"<[^<>\"{}|^`\\\s]*>"
_OPAQUE = {
    "sql": f"{_SQL}|{_SQL_COMMENT}",
    "sparql": rf"{_SPARQL}|{_IRI}|\#[^\n]*",
    "any": rf"{_SQL}|{_IRI}|{_SQL_COMMENT}|(?:(?<=\n)|\A)[^\S\n]*\#[^\n]*",
}
_PATTERNS = {name: re.compile(form, re.DOTALL) for name, form in _OPAQUE.items()}
_LEADING = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z)|\#[^\n]*(?:\n|\Z))*", re.DOTALL)


def masked(text: str, language: str = "any") -> str:
    """The text with comments as blanks and quotations as quotes around blanks; of the same length.

    Args:
        text: a statement, or several.
        language: ``sql``, ``sparql``, or ``any`` where it is not known yet.

    >>> masked("SELECT 'a;b' -- c")
    "SELECT '   '     "
    """
    return _PATTERNS[language].sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    part = match[0]
    if part[0] == "<":
        return part
    if part[0] in "eE":
        return f"{part[0]}{_quotes(part[1:])}"
    if part[0] in "'\"":
        return _quotes(part)
    if part[0] == "$":
        return "'" + " " * (len(part) - 2) + "'"
    return re.sub(r"[^\n]", " ", part)


def _quotes(part: str) -> str:
    closed = len(part) > 1 and part[-1] == part[0]
    return part[0] + " " * (len(part) - 1 - closed) + part[-1] * closed


def find_bare(text: str, sign: str, start: int = 0, language: str = "sql") -> re.Match[str] | None:
    """The first match of a regular expression at or after ``start`` that is in no quotation and no comment.

    >>> find_bare("';' -- ;", ";") is None
    True
    """
    found = (m for m in _with_sign(sign, language).finditer(text, start) if m["sign"] is not None)
    return next(found, None)


@lru_cache(maxsize=16)
def _with_sign(sign: str, language: str) -> re.Pattern[str]:
    return re.compile(f"{_OPAQUE[language]}|(?P<sign>{sign})", re.DOTALL)


def skip_comments(text: str, start: int = 0) -> int:
    """Where the first word at or after ``start`` begins: past blanks, and comments of SQL and SPARQL."""
    leading = _LEADING.match(text, start)
    return leading.end() if leading else start


def after_comments(text: str) -> str:
    r"""The text from its first word on.

    >>> after_comments("-- all of them\n# really\nSELECT 1")
    'SELECT 1'
    """
    return text[skip_comments(text) :]
