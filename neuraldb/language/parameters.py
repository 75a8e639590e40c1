"""Parameters of a statement: pyformat placeholders become markers that every language's tokenizer takes as one token.

``%s`` and ``%(name)s`` outside quotes and comments become ``$__0``, ``$__1``, … whose values stand beside the text,
so a value never becomes part of it. Where parameters are given, ``%%`` is a literal percent sign, also inside quotes;
without parameters a percent sign is an ordinary character (psycopg's rule).
"""

from __future__ import annotations

import datetime
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias

from neuraldb.core.errors import InterfaceError, ParameterError, ParseError

Bindable: TypeAlias = (
    str | int | float | bool | Decimal | bytes
    | datetime.date | datetime.datetime | datetime.time | datetime.timedelta | None
)  # fmt: skip
"""What a placeholder can stand for; a buffer of another kind is bound as the bytes it holds."""
Given: TypeAlias = Sequence[Any] | Mapping[str, Any]

MARKER = re.compile(r"\$__(\d+)")
"""How a placeholder looks after :func:`mark`; the number is the index into :attr:`Marked.values`."""

_BINDABLE = (str, int, float, bool, Decimal, bytes, datetime.date, datetime.time, datetime.timedelta, type(None))

# what is quoted or a comment in each language: no placeholder stands inside
_OPAQUE = {
    "question": (),
    "sql": (
        r"--[^\n]*",
        r"/\*.*?(?:\*/|\Z)",
        r"[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)",
        r"'(?:[^']|'')*(?:'|\Z)",
        r'"(?:[^"]|"")*(?:"|\Z)',
        r"\$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z)",
    ),
    "sparql": (
        r"<[^<>\"{}|^`\\\x00-\x20]*>",
        r"#[^\n\r]*",
        r"'''(?:[^\\]|\\.)*?(?:'''|\Z)",
        r'"""(?:[^\\]|\\.)*?(?:"""|\Z)',
        r"'(?:[^'\\\n\r]|\\.)*'?",
        r'"(?:[^"\\\n\r]|\\.)*"?',
    ),
}
_PLACEHOLDER = r"(?P<own>\$__\d+)|(?P<double>%%)|(?P<place>%(?:\((?P<name>[^()]*)\))?(?P<kind>[A-Za-z])|%\()"
_TOKENS = {
    language: re.compile(
        (f"(?P<opaque>{'|'.join(opaque)})|{_PLACEHOLDER}" if opaque else f"(?P<opaque>(?!))|{_PLACEHOLDER}"), re.S
    )
    for language, opaque in _OPAQUE.items()
}


@dataclass(frozen=True, slots=True)
class Marked:
    """A statement whose placeholders are markers.

    Attributes:
        text: what the language's parser reads.
        values: the value of each marker ``$__i``, by i.
        source: the statement as the user typed it.
        shifts: (offset into ``text``, offset into ``source``) pairs where the two begin to differ anew, ascending.
    """

    text: str
    values: tuple[Bindable, ...]
    source: str
    shifts: tuple[tuple[int, int], ...] = ()

    def original(self, span: tuple[int, int]) -> tuple[int, int]:
        """A span of ``text`` as a span of ``source``."""
        return self._offset(span[0]), self._offset(span[1])

    def _offset(self, offset: int) -> int:
        position = bisect_right(self.shifts, offset, key=lambda s: s[0]) - 1
        if position < 0:
            return offset
        start, source = self.shifts[position]
        end = self.shifts[position + 1][1] if position + 1 < len(self.shifts) else len(self.source)
        return min(source + offset - start, end)


def mark(source: str, parameters: Given | None, language: str) -> Marked:
    """The statement with markers for its placeholders, and the values they stand for.

    Args:
        source: the statement.
        parameters: a sequence for ``%s``, a mapping for ``%(name)s``; None where none were given.
        language: ``sql``, ``sparql`` or ``question``: decides what is a quotation or a comment.

    Raises:
        ParameterError: parameters are missing, left over, of both styles, or of a kind that cannot be bound.
        ParseError: the text uses the reserved spelling ``$__0`` itself.
        InterfaceError: ``parameters`` is neither a sequence nor a mapping.
    """
    if parameters is not None and (
        not isinstance(parameters, Sequence | Mapping) or isinstance(parameters, str | bytes)
    ):
        raise InterfaceError(f"parameters are a sequence or a mapping, not {type(parameters).__name__}")
    return _Marking(source, parameters, spaced=language == "sql").run(_TOKENS[language])


