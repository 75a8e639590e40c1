"""Triples into text, as different people would write them, with the place of every entity and value.

One statement may take a full sentence, a verb phrase beside others, a relative clause, an apposition, or hang on the
object of another one; later sentences speak of the subject by name, pronoun or description.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from neuraldb.training.grammar import article, capital, predicate, reduced
from neuraldb.training.vocabulary import Noun, Quantity, Relation, VerbPhrase
from neuraldb.training.worlds import Entity, Measure, Triple, World

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stated:
    """A triple that a text states, with the spans of its subject's name and of its object."""

    triple: Triple
    subject: Span
    object: Span


@dataclass(frozen=True, slots=True)
class FactText:
    """A fact as text, what it states, where it mentions which entity, and what it denies."""

    text: str
    stated: tuple[Stated, ...]
    mentions: tuple[tuple[Entity, Span], ...]
    denied: tuple[Triple, ...] = ()
    """What the text says does not hold."""


@dataclass
class _Writer:
    """Text under construction; slots are ``{s}`` (subject), ``{oN}`` (object of triple N), ``{p}`` (pronoun)."""

    triples: list[Triple]
    rng: random.Random
    text: str = ""
    names: list[tuple[Entity, Span]] = field(default_factory=list)
    objects: dict[int, Span] = field(default_factory=dict)

    @property
    def subject(self) -> Entity:
        return self.triples[0].subject

    def sentence(self, template: str) -> None:
        if self.text:
            self.text += " "
        begin = len(self.text)
        for i, part in enumerate(re.split(r"\{(\w+)\}", template)):
            if i % 2 == 0:
                self.text += part
                continue
            filling = self._slot(part)
            start = len(self.text)
            self.text += filling
            if part == "s":
                self.names.append((self.subject, (start, start + len(filling))))
            elif part[0] == "o":
                number = int(part[1:])
                self.objects[number] = (start, start + len(filling))
                target = self.triples[number].object
                if isinstance(target, Entity):
                    self.names.append((target, (start, start + len(filling))))
        self.text = self.text[:begin] + capital(self.text[begin:])

    def _slot(self, slot: str) -> str:
        if slot == "s":
            return self._name(self.subject)
        if slot == "p":
            return self.subject.pronoun
        target = self.triples[int(slot[1:])].object
        return target.text if isinstance(target, Measure) else self._name(target)

    def _name(self, entity: Entity) -> str:
        return entity.alias if entity.alias and self.rng.random() < 0.3 else entity.name

    def done(self, hint: bool) -> FactText | None:
        """The fact; None where the subject is nowhere named."""
        shift = 0
        if hint:
            prefix = f"{self.subject.name}: "
            shift = len(prefix)
            self.text = prefix + self.text
            self.names.insert(0, (self.subject, (-shift, -2)))
        names = [(e, (a + shift, b + shift)) for e, (a, b) in self.names]
        first: dict[int, Span] = {}
        for entity, span in names:
            first.setdefault(entity.number, span)
        stated = []
        for number, (a, b) in sorted(self.objects.items()):
            triple = self.triples[number]
            if triple.subject.number not in first:
                return None
            before = [s for e, s in names if e is triple.subject and s[1] <= a + shift]
            subject = before[-1] if before else first[triple.subject.number]
            stated.append(Stated(triple, subject, (a + shift, b + shift)))
        return FactText(self.text, tuple(stated), tuple(names))


def realise(triples: list[Triple], rng: random.Random, beside: Beside | None = None) -> FactText | None:
    """One fact that states the triples: those of the first one's subject, and at most one of one of their objects.

    ``beside`` gives, by number, the triples whose objects follow another's in the text: "in Oslo, Norway".
    """
    beside = beside or {}
    subject = triples[0].subject
    hung = {j for others in beside.values() for j in others}
    own = [i for i, t in enumerate(triples) if t.subject is subject and i not in hung]
    chained = next((i for i, t in enumerate(triples) if t.subject is not subject), None)
    writer = _Writer(triples, rng)
    hint = rng.random() < 0.06
    units = _units(triples, own, beside, rng)
    if len(units) == 1:
        writer.sentence(_finish(_alone(units[0], triples, chained, rng, hint), rng))
        return writer.done(hint)
    while units:
        count = min(len(units), rng.choice((1, 1, 2, 2, 3)))
        group, units = units[:count], units[count:]
        who = _subject(subject, rng) if writer.text or hint else "{s}"
        hangs = chained is not None and any(u.last.object is triples[chained].subject for u in group)
        tail = chained if hangs else None
        writer.sentence(_finish(_several(group, triples, tail, who, rng), rng, last=not units))
    return writer.done(hint)


