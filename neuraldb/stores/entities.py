"""Which entity a name means: looked up, never guessed from vectors."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from neuraldb.core.countries import country, country_keys
from neuraldb.core.person_names import MANY, longer_forms, longest
from neuraldb.core.text import normalise, words
from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database
from neuraldb.stores.following import Follower
from neuraldb.stores.graph import GraphStore, Triple

_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTERS = rf"(?:(?![{_CJK}])[^\W_])+"
# numbers with their marks, Han and Kana one by one, words with their apostrophes (and C++, C#), other symbols
_ATOM = re.compile(rf"\d+(?:[.,]\d+)*(?!\w)|[{_CJK}]|{_LETTERS}(?:['’]{_LETTERS})*[+#]*|[^\w\s]")
_POSSESSIVE = re.compile(r"['’]s?$")
_ARTICLES = frozenset({"a", "an", "the"})
# after an initial or a short abbreviation (St., Inc.) a full stop ends no sentence
_ABBREVIATED = 3

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


class Found(NamedTuple):
    """A name in a text: character offsets, ``end`` exclusive, and the ids of the entities it may mean, ascending."""

    start: int
    end: int
    terms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """All that is stored about an entity.

    Attributes:
        id, name: the term.
        aliases: further texts it is known under, in alphabetical order.
        facts: ids of the current facts that mention it, ascending.
        triples: the current triples it is part of.
    """

    id: int
    name: str
    aliases: tuple[str, ...]
    facts: tuple[int, ...]
    triples: tuple[Triple, ...]


class AliasIndex(Follower):
    """All names and aliases in memory, to find them in texts and in spite of typing errors."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "SELECT id FROM store.aliases")

    def find(self, text: str) -> list[Found]:
        """The known names in a text, leftmost and longest first, none overlapping; whatever their case and accents.

        A name of one word after an article ("The Who") is found with the article only, so that "who" is not it.
        """
        with self._database.lock:
            self.synchronise()
            atoms = [(match.start(), match.end()) for match in _ATOM.finditer(text)]
            found: list[Found] = []
            at = 0
            while at < len(atoms):
                longest = self._longest(text, atoms, at)
                if longest is None:
                    at += 1
                else:
                    last, name = longest
                    found.append(name)
                    at = last + 1
            return found

    def similar(self, key: str, distance: int) -> list[tuple[str, int]]:
        """Keys of names within a number of typing errors (insert, delete, replace, swap), with that number.

        Args:
            key: as :func:`~neuraldb.core.text.normalise` makes it.
            distance: at most so many errors.
        """
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        with self._database.lock:
            self.synchronise()
            keys = list(self._terms)
            matches = process.extract(key, keys, scorer=OSA.distance, score_cutoff=distance, limit=None)
        return sorted(((match, int(errors)) for match, errors, _ in matches), key=lambda found: (found[1], found[0]))

    def terms(self, key: str) -> tuple[int, ...]:
        """The ids, ascending, of the entities known under a key or another name of the same country or person."""
        with self._database.lock:
            self.synchronise()
            keys = (key, *country_keys(key), *self._same_person(key))
            return tuple(sorted({term for known in keys for term, _ in self._terms.get(known, ())}))

    def _same_person(self, key: str) -> list[str]:
        """The other keys under which somebody is known, with or without titles and first names, where that is sure."""
        last = key.rpartition(" ")[2]
        if last not in self._persons:
            names = {known: self._names[known] for known in self._endings.get(last, ())}
            groups: dict[str, list[str]] = defaultdict(list)
            if 1 < len(names) <= MANY:
                longer = longer_forms(names)
                for known in sorted(names):
                    groups[longest(known, longer)].append(known)
            self._persons[last] = {known: group for group in groups.values() if len(group) > 1 for known in group}
        return [known for known in self._persons[last].get(key, ()) if known != key]

    def ending(self, word: str) -> list[str]:
        """The keys of names of several words that end in a word, in alphabetical order."""
        with self._database.lock:
            self.synchronise()
            return sorted(key for key in self._endings.get(word, ()) if key != word)

    def _longest(self, text: str, atoms: list[tuple[int, int]], at: int) -> tuple[int, Found] | None:
        """The longest name that begins with an atom, and its last atom."""
        start = atoms[at][0]
        article = at > 0 and text[slice(*atoms[at - 1])].lower() in _ARTICLES
        best: tuple[int, Found] | None = None
        best_key = ""
        for last in range(at, len(atoms)):
            whole = text[start : atoms[last][1]]
            if _in_next_sentence(text, atoms, at, last):
                break
            key = normalise(whole)
            if key != best_key:  # else it is the name that was found already, with a mark after it
                terms = {term for term, needs_article in self._terms.get(key, ()) if article or not needs_article}
                if terms:
                    bare = all(needs_article for term, needs_article in self._terms[key] if term in terms)
                    begin = atoms[at - 1][0] if bare else start
                    possessive = _POSSESSIVE.search(whole)
                    stop = start + (possessive.start() if possessive else len(whole))
                    best, best_key = (last, Found(begin, stop, tuple(sorted(terms)))), key
            if key not in self._beginnings and not _could_be_initials(whole):
                break
        return best

    def _clear(self) -> None:
        self._rows: dict[int, tuple[str, int, bool]] = {}
        self._terms: dict[str, list[tuple[int, bool]]] = {}
        self._beginnings: Counter[str] = Counter()
        # one text for each key, the keys that end in a word, and who is one person, found when it is asked for
        self._names: dict[str, str] = {}
        self._endings: dict[str, set[str]] = {}
        self._persons: dict[str, dict[str, list[str]]] = {}

    def _load(self, ids: Ids) -> None:
        rows = self._database.rows(
            "SELECT id, key, term, text FROM store.aliases WHERE id IN (SELECT id FROM wanted) ORDER BY id",
            inputs={"wanted": pa.table({"id": ids})},
        )
        for alias, key, term, text in rows:
            needs_article = " " not in key and len(spoken := words(text)) > 1 and spoken[0] in _ARTICLES
            self._rows[alias] = key, term, needs_article
            self._terms.setdefault(key, []).append((term, needs_article))
            self._names.setdefault(key, text)
            last = key.rpartition(" ")[2]
            self._endings.setdefault(last, set()).add(key)
            self._persons.pop(last, None)
            self._beginnings.update(_beginnings(key))

    def _drop(self, ids: Ids) -> None:
        for alias in ids:
            key, term, needs_article = self._rows.pop(int(alias))
            self._terms[key].remove((term, needs_article))
            if not self._terms[key]:
                del self._terms[key], self._names[key]
                last = key.rpartition(" ")[2]
                self._endings[last].discard(key)
                self._persons.pop(last, None)
            for beginning in _beginnings(key):
                self._beginnings[beginning] -= 1
                if not self._beginnings[beginning]:
                    del self._beginnings[beginning]


