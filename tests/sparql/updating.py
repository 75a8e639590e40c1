"""A database with the models of a made-up world, for tests of SPARQL Update, CONSTRUCT and DESCRIBE."""

from __future__ import annotations

import io
from typing import Any

from doubles import World

import neuraldb
from neuraldb.loading.export import write


class Updated:
    """A connection in memory whose sentences state what they are told to.

    Attributes:
        db: the connection.
    """

    def __init__(self) -> None:
        self.world = World()
        self.db = neuraldb.connect(models=self.world.models())

    def tell(self, text: str, *triples: tuple[str, str, str]) -> int:
        """Store a sentence with what it states; gives its id."""
        return self.db.add(self.world.tell(text, *triples))

    def run(self, text: str, parameters: Any = None) -> int:
        """Run an update; gives how many triples it has changed."""
        result = self.db.sparql(text, parameters)
        assert result.columns == ()
        return result.rowcount

    @property
    def state(self) -> list[str]:
        """All triples in N-Quads, sorted, names in words without the beginning of their IRIs."""
        out = io.StringIO()
        write(self.db, out, "nquads")
        return sorted(line.removesuffix(" .").replace("urn:neuraldb:", "") for line in out.getvalue().splitlines())
