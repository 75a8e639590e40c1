"""Generated questions: every type that the engine answers, over a world, with their meaning.

A :class:`Query` has its text with marks, its type, its comparison, and for questions that the reader meets as they
stand a :class:`Target` from which the gold derivation of any fact follows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from neuraldb.training.conditions import (
    Condition,
    Target,
    date_condition,
    named,
    named_condition,
    quantity_condition,
    threshold,
)
from neuraldb.training.descriptions import class_noun, object_description, relative, subject_description
from neuraldb.training.grammar import inverted, predicate
from neuraldb.training.phrases import Phrase, fill, join, question
from neuraldb.training.vocabulary import DateAttribute, EntityClass, Quantity, Relation
from neuraldb.training.worlds import Entity, Measure, Triple, World  # fmt: skip

TYPES = (
    "set", "count", "bool", "exists", "min", "max", "sum", "avg", "argmin", "argmax", "group_min", "group_max",
    "compare",
)  # fmt: skip
OPS = ("none", "gt", "ge", "lt", "le", "eq", "between")


@dataclass(frozen=True, slots=True)
class Query:
    """A question and what it means; ``target`` is None where it must be taken apart first."""

    phrase: Phrase
    type: str
    op: str = "none"
    target: Target | None = None


LIST = (
    "List {x}", "Name {x}", "Show me {x}", "Give me {x}", "Find {x}", "Tell me {x}", "{x}", "Show {x}", "Get me {x}",
    "What are {x}", "Which are {x}", "Return {x}", "I need {x}", "Enumerate {x}", "Identify {x}", "Display {x}",
)  # fmt: skip
COUNT_OF = (
    "What is the number of {x}", "Count {x}", "the number of {x}", "Give me a count of {x}", "number of {x}",
    "What's the total number of {x}", "Tell me how many {x} there are", "How many {x} are there",
)  # fmt: skip


def _quantifier(rng: random.Random) -> str:
    return rng.choice(("all", "all the", "the", "the", "", "every one of the", "all of the"))


def subject_query(condition: Condition, cls: EntityClass, rng: random.Random, negative: bool = False) -> Query | None:
    """Which members meet the condition, or how many."""
    noun = class_noun(cls, rng)
    plural, singular = Phrase(noun.plural).marked("class"), Phrase(noun.singular).marked("class")
    rel = relative(cls, rng)
    count = rng.random() < 0.3
    words = condition.negative if negative else condition.plural
    if words is None:
        return None
    forms: list[Phrase] = []
    if count:
        forms += [join("How many", plural, words)] * 4
        forms += [join("In total, how many", plural, words)]
        forms += [fill(t, x=join(plural, rel, words)) for t in COUNT_OF[:6]]
        if condition.participle and not negative:
            forms += [fill(rng.choice(COUNT_OF), x=join(plural, condition.participle)) for _ in range(3)]
        if condition.fronted and not negative:
            forms += [join("How many", plural, condition.fronted)] * 3
    else:
        wh = rng.choice(("Which", "Which", "What"))
        forms += [join(wh, plural, words)] * 4
        forms += [fill(rng.choice(LIST), x=join(_quantifier(rng), plural, rel, words)) for _ in range(4)]
        if not negative:
            forms += [join(wh, singular, condition.singular)] * 2
            forms += [fill(rng.choice(LIST[:6]), x=join("every", singular, rel, condition.singular))]
            if cls.kind == "person":
                forms += [join("Who", condition.singular)] * 4
                forms += [fill(rng.choice(LIST), x=join("everyone who", condition.singular))]
                forms += [fill(rng.choice(LIST), x=join("the people who", condition.plural))]
            if condition.participle:
                forms += [
                    fill(rng.choice(LIST), x=join(_quantifier(rng), plural, condition.participle)) for _ in range(3)
                ]
            if condition.fronted:
                forms += [join(wh, plural, condition.fronted)] * 3
                forms += [join("What", condition.fronted)]
    phrase = question(rng.choice(forms), rng)
    target = condition.target if not negative else None
    return Query(phrase, "count" if count else "set", condition.op, target)


def noun_query(
    relation: Relation, cls: EntityClass, object_phrase: Phrase, entity: Entity | None, rng: random.Random
) -> Query | None:
    """Subjects by the inverse noun ("books by O"), or by the relation's own questions."""
    noun = class_noun(cls, rng)
    forms: list[tuple[Phrase, str]] = []
    for inverse in relation.inverse_nouns:
        x = join(_quantifier(rng), Phrase(inverse.plural).marked("class"), relation.inverse_prep, object_phrase)
        forms.append((fill(rng.choice(LIST), x=x), "set"))
        bare = join(Phrase(inverse.plural).marked("class"), relation.inverse_prep, object_phrase)
        forms.append((fill(rng.choice(COUNT_OF), x=bare), "count"))
    c, cs = Phrase(noun.singular).marked("class"), Phrase(noun.plural).marked("class")
    for template in relation.ask_subject:
        forms.append((fill(template, o=object_phrase, c=c, cs=cs), "set"))
        forms.append((fill(template, o=object_phrase, c=c, cs=cs), "set"))
    if not forms:
        return None
    phrase, kind = rng.choice(forms)
    return Query(question(phrase, rng), kind, target=Target("subject", relation, entity))


