"""Which entity a name means: looked up, never guessed from vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from neuraldb.core.countries import country
from neuraldb.core.errors import InterfaceError
from neuraldb.core.text import fold, normalise
from neuraldb.stores.aliases import AliasIndex, Found
from neuraldb.stores.database import Database
from neuraldb.stores.graph import GraphStore, Triple
from neuraldb.stores.merges import MergeStore

__all__ = ["AliasIndex", "EntityRecord", "EntityStore", "Found", "Listed", "Resolved"]

_FUZZY_LETTERS = 5
"""The fewest letters of a name in which a typing error is forgiven."""
_FUZZY_TWO = 10
"""The fewest letters of a name in which two are."""


class Resolved(NamedTuple):
    """An entity that a name may mean.

    Attributes:
        term: its id.
        how: ``exact`` (its very name), ``alias`` (a text it is also known under), ``folded`` (its name but for case,
            accents, punctuation), ``fuzzy`` (its name or alias but for small typing errors).
        score: in (0, 1], highest for exact.
    """

    term: int
    how: str
    score: float


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """All that is stored about an entity.

    Attributes:
        id, name: the term.
        aliases: further texts it is known under, in alphabetical order.
        merged: those of them that were entities of their own until somebody said that they are this one.
        facts: ids of the current facts that mention it, ascending.
        triples: the current triples it is part of.
    """

    id: int
    name: str
    aliases: tuple[str, ...]
    facts: tuple[int, ...]
    triples: tuple[Triple, ...]
    merged: tuple[str, ...] = ()


class Listed(NamedTuple):
    """An entity as lists show it.

    Attributes:
        id, name: the term.
        aliases: further texts it is known under, in alphabetical order.
        facts, triples: how many current ones tell of it.
    """

    id: int
    name: str
    aliases: tuple[str, ...]
    facts: int
    triples: int


class EntityStore:
    """Looks entities up by name."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._graph = GraphStore(database)
        self.merges = MergeStore(database)
        self.aliases = AliasIndex(database, self.merges.index)

    def resolve(self, name: str) -> list[Resolved]:
        """The entities that a name may mean: those of the strictest way of matching that has any.

        The ways are, in this order: exact, alias, folded, fuzzy. Several entities share a name where the result has
        several. Names that differ in a digit are never taken for one another.
        """
        return next(self._resolved(name), [])

    def _resolved(self, name: str) -> Iterator[list[Resolved]]:
        """What each way of matching gives that gives anything, the strictest first."""
        key = normalise(name)
        rows = self._database.rows(
            """SELECT a.term, a.text, a.origin FROM store.aliases a WHERE a.key = $key
               UNION ALL SELECT id, text, 'name' FROM store.terms WHERE kind = 'iri' AND text = $name AND $iri""",
            {"key": key, "name": name, "iri": ":" in name},
        )
        exact = {term for term, text, origin in rows if origin == "name" and text == name}
        alias = {term for term, _, origin in rows if origin != "name"}
        folded = {term for term, _, origin in rows if origin == "name"}
        for how, score, terms in (("exact", 1.0, exact), ("alias", 0.95, alias), ("folded", 0.9, folded)):
            meant = {one for term in terms for one in self.merges.index.meant(term)}
            if meant:
                yield [Resolved(term, how, score) for term in sorted(meant)]
        if misspelt := self._misspelt(key):
            yield misspelt

    def entity(self, name: str, *, fuzzy: bool = True) -> list[EntityRecord]:
        """The entities that a name may mean, with all that is stored about each, if anything is.

        They are those that :meth:`resolve` finds and of which something is stored, and of a country those known under
        its other names too. Of an entity of which all facts were forgotten nothing is left to tell.

        Args:
            name: a name, an alias, or an IRI.
            fuzzy: typing errors are forgiven where nothing is called so.
        """
        for found in self._resolved(name):
            if found[0].how == "fuzzy" and not fuzzy:
                break
            terms = [resolved.term for resolved in found]
            if country(name):
                terms += self.aliases.terms(normalise(name))
            records = [self.record(term) for term in dict.fromkeys(terms)]
            if told := [record for record in records if record.facts or record.triples]:
                return told
        return []

    def listed(self, pattern: str | None = None, limit: int | None = None) -> list[Listed]:
        """The entities of which something is known, by name.

        Args:
            pattern: only those that have it in their name or an alias, whatever the case and accents; no wildcards.
            limit: at most so many.

        Raises:
            InterfaceError: ``limit`` is negative.
        """
        if limit is not None and limit < 0:
            raise InterfaceError("limit must not be negative")
        rows = self._database.rows("SELECT id, name, aliases, facts, triples FROM main.entities ORDER BY name, id")
        wanted = None if pattern is None else fold(pattern)
        found = [
            Listed(row[0], row[1], tuple(row[2]), row[3], row[4])
            for row in rows
            if wanted is None or any(wanted in fold(text) for text in (row[1], *row[2]))
        ]
        return found[:limit]

    def record(self, term: int) -> EntityRecord:
        """All that is stored about the entity with this id.

        Raises:
            DataError: there is no such term.
        """
        with self._database.lock:
            (stored,) = self._graph.terms([term])
            index = self.merges.index
            others = [one for one in index.one_with(term) if one != term]
            # a name that a split has left with several goes by itself, not by the number that tells its parts apart
            parts = {one: edge.other for one in others for edge in index.edges(one) if edge.kind == "part"}
            shown = [parts.get(one, one) for one in others]
            aliases = self._database.rows(
                """SELECT DISTINCT text FROM store.aliases
                   WHERE term = $term AND origin <> 'name' OR list_contains($others, term)
                   UNION SELECT text FROM store.terms WHERE list_contains($others, id) ORDER BY text""",
                {"term": term, "others": shown},
            )
            said = [one for one in others if any(edge.kind == "merge" for edge in index.edges(one))]
            merged = sorted({one.text for one in self._graph.terms([one for one in said if one not in parts])})
            facts = self._graph.facts_mentioning([term])
            triples = self._graph.triples_of(term)
        known = tuple(text for (text,) in aliases if text != stored.text)
        return EntityRecord(term, stored.text, known, tuple(facts.tolist()), tuple(triples), tuple(merged))

    def names_ending(self, word: str) -> list[str]:
        """The names of several words that end in a word, of entities of which something current is known.

        Args:
            word: folded, as in the keys of names.
        """
        texts = self.aliases.texts_ending(word)
        if not texts:
            return []
        terms = ", ".join(map(str, sorted(texts)))
        rows = self._database.rows(
            f"""SELECT DISTINCT term FROM store.mentions
                WHERE term IN ({terms}) AND fact IN (SELECT id FROM store.facts WHERE recorded_to IS NULL)
                UNION SELECT subject FROM store.triples WHERE subject IN ({terms}) AND recorded_to IS NULL
                UNION SELECT object FROM store.triples WHERE object IN ({terms}) AND recorded_to IS NULL"""
        )
        return sorted({text for (term,) in rows for text in texts[term]})

    def _misspelt(self, key: str) -> list[Resolved]:
        """The entities whose names come nearest with few enough errors, and with the same numbers."""
        letters = _letters(key)
        if letters < _FUZZY_LETTERS:
            return []
        numbers = re.findall(r"\d+", key)
        similar = [
            (name, errors)
            for name, errors in self.aliases.similar(key, 2 if letters >= _FUZZY_TWO else 1)
            if re.findall(r"\d+", name) == numbers and _letters(name) >= _FUZZY_LETTERS
        ]
        fewest = min((errors for _, errors in similar), default=0)
        terms = {term for name, errors in similar if errors == fewest for term in self.aliases.terms(name)}
        return [Resolved(term, "fuzzy", 0.9 * (1 - fewest / len(key))) for term in sorted(terms)]


def _letters(key: str) -> int:
    return sum(map(str.isalpha, key))
