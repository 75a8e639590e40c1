"""factbench: natural questions over databases of human sentences, asked through the public API.

Each database is loaded into memory, every query is asked, and predictions are written as the benchmark's own scorer
reads them. A query that fails counts as one without an answer, and is named on stderr.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import neuraldb
from neuraldb.core.errors import Error, ImportFailed, OperationalError
from neuraldb.core.progress import Report, silent
from neuraldb.evaluation.calibration import Judged, report_of
from neuraldb.loading.source import Source, undecoded
from neuraldb.models.registry import Models

FORM = "a line is a database: its name, facts (a list of texts) and queries (with id, query and gold answers)"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answered query.

    Attributes:
        database, query: the name and the id.
        answer: our values.
        milliseconds: the wall time of the question alone.
        error: why there is no answer, where the question failed.
        confidence: how sure each of the values is.
    """

    database: str
    query: str
    answer: list[Any]
    milliseconds: float
    error: str | None = None
    confidence: tuple[float, ...] = ()

    def to_json(self) -> str:
        """The line of the predictions file; the scorer passes over the confidence."""
        row = {
            "db": self.database, "id": self.query, "answer": self.answer, "ms": round(self.milliseconds, 1),
            "confidence": [round(each, 4) for each in self.confidence],
        }  # fmt: skip
        return json.dumps(row, ensure_ascii=False)


def databases(path: Path) -> Iterator[dict[str, Any]]:
    """The databases of a file, one JSON object a line.

    Raises:
        ImportFailed: the file cannot be read, or one of its lines is no database of the benchmark.
    """
    for number, line in enumerate(Source(path, path.name).lines(), 1):
        if line.strip():
            yield _database(line, f"{path.name}, line {number}")


def _database(line: str, place: str) -> dict[str, Any]:
    if unread := undecoded(line):
        raise ImportFailed(f"{place}: {unread}")
    try:
        made = json.loads(line)
    except json.JSONDecodeError as error:
        raise ImportFailed(f"{place}: not JSON: {error.msg}", source=line, span=(error.pos, error.pos + 1)) from error
    if not isinstance(made, dict):
        raise ImportFailed(f"{place}: a database is an object", hint=FORM)
    queries = made.get("queries")
    if not isinstance(made.get("name"), str):
        raise ImportFailed(f"{place}: the database has no name", hint=FORM)
    if not _texts(made.get("facts")):
        raise ImportFailed(f"{place}: its facts are no list of texts", hint=FORM)
    if not isinstance(queries, list) or not all(isinstance(q, dict) and _texts([q.get("query")]) for q in queries):
        raise ImportFailed(f"{place}: its queries are no list of questions", hint=FORM)
    if not all("id" in query for query in queries):
        raise ImportFailed(f"{place}: one of its queries has no id", hint=FORM)
    return made


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def answers(result: neuraldb.Result) -> list[Any]:
    """A result as the scorer wants it: the values of the first column, a total with its unit."""
    columns = result.columns
    out: list[Any] = []
    for row in result:
        value = row[0]
        if value is None:
            continue
        if "unit" in columns and isinstance(value, float):
            unit = row[columns.index("unit")]
            out.append(f"{value!r} {unit}" if unit else value)
        else:
            out.append(value)
    return out


def confidences(result: neuraldb.Result) -> tuple[float, ...]:
    """How sure each of :func:`answers` is."""
    return tuple(sure for row, sure in zip(result, result.confidence, strict=True) if row[0] is not None)


def predict(database: dict[str, Any], connection: neuraldb.Connection, report: Report = silent) -> Iterator[Prediction]:
    """Load one database into an empty connection and ask all its queries."""
    connection.add_many(database["facts"])
    for number, query in enumerate(database["queries"]):
        begun = time.perf_counter()
        result, error = None, None
        try:
            result = connection.ask(query["query"])
        except Error as problem:
            error = problem.message
        answer, sure = ([], ()) if result is None else (answers(result), confidences(result))
        milliseconds = (time.perf_counter() - begun) * 1000
        report(database["name"], number + 1, len(database["queries"]))
        yield Prediction(database["name"], query["id"], answer, milliseconds, error, sure)


def scorer(folder: Path) -> ModuleType:
    """The benchmark's own scorer, loaded from beside its data.

    Raises:
        ImportFailed: there is none.
    """
    path = folder / "score.py"
    spec = importlib.util.spec_from_file_location("factbench_score", path)
    if spec is None or spec.loader is None or not path.exists():
        raise ImportFailed(f"there is no score.py in {folder}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def judged(query: dict[str, Any], prediction: Prediction, score: ModuleType) -> Iterator[Judged]:
    """Each value of an answer with its confidence; it is right if the scorer gives it a positive F1 by itself."""
    for value, sure in zip(prediction.answer, prediction.confidence, strict=True):
        yield Judged(query["type"], sure, score.score_query(query, [value])[1] > 0)


def _predictions(path: Path) -> IO[str]:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise OperationalError(f"cannot write {path}: {error.strerror or error}") from error


def run(paths: Sequence[Path], out: Path, models: Any = None, limit: int | None = None) -> int:
    """Answer every query of the files; print the scorer's table and the calibration, if the scorer stands beside them.

    Args:
        paths: database files (``.jsonl`` or ``.jsonl.gz``).
        out: where the predictions go.
        models: None for the embedded ones.
        limit: only the first so many databases of each file.

    Returns:
        The exit code: 0, or 1 if a query failed.

    Raises:
        ImportFailed: a file is none of the benchmark.
        OperationalError: the predictions cannot be written.
    """
    folder = paths[0].parent
    score = scorer(folder) if (folder / "score.py").exists() else None
    models = models if models is not None else Models()  # once for all databases
    values: list[Judged] = []
    failed = 0
    with _predictions(out) as file:
        for path in paths:
            for number, database in enumerate(databases(path)):
                if limit is not None and number >= limit:
                    break
                with neuraldb.connect(":memory:", models=models) as connection:
                    for query, prediction in zip(database["queries"], predict(database, connection), strict=True):
                        file.write(prediction.to_json() + "\n")
                        if score is not None:
                            values += judged(query, prediction, score)
                        if prediction.error is not None:
                            failed += 1
                            print(f"{prediction.query}: {prediction.error}", file=sys.stderr)
                print(f"{database['name']}: {len(database['queries'])} queries", file=sys.stderr)
    if score is None:
        print(f"no score.py beside {paths[0]}: predictions are in {out}", file=sys.stderr)
        return 1 if failed else 0
    command = [sys.executable, str(folder / "score.py"), *map(str, paths), str(out)]
    subprocess.run(command, check=True)
    print(report_of(values))
    return 1 if failed else 0
