"""The sentences themselves, with who said them, when they hold and when the database held them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from neuraldb.core.errors import DataError, InterfaceError
from neuraldb.core.text import clean, digest, fold
from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database
from neuraldb.stores.journal import Change, Moment, aware, history, record

_TIME = pa.timestamp("us")
_FACTS = pa.schema(
    {
        "id": pa.int64(),
        "text": pa.string(),
        "digest": pa.string(),
        "subject": pa.string(),
        "labels": pa.list_(pa.string()),
        "asserted_at": _TIME,
        "valid_from": _TIME,
        "valid_to": _TIME,
        "recorded_from": _TIME,
    }
)
_SOURCES = pa.schema([("fact", pa.int64()), ("source", pa.string()), ("recorded_from", _TIME)])
__all__ = ["Added", "Change", "Fact", "FactStore", "Moment", "NewFact", "reading"]

# rows of an IN list by parameter; a registered table costs more to set up but less a row
_FEW = 50


@dataclass(frozen=True, slots=True)
class NewFact:
    """A sentence to be added.

    Attributes:
        text: the sentence, kept as it is but for blanks around it and control characters.
        subject: whom or what it is about, where the text does not say so ("Her brother lives in Bergen").
        source: who or what says it; "" where that is not known.
        labels: free words by which the user groups facts.
        asserted_at: when it was said; by default when it is added. Naive times are UTC.
        valid_from, valid_to: when it holds in the world; None is unbounded or unknown. Naive times are UTC.
    """

    text: str
    subject: str | None = None
    source: str = ""
    labels: tuple[str, ...] = ()
    asserted_at: Moment | None = None
    valid_from: Moment | None = None
    valid_to: Moment | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A stored sentence. All times are time zone aware, in UTC.

    Attributes:
        id: its number, from 1, ascending in the order of arrival.
        sources: one entry each time it was told, in order; the same name may come twice, and is "" where not known.
        recorded_from, recorded_to: when the database held it; ``recorded_to`` None is a current fact.
    """

    id: int
    text: str
    subject: str | None
    sources: tuple[str, ...]
    labels: tuple[str, ...]
    asserted_at: Moment
    valid_from: Moment | None
    valid_to: Moment | None
    recorded_from: Moment
    recorded_to: Moment | None

    @property
    def reading(self) -> str:
        """What models and indexes read: the text, with the subject in front where the text doesn't begin with it.

        >>> moment = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        >>> Fact(1, "Her brother bakes.", "Anna", (), (), moment, None, None, moment, None).reading
        'Anna: Her brother bakes.'
        """
        return reading(self.text, self.subject)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a :class:`NewFact`: the id it is stored under, and whether it was new."""

    id: int
    new: bool


def reading(text: str, subject: str | None) -> str:
    """The text as models read it; see :attr:`Fact.reading`."""
    return f"{subject}: {text}" if subject and not fold(text).startswith(fold(subject)) else text


class FactStore:
    """The facts of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --------------------------------------------------------------------------------------------------- changes

    def add(self, facts: Sequence[NewFact], replaced: Sequence[int] = ()) -> list[Added]:
        """Store sentences, in order; all of them or, on an error, none.

        A sentence that is current already, with the same subject, gives no second fact: the one there gets one more
        source. That holds within the batch too. Spacing, case and final punctuation don't make sentences different.

        Args:
            facts: the sentences.
            replaced: facts that will be superseded by these; they don't count as being there already.

        Raises:
            DataError: a text is blank, or a value cannot be stored.
            ReadOnly: the database is open for reading only.
        """
        cleaned = [_cleaned(fact, place, len(facts)) for place, fact in enumerate(facts)]
        if not cleaned:
            return []
        digests = [digest(fact.text) for fact in cleaned]
        with self._database.transaction():
            moment = self._database.now()
            first = self._database.next_id("facts")
            known = self._known(digests, replaced)
            added: list[Added] = []
            fresh: list[int] = []
            for place, (fact, key) in enumerate(zip(cleaned, digests, strict=True)):
                there = known.get((key, fact.subject))
                if there is None:
                    there = known[key, fact.subject] = first + len(fresh)
                    fresh.append(place)
                    added.append(Added(there, True))
                else:
                    added.append(Added(there, False))
            self._insert(cleaned, digests, fresh, first, moment)
            self._insert_sources(cleaned, added, moment)
            actions = ["add" if result.new else "duplicate" for result in added]
            stored = [result.id for result in added]
            record(self._database, moment, actions, stored, [fact.text for fact in cleaned])
        return added

    def forget(self, ids: Iterable[int], detail: str | None = None) -> list[int]:
        """Make facts past, with the triples read from them; they stay in the history.

        Args:
            ids: the facts; those that are not current, or don't exist, are passed over.
            detail: why, for the history.

        Returns:
            The ids of the facts that were current, ascending.
        """
        return self._end(ids, "forget", None, detail)

    def supersede(self, old: Iterable[int], new: int) -> list[int]:
        """Make facts past because ``new`` says otherwise; as :meth:`forget`, with ``new`` named in the history."""
        return self._end((fact for fact in old if fact != new), "supersede", new, None)

    def _known(self, digests: Sequence[str], replaced: Sequence[int]) -> dict[tuple[str, str | None], int]:
        arriving = pa.table({"digest": pa.array(dict.fromkeys(digests), pa.string())})
        rows = self._database.rows(
            """SELECT f.digest, f.subject, f.id FROM store.facts f JOIN arriving a ON a.digest = f.digest
               WHERE f.recorded_to IS NULL""",
            inputs={"arriving": arriving},
        )
        gone = frozenset(replaced)
        return {(key, subject): fact for key, subject, fact in rows if fact not in gone}

    def _insert(
        self, facts: Sequence[NewFact], digests: Sequence[str], fresh: Sequence[int], first: int, moment: Moment
    ) -> None:
        chosen = [facts[place] for place in fresh]
        columns: dict[str, Any] = {
            "id": range(first, first + len(fresh)),
            "text": [fact.text for fact in chosen],
            "digest": [digests[place] for place in fresh],
            "subject": [fact.subject for fact in chosen],
            "labels": [list(fact.labels) for fact in chosen],
            "asserted_at": [fact.asserted_at or moment for fact in chosen],
            "valid_from": [fact.valid_from for fact in chosen],
            "valid_to": [fact.valid_to for fact in chosen],
            "recorded_from": [moment] * len(fresh),
        }
        self._database.insert("store.facts", pa.table(columns, schema=_FACTS))

    def _insert_sources(self, facts: Sequence[NewFact], added: Sequence[Added], moment: Moment) -> None:
        columns = {
            "fact": [result.id for result in added],
            "source": [fact.source for fact in facts],
            "recorded_from": [moment] * len(facts),
        }
        self._database.insert("store.sources", pa.table(columns, schema=_SOURCES))

    def _end(self, ids: Iterable[int], action: str, related: int | None, detail: str | None) -> list[int]:
        wanted = {"wanted": pa.table({"id": pa.array(sorted(set(ids)), pa.int64())})}
        if not wanted["wanted"].num_rows:
            return []
        with self._database.transaction():
            moment = self._database.now()
            self._database.next_id("history")  # takes the turn, so that what is read next is what is changed
            rows = self._database.rows(
                """SELECT id, text FROM store.facts WHERE recorded_to IS NULL AND id IN (SELECT id FROM wanted)
                   ORDER BY id""",
                inputs=wanted,
            )
            ended = [fact for fact, _ in rows]
            if ended:
                for table, column in (("facts", "id"), ("triples", "fact")):
                    self._database.execute(
                        f"""UPDATE store.{table} SET recorded_to = ?
                            WHERE recorded_to IS NULL AND {column} IN (SELECT id FROM wanted)""",
                        [moment],
                        wanted,
                    )
                texts = [text for _, text in rows]
                record(self._database, moment, [action] * len(ended), ended, texts, related, detail)
        return ended

    # --------------------------------------------------------------------------------------------------- reading

    def get(self, ids: Sequence[int]) -> list[Fact]:
        """The facts with these ids, in this order; past ones too.

        Raises:
            DataError: there is no fact with one of the ids.
        """
        if not ids:
            return []
        if len(ids) <= _FEW:
            found = self._read("f.id IN (SELECT unnest(?))", [[int(fact) for fact in ids]])
        else:
            wanted = {"wanted": pa.table({"id": pa.array(ids, pa.int64())})}
            found = self._read("f.id IN (SELECT id FROM wanted)", [], wanted)
        by_id = {fact.id: fact for fact in found}
        missing = [fact for fact in ids if fact not in by_id]
        if missing:
            raise DataError(f"there is no fact {missing[0]}")
        return [by_id[fact] for fact in ids]

    def readings(self, ids: Sequence[int]) -> list[str | None]:
        """What models read of facts, in the order given; None for one that is not current."""
        rows = self._database.rows(
            """SELECT id, text, subject FROM store.facts
               WHERE recorded_to IS NULL AND id IN (SELECT id FROM wanted)""",
            inputs={"wanted": pa.table({"id": pa.array(ids, pa.int64())})},
        )
        texts = {fact: reading(text, subject) for fact, text, subject in rows}
        return [texts.get(fact) for fact in ids]

    def current(self, pattern: str | None = None, after: int = 0, limit: int | None = None) -> list[Fact]:
        """The current facts in order of id.

        Args:
            pattern: only those whose text or subject contains it, whatever the case and accents; no wildcards.
            after: only ids above this one, to page through.
            limit: at most so many.
        """
        if limit is not None and limit < 0:
            raise InterfaceError("limit must not be negative")
        condition = "f.recorded_to IS NULL AND f.id > ?"
        if pattern is None:
            return self._read(f"{condition} ORDER BY f.id LIMIT ?", [after, limit])
        # folded here and not in DuckDB, so that a pattern finds what other searches find
        wanted = fold(pattern)
        rows = self._database.rows(
            f"SELECT f.id, f.text, f.subject FROM store.facts f WHERE {condition} ORDER BY f.id", [after]
        )
        matching = [row[0] for row in rows if any(wanted in fold(part) for part in row[1:] if part)]
        return self.get(matching[:limit])

    def count(self) -> int:
        """How many facts are current."""
        ((count,),) = self._database.rows("SELECT count(*) FROM store.facts WHERE recorded_to IS NULL")
        return int(count)

    def ids(self) -> Ids:
        """The ids of the current facts, int64, ascending."""
        return self._ids("recorded_to IS NULL", [])

    def as_of(self, moment: Moment) -> Ids:
        """The ids, int64 and ascending, of the facts that the database held at a time (naive: UTC)."""
        at = _naive(moment)
        return self._ids("recorded_from <= ? AND (recorded_to IS NULL OR recorded_to > ?)", [at, at])

    def history(self, fact: int | None = None) -> list[Change]:
        """What was done to the facts, or to one fact, oldest first."""
        return history(self._database, fact)

    def _ids(self, condition: str, parameters: list[Any]) -> Ids:
        table = self._database.query(f"SELECT id FROM store.facts WHERE {condition} ORDER BY id", parameters)
        return np.asarray(table.column("id").to_numpy(), dtype=np.int64)

    def _read(self, condition: str, parameters: list[Any], inputs: dict[str, pa.Table] | None = None) -> list[Fact]:
        rows = self._database.rows(
            f"""WITH chosen AS (SELECT * FROM store.facts f WHERE {condition}),
                said AS (SELECT fact, list(source ORDER BY recorded_from, rowid) AS sources FROM store.sources
                         WHERE fact IN (SELECT id FROM chosen) GROUP BY fact)
                SELECT c.id, c.text, c.subject, s.sources, c.labels, c.asserted_at, c.valid_from, c.valid_to,
                       c.recorded_from, c.recorded_to
                FROM chosen c LEFT JOIN said s ON s.fact = c.id ORDER BY c.id""",
            parameters,
            inputs,
        )
        return [
            Fact(
                id=row[0],
                text=row[1],
                subject=row[2],
                sources=tuple(row[3] or ()),
                labels=tuple(row[4]),
                asserted_at=aware(row[5]),
                valid_from=row[6] and aware(row[6]),
                valid_to=row[7] and aware(row[7]),
                recorded_from=aware(row[8]),
                recorded_to=row[9] and aware(row[9]),
            )
            for row in rows
        ]


def _cleaned(fact: NewFact, place: int, total: int) -> NewFact:
    """The fact as it is stored, or an error that says which of the batch is wrong."""
    where = f"fact {place + 1} of {total}: " if total > 1 else ""
    try:
        text = clean(fact.text)
        subject = clean(fact.subject) if fact.subject and not fact.subject.isspace() else None
        if not isinstance(fact.source, str) or not all(isinstance(label, str) for label in fact.labels):
            raise DataError("sources and labels must be strings")
    except DataError as error:
        raise DataError(where + error.message, hint=error.hint) from error
    return replace(
        fact,
        text=text,
        subject=subject,
        asserted_at=fact.asserted_at and _naive(fact.asserted_at),
        valid_from=fact.valid_from and _naive(fact.valid_from),
        valid_to=fact.valid_to and _naive(fact.valid_to),
    )


def _naive(moment: Moment) -> Moment:
    """A time as DuckDB keeps it: in UTC, without a time zone."""
    if not isinstance(moment, datetime.datetime):
        raise InterfaceError(f"a time must be a datetime, not {type(moment).__name__}")
    return moment if moment.tzinfo is None else moment.astimezone(datetime.UTC).replace(tzinfo=None)
