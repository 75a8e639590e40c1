"""Retrieve: support-set generation by entity anchors, BM25 and vectors together.

Where a question names somebody, only facts that name them too can answer it; a few such facts are all read. Of many
facts, those are read that the retriever gives a chance (:data:`STOP`): as many as there are, whatever their number; and
beside them a few that words and vectors rank highest, by reciprocal rank fusion (Cormack et al. 2009).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from neuraldb.core.text import tokens_for_search
from neuraldb.operators.context import Context, neural
from neuraldb.operators.tables import table
from neuraldb.plan.nodes import Node, Retrieve

READ_ALL = 48
STOP = 0.005
"""A fact that belongs to the support set with a smaller probability is not read for that."""
ANCHORED, FREE = 32, 48
"""Facts that are read for their rank alone: of those that name an anchor, and where nothing is named."""
UNTRAINED = 160
"""Facts that are read where no retriever says how many may matter."""
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
    anchored = options.retrieval in ("trained", "hybrid")
    named = naming(anchors, context) if anchored else np.empty(0, dtype=np.int64)
    allowed = named if named.size else None
    if options.visible is not None:
        seen = np.array(sorted(options.visible), dtype=np.int64)
        allowed = seen if allowed is None else np.intersect1d(allowed, seen)
    count = len(allowed) if allowed is not None else context.stores.facts.count()
    if count <= (READ_ALL if budget is None else budget) or options.retrieval == "all":
        ids = allowed if allowed is not None else context.stores.facts.ids()
        return ids, np.ones(len(ids), dtype=np.float32)
    if options.retrieval == "trained" and context.models.retriever is not None:
        return supporting(query, budget, ANCHORED if allowed is not None else FREE, allowed, context)
    return ranked(query, budget if budget is not None else UNTRAINED, allowed, context)


def supporting(
    query: str, budget: int | None, least: int, allowed: Ids | None, context: Context
) -> tuple[Ids, NDArray[np.float32]]:
    """The facts that may belong to the support set, the likeliest first: no fixed number, but at most the budget.

    Args:
        query: the question.
        budget: at most so many; None for all that may matter.
        least: so many of the best by words and by vectors are among them anyhow.
        allowed: the only ids that may come; None allows all.
        context: the statement's.
    """
    stores, retriever, encoder = context.stores, context.models.retriever, context.models.encoder
    assert retriever is not None
    vectors, biases, scale = retriever.wanted([query])
    context.counters.count("encoder", 1)
    searched = stores.embeddings(encoder.name, encoder.width)
    floor = (math.log(STOP / (1.0 - STOP)) - float(biases[0])) / scale
    ids, cosines = searched.search(vectors[0], least, allowed, floor)
    worded, _ = stores.lexical.search(tokens_for_search(query), least, allowed)
    ranked_first = list(fuse((ids[:least], worded)))[:least]
    known = dict(zip(ids.tolist(), cosines.tolist(), strict=True))
    if unseen := [fact for fact in ranked_first if fact not in known]:
        more, others = searched.search(vectors[0], len(unseen), unseen)
        known |= dict(zip(more.tolist(), others.tolist(), strict=True))
    likely = {fact: 1.0 / (1.0 + math.exp(-(scale * cosine + float(biases[0])))) for fact, cosine in known.items()}
    kept = {fact for fact, p in likely.items() if p >= STOP} | set(ranked_first)
    order = sorted(kept & set(likely), key=lambda fact: (-likely[fact], fact))[:budget]
    return np.array(order, dtype=np.int64), np.array([likely[fact] for fact in order], dtype=np.float32)


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
    fused = fuse(rankings)
    order = list(fused)[:limit]
    return np.array(order, dtype=np.int64), np.array([fused[f] for f in order], dtype=np.float32)


def fuse(rankings: Sequence[Ids]) -> dict[int, float]:
    """Reciprocal rank fusion: each fact's score, highest first."""
    fused: dict[int, float] = {}
    for ranking in rankings:
        for rank, fact in enumerate(ranking.tolist()):
            fused[fact] = fused.get(fact, 0.0) + 1.0 / (FUSION + rank)
    return {fact: fused[fact] for fact in sorted(fused, key=lambda fact: (-fused[fact], fact))}
