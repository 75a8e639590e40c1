"""Cancelling, counting and reporting: what long work checks and fills in as it goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from neuraldb.core.accuracy import Estimate
from neuraldb.core.errors import Cancelled, Timeout

Report = Callable[[str, int, int | None], None]
"""``report(stage, done, total)``: progress of long work; ``total`` is None where it is not known."""


def silent(stage: str, done: int, total: int | None) -> None:
    """A report that goes nowhere."""


class CancelToken:
    """Asked between batches by everything that takes long; set from another thread.

    Args:
        seconds: a time limit, None for none.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._event = threading.Event()
        self._seconds = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """Ask the work to stop; the callbacks (such as DuckDB's interrupt) are called at once."""
        with self._lock:
            self._event.set()
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    @property
    def cancelled(self) -> bool:
        """Whether cancel() has been called."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise if the work should stop.

        Raises:
            Cancelled: cancel() was called.
            Timeout: the time is up.
        """
        if self._event.is_set():
            raise Cancelled("the statement was cancelled")
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise Timeout(f"the statement took longer than {self._seconds:g} seconds")

    @contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Have ``callback`` called on cancel() while the block runs."""
        with self._lock:
            self._callbacks.append(callback)
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts that were judged without a model's being asked.

    Attributes:
        remembered: it was known what the model says.
        repeated: they stood in several rows, of which one was enough.
        blank: they say nothing.

    >>> Texts(remembered=2, blank=1) - Texts(blank=1)
    Texts(remembered=2, repeated=0, blank=0)
    """

    remembered: int = 0
    repeated: int = 0
    blank: int = 0

    def __add__(self, other: Texts) -> Texts:
        return Texts(self.remembered + other.remembered, self.repeated + other.repeated, self.blank + other.blank)

    def __sub__(self, other: Texts) -> Texts:
        return Texts(self.remembered - other.remembered, self.repeated - other.repeated, self.blank - other.blank)

    def __str__(self) -> str:
        counts = {"remembered": self.remembered, "repeated": self.repeated, "blank": self.blank}
        return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


@dataclass
class Counters:
    """What a statement cost: model calls (texts through a network) by model role, and facts read.

    Attributes:
        calls: by model role.
        facts_read, cached: how often a fact was read for a query, and how often what it gives was known.
        support: ids of all facts that were retrieved to be read.
        texts: those of which semantic functions asked no model.
        spared: texts that cascades decided without the reader.
        estimates: what cascades found, and how sure that is, in the order in which they ran.
    """

    calls: dict[str, int] = field(default_factory=dict)
    facts_read: int = 0
    cached: int = 0
    support: set[int] = field(default_factory=set)
    texts: Texts = field(default_factory=Texts)
    spared: int = 0
    estimates: list[Estimate] = field(default_factory=list)

    def count(self, role: str, number: int) -> None:
        """Add model calls of a role ("encoder", "reader", "parser")."""
        self.calls[role] = self.calls.get(role, 0) + number
