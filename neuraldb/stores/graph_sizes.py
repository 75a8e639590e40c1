"""How many current triples each relation has: what graph queries are planned by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neuraldb.stores.database import Database

_COUNTED = """
    SELECT relation, count(*), approx_count_distinct(subject), approx_count_distinct(object),
           count(fact) > 0, count(own_subject) + count(own_object) > 0, min(confidence) >= 1
    FROM store.triples WHERE recorded_to IS NULL GROUP BY relation"""

LARGE = 2.0**53


@dataclass(frozen=True, slots=True)
class RelationCounts:
    """The current triples of a relation, in all graphs.

    Attributes:
        triples: how many.
        subjects, objects: about how many different ones.
        stated: whether a fact states any.
        merged: whether an end of any is an entity that was merged into another.
        certain: whether all have the confidence 1.
    """

    triples: int
    subjects: int
    objects: int
    stated: bool
    merged: bool
    certain: bool


def count_relations(database: Database) -> Mapping[int, RelationCounts]:
    """The counts by relation; one that no triple has is not there."""
    return {relation: RelationCounts(*counts) for relation, *counts in database.rows(_COUNTED)}


def has_large_numbers(database: Database) -> bool:
    """Whether some stored number is 2**53 or more, from where on a double does not hold every integer."""
    ((least, most),) = database.rows("SELECT min(number), max(number) FROM store.terms WHERE kind = 'number'")
    return least is not None and (least <= -LARGE or most >= LARGE)
