"""How entries of the shell end other than well or with an error."""

from __future__ import annotations


class Leave(Exception):  # not an error: the user wants to go
    """Asks to leave the shell."""


class Told(Exception):  # not an error itself
    """Something has failed of which the user has been told."""
