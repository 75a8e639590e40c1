"""From the tokenizer's offsets to stretches of the text itself."""

from __future__ import annotations

import unicodedata


def past_accents(text: str, end: int) -> int:
    r"""Where a span that ends at ``end`` really ends: the tokenizer drops accents that are characters of their own.

    >>> past_accents("Zoe\u0308 sings", 3)
    4
    """
    while end < len(text) and unicodedata.category(text[end]) == "Mn":
        end += 1
    return end
