"""Generated questions over measures: extremes, totals, averages, comparisons, groups."""

from __future__ import annotations

import random

from neuraldb.training.conditions import Target, named, stutters
from neuraldb.training.descriptions import class_noun, class_phrases
from neuraldb.training.grammar import inverted, predicate
from neuraldb.training.phrases import Phrase, fill, join, question
from neuraldb.training.queries import Query
from neuraldb.training.vocabulary import DateAttribute, EntityClass, Noun, Quantity, Relation
from neuraldb.training.worlds import Entity

SUMS = (
    "What is the total {n} of {x}", "What is the combined {n} of {x}", "the sum of the {n} of {x}",
    "Add up the {n} of {x}", "total {n} of {x}", "What is the {n} of {x} taken together", "Sum the {n} over {x}",
)  # fmt: skip
AVERAGES = (
    "What is the average {n} of {x}", "the mean {n} of {x}", "average {n} of {x}", "What's the average {n} across {x}",
    "Compute the average {n} of {x}", "What {n} do {x} have on average", "typical {n} of {x}, on average",
)  # fmt: skip


def extreme(p: Quantity | DateAttribute, cls: EntityClass, rng: random.Random) -> Query | None:
    """The highest or lowest value itself."""
    high = rng.random() < 0.5
    c, cs = class_phrases(cls, rng)
    forms = _quantity_extremes(p, c, cs, high, rng) if isinstance(p, Quantity) else _date_extremes(p, c, cs, high, rng)
    if not forms:
        return None
    return Query(question(rng.choice(forms), rng), "max" if high else "min", target=Target("pair", p))


def _date_extremes(p: DateAttribute, c: Phrase, cs: Phrase, high: bool, rng: random.Random) -> list[Phrase]:
    forms: list[Phrase] = []
    adverb = rng.choice(("last", "latest", "most recent") if high else ("first", "earliest"))
    forms += [
        fill(
            rng.choice(
                ("What is the {a} {n} of any {c}", "What is the {a} {n} among the {cs}", "the {a} {n} of all {cs}")
            ),
            a=adverb,
            n=n,
            c=c,
            cs=cs,
        )
        for n in p.nouns
    ]
    for v in p.verbs:
        if not v.after:
            forms.append(
                join(
                    rng.choice(("When", "In what year")),
                    fill(inverted(v, "{s}", ""), s=join("the", adverb if adverb != "latest" else "last", c)),
                )
            )
    return forms


def _quantity_extremes(p: Quantity, c: Phrase, cs: Phrase, high: bool, rng: random.Random) -> list[Phrase]:
    forms: list[Phrase] = []
    words = (
        ("highest", "largest", "maximum", "greatest", "biggest") if high else ("lowest", "smallest", "minimum", "least")
    )
    for n in p.nouns:
        forms.append(
            fill(
                rng.choice(
                    (
                        "What is the {w} {n} of any {c}",
                        "What is the {w} {n} among the {cs}",
                        "{w} {n} of all {cs}",
                        "What's the {w} {n} of a {c}",
                        "Give me the {w} {n} of the {cs}",
                        "What is the {w} {n} that a {c} has",
                    )
                ),
                w=rng.choice(words),
                n=n,
                c=c,
                cs=cs,
            )
        )
    for a, s in zip(p.high, p.high if high else p.low, strict=False):
        how = a.positive
        forms.append(
            fill(
                rng.choice(("How {h} is the {s} {c}", "how {h} is the {s} of the {cs}")),
                h=how,
                s=s.superlative,
                c=c,
                cs=cs,
            )
        )
    if p.counted is not None:
        word = rng.choice(("largest", "highest") if high else ("smallest", "lowest"))
        forms += [fill("What is the {w} number of {n} of any {c}", w=word, n=p.counted.plural, c=c)]
        forms += [
            fill(
                "How many {n} does the {c} with the {w} {n} have",
                n=p.counted.plural,
                c=c,
                w="most" if high else "fewest",
            )
        ]
        for a in p.high if high else p.low:
            forms += [
                join("How many", p.counted.plural, fill(inverted(v, "{s}", ""), s=join("the", a.superlative, c)))
                for v in p.verbs
                if not v.after
            ]
    return forms


def total(p: Quantity, cls: EntityClass, rng: random.Random, within: Phrase | None = None) -> Query:
    """A sum or an average over the class."""
    summed = rng.random() < 0.5
    c, cs = class_phrases(cls, rng)
    those = within if within is not None else join(rng.choice(("the", "all", "all the", "all of the", "")), cs)
    forms: list[Phrase] = []
    for n in p.nouns:
        forms += [fill(t, n=n, x=those) for t in rng.sample(SUMS if summed else AVERAGES, 2)]
    if p.counted is not None:
        for v in p.verbs:
            if v.after:
                continue
            body = fill(inverted(v, "{s}", "", plural=True), s=those)
            if summed:
                tail = rng.choice(("in total", "altogether", "in all", "combined", "together", "all told"))
                forms += [join("How many", p.counted.plural, body, tail)] * 2
            else:
                forms += [
                    join("On average, how many", p.counted.plural, body),
                    join("How many", p.counted.plural, body, "on average"),
                ]
                forms += [join("How many", p.counted.plural, fill(inverted(v, "{s}", ""), s=join("the average", c)))]
        forms += [
            fill(
                rng.choice(("What is the total number of {n} of {x}", "total number of {n} in {x}"))
                if summed
                else "What is the average number of {n} of {x}",
                n=p.counted.plural,
                x=those,
            )
        ]
    return Query(question(rng.choice(forms), rng), "sum" if summed else "avg", target=Target("pair", p))


