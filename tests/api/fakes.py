"""A session without models: real transactions and real SQL, and questions with answers that are given beforehand."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa

from neuraldb.api import Connection
from neuraldb.core.errors import ParseError
from neuraldb.core.progress import CancelToken, Report, silent
from neuraldb.execution.result import Result
from neuraldb.language.detect import STORE_VIEWS, detect
from neuraldb.language.filling import filled
from neuraldb.language.parameters import mark
from neuraldb.operators.context import Options
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.stores.database import Database
from neuraldb.stores.entities import EntityStore
from neuraldb.stores.facts import Added, Change, Fact, FactStore, NewFact
from neuraldb.stores.graph import GraphStore
from neuraldb.stores.network import network

Answer = list[tuple[Any, list[int], float]]


@functools.cache
def parser() -> duckdb.DuckDBPyConnection:
    """Tells what statements are: opening a connection takes longer than most of them."""
    return duckdb.connect()


def traced(name: str, answer: Answer) -> pa.Table:
    """A table of one column with its provenance, from (value, ids of facts, confidence) rows."""
    return pa.table(
        {
            name: pa.array([value for value, _, _ in answer]),
            EVIDENCE: pa.array([ids for _, ids, _ in answer], pa.list_(pa.int64())),
            CONFIDENCE: pa.array([confidence for _, _, confidence in answer], pa.float64()),
        }
    )


class FakeSession:
    """What :class:`neuraldb.session.Session` does, as far as connections and cursors can tell.

    Attributes:
        answers: the rows of each question.
        seen: the options and parameters of each run, in order.
        waits: makes the question "Wait?" wait until it is cancelled; set once it waits.
        batches: the sizes of the batches that were added.
    """

    def __init__(self, path: str = ":memory:", read_only: bool = False, models: object = None) -> None:
        self.database = Database.open(path, read_only)
        self.fact_store = FactStore(self.database)
        self.stores = SimpleNamespace(
            database=self.database,
            facts=self.fact_store,
            graph=GraphStore(self.database),
            entities=EntityStore(self.database),
        )
        self.models = models
        self.answers: dict[str, Answer] = {}
        self.seen: list[tuple[Options | None, Any]] = []
        self.waits = threading.Event()
        self.batches: list[int] = []
        self.read_question: Callable[[str], object] = str  # what a question means is nothing to a connection

    def run(
        self,
        text: str,
        language: str | None = None,
        parameters: Any = None,
        options: Options | None = None,
        token: CancelToken | None = None,
        report: Report = silent,
    ) -> Result:
        token = token or CancelToken()
        self.seen.append((options, parameters))
        language = language or detect(text)
        if language == "sql":
            return self._sql(text, parameters, token)
        if language == "statement":
            (added,) = self.add([NewFact(filled(text, parameters))])
            return Result(None, statement=text, language=language, rowcount=1, lastrowid=added.id)
        if text == "Wait?":
            self.waits.set()
            while True:
                token.check()
        if text not in self.answers:
            raise ParseError("the question is not understood", source=text, span=(0, len(text)))
        return Result(traced("answer", self.answers[text]), statement=text, language=language, texts=self.fact_texts)

    def _sql(self, text: str, parameters: Any, token: CancelToken) -> Result:
        marked = mark(text, parameters, "sql")
        values = {f"__{place}": value for place, value in enumerate(marked.values)}
        kind = parser().cursor().extract_statements(marked.text)[0]
        with token.calling(self.database.interrupt):
            if (
                duckdb.ExpectedResultType.QUERY_RESULT in kind.expected_result_type
                and len(kind.expected_result_type) == 1
            ):
                return Result(self.database.query(marked.text, values), statement=text, language="sql")
            return Result(None, statement=text, language="sql", rowcount=self.database.execute(marked.text, values))

    def network(self, *conditions: object) -> Any:
        return network(self.database)

    def relation_names(self) -> frozenset[str]:
        return frozenset(name for (name,) in self.database.rows("SELECT table_name FROM duckdb_tables()")) | STORE_VIEWS

    def explain(self, text: str, language: str | None = None, parameters: Any = None, level: str = "plan") -> str:
        return f"{level} of {language}: {text} with {parameters}"

    def add(self, facts: Sequence[NewFact], report: Report = silent, token: CancelToken | None = None) -> list[Added]:
        self.batches.append(len(facts))
        return self.fact_store.add(facts)

    def forget(self, target: str | int | Sequence[int]) -> int:
        if isinstance(target, str):
            target = [fact.id for fact in self.fact_store.current(target)]
        return len(self.fact_store.forget([target] if isinstance(target, int) else target))

    def begin(self) -> None:
        self.database.begin()

    def commit(self) -> None:
        self.database.commit()

    def rollback(self) -> None:
        self.database.rollback()

    @property
    def in_transaction(self) -> bool:
        return self.database.in_transaction

    def close(self) -> None:
        self.database.close()

    @property
    def closed(self) -> bool:
        return self.database.closed

    def facts(self, pattern: str | None = None, limit: int | None = None) -> list[Fact]:
        return self.fact_store.current(pattern, limit=limit)

    def history(self, fact: int | None = None) -> list[Change]:
        return self.fact_store.history(fact)

    def fact_texts(self, ids: Sequence[int]) -> dict[int, str]:
        return {fact.id: fact.text for fact in self.fact_store.get(list(ids))}


def connect(path: Any = ":memory:", read_only: bool = False, **options: Any) -> Connection:
    """A connection over a fake session."""
    return Connection(FakeSession(str(path), read_only), **options)  # type: ignore[arg-type]
