"""Stopping one statement among those that share a DuckDB connection.

DuckDB's interrupt stops whatever its connection runs at that moment, whoever it belongs to. So it is noted to which
block of a thread the running work belongs, and the interrupt is passed on only while that is the block that is meant.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from neuraldb.core.errors import Cancelled

_LISTEN_SECONDS = 0.05
"""How often one that waits for its turn looks whether it has been stopped."""


class Block:
    """The work of one statement in one thread.

    Attributes:
        stopped: whether it has been asked to stop.
    """

    def __init__(self) -> None:
        self.stopped = False


class Stops:
    """Knows which blocks there are, and to which of them the work belongs that runs now."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._guard = threading.Lock()
        self._running: tuple[Block, ...] = ()

    @property
    def around(self) -> tuple[Block, ...]:
        """The blocks that the calling thread is in, outermost first."""
        return getattr(self._mine, "around", ())

    @contextmanager
    def block(self, interrupt: Callable[[], None]) -> Iterator[Callable[[], None]]:
        """A block of work of the calling thread; gives what stops it, from any thread, and does nothing once it ends.

        Args:
            interrupt: stops what runs on the connection.
        """
        block = Block()
        before = self.around
        self._mine.around = (*before, block)

        def stop() -> None:
            # under the guard: what runs must not change between the look and the interrupt
            with self._guard:
                block.stopped = True
                if block in self._running:
                    interrupt()

        try:
            yield stop
        finally:
            self._mine.around = before

    @contextmanager
    def running(self) -> Iterator[None]:
        """The time in which the connection works for the calling thread."""
        before = self._running
        with self._guard:
            self._running = self.around
        try:
            yield
        finally:
            with self._guard:
                self._running = before

    def check(self) -> None:
        """Raise if the calling thread is in a block that has been stopped.

        Raises:
            Cancelled: it is.
        """
        if any(block.stopped for block in self.around):
            raise Cancelled("the statement was stopped")


class Turn:
    """A lock that one thread holds, as often as it likes; a thread that waits for it can be stopped.

    Args:
        stops: knows whether the waiting thread has been stopped.
    """

    def __init__(self, stops: Stops) -> None:
        self._lock = threading.RLock()
        self._stops = stops

    def __enter__(self) -> None:
        if self._lock.acquire(blocking=False):
            return
        while not self._lock.acquire(timeout=_LISTEN_SECONDS):
            self._stops.check()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
