"""Sentences with placeholders: the value's words take the placeholder's place.

A sentence is data, so that is no injection.
"""

from __future__ import annotations

import datetime
import re

from neuraldb.core.errors import ParameterError
from neuraldb.language.parameters import MARKER, Bindable, Given, mark


def filled(sentence: str, parameters: Given | None) -> str:
    """A sentence or question with its placeholders replaced by the words of their values.

    Raises:
        ParameterError: parameters are missing, left over, None, or of a kind that cannot be bound.

    >>> filled("Was %s born before %s?", ["Anna", 1990])
    'Was Anna born before 1990?'
    """
    marked = mark(sentence, parameters, "question")

    def words(match: re.Match[str]) -> str:
        value = marked.values[int(match[1])]
        if value is None:
            raise ParameterError("a sentence cannot tell NULL", source=sentence)
        return in_words(value)

    return MARKER.sub(words, marked.text)


def in_words(value: Bindable) -> str:
    """A value as it is written in a sentence."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
