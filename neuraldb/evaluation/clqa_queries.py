"""The 14 query patterns of BetaE (Ren and Leskovec 2020), their query files, and a sampler of queries of each.

In a query file a query is nested tuples: ``(e, (r,))`` projects entity ``e`` along relation ``r``; several such in one
tuple are intersected, or united where ``(-1,)`` follows; ``-2`` among relations is negation.
"""

from __future__ import annotations

import io
import pickle
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from neuraldb.core.errors import ImportFailed
from neuraldb.operators.complex_queries import adjacency, answers
from neuraldb.plan.logical_queries import Anchor, Conjunction, Disjunction, LogicalQuery, Negation, Projection
from neuraldb.training.triples import KnowledgeGraph, Triples

Shape: TypeAlias = "tuple[Any, ...] | str"
P1: Shape = ("e", ("r",))
P2: Shape = ("e", ("r", "r"))
UNION, NOT = -1, -2
PATTERNS: dict[str, Shape] = {
    "1p": P1,
    "2p": P2,
    "3p": ("e", ("r", "r", "r")),
    "2i": (P1, P1),
    "3i": (P1, P1, P1),
    "pi": (P2, P1),
    "ip": ((P1, P1), ("r",)),
    "2u": (P1, P1, ("u",)),
    "up": ((P1, P1, ("u",)), ("r",)),
    "2in": (P1, ("e", ("r", "n"))),
    "3in": (P1, P1, ("e", ("r", "n"))),
    "inp": ((P1, ("e", ("r", "n"))), ("r",)),
    "pin": (P2, ("e", ("r", "n"))),
    "pni": (("e", ("r", "r", "n")), P1),
}
"""The shape of each pattern, as BetaE's files write it."""
EPFO = tuple(p for p in PATTERNS if "n" not in p)
"""The nine without negation: existential, positive, first order."""
DE_MORGAN: dict[str, Shape] = {
    "2u": ((("e", ("r", "n")), ("e", ("r", "n"))), ("n",)),
    "up": ((("e", ("r", "n")), ("e", ("r", "n"))), ("n", "r")),
}
"""The two with a union as negated intersection of negations."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with its answers.

    Attributes:
        pattern: its name.
        query: the query.
        easy: what the known edges answer.
        hard: what only all edges answer.
    """

    pattern: str
    query: LogicalQuery
    easy: frozenset[int]
    hard: frozenset[int]


class Numbering:
    """The numbers of a query file as those of a graph whose names they are, as in BetaE's data sets.

    Args:
        graph: its entities and relations are called by the file's numbers.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._entities = {name: number for number, name in enumerate(graph.entities)}
        self._relations = {name: number for number, name in enumerate(graph.relations)}

    def entity(self, number: int) -> int:
        """The number of a file's entity."""
        return self._found(self._entities, "entity", number)

    def relation(self, number: int) -> int:
        """The number of a file's relation."""
        return self._found(self._relations, "relation", number)

    @staticmethod
    def _found(numbers: Mapping[str, int], kind: str, number: int) -> int:
        if str(number) not in numbers:
            raise ImportFailed(f"the queries ask for the {kind} {number}, which the graph does not have")
        return numbers[str(number)]


def parsed(written: Any, numbering: Numbering) -> LogicalQuery:
    """A query of a file.

    Args:
        written: nested tuples.
        numbering: of entities and relations.

    Raises:
        ImportFailed: it is no query.
    """
    if isinstance(written, int):
        return Anchor(numbering.entity(written))
    if not isinstance(written, tuple) or not written:
        raise ImportFailed(f"{written!r} is no query of BetaE's format")
    *parts, last = written
    if last == (UNION,):
        return Disjunction(tuple(parsed(part, numbering) for part in parts))
    if len(parts) == 1 and isinstance(last, tuple) and all(isinstance(step, int) for step in last):
        query = parsed(parts[0], numbering)
        for step in last:
            query = Negation(query) if step == NOT else Projection(numbering.relation(step), query)
        return query
    return Conjunction(tuple(parsed(part, numbering) for part in written))


def read(folder: Path, split: str, numbering: Numbering) -> Iterator[tuple[str, LogicalQuery]]:
    """The queries of ``<split>-queries.pkl``, each with the name of its pattern (those by De Morgan left out).

    Raises:
        ImportFailed: there is no such file, or it holds something else than queries.
    """
    names = {shape: name for name, shape in PATTERNS.items()}
    path = folder / f"{split}-queries.pkl"
    if not path.exists():
        raise ImportFailed(f"{folder} has no {path.name}")
    for shape, queries in _unpickled(path).items():
        if shape in names:
            for written in sorted(queries):
                yield names[shape], parsed(written, numbering)
        elif shape not in DE_MORGAN.values():
            raise ImportFailed(f"{path.name} has queries of an unknown pattern {shape!r}")


