"""Edges that are missing but likely, in a plan."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.errors import InternalError
from neuraldb.core.frames import SLOT
from neuraldb.plan.base_nodes import Field, Node, SameColumns
from neuraldb.plan.graph_nodes import TermConstant, Variable
from neuraldb.plan.neural_nodes import SPJ_MODES

ASKED = ("asked", "other")
"""The columns of the names that a question asks about, where answers are predicted."""
LIKELY = 0.1
"""A predicted edge is given from this confidence on where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Predict(Node):
    """The child's rows with every edge of a relation that is stored or predicted (Ren et al. 2023, section 4).

    An end is a variable or a term. A variable that the child has restricts the edges; one that it has not becomes a
    column, of type TERM. A stored edge has its own confidence and facts; a predicted one the chance that the predictor
    gives it, at least ``least`` and less than 1, and as evidence a number below zero that stands for it.
    """

    child: Node
    subject: Variable | TermConstant
    relation: TermConstant
    object: Variable | TermConstant
    least: float = LIKELY

    def __post_init__(self) -> None:
        types = {c.name: c.type for c in self.child.columns}
        for end in self.ends:
            if isinstance(end, Variable) and types.get(end.name, "TERM") != "TERM":
                raise InternalError(f"{end} of a predicted edge is no stored term")

    @property
    def ends(self) -> tuple[Variable | TermConstant, Variable | TermConstant]:
        """Subject and object."""
        return self.subject, self.object

    @property
    def columns(self) -> tuple[Field, ...]:
        found = {c.name: c for c in self.child.columns}
        for end in self.ends:
            if isinstance(end, Variable):
                found.setdefault(end.name, Field(end.name, "TERM"))
        return tuple(found.values())

    @property
    def label(self) -> str:
        return f"Predict {self.subject} {self.relation} {self.object} at least {self.least:g}"


@dataclass(frozen=True, slots=True)
class Candidates(Node):
    """The child's rows with everything that a variable may stand for which nothing binds, as a column of type TERM.

    That are the things that have an edge of each of the relations, at that end (``inverse``: as its object), and those
    that are of the kind of what has one.
    """

    child: Node
    variable: Variable
    edges: tuple[tuple[TermConstant, bool], ...]

    @property
    def columns(self) -> tuple[Field, ...]:
        return *self.child.columns, Field(self.variable.name, "TERM")

    @property
    def label(self) -> str:
        edges = ", ".join(f"{'^' if inverse else ''}{relation}" for relation, inverse in self.edges)
        return f"Candidates {self.variable} of {edges}"


@dataclass(frozen=True, slots=True)
class Noted(Node):
    """The child's rows, with a note that the result gives beside them: what could not be predicted, and why."""

    child: Node
    note: str

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.child.columns

    @property
    def label(self) -> str:
        return f"Noted: {self.note}"


@dataclass(frozen=True, slots=True)
class PredictAnswers(Node):
    """Answers of a question by the edges of the relation that it asks for, stored ones and predicted ones.

    The child has the name that fills the question's slot (:data:`ASKED`), and a second one for a yes-no question about
    two; which relation is asked for, and from which end, is found out from the question itself.
    """

    child: Node
    question: str
    mode: str
    least: float = LIKELY

    def __post_init__(self) -> None:
        wanted = ASKED[: self.question.count(SLOT)]
        if not wanted or self.child.names != set(wanted) or self.mode not in ("answer", "value", "verdict"):
            raise InternalError(f"answers of mode {self.mode} cannot be predicted from {sorted(self.child.names)}")

    @property
    def columns(self) -> tuple[Field, ...]:
        return SPJ_MODES[self.mode]

    @property
    def label(self) -> str:
        return f"PredictAnswers {self.mode} {self.question.replace(SLOT, '{}')!r} at least {self.least:g}"


@dataclass(frozen=True, slots=True)
class PreferStored(SameColumns):
    """Of rows that agree in ``keys`` only those that rest on nothing predicted, where there are any.

    Without keys all rows agree.
    """

    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if missing := set(self.keys) - self.child.names:
            raise InternalError(f"PreferStored needs {sorted(missing)}")

    @property
    def label(self) -> str:
        return f"PreferStored{' for each ' + ', '.join(self.keys) if self.keys else ''}"
