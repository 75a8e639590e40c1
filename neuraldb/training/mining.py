"""Hard negatives mined from the retriever's mistakes: facts that it puts first and that answer nothing.

A database of several worlds is searched as the engine searches one; of the facts that come first, those that do not
answer are what the reader will be shown, and must turn down (Xiong et al. 2021, "ANCE", section 4).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np

from neuraldb.core.text import mentions
from neuraldb.models.protocols import Encoder, Retriever
from neuraldb.training.composition import sample
from neuraldb.training.derivations import answer_class, attribute_queries, derive, foreign, mode_of, told_world
from neuraldb.training.examples import ReadingExample
from neuraldb.training.queries import Query
from neuraldb.training.realise import FactText
from neuraldb.training.vocabulary import Domain

DEEPEST = 60
"""So many of the first facts are looked at."""


def answers_nothing(query: Query, domain: Domain, fact: FactText) -> bool:
    """Whether a fact of another world surely holds no answer: nothing of the class, or not the entity."""
    cls = answer_class(query, domain)
    if cls is not None and foreign(cls, fact):
        return True
    target = query.target
    if target is None or target.entity is None:
        return False
    known = (target.entity.name, target.entity.alias)
    return not any(mentions(fact.text, name) for name in known if name)


def mistakes(
    domains: Sequence[Domain],
    encoder: Encoder,
    retriever: Retriever,
    rng: random.Random,
    worlds: int = 12,
    queries: int = 40,
    each: int = 3,
) -> Iterator[ReadingExample]:
    """Examples of one made-up database: for each question a fact that answers and up to ``each`` mistakes."""
    facts: list[FactText] = []
    asked: list[tuple[Query, Domain, range]] = []
    for domain in rng.sample(list(domains), k=min(worlds, len(domains))):
        world, told = told_world(domain, rng)
        own = range(len(facts), len(facts) + len(told))
        facts += told
        made = [*attribute_queries(world, rng), *(q for _ in range(queries) if (q := sample(world, rng)))]
        asked += [(query, world.domain, own) for query in made if query.target is not None]
    vectors = encoder.encode([fact.text for fact in facts])
    wanted, _, _ = retriever.wanted([query.phrase.text for query, _, _ in asked])
    for (query, domain, own), vector in zip(asked, wanted, strict=True):
        yield from _of(query, domain, own, facts, np.argsort(-(vectors @ vector))[:DEEPEST].tolist(), each, rng)


def _of(
    query: Query, domain: Domain, own: range, facts: Sequence[FactText], ranked: Sequence[int], each: int,
    rng: random.Random,
) -> Iterator[ReadingExample]:  # fmt: skip
    assert query.target is not None
    mode = mode_of(query.type, query.op)
    right: list[ReadingExample] = []
    wrong: list[ReadingExample] = []
    for number in ranked:
        fact = facts[number]
        verdict, pairs = derive(query.target, fact) if number in own else ("none", ())
        if verdict != "none":
            right.append(ReadingExample(query.phrase.text, (fact.text,), mode, verdict, pairs))
        elif len(wrong) < each and (number in own or answers_nothing(query, domain, fact)):
            wrong.append(ReadingExample(query.phrase.text, (fact.text,), mode))
    yield from rng.sample(right, k=min(len(right), 1))
    yield from wrong
