"""Gold derivations: what the reader should find for a query in a fact whose statements are known."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from neuraldb.training.composition import sample
from neuraldb.training.conditions import Target
from neuraldb.training.examples import ReadingExample, Span
from neuraldb.training.phrases import Phrase
from neuraldb.training.queries import Query, truth_query
from neuraldb.training.realise import FactText, Stated, write_facts
from neuraldb.training.texts import write_texts
from neuraldb.training.vocabulary import DateAttribute, Domain, EntityClass, Quantity, Relation
from neuraldb.training.worlds import Entity, Measure, World, make_world

PAIRED = ("min", "max", "sum", "avg", "argmin", "argmax", "group_min", "group_max", "compare")


def mode_of(query_type: str, op: str) -> str:
    """The reader's mode for a question of a type: pairs where values are compared or grouped, else answers or truth."""
    if query_type in PAIRED or op != "none":
        return "pair"
    return "verdict" if query_type == "bool" else "answer"


STRANGERS = 0.9
"""The part of class questions that are also put to a fact about something of another class."""

Pairs = tuple[tuple[Span, tuple[Span, ...]], ...]


def derive(target: Target, fact: FactText) -> tuple[str, Pairs]:
    """The verdict and the spans that follow from the fact for the target."""
    if target.role == "truth":
        return _truth(target, fact), ()
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    if target.role == "member":
        for entity, span in fact.mentions:
            if entity.cls.name == target.cls:
                found.setdefault(span, [])
    asked = [s for s in fact.stated if target.predicate is not None and s.triple.predicate is target.predicate]
    for subject, begin, other, end in (side for s in asked for side in sides(s)):
        if target.role == "object" and subject is target.entity:
            found.setdefault(end, [])
        elif target.role == "subject" and other is target.entity:
            found.setdefault(begin, [])
        elif target.role == "pair" and (not target.among or subject in target.among):
            found.setdefault(begin, []).append(end)
        elif target.role == "inverse":
            found.setdefault(end, []).append(begin)
    pairs = tuple(((0, *key), tuple((0, *v) for v in values)) for key, values in sorted(found.items()))
    return ("span" if pairs else "none"), pairs


Side = tuple[Entity, tuple[int, int], Entity | Measure, tuple[int, int]]


def sides(stated: Stated) -> Iterator[Side]:
    """Subject and object with their spans; and the other way round, where the relation is symmetric."""
    subject, other = stated.triple.subject, stated.triple.object
    yield subject, stated.subject, other, stated.object
    predicate = stated.triple.predicate
    if isinstance(predicate, Relation) and predicate.symmetric and isinstance(other, Entity):
        yield other, stated.object, subject, stated.subject


def _truth(target: Target, fact: FactText) -> str:
    verdict = "none"
    if any(
        d.predicate is target.predicate and d.subject is target.entity and d.object is target.other for d in fact.denied
    ):
        return "no"
    relation = target.predicate
    if not isinstance(relation, Relation):
        return verdict
    for stated in fact.stated:
        for subject, _, other, _ in sides(stated) if stated.triple.predicate is relation else ():
            if subject is target.entity and other is target.other:
                return "yes"
            if (subject is target.entity and relation.functional) or (
                other is target.other and relation.inverse_functional
            ):
                verdict = "no"
    return verdict


def relevance(target: Target, fact: FactText) -> int:
    """How near a fact without a derivation comes: 2 for the same relation or the same entity, 0 for neither."""
    score = 0
    if any(s.triple.predicate is target.predicate for s in fact.stated):
        score += 1
    known: tuple[Entity | None, ...] = (target.entity, target.other, *target.among)
    if any(e is k for e, _ in fact.mentions for k in known):
        score += 1
    return score


def akin(target: Target, fact: FactText) -> bool:
    """Whether a fact says something else of the class that a question compares or groups: another measure, another end.

    Of the facts that are read for such a question, most are of this kind.
    """
    if target.predicate is None or target.entity is not None:
        return False
    subject, measured = target.predicate.subject, not isinstance(target.predicate, Relation)
    return any(
        s.triple.predicate.subject == subject and (not measured or isinstance(s.triple.object, Measure))
        for s in fact.stated
    )


def answer_class(query: Query, domain: Domain) -> EntityClass | None:
    """The class that a question names and asks for; None if it names none, since then anything may answer it."""
    target = query.target
    if target is None or target.role not in ("subject", "pair", "inverse", "member"):
        return None
    name = target.cls
    if target.predicate is not None:
        inverse = target.role == "inverse" and isinstance(target.predicate, Relation)
        name = target.predicate.object if inverse else target.predicate.subject  # type: ignore[union-attr]
    if name is None:
        return None
    cls = domain.classes[name]
    nouns = {form for noun in cls.nouns for form in (noun.singular, noun.plural)}
    marked = {query.phrase.text[a:b].lower() for kind, a, b in query.phrase.marks if kind == "class"}
    return cls if marked & nouns else None


