"""Texts of many statements: a script, a pasted block, the standard input."""

from __future__ import annotations

import select
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from neuraldb.core.errors import DataError, Error
from neuraldb.language.detect import STORE_VIEWS
from neuraldb.language.split import Piece, complete, split

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement or command of a text.

    Attributes:
        text: without what surrounds it.
        place: where it stands, such as ``tour.txt:12``; empty for what is typed.
        problem: why it cannot be run.
    """

    text: str
    place: str = ""
    problem: Error | None = None


def entries_of(blocks: Iterable[str], name: str = "", tables: Collection[str] = STORE_VIEWS) -> Iterator[Entry]:
    """The statements and commands of a text, each as soon as it is complete.

    Args:
        blocks: the text in parts that end with a line; bytes that are not UTF-8 are half surrogate pairs.
        name: what the text is called, for the places of its statements.
        tables: the names of relations that exist (see :func:`neuraldb.language.detect.detect`).
    """
    held, line = "", 1
    for block in blocks:
        text = held + block
        pieces = split(text, tables)
        rest = len(text)
        if pieces and not complete(text[pieces[-1].start :], tables):
            # it may go on in the next block
            rest = pieces.pop().start
        yield from (_entry(piece, text, name, line) for piece in pieces)
        held = text[rest:]
        line += text.count("\n", 0, rest)
    yield from (_entry(piece, held, name, line) for piece in split(held, tables))


def _entry(piece: Piece, text: str, name: str, first: int) -> Entry:
    place = f"{name}:{first + text.count(chr(10), 0, piece.start)}" if name else ""
    broken = next((c for c in piece.text if "\udc80" <= c <= "\udcff"), None)
    problem = None if broken is None else DataError(f"byte 0x{ord(broken) - 0xDC00:02x} is not UTF-8")
    return Entry(piece.text, place, problem)


def blocks_of(stream: IO[bytes]) -> Iterator[str]:
    """A binary stream as text in whole lines: what has come by now, then what comes later, until its end.

    Who writes into a pipe and waits for the answer gets it, and who sends a script has it read as a whole.
    """
    held = b""
    first = True
    while chunk := _read(stream):
        held += chunk
        if held.endswith(b"\n") and not _waiting(stream):
            yield _text(held, first)
            held, first = b"", False
    if held:
        yield _text(held, first)


def _read(stream: IO[bytes]) -> bytes:
    read1 = getattr(stream, "read1", None)
    return bytes(read1(_CHUNK) if read1 else stream.read(_CHUNK))


def _waiting(stream: IO[bytes]) -> bool:
    """Whether reading on gives something (or the end) without waiting."""
    try:
        return bool(select.select([stream], [], [], 0)[0])
    except (OSError, ValueError):
        # no file descriptor, or not one that can be waited for: then it never makes wait
        return True


def _text(contents: bytes, first: bool) -> str:
    text = contents.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    return text.removeprefix("\ufeff") if first else text
