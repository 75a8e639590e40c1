"""The syntax tree of SPARQL 1.1 Update: the operations of a request; their terms and patterns are those of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from neuraldb.language.sparql_ast import DatasetClause, Group, Iri, Name, Syntax, Triple, Var

GraphName: TypeAlias = Iri | Name
GraphRef: TypeAlias = GraphName | Literal["DEFAULT", "NAMED", "ALL"]
"""One graph, or the graphs that a keyword means."""


@dataclass(frozen=True, slots=True)
class Quad(Syntax):
    """A triple of a template or of data; ``graph`` None is the graph that the operation works on."""

    triple: Triple
    graph: Var | GraphName | None = None


@dataclass(frozen=True, slots=True)
class DataChange(Syntax):
    """``INSERT DATA { … }``, or ``DELETE DATA { … }`` where not ``insert``."""

    quads: tuple[Quad, ...]
    insert: bool


@dataclass(frozen=True, slots=True)
class Modify(Syntax):
    """``WITH … DELETE { … } INSERT { … } USING … WHERE { … }``; ``DELETE WHERE { … }`` has its pattern twice.

    Attributes:
        delete, insert: the templates; empty where there is none.
        where: the pattern.
        graph: of WITH; None is the default graph.
        using: where there are any, the pattern is matched in these graphs instead.
    """

    delete: tuple[Quad, ...]
    insert: tuple[Quad, ...]
    where: Group
    graph: GraphName | None = None
    using: tuple[DatasetClause, ...] = ()


@dataclass(frozen=True, slots=True)
class Load(Syntax):
    """``LOAD <source> INTO GRAPH <graph>``; ``graph`` None is the default graph."""

    source: Iri
    graph: GraphName | None
    silent: bool


@dataclass(frozen=True, slots=True)
class Clear(Syntax):
    """``CLEAR``, or ``DROP`` where ``drop``: all triples of the graphs go."""

    target: GraphRef
    drop: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class Create(Syntax):
    """``CREATE GRAPH <graph>``."""

    graph: GraphName
    silent: bool


@dataclass(frozen=True, slots=True)
class Transfer(Syntax):
    """``ADD``, ``COPY`` or ``MOVE``, as ``kind`` says; a graph None is the default graph."""

    kind: Literal["ADD", "COPY", "MOVE"]
    source: GraphName | None
    target: GraphName | None
    silent: bool


Operation: TypeAlias = DataChange | Modify | Load | Clear | Create | Transfer


@dataclass(frozen=True, slots=True)
class Update(Syntax):
    """A request: its operations happen in turn, all or none; there may be none at all."""

    operations: tuple[Operation, ...]
