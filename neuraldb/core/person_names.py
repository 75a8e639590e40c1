"""Names of people in their longer and shorter forms: with and without titles, with first names or their initials.

Which words are titles is known by the library nameparser. Whether a shorter form means somebody depends on who else is
known, so :func:`longer_forms` is given all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from neuraldb.core.text import fold, normalise

_TOKEN = re.compile(r"[^\s.]+\.?")
_NO_LETTERS = re.compile(r"[-'’.]")
MANY = 200
"""Of a surname (or what looks like one: Airport) that so many names end in, a short form is never sure."""
_INITIALS = 4
"""As many capitals at most are initials written together (JRR)."""


@lru_cache(maxsize=16384)
def without_titles(name: str) -> str:
    """The name without titles before it; itself where it has none, or where fewer than two words would be left.

    >>> without_titles("Prof. Dr. Hans Müller"), without_titles("Captain America"), without_titles("Oslo")
    ('Hans Müller', 'Captain America', 'Oslo')
    """
    if name.count(" ") < 2 or fold(name.split()[0].strip(".")) not in _titles():
        return name
    from nameparser import HumanName

    title = str(HumanName(name).title)
    rest = name.strip().removeprefix(title).lstrip()
    return rest if title and len(rest) < len(name.strip()) and " " in rest else name


@lru_cache(maxsize=1)
def _titles() -> frozenset[str]:
    """Words that may be titles, or begin one, so that only names that begin with them need to be taken apart."""
    from nameparser import Lexicon

    return frozenset(Lexicon.default().titles)


@lru_cache(maxsize=16384)
def name_parts(name: str) -> tuple[str, ...]:
    """The parts of a name without titles, folded; empty where one is no word.

    Initials come one by one, without points; a longer part that is cut short keeps its point.

    >>> name_parts("J.R.R. Tolkien"), name_parts("JRR Tolkien"), name_parts("St. Louis"), name_parts("Boeing 737")
    (('j', 'r', 'r', 'tolkien'), ('j', 'r', 'r', 'tolkien'), ('st.', 'louis'), ())
    """
    tokens = _TOKEN.findall(without_titles(name))
    parts: list[str] = []
    for place, token in enumerate(tokens):
        together = token.isalpha() and token.isupper() and len(token) <= _INITIALS and place < len(tokens) - 1
        parts += fold(token) if together else (fold(token if len(token) > 2 else token.rstrip(".")),)
    if parts:
        parts[-1] = parts[-1].rstrip(".")
    letters = all(_NO_LETTERS.sub("", part).isalpha() for part in parts)
    return tuple(parts) if letters else ()


def has_initials(name: str) -> bool:
    """Whether a part of the name before the last is an initial."""
    return _initial(name_parts(name))


def _initial(parts: tuple[str, ...]) -> bool:
    return any(len(part) == 1 for part in parts[:-1])


def abbreviates(short: str, long: str) -> bool:
    """Whether one name is the other with its first parts cut short, or without initials between the first and the last.

    >>> abbreviates("J. R. R. Tolkien", "John Ronald Reuel Tolkien"), abbreviates("St. Louis", "Saint Louis")
    (True, True)
    >>> abbreviates("John Kennedy", "John F. Kennedy"), abbreviates("Martin King", "Martin Luther King")
    (True, False)
    >>> abbreviates("John Smith", "Jane Smith"), abbreviates("George W. Bush", "George H. W. Bush")
    (False, False)
    """
    return _abbreviates(name_parts(short), name_parts(long))


def _abbreviates(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    if len(a) < 2 or len(b) < 2 or a == b or a[-1] != b[-1]:
        return False
    if len(a) == 2 and all(len(part) == 1 for part in b[1:-1]):
        return _cut(a[0], b[0])
    return len(a) == len(b) and all(_cut(x, y) for x, y in zip(a, b, strict=True))


def _cut(short: str, long: str) -> bool:
    """Whether a part is the other one, its initial, or some of its letters from the first on with a point (St.)."""
    if short == long or (len(short) == 1 and long.startswith(short)):
        return True
    letters = iter(long)
    return short.endswith(".") and short[0] == long[0] and all(letter in letters for letter in short[:-1])


def longer_forms(names: Mapping[str, str]) -> dict[str, str]:
    """For keys of shorter names the key of the longer one that each must be.

    "J. Smith" is John Smith unless there is a Jane Smith too. A surname stands for somebody only if a longer form shows
    that it is a person's: by a title, by initials.

    Args:
        names: all names that are known, by their key (:func:`~neuraldb.core.text.normalise`).

    >>> longer_forms({"tolkien": "Tolkien", "jrr tolkien": "J. R. R. Tolkien"})
    {'tolkien': 'jrr tolkien'}
    """
    titled = {key: normalise(bare) for key, name in names.items() if (bare := without_titles(name)) != name}
    found: dict[str, str] = {}
    for key, bare in titled.items():
        one = bare if bare in names else min(k for k, other in titled.items() if other == bare)
        if one != key:
            found[key] = one
    by_surname: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for key, name in names.items():
        if parts := name_parts(name):
            by_surname[parts[-1]][key] = parts
    for surname, those in by_surname.items():
        if len(surname) > 1 and 1 < len(those) <= MANY:
            family = _Family(those, names, titled)
            for key in those.keys() - found.keys():
                longer = family.longer(key)
                if longer is not None:
                    found[key] = longer
    return found


def longest(key: str, longer: Mapping[str, str]) -> str:
    """The key at the end of the chain of :func:`longer_forms`; the key itself where it has no longer form."""
    seen = {key}
    while key in longer and longer[key] not in seen:
        key = longer[key]
        seen.add(key)
    return key


class _Family:
    """Names with one surname, by what their first parts begin with: a short form is one of few others only.

    Args:
        parts: the parts of each name, by its key.
        names: the names by their keys.
        titled: keys of names with titles.
    """

    def __init__(
        self, parts: Mapping[str, tuple[str, ...]], names: Mapping[str, str], titled: Mapping[str, str]
    ) -> None:
        self._parts, self._names, self._titled = parts, names, titled
        self._whole = [key for key, those in parts.items() if len(those) > 1]
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        self._by_first: dict[str, list[str]] = defaultdict(list)
        for key in self._whole:
            self._by_letter[parts[key][0][0]].append(key)
            self._by_first[parts[key][0]].append(key)

    def longer(self, key: str) -> str | None:
        """The longest name that one of them must be a form of, if it is sure."""
        parts = self._parts[key]
        alone = len(parts) == 1
        longer = [k for k in self._candidates(parts) if k != key and (alone or _abbreviates(parts, self._parts[k]))]
        best = max((k for k in longer if k not in self._titled), key=self._length, default=None)
        best = best or max(longer, key=self._length, default=None)
        if best is None:
            return None
        whole = self._parts[best]
        if not all(self._parts[k] == whole or _abbreviates(self._parts[k], whole) for k in longer):
            return None
        shown = not alone or any(k in self._titled or _initial(self._parts[k]) for k in longer)
        return best if shown else None

    def _candidates(self, parts: tuple[str, ...]) -> list[str]:
        if len(parts) == 1:
            return self._whole
        # only a part that is cut short stands for one that begins otherwise
        cut = any(len(part) == 1 or part.endswith(".") for part in parts)
        return self._by_letter[parts[0][0]] if cut else self._by_first[parts[0]]

    def _length(self, key: str) -> tuple[int, str]:
        return len(self._names[key]), key
