"""The operators of walks through the graph: names to nodes of a snapshot, paths to rows with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from neuraldb.core.errors import BindError
from neuraldb.operators.catalogue import StoreCatalogue
from neuraldb.operators.context import Context, neural
from neuraldb.operators.tables import table
from neuraldb.operators.walks import Path, around, components, pagerank, shortest_paths, simple_paths
from neuraldb.plan.nodes import Node
from neuraldb.plan.traversal_nodes import Components, Neighbours, PageRank, Paths, Walk
from neuraldb.stores.adjacency import Adjacency, Direction, Part
from neuraldb.stores.arrays import Ids, Scores
from neuraldb.stores.network import network as stored_network
from neuraldb.stores.terms import Term

if TYPE_CHECKING:
    import networkx

NAMED = ("entity", "iri", "type")
"""Kinds of terms that a name stands for first; else it may be the words of a value."""
VALUES = ("text", "number", "date", "boolean")
Span = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a walk is on: a snapshot of the part of the graph that its conditions leave.

    Attributes:
        context: the statement's.
        graph: the snapshot.
        part: which part it is of.
        direction: in which edges are walked.
    """

    context: Context
    graph: Adjacency
    part: Part
    direction: Direction

    @classmethod
    def of(cls, walk: Walk, context: Context) -> Ground:
        """The ground of a walk.

        Raises:
            BindError: there is no relation or graph of a name.
        """
        part = part_of(walk, context)
        snapshot = context.stores.adjacency.snapshot(part)
        return cls(context, snapshot, part, "out" if walk.directed else "both")

    def nodes(self, name: str, place: Span) -> Ids:
        """The numbers of the nodes of a name; none where the graph is empty.

        Raises:
            BindError: nothing is called so.
        """
        return self.graph.numbers(terms_called(name, place, self.context))

    def check(self) -> None:
        """Stop where the statement is to stop."""
        self.context.token.check()

    def evidence(self, paths: Sequence[Path]) -> list[list[int]]:
        """The ids of the facts that the edges of each path rest on."""
        edges = np.array([edge for path in paths for edge in path.edges], np.int64)
        facts = self.context.stores.adjacency.facts(self.graph, edges, self.part)
        return [sorted({fact for edge in path.edges for fact in facts.get(edge, ())}) for path in paths]

    def terms(self, nodes: Sequence[int] | Ids) -> dict[int, Term]:
        """The terms of nodes by their numbers."""
        numbers = sorted({int(node) for node in nodes})
        return dict(zip(numbers, self.context.stores.graph.terms(self.graph.nodes[numbers].tolist()), strict=True))

    def relations(self, paths: Sequence[Path]) -> dict[int, str]:
        """The texts of the relations on paths, by the ids of their terms."""
        ids = sorted({int(self.graph.relation[edge]) for path in paths for edge in path.edges})
        return {id: term.text for id, term in zip(ids, self.context.stores.graph.terms(ids), strict=True)}

    def steps(self, path: Path, relations: dict[int, str]) -> list[str]:
        """The relations along a path, ``^`` before those that are walked backwards."""
        named = zip((relations[int(self.graph.relation[e])] for e in path.edges), path.forward, strict=True)
        return [name if forward else f"^{name}" for name, forward in named]


def catalogue_of(context: Context) -> StoreCatalogue:
    """The names of the statement's database."""
    return StoreCatalogue(context.stores, lambda: context.models.encoder)


def part_of(walk: Walk, context: Context) -> Part:
    """The part of the graph that a walk's conditions leave.

    Raises:
        BindError: there is no relation or graph of a name.
    """
    catalogue = catalogue_of(context)
    relations: list[int] = []
    for name in walk.relations:
        ids = catalogue.iri(name)
        if not ids:
            bound = catalogue.relation(name)
            if bound is None:
                raise BindError(
                    f"no relation is called {name}",
                    candidates=catalogue.misspelt(name) or catalogue.nearest(name, ("relation",)),
                    hint="walks go by names that are stored: SELECT DISTINCT relation FROM triples gives them",
                )
            ids = bound.ids
        relations += ids
    return Part(tuple(sorted(set(relations))), named_graph(walk.graph, context), walk.min_confidence)


def terms_called(name: str, place: Span, context: Context) -> tuple[int, ...]:
    """The ids of the things of a name, else of the values in these words; none where the graph is empty.

    Raises:
        BindError: nothing is called so, or several entities are.
    """
    catalogue = catalogue_of(context)
    found = catalogue.terms(name, NAMED) or catalogue.iri(name) or catalogue.terms(name, VALUES)
    if not found and len(context.stores.adjacency.snapshot().nodes):
        raise BindError(f"nothing is called {name}", span=place, candidates=catalogue.nearest(name, NAMED))
    names = catalogue.entities(found) if len(found) > 1 else ()
    if len(names) > 1:
        hint = "name one of them, or merge them if they are one"
        raise BindError(f"{len(names)} entities may be meant by {name}", span=place, candidates=names, hint=hint)
    return found


def named_graph(name: str | None, context: Context) -> int | None:
    """The id of the named graph.

    Raises:
        BindError: there is none of that name.
    """
    if name is None:
        return None
    rows = context.stores.database.rows(
        """SELECT t.id FROM store.terms t WHERE t.text = $name AND t.id IN
           (SELECT graph FROM store.triples WHERE recorded_to IS NULL) ORDER BY t.id""",
        {"name": name},
    )
    if not rows:
        raise BindError(f"there is no graph {name}")
    return int(rows[0][0])


