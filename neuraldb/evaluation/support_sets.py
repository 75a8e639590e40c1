"""The same questions under the same reader, over support sets found in different ways, and over the right ones.

Shows how much retrieval costs: BM25 alone, vectors alone, both with anchors, the trained retriever, the whole database,
and the benchmark's own support sets (of those, every fact of every set is read, and nothing else). What was retrieved
is set against those sets, too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuraldb.core.errors import Error
from neuraldb.evaluation.factbench import answers, databases, scorer
from neuraldb.models.registry import Models
from neuraldb.operators.context import Options
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

METHODS = ("bm25", "vectors", "hybrid", "trained", "all", "gold")
"""The ways to retrieve: those of :class:`~neuraldb.operators.context.Options`, and the support sets themselves."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of asking a question under a method.

    Attributes:
        answer: the values; empty where the question failed.
        retrieved: ids of all facts that were retrieved to be read.
        readings: how often a fact was read for it, or known from a reading before.
    """

    answer: Sequence[Any] = ()
    retrieved: frozenset[int] = frozenset()
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question asked under a method, and how well.

    Attributes:
        method: one of :data:`METHODS`.
        type: the benchmark's type of the question.
        size: facts of the database.
        support: facts of all the question's support sets; 0 where it cannot be answered.
        exact, overlap: exact match and set F1, from 0 to 1.
        hits: retrieved facts that belong to a support set.
        facts: retrieved facts.
        readings: how often a fact was read; a join reads some several times.
    """

    method: str
    type: str
    size: int
    support: int
    exact: float
    overlap: float
    hits: int
    facts: int
    readings: int

    @property
    def precision(self) -> float:
        """The share of what was retrieved that belongs to a support set; 0 where nothing was."""
        return self.hits / self.facts if self.facts else 0.0

    @property
    def recall(self) -> float:
        """The share of the support sets' facts that was retrieved; there must be some."""
        return self.hits / self.support


def options(method: str, query: dict[str, Any], ids: Sequence[int], budget: int | None) -> Options:
    """How a question is asked under a method; ``ids`` are the stored facts in the database's order."""
    if method == "gold":
        return Options(retrieval="all", visible=gold_facts(query, ids))
    return Options(retrieval=method, budget=budget)


def gold_facts(query: dict[str, Any], ids: Sequence[int]) -> frozenset[int]:
    """The ids of the facts of a question's support sets, alternatives included."""
    return frozenset(ids[i] for support in query["facts"] for i in support)


def compare(
    paths: Sequence[Path],
    methods: Sequence[str] = METHODS,
    budget: int | None = None,
    limit: int | None = None,
    models: Models | None = None,
) -> list[Asked]:
    """Every question of the files under every method.

    Args:
        paths: factbench databases; the scorer lies beside the first.
        methods: some of :data:`METHODS`.
        budget: facts read for one step, under every method but ``all`` and ``gold``.
        limit: only the first so many databases of each file.
        models: None for the embedded ones.

    Raises:
        ImportFailed: a file is none of the benchmark, or there is no scorer.
    """
    score = scorer(paths[0].parent).score_query
    models = models if models is not None else Models()
    asked: list[Asked] = []
    for path in paths:
        for number, database in enumerate(databases(path)):
            if limit is not None and number >= limit:
                break
            session = Session(":memory:", models=models)
            ids = [added.id for added in session.add([NewFact(text) for text in database["facts"]])]
            for method, query, reply in _replies(session, database, ids, methods, budget):
                exact, overlap = score(query, list(reply.answer))
                gold = gold_facts(query, ids)
                asked.append(
                    Asked(
                        method=method,
                        type=query["type"],
                        size=len(database["facts"]),
                        support=len(gold),
                        exact=exact,
                        overlap=overlap,
                        hits=len(gold & reply.retrieved),
                        facts=len(reply.retrieved),
                        readings=reply.readings,
                    )
                )
            session.close()
            print(database["name"], file=sys.stderr)
    return asked


def _replies(
    session: Session, database: dict[str, Any], ids: Sequence[int], methods: Sequence[str], budget: int | None
) -> Iterator[tuple[str, dict[str, Any], Reply]]:
    for query in database["queries"]:
        for method in methods:
            try:
                result = session.run(query["query"], "question", options=options(method, query, ids, budget))
            except Error as error:
                print(f"{query['id']} ({method}): {error.message}", file=sys.stderr)
                yield method, query, Reply()
            else:
                cost = result.counters
                yield method, query, Reply(answers(result), frozenset(cost.support), cost.facts_read + cost.cached)
