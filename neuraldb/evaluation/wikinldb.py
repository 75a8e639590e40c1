"""``neuraldb bench wikinldb``: the questions of WikiNLDB files, each asked when the facts before its height are told.

A database is told fact by fact; whenever the height of a question is reached, the question is asked through the public
API. Predictions are written as the original's scripts read them, one line a query, and scored in two ways: as the
original's scorers do (:mod:`neuraldb.evaluation.wikinldb_original`) and strictly
(:mod:`neuraldb.evaluation.wikinldb_strict`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import neuraldb
from neuraldb.core.errors import Error, OperationalError
from neuraldb.evaluation import wikinldb_original, wikinldb_strict
from neuraldb.evaluation.factbench import answers
from neuraldb.evaluation.wikinldb_tables import Scored, table
from neuraldb.loading.wikinldb_databases import Answer, Database, Query, read_databases
from neuraldb.models.registry import Models
from neuraldb.operators.context import Options

_TYPES = {"group_min": "argmin", "group_max": "argmax", "exists": "bool"}


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answered query.

    Attributes:
        database, position: the numbers, from 0, of the database in its file and of the query in its database.
        query: what was asked.
        type: what kind of question it was taken for.
        answer: our values, as they are scored strictly.
        milliseconds: the wall time of the question alone.
        error: why there is no answer, where the question failed.
    """

    database: int
    position: int
    query: Query
    type: str
    answer: tuple[Any, ...]
    milliseconds: float
    error: str | None = None

    def to_json(self) -> str:
        """The line of the predictions file."""
        metadata = {
            "relation": self.query.relation, "id": self.query.id, "type": self.query.type,
            "question": self.query.question, "database_idx": self.database, "question_idx": self.position,
        }  # fmt: skip
        row = {
            "prediction": wikinldb_original.in_original_form(self.query.type, self.answer),
            "actual": _gold(self.query),
            "metadata": metadata,
            "predicted_type": self.type,
            "answer": list(self.answer),
            "ms": round(self.milliseconds, 1),
        }
        return json.dumps(row, ensure_ascii=False, default=str)


def _gold(query: Query) -> list[Answer]:
    """The answer as the original has it, or that of the file where the original has none."""
    try:
        return wikinldb_original.gold(query)
    except wikinldb_original.NotAggregated:
        return list(query.answer)


@dataclass(frozen=True, slots=True)
class Showing:
    """Which facts a query is shown.

    Attributes:
        through_height: the fact at the height as well, as the original's readers have it.
        gold: only those of the query's support sets.
    """

    through_height: bool = False
    gold: bool = False


def predict(
    database: Database, connection: neuraldb.Connection, number: int = 0, showing: Showing | None = None
) -> Iterator[Prediction]:
    """Tell the facts of one database to an empty connection, and ask each query at its height; in order of height.

    Args:
        database: its facts and queries.
        connection: where they go.
        number: which database of its file it is, from 0.
        showing: which facts are shown; by default those before the height.
    """
    showing = showing or Showing()
    ids: list[int | None] = []
    for position in sorted(range(len(database.queries)), key=lambda i: database.queries[i].height):
        query = database.queries[position]
        seen = min(query.height + showing.through_height, len(database.facts))
        if seen > len(ids):
            ids += _told(database, connection, len(ids), seen)
        only = frozenset(i for each in query.facts for n in each if n < seen and (i := ids[n]) is not None)
        yield _asked(query, connection, number, position, only if showing.gold else None)


def _told(database: Database, connection: neuraldb.Connection, start: int, end: int) -> list[int | None]:
    """Tell some facts; gives their ids, None for one that is refused."""
    report = connection.add_many(database.facts[start:end])
    refused = {each.position: each.reason for each in report.refused}
    for position, reason in refused.items():
        print(f"{database.name}: fact {start + position} was refused: {reason}", file=sys.stderr)
    given = iter(report.ids)
    return [None if position in refused else next(given) for position in range(end - start)]


def _asked(
    query: Query, connection: neuraldb.Connection, number: int, position: int, only: frozenset[int] | None
) -> Prediction:
    kind, answer, error = "", [], None
    begun = time.perf_counter()
    try:
        if only is None:
            result = connection.ask(query.question)
        else:
            result = connection.session.run(query.question, "question", options=Options(visible=only))
        answer = answers(result)
        milliseconds = (time.perf_counter() - begun) * 1000
        kind = connection.session.models.parser.parse([query.question])[0].type
    except Error as problem:
        milliseconds = (time.perf_counter() - begun) * 1000
        error = problem.message
    return Prediction(number, position, query, _TYPES.get(kind, kind), tuple(answer), milliseconds, error)


def scored(prediction: Prediction, size: int) -> Scored:
    """A prediction with both scores; ``size`` is how many facts its database has."""
    query = prediction.query
    try:
        actual = wikinldb_original.gold(query)
    except wikinldb_original.NotAggregated:
        compatible = None
    else:
        said = wikinldb_original.in_original_form(query.type, prediction.answer)
        compatible = wikinldb_original.score(actual, said)
    return Scored(query, size, compatible, wikinldb_strict.score(query, prediction.answer))


def run(
    paths: Sequence[Path],
    out: Path,
    models: Models | None = None,
    limit: int | None = None,
    showing: Showing | None = None,
) -> int:
    """Answer every query of the files, write the predictions, and print the table.

    Args:
        paths: WikiNLDB files of any version.
        out: where the predictions go.
        models: None for the embedded ones.
        limit: only the first so many databases of each file.
        showing: which facts a query is shown; by default those before its height.

    Returns:
        The exit code: 0, or 1 if a query failed.

    Raises:
        ImportFailed: a file is none of these.
        OperationalError: the predictions cannot be written.
    """
    models = models if models is not None else Models()
    results: list[Scored] = []
    kinds = failed = 0
    with _predictions(out) as file:
        for path in paths:
            for number, database in enumerate(read_databases(path)):
                if limit is not None and number >= limit:
                    break
                print(f"{database.name}: {len(database.facts)} facts", end="", file=sys.stderr, flush=True)
                with neuraldb.connect(":memory:", models=models) as connection:
                    made = list(predict(database, connection, number, showing))
                print(f", {len(made)} queries", file=sys.stderr)
                for prediction in sorted(made, key=lambda each: each.position):
                    file.write(prediction.to_json() + "\n")
                    results.append(scored(prediction, len(database.facts)))
                    kinds += prediction.type == prediction.query.type
                    if prediction.error is not None:
                        failed += 1
                        print(f"{prediction.query.id}: {prediction.error}", file=sys.stderr)
    print(table(results))
    if results:
        print(f"type of question recognised: {100 * kinds / len(results):.1f}")
    return 1 if failed else 0


def _predictions(path: Path) -> IO[str]:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise OperationalError(f"cannot write {path}: {error.strerror or error}") from error
