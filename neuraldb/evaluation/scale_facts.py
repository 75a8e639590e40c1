"""What ``neuraldb bench scale`` tells and asks: facts of made-up worlds, and questions about what they say."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlglot import exp

from neuraldb.training.conditions import named
from neuraldb.training.derivations import mode_of
from neuraldb.training.queries import Query, object_query, value_query
from neuraldb.training.realise import write_facts
from neuraldb.training.superlatives import superlative
from neuraldb.training.vocabulary import DateAttribute, Domain, Quantity, Relation, load_lexicon
from neuraldb.training.worlds import Measure, World, make_world

SIZE = 20
"""Entities of a class in one world; a database has as many worlds as it takes."""
TRIES = 5
"""Questions that are made for one that is asked: some are made twice, some worlds have nothing to ask of."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the mode in which the reader is asked, and for aggregates the like of it over a virtual table."""

    text: str
    mode: str
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """Facts, each once, and questions about them; ``spare`` are further facts, which are not told at first."""

    facts: list[str]
    spare: list[str]
    lookups: list[Question]
    aggregates: list[Question]


def telling(facts: int, questions: int, seed: int = 0) -> Telling:
    """So many facts, and so many lookups and aggregates about their worlds; the same for the same seed."""
    rng, asking, domains = random.Random(seed), random.Random(seed + 1), load_lexicon()
    told: dict[str, None] = {}
    worlds: list[World] = []
    while len(told) <= facts:
        world = make_world(domains[len(worlds) % len(domains)], rng, SIZE)
        worlds.append(world)
        told.update((fact.text, None) for fact in write_facts(world, rng))
    texts = list(told)
    about = asking.choices(worlds, k=questions * TRIES)
    return Telling(
        texts[:facts],
        texts[facts:],
        _distinct((lookup(world, asking) for world in about), questions),
        _distinct((aggregate(world, asking) for world in about), questions),
    )


def _distinct(made: Iterable[Question | None], most: int) -> list[Question]:
    """The first so many questions, each once."""
    return list(islice(dict.fromkeys(question for question in made if question is not None), most))


def lookup(world: World, rng: random.Random) -> Question | None:
    """What something has as the value of a relation, quantity or date, of which it has one."""
    triple = rng.choice(
        [t for t in world.triples if not isinstance(t.predicate, Relation) or t.predicate.functional] or [None]
    )
    if triple is None:
        return None
    predicate = triple.predicate
    query: Query | None
    if isinstance(predicate, Relation):
        cls = world.domain.classes[predicate.object]
        query = object_query(predicate, named(triple.subject, rng), triple.subject, cls, rng)
    else:
        query = value_query(predicate, triple.subject, rng)
    return None if query is None else Question(query.phrase.text, mode_of(query.type, query.op))


def aggregate(world: World, rng: random.Random) -> Question | None:
    """Which member of a class has the most, least, first or last; and the same of its column in SQL."""
    predicates = [p for p in _measured(world.domain) if _holds(world, p)]
    if not predicates:
        return None
    predicate = rng.choice(predicates)
    cls = world.domain.classes[predicate.subject]
    query = superlative(predicate, cls, rng)
    if query is None:
        return None
    column = exp.column(predicate.attributes[0], quoted=True)
    table = exp.to_table(exp.to_identifier(cls.nouns[0].plural, quoted=True).sql("duckdb"), dialect="duckdb")
    tables = tuple(
        exp.select(function(this=column.copy())).from_(table.copy()).sql("duckdb") for function in (exp.Max, exp.Min)
    )
    return Question(query.phrase.text, mode_of(query.type, query.op), tables)


def _measured(domain: Domain) -> Sequence[Quantity | DateAttribute]:
    return (*domain.quantities, *domain.dates)


def _holds(world: World, predicate: Quantity | DateAttribute) -> bool:
    return any(isinstance(triple.object, Measure) for triple in world.of_predicate.get(predicate.name, ()))
