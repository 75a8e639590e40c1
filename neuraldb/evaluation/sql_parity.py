"""Parity of questions and SQL: each query of factbench is asked in plain language and as its SQL twin, rows compared.

What is compared is what both say, not whether it is right: two rows are one where the benchmark's scorer takes them for
one. Each difference is listed with what kind of difference it is, and which of the two the benchmark thinks right.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import neuraldb
from neuraldb.core.errors import BindError, Error, ImportFailed
from neuraldb.core.progress import Report, silent
from neuraldb.evaluation.factbench import answers, databases, scorer
from neuraldb.evaluation.sql_twins import Twin, Untranslated, twin
from neuraldb.language.question import Likely, Question, parse
from neuraldb.models.registry import Models

SAME = "same rows"
TOTALS = ("sum", "avg")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A query asked in both ways.

    Attributes:
        database, query, type: which it is.
        sql: the twin; empty where there is none.
        parameters: of the twin.
        asked: what the question gives.
        found: what the twin gives.
        kind: :data:`SAME`, or how they differ.
        right: which of the two the benchmark thinks right: both, question, twin or neither.
        note: the message of an error, or what of the structure is missing.
    """

    database: str
    query: str
    type: str
    sql: str
    parameters: tuple[str, ...]
    asked: list[Any]
    found: list[Any]
    kind: str
    right: str
    note: str = ""


def compared(path: Path, models: Any = None, limit: int | None = None, report: Report = silent) -> Iterator[Outcome]:
    """Each query of a file asked in both ways.

    Args:
        path: databases of factbench, beside their scorer.
        models: None for the embedded ones.
        limit: only the first so many queries.
        report: is told how far it is.

    Raises:
        ImportFailed: the file is none of the benchmark, or the scorer is missing.
    """
    score = scorer(path.parent)
    models = models if models is not None else Models()
    done = 0
    for database in databases(path):
        if limit is not None and done >= limit:
            return
        with neuraldb.connect(":memory:", models=models) as connection:
            connection.add_many(database["facts"])
            for query in database["queries"]:
                if limit is not None and done >= limit:
                    return
                done += 1
                yield _outcome(database["name"], query, connection, score)
                report(database["name"], done, limit or done)


def _outcome(name: str, query: dict[str, Any], connection: neuraldb.Connection, score: ModuleType) -> Outcome:
    asked: list[Any] = []
    found: list[Any] = []
    made, kind, note = None, "", ""
    session = connection.session
    question = parse(query["query"], session.models.parser, session.stores)
    try:
        asked = _rows(connection.ask(query["query"]), query)
    except Error as error:
        kind, note = "the question is an error", error.message
    try:
        made, found = _twin(query, question, connection)
    except Untranslated as missing:
        kind, note = "no twin", str(missing)
    except Error as error:
        kind, note = f"the twin is an error: {type(error).__name__}", error.message
    kind = kind or difference(query, asked, found, score)
    if kind != SAME and made is not None and not note:
        wide = twin(query, question, open=True)
        if wide != made and difference(query, asked, _tried(wide, query, connection), score) == SAME:
            note = "the class of the table: over things of any kind the rows are the same"
    return Outcome(
        *(name, query["id"], query["type"], made.sql if made else "", made.parameters if made else ()),
        *(asked, found, kind, right(query, asked, found, score), note),
    )


def _twin(
    query: dict[str, Any], question: Question | Likely, connection: neuraldb.Connection
) -> tuple[Twin, list[Any]]:
    """The twin of a query and its rows; it names no class where no fact tells of such things, as the error advises."""
    made = twin(query, question)
    try:
        return made, _rows(connection.sql(made.sql, made.parameters), query)
    except BindError:
        wide = twin(query, question, open=True)
        if wide == made:
            raise
        return wide, _rows(connection.sql(wide.sql, wide.parameters), query)


def _tried(made: Twin, query: dict[str, Any], connection: neuraldb.Connection) -> list[Any]:
    """The rows of a twin; none where it is an error."""
    try:
        return _rows(connection.sql(made.sql, made.parameters), query)
    except Error:
        return []


def _rows(result: neuraldb.Result, query: dict[str, Any]) -> list[Any]:
    """What a result says; totals as bare numbers, which SQL gives in the canonical unit."""
    if query["type"] in TOTALS:
        return [row[0] for row in result if row[0] is not None]
    return [value.isoformat() if hasattr(value, "isoformat") else value for value in answers(result)]


