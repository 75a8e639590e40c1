"""Semantic filters that are computed as cascades."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.accuracy import EXACT, Targets
from neuraldb.core.errors import InternalError
from neuraldb.plan.text_nodes import SemanticFilter, shown


@dataclass(frozen=True, slots=True)
class SemanticCascade(SemanticFilter):
    """A semantic filter that reads the texts which a proxy leaves unclear, and a sample of the others.

    The rows are those of the filter but for misses and errors within ``targets``. It has no limit: of which rows the
    reader would keep first, the proxy knows nothing.
    """

    targets: Targets = EXACT

    def __post_init__(self) -> None:
        SemanticFilter.__post_init__(self)
        if self.limit is not None:
            raise InternalError("a cascade has no limit")

    @property
    def label(self) -> str:
        means = "does not mean" if self.negated else "means"
        return f"SemanticCascade {self.column} {means} {shown(self.criterion)} [{self.targets}]"