def foreign(cls: EntityClass, fact: FactText) -> bool:
    """Whether a fact of another world has nothing in it that could be of the class."""
    words = {word for noun in cls.nouns for word in noun.singular.split()}
    for entity, _ in fact.mentions:
        other = {word for noun in entity.cls.nouns for word in noun.singular.split()}
        if words & other or (cls.kind == "person" and entity.cls.kind == "person"):
            return False
    return True


def alike(target: Target, fact: FactText) -> bool:
    """Whether a fact states the same kind of thing: a measure in the dimension asked for, a date, a relation."""
    mine = target.predicate
    for stated in fact.stated:
        other = stated.triple.predicate
        if isinstance(mine, Quantity) and isinstance(other, Quantity) and mine.dimension == other.dimension:
            return True
        if mine is None or (type(mine) is type(other) and not isinstance(mine, Quantity)):
            return True
    return False


def stranger(query: Query, domain: Domain, others: Sequence[FactText], rng: random.Random) -> FactText | None:
    """A fact of another world that says something of the kind that is asked for, but of another class."""
    cls = answer_class(query, domain)
    if cls is None or query.target is None or not others:
        return None
    for fact in rng.sample(others, k=min(len(others), 40)):
        if foreign(cls, fact) and alike(query.target, fact):
            return fact
    return None


def examples_of(query: Query, facts: list[FactText], rng: random.Random) -> list[ReadingExample]:
    """Up to two facts with a derivation, some near misses and sometimes a far one."""
    assert query.target is not None
    mode = mode_of(query.type, query.op)
    derived = [(f, *derive(query.target, f)) for f in facts]
    right = [d for d in derived if d[1] != "none"]
    wrong = [d for d in derived if d[1] == "none"]
    near = [d for d in wrong if relevance(query.target, d[0]) > 0]
    other = [d for d in wrong if akin(query.target, d[0]) and d not in near]
    few = 1 if mode == "verdict" else 2
    chosen = rng.sample(right, k=min(len(right), 2)) + rng.sample(near, k=min(len(near), few))
    chosen += rng.sample(other, k=min(len(other), 2))
    if wrong and rng.random() < 0.35:
        chosen.append(rng.choice(wrong))
    return [ReadingExample(query.phrase.text, (f.text,), mode, verdict, pairs) for f, verdict, pairs in chosen]


def attribute_queries(world: World, rng: random.Random) -> Iterator[Query]:
    """Columns and edges as questions: "books: publication date", "author", "wrote (person)"."""
    domain = world.domain
    predicates: list[Relation | Quantity | DateAttribute] = [*domain.relations, *domain.quantities, *domain.dates]
    for p in predicates:
        if rng.random() > 0.35:
            continue
        cls = world.domain.classes[p.subject]
        role, names = "pair", p.attributes
        if isinstance(p, Relation) and p.inverse_attributes and rng.random() < 0.3:
            cls, role, names = world.domain.classes[p.object], "inverse", p.inverse_attributes
        noun = rng.choice(cls.nouns)
        label = rng.choice((noun.plural, noun.plural, noun.singular, ""))
        text = f"{label}: {rng.choice(names)}" if label else rng.choice(names)
        yield Query(Phrase(text), "argmax", target=Target(role, p))


def told_world(domain: Domain, rng: random.Random, texts: int = 30) -> tuple[World, list[FactText]]:
    """A made-up world and the facts that tell of it: some of the lexicon's texts, and what the grammar writes."""
    world = make_world(domain, rng, size=rng.choice((4, 6, 8)))
    told = list(write_texts(world, rng, texts))
    return world, told + write_facts(world, rng)


def text_queries(facts: Sequence[FactText], rng: random.Random) -> Iterator[Query]:
    """Yes-no questions on what a text denies, and on what it says of one thing, asked of another that it names."""
    for fact in facts:
        for triple in fact.denied:
            assert isinstance(triple.predicate, Relation)
            assert isinstance(triple.object, Entity)
            yield truth_query(triple.predicate, triple.subject, triple.object, rng)
        for one, other in itertools.permutations(fact.stated, 2):
            p, end = one.triple.predicate, other.triple.object
            crossed = p is other.triple.predicate and one.triple.subject is not other.triple.subject
            if crossed and isinstance(p, Relation) and isinstance(end, Entity) and rng.random() < 0.3:
                yield truth_query(p, one.triple.subject, end, rng)


def examples_in(
    world: World, facts: list[FactText], rng: random.Random, queries: int, others: Sequence[FactText] = ()
) -> Iterator[ReadingExample]:
    """Reader examples of a world and its facts; ``others`` are facts of other domains, in which nothing answers."""
    made = 0
    asked = [*attribute_queries(world, rng), *text_queries(facts, rng)]
    while made < queries:
        made += 1
        query = sample(world, rng)
        if query is not None and query.target is not None:
            asked.append(query)
    for query in asked:
        yield from examples_of(query, facts, rng)
        strange = stranger(query, world.domain, others, rng) if rng.random() < STRANGERS else None
        if strange is not None:
            yield ReadingExample(query.phrase.text, (strange.text,), mode_of(query.type, query.op), "none", ())