def written(names: Sequence[str], steps: Sequence[str]) -> str:
    """A path as a text.

    >>> written(["Anna Berg", "Oslo", "Norway"], ["born in", "^capital"])
    'Anna Berg -[born in]-> Oslo <-[capital]- Norway'
    """
    out = names[0]
    for step, name in zip(steps, names[1:], strict=True):
        out += f" <-[{step[1:]}]- {name}" if step.startswith("^") else f" -[{step}]-> {name}"
    return out


def network(walk: Walk, entities_only: bool, context: Context) -> networkx.MultiDiGraph:
    """The triples that a walk may use as a graph of networkx (:func:`neuraldb.stores.network.network`).

    Raises:
        BindError: there is no relation or graph of a name.
    """
    return stored_network(context.stores.database, part_of(walk, context), entities_only)


@neural(Paths)
def paths(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Rows of paths between two things."""
    assert isinstance(node, Paths)
    ground = Ground.of(node.walk, context)
    first, last = (*node.places, None, None)[:2]
    starts, ends = ground.nodes(node.start, first), ground.nodes(node.end, last)
    if node.hops is None:
        walked = shortest_paths(ground.graph, starts, ends, ground.direction, None, ground.check)
    else:
        walked = simple_paths(ground.graph, starts, ends, ground.direction, node.hops, ground.check)
    found = list(islice(walked, node.most))
    terms = ground.terms([n for path in found for n in path.nodes])
    relations = ground.relations(found)
    rows = []
    for path in found:
        names, steps = [terms[n].text for n in path.nodes], ground.steps(path, relations)
        rows.append((len(path), names, steps, written(names, steps)))
    return _table(node, rows, ground.evidence(found), [path.confidence for path in found])


@neural(Neighbours)
def neighbours(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Rows of what lies around a thing."""
    assert isinstance(node, Neighbours)
    ground = Ground.of(node.walk, context)
    starts = ground.nodes(node.start, (*node.places, None)[0])
    found = list(around(ground.graph, starts, ground.direction, node.hops, ground.check))
    terms = ground.terms([n for path in found for n in path.nodes])
    relations = ground.relations(found)
    rows = []
    for path in found:
        end, steps = terms[path.nodes[-1]], ground.steps(path, relations)
        rows.append((end.text, end.kind, len(path), steps, written([terms[n].text for n in path.nodes], steps)))
    return _table(node, rows, ground.evidence(found), [path.confidence for path in found])


@neural(PageRank)
def page_rank(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Rows of things with their rank."""
    assert isinstance(node, PageRank)
    ground = Ground.of(node.walk, context)
    seeds = None
    if node.seeds:
        place = (*node.places, None)[0]
        seeds = np.unique(np.concatenate([ground.nodes(name, place) for name in node.seeds]))
        if not len(seeds):
            return _table(node, [], [], [])
    ranks = pagerank(ground.graph, seeds, ground.direction, node.damping, check=ground.check)
    things = np.flatnonzero(ground.graph.things & (ranks > 0))
    order = things[np.lexsort((things, -ranks[things]))]
    terms = ground.terms(order)
    rows = [(terms[n].text, terms[n].kind, rank) for n, rank in zip(order.tolist(), ranks[order].tolist(), strict=True)]
    return _table(node, rows, *_around(ground, order))


@neural(Components)
def component_rows(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Rows of things with their component."""
    assert isinstance(node, Components)
    ground = Ground.of(node.walk, context)
    labels = components(ground.graph, ground.check)
    things = np.flatnonzero(ground.graph.things)
    kinds, first, sizes = np.unique(labels[things], return_inverse=True, return_counts=True)
    rank = np.empty(len(kinds), np.int64)
    rank[np.lexsort((kinds, -sizes))] = np.arange(1, len(kinds) + 1)
    numbers, size = rank[first], sizes[first]
    order = np.lexsort((things, numbers))
    terms = ground.terms(things)
    rows = [
        (number, count, terms[n].text, terms[n].kind)
        for number, count, n in zip(numbers[order].tolist(), size[order].tolist(), things[order].tolist(), strict=True)
    ]
    return _table(node, rows, *_around(ground, things[order]))


def _around(ground: Ground, nodes: Ids) -> tuple[list[list[int]], Scores]:
    """For each node the facts of the triples that it is in, and that one of them holds at least."""
    graph = ground.graph
    facts = ground.context.stores.adjacency.facts_about(graph.nodes[nodes], ground.part)
    with np.errstate(divide="ignore"):
        doubt = np.log1p(-graph.confidence)
    size = len(graph.nodes)
    none = np.bincount(graph.subject, doubt, size) + np.bincount(graph.object, doubt, size)
    return [facts.get(term, []) for term in graph.nodes[nodes].tolist()], -np.expm1(none[nodes])


def _table(
    node: Node, rows: Sequence[tuple[Any, ...]], evidence: Sequence[Sequence[int]], sure: Sequence[float] | Scores
) -> pa.Table:
    columns = [[row[i] for row in rows] for i in range(len(node.columns))]
    return table(node.columns, columns, evidence, [float(each) for each in sure])
