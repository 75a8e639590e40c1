"""Doing things that can be stopped: in a worker thread, while the main thread listens for Ctrl-C.

The main thread waits on an event: a join would end at the first Ctrl-C while the thread still runs. Meanwhile Ctrl-C
raises nothing, so that it cannot strike where nobody expects it: it asks the call to stop.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Generic, TypeVar

from neuraldb.core.errors import Cancelled
from neuraldb.shell.console import Console

T = TypeVar("T")

PATIENCE = 1.0
"""Seconds after which a terminal is told that work is going on."""
_LISTEN_SECONDS = 0.1
# the module whose presence tells that the models' library has been loaded
_MODELS = "torch"


class _Job(Generic[T]):
    """A call that a thread makes."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self.done = threading.Event()
        self.values: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the call, and keep what comes of it."""
        try:
            self.values.append(self._work())
        except BaseException as error:  # noqa: BLE001 # the thread that waits raises it again
            self.error = error
        finally:
            self.done.set()


class Runner:
    """Makes calls in a worker thread.

    Args:
        console: is told that work takes long, and that it is being stopped.

    Attributes:
        interrupted: whether Ctrl-C was pressed during the last call.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._presses = 0

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C was pressed during the last call."""
        return self._presses > 0

    def begin(self) -> None:
        """Forget that Ctrl-C was pressed before."""
        self._presses = 0

    def run(self, work: Callable[[], T], stop: Callable[[], None], *, quiet: bool = False) -> T:
        """Make a call and give what it gives.

        Args:
            work: the call.
            stop: asks the call to end; it may be asked several times.
            quiet: the call tells itself how far it is.

        Raises:
            Cancelled: Ctrl-C was pressed, and the call has ended by then.
        """
        self.begin()
        job = _Job(work)
        started = time.monotonic()
        fresh = _MODELS not in sys.modules
        with self._listening():
            threading.Thread(target=job.run, name="neuraldb-statement", daemon=True).start()
            told = 0
            while not job.done.wait(_LISTEN_SECONDS):
                if self._presses:
                    # asked again and again, since the call may not have been ready to listen the first time
                    stop()
                if self._presses > max(told, 1):
                    told = self._presses
                    self._console.tell("still stopping …")
                seconds = time.monotonic() - started
                if seconds > PATIENCE and not quiet:
                    self._console.status(f"{self._stage(fresh)} … {seconds:.0f} s")
        self._console.clear_status()
        if job.error is None:
            return job.values[0]
        if isinstance(job.error, KeyboardInterrupt):
            raise Cancelled("the statement was cancelled") from job.error
        raise job.error

    def _stage(self, fresh: bool) -> str:
        if self._presses:
            return "stopping"
        return "loading the models" if fresh and _MODELS in sys.modules else "working"

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Ctrl-C is counted as long as the block runs; other threads than the main one never get it anyway."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._press)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _press(self, number: int, frame: FrameType | None) -> None:
        self._presses += 1
