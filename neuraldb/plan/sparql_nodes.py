"""Plan nodes of graph patterns that only SPARQL needs, besides TriplePattern and Decode.

A variable's column is TERM, the id of a stored term, as long as it comes from stored triples alone. What a query
computes (BIND, aggregates, inline data that is not stored) has no id: such a column is VALUE, the term by its parts.
Two VALUEs are one term exactly if all their parts are equal, since the parts after ``language`` follow from those
before. Where a TERM meets a VALUE in one column, the TERM is looked up and becomes a VALUE too.
"""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.errors import InternalError
from neuraldb.plan.base_nodes import MoreColumns, SameColumns
from neuraldb.plan.nodes import Field, Node, PatternTerm, TriplePattern, Variable

PARTS: dict[str, str] = {
    "kind": "VARCHAR",
    "text": "VARCHAR",
    "datatype": "VARCHAR",
    "language": "VARCHAR",
    "number": "DOUBLE",
    "unit": "VARCHAR",
    "date_from": "DATE",
    "date_to": "DATE",
}
"""The parts of a graph term and their DuckDB types; the columns of ``store.terms`` of these names."""


def part(variable: str, name: str) -> str:
    """The column that holds a part of the term a variable is bound to; no variable is called so, for the dot.

    >>> part("age", "number")
    'age.number'
    """
    return f"{variable}.{name}"


@dataclass(frozen=True, slots=True)
class BasicPattern(Node):
    """Several triple patterns matched together: one DuckDB join.

    The patterns stand in the order that statistics suggest (:mod:`neuraldb.plan.sparql_order`); ``variables`` are the
    columns, where their order is another one.
    """

    patterns: tuple[TriplePattern, ...]
    variables: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Field, ...]:
        fields = {c.name: c for p in self.patterns for c in p.columns}
        return tuple(fields[v] for v in self.variables or fields)

    @property
    def label(self) -> str:
        return f"BasicPattern {' . '.join(p.label.removeprefix('TriplePattern ') for p in self.patterns)}"


@dataclass(frozen=True, slots=True)
class TermParts(Node):
    """The child's rows with the parts of the stored terms that ``variables`` are bound to, in columns ``x.text`` etc.

    ``bound`` are those of the variables that are bound in every row.
    """

    child: Node
    variables: tuple[str, ...]
    bound: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        types = {c.name: c.type for c in self.child.columns}
        for variable in self.variables:
            if types.get(variable) != "TERM":
                raise InternalError(f"{variable} is no column of stored terms")

    @property
    def columns(self) -> tuple[Field, ...]:
        parts = (Field(part(v, name), kind) for v in self.variables for name, kind in PARTS.items())
        return self.child.columns + tuple(parts)

    @property
    def label(self) -> str:
        return f"TermParts {', '.join(self.variables)}"


@dataclass(frozen=True, slots=True)
class Extend(MoreColumns):
    """The child's rows with more columns, computed from those that are there."""


@dataclass(frozen=True, slots=True)
class Fresh(Node):
    """The child's rows with columns that have a new value in each row, computed once, however often they are read.

    A column of type DOUBLE is a random number from 0 up to 1; one of type VARCHAR is a UUID.
    """

    child: Node
    fields: tuple[Field, ...]

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.child.columns + self.fields

    @property
    def label(self) -> str:
        return f"Fresh {', '.join(map(str, self.fields))}"


@dataclass(frozen=True, slots=True)
class Provenance(Node):
    """The child's rows with what they rest on as columns: the confidence, and the ids of the facts as a text."""

    child: Node
    score: str
    evidence: str

    @property
    def columns(self) -> tuple[Field, ...]:
        return (*self.child.columns, Field(self.score, "DOUBLE"), Field(self.evidence, "VARCHAR"))

    @property
    def label(self) -> str:
        return "Provenance"


@dataclass(frozen=True, slots=True)
class Weighted(SameColumns):
    """The child's rows, their confidence multiplied by the chance that they are what was asked for."""

    chance: float

    @property
    def label(self) -> str:
        return f"Weighted {self.chance:.2f}"


@dataclass(frozen=True, slots=True)
class Certain(SameColumns):
    """The child's rows as if given: they rest on no fact. What is substituted into a pattern is no evidence for it."""


@dataclass(frozen=True, slots=True)
class PathClosure(Node):
    """Pairs of terms that a chain of steps connects: each pair once, on the evidence of one shortest chain.

    ``child`` gives the steps in its columns ``start`` and ``end``. ``minimum`` 0 also connects a term with itself: each
    subject or object of the graph, and a given end whether it is in the graph or not. ``many`` False allows one step at
    most. ``starts`` gives, in one column that is called as one of the ends, the nodes of the graph to which that end is
    restricted. ``few`` says that the pairs are likely few beside the graph. Columns are the variables of the two ends
    and the graph, where chains lie within one graph each.
    """

    child: Node
    subject: PatternTerm
    object: PatternTerm
    minimum: int = 1
    many: bool = True
    graph: PatternTerm | None = None
    starts: Node | None = None
    few: bool = False

    def __post_init__(self) -> None:
        graph = {self.graph.name} if isinstance(self.graph, Variable) else set()
        if self.child.names != {"start", "end"} | graph:
            raise InternalError("the steps of a path have the columns start and end, and their graph where it varies")

    @property
    def columns(self) -> tuple[Field, ...]:
        ends = TriplePattern(self.subject, self.subject, self.object, self.graph)
        return ends.columns

    @property
    def label(self) -> str:
        sign = ("*" if self.many else "?") if self.minimum == 0 else "+"
        graph = f" in {self.graph}" if self.graph is not None else ""
        given = f" from given {self.starts.columns[0].name}" if self.starts is not None else ""
        return f"PathClosure {self.subject} {sign} {self.object}{graph}{given}"
