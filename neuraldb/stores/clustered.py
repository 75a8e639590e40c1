"""Imported triples copied in the order of their relations, for queries that come again and again.

The stored triples lie as they came in, and DuckDB reads all of them for the few of one relation; of a sorted table it
reads only the parts that can hold them. A copy takes as long as some queries do, so it is made when the account of
those since the last change pays for it. It is a temporary table, which only this connection sees; every change makes it
void.
"""

from __future__ import annotations

from neuraldb.stores.account import Account
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
        account: pays for copies.
    """

    def __init__(self, database: Database, account: Account) -> None:
        self._database = database
        self._account = account
        self._copied: tuple[int, int] | None = None

    def source(self) -> str:
        """The table to read from: the copy, if there is one of this moment, else the stored triples."""
        with self._database.lock:
            now = self._database.version, self._database.connection_id
            if self._copied != now and self._pays():
                self._database.scratch(_COPIED)
                # what another connection changed meanwhile may be in it or not
                self._copied = now if self._database.version == now[0] else None
            return COPY if self._copied == now else STORED

    def _pays(self) -> bool:
        """Whether the account pays for a copy; if so, it has paid. In a transaction it could be undone unnoticed."""
        if not self._account.pays(LEAST * SECONDS):
            return False
        ((count,),) = self._database.rows(f"SELECT count(*) FROM {STORED}")
        if not LEAST <= count <= MOST or not self._account.pays(count * SECONDS):
            return False
        self._account.pay(count * SECONDS)
        return True
