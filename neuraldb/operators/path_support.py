"""Support sets along paths: the three steps put together, and the facts of the best paths.

What a path says, facts say; those are read together, so that an answer may follow from several of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from neuraldb.core.text import normalise
from neuraldb.operators.context import Context, neural
from neuraldb.operators.path_filtering import FILTERINGS
from neuraldb.operators.path_refinement import REFINEMENTS
from neuraldb.operators.subgraph_extraction import EXTRACTIONS
from neuraldb.operators.subgraphs import Ranked, Search, said
from neuraldb.operators.tables import table
from neuraldb.operators.traversal import NAMED, catalogue_of
from neuraldb.plan.nodes import Node
from neuraldb.plan.path_nodes import PathSets, PathSteps
from neuraldb.stores.adjacency import Adjacency


@neural(PathSets)
def path_sets(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Rows of support sets, those of the best paths first."""
    assert isinstance(node, PathSets)
    search = Search(
        node.query,
        tuple(_terms(name, context) for name in node.named),
        node.named,
        node.steps.hops,
        context.stores.adjacency.snapshot(),
        context.stores.graph,
        context.models,
        context.token,
    )
    graph, paths = best_paths(search, node.steps)
    sets: dict[tuple[int, ...], Ranked] = {}
    for facts, ranked in _facts(graph, paths, context):
        if len(facts) > 1 and len(sets) < node.steps.most:
            sets.setdefault(facts, ranked)
    readings = context.stores.readings(sorted({fact for facts in sets for fact in facts}))
    columns: list[Sequence[Any]] = [
        [list(facts) for facts in sets],
        [[readings[fact].reading for fact in facts] for facts in sets],
        [" ".join(said(search, graph, ranked.path)) for ranked in sets.values()],
    ]
    confidences = [ranked.path.confidence for ranked in sets.values()]
    return table(node.columns, columns, [sorted(facts) for facts in sets], confidences)


def best_paths(search: Search, steps: PathSteps) -> tuple[Adjacency, list[Ranked]]:
    """The subgraph of a question and the paths in it, best first."""
    graph = EXTRACTIONS[steps.extraction](search)
    paths = FILTERINGS[steps.filtering](search, graph)
    return graph, REFINEMENTS[steps.refinement](search, graph, paths)


def _terms(name: str, context: Context) -> tuple[int, ...]:
    return catalogue_of(context).terms(name, NAMED) or context.stores.entities.aliases.terms(normalise(name))


def _facts(graph: Adjacency, paths: Sequence[Ranked], context: Context) -> Iterator[tuple[tuple[int, ...], Ranked]]:
    """Each path with a fact for each of its steps, in order; paths on which a step rests on no fact are left out."""
    edges = np.array([edge for ranked in paths for edge in ranked.path.edges], np.int64)
    stated = context.stores.adjacency.facts(graph, edges)
    visible = context.options.visible
    for ranked in paths:
        steps = [
            [fact for fact in stated.get(edge, ()) if visible is None or fact in visible] for edge in ranked.path.edges
        ]
        if all(steps):
            yield tuple(dict.fromkeys(facts[0] for facts in steps)), ranked
