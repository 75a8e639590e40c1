"""The physical plan, and lowering to it: maximal exact subtrees become one DuckDB query each, neural nodes calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import neuraldb.execution.graph  # registers how graph nodes are compiled
import neuraldb.execution.graph_paths  # registers how paths are compiled
import neuraldb.execution.graph_templates  # registers how templates are compiled
import neuraldb.execution.joins  # registers how joins are compiled
import neuraldb.operators.graph_updates  # noqa: F401  # registers the operators of updates
from neuraldb.core.errors import InternalError
from neuraldb.core.text import quoted
from neuraldb.execution.relational import HANDLERS, Compiler, names
from neuraldb.language.nesting import too_deep
from neuraldb.operators import (  # noqa: F401 - they register themselves
    attributes,
    cascade_filter,
    changes,
    fresh,
    link,
    meant,
    pairs,
    path_support,
    predict,
    predict_answers,
    retrieve,
    semantic,
    settings,
    spj,
    traversal,
    views,
    virtual_tables,
)
from neuraldb.operators.context import OPERATORS
from neuraldb.plan import nodes as n
from neuraldb.plan.base_nodes import OneMoreColumn
from neuraldb.plan.batch_nodes import Batch, InBatches
from neuraldb.plan.meant_nodes import Meant
from neuraldb.plan.provenance import EVIDENCE
from neuraldb.plan.text_nodes import SemanticFilter
from neuraldb.plan.traversal_nodes import Traversal


@dataclass(frozen=True, slots=True)
class DuckDBStep:
    """One DuckDB query over the tables that its inputs give."""

    sql: str
    parameters: Mapping[str, object]
    inputs: tuple[tuple[str, Physical], ...]
    logical: n.Node
    traced: bool

    @property
    def children(self) -> tuple[Physical, ...]:
        """The steps that run before."""
        return tuple(step for _, step in self.inputs)

    @property
    def label(self) -> str:
        """One line for EXPLAIN."""
        return f"DuckDB [{', '.join(exact_labels(self.logical))}]"


@dataclass(frozen=True, slots=True)
class NeuralStep:
    """One neural operator."""

    logical: n.Node
    children: tuple[Physical, ...]

    @property
    def label(self) -> str:
        """One line for EXPLAIN."""
        return self.logical.label


@dataclass(frozen=True, slots=True)
class BatchStep:
    """Steps that are run on some rows of a source at a time until there are enough; ``batch`` stands for these."""

    logical: InBatches
    chain: Physical
    batch: NeuralStep
    source: Physical

    @property
    def children(self) -> tuple[Physical, ...]:
        """What is run again and again, and what gives the rows."""
        return self.chain, self.source

    @property
    def label(self) -> str:
        """One line for EXPLAIN."""
        return self.logical.label


Physical: TypeAlias = DuckDBStep | NeuralStep | BatchStep


def lower(plan: n.Node) -> Physical:
    """The physical plan of a whole statement; rows that the plan leaves unordered get a fixed order.

    Equal subtrees that begin with a neural node become one step, which stands in several places and is run once.

    Raises:
        NotSupportedError: the plan is deeper than Python's stack.
    """
    try:
        return _lower(plan, not ordered(plan), {})
    except RecursionError:
        raise too_deep("") from None


def _lower(node: n.Node, canonical: bool, made: dict[n.Node, NeuralStep]) -> Physical:
    if type(node) in HANDLERS or canonical:
        compiler = Compiler()
        compiled = compiler.compile(node)
        inputs = tuple((name, _neural(child, made)) for name, child in compiler.inputs)
        text = compiled.text
        if canonical:
            keys = ([EVIDENCE] if compiled.traced else []) + [quoted(c.name) for c in node.columns]
            text = f"SELECT * FROM ({text}) AS t" + (f" ORDER BY {', '.join(keys)}" if keys else "")
        return DuckDBStep(text, compiler.parameters.values, inputs, node, compiled.traced)
    return _neural(node, made)


def _neural(node: n.Node, made: dict[n.Node, NeuralStep]) -> NeuralStep | BatchStep:
    if isinstance(node, InBatches):
        return _in_batches(node, made)
    if node not in made:
        if type(node) not in OPERATORS:
            raise InternalError(f"no operator computes {type(node).__name__}")
        made[node] = NeuralStep(node, tuple(_lower(child, canonical=False, made=made) for child in node.children))
    return made[node]


def _in_batches(node: InBatches, made: dict[n.Node, NeuralStep]) -> BatchStep:
    leaf = next(each for each in node.chain.below() if isinstance(each, Batch))
    batch = NeuralStep(leaf, ())
    chain = _lower(node.chain, canonical=False, made={leaf: batch})
    return BatchStep(node, chain, batch, _lower(node.source, canonical=False, made=made))


def repeated(step: Physical) -> frozenset[int]:
    """The ids (as Python counts them) of the steps that stand in several places."""
    seen: set[int] = set()
    again: set[int] = set()

    def visit(step: Physical) -> None:
        if id(step) in seen:
            again.add(id(step))
            return
        seen.add(id(step))
        for child in step.children:
            visit(child)

    visit(step)
    return frozenset(again)


def ordered(node: n.Node) -> bool:
    """Whether the rows have an order of their own: sorted, or as a stored relation gives them."""
    if isinstance(node, n.Sort | n.TopK | n.ExactQuery | n.Scan | n.Values | n.Exists | Traversal):
        return True
    if isinstance(node, n.Project | n.Limit | n.Filter | SemanticFilter | OneMoreColumn | Meant):
        return ordered(node.child)
    if isinstance(node, n.Decode):  # it makes the order of a sort again, but looks its terms up in any
        child = node.child
        while isinstance(child, n.Limit):
            child = child.child
        return isinstance(child, n.Sort)
    if isinstance(node, InBatches):
        return ordered(node.source)
    return isinstance(node, n.Aggregate) and not node.keys


def exact_labels(node: n.Node) -> list[str]:
    """The labels of the exact nodes of one DuckDB step, top down."""
    if type(node) not in HANDLERS:
        return []
    out = [node.label]
    for child in node.children:
        out += exact_labels(child)
    return out


def header(node: n.Node) -> str:
    """The node's columns as they are printed by EXPLAIN."""
    return names(node).replace('"', "")
