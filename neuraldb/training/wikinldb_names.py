"""Names and numbers for invented facts: people recombined from names of PARAREL, places and things taken from it."""

from __future__ import annotations

import io
import json
import random
import re
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

_PERSON = re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+")
_NAME = re.compile(r"[A-Z][\w'’-]*( [A-Z][\w'’-]*){0,2}")
# kinds of places at the end of a name; much else is located somewhere, too
_PLACE = re.compile(
    r" (County|Parish|District|Province|Township|Island|City|Municipality|Department|Region|Prefecture)$"
)

Pair = tuple[str, str]
TRIES = 1000
"""How often a name is drawn before there are taken to be none."""


def pararel_facts(folder: Path) -> dict[str, list[Pair]]:
    """(subject, object) of the facts of each property, in the order of the files."""
    out: dict[str, list[Pair]] = {}
    with tarfile.open(folder / "pararel" / "pararel.tar.gz") as archive:
        for member in sorted(n for n in archive.getnames() if "trex_lms_vocab" in n and n.endswith(".jsonl")):
            rows = _rows(archive, member)
            pairs = dict.fromkeys((row["sub_label"], row["obj_label"]) for row in rows)
            # a title or a remark after a name belongs to it only for some
            out[Path(member).stem] = [pair for pair in pairs if not re.search(r"[,(]", " ".join(pair))]
    return out


def pararel_phrases(folder: Path) -> dict[str, list[str]]:
    """The whole sentences among PARAREL's patterns, by property, with the slots ``$s`` and ``$o``."""
    out: dict[str, list[str]] = {}
    with tarfile.open(folder / "pararel" / "pararel.tar.gz") as archive:
        for member in sorted(n for n in archive.getnames() if "graphs_json" in n and n.endswith(".jsonl")):
            patterns = [row["pattern"].strip(" .") for row in _rows(archive, member)]
            whole = [p for p in patterns if p.startswith(("[X]", "[Y]")) and "," not in p and not _ODD.search(p)]
            out[Path(member).stem] = [p.replace("[X]", "$s").replace("[Y]", "$o") for p in dict.fromkeys(whole)]
    return out


# phrases that say something else, or are no English with any name
_ODD = re.compile(r"is \[Y\] citizen|musicians|-born person|expired|succumbed|originate|\[Y\] organization$")


def _rows(archive: tarfile.TarFile, member: str) -> list[dict[str, str]]:
    file = archive.extractfile(member)
    assert file is not None
    return [json.loads(line) for line in io.TextIOWrapper(file, "utf-8")]


class Names:
    """Draws names of a class, and numbers.

    Args:
        facts: those of PARAREL, by property.
        works: titles of books and films.
        leagues, genres, prizes: names of TekGen.
    """

    def __init__(self, facts: Mapping[str, Sequence[Pair]], others: Mapping[str, Sequence[str]]) -> None:
        subjects = {relation: _distinct(s for s, _ in pairs) for relation, pairs in facts.items()}
        objects = {relation: _distinct(o for _, o in pairs) for relation, pairs in facts.items()}
        people = [
            name
            for relation in ("P19", "P20", "P106")
            for name in subjects.get(relation, ())
            if _PERSON.fullmatch(name)
        ]
        self.real = frozenset(people)
        self._first = [first for first in _distinct(name.split()[0] for name in people) if first != "The"]
        self._last = _distinct(name.split()[1] for name in people)
        self.country_of = {
            city: country
            for country, city in (*facts.get("P36", ()), *((o, s) for s, o in facts.get("P1376", ())))
            if _NAME.fullmatch(city) and country in set(objects.get("P17", ()))
        }
        cities = _distinct([*objects.get("P19", ()), *objects.get("P20", ())])
        self.pools: dict[str, list[str]] = {
            "city": cities,
            "country": objects.get("P27", []),
            "occupation": objects.get("P106", []),
            "company": objects.get("P108", []),
            "position": objects.get("P413", []),
            "office": objects.get("P39", []),
            "organisation": objects.get("P463", []),
            "place": _distinct(
                name
                for name in (*subjects.get("P131", ()), *objects.get("P131", ()), *objects.get("P36", ()))
                if _NAME.fullmatch(name) and (_PLACE.search(name) or name in set(objects.get("P36", ())))
            ),
            "item": [name for name in subjects.get("P176", ()) if len(name) > 3],
            "team": [f"{city} {kind}" for city in self.country_of for kind in ("Rovers", "Athletic", "Wanderers")],
            "university": [f"University of {city}" for city in self.country_of],
            "event": [f"{city} {kind}" for city in cities for kind in _EVENTS],
            "attraction": [f"{city} {kind}" for city in cities for kind in _ATTRACTIONS],
            **{name: list(pool) for name, pool in others.items()},
        }

    def person(self, rng: random.Random) -> str:
        """An invented name of a person.

        Raises:
            LookupError: the corpora have too few names for one that is not theirs.
        """
        for _ in range(TRIES):
            name = f"{rng.choice(self._first)} {rng.choice(self._last)}"
            if name not in self.real:
                return name
        raise LookupError("there are too few names of people")

    def draw(self, kind: str, rng: random.Random) -> str:
        """A name of a class, or a number as it is told.

        Raises:
            LookupError: there is no such class, or the corpora have no name of it.
        """
        if kind == "person":
            return self.person(rng)
        if kind in _DRAWN:
            return _DRAWN[kind](rng)
        if not self.pools.get(kind):
            raise LookupError(f"there are no names of the class {kind}")
        return rng.choice(self.pools[kind])

    def country(self, institution: str) -> str | None:
        """The country in which a team or university of :attr:`pools` lies."""
        words = institution.removeprefix("University of ").split()
        return next((self.country_of[c] for c in (" ".join(words), " ".join(words[:-1])) if c in self.country_of), None)


_EVENTS = ("Marathon", "Jazz Festival", "Book Fair", "Motor Show", "Tennis Cup", "Film Festival")
_ATTRACTIONS = ("Zoo", "Aquarium", "Botanical Garden", "Science Museum", "Castle", "Art Gallery")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _date(rng: random.Random, first: int, last: int) -> str:
    return f"{rng.randint(1, 28)} {rng.choice(_MONTHS)} {rng.randint(first, last)}"


def _magnitude(low: float, high: float) -> Callable[[random.Random], str]:
    """Numbers of which each order of magnitude is as frequent as any other."""
    return lambda rng: str(int(10 ** rng.uniform(low, high)))


_DRAWN: dict[str, Callable[[random.Random], str]] = {
    "population": _magnitude(2.5, 6.7),
    "voters": _magnitude(3, 7),
    "copies": _magnitude(1.3, 6),
    "attendance": _magnitude(2, 5.3),
    "visitors": _magnitude(3, 6.5),
    "rate": lambda rng: f"{rng.uniform(1, 29):.1f} percent",
    "height": lambda rng: f"{rng.uniform(1.5, 2.15):.2f} metres",
    "weight": lambda rng: f"{rng.randint(48, 120)} kilograms",
    "birthday": lambda rng: _date(rng, 1930, 2003),
    "day": lambda rng: _date(rng, 1890, 2020),
}


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
