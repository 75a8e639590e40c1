"""Filtered ranks of links (Bordes et al. 2013, section 4.1): each held-back triple against all others, both directions.

A triple's tail is ranked among all entities but those that make another true triple of any split; a tie counts as the
mean of its best and worst rank, so a predictor that scores everything alike gains nothing (Sun et al. 2020).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.progress import Report, silent
from neuraldb.models.protocols import LinkPredictor
from neuraldb.training.triples import KnowledgeGraph, Triples

NONE = np.zeros(0, np.int64)
ROWS = 256
"""Heads that are scored at once."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ranks, 1 the best, of each direction (n,) float64: of tails given heads, and of heads given tails."""

    tails: NDArray[np.float64]
    heads: NDArray[np.float64]

    @property
    def ranks(self) -> NDArray[np.float64]:
        """Both directions."""
        return np.concatenate([self.tails, self.heads])

    @property
    def mrr(self) -> float:
        """The mean reciprocal rank, both directions."""
        return float(np.mean(1.0 / self.ranks)) if len(self.ranks) else 0.0

    def hits(self, k: int) -> float:
        """The share of ranks up to ``k``, both directions."""
        return float(np.mean(self.ranks <= k)) if len(self.ranks) else 0.0


def rank(predictor: LinkPredictor, graph: KnowledgeGraph, triples: Triples, report: Report = silent) -> Ranking:
    """The filtered ranks of triples.

    Args:
        predictor: scores tails of (head, relation), and heads of (relation, tail).
        graph: all of whose splits are filtered out.
        triples: what is ranked, (n, 3).
        report: progress.
    """
    tails, heads = np.empty(len(triples)), np.empty(len(triples))
    done = 0
    for inverse, out in ((False, tails), (True, heads)):
        near, far = (2, 0) if inverse else (0, 2)
        known = neighbours(graph.all, inverse)
        for relation, places in _batches(triples):
            scores = predictor.rows(triples[places, near], relation, inverse)
            for row, place in zip(scores, places, strict=True):
                target = triples[place, far]
                others = known.get((int(triples[place, near]), relation), NONE)
                out[place] = filtered_rank(row, int(target), others)
            done += len(places)
            report("ranking", done, 2 * len(triples))
    return Ranking(tails, heads)


def filtered_rank(scores: NDArray[np.float32], target: int, others: NDArray[np.int64]) -> float:
    """The rank of ``target`` among scores (entities,) without the ``others``; ties at the mean rank."""
    own = scores[target]
    higher = np.count_nonzero(scores > own) - np.count_nonzero(scores[others] > own)
    same = np.count_nonzero(scores == own) - np.count_nonzero(scores[others] == own)
    if target not in others:
        same -= 1
    return 1.0 + higher + same / 2.0


def neighbours(triples: Triples, inverse: bool) -> dict[tuple[int, int], NDArray[np.int64]]:
    """For each (head, relation) the tails, or for each (tail, relation) the heads."""
    near, far = (2, 0) if inverse else (0, 2)
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    for triple in triples.tolist():
        found[triple[near], triple[1]].add(triple[far])
    return {key: np.fromiter(values, np.int64) for key, values in found.items()}


def _batches(triples: Triples) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Places of triples of one relation, so many at a time."""
    order = np.argsort(triples[:, 1], kind="stable")
    bounds = np.flatnonzero(np.diff(triples[order, 1])) + 1
    for places in np.split(order, bounds):
        for start in range(0, len(places), ROWS):
            chunk = places[start : start + ROWS]
            yield int(triples[chunk[0], 1]), chunk
