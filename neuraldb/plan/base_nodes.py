"""What every node of the logical plan has: its columns, its inputs and one line for EXPLAIN."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from neuraldb.core.errors import InternalError
from neuraldb.plan.expressions import Expression, columns_of


@dataclass(frozen=True, slots=True)
class Field:
    """A column that a node gives.

    ``type`` is a DuckDB type name, TERM for the id of a stored graph term, or VALUE for a graph term by its parts
    (:data:`neuraldb.plan.sparql_nodes.PARTS`), as queries compute them.
    """

    name: str
    type: str = "VARCHAR"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Node:
    """The root of all plan nodes."""

    @property
    def children(self) -> tuple[Node, ...]:
        """The input nodes, in order."""
        return tuple(v for f in fields(self) if isinstance(v := getattr(self, f.name), Node))

    @property
    def columns(self) -> tuple[Field, ...]:
        """The columns of the rows this node stands for."""
        raise NotImplementedError  # every concrete node declares its own

    @property
    def label(self) -> str:
        """One stable line for EXPLAIN, without the children."""
        return type(self).__name__

    @property
    def names(self) -> frozenset[str]:
        """The names of the columns."""
        return frozenset(c.name for c in self.columns)

    def below(self) -> Iterator[Node]:
        """This node and all nodes below it."""
        yield self
        for child in self.children:
            yield from child.below()

    def with_children(self, children: tuple[Node, ...]) -> Node:
        """This node over other inputs."""
        own = [f.name for f in fields(self) if isinstance(getattr(self, f.name), Node)]
        return replace(self, **dict(zip(own, children, strict=True)))

    def _require(self, child: Node, *expressions: Expression) -> None:
        for expression in expressions:
            missing = columns_of(expression) - child.names
            if missing:
                raise InternalError(f"{type(self).__name__} reads {sorted(missing)}, which its input does not give")


@dataclass(frozen=True, slots=True)
class SameColumns(Node):
    """A node whose rows have the columns of its child's: which rows there are, or their order, is what it decides."""

    child: Node

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.child.columns


@dataclass(frozen=True, slots=True)
class OneMoreColumn(Node):
    """A node whose rows are its child's, in their order, with one more column, computed row by row from ``column``."""

    child: Node
    column: str

    def __post_init__(self) -> None:
        if missing := self.reads - self.child.names:
            raise InternalError(f"{type(self).__name__} reads {sorted(missing)}, which its input does not give")
        if self.added.name in self.child.names:
            raise InternalError(f"{type(self).__name__} gives {self.added.name} a second time")

    @property
    def added(self) -> Field:
        """The column that it adds."""
        raise NotImplementedError  # every concrete node declares its own

    @property
    def reads(self) -> frozenset[str]:
        """The columns that the new one is computed from."""
        return frozenset((self.column,))

    @property
    def columns(self) -> tuple[Field, ...]:
        return *self.child.columns, self.added


@dataclass(frozen=True, slots=True)
class MoreColumns(Node):
    """A node whose rows are its child's with more columns, each given by an expression over those that are there."""

    child: Node
    outputs: tuple[tuple[Field, Expression], ...]

    def __post_init__(self) -> None:
        self._require(self.child, *(expression for _, expression in self.outputs))
        if twice := self.child.names & {f.name for f, _ in self.outputs}:
            raise InternalError(f"{type(self).__name__} gives {sorted(twice)} a second time")

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.child.columns + tuple(f for f, _ in self.outputs)

    @property
    def label(self) -> str:
        return f"{type(self).__name__} {', '.join(f'{e} as {f.name}' for f, e in self.outputs)}"
