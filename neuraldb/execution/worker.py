"""Statements that can be stopped: by another thread, by a time limit, by Ctrl-C.

Python acts on Ctrl-C in the main thread only, and only between its own instructions, not while DuckDB or a network
computes. So what the main thread asks for is done in a worker while the main thread waits.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from neuraldb.core.errors import Cancelled, Timeout
from neuraldb.core.progress import CancelToken

_Result = TypeVar("_Result")

# on Windows a wait without an end is deaf to Ctrl-C
_LISTEN_SECONDS = 0.1
# DuckDB forgets a request to stop that comes just before a query begins, so it is repeated
_AGAIN_SECONDS = 0.05


class _Running:
    """A piece of work that runs, and how to stop it."""

    def __init__(self, timeout: float | None) -> None:
        self.token = CancelToken(timeout)
        self.expired = False
        self._finished = threading.Event()
        self._stopping = threading.Lock()

    def stop(self) -> None:
        """Ask it to stop, and go on asking until it has."""
        self.token.cancel()
        if self._stopping.acquire(blocking=False):
            threading.Thread(target=self._insist, name="neuraldb stop", daemon=True).start()

    def expire_after(self, timeout: float) -> None:
        """Stop it when the time is up: the token knows its time limit, but DuckDB has to be told."""

        def expire() -> None:
            if not self._finished.wait(timeout):
                self.expired = True
                self.stop()

        threading.Thread(target=expire, name="neuraldb timeout", daemon=True).start()

    def finish(self) -> None:
        """It has ended, one way or the other."""
        self._finished.set()

    def _insist(self) -> None:
        while not self._finished.wait(_AGAIN_SECONDS):
            self.token.cancel()


class Worker:
    """Runs the statements of one connection, from any thread."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="neuraldb")
        self._running: set[_Running] = set()
        self._guard = threading.Lock()

    def run(self, work: Callable[[CancelToken], _Result], timeout: float | None = None) -> _Result:
        """Do some work and give what it gives; the calling thread waits.

        Args:
            work: is handed the token that it has to check.
            timeout: seconds after which it is stopped.

        Raises:
            Cancelled: :meth:`interrupt` was called.
            Timeout: it took longer than allowed.
            KeyboardInterrupt: Ctrl-C was pressed; the work has stopped by then.
        """
        with self._stoppable(timeout) as running:
            if threading.current_thread() is not threading.main_thread():
                return work(running.token)
            return self._listening(work, running)

    def interrupt(self) -> None:
        """Stop what runs now, in whichever threads: it raises Cancelled. Where nothing runs, nothing happens."""
        with self._guard:
            running = list(self._running)
        for each in running:
            each.stop()

    def close(self) -> None:
        """Let go of the worker's thread."""
        self._executor.shutdown(wait=False)

    @contextmanager
    def _stoppable(self, timeout: float | None) -> Iterator[_Running]:
        running = _Running(timeout)
        with self._guard:
            self._running.add(running)
        try:
            if timeout is not None:
                running.expire_after(timeout)
            yield running
        except Cancelled as error:
            if running.expired:
                raise Timeout(f"the statement took longer than {timeout:g} seconds") from error
            raise
        finally:
            running.finish()
            with self._guard:
                self._running.discard(running)

    def _listening(self, work: Callable[[CancelToken], _Result], running: _Running) -> _Result:
        future: Future[_Result] | None = None
        try:
            future = self._executor.submit(contextvars.copy_context().run, work, running.token)
            _await(future)
            return future.result()
        except KeyboardInterrupt:
            running.stop()
            if future is not None:
                _await(future)
            raise


def _await(future: Future[_Result]) -> None:
    while not wait([future], _LISTEN_SECONDS).done:
        pass
