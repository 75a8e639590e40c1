"""Errors of statements, which show the user's text, and never a query that was made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from neuraldb.core.errors import Error


@contextmanager
def errors_tell_of(text: str | None) -> Iterator[None]:
    """A block whose errors show the user's text, and never a query of ours; None where there is no such text."""
    try:
        yield
    except Error as error:
        error.source, error.span = text, None if text is None else place_in(text, error)
        raise


def place_in(text: str, error: Error) -> tuple[int, int] | None:
    """Where in a statement an error lies that may tell of a place in a query made from it."""
    if error.span is None or error.source is None or error.source == text:
        return error.span
    pointed_at = re.escape(error.source[slice(*error.span)])
    places = [match.span() for match in re.finditer(rf"(?<!\w){pointed_at}(?!\w)", text)] if pointed_at else []
    return places[0] if len(places) == 1 else None
