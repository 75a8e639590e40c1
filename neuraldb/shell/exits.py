"""Exit codes of the command."""

from __future__ import annotations

from neuraldb.core.errors import (
    Cancelled,
    CorruptDatabase,
    DatabaseLocked,
    MissingExtra,
    ModelUnavailable,
    Timeout,
)

OK = 0
FAILED = 1
"""A statement failed, or an entry of a file was refused under ``--strict``."""
USAGE = 2
"""The command line is wrong."""
UNAVAILABLE = 3
"""The database or a model cannot be opened."""
TIMED_OUT = 4
INTERRUPTED = 130
"""Ctrl-C, as a program that SIGINT ends."""

MEANINGS = {
    OK: "all went well",
    FAILED: "a statement failed",
    USAGE: "the command line is wrong",
    UNAVAILABLE: "the database or a model cannot be opened",
    TIMED_OUT: "the time limit was reached",
    INTERRUPTED: "interrupted",
}


class UsageError(Exception):
    """The command line asks for something that cannot be."""


def exit_code(error: BaseException) -> int:
    """The code that tells of an error."""
    if isinstance(error, KeyboardInterrupt | Cancelled):
        return INTERRUPTED
    if isinstance(error, Timeout):
        return TIMED_OUT
    if isinstance(error, DatabaseLocked | CorruptDatabase | ModelUnavailable | MissingExtra):
        return UNAVAILABLE
    return USAGE if isinstance(error, UsageError) else FAILED
