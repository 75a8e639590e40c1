"""Parameters of a statement: pyformat placeholders become markers that every language's tokenizer takes as one token.

``%s`` and ``%(name)s`` outside quotes and comments become ``$__0``, ``$__1``, … whose values stand beside the text,
so a value never becomes part of it. Where parameters are given, ``%%`` is a literal percent sign, also inside quotes;
without parameters a percent sign is an ordinary character (psycopg's rule).
"""

from __future__ import annotations

import datetime
import numbers
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias
from uuid import UUID

from neuraldb.core.errors import InterfaceError, ParameterError, ParseError

Bindable: TypeAlias = (
    str | int | float | bool | Decimal | bytes | UUID
    | datetime.date | datetime.datetime | datetime.time | datetime.timedelta
    | tuple["Bindable", ...] | None
)  # fmt: skip
"""What a placeholder can stand for.

A buffer of another kind is bound as the bytes it holds, a number of another kind (NumPy's) as Python's, a list as a
tuple; its items are of one kind, or None.
"""
Given: TypeAlias = Sequence[Any] | Mapping[str, Any]

MARKER = re.compile(r"\$__(\d+)")
"""How a placeholder looks after :func:`mark`; the number is the index into :attr:`Marked.values`."""

_KINDS: tuple[tuple[str, type | tuple[type, ...]], ...] = (
    ("truth values", bool),
    ("numbers", (int, float, Decimal)),
    ("texts", str),
    ("bytes", bytes),
    ("UUIDs", UUID),
    ("times of a day", datetime.time),
    ("points in time", datetime.datetime),
    ("dates", datetime.date),
    ("durations", datetime.timedelta),
    ("lists", tuple),
)
"""Kinds of values that a column can hold; the first that fits is a value's own."""

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
        ParameterError: parameters are missing, left over, of both styles, or of a kind that cannot be bound: a list
            in anything but SQL, bytes in a question, an object of another type.
        ParseError: the text uses the reserved spelling ``$__0`` itself.
        InterfaceError: ``parameters`` is neither a sequence nor a mapping.
    """
    if parameters is not None and (
        not isinstance(parameters, Sequence | Mapping) or isinstance(parameters, str | bytes)
    ):
        raise InterfaceError(f"parameters are a sequence or a mapping, not {type(parameters).__name__}")
    return _Marking(source, parameters, language).run(_TOKENS[language])


class _Marking:
    """One run over one statement."""

    def __init__(self, source: str, parameters: Given | None, language: str) -> None:
        self.source = source
        self.parameters = parameters
        self.language = language
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
        # in SQL, "$__0,$__1" without a space would open a string that is quoted with $__0,$
        if self.language == "sql" and not self.source[end : end + 1].isspace() and end < len(self.source):
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
        try:
            bound = bindable(value)
        except TypeError as error:
            self._fail(f"{what} is {error}", span)
        kind = type(value).__name__
        if isinstance(bound, tuple) and self.language != "sql":
            where = ", as in VALUES ?x { %s %s }" if self.language == "sparql" else ""
            self._fail(
                f"{what} is a {kind}, which can be bound in SQL only",
                span,
                f"give each item its own placeholder{where}",
            )
        if isinstance(bound, bytes) and self.language == "question":
            self._fail(f"{what} is of type {kind}, which no sentence can tell", span)
        return bound

    def _check_used(self) -> None:
        # a mapping may hold more than one statement needs; of a sequence, every item has its place
        if isinstance(self.parameters, Sequence) and len(self.values) < len(self.parameters):
            raise ParameterError(
                f"{len(self.parameters)} parameters were given for {len(self.values)} placeholders",
                source=self.source,
                hint="a placeholder is %s, not ?" if self.language == "sql" and "?" in self.source else None,
            )

    def _fail(self, message: str, span: tuple[int, int], hint: str | None = None) -> NoReturn:
        raise ParameterError(message, source=self.source, span=span, hint=hint)


def bindable(value: Any) -> Bindable:
    """A value as it is bound.

    Raises:
        TypeError: no language has such a value; the message says what it is.

    >>> bindable([1, None, 2.5]), bindable(memoryview(b"ab"))
    ((1, None, 2.5), b'ab')
    """
    if value is None or any(isinstance(value, kind) for name, kind in _KINDS if name != "lists"):
        return value  # type: ignore[no-any-return]
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, list | tuple):
        return _list(value)
    # NumPy's truth values are registered as nothing
    if getattr(getattr(value, "dtype", None), "kind", "") == "b" and value.shape == ():
        return bool(value)
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    raise TypeError(f"of type {name}, which cannot be bound")


def _list(value: Sequence[Any]) -> tuple[Bindable, ...]:
    items = tuple(bindable(item) for item in value)
    kinds = dict.fromkeys(_kind(item) for item in items if item is not None)
    if len(kinds) > 1:
        raise TypeError(f"a {type(value).__name__} of {' and '.join(kinds)}, and a list has items of one kind")
    return items


def _kind(value: Bindable) -> str:
    return next(name for name, kind in _KINDS if isinstance(value, kind))
