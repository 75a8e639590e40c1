"""What names of tables and columns are said to mean: bindings that somebody has made, and that no fact can make."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from neuraldb.core.text import normalise
from neuraldb.stores.database import Database
from neuraldb.stores.journal import aware
from neuraldb.stores.remembered import Remembered

KINDS = ("column", "table")
"""What a name can be bound as: an attribute (a relation), or a kind of thing (a class)."""
_COLUMNS = pa.schema(
    {
        "kind": pa.string(),
        "key": pa.string(),
        "name": pa.string(),
        "meaning": pa.string(),
        "recorded_from": pa.timestamp("us"),
        "recorded_to": pa.timestamp("us"),
    }
)


@dataclass(frozen=True, slots=True)
class Binding:
    """A name and what it means.

    Attributes:
        kind: one of :data:`KINDS`.
        name: as it was given, in words.
        meaning: the attribute or the kind of thing, in words.
        since: when it was made, time zone aware, in UTC.
    """

    kind: str
    name: str
    meaning: str
    since: datetime.datetime


class BindingStore:
    """The bindings of a database; they commit and roll back with what else is changed.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: Remembered[None, dict[tuple[str, str], Binding]] = Remembered(database, lambda _: self._read())

    def meaning(self, kind: str, name: str) -> str | None:
        """What a name is said to mean; None where nobody has said so."""
        found = self._known.get(None).get((kind, normalise(name)))
        return None if found is None else found.meaning

    def all(self) -> list[Binding]:
        """All that hold, by kind and name."""
        return list(self._known.get(None).values())

    def put(self, kind: str, name: str, meaning: str, moment: datetime.datetime) -> None:
        """Bind a name; what it was bound to before has ended then. Part of the open transaction."""
        self.end(kind, name, moment)
        row: dict[str, Any] = {
            "kind": kind,
            "key": normalise(name),
            "name": name,
            "meaning": meaning,
            "recorded_from": moment,
            "recorded_to": None,
        }
        self._database.insert("store.bindings", pa.Table.from_pylist([row], schema=_COLUMNS))

    def end(self, kind: str, name: str, moment: datetime.datetime) -> bool:
        """End the binding of a name; whether there was one. Part of the open transaction."""
        changed = self._database.execute(
            """UPDATE store.bindings SET recorded_to = $moment
               WHERE kind = $kind AND key = $key AND recorded_to IS NULL""",
            {"moment": moment, "kind": kind, "key": normalise(name)},
        )
        return changed > 0

    def _read(self) -> dict[tuple[str, str], Binding]:
        rows = self._database.rows(
            """SELECT kind, key, name, meaning, recorded_from FROM store.bindings
               WHERE recorded_to IS NULL ORDER BY kind, key"""
        )
        return {(kind, key): Binding(kind, name, meaning, aware(since)) for kind, key, name, meaning, since in rows}
