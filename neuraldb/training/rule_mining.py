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
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neuraldb.core.progress import CancelToken
from neuraldb.models.rules import WIDE, EndRules, Features, Matrices, PathRule, Reach, Rules, Step, step_matrices
from neuraldb.training.link_recipe import on_stderr

PRIOR = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How to mine.

    Attributes:
        edges: of each relation, from which paths are generalised.
        longest: steps of a path.
        paths: rules of a relation, the surest.
        starts: entities from which a path's matches are counted, of those with an edge of the relation and of others.
        support: edges that a rule must match.
        least: confidence.
        ends: that one feature speaks for, the surest.
        hub: neighbours of an entity that are looked at, drawn where it has more.
        walks: tries to find a path of three steps.
        seed: of all that is drawn.
    """

    edges: int = 500
    longest: int = 3
    paths: int = 100
    starts: int = 60
    support: int = 2
    least: float = 0.005
    ends: int = 10
    hub: int = 300
    walks: int = 40
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
    common = [steps for steps, count in counts.most_common(4 * settings.paths) if count >= settings.support]
    rules = []
    for first, group in groupby(sorted(common), key=lambda steps: steps[0]):
        count = Counted(first, relation, edges, settings, rng)
        rules += [PathRule(steps, found) for steps in group if (found := count(steps)) >= settings.least]
    return sorted(rules, key=lambda r: (-r.confidence, r.steps))[: settings.paths]


class Counted:
    """Counts how sure paths with one first step are, from some entities where they begin.

    Edges of the relation begin at few of these entities, so those of both kinds are drawn apart, and weighed. An edge
    is no evidence for itself: no path comes back to where it has been.

    Args:
        first: the step.
        relation: for whose edges the paths speak.
        edges: of all steps.
        settings: how to mine.
        rng: what draws.
    """

    def __init__(self, first: Step, relation: int, edges: Matrices, settings: Settings, rng: random.Random) -> None:
        begins, wanted = (np.diff(edges[step].indptr) > 0 for step in (first, 2 * relation))
        drawn = [self._drawn(np.flatnonzero(begins & side), settings, rng) for side in (wanted, ~wanted)]
        starts = np.concatenate([some for some, _ in drawn])
        self._weights = np.concatenate([np.full(len(some), weight) for some, weight in drawn])
        self._reach = Reach(edges, starts)
        self._edges, self._support = edges[2 * relation][starts], settings.support

    @staticmethod
    def _drawn(every: NDArray[np.int64], settings: Settings, rng: random.Random) -> tuple[NDArray[np.int64], float]:
        """Some of the entities, sorted, and for how many each stands."""
        if len(every) <= settings.starts:
            return every, 1.0
        return np.array(sorted(rng.sample(every.tolist(), settings.starts))), len(every) / settings.starts

    def __call__(self, steps: tuple[Step, ...]) -> float:
        """The share of a path's matches that are edges of the relation."""
        found = self._reach(steps)
        if found is None:
            return 0.0
        matches = float(np.diff(found.indptr) @ self._weights)
        hits = np.diff((found * self._edges).tocsr().indptr)
        return float(hits @ self._weights) / (matches + PRIOR) if hits.sum() >= self._support else 0.0


class FeatureTable:
    """The features of all entities as a matrix.

    Attributes:
        keys: of the features (f,).
        matrix: (f, entities), 1 where an entity has a feature.
        sizes: how many entities have each feature (f,).
    """

    def __init__(self, edges: Matrices, entities: int) -> None:
        found = Features(edges, entities)
        self.keys, self.sizes = found.keys, np.diff(found.starts)
        ones = np.ones(len(found.owner_of), np.float32)
        self.matrix = sparse.csr_array((ones, found.owner_of, found.starts), shape=(len(self.keys), entities))


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
