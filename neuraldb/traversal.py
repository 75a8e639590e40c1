"""Walks through the graph from Python: paths, neighbourhoods, PageRank, components, and all of it for networkx.

The methods run the same plans as the table functions of SQL (``SELECT * FROM paths('Anna Berg', 'Oslo')``): rows with
evidence and confidence, and ``explain()`` shows the plan. A walk goes through things; at a value (a number, a date, a
text) or a class it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuraldb.core.errors import InterfaceError
from neuraldb.execution.result import Result
from neuraldb.plan.nodes import Limit, Node
from neuraldb.plan.traversal_nodes import MOST_PATHS, Components, Neighbours, PageRank, Paths, Walk
from neuraldb.transactions import TransactionalSession

if TYPE_CHECKING:
    import networkx


class TraversableSession(TransactionalSession):
    """A session whose graph can be walked through.

    The methods raise BindError for a name that nothing has, and InterfaceError for an argument out of range.
    """

    def graph(
        self,
        *,
        relations: Sequence[str] | str = (),
        graph: str | None = None,
        min_confidence: float = 0.0,
        entities_only: bool = False,
    ) -> networkx.MultiDiGraph:
        """The current triples as a graph for networkx's algorithms.

        It is a snapshot: a copy that stays as it is when facts arrive, and may be changed; ``graph.graph["version"]``
        grows with each change of the database, so an older number than that of a new snapshot tells that facts came
        or went since.

        Nodes are ids of terms, with ``name`` and ``kind``. Edges go from subject to object and have ``relation``,
        ``confidence``, ``evidence`` (ids of facts; none for imported data), ``fact`` and ``graph``.

        Args:
            relations: the names of the only relations.
            graph: the only named graph; None for all triples.
            min_confidence: pass over triples that are less sure.
            entities_only: leave out values and classes.
        """
        walk = _walk(False, relations, graph, min_confidence)
        return self._read(lambda token: self.session.network(walk, entities_only, token))

    def paths(
        self,
        start: str,
        end: str,
        hops: int | None = None,
        *,
        limit: int = MOST_PATHS,
        directed: bool = False,
        relations: Sequence[str] | str = (),
        graph: str | None = None,
        min_confidence: float = 0.0,
        timeout: float | None = None,
    ) -> Result:
        """The paths between two things: short ones first, of one length the surest first.

        Args:
            start: the name that paths begin at.
            end: the name that they end at.
            hops: all paths up to this length that visit nothing twice; None for those of the least length.
            limit: so many at most.
            directed: walk from subjects to objects only.
            relations: the names of the only relations.
            graph: the only named graph.
            min_confidence: pass over triples that are less sure.
            timeout: seconds after which to give up.

        Returns:
            Rows of ``hops``, ``nodes`` and ``relations`` (lists, from start to end; ``^`` before a relation that is
            walked from object to subject) and ``path`` (the same as a text).
        """
        walk = _walk(directed, relations, graph, min_confidence)
        if hops is not None:
            _at_least_one("hops", hops)
        return self._walked(Paths(start, end, hops, _at_least_one("limit", limit), walk), timeout)

    def neighbours(
        self,
        name: str,
        hops: int = 1,
        *,
        directed: bool = False,
        relations: Sequence[str] | str = (),
        graph: str | None = None,
        min_confidence: float = 0.0,
        timeout: float | None = None,
    ) -> Result:
        """What is at most ``hops`` steps from a thing, values too: near ones first, of one distance the surest first.

        Args:
            name: where the walk begins.
            hops: the steps.
            directed: walk from subjects to objects only.
            relations: the names of the only relations.
            graph: the only named graph.
            min_confidence: pass over triples that are less sure.
            timeout: seconds after which to give up.

        Returns:
            Rows of ``name``, ``kind``, ``hops``, and the ``relations`` and ``path`` of the surest of the shortest
            paths.
        """
        walk = _walk(directed, relations, graph, min_confidence)
        return self._walked(Neighbours(name, _at_least_one("hops", hops), walk), timeout)

    def pagerank(
        self,
        seeds: Sequence[str] | str = (),
        *,
        limit: int | None = None,
        damping: float = 0.85,
        directed: bool = False,
        relations: Sequence[str] | str = (),
        graph: str | None = None,
        min_confidence: float = 0.0,
        timeout: float | None = None,
    ) -> Result:
        """The things by their PageRank, the highest first.

        Args:
            seeds: names where random walks begin, so that what is near them ranks high; none: anywhere.
            limit: so many at most.
            damping: the chance of a walk to go on.
            directed: walk from subjects to objects only.
            relations: the names of the only relations.
            graph: the only named graph.
            min_confidence: pass over triples that are less sure.
            timeout: seconds after which to give up.

        Returns:
            Rows of ``name``, ``kind`` and ``rank``; all ranks add up to 1.
        """
        if not 0 <= damping <= 1:
            raise InterfaceError(f"damping is {damping}, and must lie between 0 and 1")
        ranked: Node = PageRank(_names(seeds), damping, _walk(directed, relations, graph, min_confidence))
        if limit is not None:
            ranked = Limit(ranked, _at_least_one("limit", limit))
        return self._walked(ranked, timeout)

    def components(
        self,
        *,
        relations: Sequence[str] | str = (),
        graph: str | None = None,
        min_confidence: float = 0.0,
        timeout: float | None = None,
    ) -> Result:
        """The things by connected component, whatever the directions; the largest component first.

        Args:
            relations: the names of the only relations.
            graph: the only named graph.
            min_confidence: pass over triples that are less sure.
            timeout: seconds after which to give up.

        Returns:
            Rows of ``component`` (numbers from 1), ``size``, ``name`` and ``kind``.
        """
        return self._walked(Components(_walk(False, relations, graph, min_confidence)), timeout)

    def _walked(self, plan: Node, timeout: float | None) -> Result:
        return self._read(lambda token: self.session.run_plan(plan, token), timeout)


def _walk(directed: bool, relations: Sequence[str] | str, graph: str | None, min_confidence: float) -> Walk:
    if not 0 <= min_confidence <= 1:
        raise InterfaceError(f"min_confidence is {min_confidence}, and must lie between 0 and 1")
    return Walk(directed, _names(relations), graph, min_confidence)


def _names(names: Sequence[str] | str) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _at_least_one(what: str, number: int) -> int:
    if number < 1:
        raise InterfaceError(f"{what} is {number}, and must be 1 or more")
    return number