class _PlainUnpickler(pickle.Unpickler):
    """Reads containers and numbers, and calls nothing that a file names but ``set`` and ``defaultdict``."""

    def find_class(self, module: str, name: str) -> Any:
        allowed = {("builtins", "set"): set, ("collections", "defaultdict"): defaultdict}
        if (module, name) not in allowed:
            raise ImportFailed(f"a query file wants {module}.{name}, which no query needs")
        return allowed[module, name]


def _unpickled(path: Path) -> Mapping[Any, Any]:
    try:
        found = _PlainUnpickler(io.BytesIO(path.read_bytes())).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError) as error:
        raise ImportFailed(f"{path.name} is no query file: {error}") from error
    if not isinstance(found, dict):
        raise ImportFailed(f"{path.name} is no query file: it holds no queries by pattern")
    return found


class Sampler:
    """Draws queries that have an answer which the known edges do not give (the rule of BetaE).

    Args:
        known: the triples that may be used to answer (n, 3).
        full: all triples, known ones too.
        entities: how many there are.
        rng: what draws.
        most: answers of a query at most.
    """

    def __init__(self, known: Triples, full: Triples, entities: int, rng: random.Random, most: int = 100) -> None:
        self._known, self._full = adjacency(known), adjacency(full)
        self._entities, self._rng, self._most = entities, rng, most
        self._arriving: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
        for head, relation, tail in np.unique(full, axis=0).tolist():
            self._arriving[tail].append((head, relation, False))
            self._arriving[head].append((tail, relation, True))
        self._targets = sorted(self._arriving)

    def draw(self, pattern: str, number: int) -> Iterator[Asked]:
        """Distinct queries of a pattern, ``number`` or as many as a thousand tries for each give."""
        seen: set[LogicalQuery] = set()
        for _ in range(1000 * number):
            if len(seen) == number:
                return
            query = self._fill(PATTERNS[pattern], self._rng.choice(self._targets))
            if query is None or query in seen:
                continue
            asked = self.judged(pattern, query)
            if asked.hard and len(asked.easy | asked.hard) <= self._most:
                seen.add(query)
                yield asked

    def judged(self, pattern: str, query: LogicalQuery) -> Asked:
        """A query with its answers."""
        every = answers(query, self._full, self._entities)
        easy = answers(query, self._known, self._entities)
        return Asked(pattern, query, frozenset(easy), frozenset(every - easy))

    def _fill(self, shape: Any, target: int) -> LogicalQuery | None:
        """A query of a shape whose answers have the target among them; None where the draw failed."""
        *parts, last = shape
        if last == ("u",):
            others = [target, *(self._rng.choice(self._targets) for _ in parts[1:])]
            filled = [self._fill(part, t) for part, t in zip(parts, others, strict=True)]
            return Disjunction(tuple(f for f in filled if f)) if all(filled) and len(set(filled)) > 1 else None
        if len(parts) == 1 and all(isinstance(step, str) for step in last):
            return self._fill_steps(parts[0], last, target)
        return self._fill_conjunction(shape, target)

    def _fill_steps(self, start: Any, steps: tuple[str, ...], target: int) -> LogicalQuery | None:
        edges = []
        for _ in steps:
            arriving = self._arriving.get(target)
            if not arriving:
                return None
            target, relation, inverse = self._rng.choice(arriving)
            edges.append((relation, inverse))
        if any(a == (b[0], not b[1]) for a, b in pairwise(edges)):
            return None  # there and back again
        query: LogicalQuery | None = Anchor(target) if start == "e" else self._fill(start, target)
        for relation, inverse in reversed(edges):
            query = Projection(relation, query, inverse) if query is not None else None
        return query

    def _fill_conjunction(self, shape: Any, target: int) -> LogicalQuery | None:
        denied = [part[-1][-1] == "n" for part in shape]
        positive = [self._fill(part, target) for part, no in zip(shape, denied, strict=True) if not no]
        if not all(positive) or len(set(positive)) < len(positive):
            return None
        kept = tuple(p for p in positive if p is not None)
        if not any(denied):
            return Conjunction(kept)
        # what is denied holds for another answer of the rest: otherwise the negation would take nothing away
        rest = answers(Conjunction(kept), self._full, self._entities) - {target}
        if not rest:
            return None
        other = self._rng.choice(sorted(rest))
        part = next(part for part, no in zip(shape, denied, strict=True) if no)
        negated = self._fill((part[0], part[-1][:-1]), other)
        return None if negated is None else Conjunction((*kept, Negation(negated)))


def read_or_draw(
    sampler: Sampler, queries: Iterator[tuple[str, LogicalQuery]] | None, number: int, patterns: tuple[str, ...]
) -> Iterator[Asked]:
    """Queries of a file with their answers, else drawn ones; at most ``number`` of each pattern (0: all of a file)."""
    if queries is None:
        for pattern in patterns:
            yield from sampler.draw(pattern, number)
        return
    counts: dict[str, int] = defaultdict(int)
    for pattern, query in queries:
        if pattern in patterns and (not number or counts[pattern] < number):
            counts[pattern] += 1
            yield sampler.judged(pattern, query)
