"""A statement between its text and its run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from neuraldb.execution.physical import Physical
from neuraldb.plan.nodes import Node


@dataclass
class Prepared:
    """A statement on its way: its plan after each stage, and the milliseconds that each took."""

    text: str
    language: str
    logical: Node
    optimised: Node
    physical: Physical
    timings: dict[str, float] = field(default_factory=dict)


class Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """End the lap of this name; the next begins."""
        now = time.perf_counter()
        self.laps[name] = (now - self._last) * 1000
        self._last = now