def difference(query: dict[str, Any], asked: Sequence[Any], found: Sequence[Any], score: ModuleType) -> str:
    """How the rows of a question and of its twin differ: :data:`SAME` if they do not."""
    if not _said(asked) and not _said(found):
        return SAME
    if not _said(found):
        return "the twin finds nothing"
    if not _said(asked):
        return "the question finds nothing"
    wanted = _as_gold(query, asked, score)
    if score.score_query(wanted, list(found))[0] == 1.0:
        return SAME
    extra = [value for value in found if score.score_query(wanted, [value])[1] == 0]
    missing = any(score.score_query(_as_gold(query, [value], score), list(found))[1] == 0 for value in asked)
    return "other rows" if extra and missing else "more rows" if extra else "fewer rows"


def right(query: dict[str, Any], asked: Sequence[Any], found: Sequence[Any], score: ModuleType) -> str:
    """Which of the two the benchmark thinks right."""
    question, sql = (score.score_query(query, list(rows))[0] == 1.0 for rows in (asked, found))
    return {(True, True): "both", (True, False): "question", (False, True): "twin"}.get((question, sql), "neither")


def _said(rows: Sequence[Any]) -> bool:
    """Whether rows say something; a count of nothing says no more than no row."""
    return any(value is not None and value != 0 for value in rows) or any(value is False for value in rows)


def _as_gold(query: dict[str, Any], asked: Sequence[Any], score: ModuleType) -> dict[str, Any]:
    """The answers of the question as the benchmark's own would stand in the file.

    One that fits a right answer has all its forms.
    """
    accepted = []
    for value in asked:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        forms = [text]
        for answer, known in zip(query["answer"], query["accepted"], strict=True):
            if score.score_query({**query, "answer": [answer], "accepted": [known]}, [value])[0] == 1.0:
                forms += known
        accepted.append(forms)
    number = asked[0] if len(asked) == 1 and isinstance(asked[0], int | float) else None
    known = {**query, "answer": [forms[0] for forms in accepted], "accepted": accepted, "value": number, "unit": None}
    # measured and dated answers are the texts of the facts, so that their forms are compared
    return known if number is not None or query["type"] == "bool" else {**known, "type": "set", "tags": []}


def table(outcomes: Sequence[Outcome]) -> str:
    """The agreement by type, then each difference."""
    by_type: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_type[outcome.type].append(outcome)
    lines = [f"{'type':<12}{'queries':>8}{'same':>7}{'%':>8}"]
    for name, some in (*sorted(by_type.items()), ("all", list(outcomes))):
        same = sum(o.kind == SAME for o in some)
        lines.append(f"{name:<12}{len(some):>8}{same:>7}{100 * same / max(len(some), 1):>8.1f}")
    different = [o for o in outcomes if o.kind != SAME]
    kinds = Counter(
        (o.kind if not o.note.startswith("the class") else f"{o.kind}: the table's class", o.right) for o in different
    )
    lines += ["", "differences, and which side the benchmark thinks right:"]
    lines += [f"{count:>5}  {kind} ({who})" for (kind, who), count in kinds.most_common()]
    return "\n".join([*lines, "", *(_line(o) for o in different)])


def _line(outcome: Outcome) -> str:
    note = f" [{outcome.note}]" if outcome.note else ""
    return (
        f"{outcome.query} {outcome.type}: {outcome.kind}, right: {outcome.right}{note}\n"
        f"    {outcome.sql} {list(outcome.parameters)}\n    question {outcome.asked}\n    twin     {outcome.found}"
    )


def run(path: Path, limit: int | None = None, out: Path | None = None, models: Any = None) -> int:
    """Ask all queries in both ways and print the table; the exit code is 0.

    Raises:
        ImportFailed: the file is none of the benchmark, or the outcomes cannot be written.
    """
    outcomes = list(compared(path, models, limit))
    if out is not None:
        try:
            out.write_text(
                "".join(json.dumps(asdict(o), ensure_ascii=False) + "\n" for o in outcomes), encoding="utf-8"
            )
        except OSError as error:
            raise ImportFailed(f"cannot write {out}: {error.strerror or error}") from error
    print(table(outcomes))
    return 0
