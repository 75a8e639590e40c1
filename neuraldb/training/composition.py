"""Questions that must be taken apart: a nested description (bridge), two conditions, a restricted class."""

from __future__ import annotations

import random
from dataclasses import replace

from neuraldb.training.conditions import Condition, Target, named, named_condition, relation_condition
from neuraldb.training.descriptions import class_noun, object_description, relative, subject_description
from neuraldb.training.measures import comparison, extreme, group, total, value_truth
from neuraldb.training.phrases import Phrase, fill, join, question
from neuraldb.training.queries import (
    LIST,
    Query,
    count_objects,
    exists_query,
    make_condition,
    member_query,
    nested_object,
    noun_query,
    object_query,
    pick,
    subject_query,
    truth_query,
    value_query,
)
from neuraldb.training.superlatives import superlative
from neuraldb.training.vocabulary import DateAttribute, EntityClass, Quantity, Relation
from neuraldb.training.worlds import Entity, World  # fmt: skip


def conjunction(world: World, rng: random.Random) -> Query | None:
    """Members that meet two conditions; the second may be negated."""
    classes = [c for c in world.domain.classes.values() if world.members(c.name)]
    cls = rng.choice(classes)
    first, second = make_condition(world, rng, cls.name), make_condition(world, rng, cls.name)
    if (
        first is None
        or second is None
        or first.target == second.target
        or first.target.predicate is second.target.predicate
    ):
        return None
    noun = class_noun(cls, rng)
    plural = Phrase(noun.plural).marked("class")
    negative = second.negative is not None and rng.random() < 0.2
    if rng.random() < 0.25 and first.participle and second.participle and not negative:
        prefix = fill(rng.choice(LIST), x=join(rng.choice(("the", "all", "")), plural))
        a, b = first.participle, second.participle
    else:
        counted = rng.random() < 0.15
        lead = [
            join("Which", plural),
            join("What", plural),
            fill(rng.choice(LIST), x=join("all", plural, relative(cls, rng))),
        ]
        prefix = join("How many", plural) if counted else rng.choice(lead)
        a, b = first.plural, second.negative if negative and second.negative is not None else second.plural
        if not counted and cls.kind == "person" and rng.random() < 0.3:
            prefix, a, b = Phrase("Who"), first.singular, second.singular
            negative = False
    glue = (
        rng.choice(("but", "and", "but"))
        if negative
        else rng.choice(
            ("and", "and", "and", "and also", "as well as", "and who" if cls.kind == "person" else "and that")
        )
    )
    phrase = join(prefix.marked("prefix"), a.marked("first"), glue, b.marked("second"))
    kind = "count" if prefix.text.startswith("How many") else "set"
    return Query(question(phrase, rng), kind, "none")


def bridge(world: World, rng: random.Random) -> Query | None:
    """A question on a relation whose known end is described instead of named."""
    found = _related(world, rng)
    if found is None:
        return None
    subject, relation, object_ = found
    subject_cls, object_cls = world.domain.classes[relation.subject], world.domain.classes[relation.object]
    choice = rng.random()
    if choice < 0.5:
        nested = nested_object(world, subject, rng)
        return _apart(object_query(relation, nested, None, object_cls, rng)) if nested else None
    if choice < 0.62:
        values = [t for t in world.of_subject[subject.number] if isinstance(t.predicate, Quantity | DateAttribute)]
        nested = nested_object(world, subject, rng)
        if not values or nested is None:
            return None
        p = rng.choice(values).predicate
        assert isinstance(p, Quantity | DateAttribute)
        forms = [fill(t, s=nested) for t in p.ask_value]
        forms += [fill(f"What is the {n} of {{s}}", s=nested) for n in p.nouns]
        return Query(question(rng.choice(forms), rng), "set")
    nested = nested_object(world, object_, rng)
    if nested is None:
        return None
    condition = relation_condition(relation, nested, None, rng)
    if condition is not None and rng.random() < 0.7:
        made = subject_query(condition, subject_cls, rng)
    else:
        made = noun_query(relation, subject_cls, nested, None, rng)
    return _apart(made)


