"""What support sets along paths add: the join questions of factbench, asked without them and with them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuraldb.core.errors import Error
from neuraldb.evaluation.factbench import answers, databases, scorer
from neuraldb.evaluation.support_set_tables import markdown
from neuraldb.models.registry import Models
from neuraldb.operators.context import Options
from neuraldb.plan.path_nodes import PathSteps
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

TYPE = "join"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question asked in one way.

    Attributes:
        steps: how paths were found; None: they were not used.
        exact, overlap: exact match and set F1, from 0 to 1.
        answered: whether there was any answer.
        held: whether all facts of one of the question's support sets were among those that were read.
        milliseconds: of the processor.
    """

    steps: PathSteps | None
    exact: float
    overlap: float
    answered: bool
    held: bool
    milliseconds: float


def compare(
    paths: Sequence[Path], steps: Sequence[PathSteps | None], limit: int | None = None, models: Models | None = None
) -> list[Asked]:
    """The join questions of factbench databases, each asked in every way.

    Args:
        paths: factbench databases; the scorer lies beside the first.
        steps: the ways; None: without paths.
        limit: only the first so many questions.
        models: None for the embedded ones.

    Raises:
        ImportFailed: a file is none of the benchmark, or there is no scorer.
    """
    score = scorer(paths[0].parent).score_query
    models = models if models is not None else Models()
    asked: list[Asked] = []
    for database in (database for path in paths for database in databases(path)):
        queries = [query for query in database["queries"] if query["type"] == TYPE]
        if not queries or (limit is not None and len(asked) >= limit * len(steps)):
            continue
        session = Session(":memory:", models=models)
        ids = [added.id for added in session.add([NewFact(text) for text in database["facts"]])]
        for query in queries if limit is None else queries[: limit - len(asked) // len(steps)]:
            asked += _asked(session, query, ids, steps, score)
        session.close()
        print(f"{database['name']}: {len(asked) // len(steps)} questions", file=sys.stderr)
    return asked


def _asked(
    session: Session, query: dict[str, Any], ids: Sequence[int], steps: Sequence[PathSteps | None], score: Any
) -> Iterator[Asked]:
    sets = [frozenset(ids[i] for i in support) for support in query["facts"]]
    for each in steps:
        begun = time.process_time()
        try:
            result = session.run(query["query"], "question", options=Options(paths=each))
        except Error as error:
            print(f"{query['id']} ({each}): {error.message}", file=sys.stderr)
            yield Asked(each, 0.0, 0.0, answered=False, held=False, milliseconds=0.0)
            continue
        milliseconds = 1000 * (time.process_time() - begun)
        given = answers(result)
        exact, overlap = score(query, given)
        held = any(support <= result.counters.support for support in sets)
        yield Asked(each, exact, overlap, bool(given), held, milliseconds)


def table(asked: Sequence[Asked]) -> str:
    """The means of each way, as Markdown; shares in per cent."""
    rows = []
    for steps in dict.fromkeys(each.steps for each in asked):
        some = [each for each in asked if each.steps == steps]
        shares = [
            100 * sum(values) / len(some)
            for values in (
                [each.exact for each in some],
                [each.overlap for each in some],
                [float(each.answered) for each in some],
                [float(each.held) for each in some],
            )
        ]
        milliseconds = sum(each.milliseconds for each in some) / len(some)
        rows.append(
            [
                "none" if steps is None else str(steps),
                str(len(some)),
                *(f"{v:.1f}" for v in shares),
                f"{milliseconds:.0f}",
            ]
        )
    return markdown(["paths", "questions", "exact match", "F1", "answered", "support read", "ms"], rows)
