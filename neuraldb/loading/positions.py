"""How far the load of a file has come, so that it can go on after an interruption."""

from __future__ import annotations

from neuraldb.stores.database import Database


class Positions:
    """The table ``store.imports``: how many items of a file are stored, by path and digest of its contents.

    Args:
        database: where the items are stored; what is recorded belongs to its open transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, path: str, digest: str) -> int:
        """How many items are stored; 0 for a file that is not known."""
        rows = self._database.rows("SELECT position FROM store.imports WHERE path = ? AND digest = ?", (path, digest))
        return int(rows[0][0]) if rows else 0

    def record(self, path: str, digest: str, position: int) -> None:
        """Remember how many items are stored."""
        self._database.execute("INSERT OR REPLACE INTO store.imports VALUES (?, ?, ?)", (path, digest, position))
