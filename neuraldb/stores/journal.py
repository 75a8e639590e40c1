"""The history: what was done to which fact, and when. It is only ever added to."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa

from neuraldb.stores.database import Database

Moment: TypeAlias = datetime.datetime

_HISTORY = pa.schema(
    {
        "id": pa.int64(),
        "recorded_at": pa.timestamp("us"),
        "action": pa.string(),
        "fact": pa.int64(),
        "related": pa.int64(),
        "text": pa.string(),
        "detail": pa.string(),
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the history.

    Attributes:
        id: ascending in the order of what happened.
        recorded_at: when, time zone aware, in UTC.
        action: add, duplicate, forget, supersede; of triples that no fact states: import, insert, delete; of names:
            merge, split, undo, bind, unbind.
        fact: the fact it was done to; None where it concerns no single fact.
        related: the fact that took the place of a superseded one.
        text: the fact's text.
        detail: why, or what was imported.
    """

    id: int
    recorded_at: Moment
    action: str
    fact: int | None
    related: int | None
    text: str | None
    detail: str | None


def record(
    database: Database,
    moment: Moment,
    actions: Sequence[str],
    facts: Sequence[int | None],
    texts: Sequence[str | None],
    related: int | None = None,
    detail: str | None = None,
) -> None:
    """Append one entry for each of ``actions``; part of the open transaction.

    Args:
        database: whose history.
        moment: the time of :meth:`Database.now`.
        actions: one an entry.
        facts: the fact of each.
        texts: the text of each.
        related: the same for all entries.
        detail: the same for all entries.
    """
    first = database.next_id("history")
    columns: dict[str, Any] = {
        "id": range(first, first + len(actions)),
        "recorded_at": [moment] * len(actions),
        "action": actions,
        "fact": facts,
        "related": [related] * len(actions),
        "text": texts,
        "detail": [detail] * len(actions),
    }
    database.insert("store.history", pa.table(columns, schema=_HISTORY))


def history(database: Database, fact: int | None = None) -> list[Change]:
    """What was done, oldest first; if a fact is given, only what was done to it or made it take another's place."""
    condition = "" if fact is None else "WHERE fact = $fact OR related = $fact"
    rows = database.rows(
        f"SELECT id, recorded_at, action, fact, related, text, detail FROM store.history {condition} ORDER BY id",
        {} if fact is None else {"fact": fact},
    )
    return [Change(row[0], aware(row[1]), *row[2:]) for row in rows]


def aware(moment: Moment) -> Moment:
    """A time that was read from the database, with its time zone."""
    return moment.replace(tzinfo=datetime.UTC)
