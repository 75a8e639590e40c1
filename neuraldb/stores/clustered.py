"""Imported triples copied in the order of their relations, for queries that come again and again.

The stored triples lie as they came in, and DuckDB reads all of them for the few of one relation; of a sorted table it
reads only the parts that can hold them. A copy takes as long as some queries do, so it is made when those since the
last change have taken as long. It is a temporary table, which only this connection sees; every change makes it void.
"""

from __future__ import annotations

from neuraldb.stores.database import Database

STORED = "store.triples"
NAME = "__triples_by_relation"
COPY = f"temp.main.{NAME}"
LEAST, MOST = 50_000, 5_000_000
"""The numbers of triples from which on, and up to which, a copy is worth its time and its memory."""
SECONDS = 0.5e-6
"""What a triple costs to copy."""

_COPIED = f"""CREATE OR REPLACE TEMP TABLE {NAME} AS
    SELECT subject, relation, object, graph, NULL::TIMESTAMP AS recorded_to FROM {STORED}
    WHERE recorded_to IS NULL AND fact IS NULL ORDER BY relation, subject, object"""


class ClusteredTriples:
    """Says where current triples that no fact states are best read.

    Args:
        database: holds the triples.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = -1
        self._spent = 0.0
        self._copied: tuple[int, int] | None = None

    def source(self) -> str:
        """The table to read from: the copy, if there is one of this moment, else the stored triples."""
        with self._database.lock:
            if self._version != self._database.version:
                self._version, self._spent = self._database.version, 0.0
            now = self._version, self._database.connection_id
            if self._copied != now and self._pays():
                self._database.scratch(_COPIED)
                # what another connection changed meanwhile may be in it or not
                self._copied = now if self._database.version == self._version else None
            return COPY if self._copied == now else STORED

    def spent(self, seconds: float) -> None:
        """Count what a query took that has read the stored triples."""
        self._spent += seconds

    def _pays(self) -> bool:
        """Whether queries have taken as long as a copy would. In a transaction it could be undone unnoticed."""
        if self._spent < LEAST * SECONDS or self._database.in_transaction:
            return False
        ((count,),) = self._database.rows(f"SELECT count(*) FROM {STORED}")
        return bool(LEAST <= count <= MOST and self._spent >= count * SECONDS)
