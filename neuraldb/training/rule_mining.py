"""Mines rules for link prediction (Meilicke et al. 2019): from sampled edges up, then counted on the graph.

No gradient, and no entity's number in a path rule, so rules serve what came after. A rule's confidence is the share of
its matches that are edges, with ``PRIOR`` matches added that are none, so that rare rules claim little.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neuraldb.core.progress import CancelToken
from neuraldb.models.rules import WIDE, EndRules, Matrices, PathRule, Rules, Step, features_of, step_matrices
from neuraldb.training.link_recipe import on_stderr

PRIOR = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How to mine.

    Attributes:
        edges: of each relation, from which paths are generalised.
        longest: steps of a path.
        paths: rules of a relation, the surest.
        starts: entities from which a path's matches are counted.
        support: edges that a rule must match.
        least: confidence.
        ends: that one feature speaks for, the surest.
        hub: neighbours of an entity that are looked at, drawn where it has more.
        walks: tries to find a path of three steps.
        seed: of all that is drawn.
    """

    edges: int = 1000
    longest: int = 3
    paths: int = 200
    starts: int = 1000
    support: int = 2
    least: float = 0.01
    ends: int = 20
    hub: int = 500
    walks: int = 30
    seed: int = 1


def mine(
    triples: NDArray[np.int64],
    entities: int,
    settings: Settings,
    token: CancelToken | None = None,
    tell: Callable[[str], None] = on_stderr,
) -> Rules:
    """The rules of a graph's triples (n, 3); ``tell`` is given a line now and then.

    Raises:
        Cancelled, Timeout: when ``token`` says so.
    """
    edges = step_matrices(triples, entities)
    rng = random.Random(settings.seed)
    begun, last = time.monotonic(), 0.0
    walks = Walks(triples, settings, rng)
    relations = [step // 2 for step in edges if step % 2 == 0]
    paths = {}
    for number, relation in enumerate(relations, 1):
        if token is not None:
            token.check()
        paths[relation] = path_rules(relation, edges, walks, settings, rng)
        if time.monotonic() - last > 10:
            last = time.monotonic()
            tell(f"paths of {number} of {len(relations)} relations")
    table = FeatureTable(edges, entities)
    ends = {step: end_rules(step, edges[step], table, settings) for step in edges}
    kinds = sum(map(len, paths.values())), sum(len(e.ends) for e in ends.values())
    spent = time.monotonic() - begun
    tell(f"{kinds[0]} path rules and {kinds[1]} rules for single ends in {spent:.0f} s")
    return Rules(paths, ends)


class Walks:
    """Neighbours of each entity, to find paths between two.

    Args:
        triples: (n, 3); edges to oneself are left out.
        settings: how to mine.
        rng: what draws.
    """

    def __init__(self, triples: NDArray[np.int64], settings: Settings, rng: random.Random) -> None:
        self._leaving: dict[int, list[tuple[Step, int]]] = defaultdict(list)
        self._between: dict[tuple[int, int], list[Step]] = defaultdict(list)
        self._settings, self._rng = settings, rng
        for head, relation, tail in np.unique(triples, axis=0).tolist():
            if head != tail:
                self._leaving[head].append((2 * relation, tail))
                self._leaving[tail].append((2 * relation + 1, head))
                self._between[head, tail].append(2 * relation)
                self._between[tail, head].append(2 * relation + 1)

    def paths(self, head: int, tail: int) -> set[tuple[Step, ...]]:
        """The steps of paths from head to tail: all of one, nearly all of two, and some of three."""
        found: set[tuple[Step, ...]] = {(step,) for step in self._between.get((head, tail), ())}
        around_head, around_tail = self._around(head), self._around(tail)
        if self._settings.longest >= 2:
            for first, middle in around_head:
                found |= {(first, second) for second in self._between.get((middle, tail), ())}
        if self._settings.longest >= 3 and around_head and around_tail:
            for _ in range(self._settings.walks):
                (first, a), (back, b) = self._rng.choice(around_head), self._rng.choice(around_tail)
                if len({head, tail, a, b}) == 4:
                    found |= {(first, middle, back ^ 1) for middle in self._between.get((a, b), ())}
        return found

    def _around(self, entity: int) -> list[tuple[Step, int]]:
        leaving = self._leaving.get(entity, [])
        return leaving if len(leaving) <= self._settings.hub else self._rng.sample(leaving, self._settings.hub)


def path_rules(
    relation: int,
    edges: Matrices,
    walks: Walks,
    settings: Settings,
    rng: random.Random,
) -> list[PathRule]:
    """The surest path rules of a relation."""
    own = edges[2 * relation].tocoo()
    pairs = list(zip(own.row.tolist(), own.col.tolist(), strict=True))
    counts: Counter[tuple[Step, ...]] = Counter()
    for head, tail in pairs if len(pairs) <= settings.edges else rng.sample(pairs, settings.edges):
        counts.update(walks.paths(head, tail))
    del counts[2 * relation,]
    rules = []
    for steps, count in counts.most_common(4 * settings.paths):
        if count < settings.support:
            break
        if (confidence := _confidence(steps, relation, edges, settings, rng)) >= settings.least:
            rules.append(PathRule(steps, confidence))
    return sorted(rules, key=lambda r: (-r.confidence, r.steps))[: settings.paths]


def _confidence(
    steps: tuple[Step, ...],
    relation: int,
    edges: Matrices,
    settings: Settings,
    rng: random.Random,
) -> float:
    """The share of a path's matches that are edges of the relation, counted from some entities where it begins."""
    starts = np.flatnonzero(np.diff(edges[steps[0]].indptr))
    if len(starts) > settings.starts:
        starts = np.array(sorted(rng.sample(starts.tolist(), settings.starts)))
    found = edges[steps[0]][starts]
    for step in steps[1:]:
        found = found @ edges[step]
    coordinates = found.tocoo()
    other = starts[coordinates.row] != coordinates.col
    matches = int(other.sum())
    hits = found.multiply(edges[2 * relation][starts])
    support = int(hits.nnz)
    return support / (matches + PRIOR) if support >= settings.support else 0.0


class FeatureTable:
    """The features of all entities as a matrix.

    Attributes:
        keys: of the features (f,).
        matrix: (f, entities), 1 where an entity has a feature.
        sizes: how many entities have each feature (f,).
    """

    def __init__(self, edges: Matrices, entities: int) -> None:
        found = features_of(edges, entities)
        self.keys, numbers = np.unique(np.concatenate(list(found.values())), return_inverse=True)
        owners = np.repeat(np.fromiter(found, np.int64), [len(keys) for keys in found.values()])
        ones = np.ones(len(numbers), np.float32)
        self.matrix = sparse.coo_array((ones, (numbers, owners)), shape=(len(self.keys), entities)).tocsr()
        self.sizes = np.bincount(numbers, minlength=len(self.keys))


def end_rules(step: Step, edges: sparse.csr_array, table: FeatureTable, settings: Settings) -> EndRules:
    """What each feature of an entity says of the other end of its edges of one step."""
    together = (table.matrix @ edges).tocoo()  # how many entities have the feature and the edge
    confidences = together.data / (table.sizes[together.row] + PRIOR)
    keys = table.keys[together.row]
    itself = keys == step * WIDE + together.col
    good = (together.data >= settings.support) & (confidences >= settings.least) & ~itself
    keys, ends, confidences = keys[good], together.col[good], confidences[good]
    order = np.lexsort((ends, -confidences, keys))
    keys, ends, confidences = keys[order], ends[order], confidences[order]
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    within = np.arange(len(keys)) - np.repeat(begins, np.diff(np.append(begins, len(keys))))
    best = within < settings.ends
    return EndRules(keys[best], ends[best].astype(np.int64), confidences[best].astype(np.float32))
