"""What the tests of connections look at."""

from __future__ import annotations

from neuraldb.api import Connection


def texts(connection: Connection) -> list[str]:
    """The facts that are there, in order."""
    return [fact.text for fact in connection.facts()]
