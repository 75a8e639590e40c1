"""Nodes of work that is done batch by batch, until there are rows enough."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.plan.base_nodes import Field, Node


@dataclass(frozen=True, slots=True)
class Batch(Node):
    """Some of the rows of the source of :class:`InBatches`, in order; ``rows`` are about as many as will be needed."""

    outputs: tuple[Field, ...]
    rows: int

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.outputs


@dataclass(frozen=True, slots=True)
class InBatches(Node):
    """The rows that ``chain`` makes of those of ``source``, a batch at a time, until there are ``count`` or no more.

    The chain works row by row: what it makes of a row depends on no other one. Its only leaf is a :class:`Batch`.
    """

    chain: Node
    source: Node
    count: int

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.chain.columns

    @property
    def label(self) -> str:
        return f"InBatches until {self.count} rows"
