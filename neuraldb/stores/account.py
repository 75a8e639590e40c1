"""What statements have cost since the last change, out of which copies in memory are paid that make the next ones fast.

A copy is made when that has come to what it takes to make, so that statements take at most about twice as long as
without copies, however seldom they come and however often the database changes. All copies are paid from one account:
what one has cost, another cannot spend.
"""

from __future__ import annotations

from neuraldb.stores.database import Database


class Account:
    """Seconds that statements have taken and that no copy has used up; none after each change.

    Args:
        database: whose changes count.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = database.version
        self._seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count what a statement took that copies might have saved."""
        self._seconds = self._balance() + seconds

    def pays(self, seconds: float) -> bool:
        """Whether so much is there; never in a transaction, which might be taken back."""
        return not self._database.in_transaction and 0 < self._balance() >= seconds

    def pay(self, seconds: float) -> None:
        """Take what a copy has cost."""
        self._seconds = max(self._balance() - seconds, 0.0)

    def _balance(self) -> float:
        if self._version != self._database.version:
            self._version, self._seconds = self._database.version, 0.0
        return self._seconds
