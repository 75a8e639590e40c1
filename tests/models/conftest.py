"""Networks run on one thread here."""

from doubles.threads import one_thread

__all__ = ["one_thread"]
