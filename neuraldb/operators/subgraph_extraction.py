"""The first step: cut out what lies around the names of a question."""

from __future__ import annotations

import numpy as np

from neuraldb.operators.subgraphs import Extraction, Search, induced
from neuraldb.operators.walks import distances, pagerank
from neuraldb.stores.adjacency import Adjacency
from neuraldb.stores.arrays import Ids

MOST_RANKED = 500
"""Things that personalised PageRank keeps."""
CLOSE = 1e-5
"""PageRank is known well enough here when a round moves less than this share: only the order counts."""


def within_hops(search: Search) -> Adjacency:
    """All that can be reached in as many steps as a path may have: complete, and large where a step is a hub."""
    near = distances(search.graph, _named(search), "both", search.hops, None, search.check)
    return induced(search.graph, np.flatnonzero(near >= 0))


def ranked(search: Search) -> Adjacency:
    """The things with the highest personalised PageRank, and the values and classes that they have."""
    graph, seeds = search.graph, _named(search)
    if not len(seeds):
        return induced(graph, seeds)
    ranks = pagerank(graph, seeds, "both", close=CLOSE, check=search.check)
    things = np.flatnonzero(graph.things & (ranks > 0))
    things = things[np.lexsort((things, -ranks[things]))][:MOST_RANKED]
    kept = np.union1d(things, seeds)
    arcs = graph.arcs("both")
    heads = arcs.head[arcs.of(kept)]
    return induced(graph, np.union1d(kept, heads[~graph.things[heads]]))


def _named(search: Search) -> Ids:
    starts = search.starts(search.graph)
    return np.unique(np.concatenate(starts)) if starts else np.empty(0, np.int64)


EXTRACTIONS: dict[str, Extraction] = {"khop": within_hops, "pagerank": ranked}
"""The ways to extract by name."""
