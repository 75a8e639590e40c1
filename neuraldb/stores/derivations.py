"""What readers have found in facts, kept so that no fact is read twice for one query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa

from neuraldb.core.errors import DataError, IntegrityError
from neuraldb.stores.database import Database

Span: TypeAlias = tuple[int, int]

_ROWS = pa.schema(
    {
        "model": pa.string(),
        "query_key": pa.string(),
        "fact": pa.int64(),
        "rank": pa.int32(),
        "key_text": pa.string(),
        "value_text": pa.string(),
        "key_start": pa.int32(),
        "key_end": pa.int32(),
        "value_start": pa.int32(),
        "value_end": pa.int32(),
        "verdict": pa.string(),
        "confidence": pa.float32(),
    }
)
_FOUND = "key_text, value_text, key_start, key_end, value_start, value_end, verdict, confidence"


@dataclass(frozen=True, slots=True)
class Derivation:
    """One thing that a reader found in a fact for a query.

    Attributes:
        fact: the fact.
        key_text, value_text: what was found, such as a person and an employer; None where the query asks for less.
        key_span, value_span: where they stand in the fact's reading, in characters, end exclusive.
        verdict: of yes/no queries, the reader's answer.
        confidence: in [0, 1].
    """

    fact: int
    key_text: str | None = None
    value_text: str | None = None
    key_span: Span | None = None
    value_span: Span | None = None
    verdict: str | None = None
    confidence: float = 1.0


class DerivationStore:
    """The derivations of a database. Only those from current facts are ever given out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, model: str, query_key: str, facts: Sequence[int]) -> tuple[list[Derivation], list[int]]:
        """What is known about facts, and which are still to be read.

        Args:
            model: name and version of the reader.
            query_key: stands for the query; equal keys mean the same query.
            facts: ids, each once.

        Returns:
            The derivations, by fact in the order given and best first; and the ids, in the order given, of the current
            facts that this model has not read for this query. A fact in which nothing was found is in neither, and
            nor is one that is not current.
        """
        place = {fact: number for number, fact in enumerate(facts)}
        wanted = {"wanted": pa.table({"fact": pa.array(list(place), pa.int64())})}
        rows = self._database.rows(
            f"""SELECT w.fact, d.rank, {_FOUND}
                FROM wanted w JOIN store.facts f ON f.id = w.fact AND f.recorded_to IS NULL
                LEFT JOIN store.derivations d ON d.fact = w.fact AND d.model = ? AND d.query_key = ?""",
            [model, query_key],
            wanted,
        )
        rows.sort(key=lambda row: (place[row[0]], row[1] or 0))
        found = [_derivation(row) for row in rows if row[1]]
        return found, [row[0] for row in rows if row[1] is None]

    def put(self, model: str, query_key: str, facts: Iterable[int], derivations: Sequence[Derivation]) -> None:
        """Store what a reader has found, replacing what this model had found in these facts for this query.

        Args:
            model: name and version of the reader.
            query_key: stands for the query.
            facts: ids of all the facts that were read, also those in which nothing was found.
            derivations: what was found, for each fact the best first.

        Raises:
            IntegrityError: a derivation is from a fact that was not read.
            DataError: a confidence is not in [0, 1].
        """
        ranks = dict.fromkeys(facts, 0)
        columns: dict[str, list[Any]] = {name: [] for name in _ROWS.names}
        for derivation in derivations:
            if derivation.fact not in ranks:
                raise IntegrityError(f"a derivation from fact {derivation.fact}, which was not read")
            if not 0 <= derivation.confidence <= 1:
                raise DataError("a confidence is a number from 0 to 1")
            ranks[derivation.fact] += 1
            _append(columns, model, query_key, ranks[derivation.fact], derivation)
        for fact in [fact for fact, count in ranks.items() if not count]:
            _append(columns, model, query_key, 0, Derivation(fact))
        with self._database.transaction():
            self._database.execute(
                """DELETE FROM store.derivations WHERE model = ? AND query_key = ?
                   AND fact IN (SELECT fact FROM arriving)""",
                [model, query_key],
                {"arriving": pa.table({"fact": pa.array(list(ranks), pa.int64())})},
            )
            self._database.insert("store.derivations", pa.table(columns, schema=_ROWS))

    def trim(self, max_rows: int) -> int:
        """Bring the store down to a size; gives the number of rows that went.

        What rests on past facts goes first, then whole facts of a query, those read first.
        """
        with self._database.transaction():
            gone = self._database.execute(
                """DELETE FROM store.derivations
                   WHERE fact NOT IN (SELECT id FROM store.facts WHERE recorded_to IS NULL)"""
            )
            # a fact of a query goes as a whole, or its other derivations would seem to be all there were
            gone += self._database.execute(
                """DELETE FROM store.derivations AS d USING (
                       SELECT model, query_key, fact FROM (
                           SELECT model, query_key, fact,
                                  sum(count(*)) OVER (ORDER BY max(rowid) DESC, model, query_key, fact) AS kept
                           FROM store.derivations GROUP BY model, query_key, fact)
                       WHERE kept > ?) AS old
                   WHERE d.model = old.model AND d.query_key = old.query_key AND d.fact = old.fact""",
                [max(max_rows, 0)],
            )
        return gone

    def count(self) -> int:
        """How many rows are kept, those included that say that nothing was found."""
        ((count,),) = self._database.rows("SELECT count(*) FROM store.derivations")
        return int(count)


def _derivation(row: tuple[Any, ...]) -> Derivation:
    fact, _, key_text, value_text, key_start, key_end, value_start, value_end, verdict, confidence = row
    return Derivation(
        fact,
        key_text,
        value_text,
        None if key_start is None else (key_start, key_end),
        None if value_start is None else (value_start, value_end),
        verdict,
        confidence,
    )


def _append(columns: dict[str, list[Any]], model: str, query_key: str, rank: int, derivation: Derivation) -> None:
    nothing = rank == 0
    row = (
        *(model, query_key, derivation.fact, rank, derivation.key_text, derivation.value_text),
        *(derivation.key_span or (None, None)),
        *(derivation.value_span or (None, None)),
        *(derivation.verdict, None if nothing else derivation.confidence),
    )
    for column, value in zip(columns.values(), row, strict=True):
        column.append(value)
