"""What a plan costs, by estimate: rows, and model calls, which are what takes time.

The figures are rough; they only have to rank plans. A call is one text through a network; the encoder's are cheaper
than the reader's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from neuraldb.plan import nodes as n
from neuraldb.plan import semantic_nodes as s
from neuraldb.plan import text_nodes as t
from neuraldb.plan.batch_nodes import Batch, InBatches
from neuraldb.plan.cascade_nodes import SemanticCascade
from neuraldb.plan.expressions import Call, Expression, Literal, Shown
from neuraldb.plan.meant_nodes import Meant
from neuraldb.plan.pair_nodes import AnyPartner, Numbered, Partners
from neuraldb.plan.predict_nodes import Candidates, Noted, Predict, PredictAnswers, PreferStored

DEFAULT_ROWS = 1000.0
"""Of a relation of which nothing is known."""
READ_WITH_ANCHOR = 30.0
"""Facts that the reader looks at where a name narrows them down, or for each value of a dependent join."""
ENCODER_CALL = 0.2
READ_IN_CASCADE = 0.5
"""The share of texts that the reader is shown where a proxy decides what is clear."""
SEMANTIC_SHARE = 0.3
"""The share of rows that meet a criterion in plain language."""


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate: the rows that a node gives, and the model calls that it and all below it make."""

    rows: float
    calls: float

    def __str__(self) -> str:
        calls = f", {_figure(self.calls)} calls" if self.calls else ""
        return f"~{_figure(self.rows)} rows{calls}"


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


class Statistics(Protocol):
    """The sizes that estimates begin with."""

    def row_count(self, source: str) -> int | None:
        """The rows of a stored relation (``facts``, ``triples``, a user's table); None where not known."""


class CostModel(Protocol):
    """Estimates the cost of plans."""

    def cost(self, node: n.Node) -> Cost:
        """The rows and the model calls of a node, those of all its inputs included."""


class Estimator:
    """The default cost model.

    Args:
        statistics: the sizes of relations; without, every one has :data:`DEFAULT_ROWS`.

    >>> from neuraldb.plan.nodes import Field, Retrieve, NeuralSPJ
    >>> str(Estimator().cost(NeuralSPJ(Retrieve("Who sings?", budget=20), "Who sings?")))
    '~10 rows, 20 calls'
    """

    def __init__(self, statistics: Statistics | None = None) -> None:
        self._statistics = statistics
        self._costs: dict[n.Node, Cost] = {}

    def cost(self, node: n.Node) -> Cost:
        """The rows and the model calls of a node, those of all its inputs included."""
        if node not in self._costs:
            inputs = [self.cost(child) for child in node.children]
            rows, calls = self._own(node, [i.rows for i in inputs])
            self._costs[node] = Cost(rows, calls + sum(i.calls for i in inputs))
        return self._costs[node]

    def _own(self, node: n.Node, inputs: list[float]) -> tuple[float, float]:
        """Rows and own calls of a node, from the rows of its inputs."""
        if isinstance(node, s.VirtualScan):
            return self._virtual(node)
        neural = _NEURAL.get(type(node))
        if neural is not None:
            return neural(node, inputs, self._count("facts"))
        return self._exact(node, inputs), 0.0

    def _exact(self, node: n.Node, inputs: list[float]) -> float:
        match node:
            case n.Scan():
                return self._count(node.source)
            case n.Values():
                return float(len(node.rows))
            case n.Filter():
                return inputs[0] * selectivity(node.condition)
            case n.Join():
                return self._joined(node, *inputs)
            case n.Union():
                return sum(inputs)
            case n.Aggregate():
                return max(1.0, inputs[0] * 0.2) if node.keys else 1.0
            case n.Limit():
                return inputs[0] if node.count is None else min(inputs[0], float(node.count))
            case n.TopK():
                return min(inputs[0], float(node.count))
            case n.Exists():
                return 1.0
            case n.Minus() | n.Distinct() | n.Corroborate():
                return inputs[0] * 0.7
            case n.TriplePattern():
                constants = sum(isinstance(t, n.TermConstant) for t in (node.subject, node.predicate, node.object))
                return max(1.0, self._count("triples") * 0.1**constants)
        return max(inputs, default=DEFAULT_ROWS)

    def _joined(self, node: n.Join, left: float, right: float) -> float:
        if node.kind in ("semi", "anti"):
            return left * 0.5
        if node.kind == "cross" or (not node.on and node.condition is None):
            return left * right
        if node.on or "=" in str(node.condition):
            # the larger side refers to the smaller; a filter on either keeps its share of the pairs
            bases = self._unfiltered(node.left), self._unfiltered(node.right)
            inner = max(bases) * (left / bases[0]) * (right / bases[1])
        else:
            inner = left * right * selectivity(node.condition or Literal(True))
        return {"left": max(left, inner), "right": max(right, inner), "full": left + right}.get(node.kind, inner)

    def _unfiltered(self, node: n.Node) -> float:
        """The rows that a node would give without the filters in it; never 0."""
        while isinstance(node, _KEEPING) or (isinstance(node, n.Join) and node.kind in ("semi", "anti")):
            node = node.children[0]
        if isinstance(node, n.Join) and node.kind in ("inner", "left"):
            return max(self._unfiltered(node.left), self._unfiltered(node.right))
        return max(1.0, self.cost(node).rows)

    def _virtual(self, node: s.VirtualScan) -> tuple[float, float]:
        facts = self._count("facts")
        anchored = min(facts, READ_WITH_ANCHOR)
        # one query narrows the entities down; what else is asked of them is asked of each
        read = anchored if node.anchors else facts
        rows = 0.1 * read if node.anchors else 0.3 * facts
        if node.limit is not None and node.limit < rows:
            read, rows = read * node.limit / rows, float(node.limit)
        return rows, read * max(1, len(node.attributes)) + ENCODER_CALL

    def _count(self, source: str) -> float:
        known = self._statistics.row_count(source) if self._statistics is not None else None
        return DEFAULT_ROWS if known is None else float(known)


