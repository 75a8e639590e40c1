"""What became of a reader's replies, counted across threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields


@dataclass
class Tally:
    """Counts since a reader was made; a reader has it as ``tally``.

    Attributes:
        read: support sets that were read.
        cached: support sets whose reading was known already.
        unreadable: support sets of which a reply says nothing in the form that was asked for, or which are too long for
            the model: unknown.
        dropped: derivations whose words do not stand in the facts.
        calls: requests that were sent to an endpoint, repeated ones included.
        retries: those that were sent again.
        tokens: tokens of prompts and replies, as the endpoint counts them.
    """

    read: int = 0
    cached: int = 0
    unreadable: int = 0
    dropped: int = 0
    calls: int = 0
    retries: int = 0
    tokens: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, **counts: int) -> None:
        """Add to counts by name."""
        with self._lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        with self._lock:
            return {each.name: getattr(self, each.name) for each in fields(self) if each.init and each.name[0] != "_"}
