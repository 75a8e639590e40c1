"""The one error tree, rooted in PEP 249.

Every error says what was wrong (``message``), where (``source`` and ``span``, from which a caret line is drawn) and
what would be right (``hint``, ``candidates``). The shell, notebooks and tracebacks all use :meth:`Error.render`.
"""

from __future__ import annotations

import builtins
from typing import Any


class Warning(builtins.Warning):
    """An answer was given, but with less certainty or completeness than asked for (PEP 249)."""


class Error(Exception):
    """The root of all errors that NeuralDB raises.

    Args:
        message: one sentence, no final stop.
        source: the statement that was being worked on.
        span: (start, end) character offsets into ``source`` of the offending part.
        hint: what to do about it.
        candidates: the nearest valid names, best first.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        span: tuple[int, int] | None = None,
        hint: str | None = None,
        candidates: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.span = span
        self.hint = hint
        self.candidates = candidates

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message,), self.__dict__

    def __str__(self) -> str:
        return self.render()

    def at(self, source: str, span: tuple[int, int] | None = None) -> Error:
        """This error, with the statement (and place in it) filled in where it was not known before."""
        self.source = self.source or source
        self.span = self.span or span
        return self

    def render(self) -> str:
        """The message with its caret line, candidates and hint, as a person should see it."""
        lines = [self.message]
        if self.source is not None and self.span is not None:
            lines += caret_lines(self.source, self.span)
        if self.candidates:
            lines.append("did you mean: " + ", ".join(self.candidates) + "?")
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


def caret_lines(source: str, span: tuple[int, int], width: int = 100) -> list[str]:
    r"""The source line that holds ``span[0]`` and, under it, carets below the span.

    >>> print("\n".join(caret_lines("SELECT *\nFROM nowhere", (14, 21))))
      line 2: FROM nowhere
                   ^^^^^^^
    """
    start = min(max(span[0], 0), len(source))
    end = min(max(span[1], start + 1), len(source) + 1)
    line_start = source.rfind("\n", 0, start) + 1
    line_end = source.find("\n", start)
    line_end = len(source) if line_end < 0 else line_end
    number = source.count("\n", 0, start) + 1
    prefix = f"  line {number}: " if "\n" in source else "  "
    left = max(line_start, start - width // 2)
    line = source[left : min(line_end, left + width)].replace("\t", " ")
    carets = "^" * max(1, min(end, line_end, left + width) - start)
    return [prefix + line, " " * (len(prefix) + start - left) + carets]


class InterfaceError(Error):
    """The API was misused: a closed connection or cursor, an argument of the wrong kind."""


class MissingExtra(InterfaceError, ImportError):
    """A library that only some uses of NeuralDB need is not installed; the hint says how to install it."""


class DatabaseError(Error):
    """The root of errors that concern the database."""


class DataError(DatabaseError):
    """A value does not convert or is out of range."""


class OperationalError(DatabaseError):
    """Something outside the statement failed: the file, the disk, a lock, a model."""


class IntegrityError(DatabaseError):
    """The database refuses a change because its contents would no longer fit together."""


class InternalError(DatabaseError):
    """An invariant of NeuralDB broke; please report it."""


class ProgrammingError(DatabaseError):
    """The statement is wrong."""


class NotSupportedError(DatabaseError):
    """The statement is understood, but what it asks for is not built."""


class ParseError(ProgrammingError):
    """The text is not a sentence of the language it was read as.

    ``expected`` lists, in the user's spelling, what could have stood at the offending place.
    """

    def __init__(self, message: str, *, expected: tuple[str, ...] = (), **context: Any) -> None:
        if expected and not context.get("hint"):
            context["hint"] = "expected " + _alternatives(expected)
        super().__init__(message, **context)
        self.expected = expected


class BindError(ProgrammingError):
    """A name stands for nothing in the database, or for several things equally well."""


class ParameterError(ProgrammingError):
    """Parameters are missing, left over, or of a kind that cannot be bound."""


class NoResultSet(ProgrammingError):
    """Rows were asked for, but no statement that gives rows has been run."""


class DatabaseLocked(OperationalError):
    """Another process holds the database file."""


class CorruptDatabase(OperationalError):
    """The file is not a NeuralDB database, or is damaged, or is of another format version."""


class ReadOnly(OperationalError):
    """A change was asked of a database that was opened for reading, or whose folder cannot be written."""


class Cancelled(OperationalError):
    """The statement was stopped by the user; it has changed nothing."""


class Timeout(OperationalError):
    """The statement took longer than allowed; it has changed nothing."""


class ModelUnavailable(OperationalError):
    """A model cannot be loaded or does not answer."""


class ImportFailed(DataError):
    """A file could not be read as the format it was taken for."""


def _alternatives(names: tuple[str, ...]) -> str:
    head, last = names[:-1], names[-1]
    return f"{', '.join(head)} or {last}" if head else last
