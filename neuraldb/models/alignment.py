"""From words that a model has written to the stretch of a fact that they are: nothing else is kept of what it wrote."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from neuraldb.models.protocols import SpanText
from neuraldb.models.spans import past_accents

UNKNOWN = "\ufffd"
"""Stands in a model's words for characters that its vocabulary lacks."""
LEAST_KNOWN = 2
"""Letters and digits that must be known of words with such characters."""
_NUMBER = re.compile(r"\d[.,]\d")


@lru_cache(maxsize=4096)
def _folded(text: str) -> tuple[str, tuple[int, ...]]:
    """A text without case, accents of its own and forms of width, blanks as one; and the place of each character."""
    out: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character.isspace():
            if out and out[-1] != " ":
                out.append(" ")
                places.append(place)
            continue
        for part in unicodedata.normalize("NFKD", character).casefold():
            if not unicodedata.combining(part):
                out.append(part)
                places.append(place)
    return "".join(out), tuple(places)


def _inside_a_word(text: str, place: int) -> bool:
    """Whether a place lies within a word or a number; scripts without blanks have no words that are known."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if _NUMBER.fullmatch(text[place - 2 : place + 1]) or _NUMBER.fullmatch(text[place - 1 : place + 2]):
        return True
    return before.isalnum() and after.isalnum() and before < "\u2e80" and after < "\u2e80"


def locate(fact: int, text: str, words: str) -> SpanText | None:
    r"""Where words stand in a fact, whole and in order; case, accents, width and blanks may differ.

    Args:
        fact: the number of the fact.
        text: the fact.
        words: what a model has written; :data:`UNKNOWN` stands for characters that it has no tokens for.

    Returns:
        The first such stretch, as the fact has it; None where there is none.

    >>> locate(0, "Zoë lives in  New York.", "new york")
    SpanText(fact=0, start=14, end=22, text='New York')
    >>> locate(0, "Annapolis is a city.", "Anna") is None
    True
    >>> locate(0, "Zoë lives in Tromsø.", "Troms\ufffd")
    SpanText(fact=0, start=13, end=19, text='Tromsø')
    """
    if words in text and words.strip() == words and words:
        start = text.find(words)
        while start >= 0:
            end = start + len(words)
            if not _inside_a_word(text, start) and not _inside_a_word(text, end):
                end = past_accents(text, end)
                return SpanText(fact, start, end, text[start:end])
            start = text.find(words, start + 1)
    wanted, (folded, places) = _folded(words)[0].strip(), _folded(text)
    pattern = _pattern(wanted)
    found = pattern.search(folded) if pattern is not None else None
    while found is not None and pattern is not None:
        start, end = found.span()
        if not _inside_a_word(folded, start) and not _inside_a_word(folded, end):
            stop = past_accents(text, places[end - 1] + 1)
            return SpanText(fact, places[start], stop, text[places[start] : stop])
        found = pattern.search(folded, start + 1)
    return None


@lru_cache(maxsize=4096)
def _pattern(wanted: str) -> re.Pattern[str] | None:
    """What finds folded words; :data:`UNKNOWN` stands for some letters or a sign. None if too little is known."""
    known = wanted.replace(UNKNOWN, "")
    if not known or (UNKNOWN in wanted and sum(character.isalnum() for character in known) < LEAST_KNOWN):
        return None
    return re.compile(r"(?:\w{1,4}|[^\w\s])".join(map(re.escape, wanted.split(UNKNOWN))))


def locate_in(facts: tuple[str, ...], words: str) -> SpanText | None:
    """Where words stand in the first fact that has them."""
    return next((span for number, text in enumerate(facts) if (span := locate(number, text, words))), None)
