"""Bindings that stay as they are found until the transaction ends in which they were found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from neuraldb.stores.database import Database

Found = TypeVar("Found")


class Stable:
    """What names were bound to in the open transaction; outside of one nothing is kept.

    A name that stood for nothing is looked for again: what is told in the meantime may make it known.

    Args:
        database: whose transactions.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._transaction = 0
        self._known: dict[tuple[str, str], Any] = {}

    def get(self, key: tuple[str, str], find: Callable[[], Found], bound: Callable[[Found], bool]) -> Found:
        """What a name stands for: as it was found first in this transaction, else as it is found now.

        Args:
            key: the kind of name, and the name.
            find: finds what it stands for.
            bound: whether what was found is something that it stands for.
        """
        if not self._database.in_transaction:
            return find()
        with self._database.lock:
            if self._transaction != self._database.begun:
                self._transaction, self._known = self._database.begun, {}
        if key in self._known:
            return cast("Found", self._known[key])
        found = find()
        if bound(found):
            self._known[key] = found
        return found