def _apart(query: Query | None) -> Query | None:
    """The question as one that is taken apart first: it has no answer as it stands, and no target."""
    return replace(query, target=None) if query else None


def restricted(world: World, rng: random.Random) -> Query | None:
    """A superlative, total or average over the members that meet a condition."""
    measured = [t for t in world.triples if isinstance(t.predicate, Quantity | DateAttribute)]
    if not measured:
        return None
    p = rng.choice(measured).predicate
    cls = world.domain.classes[p.subject]
    described = describe(world, cls, rng)
    if described is None:
        return None
    within = described.marked("within")
    if isinstance(p, Quantity) and rng.random() < 0.4:
        made: Query | None = total(p, cls, rng, within)
    else:
        assert isinstance(p, Quantity | DateAttribute)
        made = superlative(p, cls, rng, within)
    return _apart(made)


def describe(world: World, cls: EntityClass, rng: random.Random) -> Phrase | None:
    """A plural description of some members of a class: "the books published by O"."""
    choices = [t for t in world.triples if isinstance(t.predicate, Relation) and t.predicate.subject == cls.name]
    if not choices:
        return None
    triple = rng.choice(choices)
    assert isinstance(triple.predicate, Relation)
    assert isinstance(triple.object, Entity)
    condition = named_condition(triple.predicate, triple.object, rng)
    if condition is None:
        return None
    return subject_description(condition, cls, triple.predicate, triple.object, rng, plural=True)


def description(world: World, rng: random.Random) -> Query | None:
    """A noun phrase as a question of its own, as the inner part of a bridge is."""
    found = _related(world, rng)
    if found is None:
        return None
    subject, relation, object_ = found
    deep = rng.random() < 0.2
    if rng.random() < 0.5:
        inner = nested_object(world, subject, rng) if deep else named(subject, rng)
        if inner is None:
            return None
        phrase = object_description(relation, inner, world.domain.classes[relation.object], rng)
        return Query(phrase, "set", target=None if deep else Target("object", relation, subject)) if phrase else None
    inner = nested_object(world, object_, rng) if deep else named(object_, rng)
    if inner is None:
        return None
    condition = relation_condition(relation, inner, object_, rng)
    if condition is None:
        return None
    entity = None if deep else object_
    phrase = subject_description(
        condition, world.domain.classes[relation.subject], relation, entity, rng, plural=rng.random() < 0.5
    )
    return Query(phrase, "set", target=None if deep else Target("subject", relation, object_))


def sample(world: World, rng: random.Random) -> Query | None:
    """A random question of a random type; None where the world has nothing to ask of that type."""
    kind = rng.choices(tuple(MAKERS), weights=tuple(w for w, _ in MAKERS.values()))[0]
    return MAKERS[kind][1](world, rng)


def _related(world: World, rng: random.Random) -> tuple[Entity, Relation, Entity] | None:
    """Subject, relation and object of a random triple."""
    triple = pick(world, Relation, rng)
    if triple is None:
        return None
    assert isinstance(triple.predicate, Relation)
    assert isinstance(triple.object, Entity)
    return triple.subject, triple.predicate, triple.object


def _set(world: World, rng: random.Random) -> Query | None:
    found = _related(world, rng)
    if found is None:
        return None
    _, r, other = found
    cls = world.domain.classes[r.subject]
    if rng.random() < 0.4:
        return noun_query(r, cls, named(other, rng), other, rng)
    condition = named_condition(r, other, rng)
    return subject_query(condition, cls, rng) if condition else None


def _lookup(world: World, rng: random.Random) -> Query | None:
    found = _related(world, rng)
    if found is None or rng.random() < 0.35:
        choices = [t for t in world.triples if not isinstance(t.predicate, Relation)]
        if not choices:
            return None
        chosen = rng.choice(choices)
        assert isinstance(chosen.predicate, Quantity | DateAttribute)
        return value_query(chosen.predicate, chosen.subject, rng)
    subject, r, _ = found
    return object_query(r, named(subject, rng), subject, world.domain.classes[r.object], rng)


