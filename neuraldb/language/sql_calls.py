"""Where a function's call and its arguments stand in a statement's text; the tree knows the places of names only."""

from __future__ import annotations

import re

Span = tuple[int, int]

_PARTS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|[\[({]|[\])}]|,|.""", re.DOTALL)


def call_spans(source: str, name: str) -> list[tuple[Span, list[Span]]]:
    """The calls of a function: where each stands, and its arguments.

    >>> text = "SELECT ask(text, 'a, b?') FROM notes"
    >>> [(text[a:b], [text[c:d] for c, d in arguments]) for (a, b), arguments in call_spans(text, "ask")]
    [("ask(text, 'a, b?')", ['text', "'a, b?'"])]
    """
    found = []
    for match in re.finditer(rf"(?<![\w.]){re.escape(name)}\s*\(", _blanked(source), re.IGNORECASE):
        arguments, end = _arguments(source, match.end())
        found.append(((match.start(), end), arguments))
    return found


def _blanked(source: str) -> str:
    """The text with blanks in the place of what is quoted or a comment."""
    return _PARTS.sub(lambda part: " " * len(part[0]) if len(part[0]) > 1 else part[0], source)


def _arguments(source: str, begin: int) -> tuple[list[Span], int]:
    """The arguments from just after an opening bracket, and the place just after the closing one."""
    depth, at, spans = 0, begin, []
    for part in _PARTS.finditer(source, begin):
        if part[0] in "[({":
            depth += 1
        elif part[0] in "])}" and depth:
            depth -= 1
        elif not depth and part[0] in "),":
            spans.append((at, part.start()))
            at = part.end()
            if part[0] == ")":
                return [_trimmed(source, span) for span in spans if source[slice(*span)].strip()], part.end()
    return [], len(source)


def _trimmed(source: str, span: Span) -> Span:
    text = source[slice(*span)]
    return span[0] + len(text) - len(text.lstrip()), span[1] - len(text) + len(text.rstrip())
