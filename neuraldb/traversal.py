"""Walks through the graph from Python: paths, neighbourhoods, PageRank, components, and all of it for networkx.

The methods run the same plans as the table functions of SQL (``SELECT * FROM paths('Anna Berg', 'Oslo')``): rows with
evidence and confidence, and ``explain()`` shows the plan. A walk goes through things; at a value (a number, a date, a
text) or a class it ends. Where it may go, the arguments by name of :class:`Part` and :class:`Steps` say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from neuraldb.core import arguments
from neuraldb.execution.result import Result
from neuraldb.plan.nodes import Limit, Node
from neuraldb.plan.traversal_nodes import MOST_PATHS, Components, Neighbours, PageRank, Paths, Walk
from neuraldb.transactions import TransactionalSession

if TYPE_CHECKING:
    import networkx


class Part(TypedDict, total=False):
    """A part of the graph; arguments by name of all methods.

    Attributes:
        relations: the names of the only relations, one or several.
        graph: the only named graph; by default all triples.
        min_confidence: triples that are less sure are passed over.
    """

    relations: Sequence[str] | str
    graph: str | None
    min_confidence: float


class Asked(Part, total=False):
    """A part of the graph, and how long a walk through it may take.

    Attributes:
        timeout: seconds after which to give up.
    """

    timeout: float | None


class Steps(Asked, total=False):
    """Where a walk may go.

    Attributes:
        directed: from subjects to objects only; by default either way.
    """

    directed: bool


class TraversableSession(TransactionalSession):
    """A session whose graph can be walked through.

    The methods raise BindError for a name that nothing has, or that several entities have, and InterfaceError for an
    argument of the wrong kind or out of range.
    """

    def graph(self, *, entities_only: bool = False, **part: Unpack[Part]) -> networkx.MultiDiGraph:
        """The current triples as a graph for networkx's algorithms.

        It is a snapshot: a copy that stays as it is when facts arrive, and may be changed; ``graph.graph["version"]``
        grows with each change of the database, so an older number than that of a new snapshot tells that facts came
        or went since.

        Nodes are ids of terms, with ``name`` and ``kind``. Edges go from subject to object and have ``relation``,
        ``confidence``, ``evidence`` (ids of facts; none for imported data), ``fact`` and ``graph``.

        Args:
            entities_only: leave out values and classes.
            part: ``relations``, ``graph`` and ``min_confidence``, see :class:`Part`.
        """
        arguments.flag("entities_only", entities_only)
        walk = _walk("graph", Part, part)
        return self._read(lambda token: self.session.network(walk, entities_only, token))

    def paths(
        self, start: str, end: str, hops: int | None = None, *, limit: int = MOST_PATHS, **steps: Unpack[Steps]
    ) -> Result:
        """The paths between two things: short ones first, of one length the surest first.

        Args:
            start: the name that paths begin at.
            end: the name that they end at.
            hops: all paths up to this length that visit nothing twice; None for those of the least length.
            limit: so many at most.
            steps: ``directed``, ``relations``, ``graph``, ``min_confidence`` and ``timeout``, see :class:`Steps`.

        Returns:
            Rows of ``hops``, ``nodes`` and ``relations`` (lists, from start to end; ``^`` before a relation that is
            walked from object to subject) and ``path`` (the same as a text).
        """
        walk = _walk("paths", Steps, steps)
        if hops is not None:
            arguments.count("hops", hops)
        ends = arguments.text("start", start), arguments.text("end", end)
        return self._walked(Paths(*ends, hops, arguments.count("limit", limit), walk), steps)

    def neighbours(self, name: str, hops: int = 1, **steps: Unpack[Steps]) -> Result:
        """What is at most ``hops`` steps from a thing, values too: near ones first, of one distance the surest first.

        Args:
            name: where the walk begins.
            hops: the steps.
            steps: ``directed``, ``relations``, ``graph``, ``min_confidence`` and ``timeout``, see :class:`Steps`.

        Returns:
            Rows of ``name``, ``kind``, ``hops``, and the ``relations`` and ``path`` of the surest of the shortest
            paths.
        """
        walk = _walk("neighbours", Steps, steps)
        return self._walked(Neighbours(arguments.text("name", name), arguments.count("hops", hops), walk), steps)

    def pagerank(
        self,
        seeds: Sequence[str] | str = (),
        *,
        limit: int | None = None,
        damping: float = 0.85,
        **steps: Unpack[Steps],
    ) -> Result:
        """The things by their PageRank, the highest first.

        Args:
            seeds: names where random walks begin, so that what is near them ranks high; none: anywhere.
            limit: so many at most.
            damping: the chance of a walk to go on.
            steps: ``directed``, ``relations``, ``graph``, ``min_confidence`` and ``timeout``, see :class:`Steps`.

        Returns:
            Rows of ``name``, ``kind`` and ``rank``; all ranks add up to 1.
        """
        walk = _walk("pagerank", Steps, steps)
        ranked: Node = PageRank(arguments.texts("seeds", seeds), arguments.share("damping", damping), walk)
        if limit is not None:
            ranked = Limit(ranked, arguments.count("limit", limit))
        return self._walked(ranked, steps)

    def components(self, **part: Unpack[Asked]) -> Result:
        """The things by connected component, whatever the directions; the largest component first.

        Args:
            part: ``relations``, ``graph``, ``min_confidence`` and ``timeout``, see :class:`Asked`.

        Returns:
            Rows of ``component`` (numbers from 1), ``size``, ``name`` and ``kind``.
        """
        return self._walked(Components(_walk("components", Asked, part)), part)

    def _walked(self, plan: Node, given: Asked) -> Result:
        return self._read(lambda token: self.session.run_plan(plan, token), given.get("timeout"))


def _walk(method: str, takes: Any, given: Part | Asked | Steps) -> Walk:
    """Where a walk may go, by the arguments that were given to a method."""
    arguments.known(method, given.keys(), takes.__annotations__)
    options: dict[str, Any] = dict(given)
    return Walk(
        arguments.flag("directed", options.get("directed", False)),
        arguments.texts("relations", options.get("relations", ())),
        arguments.text_or_none("graph", options.get("graph")),
        arguments.share("min_confidence", options.get("min_confidence", 0.0)),
    )
