"""Databases told of made-up worlds, and questions with the answers that all their facts together give.

The worlds of several domains are told in one database. What is one by name is one thing, also across worlds. An answer
follows from what the facts state, as :mod:`neuraldb.evaluation.tale_answers` works it out; a question whose answer is
not certain from that is left out.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from neuraldb.core.text import normalise
from neuraldb.core.value import Value
from neuraldb.core.values import parse_value
from neuraldb.training.composition import sample
from neuraldb.training.derivations import sides, told_world
from neuraldb.training.queries import Query
from neuraldb.training.realise import FactText
from neuraldb.training.vocabulary import DateAttribute, Domain
from neuraldb.training.worlds import Entity, Measure, Predicate, World

Thing = int
"""A thing that one or several worlds have an entity for."""
Key = tuple[str, str]
"""A predicate in all worlds: its name, and the class of its subjects."""


def key_of(predicate: Predicate) -> Key:
    """What a predicate is called in all worlds."""
    return predicate.name, predicate.subject


def value_of(predicate: Predicate, measure: Measure) -> Value:
    """A quantity or date as the text has it."""
    return parse_value(measure.text, prefer="date" if isinstance(predicate, DateAttribute) else "number")


@dataclass
class Tale:
    """Facts, and what they say.

    Attributes:
        worlds, facts: the worlds, and the texts of all that is told of them.
        names: all names of each thing, normalised.
        stated, denied: by predicate, the pairs of subject and object.
        members: by class, the things that a fact mentions.
    """

    worlds: list[World] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    names: dict[Thing, frozenset[str]] = field(default_factory=dict)
    stated: dict[Key, list[tuple[Thing, Thing | Value]]] = field(default_factory=lambda: defaultdict(list))
    denied: dict[Key, list[tuple[Thing, Thing | Value]]] = field(default_factory=lambda: defaultdict(list))
    members: dict[str, set[Thing]] = field(default_factory=lambda: defaultdict(set))
    _named: dict[str, Thing] = field(default_factory=dict)

    def thing(self, entity: Entity) -> Thing:
        """The thing that an entity of a world is: the one that has one of its names already, or a new one."""
        names = {normalise(name) for name in (entity.name, entity.alias) if name}
        known = sorted({self._named[name] for name in names if name in self._named})
        thing = known[0] if known else len(self.names)
        self.names[thing] = self.names.get(thing, frozenset()) | names
        self._named |= dict.fromkeys(names - self._named.keys(), thing)
        return thing

    def tell(self, world: World, told: Sequence[FactText]) -> None:
        """Add a world and the facts that are told of it."""
        self.worlds.append(world)
        for fact in told:
            self.facts.append(fact.text)
            for entity, _ in fact.mentions:
                self.members[entity.cls.name].add(self.thing(entity))
            for stated in fact.stated:
                for subject, _, other, _ in sides(stated):
                    self._record(self.stated, subject, stated.triple.predicate, other)
            for triple in fact.denied:
                self._record(self.denied, triple.subject, triple.predicate, triple.object)

    def _record(
        self,
        into: dict[Key, list[tuple[Thing, Thing | Value]]],
        subject: Entity,
        predicate: Predicate,
        other: Entity | Measure,
    ) -> None:
        ending = value_of(predicate, other) if isinstance(other, Measure) else self.thing(other)
        pair = self.thing(subject), ending
        if pair not in into[key_of(predicate)]:
            into[key_of(predicate)].append(pair)


def make_tale(domains: Sequence[Domain], rng: random.Random) -> Tale:
    """A database that tells of one world of each domain, the facts of all mixed."""
    tale = Tale()
    for domain in domains:
        tale.tell(*told_world(domain, rng))
    rng.shuffle(tale.facts)
    return tale


def questions(tale: Tale, rng: random.Random) -> Iterator[Query]:
    """Questions on the worlds in turn, as the reader meets them, without end."""
    while True:
        for world in tale.worlds:
            query = sample(world, rng)
            if query is not None and query.target is not None:
                yield query
