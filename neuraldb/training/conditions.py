"""Conditions on a class: verb phrases that say which members are meant, in the forms that a question needs.

A condition knows its words (finite, negated, as participle) and, through its :class:`Target`, which stated triples make
it true, so that every generated question carries its own gold derivations.
"""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass, replace

from neuraldb.training.grammar import finite, inverted, negated, predicate, reduced
from neuraldb.training.phrases import Phrase, fill
from neuraldb.training.surfaces import date_text, number
from neuraldb.training.vocabulary import DateAttribute, Quantity, Relation, VerbPhrase
from neuraldb.training.worlds import Entity, Measure, Predicate


@dataclass(frozen=True, slots=True)
class Target:
    """What the reader should find in a fact.

    ``role`` is ``object`` or ``subject`` (answers of a relation whose other end is ``entity``), ``pair`` (key the
    subject, value the object), ``inverse`` (key the object, value the subject), ``member`` (every entity of the class
    ``cls``) or ``truth`` (whether ``entity`` stands in the relation to ``other``).
    """

    role: str
    predicate: Predicate | None = None
    entity: Entity | None = None
    other: Entity | None = None
    cls: str | None = None
    among: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition's words and meaning; ``op`` is the comparison with ``value`` for quantities and dates."""

    plural: Phrase
    singular: Phrase
    negative: Phrase | None
    participle: Phrase | None
    fronted: Phrase | None
    """The rest of "Which books …" when the object does it: "did Mary Hall write"."""
    target: Target
    op: str = "none"
    comparison: Phrase | None = None
    """What fills the verb's slot, for quantities and dates: "more than 300"; None where an adjective compares."""


def named(entity: Entity, rng: random.Random) -> Phrase:
    """The entity's name or alias, marked."""
    name = entity.alias if entity.alias and rng.random() < 0.25 else entity.name
    return Phrase(name).marked("entity")


def relation_condition(
    relation: Relation, filler: Phrase, entity: Entity | None, rng: random.Random
) -> Condition | None:
    """Subjects that stand in the relation to what ``filler`` says (a name, or a nested description)."""
    if not relation.verbs:
        return None
    verb = rng.choice(relation.verbs)
    inverse = rng.choice(relation.inverse_verbs) if relation.inverse_verbs and rng.random() < 0.6 else None
    fronted = fill(inverted(inverse, "{o}", ""), o=filler) if inverse else None
    return _condition(verb, filler, Target("subject", relation, entity), "none", fronted, rng)


def named_condition(relation: Relation, entity: Entity, rng: random.Random) -> Condition | None:
    """Subjects that stand in the relation to an entity, by one of its names."""
    return relation_condition(relation, named(entity, rng), entity, rng)


def _condition(
    verb: VerbPhrase, filler: Phrase, target: Target, op: str, fronted: Phrase | None, rng: random.Random
) -> Condition:
    text, cue = negated(verb, "{o}", plural=True, short=rng.random() < 0.35)
    negative = fill(text, o=filler)
    start = cue.find(" not") + 1 if " not" in cue else 0
    length = 3 if start else len(cue)
    negative = Phrase(negative.text, (("negation", start, start + length), *negative.marks))
    participle = reduced(verb, "{o}")
    return Condition(
        fill(predicate(verb, "{o}", plural=True), o=filler),
        fill(predicate(verb, "{o}", plural=False), o=filler),
        negative,
        fill(participle, o=filler) if participle else None,
        fronted,
        target,
        op,
    )


def stutters(verb: VerbPhrase, comparison: str) -> bool:
    """Whether the verb ends with the word that the comparison begins with: "stored at at least"."""
    return bool(verb.before) and verb.before.split(" ")[-1] == comparison.split(" ")[0]


