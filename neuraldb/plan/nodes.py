"""The logical plan's nodes: what all three languages end in.

Every node is a frozen dataclass that declares the columns it gives and checks itself when built, so a plan that
exists is well formed. A node says *what* rows it stands for; how they are got is chosen in ``execution``. Besides its
declared columns every row carries ``evidence`` (ids of the facts it rests on) and ``confidence``; the exact operators
combine them as and (join), or (distinct, union) and all (aggregate).
"""

from neuraldb.plan.base_nodes import Field, Node
from neuraldb.plan.graph_nodes import Decode, NoneOf, PatternTerm, TermConstant, TriplePattern, Variable
from neuraldb.plan.neural_nodes import (
    MEASURE,
    SPJ_MODES,
    AttributeScan,
    Best,
    Corroborate,
    Link,
    NeuralJoin,
    NeuralSPJ,
    Retrieve,
)
from neuraldb.plan.relational_nodes import (
    JOIN_KINDS,
    Aggregate,
    Aggregation,
    Distinct,
    ExactQuery,
    Exists,
    Filter,
    Join,
    Limit,
    Minus,
    Order,
    Project,
    Scan,
    Sort,
    TopK,
    Union,
    Values,
    Window,
)

__all__ = [
    "JOIN_KINDS",
    "MEASURE",
    "SPJ_MODES",
    "Aggregate",
    "Aggregation",
    "AttributeScan",
    "Best",
    "Corroborate",
    "Decode",
    "Distinct",
    "ExactQuery",
    "Exists",
    "Field",
    "Filter",
    "Join",
    "Limit",
    "Link",
    "Minus",
    "NeuralJoin",
    "NeuralSPJ",
    "Node",
    "NoneOf",
    "Order",
    "PatternTerm",
    "Project",
    "Retrieve",
    "Scan",
    "Sort",
    "TermConstant",
    "TopK",
    "TriplePattern",
    "Union",
    "Values",
    "Variable",
    "Window",
]
