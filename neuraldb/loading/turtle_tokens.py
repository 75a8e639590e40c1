"""The tokens of Turtle and TriG, read from a file through a buffer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from neuraldb.loading.source import Source

_CHUNK = 1 << 16
# no token but a string is longer than this without being wrong
_LOOK_AHEAD = 4096
_PN_BASE = (
    r"A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
)
_PN_BASE += r"\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
_PN = rf"[{_PN_BASE}_0-9\u00b7\u0300-\u036f\u203f\u2040\-]"
_PREFIX = rf"[{_PN_BASE}](?:(?:{_PN}|\.)*{_PN})?"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = rf"(?:[{_PN_BASE}_:0-9]|{_PLX})(?:(?:{_PN}|[.:]|{_PLX})*(?:{_PN}|:|{_PLX}))?"
_SHORT = r""""(?:[^"\\\r\n]++|\\.)*+"|'(?:[^'\\\r\n]++|\\.)*+'"""
_LONG = r'''"""(?:"{0,2}(?:[^"\\]++|\\.))*+"""|\'\'\'(?:'{0,2}(?:[^'\\]++|\\.))*+\'\'\''''
_KINDS = (
    ("space", r"(?:[ \t\r\n]+|#[^\r\n]*)+"),
    ("iri", r'<[^\x00-\x20<>"{}|^`]*>'),
    ("string", rf"{_LONG}|(?!\"\"\"|'''){_SHORT}"),
    ("name", rf"(?:{_PREFIX})?:(?:{_LOCAL})?"),
    ("blank", rf"_:[{_PN_BASE}_0-9](?:(?:{_PN}|\.)*{_PN})?"),
    ("double", r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)[eE][+-]?[0-9]+"),
    ("decimal", r"[+-]?[0-9]*\.[0-9]+"),
    ("integer", r"[+-]?[0-9]+"),
    ("language", r"@(?!(?:prefix|base)\b(?!-))[a-zA-Z]+(?:-[a-zA-Z0-9]+)*"),
    ("sign", r"\^\^|[.;,\[\](){}]"),
    ("word", r"@(?:prefix|base)\b|(?:a|true|false|(?i:PREFIX|BASE|GRAPH))(?![\w:\-])"),
)
_TOKEN = re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in _KINDS), re.DOTALL)
_UNICODE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.)|)", re.DOTALL)
_CHARACTERS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", "\\": "\\", '"': '"', "'": "'"}
LOCAL_ESCAPE = re.compile(r"\\(.)")
"""A backslash in the local part of a name, and the character that it is for."""


class Malformed(ValueError):
    """A file is not of its format.

    Attributes:
        line: where, from 1.
        reason: what is wrong there.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


class Token(NamedTuple):
    """A token as it is written. The kind of a sign or a word is itself, ``PREFIX``, ``BASE``, ``GRAPH`` in capitals."""

    kind: str
    text: str
    line: int


class Tokens:
    """The tokens of a file, one after the other; at its end one of the kind ``end``."""

    def __init__(self, source: Source) -> None:
        self._chunks = source.chunks(_CHUNK)
        self._buffer = ""
        self._place = 0
        self._line = 1
        self._whole = False
        self._stream = self._read()

    def next(self) -> Token:
        """The next token.

        Raises:
            Malformed: there is none.
            ImportFailed: the file cannot be read.
        """
        return next(self._stream)

    def _read(self) -> Iterator[Token]:
        match = _TOKEN.match
        while True:
            found = match(self._buffer, self._place)
            end = found.end() if found else self._place
            # near the end of the buffer a token may be the beginning of a longer one
            if len(self._buffer) - end < _LOOK_AHEAD and not self._whole:
                self._fill()
                continue
            if found is None:
                if self._place == len(self._buffer):
                    break
                self._fail()
                continue
            kind, text = str(found.lastgroup), found[0]
            self._place = end
            if kind == "space":
                self._line += text.count("\n")
                continue
            if kind == "sign":
                kind = text
            elif kind == "word":
                kind = text if text.startswith("@") or text == "a" else text.upper()
                kind = "boolean" if kind in ("TRUE", "FALSE") else kind
            yield Token(kind, text, self._line)
            if kind == "string":
                self._line += text.count("\n")
        while True:
            yield Token("end", "", self._line)

    def _fill(self) -> None:
        """More of the file, at least as much as is in the buffer already: a long string is not looked at too often."""
        rest = self._buffer[self._place :]
        parts, length = [rest], 0
        while length < max(len(rest), _CHUNK) and not self._whole:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._whole = True
            else:
                parts.append(chunk)
                length += len(chunk)
        self._buffer = "".join(parts)
        self._place = 0

    def _fail(self) -> None:
        """There is no token here: read on if it is the beginning of a long string, else complain."""
        beginning = self._buffer[self._place : self._place + 3]
        if beginning in ('"""', "'''"):
            if self._whole:
                raise Malformed(self._line, f"a string begins with {beginning} and does not end")
            self._fill()
            return
        shown = re.match(r"\S{0,20}", self._buffer[self._place :])
        what = {"<": "no IRI", '"': "a string that does not end on its line", "'": "a string that does not end"}
        reason = what.get(beginning[0], "nothing that could stand here")
        raise Malformed(self._line, f"{shown[0] if shown else beginning} is {reason}")


def string_text(token: Token) -> str:
    """The text that a quoted string stands for.

    Raises:
        Malformed: an escape in it is none.
    """
    quotes = 3 if token.text[:3] in ('"""', "'''") and len(token.text) >= 6 else 1
    return unescaped(token.text[quotes:-quotes], token.line, strings=True)


def unescaped(text: str, line: int = 0, *, strings: bool = False) -> str:
    r"""A text without its escapes.

    Args:
        text: with escapes.
        line: where it stands.
        strings: whether there are those of strings (``\n``) besides those by number.

    Raises:
        Malformed: an escape is none.
    """
    if "\\" not in text:
        return text

    def character(match: re.Match[str]) -> str:
        digits = match[1] or match[2]
        if digits is None:
            if not strings or match[3] not in _CHARACTERS:
                raise Malformed(line, f"{match[0]} is no escape")
            return _CHARACTERS[match[3]]
        number = int(digits, 16)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            raise Malformed(line, f"{match[0]} is no character")
        return chr(number)

    return _UNICODE.sub(character, text)
