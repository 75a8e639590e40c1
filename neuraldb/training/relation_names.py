"""The names of relations: of the lexicon's predicates, of TekGen's and PARAREL's properties; one relation is one.

The first name of a relation is the one that it is stored under. Domains that have the same relation under the same name
("location") share it, so that no relation is stored under two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from neuraldb.core.relation_names import relation_key
from neuraldb.training.grammar import finite, squeeze
from neuraldb.training.vocabulary import Domain, Relation
from neuraldb.training.worlds import Predicate

PROPERTIES = {
    "P17": "country", "P19": "place of birth", "P20": "place of death", "P27": "country of citizenship",
    "P30": "continent", "P31": "instance of", "P36": "capital", "P37": "official language", "P39": "position held",
    "P47": "shares border with", "P101": "field of work", "P103": "native language", "P106": "occupation",
    "P108": "employer", "P127": "owned by", "P131": "located in", "P136": "genre", "P138": "named after",
    "P140": "religion", "P159": "headquarters location", "P176": "manufacturer", "P178": "developer",
    "P190": "twinned administrative body", "P264": "record label", "P276": "location", "P279": "subclass of",
    "P361": "part of", "P364": "original language", "P407": "language of work or name",
    "P413": "position played on team",
    "P449": "original broadcaster", "P463": "member of", "P495": "country of origin", "P527": "has part",
    "P530": "diplomatic relation", "P740": "location of formation", "P937": "work location",
    "P1001": "applies to jurisdiction",
    "P1303": "instrument", "P1376": "capital of", "P1412": "languages spoken",
}  # fmt: skip
"""What PARAREL's properties are called in Wikidata."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def plain(name: str) -> str:
    """A name as words.

    >>> plain("placeOfBirth"), plain("birth_place"), plain("CPU")
    ('place of birth', 'birth place', 'CPU')
    """
    words = _HUMP.sub(" ", name).replace("_", " ").split()
    return " ".join(w if w.isupper() else w.lower() for w in words)


def names_of(predicate: Predicate) -> tuple[str, ...]:
    """How a predicate of the lexicon is called: its columns, its nouns, and its verbs without their ends."""
    nouns = [n.singular if not isinstance(n, str) else n for n in predicate.nouns]
    verbs = [squeeze(f"{finite(v, plural=False)} {v.before} {v.after}") for v in predicate.verbs]
    tidy = [n for n in (plain(n) for n in (*predicate.attributes, *nouns, *verbs)) if n not in _EMPTY]
    return tuple(dict.fromkeys(tidy))


_EMPTY = frozenset(("is", "was", "has", "had", "have", "are", "were"))


def predicates(domain: Domain) -> tuple[Predicate, ...]:
    """All predicates of a domain."""
    return (*domain.relations, *domain.quantities, *domain.dates)


@dataclass
class RelationNames:
    """Relations by number, with their names.

    Attributes:
        names: of each relation, the stored one first.
    """

    names: list[list[str]] = field(default_factory=list)
    _by_key: dict[str, int] = field(default_factory=dict)

    def enter(self, names: Sequence[str]) -> int:
        """The number of the relation of the same first name, with these names added to it; else of a new one."""
        key = relation_key(names[0])
        number = self._by_key.get(key)
        if number is None:
            number = len(self.names)
            self.names.append([])
        self._by_key.setdefault(key, number)
        known = self.names[number]
        known += [n for n in names if n not in known]
        return number

    def number(self, name: str) -> int | None:
        """The relation of this name."""
        return self._by_key.get(relation_key(name))

    @property
    def stored(self) -> list[str]:
        """The names that relations are stored under."""
        return [names[0] for names in self.names]


def relation_names(domains: Iterable[Domain], properties: Iterable[str] = ()) -> RelationNames:
    """The relations of domains, of properties by their labels, and of PARAREL."""
    known = RelationNames()
    for domain in domains:
        for predicate in predicates(domain):
            known.enter(names_of(predicate))
    for label in (*properties, *PROPERTIES.values()):
        known.enter((plain(label),))
    return known


def opposite_names(relation: Relation) -> tuple[str, ...]:
    """How a relation is called from its object's side: these are no names of it."""
    return tuple(
        dict.fromkeys(plain(n) for n in (*relation.inverse_attributes, *(n.singular for n in relation.inverse_nouns)))
    )
