"""All names that entities have, in memory: to find them in texts, in spite of typing errors, and by who is meant."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from neuraldb.core.countries import country_keys
from neuraldb.core.person_names import MANY, longer_forms, longest
from neuraldb.core.text import fold, normalise, words
from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database
from neuraldb.stores.following import Follower
from neuraldb.stores.merges import MergeIndex

_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTERS = rf"(?:(?![{_CJK}])[^\W_])+"
# numbers with their marks, Han and Kana one by one, words with their apostrophes (and C++, C#), other symbols
_ATOM = re.compile(rf"\d+(?:[.,]\d+)*(?!\w)|[{_CJK}]|{_LETTERS}(?:['’]{_LETTERS})*[+#]*|[^\w\s]")
_POSSESSIVE = re.compile(r"['’]s?$")
_ARTICLES = frozenset({"a", "an", "the"})
# after an initial or a short abbreviation (St., Inc.) a full stop ends no sentence
_ABBREVIATED = 3


class Found(NamedTuple):
    """A name in a text: character offsets, ``end`` exclusive, and the ids of the entities it may mean, ascending."""

    start: int
    end: int
    terms: tuple[int, ...]


class AliasIndex(Follower):
    """All names and aliases in memory, to find them in texts and in spite of typing errors.

    Args:
        database: whose names.
        merges: which terms are one entity; by default read from the database.
    """

    def __init__(self, database: Database, merges: MergeIndex | None = None) -> None:
        super().__init__(database, "SELECT id FROM store.aliases")
        self._merges = merges or MergeIndex(database)

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
            terms = {term for known in self._same(key) for term, *_ in self._terms.get(known, ())}
            return tuple(sorted({one for term in terms for one in self._merges.meant(term)}))

    def meant(self, key: str) -> tuple[int, ...]:
        """The ids, ascending, of the entities that are known under a key itself."""
        with self._database.lock:
            self.synchronise()
            return tuple(sorted({one for term, *_ in self._terms.get(key, ()) for one in self._merges.meant(term)}))

    def named(self, key: str) -> tuple[int, ...]:
        """The terms, ascending, of entities whose very name has a key, whatever they were merged into."""
        with self._database.lock:
            self.synchronise()
            return tuple(sorted({term for term, _, origin, _ in self._terms.get(key, ()) if origin == "name"}))

    def given(self, key: str) -> set[int]:
        """The terms that are known under a key because somebody gave it to them."""
        with self._database.lock:
            self.synchronise()
            return {term for term, _, origin, _ in self._terms.get(key, ()) if origin not in ("name", "context")}

    def identity(self, key: str) -> int | None:
        """One entity for all names that are known to be of one thing; None for a key that is not known.

        A name that others only go by now and then is first of all that of what is called so.
        """
        with self._database.lock:
            self.synchronise()
            known = [(term, origin) for one in self._same(key) for term, _, origin, _ in self._terms.get(one, ())]
            own = [term for term, origin in known if origin == "name"]
            return min(self._merges.roots(own or [term for term, _ in known]).values(), default=None)

    def _same(self, key: str) -> list[str]:
        """A key and the others of the same country or person."""
        return [key, *country_keys(key), *self._same_person(key)]

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
        return [
            known
            for known in self._persons[last].get(key, ())
            if known != key and not self._merges.kept_apart(self._called(key), self._called(known))
        ]

    def kept_apart(self, key: str, other: str) -> bool:
        """Whether somebody said that what has one name is not what has the other."""
        with self._database.lock:
            self.synchronise()
            return self._merges.kept_apart(self._called(key), self._called(other))

    def _called(self, key: str) -> list[int]:
        return [term for term, *_ in self._terms.get(key, ())]

    def families(self, keys: Iterable[str]) -> list[dict[str, dict[int, str]]]:
        """The names, each by its key, that end in the same word as one of some keys, with the ids of what has them."""
        with self._database.lock:
            self.synchronise()
            return [self.called(last) for last in sorted({key.rpartition(" ")[2] for key in keys})]

    def called(self, last: str) -> dict[str, dict[int, str]]:
        """The names that end in a word, each by its key, with the ids and texts of the terms that are called so."""
        with self._database.lock:
            self.synchronise()
            found = {}
            for key in sorted(self._endings.get(last, ())):
                if terms := {term: text for term, _, origin, text in self._terms[key] if origin == "name"}:
                    found[key] = terms
            return found

    def texts_ending(self, word: str) -> dict[int, set[str]]:
        """The names and aliases of several words that end in a word, by the entities that have them."""
        with self._database.lock:
            self.synchronise()
            found: dict[int, set[str]] = defaultdict(set)
            for key in self._endings.get(word, ()):
                for term, _, _, text in self._terms[key] if key != word else ():
                    for one in self._merges.meant(term):
                        found[one].add(text)
            return found

    def _longest(self, text: str, atoms: list[tuple[int, int]], at: int) -> tuple[int, Found] | None:
        """The longest name that begins with an atom, and its last atom."""
        start = atoms[at][0]
        article = at > 0 and fold(text[slice(*atoms[at - 1])]) in _ARTICLES
        best: tuple[int, Found] | None = None
        best_key = ""
        for last in range(at, len(atoms)):
            whole = text[start : atoms[last][1]]
            if _in_next_sentence(text, atoms, at, last):
                break
            key = normalise(whole)
            if key != best_key:  # else it is the name that was found already, with a mark after it
                terms = {term for term, needs_article, *_ in self._terms.get(key, ()) if article or not needs_article}
                if terms:
                    bare = all(needs_article for term, needs_article, *_ in self._terms[key] if term in terms)
                    meant = {one for term in terms for one in self._merges.meant(term)}
                    begin = atoms[at - 1][0] if bare else start
                    possessive = _POSSESSIVE.search(whole)
                    stop = start + (possessive.start() if possessive else len(whole))
                    best, best_key = (last, Found(begin, stop, tuple(sorted(meant)))), key
            if key not in self._beginnings and not _could_be_initials(whole):
                break
        return best

    def _clear(self) -> None:
        # of each alias its key, and by key: the term, whether it needs its article, its origin, its text
        self._rows: dict[int, tuple[str, tuple[int, bool, str, str]]] = {}
        self._terms: dict[str, list[tuple[int, bool, str, str]]] = {}
        self._beginnings: Counter[str] = Counter()
        # one text for each key, the keys that end in a word, and who is one person, found when it is asked for
        self._names: dict[str, str] = {}
        self._endings: dict[str, set[str]] = {}
        self._persons: dict[str, dict[str, list[str]]] = {}

    def _load(self, ids: Ids) -> None:
        rows = self._database.rows(
            "SELECT id, key, term, text, origin FROM store.aliases WHERE id IN (SELECT id FROM wanted) ORDER BY id",
            inputs={"wanted": pa.table({"id": ids})},
        )
        for alias, key, term, text, origin in rows:
            needs_article = " " not in key and len(spoken := words(text)) > 1 and spoken[0] in _ARTICLES
            known = term, needs_article, origin, text
            self._rows[alias] = key, known
            self._terms.setdefault(key, []).append(known)
            self._names.setdefault(key, text)
            last = key.rpartition(" ")[2]
            self._endings.setdefault(last, set()).add(key)
            self._persons.pop(last, None)
            self._beginnings.update(_beginnings(key))

    def _drop(self, ids: Ids) -> None:
        for alias in ids:
            key, known = self._rows.pop(int(alias))
            self._terms[key].remove(known)
            if not self._terms[key]:
                del self._terms[key], self._names[key]
                last = key.rpartition(" ")[2]
                self._endings[last].discard(key)
                self._persons.pop(last, None)
            for beginning in _beginnings(key):
                self._beginnings[beginning] -= 1
                if not self._beginnings[beginning]:
                    del self._beginnings[beginning]


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
