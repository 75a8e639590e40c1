"""Nodes of views over neural queries: making and removing them, and the rows that are kept of materialized ones."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.plan.base_nodes import Field, Node
from neuraldb.plan.statement_nodes import COUNT


@dataclass(frozen=True, slots=True)
class CreateView(Node):
    """A view made; gives one row with the number of rows that are kept of it.

    Attributes:
        name: as it was written.
        query: the text of its query.
        fields: its columns.
        reads: the relations that the query reads.
        replace: whether a view of that name goes first.
        upto: the last change that the rows know of.
        child: gives the rows that are kept; None for a view that is asked anew each time.
    """

    name: str
    query: str
    fields: tuple[Field, ...]
    reads: tuple[str, ...] = ()
    replace: bool = False
    upto: int = 0
    child: Node | None = None

    @property
    def columns(self) -> tuple[Field, ...]:
        return COUNT

    @property
    def label(self) -> str:
        return f"CreateView {'materialized ' if self.child else ''}{self.name} ({', '.join(map(str, self.fields))})"


@dataclass(frozen=True, slots=True)
class DropView(Node):
    """A view removed with the rows that are kept of it; gives one row with the number of views."""

    name: str

    @property
    def columns(self) -> tuple[Field, ...]:
        return COUNT

    @property
    def label(self) -> str:
        return f"DropView {self.name}"


@dataclass(frozen=True, slots=True)
class FillView(Node):
    """The rows of a materialized view brought up to date; gives one row with the number of those that are new.

    Attributes:
        child: gives the rows.
        name: the view.
        upto: the last change that they know of.
        changed: the facts of which alone the child tells, so that rows of others stay; None where it tells of all.
    """

    child: Node
    name: str
    upto: int
    changed: tuple[int, ...] | None = None

    @property
    def columns(self) -> tuple[Field, ...]:
        return COUNT

    @property
    def label(self) -> str:
        how = "" if self.changed is None else f" from {len(self.changed)} changed facts"
        return f"FillView {self.name}{how}"


@dataclass(frozen=True, slots=True)
class MaterializedScan(Node):
    """The rows that are kept of a materialized view, each with the evidence and the confidence that it was given.

    Attributes:
        name: the view.
        fields: its columns, with the readings of cells that are kept.
        behind: changes that the rows did not know of when the plan was made; they are brought up to date first.
    """

    name: str
    fields: tuple[Field, ...]
    behind: int = 0

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.fields

    @property
    def label(self) -> str:
        behind = f" ({self.behind} change{'s' if self.behind > 1 else ''} behind)" if self.behind else ""
        return f"MaterializedScan {self.name}{behind}"
