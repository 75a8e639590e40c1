"""What the shell writes to: data to the standard output or a file, everything else to the standard error stream."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from neuraldb.core.errors import Error, InternalError, OperationalError

DEBUG = "NEURALDB_DEBUG"
# line ends and tabs apart
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_RED, _DIM, _PLAIN = "\x1b[31m", "\x1b[2m", "\x1b[0m"


class Console:
    """The two streams of a process.

    Args:
        out, err: for data and for narration.
        colour: False writes no colour whatever the stream.
        environment: decides on colour too (NO_COLOR, TERM), and on tracebacks (NEURALDB_DEBUG).
    """

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        *,
        colour: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self._file: TextIO | None = None
        self._environment = os.environ if environment is None else environment
        plain = self._environment.get("TERM", "") in ("", "dumb") or bool(self._environment.get("NO_COLOR"))
        self.colour = colour and not plain
        self._status = ""
        for stream in (self.out, self.err):
            if isinstance(stream, io.TextIOWrapper):
                # an encoding without a character shows its number instead of failing
                stream.reconfigure(errors="backslashreplace")

    @property
    def interactive(self) -> bool:
        """Whether data go to a terminal."""
        return self._file is None and self.out.isatty()

    @property
    def width(self) -> int | None:
        """Characters of a line of the terminal that data go to; None where they go elsewhere."""
        return shutil.get_terminal_size().columns if self.interactive else None

    # ---------------------------------------------------------------------------------------------------------- data

    def data(self, pieces: Iterable[str]) -> None:
        """Write lines of data.

        Raises:
            OperationalError: the file that they go to cannot be written.
        """
        self.clear_status()
        target = self._file or self.out
        try:
            for piece in pieces:
                target.write(piece + "\n")
            target.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OperationalError(f"cannot write the output: {error.strerror or error}") from error

    def text(self, text: str) -> None:
        """Write text that a person reads: what a terminal would obey instead of showing is made visible.

        Raises:
            OperationalError: as of :meth:`data`.
        """
        self.data([visible(text)])

    def redirect(self, path: str | None) -> None:
        """Write data to a file from now on; None goes back to the standard output.

        Raises:
            OperationalError: the file cannot be opened.
        """
        if self._file is not None:
            self._file.close()
            self._file = None
        if path is not None:
            try:
                self._file = Path(path).open("w", encoding="utf-8", newline="")  # noqa: SIM115 # open until the next call
            except OSError as error:
                raise OperationalError(f"cannot write {path}: {error.strerror or error}") from error

    # ----------------------------------------------------------------------------------------------------- narration

    def note(self, text: str) -> None:
        """Tell something about the data."""
        self._say(text, _DIM)

    def tell(self, text: str) -> None:
        """Tell something that is no mere remark."""
        self._say(text, "")

    def error(self, error: BaseException, place: str = "") -> None:
        """Tell of an error: what it is, where, and what would be right; never where in the code.

        Args:
            error: what was raised.
            place: where the statement stands, such as ``script.sql:12``.
        """
        prefix = f"{place}: " if place else ""
        if isinstance(error, Error) and not isinstance(error, InternalError):
            self._say(f"{prefix}error: {error.render()}", _RED)
            for note in getattr(error, "__notes__", ()):
                self._say(note, "")
        else:
            message = error.message if isinstance(error, Error) else f"{type(error).__name__}: {error}".rstrip(": ")
            self._say(f"{prefix}internal error: {' '.join(message.split())} (please report)", _RED)
        if self._environment.get(DEBUG) == "1":
            self._say("".join(traceback.format_exception(error)).rstrip(), "")

    def status(self, text: str) -> None:
        """Show one line on a terminal, in the place of the one before; nothing where there is no terminal."""
        if self.err.isatty() and self._environment.get("TERM", "") not in ("", "dumb"):
            width = shutil.get_terminal_size().columns
            self._status = text[: width - 1]
            self._write(f"\r\x1b[K{self._status}")

    def clear_status(self) -> None:
        """Take the line away that :meth:`status` has written."""
        if self._status:
            self._write("\r\x1b[K")
            self._status = ""

    def _say(self, text: str, style: str) -> None:
        self.clear_status()
        self.flush()
        text = visible(text)
        coloured = style and self.colour and self.err.isatty()
        self._write(f"{style}{text}{_PLAIN}\n" if coloured else f"{text}\n")

    def _write(self, text: str) -> None:
        try:
            self.err.write(text)
            self.err.flush()
        except OSError:
            # who has closed the stream does not want to be told
            self._status = ""

    # ------------------------------------------------------------------------------------------------------- the end

    def flush(self) -> None:
        """Write out what is held back, so that data and narration come in order.

        Raises:
            BrokenPipeError: nobody reads the data any more.
        """
        self.out.flush()

    def close(self) -> None:
        """Close the file that data went to."""
        self.redirect(None)


def visible(text: str) -> str:
    r"""A text without control characters: stored texts and names of files must not steer a terminal.

    >>> visible("red\x1b[31m\nline")
    'red\\x1b[31m\nline'
    """
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def silence(stream: TextIO) -> None:
    """Lead a stream nowhere, so that the end of the process does not complain that nobody reads it."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