def _count_objects(world: World, rng: random.Random) -> Query | None:
    found = _related(world, rng)
    if found is None or "@" in found[1].name:
        return None
    subject, r, _ = found
    return count_objects(r, subject, world.domain.classes[r.object], rng)


def _truth(world: World, rng: random.Random) -> Query | None:
    found = _related(world, rng)
    if found is None:
        return None
    subject, r, other = found
    if rng.random() >= 0.5:
        other = rng.choice(world.members(r.object))
    return truth_query(r, subject, other, rng)


def _condition(world: World, rng: random.Random) -> tuple[Condition, EntityClass] | None:
    condition = make_condition(world, rng)
    if condition is None or condition.target.predicate is None:
        return None
    return condition, world.domain.classes[condition.target.predicate.subject]


def _filter(world: World, rng: random.Random) -> Query | None:
    made = _condition(world, rng)
    if made is None or made[0].op == "none":
        return None
    return subject_query(*made, rng)


def _negation(world: World, rng: random.Random) -> Query | None:
    made = _condition(world, rng)
    if made is None or made[0].op != "none":
        return None
    return subject_query(*made, rng, negative=True)


def _exists(world: World, rng: random.Random) -> Query | None:
    made = _condition(world, rng)
    return exists_query(*made, rng) if made else None


def _measured(
    world: World, rng: random.Random, quantity_only: bool = False
) -> tuple[Quantity | DateAttribute, EntityClass] | None:
    kinds = Quantity if quantity_only else Quantity | DateAttribute
    choices = [t.predicate for t in world.triples if isinstance(t.predicate, kinds)]
    if not choices:
        return None
    p = rng.choice(choices)
    assert isinstance(p, Quantity | DateAttribute)
    return p, world.domain.classes[p.subject]


def _superlative(world: World, rng: random.Random) -> Query | None:
    made = _measured(world, rng)
    return superlative(*made, rng) if made else None


def _extreme(world: World, rng: random.Random) -> Query | None:
    made = _measured(world, rng)
    return extreme(*made, rng) if made else None


def _total(world: World, rng: random.Random) -> Query | None:
    made = _measured(world, rng, quantity_only=True)
    if made is None:
        return None
    assert isinstance(made[0], Quantity)
    return total(made[0], made[1], rng)


def _comparison(world: World, rng: random.Random) -> Query | None:
    made = _measured(world, rng)
    if made is None:
        return None
    members = [t.subject for t in world.of_predicate[made[0].name]]
    if len(members) < 2:
        return None
    first, second = rng.sample(members, 2)
    return comparison(made[0], first, second, rng)


def _value_truth(world: World, rng: random.Random) -> Query | None:
    made = _condition(world, rng)
    if made is None or made[0].comparison is None:
        return None
    p = made[0].target.predicate
    assert isinstance(p, Quantity | DateAttribute)
    entity = rng.choice(world.of_predicate[p.name]).subject
    return value_truth(p, entity, made[0].comparison, made[0].op, rng)


def _group(world: World, rng: random.Random) -> Query | None:
    found = _related(world, rng)
    if found is None or "@" in found[1].name:
        return None
    r = found[1]
    return group(r, world.domain.classes[r.subject], world.domain.classes[r.object], rng)


def _member(world: World, rng: random.Random) -> Query | None:
    classes = [e.cls for e in world.entities if e.cls.kind != "literal"]
    return member_query(rng.choice(classes), rng) if classes else None


MAKERS = {
    "set": (10, _set), "lookup": (14, _lookup), "count objects": (6, _count_objects), "truth": (14, _truth),
    "filter": (9, _filter), "negation": (4, _negation), "exists": (3, _exists), "superlative": (10, _superlative),
    "extreme": (6, _extreme), "total": (7, _total), "comparison": (5, _comparison), "value truth": (3, _value_truth),
    "group": (5, _group), "member": (8, _member), "conjunction": (8, conjunction), "bridge": (12, bridge),
    "restricted": (4, restricted), "description": (8, description),
}  # fmt: skip