def object_query(
    relation: Relation, subject_phrase: Phrase, entity: Entity | None, cls: EntityClass, rng: random.Random
) -> Query | None:
    """The objects of a relation: "Who wrote S?", "What is the author of S?", "In which city was S born?"."""
    wh = {"person": "Who", "place": "Where"}.get(cls.kind, "What")
    noun = relation.role or class_noun(cls, rng)
    forms: list[Phrase] = []
    c, cs = Phrase(noun.singular).marked("class"), Phrase(noun.plural).marked("class")
    forms += [fill(t, s=subject_phrase, c=c, cs=cs) for t in relation.ask_object] * 2
    for name in relation.nouns:
        single = rng.choice(
            ("What is the {n} of {s}", "Name the {n} of {s}", "What is {s}'s {n}", "{s} {n}", "the {n} of {s}")
        )
        if cls.kind == "person":
            single = rng.choice((single, "Who is the {n} of {s}", "Who is {s}'s {n}"))
        forms.append(fill(single, s=subject_phrase, n=name.singular))
        if not relation.functional:
            several = rng.choice(
                (
                    "What are the {n} of {s}",
                    "List the {n} of {s}",
                    "Which {n} does {s} have",
                    "all {n} of {s}",
                    "What are {s}'s {n}",
                )
            )
            forms.append(fill(several, s=subject_phrase, n=name.plural))
    for verb in relation.inverse_verbs:
        rest = fill(predicate(verb, "{s}", plural=False), s=subject_phrase)
        if cls.kind == "person":
            forms.append(join("Who", rest))
        forms.append(join("Which", c, rest))
    for verb in relation.verbs:
        if verb.after:
            continue
        preposition = verb.before.split(" ")[-1] if verb.before else ""
        if cls.kind == "place" and preposition in ("in", "at", "on"):
            stem = inverted(verb, "{s}", "").removesuffix(f" {preposition}")
            forms.append(join(preposition.capitalize(), "which", c, fill(stem, s=subject_phrase)))
            forms.append(join("Which", c, fill(inverted(verb, "{s}", ""), s=subject_phrase)))
            if "@" not in relation.name:  # "where" asks for the place itself, not for what it lies in
                forms.append(join("Where", fill(stem, s=subject_phrase)))
        else:
            forms.append(
                join("Which" if rng.random() < 0.5 else "What", c, fill(inverted(verb, "{s}", ""), s=subject_phrase))
            )
            if cls.kind != "place":
                forms.append(join(wh, fill(inverted(verb, "{s}", ""), s=subject_phrase)))
    if not forms:
        return None
    return Query(question(rng.choice(forms), rng), "set", target=Target("object", relation, entity))


