"""A table of people that statements are tried on."""

from __future__ import annotations

from neuraldb.stores.database import Database


def names(database: Database) -> list[str]:
    """The names in the table, in order."""
    return [name for (name,) in database.rows("SELECT name FROM people ORDER BY name")]
