"""Semantic filters as cascades: the encoder's vectors are the proxy, the reader is the oracle (see :mod:`.cascade`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from neuraldb.core.accuracy import Estimate
from neuraldb.operators.cascade import FEW, Outcome, Places, decide
from neuraldb.operators.cascade_bounds import Floats
from neuraldb.operators.cascade_proxy import proxy
from neuraldb.operators.context import Context, neural
from neuraldb.operators.judging import Prompt, asked_of, judge
from neuraldb.operators.logistic import Bools
from neuraldb.operators.semantic import multiplied, prompts
from neuraldb.plan.cascade_nodes import SemanticCascade
from neuraldb.plan.nodes import Node

Pair = tuple[str, Prompt]
"""A text and what is asked of it."""


@neural(SemanticCascade)
def semantic_cascade(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows that meet the criterion, in order, but for misses and errors within the targets."""
    assert isinstance(node, SemanticCascade)
    (rows,) = children
    texts = rows.column(node.column).to_pylist()
    pairs = asked_of(texts, prompts(rows, "means", node.criterion))
    found = Counter(pair for pair in pairs if pair is not None)
    cascade = _Reading(node, sorted(found, key=lambda pair: (pair[0], pair[1].key)), context)
    outcome = cascade.run(np.array([found[pair] for pair in cascade.pairs], np.float64))
    sure = dict(zip(cascade.pairs, cascade.confidence(outcome), strict=True))
    kept = [i for i, pair in enumerate(pairs) if pair is not None and sure[pair] is not None]
    _tell(node, outcome, len(kept), context)
    return multiplied(rows.take(pa.array(kept, pa.int64())), [sure[p] or 0.0 for i in kept if (p := pairs[i])])


@dataclass
class _Reading:
    """The distinct pairs of a cascade, and what the reader said of those that it was shown."""

    node: SemanticCascade
    pairs: list[Pair]
    context: Context

    def __post_init__(self) -> None:
        self.said: dict[int, float] = {}

    def run(self, rows: Floats) -> Outcome:
        """Decide; where there is nothing to be spared, without the proxy."""
        if len(self.pairs) <= FEW:
            return decide(np.zeros(len(self.pairs)), rows, self.ask, self.node.targets)
        near = proxy([text for text, _ in self.pairs], [prompt.words for _, prompt in self.pairs], self.context)
        sign = -1.0 if self.node.negated else 1.0
        return decide(sign * near.cosines(), rows, self.ask, self.node.targets, near.improved)

    def ask(self, places: Places) -> Bools:
        """Whether the reader keeps the pairs at these places."""
        some = [self.pairs[i] for i in places.tolist()]
        judged = judge([text for text, _ in some], [prompt for _, prompt in some], self.context)
        kept = [judgement.value is (not self.node.negated) for judgement in judged]
        self.said.update((i, j.confidence) for i, j, k in zip(places.tolist(), judged, kept, strict=True) if k)
        return np.array(kept, np.bool_)

    def confidence(self, outcome: Outcome) -> list[float | None]:
        """How sure it is of each pair that is kept; None for the others."""
        kept = outcome.kept.tolist()
        return [self.said.get(i, outcome.chance) if kept[i] else None for i in range(len(self.pairs))]


def _tell(node: SemanticCascade, outcome: Outcome, rows: int, context: Context) -> None:
    """Report what was estimated, and what was spared."""
    context.counters.spared += len(outcome.read) - int(outcome.read.sum())
    context.counters.estimates.append(
        Estimate(
            node.label,
            node.targets,
            rows,
            int(outcome.read.sum()),
            len(outcome.read),
            outcome.recall,
            outcome.precision,
            outcome.least_recall,
            outcome.least_precision,
        )
    )