class EntityStore:
    """Looks entities up by name."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._graph = GraphStore(database)
        self.aliases = AliasIndex(database)

    def resolve(self, name: str) -> list[Resolved]:
        """The entities that a name may mean: those of the strictest way of matching that has any.

        The ways are, in this order: exact, alias, folded, fuzzy. Several entities share a name where the result has
        several. Names that differ in a digit are never taken for one another.
        """
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
            if terms:
                return [Resolved(term, how, score) for term in sorted(terms)]
        return self._misspelt(key)

    def entity(self, name: str) -> list[EntityRecord]:
        """The entities that a name may mean, with all that is stored about each, if anything is.

        They are those that :meth:`resolve` finds, and of a country those known under its other names too. Of an entity
        of which all facts were forgotten nothing is left to tell.
        """
        found = [resolved.term for resolved in self.resolve(name)]
        if country(name):
            found += self.aliases.terms(normalise(name))
        records = [self.record(term) for term in dict.fromkeys(found)]
        return [record for record in records if record.facts or record.triples]

    def record(self, term: int) -> EntityRecord:
        """All that is stored about the entity with this id.

        Raises:
            DataError: there is no such term.
        """
        with self._database.lock:
            (stored,) = self._graph.terms([term])
            aliases = self._database.rows(
                "SELECT DISTINCT text FROM store.aliases WHERE term = ? AND origin <> 'name' ORDER BY text", [term]
            )
            facts = self._graph.facts_mentioning([term])
            triples = self._graph.triples_of(term)
        known = tuple(text for (text,) in aliases if text != stored.text)
        return EntityRecord(term, stored.text, known, tuple(facts.tolist()), tuple(triples))

    def names_ending(self, word: str) -> list[str]:
        """The names of several words that end in a word, of entities of which something current is known.

        Args:
            word: folded, as in the keys of names.
        """
        keys = self.aliases.ending(word)
        if not keys:
            return []
        rows = self._database.rows(
            """SELECT DISTINCT a.text FROM store.aliases a
               WHERE a.key IN (SELECT unnest(?)) AND a.term IN (
                   SELECT m.term FROM store.mentions m JOIN store.facts f ON f.id = m.fact WHERE f.recorded_to IS NULL
                   UNION ALL SELECT subject FROM store.triples WHERE recorded_to IS NULL
                   UNION ALL SELECT object FROM store.triples WHERE recorded_to IS NULL)
               ORDER BY a.text""",
            [keys],
        )
        return [text for (text,) in rows]

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


def _beginnings(key: str) -> list[str]:
    """All that a text may be read as on the way to the end of a name."""
    if re.search(rf"[{_CJK}]", key):
        return [key[:end] for end in range(1, len(key) + 1)]
    tokens = key.split(" ")
    return [" ".join(tokens[:end]) for end in range(1, len(tokens) + 1)]


def _could_be_initials(text: str) -> bool:
    """Whether so far only single letters have come, which close up with what follows (J. R. R., U.S., O'Brien)."""
    parts = re.findall(r"[^\W_]+", text)
    return bool(parts) and all(len(part) == 1 for part in parts)


def _in_next_sentence(text: str, atoms: list[tuple[int, int]], at: int, last: int) -> bool:
    """Whether the last atom follows the end of the sentence that the atom ``at`` is in."""
    if last - at < 2:
        return False
    (word_start, word_end), (stop_start, stop_end), (start, _) = atoms[last - 2 : last + 1]
    spaced = stop_end < start and text[stop_start:stop_end] in ".!?"
    return spaced and word_end - word_start > _ABBREVIATED
