"""Whether a sentence denies something: the closed class of English words that negate a clause."""

from __future__ import annotations

import re

_NEGATORS = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|nowhere|neither|nor|without|cannot)\b|\w+n['’]t\b", re.IGNORECASE
)


def negated(text: str, *names: str) -> bool:
    """Whether a sentence has a negator that is not part of one of the names in it.

    >>> negated("Anna doesn't live in Oslo."), negated("Anna no longer lives in Oslo."), negated("Anna lives in Oslo.")
    (True, True, False)
    >>> negated("Anna wrote No Man's Land.", "No Man's Land")
    False
    """
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return _NEGATORS.search(text) is not None