def count_objects(relation: Relation, entity: Entity, cls: EntityClass, rng: random.Random) -> Query | None:
    """How many objects a subject has."""
    subject = named(entity, rng)
    forms = [fill(t, s=subject, n=Phrase(n.plural).marked("class")) for n in relation.nouns for t in (
        "How many {n} does {s} have", "What is the number of {n} of {s}", "number of {n} of {s}",
        "Count the {n} of {s}",
    )]  # fmt: skip
    noun = relation.role or class_noun(cls, rng)
    for verb in relation.inverse_verbs:
        forms.append(
            join("How many", Phrase(noun.plural).marked("class"), fill(predicate(verb, "{s}", plural=True), s=subject))
        )
    for verb in relation.verbs:
        if not verb.after:
            forms.append(
                join("How many", Phrase(noun.plural).marked("class"), fill(inverted(verb, "{s}", ""), s=subject))
            )
    if not forms:
        return None
    return Query(question(rng.choice(forms), rng), "count", target=Target("object", relation, entity))


def value_query(p: Quantity | DateAttribute, entity: Entity, rng: random.Random) -> Query:
    """The value of a quantity or date of one subject."""
    subject = named(entity, rng)
    forms = [fill(t, s=subject) for t in p.ask_value] * 2
    forms += [
        fill(rng.choice(("What is the {n} of {s}", "{s}'s {n}", "What is {s}'s {n}", "the {n} of {s}")), s=subject, n=n)
        for n in p.nouns
    ]
    if isinstance(p, Quantity) and p.counted is not None:
        forms += [
            join("How many", p.counted.plural, fill(inverted(v, "{s}", ""), s=subject)) for v in p.verbs if not v.after
        ]
    if isinstance(p, DateAttribute):
        for v in p.verbs:
            if not v.after:
                when = rng.choice(("When", "When", "In what year", "On what date", "In which year"))
                forms.append(join(when, fill(inverted(v, "{s}", ""), s=subject)))
    target = Target("object", p, entity)
    return Query(question(rng.choice(forms), rng), "set", target=target)


def truth_query(relation: Relation, subject: Entity, other: Entity, rng: random.Random) -> Query:
    """Whether the relation holds between the two."""
    s, o = named(subject, rng), named(other, rng)
    forms = [fill(t, s=s, o=o) for t in relation.ask_bool] * 2
    forms += [fill(inverted(v, "{s}", "{o}"), s=s, o=o) for v in relation.verbs] * 2
    forms += [fill(inverted(v, "{o}", "{s}"), s=s, o=o) for v in relation.inverse_verbs]
    for noun in relation.nouns:
        forms += [
            fill(f"Is {{o}} the {noun.singular} of {{s}}", s=s, o=o),
            fill(f"Is {{s}}'s {noun.singular} {{o}}", s=s, o=o),
        ]
    if rng.random() < 0.12:
        frame = rng.choice(("Is it true that", "Is it correct that", "True or false:", "Would you say that"))
        forms = [join(frame, _claim(relation, s, o, rng))]
    return Query(question(rng.choice(forms), rng), "bool", target=Target("truth", relation, subject, other))


def _claim(relation: Relation, s: Phrase, o: Phrase, rng: random.Random) -> Phrase:
    forms = [fill(f"{{s}} {predicate(v, '{o}', plural=False)}", s=s, o=o) for v in relation.verbs]
    forms += [fill(f"{{o}} is the {n.singular} of {{s}}", s=s, o=o) for n in relation.nouns]
    return rng.choice(forms)


