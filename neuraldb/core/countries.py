"""Countries by any of their names: ``USA``, ``U.S.``, ``the United States``, ``American`` and ``Americans`` are one.

The names, other spellings and demonyms are those of the library countryinfo. A name of up to three letters counts only
where it stands in capitals and is the initials of one of the country's names and of no other country's usual name: so
``US`` and ``UAE`` are names, and ``IN``, ``AND`` and ``SA`` are none. A demonym that several countries share is that of
the one with nearly all of the people (``American``), or else of none (``Congolese``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from neuraldb.core.text import fold, normalise

if TYPE_CHECKING:
    from countryinfo import CountryInfo

_ARTICLE = re.compile(r"\s*the\s+", re.IGNORECASE)
CODE = 3
"""Names of so many letters are codes."""
NEARLY_ALL = 0.02
"""A demonym is a country's if each other one that shares it has less than this part of its people."""


@dataclass(frozen=True, slots=True)
class _Names:
    """Keys of names (:func:`normalise`) with the country that each means; and the keys of each country, in order.

    ``countries`` has the demonyms too.
    """

    countries: dict[str, str]
    codes: dict[str, str]
    demonyms: dict[str, str]
    keys: dict[str, tuple[str, ...]]
    own: frozenset[str]


def country(name: str) -> str | None:
    """The country that a name, code or demonym means, as its usual English name; None if it means none.

    >>> [country(name) for name in ("U.S.", "the Americans", "Federal Republic of Germany", "in", "Oslo")]
    ['United States', 'United States', 'Germany', None, None]
    """
    key = normalise(name)
    if len(key) <= CODE:
        return _names().codes.get(key) if _ARTICLE.sub("", name).isupper() else None
    return _meant(key)


def demonym(name: str) -> bool:
    """Whether a name is what a country's people are called, and its language may be, but not the country.

    >>> [demonym(name) for name in ("Spanish", "Americans", "Spain", "Oslo")]
    [True, True, False, False]
    """
    names, key = _names(), normalise(name)
    if len(key) <= CODE or key in names.own:
        return False
    return key in names.demonyms or (key.endswith("s") and key[:-1] in names.demonyms)


def country_keys(key: str) -> tuple[str, ...]:
    """All keys under which the country is known that one of its keys means, this one left out; none if it means none.

    Args:
        key: as :func:`~neuraldb.core.text.normalise` makes it; a code, since its capitals are gone, counts as one.

    >>> "american" in country_keys("us"), country_keys("oslo")
    (True, ())
    """
    names = _names()
    found = names.codes.get(key) or _meant(key)
    return tuple(k for k in names.keys[found] if k != key) if found else ()


def _meant(key: str) -> str | None:
    """The country of a key that is no code; demonyms form their plural with -s, if any."""
    names = _names()
    return names.countries.get(key) or (names.demonyms.get(key[:-1]) if key.endswith("s") else None)


@lru_cache(maxsize=1)
def _names() -> _Names:
    """All names; reading them takes some ten milliseconds, so not at import."""
    from countryinfo import all_countries

    entries = [info for info in all_countries() if info.iso(2)]
    own = {normalise(info.name()): info.name() for info in entries}
    spellings: dict[str, list[str]] = defaultdict(list)
    usual: dict[str, str] = {}
    for info in entries:
        forms = [info.name(), *info.alt_spellings()]
        # a country that was renamed has a second entry, under its old name; there the new one is another spelling
        usual[info.name()] = next((own[k] for k in map(normalise, forms[1:]) if k in own), info.name())
        spellings[usual[info.name()]] += forms
    # a country's own name goes before what others are also called
    countries = {key: usual[name] for key, name in own.items()}
    codes: dict[str, str] = {}
    for name, forms in spellings.items():
        others = {_initials(other) for other in spellings if other != name}
        initials = {_initials(form) for form in forms} - others
        for key in map(normalise, forms):
            if len(key) > CODE:
                countries.setdefault(key, name)
            elif key and key in initials:
                codes.setdefault(key, name)
    proper = frozenset(countries)
    demonyms = dict(_demonyms(info for info in entries if usual[info.name()] == info.name()))
    countries = {**demonyms, **countries}
    keys: dict[str, list[str]] = defaultdict(list)
    for key, name in (*countries.items(), *codes.items()):
        keys[name].append(key)
    return _Names(countries, codes, demonyms, {name: tuple(found) for name, found in keys.items()}, proper)


def _initials(name: str) -> str:
    return fold("".join(word[0] for word in name.split() if word[0].isupper()))


def _demonyms(entries: Iterable[CountryInfo]) -> Iterator[tuple[str, str]]:
    """The keys of demonyms, each with its country."""
    bearers: dict[str, list[CountryInfo]] = defaultdict(list)
    for info in entries:
        if demonym := info.demonym():
            bearers[normalise(demonym)].append(info)
    for demonym, those in bearers.items():
        largest, *others = sorted(those, key=_people, reverse=True)
        if all(_people(other) < NEARLY_ALL * _people(largest) for other in others):
            yield demonym, largest.name()


def _people(info: CountryInfo) -> int:
    return int(info.population() or 0)
