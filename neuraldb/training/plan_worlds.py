"""Questions about made-up worlds with the plans that their triples admit: one to three steps, lists and counts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np

from neuraldb.decoding.chains import NAMED, Chain, chain_words, chains
from neuraldb.decoding.plain_graph import PlainGraph
from neuraldb.training.conditions import relation_condition
from neuraldb.training.descriptions import object_description, subject_description
from neuraldb.training.grammar import finite, squeeze
from neuraldb.training.phrases import Phrase
from neuraldb.training.plan_examples import narrowed
from neuraldb.training.plan_ranking import Example
from neuraldb.training.queries import Query, count_objects, noun_query, object_query, subject_query, value_query
from neuraldb.training.relation_names import names_of, plain
from neuraldb.training.vocabulary import DateAttribute, Domain, Quantity, Relation
from neuraldb.training.worlds import Entity, Predicate, Triple, World, make_world

FLIPPED = 0.25
"""How often a graph has a relation the other way round than the lexicon."""
LENGTHS = (1, 1, 1, 1, 2, 2, 2, 3)
Step = tuple[Triple, bool]
"""A triple, walked from its subject or from its object."""


class NamedWorld:
    """A world as somebody's graph: each relation under one of its names, and some of them the other way round.

    Args:
        world: the world.
        rng: chooses the names.
    """

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world = world
        self._called: dict[str, tuple[str, bool]] = {}
        for triple in world.triples:
            if triple.predicate.name not in self._called:
                self._called[triple.predicate.name] = _called(triple.predicate, rng)
        self.graph = PlainGraph(self._edge(triple) for triple in world.triples)

    def walk(self, length: int, rng: random.Random) -> list[Step] | None:
        """A way of so many steps that does not turn back."""
        first = rng.choice(self.world.triples)
        way: list[Step] = [(first, not isinstance(first.object, Entity) or rng.random() < 0.6)]
        while len(way) < length:
            end = _end(way[-1])
            if not isinstance(end, Entity):
                return None
            used = {id(triple) for triple, _ in way}
            onward: list[Step] = [(t, True) for t in self.world.of_subject.get(end.number, ()) if id(t) not in used]
            onward += [(t, False) for t in self.world.triples if t.object is end and id(t) not in used]
            if not onward:
                return None
            way.append(rng.choice(onward))
        return way

    def example(self, way: Sequence[Step], query: Query, rng: random.Random) -> Example | None:
        """What the graph admits for the thing where a way begins, for a question that means the way."""
        start = self.graph.id(begin_of(way).name)
        assert start is not None
        counted = query.type == "count"
        texts: list[str] = []
        right: list[int] = []
        meant = self.meant(way)
        for chain, _ in _some(list(chains(self.graph, np.array([start]), len(way) if len(way) > 1 else 2)), rng, meant):
            for wanted in ("which", "how many") if counted else ("which",):
                if wanted == "how many" or not counted or len(chain) == len(meant):
                    if _names(chain) == meant and (wanted == "how many") == counted:
                        right.append(len(texts))
                    texts.append(chain_words(chain, wanted))
        if not right:
            return None
        plans, kept = narrowed(texts, right, rng)
        return Example(_masked(query.phrase), plans, kept)

    def meant(self, way: Sequence[Step]) -> tuple[tuple[str, bool], ...]:
        """The relations of a way as the graph has them, each with whether it is followed forwards."""
        named = [(*self._called[triple.predicate.name], forward) for triple, forward in way]
        return tuple((name, forward != flipped) for name, flipped, forward in named)

    def without(self, relation: str) -> PlainGraph:
        """The graph without a relation."""
        return PlainGraph(edge for edge in map(self._edge, self.world.triples) if edge[1] != relation)

    def _edge(self, triple: Triple) -> tuple[str, str, str]:
        name, flipped = self._called[triple.predicate.name]
        other = triple.object.name if isinstance(triple.object, Entity) else triple.object.text
        return (other, name, triple.subject.name) if flipped else (triple.subject.name, name, other)


def examples(domains: Sequence[Domain], worlds: int, each: int, rng: random.Random) -> Iterator[Example]:
    """Questions about so many worlds of each domain, ``each`` of every world."""
    for domain in domains:
        for _ in range(worlds):
            named = NamedWorld(make_world(domain, rng, size=5), rng)
            for _ in range(each):
                way = named.walk(rng.choice(LENGTHS), rng)
                query = asked(way, rng) if way is not None else None
                made = named.example(way, query, rng) if way is not None and query is not None else None
                if made is not None:
                    yield made


def asked(way: Sequence[Step], rng: random.Random, name: str = NAMED) -> Query | None:
    """A question for where a way leads from a name, with all between described; None where English has no words."""
    phrase: Phrase | None = Phrase(name).marked("entity")
    for triple, forward in way[:-1]:
        relation = triple.predicate
        if not isinstance(relation, Relation) or phrase is None:
            return None
        if forward:
            assert isinstance(triple.object, Entity)
            phrase = object_description(relation, phrase, triple.object.cls, rng)
        else:
            condition = relation_condition(relation, phrase, None, rng)
            plural = rng.random() < 0.4
            if condition is None:
                return None
            phrase = subject_description(condition, triple.subject.cls, None, None, rng, plural=plural)
    return _last(way[-1], phrase, rng, alone=len(way) == 1) if phrase is not None else None


def _last(step: Step, phrase: Phrase, rng: random.Random, alone: bool) -> Query | None:
    triple, forward = step
    relation = triple.predicate
    if isinstance(relation, Quantity | DateAttribute):
        return value_query(relation, triple.subject, rng) if alone else _of(relation.nouns, phrase, rng)
    if forward:
        assert isinstance(triple.object, Entity)
        if alone and rng.random() < 0.15:
            return count_objects(relation, triple.subject, triple.object.cls, rng)
        return object_query(relation, phrase, None, triple.object.cls, rng)
    if rng.random() < 0.3:
        return noun_query(relation, triple.subject.cls, phrase, None, rng)
    condition = relation_condition(relation, phrase, None, rng)
    return None if condition is None else subject_query(condition, triple.subject.cls, rng)


def _of(nouns: Sequence[str], phrase: Phrase, rng: random.Random) -> Query | None:
    if not nouns:
        return None
    form = rng.choice(("What is the {n} of {x}?", "what's the {n} of {x}", "{x}'s {n}?", "the {n} of {x}"))
    before, after = form.replace("{n}", rng.choice(nouns)).split("{x}")
    return Query(Phrase(before + phrase.text + after), "set")


def _masked(phrase: Phrase) -> str:
    text = phrase.text
    for begin, end in sorted(phrase.spans("entity"), reverse=True):
        text = text[:begin] + NAMED + text[end:]
    return text


def _called(predicate: Predicate, rng: random.Random) -> tuple[str, bool]:
    """A name for a predicate in a graph, and whether it is that of its converse."""
    if isinstance(predicate, Relation) and rng.random() < FLIPPED:
        verbs = [squeeze(f"{finite(v, plural=False)} {v.before} {v.after}") for v in predicate.inverse_verbs]
        names = [plain(name) for name in (*predicate.inverse_attributes, *verbs)]
        if names:
            return rng.choice(names), True
    return rng.choice(names_of(predicate) or (plain(predicate.name),)), False


def _some(
    there: list[tuple[Chain, object]], rng: random.Random, meant: Sequence[tuple[str, bool]]
) -> list[tuple[Chain, object]]:
    """The short chains, the meant one, its beginnings, and some of the long ones."""
    kept = [each for each in there if len(each[0]) == 1 or _names(each[0]) == tuple(meant[: len(each[0])])]
    rest = [each for each in there if len(each[0]) > 1 and _names(each[0]) != tuple(meant[: len(each[0])])]
    return [*kept, *rng.sample(rest, k=min(len(rest), 14))]


def _names(chain: Chain) -> tuple[tuple[str, bool], ...]:
    return tuple((link.words, link.forward) for link in chain)


def begin_of(way: Sequence[Step]) -> Entity:
    """What a way begins with."""
    triple, forward = way[0]
    begin = triple.subject if forward else triple.object
    assert isinstance(begin, Entity)
    return begin


def _end(step: Step) -> object:
    triple, forward = step
    return triple.object if forward else triple.subject
