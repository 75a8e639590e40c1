"""Examples for the paper's sequence-to-sequence operator, from WikiNLDB databases: a question, facts, what to write.

``spj_rand`` is the original's noise, without which the operator fails behind a retriever that errs: beside each support
set the same one among other facts, and other facts alone, from which nothing follows.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuraldb.core.errors import ImportFailed
from neuraldb.loading.wikinldb_databases import Database, Query, read_databases
from neuraldb.models.serialisation import TYPES, target

WITH_OTHERS, OTHERS_ALONE = 0.6, 0.2
"""How often a support set comes once more among other facts, and how often other facts come alone."""
MOST_OTHERS = 3


@dataclass(frozen=True, slots=True)
class TypedExample:
    """What the operator reads and is to write.

    Attributes:
        question: the question.
        facts: the support set.
        kind: the type of the query.
        derivations: what follows, as it stands in the file; none where nothing does.
    """

    question: str
    facts: tuple[str, ...]
    kind: str
    derivations: tuple[str, ...]

    @property
    def target(self) -> str:
        """The typed derivation string."""
        return target(self.kind, self.derivations)


def read_files(paths: Iterable[Path]) -> list[Database]:
    """The databases of files.

    Raises:
        ImportFailed: a file is none, or no query in any of them has derivations.
    """
    databases = [database for path in paths for database in read_databases(path)]
    if not any(usable(query) for database in databases for query in database.queries):
        raise ImportFailed(
            "no query of the files has derivations", hint="WikiNLDB 1.x and 2.4 have them, versions 0.4 and 0.5 do not"
        )
    return databases


def usable(query: Query) -> bool:
    """Whether a query says what follows from each of its support sets."""
    return query.type in TYPES and 0 < len(query.derivations) == len(query.facts)


def examples(databases: Sequence[Database], rng: random.Random, noise: bool = True) -> Iterator[TypedExample]:
    """The examples of databases, in their order; what follows from one support set is written as one list.

    Args:
        databases: those of :func:`read_files`.
        rng: draws the noise.
        noise: ``spj_rand``; without it there are the support sets alone.
    """
    for database in databases:
        for query in filter(usable, database.queries):
            groups: dict[tuple[int, ...], list[str]] = {}
            for support, derivation in zip(query.facts, query.derivations, strict=True):
                groups.setdefault(support, []).append(derivation)
            # what the question rests on is no noise for any of its support sets
            others = sorted(set(range(min(query.height, len(database.facts)))) - {i for s in query.facts for i in s})
            for support, derivations in groups.items():
                yield from _example(database, query, support, tuple(dict.fromkeys(derivations)), others, rng, noise)


def _example(
    database: Database,
    query: Query,
    support: tuple[int, ...],
    derivations: tuple[str, ...],
    others: Sequence[int],
    rng: random.Random,
    noise: bool,
) -> Iterator[TypedExample]:
    def made(numbers: Iterable[int], follows: tuple[str, ...]) -> TypedExample:
        return TypedExample(query.question, tuple(database.facts[i] for i in numbers), query.type, follows)

    yield made(support, derivations)
    if not noise or not others:
        return
    if rng.random() < WITH_OTHERS:
        mixed = [*support, *_some(others, rng)]
        rng.shuffle(mixed)
        yield made(mixed, derivations)
    if rng.random() < OTHERS_ALONE:
        yield made(_some(others, rng), ())


def _some(others: Sequence[int], rng: random.Random) -> list[int]:
    return rng.sample(others, min(len(others), rng.randint(1, MOST_OTHERS)))