COMPARISONS = {
    "gt": ("more than {v}", "over {v}", "above {v}", "greater than {v}", "upwards of {v}", "in excess of {v}"),
    "ge": ("at least {v}", "{v} or more", "no less than {v}", "not less than {v}", "a minimum of {v}"),
    "lt": ("less than {v}", "under {v}", "below {v}", "fewer than {v}", "not even {v}"),
    "le": ("at most {v}", "no more than {v}", "up to {v}", "{v} or less", "a maximum of {v}"),
    "eq": ("exactly {v}", "{v}", "precisely {v}"),
    "between": ("between {v} and {w}", "from {v} to {w}"),
}
DATE_COMPARISONS = {
    "gt": ("after {v}", "later than {v}", "any time after {v}"),
    "ge": ("since {v}", "from {v} on", "in {v} or later"),
    "lt": ("before {v}", "prior to {v}", "earlier than {v}"),
    "le": ("by {v}", "in {v} or earlier", "no later than {v}"),
    "eq": ("in {v}",),
    "between": ("between {v} and {w}", "from {v} to {w}"),
}


def quantity_condition(quantity: Quantity, value: str, other: str, rng: random.Random) -> Condition | None:
    """Subjects whose quantity compares in some way with ``value`` (and ``other``, for ranges)."""
    op = rng.choice(("gt", "gt", "lt", "lt", "ge", "le", "eq", "between"))
    target = Target("pair", quantity)
    comparative = [(a, "gt") for a in quantity.high] + [(a, "lt") for a in quantity.low]
    if comparative and rng.random() < 0.4:
        adjective, op = rng.choice(comparative)
        filler = fill(f"{adjective.comparative} than {{v}}", v=Phrase(value).marked("value"))
        return _condition(VerbPhrase("present", "be", "", ""), filler, target, op, None, rng)
    if not quantity.verbs:
        return None
    verb = rng.choice(quantity.verbs)
    template = rng.choice([t for t in COMPARISONS[op] if not stutters(verb, t)])
    filler = fill(template, v=Phrase(value).marked("value"), w=Phrase(other).marked("value"))
    return replace(_condition(verb, filler, target, op, None, rng), comparison=filler)


def date_condition(
    attribute: DateAttribute, low: datetime.date, high: datetime.date, rng: random.Random
) -> Condition | None:
    """Subjects whose date lies before, after, at or between."""
    if not attribute.verbs:
        return None
    op = rng.choice(("gt", "gt", "lt", "lt", "ge", "le", "eq", "eq", "between"))
    precision = rng.choice(("year", "year", "year", "month", "day"))
    value, preposition = date_text(low, precision, rng)
    other, _ = date_text(high, precision, rng)
    template = rng.choice(DATE_COMPARISONS[op])
    if op == "eq":
        template = f"{preposition} {{v}}"
    filler = fill(template, v=Phrase(value).marked("value"), w=Phrase(other).marked("value"))
    made = _condition(rng.choice(attribute.verbs), filler, Target("pair", attribute), op, None, rng)
    return replace(made, comparison=filler)


def threshold(quantity: Quantity, measure: Measure, rng: random.Random) -> str:
    """A value near the given one, in the unit and words of the question."""
    factor = rng.choice((0.5, 0.8, 1.0, 1.2, 2.0))
    value = (measure.magnitude or 0.0) * factor
    rounded = float(f"{value:.{rng.choice((1, 2, 3))}g}")
    if quantity.integer:
        rounded = float(round(rounded))
    unit = measure.text.lstrip("0123456789.,-$€£ ").strip()
    for word in (
        "million",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "zero",
    ):
        if unit.startswith(word):
            unit = unit[len(word) :].strip()
    symbol = measure.text[0] if measure.text[0] in "$€£" else ""
    if quantity.counted is not None and rng.random() < 0.1:
        unit = ""
    return f"{symbol}{number(rounded, rng)} {unit}".strip()


def be(tense: str, plural: bool) -> str:
    """The conjugated "be"."""
    return finite(VerbPhrase(tense, "be", "", ""), plural)
