"""Plan nodes of SPARQL Update. Each gives one row with the number of triples that it has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from neuraldb.core.errors import InternalError
from neuraldb.plan.base_nodes import Field, Node
from neuraldb.plan.graph_nodes import TermConstant
from neuraldb.plan.statement_nodes import COUNT
from neuraldb.plan.template_nodes import Given, GivenTriples, Template

GraphTerm: TypeAlias = TermConstant | Given | None
"""A named graph by its name's term, or None: the default graph."""


def shown_graph(graph: GraphTerm) -> str:
    """A graph as EXPLAIN and messages name it."""
    return "the default graph" if graph is None else str(graph)


@dataclass(frozen=True, slots=True)
class Change(Node):
    """The root of all operations."""

    @property
    def columns(self) -> tuple[Field, ...]:
        return COUNT


@dataclass(frozen=True, slots=True)
class ChangeTriples(Change):
    """The child's triples deleted and inserted, the deletions first: what is both stays or comes."""

    child: Node

    def __post_init__(self) -> None:
        if not isinstance(self.child, Template | GivenTriples):
            raise InternalError("triples are changed by a template")


@dataclass(frozen=True, slots=True)
class ClearGraphs(Change):
    """All triples of one graph deleted, or those of the ``default`` graph, of all ``named`` graphs, or of ``all``."""

    graph: GraphTerm
    scope: Literal["one", "default", "named", "all"] = "one"

    @property
    def label(self) -> str:
        which = {"default": "the default graph", "named": "all named graphs", "all": "all graphs"}
        return f"ClearGraphs {which.get(self.scope) or shown_graph(self.graph)}"


@dataclass(frozen=True, slots=True)
class CreateGraph(Change):
    """A named graph, which must not be there yet, unless ``silent``. It is there as soon as it holds a triple."""

    graph: TermConstant | Given
    silent: bool

    @property
    def label(self) -> str:
        return f"CreateGraph {shown_graph(self.graph)}{' silently' if self.silent else ''}"


@dataclass(frozen=True, slots=True)
class TransferGraph(Change):
    """ADD, COPY or MOVE of all triples of a graph to another; ``silent``: the first need not be there."""

    kind: Literal["ADD", "COPY", "MOVE"]
    source: GraphTerm
    target: GraphTerm
    silent: bool

    @property
    def label(self) -> str:
        silent = " silently" if self.silent else ""
        return f"TransferGraph {self.kind} {shown_graph(self.source)} to {shown_graph(self.target)}{silent}"


@dataclass(frozen=True, slots=True)
class LoadGraph(Change):
    """The triples of an RDF file inserted into a graph; ``graph`` None leaves them in the graphs of the file."""

    source: str
    graph: GraphTerm
    silent: bool

    @property
    def label(self) -> str:
        into = "" if self.graph is None else f" into {shown_graph(self.graph)}"
        return f"LoadGraph <{self.source}>{into}{' silently' if self.silent else ''}"


@dataclass(frozen=True, slots=True)
class Request(Change):
    """Several operations, one after the other; each sees what those before it have done."""

    operations: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operations

    def with_children(self, children: tuple[Node, ...]) -> Node:
        return Request(children)

    @property
    def label(self) -> str:
        return f"Request of {len(self.operations)} operations"
