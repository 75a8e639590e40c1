"""What triples say of things: of which classes they are, and the values of their attributes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from neuraldb.operators.context import Context

Classes = tuple[tuple[int, int], ...]
"""Pairs of a relation and what it leads to, as terms."""


class Told(NamedTuple):
    """A value that a triple gives to a thing, with the relation and the fact that states it; None for imported ones."""

    subject: str
    relation: int
    text: str
    fact: int | None
    confidence: float


class StoredThings:
    """The things of the current triples, as far as the statement may see the facts that state them.

    Args:
        context: the statement's.
        called: keys of names; where there are any, only things that may be called so count.
    """

    def __init__(self, context: Context, called: Sequence[str] = ()) -> None:
        self._database = context.stores.database
        self._stores = context.stores
        self._visible = context.options.visible
        self._subjects = self._called(called) if called else None

    def _called(self, keys: Sequence[str]) -> list[int]:
        aliases = self._stores.entities.aliases
        known = {term for key in keys for term in aliases.terms(key)}
        rows = self._rows("SELECT id FROM store.terms WHERE list_contains($keys, key)", {"keys": list(keys)})
        return sorted(known | {id for (id,) in rows})

    def members(self, classes: Classes) -> dict[str, tuple[int | None, float]]:
        """The things that are of one of the classes, each with the surest fact that says so."""
        rows = self._rows(
            """SELECT s.text, x.fact, x.confidence FROM store.triples x JOIN store.terms s ON s.id = x.subject
               JOIN (SELECT unnest($relations) AS relation, unnest($objects) AS object) k
               ON k.relation = x.relation AND k.object = x.object
               WHERE x.recorded_to IS NULL AND ($subjects IS NULL OR list_contains($subjects, x.subject))
               ORDER BY x.confidence, x.id DESC""",
            {**_pairs(classes), "subjects": self._subjects},
        )
        return {name: (fact, float(sure)) for name, fact, sure in rows if self._seen(fact)}

    def all(self) -> dict[str, tuple[int | None, float]]:
        """All things of which triples tell something, each with the surest fact that does."""
        rows = self._rows(
            """SELECT s.text, x.fact, x.confidence FROM store.triples x JOIN store.terms s ON s.id = x.subject
               WHERE x.recorded_to IS NULL ORDER BY x.confidence, x.id DESC""",
            {},
        )
        return {name: (fact, float(sure)) for name, fact, sure in rows if self._seen(fact)}

    def values(self, relations: Collection[int]) -> list[Told]:
        """The values that triples of the relations give, in the order in which they were stored."""
        rows = self._rows(
            """SELECT s.text, x.relation, o.text, x.fact, x.confidence FROM store.triples x
               JOIN store.terms s ON s.id = x.subject JOIN store.terms o ON o.id = x.object
               WHERE x.recorded_to IS NULL AND list_contains($relations, x.relation)
               AND ($subjects IS NULL OR list_contains($subjects, x.subject)) ORDER BY x.id""",
            {"relations": sorted(relations), "subjects": self._subjects},
        )
        return [Told(name, r, text, fact, float(sure)) for name, r, text, fact, sure in rows if self._seen(fact)]

    def without_class(self, classes: Classes) -> set[str]:
        """The things of which facts tell something, but not of what class they are."""
        rows = self._rows(
            """SELECT DISTINCT s.text FROM store.triples x JOIN store.terms s ON s.id = x.subject
               WHERE x.recorded_to IS NULL AND x.fact IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM store.triples c WHERE c.subject = x.subject AND c.recorded_to IS NULL
                   AND list_contains($relations, c.relation))""",
            {"relations": _relations(classes)},
        )
        return {name for (name,) in rows}

    def with_class(self, names: Iterable[str], classes: Classes) -> set[str]:
        """Those of the names that triples say to be of some class."""
        rows = self._rows(
            """SELECT DISTINCT s.text FROM store.triples c JOIN store.terms s ON s.id = c.subject
               WHERE c.recorded_to IS NULL AND list_contains($relations, c.relation) AND list_contains($names, s.text)
            """,
            {"relations": _relations(classes), "names": sorted(names)},
        )
        return {name for (name,) in rows}

    def _seen(self, fact: int | None) -> bool:
        return self._visible is None or fact is None or fact in self._visible

    def _rows(self, sql: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
        return self._database.rows(sql, given)


def _pairs(classes: Classes) -> dict[str, list[int]]:
    return {"relations": [r for r, _ in classes], "objects": [o for _, o in classes]}


def _relations(classes: Classes) -> list[int]:
    return sorted({r for r, _ in classes})
