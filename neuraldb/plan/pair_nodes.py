"""Nodes of joins whose pairs a model judges: rows have numbers, by which those without a partner are found."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.errors import InternalError
from neuraldb.plan.base_nodes import Field, Node, SameColumns
from neuraldb.plan.text_nodes import Words, shown


@dataclass(frozen=True, slots=True)
class Numbered(Node):
    """The child's rows with their number as a column more, from 0.

    A row has one number wherever equal nodes stand in a plan: equal subtrees with a model in them are run once.
    """

    child: Node
    output: str

    @property
    def columns(self) -> tuple[Field, ...]:
        return *self.child.columns, Field(self.output, "BIGINT")

    @property
    def label(self) -> str:
        return f"Numbered {self.output}"


@dataclass(frozen=True, slots=True)
class AnyPartner(SameColumns):
    """Of the pairs of each numbered row the first that meets a criterion, if any, in the order of how likely they are.

    The encoder tells which of a row's pairs are likeliest; these are judged first, and the others only where they do
    not meet the criterion (``negated``: meet it).

    Attributes:
        column, criterion: as of :class:`~neuraldb.plan.text_nodes.SemanticFilter`.
        number: the column of the row's number.
        own: the columns that are the same in all pairs of a row.
    """

    column: str
    criterion: Words
    number: str
    own: frozenset[str]
    negated: bool = False

    def __post_init__(self) -> None:
        if not {self.column, self.number} | self.own <= self.child.names:
            raise InternalError("AnyPartner reads what its input does not give")

    @property
    def label(self) -> str:
        means = "does not mean" if self.negated else "means"
        return f"AnyPartner {self.column} {means} {shown(self.criterion)} by {self.number}, likeliest first"


@dataclass(frozen=True, slots=True)
class Partners(Node):
    """The rows of an outer or an anti join, from the pairs that meet its condition.

    Attributes:
        pairs: the pairs, each with the numbers of its rows.
        side: the rows of the side of which those without a partner come too, with their numbers; columns that they do
            not have are NULL.
        number: the column of the numbers, in both.
        outputs: the columns.
        alone: whether only rows without a partner come, and no pairs.
    """

    pairs: Node
    side: Node
    number: str
    outputs: tuple[Field, ...]
    alone: bool = False

    def __post_init__(self) -> None:
        names = frozenset(f.name for f in self.outputs)
        if self.number not in self.pairs.names & self.side.names or not (self.alone or names <= self.pairs.names):
            raise InternalError("Partners reads what its inputs do not give")

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.outputs

    @property
    def label(self) -> str:
        return f"Partners {'without one' if self.alone else 'or none'} by {self.number}"
