"""Hard examples mined from the mistakes of the models: of the retriever, and of the reader behind it.

A database of several worlds is searched as the engine searches one; of the facts that come first, those that do not
answer are what the reader will be shown, and must turn down (Xiong et al. 2021, "ANCE", section 4). A reader that is
trained already turns most of them down: what teaches it more is what it still gets wrong there (Shrivastava et al.
2016, "online hard example mining", section 4).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np

from neuraldb.core.text import mentions
from neuraldb.models.protocols import Encoder, Reader, Reading, ReadRequest, Retriever
from neuraldb.training.composition import sample
from neuraldb.training.derivations import answer_class, attribute_queries, derive, foreign, mode_of, told_world
from neuraldb.training.examples import ReadingExample
from neuraldb.training.queries import Query, member_query
from neuraldb.training.realise import FactText
from neuraldb.training.vocabulary import Domain

DEEPEST = 60
"""So many of the first facts are looked at, and half of them are read."""
DOUBT = 0.2
"""What the reader gives this probability, and is wrong, was a mistake worth showing it; also what is right and has less
than one minus this."""


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


Asked = tuple[Query, Domain, range]
"""A question, its domain, and which facts of the database tell of its world."""


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
    facts, asked = _database(domains, worlds, queries, rng)
    for one, ranked in zip(asked, _ranked(asked, facts, encoder, retriever, DEEPEST), strict=True):
        right, wrong = _sorted(one, facts, ranked)
        yield from rng.sample(right, k=min(len(right), 1))
        yield from wrong[:each]


def confusions(
    domains: Sequence[Domain],
    encoder: Encoder,
    retriever: Retriever,
    reader: Reader,
    rng: random.Random,
    worlds: int = 12,
    queries: int = 40,
    each: int = 3,
) -> Iterator[ReadingExample]:
    """Examples of one made-up database that the reader gets wrong: up to ``each`` a question that answer nothing and as
    many that answer, and one that answers whatever it makes of it, so that it does not learn to turn all down.
    """
    facts, asked = _database(domains, worlds, queries, rng)
    sides = [
        _sorted(one, facts, ranked)
        for one, ranked in zip(asked, _ranked(asked, facts, encoder, retriever, DEEPEST // 2), strict=True)
    ]
    shown = [example for side in sides for examples in side for example in examples]
    readings = iter(reader.read([ReadRequest(e.question, e.facts, e.mode) for e in shown]))
    for right, wrong in sides:
        missed = [example for example in right if _wrong(example, next(readings))]
        taken = [example for example in wrong if _wrong(example, next(readings))]
        yield from rng.sample(missed, k=min(len(missed), each))
        yield from rng.sample(taken, k=min(len(taken), each))
        if right and (taken or missed or rng.random() < 0.1):
            yield rng.choice(right)


def _wrong(example: ReadingExample, reading: Reading) -> bool:
    """Whether the reader finds something where nothing is, doubts what is there, or finds something else."""
    if example.mode == "verdict":
        chance = {"yes": reading.yes, "no": reading.no, "none": reading.nothing}[example.verdict]
        return chance < 1.0 - DOUBT
    if example.verdict == "none":
        return any(d.confidence >= DOUBT for d in reading.derivations)
    sure = [d for d in reading.derivations if d.confidence >= 1.0 - DOUBT]
    found = {(d.key.start, d.key.end, d.value and (d.value.start, d.value.end)) for d in sure}
    wanted = {(*key[1:], value and value[1:]) for key, values in example.pairs for value in (values or (None,))}
    return found != wanted


def _database(
    domains: Sequence[Domain], worlds: int, queries: int, rng: random.Random
) -> tuple[list[FactText], list[Asked]]:
    """The facts of several worlds together, and what is asked of each."""
    facts: list[FactText] = []
    asked: list[Asked] = []
    for domain in rng.sample(list(domains), k=min(worlds, len(domains))):
        world, told = told_world(domain, rng)
        own = range(len(facts), len(facts) + len(told))
        facts += told
        made = [*attribute_queries(world, rng), *(q for _ in range(queries) if (q := sample(world, rng)))]
        # what is of a kind is seldom said in so many words
        kinds = {e.cls.name: e.cls for e in world.entities if e.cls.kind != "literal"}
        made += [member_query(cls, rng) for cls in kinds.values()]
        asked += [(query, world.domain, own) for query in made if query.target is not None]
    return facts, asked


def _ranked(
    asked: Sequence[Asked], facts: Sequence[FactText], encoder: Encoder, retriever: Retriever, most: int
) -> Iterator[list[int]]:
    """For each question the facts that the retriever puts first, at most so many."""
    vectors = encoder.encode([fact.text for fact in facts])
    wanted, _, _ = retriever.wanted([query.phrase.text for query, _, _ in asked])
    for vector in wanted:
        yield np.argsort(-(vectors @ vector))[:most].tolist()


def _sorted(
    one: Asked, facts: Sequence[FactText], ranked: Sequence[int]
) -> tuple[list[ReadingExample], list[ReadingExample]]:
    """Of the facts that come first, those that answer, and those of which it is sure that they do not."""
    query, domain, own = one
    assert query.target is not None
    mode = mode_of(query.type, query.op)
    right: list[ReadingExample] = []
    wrong: list[ReadingExample] = []
    for number in ranked:
        fact = facts[number]
        verdict, pairs = derive(query.target, fact) if number in own else ("none", ())
        if verdict != "none":
            right.append(ReadingExample(query.phrase.text, (fact.text,), mode, verdict, pairs))
        elif number in own or answers_nothing(query, domain, fact):
            wrong.append(ReadingExample(query.phrase.text, (fact.text,), mode))
    return right, wrong