Beside = dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class _Unit:
    """Triples of one predicate that share a clause: "written by A, B and C"; ``slot`` lists their objects."""

    triple: Triple
    last: Triple
    slot: str
    count: int


def _units(triples: list[Triple], own: list[int], beside: Beside, rng: random.Random) -> list[_Unit]:
    by_predicate: dict[str, list[int]] = {}
    for i in own:
        by_predicate.setdefault(triples[i].predicate.name, []).append(i)
    units = []
    for numbers in by_predicate.values():
        parts = [numbers] if rng.random() < 0.8 else [[i] for i in numbers]
        for part in parts:
            slots = [", ".join(f"{{o{j}}}" for j in (i, *beside.get(i, []))) for i in part]
            word = rng.choice(("and", "and", "and", "as well as"))
            slot = slots[0] if len(slots) == 1 else f"{', '.join(slots[:-1])} {word} {slots[-1]}"
            units.append(_Unit(triples[part[0]], triples[part[-1]], slot, len(part)))
    rng.shuffle(units)
    return units


def _finish(sentence: str, rng: random.Random, last: bool = True) -> str:
    if sentence.endswith((".", "!", "?")):
        return sentence
    return sentence + ("" if last and rng.random() < 0.06 else ".")


def _subject(entity: Entity, rng: random.Random) -> str:
    """How a later sentence speaks of the subject."""
    kind = rng.random()
    if kind < 0.5:
        return "{p}"
    if kind < 0.7 and entity.cls.kind != "person":
        return f"the {rng.choice(entity.cls.nouns).singular}"
    return "{s}"


def _alone(unit: _Unit, triples: list[Triple], chained: int | None, rng: random.Random, hint: bool) -> str:
    """A sentence for one unit, and for the triple that hangs on its object."""
    who = "{p}" if hint else "{s}"
    forms = [] if hint else _full_sentences(unit)
    forms += [f"{who} {vp}" for vp in _predicates(unit)] * 2
    sentence = rng.choice(forms)
    if chained is not None and unit.last.object is triples[chained].subject:
        sentence = _hang(sentence, triples[chained], chained, unit, rng)
    return sentence


def _several(units: list[_Unit], triples: list[Triple], tail: int | None, who: str, rng: random.Random) -> str:
    """A sentence for some units of the same subject."""
    if len(units) == 1 and who == "{s}":
        return _alone(units[0], triples, tail, rng, hint=False)
    if tail is not None:
        last = next(u for u in units if u.last.object is triples[tail].subject)
        units = [*(u for u in units if u is not last), last]
    phrases = [rng.choice(_predicates(u)) for u in units]
    kind = rng.random()
    relative = "who" if units[0].triple.subject.cls.kind == "person" else "which"
    opener = reduced_form(units[0], rng) if len(units) > 1 else None
    if opener and kind < 0.2 and tail is None:
        sentence = f"{capital(opener)}, {who} {_and(phrases[1:])}"
    elif len(phrases) > 1 and kind < 0.45 and who == "{s}":
        sentence = f"{{s}}, {relative} {phrases[0]}, {_and(phrases[1:])}"
    elif len(phrases) > 1 and kind < 0.55 and who == "{s}" and (apposed := apposition(units[0], rng)):
        sentence = f"{{s}}, {apposed}, {_and(phrases[1:])}"
    else:
        sentence = f"{who} {_and(phrases)}"
    if tail is not None:
        sentence = _hang(sentence, triples[tail], tail, units[-1], rng)
    return sentence


def _and(phrases: list[str]) -> str:
    if len(phrases) == 1:
        return phrases[0]
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"


def _hang(sentence: str, triple: Triple, number: int, unit: _Unit, rng: random.Random) -> str:
    """Attach a statement about the last object of a unit, as a relative clause, where the sentence ends in it."""
    bare = sentence.rstrip(".")
    if unit.count > 1 or not bare.endswith(unit.slot):
        return sentence
    relative = "who" if triple.subject.cls.kind == "person" else "which"
    slot = f"{{o{number}}}"
    forms = [f"{relative} {vp}" for vp in _predicates(_Unit(triple, triple, slot, 1))]
    if isinstance(triple.predicate, Relation) and triple.predicate.nouns:
        forms += [f"whose {n.singular} is {slot}" for n in triple.predicate.nouns]
    return f"{bare}, {rng.choice(forms)}"


def _on(unit: _Unit) -> str:
    """The slot with the preposition of a date before it."""
    target = unit.triple.object
    return f"{target.preposition} {unit.slot}" if isinstance(target, Measure) and target.preposition else unit.slot


