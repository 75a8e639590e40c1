"""Small made-up worlds: entities with names and aliases, and the triples, quantities and dates that hold of them."""

from __future__ import annotations

import datetime
import random
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace

from neuraldb.training.surfaces import date_text, draw, draw_date, quantity_text
from neuraldb.training.vocabulary import DateAttribute, Domain, EntityClass, Noun, Quantity, Relation, VerbPhrase


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something of a world; literals are entities too."""

    number: int
    cls: EntityClass
    name: str
    alias: str | None
    pronoun: str


@dataclass(frozen=True, slots=True)
class Measure:
    """The object of a quantity or date statement: the value, and the surface drawn for it."""

    text: str
    preposition: str = ""
    magnitude: float | None = None
    date: datetime.date | None = None
    precision: str = ""


Predicate = Relation | Quantity | DateAttribute


@dataclass(frozen=True, slots=True)
class Triple:
    """A statement that holds in a world."""

    subject: Entity
    predicate: Predicate
    object: Entity | Measure


@dataclass
class World:
    """The entities of a domain and what holds of them, indexed by subject and by predicate."""

    domain: Domain
    entities: list[Entity] = field(default_factory=list)
    triples: list[Triple] = field(default_factory=list)
    of_subject: dict[int, list[Triple]] = field(default_factory=lambda: defaultdict(list))
    around: dict[int, list[Entity]] = field(default_factory=dict)
    """For places, what they lie in: their region, their country."""
    wide: list[Triple] = field(default_factory=list)
    """Statements that follow from where places lie; a text may say them beside another one."""
    beside: dict[int, list[Triple]] = field(default_factory=dict)
    """By the identity of a triple that ends in a place: those of ``wide`` that it gives rise to."""
    of_predicate: dict[str, list[Triple]] = field(default_factory=lambda: defaultdict(list))

    def members(self, cls: str) -> list[Entity]:
        """The entities of a class."""
        return [e for e in self.entities if e.cls.name == cls]

    def add(self, triple: Triple) -> None:
        """Record a triple."""
        self.triples.append(triple)
        self.of_subject[triple.subject.number].append(triple)
        self.of_predicate[triple.predicate.name].append(triple)


def make_name(cls: EntityClass, domain: Domain, rng: random.Random) -> tuple[str, str | None]:
    """A name of the class: one of its list, or one made from a pattern; with its alias if it has one."""
    if cls.names and (not cls.patterns or rng.random() < 0.45):
        return rng.choice(cls.names)
    pattern = rng.choice(cls.patterns)
    drawn: dict[str, str] = {}

    def substitute(found: re.Match[str]) -> str:
        slot = found.group(1)
        if slot == "A":
            return rng.choice("ABCDEFGHIJKLMNOPRSTUVWXYZ")
        if slot == "9":
            return rng.choice("0123456789")
        word = rng.choice(domain.pools[slot.lower()])
        word = word[:1].upper() + word[1:] if slot[0].isupper() else word
        return drawn.setdefault(slot, word) if " = " in pattern else word

    name = re.sub(r"\{(\w+)\}", substitute, pattern)
    full, _, alias = name.partition(" = ")
    return full.strip(), alias.strip() or None


def make_world(domain: Domain, rng: random.Random, size: int = 8) -> World:
    """A world with about ``size`` entities of each class and most of the possible statements about them."""
    domain = with_identifiers(domain, rng)
    world = World(domain)
    used: set[str] = set()
    predicates: list[Relation | Quantity | DateAttribute] = [*domain.relations, *domain.quantities, *domain.dates]
    subjects = {p.subject for p in predicates}
    objects = {r.object for r in domain.relations}
    for cls_name in sorted(subjects | objects):
        cls = domain.classes[cls_name]
        for _ in range(size if cls_name in subjects or cls_name.startswith("code ") else max(3, size // 2)):
            name, alias = make_name(cls, domain, rng)
            if name.lower() in used or (alias and alias.lower() in used):
                continue
            used.update(n.lower() for n in (name, alias) if n)
            pronoun = rng.choice(("he", "she")) if cls.kind == "person" else "it"
            world.entities.append(Entity(len(world.entities), cls, name, alias, pronoun))
    for relation in domain.relations:
        _relate(world, relation, rng)
    _surround(world, rng, used)
    _widen(world)
    for quantity in domain.quantities:
        unit = rng.randrange(6)
        for entity in world.members(quantity.subject):
            if rng.random() < 0.7:
                value = draw(quantity, rng)
                mixed = unit if rng.random() < 0.85 else rng.randrange(6)
                text = quantity_text(quantity, value, mixed, rng)
                world.add(Triple(entity, quantity, Measure(text, magnitude=value)))
    for attribute in domain.dates:
        for entity in world.members(attribute.subject):
            if rng.random() < 0.7:
                date, precision = draw_date(attribute, rng)
                text, preposition = date_text(date, precision, rng)
                world.add(Triple(entity, attribute, Measure(text, preposition, date=date, precision=precision)))
    return world


def _surround(world: World, rng: random.Random, used: set[str]) -> None:
    """Give each city a country (its own, where the domain says it) and some a region, from a few."""
    cities = world.members("city")
    if not cities:
        return
    rings = []
    for name in ("region", "country"):
        known = world.members(name)
        cls = world.domain.classes[name]
        while len(known) < 3:
            full, alias = make_name(cls, world.domain, rng)
            if full.lower() not in used:
                used.add(full.lower())
                known.append(Entity(len(world.entities), cls, full, alias, "it"))
                world.entities.append(known[-1])
        rings.append(known)
    for city in cities:
        own = [t.object for t in world.of_subject[city.number] if isinstance(t.object, Entity)]
        around = []
        for ring, share in zip(rings, (0.5, 1.0), strict=True):
            known = [o for o in own if o.cls is ring[0].cls]
            if known or rng.random() < share:
                around.append(known[0] if known else rng.choice(ring))
        world.around[city.number] = around


def wider(relation: Relation, cls: EntityClass) -> Relation:
    """The relation to the region or country around a place that the relation leads to: what a text says beside it."""
    return replace(
        relation,
        name=f"{relation.name}@{cls.name}",
        object=cls.name,
        role=None,
        nouns=(),
        inverse_verbs=(),
        ask_object=(),
    )


def _widen(world: World) -> None:
    """For each statement that ends in a city, those that end in what the city lies in; texts may say them beside it."""
    made: dict[tuple[str, str], Relation] = {}
    for triple in list(world.triples):
        if not isinstance(triple.predicate, Relation) or not isinstance(triple.object, Entity):
            continue
        for place in world.around.get(triple.object.number, []):
            key = triple.predicate.name, place.cls.name
            relation = made.setdefault(key, wider(triple.predicate, place.cls))
            world.wide.append(Triple(triple.subject, relation, place))
            world.beside.setdefault(id(triple), []).append(world.wide[-1])


def with_identifiers(domain: Domain, rng: random.Random) -> Domain:
    """The domain with two relations to codes and numbers that are no quantities: in texts they stand beside these."""
    subjects = sorted({r.subject for r in domain.relations} - {"person"}) or ["person"]
    relations, classes = list(domain.relations), dict(domain.classes)
    for name, cls_patterns in rng.sample(IDENTIFIERS, k=2):
        nouns = (Noun(name, name + "s"),)
        relations.append(
            Relation(
                name=name,
                subject=rng.choice(subjects),
                object=f"code {name}",
                functional=True,
                inverse_functional=True,
                verbs=(
                    VerbPhrase("present", "have", f"the {name}", ""),
                    VerbPhrase("present", "be", f"registered under the {name}", ""),
                ),
                inverse_verbs=(),
                nouns=nouns,
                inverse_nouns=(),
                inverse_prep="of",
                role=None,
                facts=(
                    f"{{s}} ({name} {{o}}) is on file.",
                    f"{name}: {{o}} - {{s}}.",
                    f"The {name} {{o}} belongs to {{s}}.",
                ),
                ask_object=(f"What {name} does {{s}} have?", f"{{s}} {name}?", f"which {name} belongs to {{s}}"),
                ask_subject=(
                    f"What has the {name} {{o}}?",
                    f"Which {{c}} has the {name} {{o}}?",
                    f"whose {name} is {{o}}",
                ),
                ask_bool=(f"Is {{o}} the {name} of {{s}}?", f"Does {{s}} have the {name} {{o}}?"),
                attributes=(name, name.replace(" ", "_").lower()),
                inverse_attributes=(),
            )
        )
        classes[f"code {name}"] = EntityClass(f"code {name}", nouns, "literal", (), cls_patterns)
    return replace(domain, relations=tuple(relations), classes=classes)


IDENTIFIERS: list[tuple[str, tuple[str, ...]]] = [
    ("serial number", ("{9}{9}{9}{9}{9}{9}{9}", "{A}{A}-{9}{9}{9}{9}{9}")),
    ("registration number", ("{9}{9}{9}{9}{9}{9}{9}{9}", "{A}{9}{9}{9}{9}{9}")),
    ("catalogue number", ("{9}{9}{9}-{9}{9}{9}-{9}{9}", "{A}{A}{9}{9}{9}{9}")),
    ("inventory code", ("{9}{9}{9}.{9}{9}", "INV-{9}{9}{9}{9}{9}")),
    ("postal code", ("{9}{9}{9}{9}{9}", "{A}{A}{9} {9}{A}{A}")),
    ("tax ID", ("{9}{9}-{9}{9}{9}{9}{9}{9}{9}", "{9}{9}{9}{9}{9}{9}{9}{9}{9}")),
    ("barcode", ("{9}{9}{9}{9}{9}{9}{9}{9}{9}{9}{9}{9}{9}",)),
    ("call sign", ("{A}{A}{9}{A}{A}", "{A}{9}{A}{A}")),
    ("archive number", ("{9}{9}{9}{9}-{9}{9}{9}{A}", "{9}{9}{9}{9}{9}{9}{9}{9}")),
    ("phone number", ("+{9}{9} {9}{9}{9} {9}{9}{9}{9}", "({9}{9}{9}) {9}{9}{9}-{9}{9}{9}{9}")),
    ("reference number", ("{9}{9}{9}{9}{9}{9}{9}{9}", "{A}{A}{A}/{9}{9}{9}{9}")),
    ("three-letter code", ("{A}{A}{A}",)),
    ("four-letter code", ("{A}{A}{A}{A}",)),
    ("licence number", ("{A}{A}-{9}{9}{9}{9}", "{9}{9}{9}{9}{9}{9}")),
    ("document number", ("{9}-{9}{9}{9}{9}-{9}{9}{9}{9}-{9}", "{9}{9}{9}{9}{9}{9}")),
    ("account number", ("{9}{9}{9}{9} {9}{9}{9}{9} {9}{9}{9}{9}",)),
]


def _relate(world: World, relation: Relation, rng: random.Random) -> None:
    objects = world.members(relation.object)
    taken: set[int] = set()
    # a few objects are common, so that sets and counts have several members
    popular = rng.sample(objects, k=min(len(objects), 3)) if objects and not relation.inverse_functional else []
    for subject in world.members(relation.subject):
        if rng.random() > 0.75 or (relation.symmetric and subject.number in taken):
            continue
        count = 1 if relation.functional else rng.choice((1, 1, 2, 3))
        for _ in range(count):
            pool = popular if popular and rng.random() < 0.6 else objects
            choices = [
                o
                for o in pool
                if o.number != subject.number
                and not ((relation.inverse_functional or relation.symmetric) and o.number in taken)
            ]
            if not choices:
                continue
            chosen = rng.choice(choices)
            known = world.of_subject[subject.number]
            if any(t.predicate is relation and t.object is chosen for t in known):
                continue
            taken |= {chosen.number, subject.number} if relation.symmetric else {chosen.number}
            world.add(Triple(subject, relation, chosen))
