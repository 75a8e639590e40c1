"""Generated questions for the member with the most or least, the first or last, and for several of them."""

from __future__ import annotations

import random

from neuraldb.training.conditions import Target
from neuraldb.training.descriptions import class_phrases
from neuraldb.training.grammar import predicate
from neuraldb.training.phrases import Phrase, fill, join, question
from neuraldb.training.queries import Query
from neuraldb.training.vocabulary import DateAttribute, EntityClass, Quantity

NUMBERS = ("two", "three", "four", "five", "ten", "2", "3", "4", "5", "10", "six", "7")
TOP_BY_ADJECTIVE = (
    "List the {k} {s} {cs}", "the {k} {s} {cs}", "What are the {k} {s} {cs}", "name the {s} {k} {cs}",
    "top {k} {s} {cs}",
)  # fmt: skip
BY_ADJECTIVE = (
    "What is the {s} {c}", "the {s} {c}", "Name the {s} {c}", "Tell me the {s} {c}", "Which is the {s} {c}",
    "Find the {s} {c}", "what's the {s} {c} of all",
)  # fmt: skip
TOP_BY_AMOUNT = (
    "Which {k} {cs} have {w}", "List the {k} {cs} with {w}", "the {k} {cs} with {w}", "top {k} {cs} with {w}",
    "What are the {k} {cs} with {w}",
)  # fmt: skip
BY_AMOUNT = (
    "{wh} {c} has {w}", "{wh} {c} has {w}", "the {c} with {w}", "Name the {c} with {w}", "What is the {c} with {w}",
    "Find the {c} that has {w}",
)  # fmt: skip


def most_of(quantity: Quantity, high: bool, rng: random.Random) -> list[str]:
    """Superlative objects: "the most pages", "the highest page count"."""
    out = []
    if quantity.counted is not None:
        plural = quantity.counted.plural
        most = ("the most", "the largest number of", "the highest number of", "most")
        least = ("the fewest", "the smallest number of", "the lowest number of", "the least")
        out += [f"{amount} {plural}" for amount in (most if high else least)]
    words = (
        ("highest", "largest", "greatest", "biggest", "maximum") if high else ("lowest", "smallest", "minimum", "least")
    )
    out += [f"the {rng.choice(words)} {n}" for n in quantity.nouns]
    return out


def superlative(
    p: Quantity | DateAttribute, cls: EntityClass, rng: random.Random, within: Phrase | None = None
) -> Query | None:
    """The member with the most or least, first or last; several of them for a top-k; of a restricted class."""
    high = rng.random() < 0.5
    c, cs = class_phrases(cls, rng)
    if within is not None:
        cs = within
    k = Phrase(rng.choice(NUMBERS)).marked("count") if rng.random() < 0.25 else None
    forms = (
        _quantity_superlatives(p, cls, c, cs, k, high, rng)
        if isinstance(p, Quantity)
        else _date_superlatives(p, cls, c, cs, k, high, rng)
    )
    if not forms:
        return None
    return Query(question(rng.choice(forms), rng), "argmax" if high else "argmin", target=Target("pair", p))


def _quantity_superlatives(
    p: Quantity, cls: EntityClass, c: Phrase, cs: Phrase, k: Phrase | None, high: bool, rng: random.Random
) -> list[Phrase]:
    wh = rng.choice(("Which", "Which", "What"))
    forms = _by_adjective(p, cls, c, cs, k, high, wh, rng)
    forms += _by_amount(p, cls, c, cs, k, high, wh, rng)
    if k is not None:
        side = rng.choice(("highest", "top") if high else ("lowest", "bottom"))
        forms += [fill("{side} {k} {cs} by {n}", side=side, k=k, cs=cs, n=n) for n in p.nouns]
        forms += [fill("{cs} ranked by {n}, {side} {k}", side=side, k=k, cs=cs, n=n) for n in p.nouns[:1]]
    return forms


def _by_adjective(
    p: Quantity, cls: EntityClass, c: Phrase, cs: Phrase, k: Phrase | None, high: bool, wh: str, rng: random.Random
) -> list[Phrase]:
    """Forms with a superlative adjective: "the longest bridge"."""
    forms: list[Phrase] = []
    restricted = bool(cs.spans("within"))
    for a in p.high if high else p.low:
        s = a.superlative
        if k is not None:
            forms += [
                join("Which", k, cs, "are the", s),
                fill(rng.choice(TOP_BY_ADJECTIVE), k=k, s=s, cs=cs),
            ]
        elif restricted:
            forms += [
                join("Which of", cs, "is the", s),
                join("the", s, "of", cs),
                join("What is the", s, "of", cs),
                join("Of", cs, fill(","), "which is the", s),
            ]
        else:
            forms += [
                join(wh, c, "is the", s),
                fill(rng.choice(BY_ADJECTIVE), s=s, c=c),
                join("Which of the", cs, "is the", s),
            ]
            if cls.kind == "person":
                forms.append(join("Who is the", s))
    return forms


def _by_amount(
    p: Quantity, cls: EntityClass, c: Phrase, cs: Phrase, k: Phrase | None, high: bool, wh: str, rng: random.Random
) -> list[Phrase]:
    """Forms with an amount: "the book with the most pages"."""
    forms: list[Phrase] = []
    restricted = bool(cs.spans("within"))
    others = [v for v in p.verbs if v.verb != "have" or v.before or v.after]
    for words in most_of(p, high, rng):
        if k is not None:
            forms.append(fill(rng.choice(TOP_BY_AMOUNT), k=k, cs=cs, w=words))
        elif restricted:
            forms += [join("Which of", cs, "has", words), join("Of", cs, "which has", words)]
        else:
            forms.append(fill(rng.choice(BY_AMOUNT), wh=wh, c=c, w=words))
            if cls.kind == "person":
                forms.append(fill("Who has {w}", w=words))
        if words.startswith("the most") or words.startswith("the fewest"):
            for v in others:
                if k is not None:
                    forms.append(join("Which", k, cs, predicate(v, words, plural=True)))
                elif not restricted:
                    forms.append(join(wh, c, predicate(v, words, plural=False)))
    return forms


def _date_superlatives(
    p: DateAttribute, cls: EntityClass, c: Phrase, cs: Phrase, k: Phrase | None, high: bool, rng: random.Random
) -> list[Phrase]:
    adverb = rng.choice(("last", "most recently", "latest") if high else ("first", "earliest"))
    restricted = bool(cs.spans("within"))
    forms: list[Phrase] = []
    if k is None and not restricted:
        forms += [fill(t, c=c, cs=cs) for t in (p.last if high else p.first)] * 2
    for v in p.verbs:
        if k is not None:
            forms.append(join("Which", k, cs, predicate(v, adverb, plural=True)))
        elif restricted:
            forms.append(join("Which of", cs, predicate(v, adverb, plural=False)))
        else:
            forms.append(join("Which", c, predicate(v, adverb, plural=False)))
            if cls.kind == "person":
                forms.append(Phrase(f"Who {predicate(v, adverb, plural=False)}"))
    for n in p.nouns:
        word = rng.choice(("latest", "most recent") if high else ("earliest",))
        if k is not None:
            forms.append(fill("The {k} {cs} with the {w} {n}", k=k, cs=cs, w=word, n=n))
        elif restricted:
            forms.append(join("Which of", cs, f"has the {word} {n}"))
        else:
            forms.append(fill("Which {c} has the {w} {n}", c=c, w=word, n=n))
    return forms
