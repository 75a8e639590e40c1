"""The current triples as arrays that can be walked: what traversal, PageRank and components run on.

Nodes are numbered from 0 in the order of their terms' ids. Triples that say the same (several facts, several graphs)
are one edge, their confidences combined as alternatives; which facts they are is looked up for the few edges that a
result shows (:meth:`AdjacencyStore.facts`). A snapshot is made when it is first needed after a change: about a
second a million triples.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from neuraldb.stores.arrays import Ids, Scores
from neuraldb.stores.database import Database

Direction: TypeAlias = Literal["out", "in", "both"]
"""From subjects to objects, from objects to subjects, or either way."""
Mask: TypeAlias = npt.NDArray[np.bool_]
THINGS = ("entity", "iri", "blank")
"""Kinds of terms that a walk goes through; at values and classes it ends."""
_KEPT = 4


@dataclass(frozen=True, slots=True)
class Part:
    """Which triples there are for a walk.

    Attributes:
        relations: ids of the only relations; empty for all.
        graph: the id of the only named graph; None for all triples, of whatever graph.
        min_confidence: triples that are less sure are passed over.
    """

    relations: tuple[int, ...] = ()
    graph: int | None = None
    min_confidence: float = 0.0

    @property
    def condition(self) -> tuple[str, dict[str, object]]:
        """The condition in SQL on ``store.triples`` and its parameters."""
        conditions, parameters = ["recorded_to IS NULL"], dict[str, object]()
        if self.relations:
            conditions.append("list_contains($relations, relation)")
            parameters["relations"] = list(self.relations)
        if self.graph is not None:
            conditions.append("graph = $graph")
            parameters["graph"] = self.graph
        if self.min_confidence > 0:
            conditions.append("confidence >= $least")
            parameters["least"] = self.min_confidence
        return " AND ".join(conditions), parameters


EVERYTHING = Part()
"""All current triples."""


@dataclass(frozen=True, slots=True)
class Arcs:
    """Edges in one or both directions, grouped by where they begin.

    Attributes:
        first: the arcs of node ``n`` are those from ``first[n]`` up to ``first[n + 1]``.
        tail, head: the nodes that an arc leads from and to.
        edge: the number of its edge.
        forward: whether it goes from subject to object.
    """

    first: Ids
    tail: Ids
    head: Ids
    edge: Ids
    forward: Mask

    def of(self, nodes: Ids) -> Ids:
        """The numbers of all arcs that begin at some nodes, those of the first node first."""
        begin, counts = self.first[nodes], self.first[nodes + 1] - self.first[nodes]
        ends = np.cumsum(counts)
        return np.repeat(begin - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)


@dataclass(frozen=True)
class Adjacency:
    """A snapshot.

    Attributes:
        version: of the database, when it was taken.
        nodes: ids of terms, ascending.
        things: which nodes a walk may go through (:data:`THINGS`).
        subject, object: of each edge, numbers of nodes.
        relation: of each edge, the id of its term.
        confidence: of each edge.
    """

    version: int
    nodes: Ids
    things: Mask
    subject: Ids
    object: Ids
    relation: Ids
    confidence: Scores
    _arcs: dict[Direction, Arcs] = field(default_factory=dict, repr=False, compare=False)

    def numbers(self, terms: Sequence[int]) -> Ids:
        """The numbers of the nodes of terms, ascending; terms that no triple has are left out."""
        wanted = np.unique(np.asarray(terms, np.int64))
        return np.flatnonzero(np.isin(self.nodes, wanted))

    def arcs(self, direction: Direction) -> Arcs:
        """The edges as they are walked in a direction."""
        if direction not in self._arcs:
            self._arcs[direction] = self._grouped(direction)
        return self._arcs[direction]

    def _grouped(self, direction: Direction) -> Arcs:
        edges = np.arange(len(self.subject))
        ways = {"out": (True,), "in": (False,), "both": (True, False)}[direction]
        tail = np.concatenate([self.subject if forward else self.object for forward in ways])
        head = np.concatenate([self.object if forward else self.subject for forward in ways])
        order = np.argsort(tail, kind="stable")
        return Arcs(
            np.searchsorted(tail[order], np.arange(len(self.nodes) + 1)),
            tail[order],
            head[order],
            np.tile(edges, len(ways))[order],
            np.repeat(np.array(ways, np.bool_), len(edges))[order],
        )

    @cached_property
    def between_things(self) -> Mask:
        """Which edges join two things."""
        return self.things[self.subject] & self.things[self.object]


class AdjacencyStore:
    """Makes snapshots, and keeps the last few for as long as nothing changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[Part, Adjacency] = OrderedDict()

    def snapshot(self, part: Part = EVERYTHING) -> Adjacency:
        """The current triples of a part of the graph."""
        with self._database.lock:
            kept = self._kept.get(part)
            if kept is None or kept.version != self._database.version:
                kept = self._kept[part] = self._load(part)
            self._kept.move_to_end(part)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return kept

    def _load(self, part: Part) -> Adjacency:
        version = self._database.version
        condition, parameters = part.condition
        table = self._database.query(
            f"""SELECT subject, relation, object, 1.0 - product(1.0 - confidence) AS confidence FROM store.triples
                WHERE {condition} GROUP BY subject, relation, object ORDER BY subject, relation, object""",
            parameters,
        )
        subject, relation, object_ = (np.asarray(table.column(i).to_numpy(), np.int64) for i in range(3))
        nodes = np.union1d(subject, object_)
        things = self._database.query(
            "SELECT t.id FROM wanted JOIN store.terms t USING (id) WHERE list_contains($kinds, t.kind)",
            {"kinds": list(THINGS)},
            {"wanted": pa.table({"id": nodes})},
        )
        return Adjacency(
            version,
            nodes,
            np.isin(nodes, np.asarray(things.column(0).to_numpy(), np.int64)),
            np.searchsorted(nodes, subject),
            np.searchsorted(nodes, object_),
            relation,
            np.asarray(table.column(3).to_numpy(), np.float64),
        )

    def facts(self, graph: Adjacency, edges: Ids, part: Part = EVERYTHING) -> dict[int, list[int]]:
        """The ids of the facts that state edges, by the edge's number; imported data rest on no fact."""
        edges = np.unique(edges)
        condition, parameters = part.condition
        wanted = pa.table(
            {
                "edge": edges,
                "s": graph.nodes[graph.subject[edges]],
                "r": graph.relation[edges],
                "o": graph.nodes[graph.object[edges]],
            }
        )
        rows = self._database.rows(
            f"""SELECT w.edge, list(DISTINCT t.fact ORDER BY t.fact) FROM wanted w JOIN store.triples t
                ON t.subject = w.s AND t.relation = w.r AND t.object = w.o
                WHERE {condition} AND t.fact IS NOT NULL GROUP BY w.edge""",
            parameters,
            {"wanted": wanted},
        )
        return dict(rows)

    def facts_about(self, terms: Ids, part: Part = EVERYTHING) -> dict[int, list[int]]:
        """The ids of the facts of the triples that a term is subject or object of, by the term."""
        condition, parameters = part.condition
        rows = self._database.rows(
            f"""WITH ends AS (
                    SELECT subject AS term, fact FROM store.triples WHERE {condition} AND fact IS NOT NULL
                    UNION ALL SELECT object, fact FROM store.triples WHERE {condition} AND fact IS NOT NULL)
                SELECT term, list(DISTINCT fact ORDER BY fact) FROM ends SEMI JOIN wanted USING (term) GROUP BY term""",
            parameters,
            {"wanted": pa.table({"term": np.unique(terms)})},
        )
        return dict(rows)