def exists_query(condition: Condition, cls: EntityClass, rng: random.Random) -> Query:
    """Whether any member meets the condition."""
    noun = class_noun(cls, rng)
    plural, singular = Phrase(noun.plural).marked("class"), Phrase(noun.singular).marked("class")
    rel = relative(cls, rng)
    forms = [
        join("Are there any", plural, rel, condition.plural),
        join("Is there a", singular, rel, condition.singular),
        join("Is there any", singular, rel, condition.singular),
        join("Do you know of any", plural, rel, condition.plural),
        join("Does any", singular, "exist", rel, condition.singular),
        join("Do we have", plural, rel, condition.plural),
    ]
    if condition.participle:
        forms += [
            join("Are there any", plural, condition.participle),
            join("Is there a", singular, condition.participle),
        ]
    return Query(question(rng.choice(forms), rng), "exists", condition.op, condition.target)


def member_query(cls: EntityClass, rng: random.Random) -> Query:
    """All members of a class, or how many there are."""
    noun = class_noun(cls, rng)
    plural = Phrase(noun.plural).marked("class")
    if rng.random() < 0.4:
        forms = [
            fill(t, x=plural)
            for t in (
                "How many {x} are there",
                "How many {x} do you know",
                "count the {x}",
                "number of {x}",
                "What is the number of {x}",
                "How many {x} are mentioned",
            )
        ]
        return Query(question(rng.choice(forms), rng), "count", target=Target("member", cls=cls.name))
    forms = [
        fill(t, x=plural)
        for t in (
            "List all {x}",
            "Which {x} are there",
            "What {x} do you know",
            "all {x}",
            "Show me the {x}",
            "Name all the {x}",
            "{x}",
            "Which {x} are mentioned",
            "give me every one of the {x}",
        )
    ]
    return Query(question(rng.choice(forms), rng), "set", target=Target("member", cls=cls.name))


Maker = Callable[[World, random.Random], Query | None]


def pick(world: World, kind: type, rng: random.Random) -> Triple | None:
    """A random triple whose predicate is of a kind."""
    choices = [t for t in (*world.triples, *world.wide) if isinstance(t.predicate, kind)]
    return rng.choice(choices) if choices else None


def make_condition(world: World, rng: random.Random, cls: str | None = None) -> Condition | None:
    """A random condition, on a given class if one is named."""
    choices = [t for t in (*world.triples, *world.wide) if cls is None or t.predicate.subject == cls]
    if not choices:
        return None
    triple = rng.choice(choices)
    p = triple.predicate
    if isinstance(p, Relation):
        assert isinstance(triple.object, Entity)
        return named_condition(p, triple.object, rng)
    assert isinstance(triple.object, Measure)
    if isinstance(p, Quantity):
        low, high = threshold(p, triple.object, rng), threshold(p, triple.object, rng)
        return quantity_condition(p, low, high, rng)
    dates = sorted(t.object.date for t in world.of_predicate[p.name] if isinstance(t.object, Measure) and t.object.date)
    return date_condition(p, rng.choice(dates), dates[-1], rng)


def nested_object(world: World, entity: Entity, rng: random.Random) -> Phrase | None:
    """A description of an entity through another statement about it, marked as inner."""
    as_object = [t for t in (*world.triples, *world.wide) if t.object is entity and isinstance(t.predicate, Relation)]
    as_subject = [t for t in world.of_subject.get(entity.number, []) if isinstance(t.predicate, Relation)]
    if as_object and (not as_subject or rng.random() < 0.6):
        triple = rng.choice(as_object)
        assert isinstance(triple.predicate, Relation)
        made = object_description(triple.predicate, named(triple.subject, rng), entity.cls, rng)
        return made.marked("inner") if made else None
    if as_subject:
        triple = rng.choice(as_subject)
        assert isinstance(triple.predicate, Relation)
        assert isinstance(triple.object, Entity)
        condition = named_condition(triple.predicate, triple.object, rng)
        if condition is None:
            return None
        made = subject_description(
            condition, entity.cls, triple.predicate, triple.object, rng, plural=rng.random() < 0.25
        )
        return made.marked("inner")
    return None
