"""Retrieve: support-set generation by entity anchors, BM25 and vectors together.

Where a question names somebody, only facts that name them too can answer it. Up to ``READ_ALL`` such facts are all
read; of more, those that words and vectors rank highest, by reciprocal rank fusion (Cormack et al. 2009).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from neuraldb.core.text import tokens_for_search
from neuraldb.operators.context import Context, neural
from neuraldb.operators.tables import table
from neuraldb.plan.nodes import Node, Retrieve

READ_ALL = 48
ANCHORED, FREE = 64, 160
"""Facts that are read at most: of those that name an anchor, and where nothing is named."""
FUSION = 60.0
"""The constant of reciprocal rank fusion."""

Ids = NDArray[np.int64]


@neural(Retrieve)
def retrieve(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The facts to read for a query, best first."""
    assert isinstance(node, Retrieve)
    ids, scores = candidates(node.query, node.anchors, node.budget, context)
    facts = context.stores.readings(ids.tolist())
    kept = [(i, facts[i].reading, score) for i, score in zip(ids.tolist(), scores.tolist(), strict=True) if i in facts]
    columns = [[row[k] for row in kept] for k in range(3)]
    return table(node.columns, columns, [[row[0]] for row in kept], [1.0] * len(kept))


def candidates(
    query: str, anchors: tuple[str, ...], budget: int | None, context: Context
) -> tuple[Ids, NDArray[np.float32]]:
    """Ids of facts worth reading and their scores, best first."""
    options = context.options
    budget = budget if budget is not None else options.budget
    named = naming(anchors, context) if options.retrieval == "hybrid" else np.empty(0, dtype=np.int64)
    allowed = named if named.size else None
    if options.visible is not None:
        seen = np.array(sorted(options.visible), dtype=np.int64)
        allowed = seen if allowed is None else np.intersect1d(allowed, seen)
    count = len(allowed) if allowed is not None else context.stores.facts.count()
    limit = budget if budget is not None else (ANCHORED if allowed is not None else FREE)
    if count <= (READ_ALL if budget is None else budget):
        ids = allowed if allowed is not None else context.stores.facts.ids()
        return ids, np.ones(len(ids), dtype=np.float32)
    return ranked(query, limit, allowed, context)


def naming(anchors: tuple[str, ...], context: Context) -> Ids:
    """The facts that name an anchor: all its words, or an alias of an entity of that name; none if none is known."""
    found: list[Ids] = []
    for anchor in anchors:
        tokens = tokens_for_search(anchor)
        hits = context.stores.lexical.containing(tokens) if tokens else np.empty(0, dtype=np.int64)
        found.append(np.union1d(hits, context.stores.mentioning(anchor)))
    known = [f for f in found if f.size]
    return np.unique(np.concatenate(known)) if known else np.empty(0, dtype=np.int64)


def ranked(query: str, limit: int, allowed: Ids | None, context: Context) -> tuple[Ids, NDArray[np.float32]]:
    """The best facts by words and by vectors, fused; or by one of them, where the options say so."""
    stores, how = context.stores, context.options.retrieval
    pool = max(limit * 2, 100)
    rankings: list[Ids] = []
    if how != "vectors":
        rankings.append(stores.lexical.search(tokens_for_search(query), pool, allowed)[0])
    if how != "bm25":
        encoder = context.models.encoder
        vector = encoder.encode([query])[0]
        context.counters.count("encoder", 1)
        rankings.append(stores.embeddings(encoder.name, encoder.width).search(vector, pool, allowed)[0])
    fused: dict[int, float] = {}
    for ranking in rankings:
        for rank, fact in enumerate(ranking.tolist()):
            fused[fact] = fused.get(fact, 0.0) + 1.0 / (FUSION + rank)
    order = sorted(fused, key=lambda fact: (-fused[fact], fact))[:limit]
    return np.array(order, dtype=np.int64), np.array([fused[f] for f in order], dtype=np.float32)
