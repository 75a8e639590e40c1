"""Whole facts as people write them: the lexicon's texts, told of a world (see ``lexicon/texts/README.md``).

What :mod:`~neuraldb.training.realise` puts together clause by clause is regular; these texts are not, and say several
things of several entities at once. A text takes its statements from the world where they hold there, and else makes
them hold.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from neuraldb.training.realise import FactText, Span, Stated
from neuraldb.training.surfaces import date_text, draw, draw_date, quantity_text
from neuraldb.training.vocabulary import FOLDER, Domain, LexiconError, Quantity, Relation, load_named
from neuraldb.training.worlds import Entity, Measure, Predicate, Triple, World

NAMED = re.compile(r":([\w -]+)\((\w+)\)")
STATEMENT = re.compile(r"(not )?([^()]+)\((\w+), (\w+)\)")
ATTEMPTS = 6
"""How often a text is begun before it is given up: what is bound first may leave nothing for what comes after."""
SLOT = re.compile(r"\{(on )?(\w+)\}")


@dataclass(frozen=True, slots=True)
class Statement:
    """``predicate(subject, object)`` over the variables of a text; ``holds`` is False where the text denies it.

    A value that is denied is drawn like any other, and is no answer.
    """

    predicate: str
    subject: str
    object: str
    holds: bool = True


@dataclass(frozen=True, slots=True)
class TextForm:
    """A text with places for names and values.

    Attributes:
        statements: what it says.
        classes: of each variable that stands for an entity, its class.
        text: with a slot ``{x}`` (or ``{on x}``, a date with its preposition) for each variable.
    """

    statements: tuple[Statement, ...]
    classes: tuple[tuple[str, str], ...]
    text: str


def read_forms(path: Path, domain: Domain) -> tuple[TextForm, ...]:
    """The texts of a file.

    Raises:
        LexiconError: with every problem found, a line each.
    """
    problems: list[str] = []
    forms = []
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        lines = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith("#")]
        if not lines:
            continue
        try:
            if len(lines) != 2:
                raise LexiconError("an entry has two lines, statements and text")
            forms.append(_form(lines[0], lines[1], domain))
        except LexiconError as error:
            problems.append(f"{path.name}: {lines[0][:60]}: {error}")
    if problems:
        raise LexiconError("\n".join(problems))
    return tuple(forms)


def predicates_of(domain: Domain) -> dict[str, Predicate]:
    """Relations, quantities and dates of a domain by name."""
    every: tuple[Predicate, ...] = (*domain.relations, *domain.quantities, *domain.dates)
    return {predicate.name: predicate for predicate in every}


def _form(statements: str, text: str, domain: Domain) -> TextForm:
    predicates = predicates_of(domain)
    classes: dict[str, str] = {}
    values: dict[str, Predicate] = {}
    made = []

    def entity(variable: str, cls: str) -> None:
        if variable in values or classes.setdefault(variable, cls) != cls:
            raise LexiconError(f"{variable} is of two classes")

    for part in (p.strip() for p in statements.split(";")):
        if named := NAMED.fullmatch(part):
            if named[1] not in domain.classes:
                raise LexiconError(f"there is no class {named[1]}")
            entity(named[2], named[1])
            continue
        found = STATEMENT.fullmatch(part)
        if not found or found[2] not in predicates:
            raise LexiconError(f"{part!r} is no statement of the domain")
        predicate = predicates[found[2]]
        entity(found[3], predicate.subject)
        if isinstance(predicate, Relation):
            entity(found[4], predicate.object)
        elif found[4] in classes or values.setdefault(found[4], predicate) is not predicate:
            raise LexiconError(f"{part!r}: {found[4]} is something else already")
        made.append(Statement(found[2], found[3], found[4], not found[1]))
    slots = SLOT.findall(text)
    if {slot for _, slot in slots} != {*classes, *values}:
        raise LexiconError("the statements and the text have other variables")
    if any(on and (slot not in values or isinstance(values[slot], Quantity)) for on, slot in slots):
        raise LexiconError("only a date has a preposition")
    return TextForm(tuple(made), tuple(sorted(classes.items())), text)


@lru_cache(maxsize=64)
def forms_of(name: str, folder: Path = FOLDER) -> tuple[TextForm, ...]:
    """The texts of a domain of the lexicon, by its name; none where it has none."""
    path = folder / "texts" / f"{name}.txt"
    if not path.exists():
        return ()
    return read_forms(path, load_named(name, folder))


def write_texts(world: World, rng: random.Random, count: int) -> Iterator[FactText]:
    """Up to ``count`` texts of the world's domain; what they say holds in the world then."""
    forms = forms_of(world.domain.name)
    for form in rng.sample(forms, k=min(count, len(forms))):
        made = tell(form, world, rng)
        if made is not None:
            yield made


def tell(form: TextForm, world: World, rng: random.Random) -> FactText | None:
    """The text with names and values of the world; None where its variables find no entities that fit."""
    for _ in range(ATTEMPTS):
        told = _Telling(form, world, rng).told()
        if told is not None:
            return told
    return None


