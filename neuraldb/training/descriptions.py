"""Noun phrases that describe entities: "the author of X", "the city where X was born", "books published by Y"."""

from __future__ import annotations

import random

from neuraldb.training.conditions import Condition, named
from neuraldb.training.grammar import article, inverted, predicate
from neuraldb.training.phrases import Phrase, fill, join
from neuraldb.training.vocabulary import EntityClass, Noun, Relation
from neuraldb.training.worlds import Entity


def class_noun(cls: EntityClass, rng: random.Random) -> Noun:
    """A noun of the class, the usual one most often."""
    return cls.nouns[0] if rng.random() < 0.6 else rng.choice(cls.nouns)


def class_phrases(cls: EntityClass, rng: random.Random) -> tuple[Phrase, Phrase]:
    """A noun of the class, marked, in the singular and in the plural."""
    noun = class_noun(cls, rng)
    return Phrase(noun.singular).marked("class"), Phrase(noun.plural).marked("class")


def relative(cls: EntityClass, rng: random.Random) -> str:
    """The relative pronoun for members of a class."""
    if cls.kind == "person":
        return rng.choice(("who", "who", "that"))
    return rng.choice(("that", "that", "which"))


def object_description(relation: Relation, subject: Phrase, cls: EntityClass, rng: random.Random) -> Phrase | None:
    """A phrase for the object of a relation: "the author of S", "S's author", "the person who wrote S"."""
    forms: list[Phrase] = []
    for noun in relation.nouns:
        forms.append(fill(f"the {noun.singular} of {{s}}", s=subject))
        forms.append(fill(f"{{s}}'s {noun.singular}", s=subject))
    noun = relation.role or class_noun(cls, rng)
    for verb in relation.inverse_verbs:
        forms.append(
            fill(f"the {noun.singular} {relative(cls, rng)} {predicate(verb, '{s}', plural=False)}", s=subject)
        )
    for verb in relation.verbs:
        if verb.after:
            continue
        gap = inverted(verb, "", "").split(" ", 1)
        words = f"{predicate(verb, '', plural=False)}"
        preposition = verb.before.split(" ")[-1] if verb.before else ""
        if cls.kind == "place" and preposition in ("in", "at", "on"):
            bare = words[: -len(preposition)].strip()
            forms.append(fill(f"the {noun.singular} where {{s}} {bare}", s=subject))
            forms.append(fill(f"the {noun.singular} {preposition} which {{s}} {bare}", s=subject))
        elif gap:
            forms.append(fill(f"the {noun.singular} {{s}} {words}", s=subject))
            forms.append(fill(f"the {noun.singular} that {{s}} {words}", s=subject))
    return rng.choice(forms) if forms else None


def subject_description(
    condition: Condition, cls: EntityClass, relation: Relation | None, entity: Entity | None, rng: random.Random,
    *, plural: bool,
) -> Phrase:  # fmt: skip
    """A phrase for the subjects that meet a condition: "a book written by O", "the books that O published"."""
    noun = class_noun(cls, rng)
    if relation is not None and entity is not None and relation.inverse_nouns and rng.random() < 0.35:
        inverse = rng.choice(relation.inverse_nouns)
        word = inverse.plural if plural else inverse.singular
        head = Phrase(word).marked("class")
        start = "the" if plural else rng.choice(("the", article(word)))
        return join(start, head, relation.inverse_prep, named(entity, rng))
    head = Phrase(noun.plural if plural else noun.singular).marked("class")
    start = rng.choice(("the", "the", "")) if plural else rng.choice(("the", article(noun.singular)))
    words = condition.plural if plural else condition.singular
    if condition.participle is not None and rng.random() < 0.5:
        return join(start, head, condition.participle)
    return join(start, head, relative(cls, rng), words)
