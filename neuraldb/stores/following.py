"""Caches of what is stored, kept right by looking at what changed: after adds, forgets, commits and rollbacks alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database

_NONE: Ids = np.empty(0, np.int64)


class Follower(ABC):
    """A cache of stored rows that never change, only come and go.

    The ids of the rows that should be in it are compared with those that are, and the difference is loaded or dropped.
    An id alone doesn't say that a row is the same: the ids that a rolled back transaction gave out are given out
    again. So rows loaded while a change was not committed are loaded anew after a rollback.

    Args:
        database: whose rows.
        sql: a query for the ids, ascending, of the rows to hold.
        parameters: of the query.
    """

    def __init__(self, database: Database, sql: str, parameters: tuple[Any, ...] = ()) -> None:
        self._database = database
        self._sql = sql
        self._parameters = parameters
        self._held: Ids = _NONE
        self._unsettled: Ids = _NONE
        self._seen = -1
        self._undone = 0
        self._clear()

    def synchronise(self) -> None:
        """Bring the cache up to date; nearly free where nothing has changed. The caller holds the database's lock."""
        version = self._database.version
        if version == self._seen:
            return
        table = self._database.query(self._sql, self._parameters)
        wanted = np.asarray(table.column(0).to_numpy(), np.int64)
        unsure = self._unsettled if self._database.undone != self._undone else _NONE
        trusted = np.setdiff1d(self._held, unsure, assume_unique=True)
        dropped = np.union1d(unsure, np.setdiff1d(trusted, wanted, assume_unique=True))
        loaded = np.setdiff1d(wanted, trusted, assume_unique=True)
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
        self._held, self._seen, self._undone = wanted, version, self._database.undone

    def _restart(self) -> None:
        self._held = self._unsettled = _NONE
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
