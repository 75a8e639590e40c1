"""Questions on told worlds that must be taken apart, with their answers: joins, conjunctions, negations and groups;
and look-ups of what no fact states.

:func:`neuraldb.training.composition.sample` makes such questions, too, but for a parser, which needs no answers.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable

from neuraldb.core.value import Value
from neuraldb.evaluation.tale_answers import Answers, Uncertain, answer_of
from neuraldb.evaluation.tales import Tale, Thing, key_of
from neuraldb.training.conditions import Condition, Target, named, named_condition, relation_condition
from neuraldb.training.descriptions import object_description, relative, subject_description
from neuraldb.training.measures import group
from neuraldb.training.phrases import Phrase, fill, join, question
from neuraldb.training.queries import LIST, make_condition, object_query, pick, subject_query, value_query
from neuraldb.training.vocabulary import Relation
from neuraldb.training.worlds import Entity, Predicate, Triple, World

Composed = tuple[str, str, Answers]
"""A question, its type, and its answer."""


def joined(world: World, tale: Tale, rng: random.Random) -> Composed | None:
    """What is related to something that is described by its relation to something that is named."""
    first = _relation(world, rng)
    if first is None or not isinstance(first.object, Entity):
        return None
    from_subject = rng.random() < 0.5
    bridge, given = (first.object, first.subject) if from_subject else (first.subject, first.object)
    seconds = [
        t
        for t in (*world.of_subject.get(bridge.number, ()), *(t for t in world.triples if t.object is bridge))
        if isinstance(t.predicate, Relation) and t.predicate is not first.predicate
    ]
    described = _described(first, bridge, given, rng)
    if not seconds or described is None:
        return None
    assert isinstance(first.predicate, Relation)
    inner = _other_ends(first.predicate, {tale.thing(given)}, from_subject, tale)
    second = rng.choice(seconds)
    assert isinstance(second.predicate, Relation)
    classes, forwards = world.domain.classes, second.subject is bridge
    if forwards:
        query = object_query(second.predicate, described, None, classes[second.predicate.object], rng)
    else:
        condition = relation_condition(second.predicate, described, None, rng)
        query = subject_query(condition, classes[second.predicate.subject], rng) if condition else None
    if not query or query.type != "set":
        return None
    return query.phrase.text, "join", _answers(_other_ends(second.predicate, inner, forwards, tale), tale)


def _described(triple: Triple, bridge: Entity, given: Entity, rng: random.Random) -> Phrase | None:
    """One end of a statement by the other: "the author of Winter", "the book that Anna wrote"."""
    relation = triple.predicate
    assert isinstance(relation, Relation)
    if bridge is triple.object:
        return object_description(relation, named(given, rng), bridge.cls, rng)
    condition = named_condition(relation, given, rng)
    return subject_description(condition, bridge.cls, relation, given, rng, plural=False) if condition else None


def _other_ends(relation: Relation, ends: set[Thing | Value], forwards: bool, tale: Tale) -> set[Thing | Value]:
    """The objects of some subjects, or the subjects of some objects."""
    pairs = tale.stated[key_of(relation)]
    return {o for s, o in pairs if s in ends} if forwards else {s for s, o in pairs if o in ends}


def conjoined(world: World, tale: Tale, rng: random.Random) -> Composed | None:
    """The members of a class that meet two conditions."""
    first = _condition(world, rng)
    if first is None or first.target.entity is None:
        return None
    relation = first.target.predicate
    assert isinstance(relation, Relation)
    both = [t.subject for t in world.of_predicate[relation.name] if t.object is first.target.entity]
    others = [
        t
        for subject in both
        for t in world.of_subject[subject.number]
        if isinstance(t.predicate, Relation) and t.predicate is not relation and isinstance(t.object, Entity)
    ]
    if not others:
        return None
    chosen = rng.choice(others)
    assert isinstance(chosen.predicate, Relation)
    assert isinstance(chosen.object, Entity)
    second = named_condition(chosen.predicate, chosen.object, rng)
    if second is None:
        return None
    cls = world.domain.classes[relation.subject]
    plural = Phrase(rng.choice(cls.nouns).plural).marked("class")
    lead = rng.choice((join("Which", plural), fill(rng.choice(LIST), x=join("all", plural, relative(cls, rng)))))
    phrase = join(lead, first.plural, rng.choice(("and", "and", "and also")), second.plural)
    meeting = set(_meeting(second, tale))
    return question(phrase, rng).text, "conj", _answers([x for x in _meeting(first, tale) if x in meeting], tale)


def negated(world: World, tale: Tale, rng: random.Random) -> Composed | None:
    """The members of a class that do not meet a condition."""
    condition = _condition(world, rng)
    if condition is None:
        return None
    relation = condition.target.predicate
    assert isinstance(relation, Relation)
    query = subject_query(condition, world.domain.classes[relation.subject], rng, negative=True)
    if query is None:
        return None
    meeting = set(_meeting(condition, tale))
    left = [x for x in sorted(tale.members[relation.subject]) if x not in meeting]
    if query.type == "count":
        return None
    return query.phrase.text, "neg", _answers(left, tale)


def grouped(world: World, tale: Tale, rng: random.Random) -> Composed | None:
    """Which thing most, or fewest, others are related to."""
    triple = _relation(world, rng)
    if triple is None:
        return None
    relation = triple.predicate
    assert isinstance(relation, Relation)
    query = group(relation, world.domain.classes[relation.subject], world.domain.classes[relation.object], rng)
    pairs = tale.stated[key_of(relation)]
    if query is None or query.target is None or not pairs:
        return None
    counts = Counter(o if query.target.role == "inverse" else s for s, o in pairs)
    end = max(counts.values()) if query.type == "group_max" else min(counts.values())
    best = [key for key, count in counts.items() if count == end]
    if len(best) > 1 or len(counts) < 2:
        raise Uncertain("several tie")
    return query.phrase.text, "group", _answers(best, tale)


def unstated(world: World, tale: Tale, rng: random.Random) -> Composed | None:
    """What something that is spoken of stands in some relation to, or measures, where no fact states it."""
    entity = rng.choice(world.entities) if world.entities else None
    if entity is None or tale.thing(entity) not in tale.members[entity.cls.name]:
        return None
    domain = world.domain
    predicates: list[Predicate] = [*domain.relations, *domain.quantities, *domain.dates]
    unknown = [
        p
        for p in predicates
        if p.subject == entity.cls.name and all(s != tale.thing(entity) for s, _ in tale.stated[key_of(p)])
    ]
    if not unknown:
        return None
    p = rng.choice(unknown)
    if isinstance(p, Relation):
        query = object_query(p, named(entity, rng), entity, domain.classes[p.object], rng)
    else:
        query = value_query(p, entity, rng)
    return (query.phrase.text, "unans", ()) if query is not None and query.type == "set" else None


MAKERS: tuple[Callable[[World, Tale, random.Random], Composed | None], ...] = (joined, conjoined, negated, grouped)


def _relation(world: World, rng: random.Random) -> Triple | None:
    """A statement of a relation between what its domain itself has: none that follows from where places lie."""
    triple = pick(world, Relation, rng)
    return None if triple is None or "@" in triple.predicate.name else triple


def _condition(world: World, rng: random.Random) -> Condition | None:
    made = make_condition(world, rng)
    if made is None or made.op != "none" or not isinstance(made.target.predicate, Relation):
        return None
    return None if "@" in made.target.predicate.name else made


def _meeting(condition: Condition, tale: Tale) -> list[Thing]:
    target: Target = condition.target
    assert target.predicate is not None
    assert target.entity is not None
    known = tale.thing(target.entity)
    return [s for s, o in tale.stated[key_of(target.predicate)] if o == known]


def _answers(found: Iterable[Thing | Value], tale: Tale) -> Answers:
    return tuple(answer_of(each, tale) for each in dict.fromkeys(found))
