"""The shell without a terminal, and the command in a process of its own."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neuraldb.api import Connection
from neuraldb.shell.console import Console
from neuraldb.shell.interpreter import Interpreter
from neuraldb.shell.settings import Settings

COMMAND = [sys.executable, str(Path(__file__).parent / "command.py")]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Shell(Interpreter):
    """An interpreter whose data and narration can be taken."""

    def __init__(
        self,
        connection: Connection,
        *,
        terminal: bool = False,
        environment: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        self._streams = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
        super().__init__(connection, Settings(**settings), Console(*self._streams, environment=environment or {}))

    def out(self) -> str:
        """The data since the last call."""
        return self._taken(0)

    def err(self) -> str:
        """The narration since the last call."""
        return self._taken(1)

    def _taken(self, place: int) -> str:
        stream = self._streams[place]
        text = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        return text


@contextmanager
def press_after(*moments: float) -> Iterator[None]:
    """Sends SIGINT to this process so many seconds after the beginning of the block."""
    timers = [threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)) for seconds in moments]
    for timer in timers:
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
            timer.join()
