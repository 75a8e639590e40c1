"""The history of what was typed: in a file that only its owner can read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

VARIABLE = "NEURALDB_HISTORY"


def history_path(environment: Mapping[str, str]) -> Path | None:
    """Where the history is kept: NEURALDB_HISTORY, else the XDG state folder; None where that variable is empty."""
    if VARIABLE in environment:
        return Path(environment[VARIABLE]).expanduser() if environment[VARIABLE] else None
    state = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "neuraldb" / "history"


class PrivateHistory(FileHistory):
    """A history file of mode 600; what begins with a blank is not kept. Lines are appended, so sessions lose none.

    Args:
        path: the file.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        os.close(descriptor)
        path.chmod(0o600)
        super().__init__(str(path))

    def append_string(self, string: str) -> None:
        """Keep what was typed, unless it begins with a blank."""
        if string and not string[0].isspace():
            super().append_string(string)


def open_history(environment: Mapping[str, str]) -> tuple[History, str]:
    """The history, and why it is not kept in a file; empty where it is, or is not to be."""
    path = history_path(environment)
    if path is None:
        return InMemoryHistory(), ""
    try:
        return PrivateHistory(path), ""
    except OSError as error:
        return InMemoryHistory(), f"what is typed is not kept: cannot write {path}: {error.strerror or error}"
