"""Walks through the graph as nodes: paths, what lies around, PageRank, components. They need no model.

A walk goes through things; at a value (a number, a date, a text) or a class it ends. An end is given by its name; if
an entity and an IRI or a class are called so, the walk begins at all of them. The rows come in the order that each node
tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from neuraldb.core.errors import InternalError
from neuraldb.plan.base_nodes import Field, Node

LIST = "VARCHAR[]"
MOST_PATHS = 100
"""Paths that are given where the statement does not say how many."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk may go.

    Attributes:
        directed: only from subjects to objects; else either way.
        relations: the names of the only relations; empty for all.
        graph: the only named graph; None for all triples.
        min_confidence: triples that are less sure are passed over.
    """

    directed: bool = False
    relations: tuple[str, ...] = ()
    graph: str | None = None
    min_confidence: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.min_confidence <= 1:
            raise InternalError(f"a confidence of {self.min_confidence}")

    def __str__(self) -> str:
        parts = [
            " directed" if self.directed else "",
            f" relations {list(self.relations)}" if self.relations else "",
            f" graph {self.graph!r}" if self.graph is not None else "",
            f" confidence >= {self.min_confidence:g}" if self.min_confidence else "",
        ]
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Paths(Node):
    """Paths between two things, short ones first, of one length the surest first.

    ``hops`` is the length up to which all paths are given that visit nothing twice; None: only those of the least
    length. A row has the ``hops`` of the path, its ``nodes`` and ``relations`` (``^`` before one that is walked from
    object to subject) in the order from start to end, and all of that as a text.
    """

    start: str
    end: str
    hops: int | None = None
    most: int = MOST_PATHS
    walk: Walk = Walk()
    places: tuple[tuple[int, int] | None, ...] = field(default=(), compare=False)

    @property
    def columns(self) -> tuple[Field, ...]:
        return (Field("hops", "BIGINT"), Field("nodes", LIST), Field("relations", LIST), Field("path"))

    @property
    def label(self) -> str:
        which = "shortest" if self.hops is None else f"up to {_steps(self.hops)}"
        return f"Paths {self.start!r} to {self.end!r} {which}, at most {self.most}{self.walk}"


@dataclass(frozen=True, slots=True)
class Neighbours(Node):
    """What is at most ``hops`` steps away, each node once, near ones first, of one distance the surest first.

    A row has the node's ``name`` and ``kind``, and of the surest of the shortest paths to it the ``hops``, the
    ``relations`` and the ``path`` as a text.
    """

    start: str
    hops: int = 1
    walk: Walk = Walk()
    places: tuple[tuple[int, int] | None, ...] = field(default=(), compare=False)

    @property
    def columns(self) -> tuple[Field, ...]:
        return (Field("name"), Field("kind"), Field("hops", "BIGINT"), Field("relations", LIST), Field("path"))

    @property
    def label(self) -> str:
        return f"Neighbours {self.start!r} within {_steps(self.hops)}{self.walk}"


@dataclass(frozen=True, slots=True)
class PageRank(Node):
    """The things of the graph with their PageRank, the highest first; personalised where ``seeds`` are named.

    A row rests on the facts of the triples that the thing is in; the rank itself depends on all the others.
    """

    seeds: tuple[str, ...] = ()
    damping: float = 0.85
    walk: Walk = Walk()
    places: tuple[tuple[int, int] | None, ...] = field(default=(), compare=False)

    @property
    def columns(self) -> tuple[Field, ...]:
        return (Field("name"), Field("kind"), Field("rank", "DOUBLE"))

    @property
    def label(self) -> str:
        seeds = f" from {list(self.seeds)}" if self.seeds else ""
        return f"PageRank{seeds} damping {self.damping:g}{self.walk}"


@dataclass(frozen=True, slots=True)
class Components(Node):
    """The things of the graph with the number of their connected component, from 1 for the largest, and its size.

    A row rests on the facts of the triples that the thing is in.
    """

    walk: Walk = Walk()

    @property
    def columns(self) -> tuple[Field, ...]:
        return (Field("component", "BIGINT"), Field("size", "BIGINT"), Field("name"), Field("kind"))

    @property
    def label(self) -> str:
        return f"Components{self.walk}"


def _steps(hops: int) -> str:
    return "1 hop" if hops == 1 else f"{hops} hops"


Traversal = Paths | Neighbours | PageRank | Components