@dataclass
class _Telling:
    form: TextForm
    world: World
    rng: random.Random

    def __post_init__(self) -> None:
        domain = self.world.domain
        self.predicates = predicates_of(domain)
        self.classes = dict(self.form.classes)
        self.bound: dict[str, Entity | Measure] = {}

    def told(self) -> FactText | None:
        fresh: list[Triple] = []
        triples: list[tuple[str, str, Triple]] = []
        for s in sorted(self.form.statements, key=lambda s: not s.holds):
            if not s.holds:
                continue
            triple = self._known(s, fresh) or self._made(s, fresh)
            if triple is None:
                return None
            triples.append((s.subject, s.object, triple))
        for variable in self.classes:
            if variable not in self.bound and self._free(variable) is None:
                return None
        denied = []
        for s in self.form.statements:
            predicate, subject = self.predicates[s.predicate], self.bound[s.subject]
            if not s.holds and not isinstance(predicate, Relation):
                self.bound.setdefault(s.object, self._measure(predicate))
            elif not s.holds:
                other = self.bound[s.object]
                assert isinstance(subject, Entity)
                if any(t.object is other for t in self._of(subject, predicate, fresh)):
                    return None
                denied.append(Triple(subject, predicate, other))
        for triple in fresh:
            self.world.add(triple)
        return self._write(triples, tuple(denied))

    def _of(self, subject: Entity, predicate: Predicate, fresh: list[Triple]) -> list[Triple]:
        known = [t for t in self.world.of_subject.get(subject.number, ()) if t.predicate is predicate]
        return known + [t for t in fresh if t.subject is subject and t.predicate is predicate]

    def _fits(self, variable: str, value: Entity | Measure) -> bool:
        """Whether a variable is, or may become, the value; different variables are different things."""
        if variable in self.bound:
            return self.bound[variable] is value
        return all(value is not b for b in self.bound.values())

    def _known(self, s: Statement, fresh: list[Triple]) -> Triple | None:
        """A statement of the world that fits, bound."""
        predicate = self.predicates[s.predicate]
        told = [t for t in fresh if t.predicate is predicate]
        known: list[Triple] = [*self.world.of_predicate.get(predicate.name, []), *told]
        fitting = [t for t in known if self._fits(s.subject, t.subject) and self._fits(s.object, t.object)]
        if not fitting:
            return None
        triple = self.rng.choice(fitting)
        self.bound[s.subject], self.bound[s.object] = triple.subject, triple.object
        return triple

    def _free(self, variable: str, taken: tuple[Entity, ...] = ()) -> Entity | None:
        """The entity of a variable, bound to one that no other variable has if it is not bound yet."""
        if variable in self.bound:
            found = self.bound[variable]
            return found if isinstance(found, Entity) else None
        members = self.world.members(self.classes[variable])
        choices = [e for e in members if self._fits(variable, e) and all(e is not t for t in taken)]
        if not choices:
            return None
        self.bound[variable] = chosen = self.rng.choice(choices)
        return chosen

    def _made(self, s: Statement, fresh: list[Triple]) -> Triple | None:
        """A new statement, unless what may be said once of a thing is said already."""
        predicate = self.predicates[s.predicate]
        subject = self._free(s.subject)
        if subject is None:
            return None
        if self._of(subject, predicate, fresh) and (not isinstance(predicate, Relation) or predicate.functional):
            return None
        if isinstance(predicate, Relation) and predicate.symmetric and self._paired(subject, predicate, fresh):
            return None
        made: Entity | Measure | None
        if isinstance(predicate, Relation):
            known = (*self.world.of_predicate.get(predicate.name, ()), *fresh)
            ends = tuple(t.object for t in known if t.predicate is predicate and isinstance(t.object, Entity))
            made = self._free(s.object, ends if predicate.inverse_functional else ())
            if predicate.inverse_functional and any(made is end for end in ends):
                return None
            if (
                predicate.symmetric
                and made is not None
                and (self._paired(made, predicate, fresh) or self._of(made, predicate, fresh))
            ):
                return None
        else:
            made = self.bound.setdefault(s.object, self._measure(predicate))  # of several things it may be one
        if made is None:
            return None
        triple = Triple(subject, predicate, made)
        fresh.append(triple)
        return triple

    def _paired(self, end: Entity, predicate: Predicate, fresh: list[Triple]) -> bool:
        known = (*self.world.of_predicate.get(predicate.name, ()), *fresh)
        return any(t.predicate is predicate and t.object is end for t in known)

    def _measure(self, predicate: Predicate) -> Measure:
        if isinstance(predicate, Quantity):
            value = draw(predicate, self.rng)
            return Measure(quantity_text(predicate, value, self.rng.randrange(6), self.rng), magnitude=value)
        assert not isinstance(predicate, Relation)
        date, precision = draw_date(predicate, self.rng)
        text, preposition = date_text(date, precision, self.rng)
        return Measure(text, preposition, date=date, precision=precision)

    def _write(self, triples: list[tuple[str, str, Triple]], denied: tuple[Triple, ...]) -> FactText | None:
        text = ""
        places: dict[str, list[Span]] = {}
        names: list[tuple[Entity, Span]] = []
        end = 0
        for slot in SLOT.finditer(self.form.text):
            text += self.form.text[end : slot.start()]
            end = slot.end()
            filling = self.bound[slot[2]]
            if isinstance(filling, Measure):
                if slot[1] and filling.preposition:
                    text += f"{filling.preposition} "
                written = filling.text
            else:
                short = filling.alias and self.rng.random() < (0.6 if slot[2] in places else 0.25)
                written = str(filling.alias) if short else filling.name
            if not text:
                written = written[:1].upper() + written[1:]
            span = (len(text), len(text) + len(written))
            places.setdefault(slot[2], []).append(span)
            if isinstance(filling, Entity):
                names.append((filling, span))
            text += written
        text += self.form.text[end:]
        stated = []
        for subject, other, triple in triples:
            target = places[other][0]
            stated.append(Stated(triple, _nearest(places[subject], target), target))
        return FactText(text, tuple(stated), tuple(names), denied)


def _nearest(places: list[Span], target: Span) -> Span:
    """The last place before another one, else the first."""
    before = [p for p in places if p[1] <= target[0]]
    return before[-1] if before else places[0]
