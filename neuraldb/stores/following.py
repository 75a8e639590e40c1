"""Caches of what is stored, kept right by looking at what changed: after adds, forgets, commits and rollbacks alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database

_NONE: Ids = np.empty(0, np.int64)


class _Later(NamedTuple):
    """Ids after those held, and the mark of both together."""

    ids: Ids
    mark: tuple[int, int]


class Follower(ABC):
    """A cache of stored rows that never change, only come and go.

    The ids of the rows that should be in it are compared with those that are, and the difference is loaded or dropped.
    An id alone doesn't say that a row is the same: the ids that a rolled back transaction gave out are given out
    again. So rows loaded while a change was not committed are loaded anew after a rollback.

    Args:
        database: whose rows.
        sql: a query for the ids of the rows to hold, its one column, in any order.
        parameters: of the query.
    """

    def __init__(self, database: Database, sql: str, parameters: tuple[Any, ...] = ()) -> None:
        self._database = database
        self._sql = sql
        self._parameters = parameters
        self._held: Ids = _NONE
        self._unsettled: Ids = _NONE
        # how many ids are held, and their hashes xor-ed into one
        self._mark = (0, 0)
        self._seen = -1
        self._undone = 0
        self._clear()

    def synchronise(self) -> None:
        """Bring the cache up to date; nearly free where nothing has changed. The caller holds the database's lock."""
        version = self._database.version
        if version == self._seen:
            return
        unsure = self._unsettled if self._database.undone != self._undone else _NONE
        later = None if len(unsure) else self._only_later()
        if later is not None:
            wanted, dropped, loaded = np.concatenate([self._held, later.ids]), _NONE, later.ids
            mark = later.mark
        else:
            table = self._database.query(f"SELECT id FROM ({self._sql}) AS wanted(id) ORDER BY id", self._parameters)
            wanted = np.asarray(table.column(0).to_numpy(), np.int64)
            trusted = np.setdiff1d(self._held, unsure, assume_unique=True)
            dropped = np.union1d(unsure, np.setdiff1d(trusted, wanted, assume_unique=True))
            loaded = np.setdiff1d(wanted, trusted, assume_unique=True)
            mark = self._mark_of(wanted)
        try:
            if len(dropped):
                self._drop(dropped)
            if len(loaded):
                self._load(loaded)
        except BaseException:
            # half a change is worse than none: start again next time
            self._restart()
            raise
        if self._database.changing:
            self._unsettled = np.union1d(np.setdiff1d(self._unsettled, dropped, assume_unique=True), loaded)
        else:
            self._unsettled = _NONE
        self._held, self._mark, self._seen, self._undone = wanted, mark, version, self._database.undone

    def _only_later(self) -> _Later | None:
        """What is to be loaded if all of it comes after what is held, and nothing of that goes; else None.

        Most changes are additions at the end: then not all ids are fetched and compared, but those up to the last one
        held are counted and their hashes combined, which gives what it gave before.
        """
        if not len(self._held):
            return None
        last = int(self._held[-1])
        ((count, hashes, more, further, ids),) = self._database.rows(
            f"""SELECT count(*) FILTER (id <= ?), bit_xor(hash(id)) FILTER (id <= ?),
                       count(*) FILTER (id > ?), bit_xor(hash(id)) FILTER (id > ?), list(id ORDER BY id) FILTER (id > ?)
                FROM ({self._sql}) AS wanted(id)""",
            (last,) * 5 + self._parameters,
        )
        if (count, hashes or 0) != self._mark:
            return None
        return _Later(np.asarray(ids or [], np.int64), (count + more, (hashes or 0) ^ (further or 0)))

    def _mark_of(self, ids: Ids) -> tuple[int, int]:
        ((count, hashes),) = self._database.rows(
            "SELECT count(*), bit_xor(hash(id)) FROM wanted", inputs={"wanted": pa.table({"id": ids})}
        )
        return count, hashes or 0

    def _restart(self) -> None:
        self._held = self._unsettled = _NONE
        self._mark = (0, 0)
        self._seen = -1
        self._clear()

    @abstractmethod
    def _clear(self) -> None:
        """Hold nothing."""

    @abstractmethod
    def _drop(self, ids: Ids) -> None:
        """Let go of rows that are held (ascending ids)."""

    @abstractmethod
    def _load(self, ids: Ids) -> None:
        """Take in rows that are not held (ascending ids)."""