class _Marking:
    """One run over one statement; ``spaced``: white space follows each marker."""

    def __init__(self, source: str, parameters: Given | None, spaced: bool) -> None:
        self.source = source
        self.parameters = parameters
        self.spaced = spaced
        self.pieces: list[str] = []
        self.values: list[Bindable] = []
        self.indexes: dict[str, int] = {}
        self.shifts: list[tuple[int, int]] = []
        self.length = 0

    def run(self, tokens: re.Pattern[str]) -> Marked:
        at = 0
        for match in tokens.finditer(self.source):
            if match["own"]:
                raise ParseError(
                    "names that begin with $__ and a digit are reserved", source=self.source, span=match.span()
                )
            if self.parameters is None:
                continue
            self._copy(self.source[at : match.start()])
            at = match.end()
            if match["opaque"] is not None:
                self._opaque(match)
            elif match["double"]:
                self._replace("%", match.end())
            else:
                self._marker(match)
        self._copy(self.source[at:])
        self._check_used()
        return Marked("".join(self.pieces), tuple(self.values), self.source, tuple(self.shifts))

    def _copy(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def _marker(self, match: re.Match[str]) -> None:
        end = match.end()
        self._replace(f"$__{self._index(match)}", end)
        # without a space, "$__0,$__1" would open a string that is quoted with $__0,$
        if self.spaced and not self.source[end : end + 1].isspace() and end < len(self.source):
            self._replace(" ", end)

    def _replace(self, text: str, source_end: int) -> None:
        self._copy(text)
        self.shifts.append((self.length, source_end))

    def _opaque(self, match: re.Match[str]) -> None:
        at = match.start()
        for double in re.finditer("%%", match["opaque"]):
            self._copy(self.source[at : match.start() + double.start()])
            at = match.start() + double.end()
            self._replace("%", at)
        self._copy(self.source[at : match.end()])

    def _index(self, match: re.Match[str]) -> int:
        if match["kind"] != "s":
            self._fail(f"{match[0]} is no placeholder; write %s or %(name)s, and %% for a percent sign", match.span())
        if match["name"] is None:
            return self._next(match.span())
        return self._named(match["name"], match.span())

    def _next(self, span: tuple[int, int]) -> int:
        if not isinstance(self.parameters, Sequence):
            self._fail("%s needs a sequence of parameters, but a mapping was given", span)
        if len(self.values) >= len(self.parameters):
            self._fail(f"there are more placeholders than the {len(self.parameters)} parameters given", span)
        self.values.append(self._checked(self.parameters[len(self.values)], f"parameter {len(self.values) + 1}", span))
        return len(self.values) - 1

    def _named(self, name: str, span: tuple[int, int]) -> int:
        if not isinstance(self.parameters, Mapping):
            self._fail(f"%({name})s needs a mapping of parameters, but a sequence was given", span)
        if name not in self.parameters:
            self._fail(f"there is no parameter named {name}", span)
        if name not in self.indexes:
            self.indexes[name] = len(self.values)
            self.values.append(self._checked(self.parameters[name], f"parameter {name}", span))
        return self.indexes[name]

    def _checked(self, value: Any, what: str, span: tuple[int, int]) -> Bindable:
        if isinstance(value, bytearray | memoryview):
            return bytes(value)
        if not isinstance(value, _BINDABLE):
            self._fail(f"{what} is a {type(value).__name__}, which cannot be bound", span)
        return value

    def _check_used(self) -> None:
        # a mapping may hold more than one statement needs; of a sequence, every item has its place
        if isinstance(self.parameters, Sequence) and len(self.values) < len(self.parameters):
            raise ParameterError(
                f"{len(self.parameters)} parameters were given for {len(self.values)} placeholders", source=self.source
            )

    def _fail(self, message: str, span: tuple[int, int]) -> NoReturn:
        raise ParameterError(message, source=self.source, span=span)
