"""Names of relations that say the same in another form: "place of birth", "birthplace", "birth_place", "birthPlace"."""

from __future__ import annotations

import re

from neuraldb.core.text import fold

_PART = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BE = frozenset(("is", "was", "are", "were"))
_LAST = frozenset(("in", "on", "at", "of", "by", "to", "from", "for", "with"))


def relation_key(name: str) -> str:
    """What names of one relation have in common: humps, underscores and spaces do not matter, "x of y" is "y x".

    A leading "has", and "is" before a preposition at the end, add nothing; the preposition itself does: "capital" leads
    from a country to its capital, "capital of" back.

    >>> {relation_key(n) for n in ("place of birth", "birthplace", "birth_place", "placeOfBirth", "birthPlace")}
    {'birthplace'}
    >>> relation_key("has_capital"), relation_key("is capital of"), relation_key("capital of"), relation_key("isPartOf")
    ('capital', 'capitalof', 'capitalof', 'partof')
    """
    words = [fold(w) for w in _PART.findall(_HUMP.sub(" ", name))]
    if len(words) > 1 and (words[0] == "has" or (words[0] in _BE and words[-1] in _LAST)):
        words = words[1:]
    if words.count("of") == 1 and 0 < (place := words.index("of")) < len(words) - 1:
        words = words[place + 1 :] + words[:place]
    return "".join(words)


def local_name(iri: str) -> str:
    """The last part of an IRI, its words apart: ``http://x.org/birthPlace`` gives "birth Place"."""
    last = re.split(r"[/#:]", iri)[-1]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last).replace("_", " ")
