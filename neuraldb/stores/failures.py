"""DuckDB's exceptions in NeuralDB's words.

Its messages carry a class prefix, a picture of the offending line and lists of near names; here they become a
sentence, a span into the statement and candidates.
"""

from __future__ import annotations

import re

import duckdb

from neuraldb.core.errors import (
    BindError,
    Cancelled,
    CorruptDatabase,
    DatabaseLocked,
    DataError,
    Error,
    IntegrityError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ParameterError,
    ParseError,
    ProgrammingError,
    ReadOnly,
)

READ_ONLY_HINT = "open the database for writing, or copy it to a folder where you may write"
LOCK_HINT = "close it there first; reading (read_only=True) is refused too while a writer has it open"

_PREFIX = re.compile(r"^(?:[A-Z][\w-]*(?: [\w-]+)* Error|TransactionContext Error|FATAL Error|INTERRUPT Error): ")
_PICTURE = re.compile(r"\n*LINE (\d+): (.*)\n( *)(\^+)\s*$", re.DOTALL)
_NEAR_NAMES = re.compile(r"\n(?:Candidate bindings:|Did you mean|Candidate functions:)(.*)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')
_NAMED = re.compile(r'"((?:[^"]|"")+)"|\bname (\S+) does not exist')
_ADVICE = re.compile(r"(?<=[^.\s])\. (?=[A-Z]).*")
_HOLDER = re.compile(r"\(PID (\d+)\)")


def translate(error: duckdb.Error, statement: str | None = None, path: str | None = None) -> Error:
    """The error of ours that says the same; raise it ``from`` the original.

    Args:
        error: what DuckDB raised.
        statement: the SQL text that was running, for the span.
        path: the database file, for messages about the file.
    """
    raw = str(error)
    text = _PREFIX.sub("", raw)
    span = _span(text, statement)
    text = _PICTURE.sub("", text)
    near = _NEAR_NAMES.search(text)
    candidates = tuple(dict.fromkeys(_QUOTED.findall(near.group(1)))) if near else ()
    # the tables behind the views are nothing to send anyone to
    candidates = tuple(name for name in candidates if not name.startswith("store."))
    sentence = _sentence(text[: near.start()] if near else text)
    found = _of_the_file(error, raw, path) or _of_the_data(error, sentence) or _of_the_statement(error, sentence)
    found = found or _of_the_engine(error, sentence)
    found.candidates = found.candidates or candidates
    return found.at(statement, span) if statement is not None and span is not None else found


def _of_the_file(error: duckdb.Error, raw: str, path: str | None) -> Error | None:
    """Locks, permissions and damage."""
    file = path or "the database"
    holder = _HOLDER.search(raw)
    if holder and "lock" in raw:
        return DatabaseLocked(f"{file} is in use by process {holder.group(1)}", hint=LOCK_HINT)
    if "Could not set lock" in raw:
        return DatabaseLocked(f"{file} is in use by another process", hint=LOCK_HINT)
    if "different configuration than existing connections" in raw:
        return DatabaseLocked(f"this process has {file} open in the other mode already", hint="close that one first")
    if "not a valid DuckDB database" in raw:
        return CorruptDatabase(f"{file} is not a NeuralDB database")
    if "orrupt" in raw or "checksum" in raw or "Could not read enough bytes" in raw:
        return CorruptDatabase(f"{file} is damaged: {_sentence(_PREFIX.sub('', raw))}", hint="restore it from a copy")
    if "read-only mode" in raw and isinstance(error, duckdb.InvalidInputException):
        return reading_only()
    if "Permission denied" in raw or "Read-only file system" in raw:
        return ReadOnly(_sentence(_PREFIX.sub("", raw)), hint=READ_ONLY_HINT)
    return None


def _of_the_data(error: duckdb.Error, sentence: str) -> Error | None:
    """Values that do not fit, rows that may not be."""
    if isinstance(error, duckdb.IntegrityError):
        return IntegrityError(sentence)
    if isinstance(error, duckdb.DataError) or "ivision by zero" in sentence or "encode str as UTF-8" in sentence:
        return DataError(sentence)
    return None


def _of_the_statement(error: duckdb.Error, sentence: str) -> Error | None:
    """Mistakes in the SQL text or its parameters."""
    if isinstance(error, duckdb.ParserException):
        return ParseError(sentence)
    if "following parameters" in sentence or "excess parameters" in sentence or "transform python value" in sentence:
        return ParameterError(sentence)
    unbound = any(words in sentence for words in ("not found", "does not exist", "mbiguous"))
    if unbound and isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return BindError(sentence)
    if isinstance(error, duckdb.NotSupportedError):
        return NotSupportedError(sentence)
    if isinstance(error, duckdb.ProgrammingError):
        return ProgrammingError(sentence)
    return None


def _of_the_engine(error: duckdb.Error, sentence: str) -> Error:
    """Everything else: interruption, transactions, memory, disk."""
    if isinstance(error, duckdb.InterruptException):
        return Cancelled("the statement was stopped")
    if "transaction is aborted" in sentence:
        return OperationalError("an earlier statement of this transaction failed", hint="roll back and repeat it")
    if isinstance(error, duckdb.OutOfMemoryException):
        return OperationalError(sentence, hint="raise DuckDB's memory_limit, or ask for fewer rows")
    if isinstance(error, duckdb.TransactionException) and "onflict" in sentence:
        return OperationalError("another connection has changed the same rows", hint="roll back and repeat it")
    if isinstance(error, duckdb.InternalError):
        return InternalError(sentence)
    return OperationalError(sentence)


def _sentence(text: str) -> str:
    """The first sentence of a message, without its stop; what follows is advice about DuckDB's settings."""
    return _ADVICE.sub("", text.strip().split("\n", 1)[0]).strip().rstrip("!.")


def _span(text: str, statement: str | None) -> tuple[int, int] | None:
    """Where in the statement the error lies: what the picture points at, else the only place of the name in quotes."""
    if statement is None:
        return None
    picture = _PICTURE.search(text)
    if picture is None:
        named = _NAMED.search(text)
        if named is None:
            return None
        name = re.escape(named.group(1) or named.group(2))
        places = [m.span() for m in re.finditer(rf"(?<!\w){name}(?!\w)", statement)]
        return places[0] if len(places) == 1 else None
    number, shown, indent, carets = picture.groups()
    lines = statement.split("\n")
    if int(number) > len(lines):
        return None
    # a long line is shown in part, with dots for what was cut
    visible = shown.removeprefix("...").removesuffix("...")
    column = lines[int(number) - 1].find(visible)
    if column < 0:
        return None
    cut = len(shown) - len(shown.removeprefix("..."))
    start = sum(len(line) + 1 for line in lines[: int(number) - 1]) + column
    start += len(indent) - len(f"LINE {number}: ") - cut
    return (start, start + len(carets))


def reading_only() -> ReadOnly:
    """The error of a change to a database that is open for reading."""
    return ReadOnly("the database is open for reading only", hint=READ_ONLY_HINT)
