"""Worlds of the lexicon's domains, made from a seed, and what is written and asked about them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache

import hypothesis.strategies as st

from neuraldb.training.composition import sample
from neuraldb.training.derivations import examples_in, told_world
from neuraldb.training.examples import ReadingExample
from neuraldb.training.queries import Query
from neuraldb.training.realise import FactText, write_facts
from neuraldb.training.vocabulary import Domain, load_lexicon
from neuraldb.training.worlds import Entity, Measure, World, make_world

SEEDS = st.integers(0, 10_000)


@lru_cache(maxsize=1)
def lexicon() -> tuple[Domain, ...]:
    """All domains."""
    return tuple(load_lexicon())


def world(seed: int, size: int = 5) -> World:
    """A world of a domain that follows from the seed."""
    return make_world(lexicon()[seed % len(lexicon())], random.Random(seed), size)


def written(seed: int) -> tuple[World, list[FactText]]:
    """A world and the facts that tell of it."""
    made = world(seed)
    return made, write_facts(made, random.Random(seed))


def asked(made: World, seed: int, count: int = 40) -> Iterator[Query]:
    """Questions about a world; fewer than ``count``, since not every world has something of every type."""
    rng = random.Random(seed)
    for _ in range(count):
        query = sample(made, rng)
        if query is not None:
            yield query


def names(end: Entity | Measure) -> set[str]:
    """All that an end of a statement may be called, in lower case: a sentence may begin with it."""
    if isinstance(end, Measure):
        return {end.text.lower()}
    return {name.lower() for name in (end.name, end.alias) if name}


def world_examples(domain: Domain, rng: random.Random, queries: int) -> Iterator[ReadingExample]:
    """Reader examples of one made-up world."""
    return examples_in(*told_world(domain, rng), rng, queries)
