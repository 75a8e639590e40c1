"""A statement between its text and its run."""

from __future__ import annotations

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
