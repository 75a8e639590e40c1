"""What the words for relations mean: which name one relation, and which relations give a thing one value at a time.

The senses are those of the lexicon that the extractor's words for relations come from; ``relation_senses.json`` holds,
for each, the words (as :func:`~neuraldb.core.relation_names.relation_key` makes them) and whether it is functional.
A word may have several senses: people are born in one place, a movement comes from another kind of place.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from neuraldb.core.relation_names import relation_key

FILE = Path(__file__).with_suffix(".json")
MOSTLY = 0.7
"""A word is functional if that much of its senses are."""
SENSES = 15
"""A word with more of them is vague."""


class Sense(NamedTuple):
    """One meaning: its words, and whether a subject has one object at a time."""

    words: frozenset[str]
    functional: bool


@lru_cache(maxsize=1)
def senses() -> Mapping[str, Sense]:
    """The senses by name."""
    read = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: Sense(frozenset(s["words"]), s["functional"]) for name, s in read.items()}


@lru_cache(maxsize=1)
def _by_word() -> Mapping[str, frozenset[str]]:
    names: dict[str, set[str]] = defaultdict(set)
    for name, sense in senses().items():
        for word in sense.words:
            names[word].add(name)
    return {word: frozenset(found) for word, found in names.items()}


def functional(relation: str) -> bool:
    """Whether a thing has one value of this relation at a time, so that another value is an update or a contradiction.

    >>> functional("place of birth"), functional("height"), functional("child of"), functional("no such relation")
    (True, True, False, False)
    """
    found = _by_word().get(relation_key(relation), frozenset())
    return bool(found) and sum(senses()[name].functional for name in found) >= MOSTLY * len(found)


def is_known(relation: str) -> bool:
    """Whether a name is one of the words for relations.

    >>> is_known("place of birth"), is_known("palce of birth")
    (True, False)
    """
    return relation_key(relation) in _by_word()


def vague(relation: str) -> bool:
    """Whether a word has so many senses that two things may both be its object ("location": a city, and its country).

    >>> vague("location"), vague("lives in")
    (True, False)
    """
    return len(_by_word().get(relation_key(relation), ())) > SENSES


def same_relation(one: str, other: str) -> bool:
    """Whether two words can name one relation.

    >>> same_relation("birthplace", "place of birth"), same_relation("lives in", "residence")
    (True, True)
    >>> same_relation("birthplace", "burial place")
    False
    """
    a, b = relation_key(one), relation_key(other)
    return a == b or bool(_by_word().get(a, frozenset()) & _by_word().get(b, frozenset()))


def written(named: Iterable[tuple[str, Sense]]) -> str:
    """The text of the file for these senses: one a line, in alphabetical order."""
    lines = [
        f"{json.dumps(name)}: {json.dumps({'functional': sense.functional, 'words': sorted(sense.words)})}"
        for name, sense in sorted(named)
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"