def selectivity(condition: Expression) -> float:
    """The share of rows for which a condition is expected to be true.

    >>> from neuraldb.plan.expressions import Column
    >>> selectivity(Call("and", (Call("=", (Column("a"), Literal(1))), Call("<", (Column("b"), Literal(2))))))
    0.03
    """
    match condition:
        case Shown(_, inner):
            return selectivity(inner)
        case Literal(value):
            return 1.0 if value is True else 0.0
        case Call("and", (a, b)):
            return selectivity(a) * selectivity(b)
        case Call("or", (a, b)):
            return min(1.0, selectivity(a) + selectivity(b))
        case Call("not", (a,)):
            return 1.0 - selectivity(a)
        case Call("=" | "is null" | "is not distinct from", _):
            return 0.1
        case Call("in", arguments):
            return min(1.0, 0.1 * (len(arguments) - 1))
        case Call("!=" | "is not null", _):
            return 0.9
    return 0.3


_KEEPING = (
    n.Filter, n.Project, n.Window, Numbered, t.SemanticFilter, t.SemanticColumn, s.NameKey
)  # fmt: skip
ASKED_OF = 64
"""Facts that are read to find which relation a question asks for."""
Own = Callable[[Any, list[float], float], tuple[float, float]]


def _semantic_filter(node: t.SemanticFilter, inputs: list[float], facts: float) -> tuple[float, float]:
    share = 1 - SEMANTIC_SHARE if node.negated else SEMANTIC_SHARE
    if node.limit is None:
        return inputs[0] * share, inputs[0]
    return min(inputs[0] * share, node.limit), min(inputs[0], node.limit / share)


def _cascade(node: SemanticCascade, inputs: list[float], facts: float) -> tuple[float, float]:
    rows, calls = _semantic_filter(node, inputs, facts)
    return rows, calls * (READ_IN_CASCADE + ENCODER_CALL)


def _each_row(node: n.Node, inputs: list[float], facts: float) -> tuple[float, float]:
    return inputs[0], inputs[0]


def _encoded(node: t.Similarity | t.Classify, inputs: list[float], facts: float) -> tuple[float, float]:
    words = len(node.labels) if isinstance(node, t.Classify) and isinstance(node.labels, tuple) else 1
    return inputs[0], (inputs[0] + words) * ENCODER_CALL


_NEURAL: dict[type[n.Node], Own] = {
    n.Retrieve: lambda node, i, facts: (
        min(facts, node.budget or (READ_WITH_ANCHOR if node.anchors else facts)), ENCODER_CALL
    ),
    n.NeuralSPJ: lambda node, i, facts: (i[0] * 0.5, i[0]),
    n.NeuralJoin: lambda node, i, facts: (i[0], i[0] * min(facts, READ_WITH_ANCHOR)),
    t.SemanticFilter: _semantic_filter,
    SemanticCascade: _cascade,
    t.EntityKey: lambda node, i, facts: (i[0], 0.0),
    t.SemanticMatch: _each_row,
    t.SemanticMap: _each_row,
    t.PredictCell: _each_row,
    t.Classify: _encoded,
    Batch: lambda node, i, facts: (float(node.rows), 0.0),
    InBatches: lambda node, i, facts: (min(i[0], float(node.count)), 0.0),
    AnyPartner: lambda node, i, facts: (i[0] * SEMANTIC_SHARE, i[0] * (SEMANTIC_SHARE + ENCODER_CALL)),
    Partners: lambda node, i, facts: (i[1] * 0.5 if node.alone else max(i), 0.0),
    t.Similarity: _encoded,
    Predict: lambda node, i, facts: (i[0] * 10, i[0]),
    Candidates: lambda node, i, facts: (i[0] * 100, 0.0),
    Noted: lambda node, i, facts: (i[0], 0.0),
    Meant: lambda node, i, facts: (i[0], 0.0),
    PreferStored: lambda node, i, facts: (i[0], 0.0),
    PredictAnswers: lambda node, i, facts: (i[0] * 10, i[0] + ASKED_OF),
    n.AttributeScan: lambda node, i, facts: (facts * 0.3, facts + ENCODER_CALL),
}  # fmt: skip
