"""A made-up graph of people who know each other and of papers that they write, of any size, for measuring speed.

Who is known and what is cited is skewed, as it is in life: a few people and papers have very many links, most have few.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from neuraldb.core import rdf
from neuraldb.core.rdf import XSD
from neuraldb.stores.terms import Term

BASE = "http://social.example/"
"""How the IRIs of the graph begin; the queries call it the empty prefix."""
TYPE = rdf.RDF + "type"
PER_PERSON, PER_PAPER = 11.5, 9.4
"""Triples that a person and a paper have, on average."""
CONTINENTS, COUNTRIES, CITIES = 5, 40, 400
FIRST = ("Anna", "Bela", "Carl", "Dora", "Emil", "Frida", "Goran", "Hanna", "Ivo", "Jana", "Karl", "Lena", "Mirko")
LAST = (
    "Aas",
    "Berg",
    "Carlsen",
    "Dahl",
    "Eide",
    "Foss",
    "Gran",
    "Haug",
    "Iversen",
    "Juul",
    "Krog",
    "Lie",
    "Moe",
    "Nygard",
)
WORDS = (
    "graph", "query", "index", "storage", "neural", "optimal", "parallel", "robust", "learned", "temporal", "adaptive",
    "join", "stream", "cache", "transaction", "sampling", "ranking", "retrieval", "reasoning", "consensus",
)  # fmt: skip
FIRST_BIRTH = datetime.date(1930, 1, 1)
ADULT_DAYS = 27_000
Triple: TypeAlias = tuple[Term, Term, Term]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many there are of each kind of thing."""

    people: int
    papers: int
    universities: int
    topics: int
    venues: int

    @classmethod
    def of(cls, triples: int) -> Sizes:
        """Those of a graph of about so many triples.

        >>> Sizes.of(1_000_000)
        Sizes(people=43434, papers=53138, universities=434, topics=531, venues=106)
        """
        people = max(20, int(triples * 0.4995 / PER_PERSON))
        papers = max(20, int(triples * 0.4995 / PER_PAPER))
        return cls(people, papers, max(4, people // 100), max(15, papers // 100), max(4, papers // 500))


def iri(kind: str, number: int) -> Term:
    """A thing of the graph.

    >>> iri("person", 7).text
    'http://social.example/person/7'
    """
    return Term("iri", f"{BASE}{kind}/{number}")


def relation(name: str) -> Term:
    """A relation or class of the graph."""
    return Term("iri", rdf.RDF + "type" if name == "type" else BASE + name)


def literal(text: str, datatype: str = "") -> Term:
    """A literal; ``datatype`` is a local name of XML Schema."""
    parsed = rdf.literal(text, XSD + datatype if datatype else "")
    days = {"date_from": parsed.date_from, "date_to": parsed.date_to}
    return Term(parsed.kind, text, parsed.datatype, number=parsed.number, **days)  # type: ignore[arg-type]


def triples(count: int, seed: int = 0) -> Iterator[Triple]:
    """About ``count`` triples, each once; the same seed gives the same ones."""
    sizes = Sizes.of(count)
    chance = random.Random(seed)
    yield from _places(chance)
    yield from _institutions(sizes, chance)
    yield from _people(sizes, chance)
    yield from _papers(sizes, chance)


def _skewed(chance: random.Random, count: int) -> int:
    """A number below ``count``, small ones far more often."""
    return int(count * chance.random() ** 3)


def _places(chance: random.Random) -> Iterator[Triple]:
    for number in range(COUNTRIES):
        country = iri("country", number)
        yield country, relation("type"), relation("Country")
        yield country, relation("name"), literal(f"Country {number}")
        yield country, relation("partOf"), iri("continent", number % CONTINENTS)
    for number in range(CITIES):
        city = iri("city", number)
        yield city, relation("type"), relation("City")
        yield city, relation("name"), literal(f"City {number}")
        yield city, relation("partOf"), iri("country", chance.randrange(COUNTRIES))
        yield city, relation("population"), literal(str(chance.randrange(5_000, 5_000_000)), "integer")


def _institutions(sizes: Sizes, chance: random.Random) -> Iterator[Triple]:
    for number in range(sizes.universities):
        university = iri("university", number)
        yield university, relation("type"), relation("University")
        yield university, relation("name"), literal(f"University of City {number}")
        yield university, relation("partOf"), iri("city", chance.randrange(CITIES))
    for number in range(sizes.topics):
        topic = iri("topic", number)
        yield topic, relation("type"), relation("Topic")
        yield topic, relation("name"), literal(f"{WORDS[number % len(WORDS)]} {number}")
        if number:
            yield topic, relation("broader"), iri("topic", (number - 1) // 3)
    for number in range(sizes.venues):
        venue = iri("venue", number)
        yield venue, relation("type"), relation("Journal" if number % 3 else "Conference")
        yield venue, relation("name"), literal(f"Venue {number}")


def _people(sizes: Sizes, chance: random.Random) -> Iterator[Triple]:
    for number in range(sizes.people):
        person = iri("person", number)
        born = FIRST_BIRTH + datetime.timedelta(days=chance.randrange(ADULT_DAYS))
        yield person, relation("type"), relation("Person")
        yield person, relation("name"), literal(f"{chance.choice(FIRST)} {chance.choice(LAST)} {number}")
        yield person, relation("birthDate"), literal(born.isoformat(), "date")
        yield person, relation("income"), literal(str(chance.randrange(10_000, 200_000)), "integer")
        yield person, relation("livesIn"), iri("city", _skewed(chance, CITIES))
        if chance.random() < 0.6:
            yield person, relation("memberOf"), iri("university", _skewed(chance, sizes.universities))
        if chance.random() < 0.4:
            yield person, relation("email"), literal(f"person{number}@mail.example")
        # some are neighbours, so that there are triangles, and some anybody
        near = {(number + chance.randint(1, 20)) % sizes.people for _ in range(3)}
        far = {_skewed(chance, sizes.people) for _ in range(chance.randint(1, 4))}
        for other in sorted((near | far) - {number}):
            yield person, relation("knows"), iri("person", other)


def _papers(sizes: Sizes, chance: random.Random) -> Iterator[Triple]:
    for number in range(sizes.papers):
        paper = iri("paper", number)
        title = " ".join(chance.choices(WORDS, k=4))
        yield paper, relation("type"), relation("Paper")
        yield paper, relation("title"), literal(f"{title.capitalize()} {number}")
        yield paper, relation("year"), literal(str(1980 + _skewed(chance, 45)), "integer")
        yield paper, relation("venue"), iri("venue", _skewed(chance, sizes.venues))
        yield paper, relation("topic"), iri("topic", chance.randrange(sizes.topics))
        for author in sorted({_skewed(chance, sizes.people) for _ in range(chance.randint(1, 4))}):
            yield paper, relation("creator"), iri("person", author)
        for cited in sorted({_skewed(chance, number) for _ in range(chance.randint(0, 4))} if number else ()):
            yield paper, relation("cites"), iri("paper", cited)