def comparison(p: Quantity | DateAttribute, a: Entity, b: Entity, rng: random.Random) -> Query | None:
    """Two members compared: a yes-no question, or a choice between them."""
    high = rng.random() < 0.5
    x, y = named(a, rng), named(b, rng)
    yes: list[Phrase] = []
    choice: list[Phrase] = []
    if isinstance(p, DateAttribute):
        word = "after" if high else "before"
        which = "Who" if a.cls.kind == "person" else "Which"
        adverb = rng.choice(("last", "later") if high else ("first", "earlier"))
        for v in p.verbs:
            yes += [
                fill(inverted(v, "{x}", f"{word} {{y}}"), x=x, y=y),
                fill(inverted(v, "{x}", f"{'later' if high else 'earlier'} than {{y}}"), x=x, y=y),
            ]
            choice += [fill(f"{which} {predicate(v, adverb, plural=False)}, {{x}} or {{y}}", x=x, y=y)]
    else:
        for adjective in p.high if high else p.low:
            yes += [fill(f"Is {{x}} {adjective.comparative} than {{y}}", x=x, y=y)] * 2
            choice += [
                fill(f"Which is {adjective.comparative}, {{x}} or {{y}}", x=x, y=y),
                fill(f"Which is the {adjective.superlative}: {{x}} or {{y}}", x=x, y=y),
            ]
        more = "more" if high else rng.choice(("fewer", "less"))
        if p.counted is not None:
            for v in p.verbs:
                yes += [fill(inverted(v, "{x}", f"{more} {p.counted.plural} than {{y}}"), x=x, y=y)]
                choice += [
                    fill(f"Which {predicate(v, f'{more} {p.counted.plural}', plural=False)}, {{x}} or {{y}}", x=x, y=y)
                ]
        for n in p.nouns:
            word = rng.choice(("higher", "greater", "larger") if high else ("lower", "smaller"))
            yes += [
                fill(f"Is the {n} of {{x}} {word} than that of {{y}}", x=x, y=y),
                fill(f"Does {{x}} have a {word} {n} than {{y}}", x=x, y=y),
            ]
    target = Target("pair", p, among=(a, b))
    if choice and rng.random() < 0.4:
        return Query(question(rng.choice(choice), rng), "argmax" if high else "argmin", target=target)
    if not yes:
        return None
    return Query(question(rng.choice(yes), rng), "compare", "gt" if high else "lt", target=target)


def value_truth(
    p: Quantity | DateAttribute, entity: Entity, filler: Phrase, op: str, rng: random.Random
) -> Query | None:
    """Whether one subject's quantity or date compares with a threshold."""
    s = named(entity, rng)
    forms = [fill(inverted(v, "{s}", "{x}"), s=s, x=filler) for v in p.verbs if not stutters(v, filler.text)]
    if not forms:
        return None
    return Query(question(rng.choice(forms), rng), "bool", op, target=Target("pair", p, among=(entity,)))


def group(relation: Relation, subject_cls: EntityClass, object_cls: EntityClass, rng: random.Random) -> Query | None:
    """Which object has most subjects, or which subject most objects."""
    most = rng.random() < 0.7
    word = rng.choice(
        ("the most", "the largest number of", "most", "the highest number of")
        if most
        else ("the fewest", "the smallest number of", "the least")
    )
    kind = "group_max" if most else "group_min"
    noun: Noun = relation.role or class_noun(object_cls, rng)
    o = Phrase(noun.singular).marked("class")
    sub = class_noun(subject_cls, rng)
    forms: list[tuple[Phrase, str]] = []
    for v in relation.inverse_verbs:
        forms += [(join("Which", o, fill(predicate(v, f"{word} {sub.plural}", plural=False))), "inverse")] * 2
        if object_cls.kind == "person":
            forms.append((Phrase(f"Who {predicate(v, f'{word} {sub.plural}', plural=False)}"), "inverse"))
    for n in relation.inverse_nouns:
        forms.append((fill(f"Which {{o}} has {word} {n.plural}", o=o), "inverse"))
    for v in relation.verbs:
        if v.after:
            continue
        subjects = f"{word} {sub.plural}"
        preposition = v.before.split(" ")[-1] if v.before else ""
        stem = inverted(v, subjects, "", plural=True)
        if preposition in ("in", "at", "on", "by", "from", "to", "with", "for", "of"):
            forms.append((join(preposition.capitalize(), "which", o, stem.removesuffix(f" {preposition}")), "inverse"))
        forms.append((join("Which", o, stem), "inverse"))
    for n in relation.nouns:
        adjective = "most common" if most else "least common"
        forms.append(
            (
                fill(
                    f"What is the {adjective} {{n}} {rng.choice(('among the', 'of the', 'for'))} {sub.plural}",
                    n=Phrase(n.singular).marked("class"),
                ),
                "inverse",
            )
        )
        if not relation.functional:
            c = Phrase(sub.singular).marked("class")
            forms.append((fill(f"Which {{c}} has {word} {n.plural}", c=c), "pair"))
    if not forms:
        return None
    phrase, role = rng.choice(forms)
    return Query(question(phrase, rng), kind, target=Target(role, relation))
