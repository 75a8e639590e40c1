"""Reader examples over support sets of two and three facts: joins that no single fact answers, and sets with noise.

A join's question describes an entity through one fact and asks what another one says of it; without either fact nothing
follows, which is what the examples with one of them left out teach (Thorne et al. 2021, section 4.2). Random facts
beside the right ones are the ``spj_rand`` of the original (survey of the released code).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from neuraldb.training.conditions import named
from neuraldb.training.derivations import Pairs, derive, mode_of
from neuraldb.training.descriptions import object_description
from neuraldb.training.examples import ReadingExample, Span
from neuraldb.training.queries import Query, object_query
from neuraldb.training.realise import FactText
from neuraldb.training.vocabulary import Relation
from neuraldb.training.worlds import Entity, Triple, World


def derive_from(query: Query, facts: Sequence[FactText]) -> tuple[str, Pairs]:
    """The verdict and spans that follow from several facts, each on its own; a yes outweighs a no."""
    assert query.target is not None
    verdicts, pairs = [], []
    for number, fact in enumerate(facts):
        verdict, found = derive(query.target, fact)
        verdicts.append(verdict)
        pairs += [((number, key[1], key[2]), tuple((number, v[1], v[2]) for v in values)) for key, values in found]
    for verdict in ("span", "yes", "no"):
        if verdict in verdicts:
            return verdict, tuple(pairs)
    return "none", ()


def noisy(query: Query, facts: Sequence[FactText], rng: random.Random) -> ReadingExample | None:
    """A fact that answers, or a near one, with one or two other facts around it."""
    assert query.target is not None
    right = [f for f in facts if derive(query.target, f)[0] != "none"]
    first = [rng.choice(right)] if right and rng.random() < 0.75 else []
    others = rng.sample(list(facts), k=min(len(facts), rng.choice((1, 1, 2)) + (not first)))
    chosen = [*first, *(f for f in others if f not in first)]
    rng.shuffle(chosen)
    if len(chosen) < 2:
        return None
    verdict, pairs = derive_from(query, chosen)
    return ReadingExample(
        query.phrase.text, tuple(f.text for f in chosen), mode_of(query.type, query.op), verdict, pairs
    )


def joins(world: World, facts: Sequence[FactText], rng: random.Random, count: int) -> Iterator[ReadingExample]:
    """Up to ``count`` joins of two facts, each with what is left when one of them is missing or another's."""
    stating: dict[int, list[FactText]] = {}
    for fact in facts:
        for stated in fact.stated:
            stating.setdefault(id(stated.triple), []).append(fact)
    seconds = [t for t in world.triples if isinstance(t.predicate, Relation) and id(t) in stating]
    rng.shuffle(seconds)
    for second in seconds[:count]:
        firsts = [
            t
            for t in world.triples
            if t.object is second.subject and isinstance(t.predicate, Relation) and id(t) in stating
        ]
        if not firsts:
            continue
        first = rng.choice(firsts)
        question = _question(world, first, second, rng)
        pair = [rng.choice(stating[id(first)]), rng.choice(stating[id(second)])]
        if question is None or pair[0] is pair[1] or any(_joined([f], first, second) for f in pair):
            continue
        lone = rng.choice(pair)
        stray = rng.choice(facts)
        sets = [pair, [lone], [lone, stray] if rng.random() < 0.5 else [*pair, stray]]
        for chosen in sets:
            rng.shuffle(chosen)
            keys = _joined(chosen, first, second)
            yield ReadingExample(
                question, tuple(f.text for f in chosen), "answer", "span" if keys else "none",
                tuple((key, ()) for key in keys),
            )  # fmt: skip


def _question(world: World, first: Triple, second: Triple, rng: random.Random) -> str | None:
    """The second statement's question, of what the first one leads to: "Where was the author of S born?"."""
    assert isinstance(first.predicate, Relation)
    assert isinstance(second.predicate, Relation)
    inner = object_description(first.predicate, named(first.subject, rng), second.subject.cls, rng)
    if inner is None:
        return None
    made = object_query(
        second.predicate, inner.marked("inner"), None, world.domain.classes[second.predicate.object], rng
    )
    return made.phrase.text if made else None


def _joined(facts: Sequence[FactText], first: Triple, second: Triple) -> list[Span]:
    """Where the answers stand: the objects of the second relation for whatever the first one leads to."""
    bridges: list[Entity] = [
        s.triple.object
        for f in facts
        for s in f.stated
        if s.triple.predicate is first.predicate
        and s.triple.subject is first.subject
        and isinstance(s.triple.object, Entity)
    ]
    return sorted(
        {
            (number, *s.object)
            for number, f in enumerate(facts)
            for s in f.stated
            if s.triple.predicate is second.predicate and any(s.triple.subject is b for b in bridges)
        }
    )
