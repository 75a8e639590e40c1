"""What the connections of one process to one database file have in common.

DuckDB lets a process open a file several times, but two open transactions that both write end in a conflict. So the
connections take turns: the first change of a transaction takes the file's writer lock and the end of the transaction
gives it back.
"""

from __future__ import annotations

import threading
import weakref
from pathlib import Path


class FileState:
    """One per database file and process.

    Attributes:
        commits: how many transactions that changed something have been committed, by any connection of this process.
    """

    def __init__(self) -> None:
        self.commits = 0
        self._turn = threading.Condition()
        self._writer: object | None = None

    def acquire(self, writer: object, timeout: float) -> bool:
        """Make ``writer`` the one connection that may change the file; False when its turn does not come in time.

        Args:
            writer: the connection; one that has the turn already keeps it.
            timeout: how long to wait, in seconds.
        """
        with self._turn:
            free = self._turn.wait_for(lambda: self._writer is None or self._writer is writer, timeout)
            if free:
                self._writer = writer
            return free

    def release(self, writer: object, committed: bool) -> None:
        """Give the turn back; ``committed`` counts one more committed change."""
        with self._turn:
            if self._writer is writer:
                self._writer = None
                self.commits += committed
                self._turn.notify_all()

    def has_turn(self, writer: object) -> bool:
        """Whether ``writer`` is the connection that may change the file now."""
        return self._writer is writer


_states: weakref.WeakValueDictionary[Path, FileState] = weakref.WeakValueDictionary()
_guard = threading.Lock()


def state_of(path: Path | None) -> FileState:
    """The state that all connections of this process to the file share; a new one for a database in memory."""
    if path is None:
        return FileState()
    with _guard:
        key = path.resolve()
        state = _states.get(key)
        if state is None:
            state = _states[key] = FileState()
        return state
