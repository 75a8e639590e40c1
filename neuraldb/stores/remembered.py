"""What was found in a database, remembered until the database changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from neuraldb.stores.database import Database

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class Remembered(Generic[Key, Found]):
    """Answers by key; after any change of the database they are looked for again.

    Args:
        database: what they come from.
        find: gives the answer for a key.
        most: answers that are kept; with one more, all are forgotten.
    """

    def __init__(self, database: Database, find: Callable[[Key], Found], most: int = 10_000) -> None:
        self._database = database
        self._find = find
        self._most = most
        self._version = -1
        self._known: dict[Key, Found] = {}

    def get(self, key: Key) -> Found:
        """The answer for a key, as of now."""
        with self._database.lock:
            if self._version != self._database.version:
                self._version, self._known = self._database.version, {}
            if key not in self._known:
                found = self._find(key)
                if len(self._known) >= self._most:
                    self._known = {}
                self._known[key] = found
            return self._known[key]