def _predicates(unit: _Unit) -> list[str]:
    """Finite verb phrases that say the unit of its subject."""
    p = unit.triple.predicate
    out = [predicate(v, _on(unit), plural=False) for v in p.verbs]
    if isinstance(p, Relation):
        out += [f"is {_a(n, p)} {unit.slot}" for n in p.inverse_nouns]
        if unit.count > 1:
            out += [f"has {unit.slot} as its {n.plural}" for n in p.nouns]
    else:
        out += [
            f"has {article(n)} {n} of {unit.slot}" for n in p.nouns if isinstance(p, Quantity) and not n.endswith("s")
        ]
    if not out:
        assert isinstance(p, Relation)
        out = [f"has {unit.slot} as its {n.singular}" for n in p.nouns]
    return out


def _a(noun: Noun, relation: Relation) -> str:
    return f"{article(noun.singular)} {noun.singular} {relation.inverse_prep}"


def _full_sentences(unit: _Unit) -> list[str]:
    """Whole sentences for the unit that name its subject."""
    p, slot, many = unit.triple.predicate, unit.slot, unit.count > 1
    facts = [f for f in p.facts if not many or "{o}" not in f or not f.startswith("{o}")]
    out = [re.sub(r"\{(o|v|on)\}", lambda m: _on(unit) if m.group(1) == "on" else slot, f) for f in facts] * 2
    if isinstance(p, Relation):
        out += [f"{slot} {predicate(v, '{s}', plural=many)}" for v in p.inverse_verbs] * 2
        for noun in p.nouns:
            word, verb = (noun.plural, "are") if many else (noun.singular, "is")
            out += [f"the {word} of {{s}} {verb} {slot}", f"{{s}}'s {word} {verb} {slot}"]
            out += [f"{slot} {verb} the {word} of {{s}}", f"{slot} {verb} {{s}}'s {word}"]
    else:
        for name in p.nouns:
            verb = "are" if name.endswith("s") and not name.endswith("ss") and not name.startswith("number") else "is"
            out += [f"the {name} of {{s}} {verb} {slot}", f"{{s}}'s {name} {verb} {slot}"]
    return out


def reduced_form(unit: _Unit, rng: random.Random) -> str | None:
    """A participle phrase to open a sentence with: "born in {o}"."""
    verbs: list[VerbPhrase] = [v for v in unit.triple.predicate.verbs if reduced(v, _on(unit))]
    return reduced(rng.choice(verbs), _on(unit)) if verbs else None


def apposition(unit: _Unit, rng: random.Random) -> str | None:
    """A noun phrase beside the subject: "a book by {o}", "a novel written by {o}"."""
    triple = unit.triple
    if not isinstance(triple.predicate, Relation):
        return None
    forms = [f"{_a(n, triple.predicate)} {unit.slot}" for n in triple.predicate.inverse_nouns]
    participle = reduced_form(unit, rng)
    if participle:
        noun = rng.choice(triple.subject.cls.nouns).singular
        forms.append(f"{article(noun)} {noun} {participle}")
    return rng.choice(forms) if forms else None


def write_facts(world: World, rng: random.Random) -> list[FactText]:
    """Facts that together state all triples: groups of one to five of a subject, some with one of an object."""
    left: dict[int, list[Triple]] = {}
    for triple in world.triples:
        left.setdefault(triple.subject.number, []).append(triple)
    facts = []
    for triples in left.values():
        rng.shuffle(triples)
        while triples:
            count = min(len(triples), rng.choice((1, 1, 1, 2, 2, 3, 4, 5)))
            group, triples = triples[:count], triples[count:]
            for triple in list(triples):
                # what several objects have in common with one subject is mostly said in one breath
                if any(triple.predicate is g.predicate for g in group) and rng.random() < 0.7:
                    group.append(triple)
                    triples.remove(triple)
            beside: Beside = {}
            for i, triple in enumerate(list(group)):
                around = world.beside.get(id(triple), [])
                if around and rng.random() < 0.5:
                    beside[i] = list(range(len(group), len(group) + len(around)))
                    group += around
            if rng.random() < 0.3:
                group += _onward(group, world, rng)
            made = realise(group, rng, beside)
            if made is not None:
                facts.append(made)
    rng.shuffle(facts)
    return facts


def _onward(group: list[Triple], world: World, rng: random.Random) -> list[Triple]:
    """A statement about one of the objects."""
    objects = [t.object for t in group if isinstance(t.object, Entity)]
    choices = [c for o in objects for c in world.of_subject.get(o.number, []) if c.subject is not group[0].subject]
    return rng.sample(choices, k=min(1, len(choices)))
