"""Gold derivations: that an example's answer stands in its fact, and is what the question asks for."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings

from neuraldb.models.reader_network import MODES, VERDICTS
from neuraldb.training.conditions import Target
from neuraldb.training.derivations import akin, derive, examples_of, mode_of, relevance, told_world
from neuraldb.training.examples import ReadingExample
from neuraldb.training.queries import OPS, TYPES
from neuraldb.training.realise import FactText, Stated
from neuraldb.training.vocabulary import EntityClass, Noun, Relation
from neuraldb.training.worlds import Entity, Triple
from training.made import SEEDS, asked, lexicon, names, world_examples, written

CITY = EntityClass("city", (Noun("city", "cities"),), "place", (), ())
PERSON = EntityClass("person", (Noun("person", "people"),), "person", (), ())
ANNA, NILS = (Entity(i, PERSON, name, None, "she") for i, name in enumerate(("Anna", "Nils")))
OSLO, BERGEN = (Entity(i, CITY, name, None, "it") for i, name in enumerate(("Oslo", "Bergen"), 2))


def relation(name: str, functional: bool = False, inverse_functional: bool = False) -> Relation:
    return Relation(
        name, "person", "city", functional, inverse_functional, (), (), (), (), "of", None, (), (), (), (), (), ()
    )


LIVES = relation("lives in")
BORN = relation("born in", functional=True)
RULES = relation("rules", inverse_functional=True)


def fact(text: str, *triples: tuple[Entity, Relation, Entity]) -> FactText:
    """A fact in which every name stands once."""

    def place(entity: Entity) -> tuple[int, int]:
        start = text.index(entity.name)
        return start, start + len(entity.name)

    ends = {entity.number: entity for s, _, o in triples for entity in (s, o)}
    return FactText(
        text,
        tuple(Stated(Triple(s, r, o), place(s), place(o)) for s, r, o in triples),
        tuple((entity, place(entity)) for entity in ends.values()),
    )


FACT = fact("Anna and Nils live in Oslo.", (ANNA, LIVES, OSLO), (NILS, LIVES, OSLO))


@pytest.mark.parametrize(
    ("target", "pairs"),
    [
        (Target("object", LIVES, ANNA), {"Oslo": []}),
        (Target("object", BORN, ANNA), {}),
        (Target("subject", LIVES, OSLO), {"Anna": [], "Nils": []}),
        (Target("subject", LIVES, BERGEN), {}),
        (Target("pair", LIVES), {"Anna": ["Oslo"], "Nils": ["Oslo"]}),
        (Target("pair", LIVES, among=(NILS,)), {"Nils": ["Oslo"]}),
        (Target("inverse", LIVES), {"Oslo": ["Anna", "Nils"]}),
        (Target("member", cls="person"), {"Anna": [], "Nils": []}),
        (Target("member", cls="book"), {}),
    ],
)
def test_what_follows(target: Target, pairs: dict[str, list[str]]) -> None:
    verdict, found = derive(target, FACT)
    assert verdict == ("span" if pairs else "none")
    texts = {FACT.text[a:b]: [FACT.text[c:d] for _, c, d in values] for (_, a, b), values in found}
    assert texts == pairs


@pytest.mark.parametrize(
    ("predicate", "subject", "other", "stated", "verdict"),
    [
        (LIVES, ANNA, OSLO, (ANNA, LIVES, OSLO), "yes"),
        # one may live in several places
        (LIVES, ANNA, BERGEN, (ANNA, LIVES, OSLO), "none"),
        (BORN, ANNA, OSLO, (ANNA, BORN, OSLO), "yes"),
        # but is born in one
        (BORN, ANNA, BERGEN, (ANNA, BORN, OSLO), "no"),
        (BORN, NILS, OSLO, (ANNA, BORN, OSLO), "none"),
        # a city has one ruler, who may rule others
        (RULES, NILS, OSLO, (ANNA, RULES, OSLO), "no"),
        (RULES, ANNA, BERGEN, (ANNA, RULES, OSLO), "none"),
        (BORN, ANNA, OSLO, (ANNA, LIVES, OSLO), "none"),
    ],
)
def test_truth(
    predicate: Relation, subject: Entity, other: Entity, stated: tuple[Entity, Relation, Entity], verdict: str
) -> None:
    told = fact(f"{stated[0].name}: {stated[2].name}.", stated)
    assert derive(Target("truth", predicate, subject, other), told) == (verdict, ())


def test_a_yes_outweighs_a_no() -> None:
    # two birthplaces, as in a fact that is contradicted
    told = fact("Anna, Oslo, Bergen", (ANNA, BORN, OSLO), (ANNA, BORN, BERGEN))
    assert derive(Target("truth", BORN, ANNA, BERGEN), told)[0] == "yes"


def test_relevance_counts_the_relation_and_the_name() -> None:
    cases = [(Target("object", LIVES, ANNA), 2), (Target("object", BORN, ANNA), 1), (Target("object", LIVES, None), 1)]
    assert [relevance(target, FACT) for target, _ in cases] == [expected for _, expected in cases]
    assert relevance(Target("object", BORN, BERGEN), FACT) == 0


def test_modes() -> None:
    modes = {kind: mode_of(kind, "none") for kind in TYPES}
    assert {kind for kind, mode in modes.items() if mode == "verdict"} == {"bool"}
    assert {kind for kind, mode in modes.items() if mode == "answer"} == {"set", "count", "exists"}
    # a value is needed to compare it
    assert {mode_of(kind, op) for kind in TYPES for op in OPS if op != "none"} == {"pair"}


# ---------------------------------------------------------------------------------------------- of whole worlds


def answers(example: ReadingExample) -> list[str]:
    return [example.facts[n][a:b] for key, values in example.pairs for n, a, b in (key, *values)]


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_every_answer_stands_in_its_fact(seed: int) -> None:
    domain = lexicon()[seed % len(lexicon())]
    examples = list(world_examples(domain, random.Random(seed), queries=30))
    assert examples
    for example in examples:
        assert example.mode in MODES
        assert example.verdict in VERDICTS
        assert (example.verdict == "span") is bool(example.pairs)
        assert example.verdict in (("yes", "no", "none") if example.mode == "verdict" else ("span", "none"))
        assert example.mode == "pair" or not any(values for _, values in example.pairs)
        for text in answers(example):
            assert text == text.strip() != ""
        keys = [key for key, _ in example.pairs]
        assert keys == sorted(set(keys))
        for (number, _, end), _values in example.pairs:
            assert end <= len(example.facts[number])


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_answers_are_the_ends_that_the_world_knows(seed: int) -> None:
    made, facts = written(seed)
    for query in asked(made, seed):
        target = query.target
        if target is None or target.role not in ("object", "subject") or target.entity is None:
            continue
        holding = [t for t in (*made.triples, *made.wide) if t.predicate is target.predicate]
        if target.role == "object":
            right = {name for t in holding if t.subject is target.entity for name in names(t.object)}
        else:
            right = {name for t in holding if t.object is target.entity for name in names(t.subject)}
        found = {told.text[a:b].lower() for told in facts for (_, a, b), _ in derive(target, told)[1]}
        assert found <= right
        # everything that holds is stated somewhere, but for what lies around a place
        assert found or "@" in target.predicate.name  # type: ignore[union-attr]


def test_examples_are_balanced_and_hard() -> None:
    verdicts: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    near = far = 0
    for seed in range(15):
        made, facts = written(seed)
        text_of = {told.text: told for told in facts}
        for query in asked(made, seed):
            if query.target is None:
                continue
            for example in examples_of(query, facts, random.Random(seed)):
                verdicts[example.verdict] += 1
                modes[example.mode] += 1
                if example.verdict == "none":
                    fact = text_of[example.facts[0]]
                    close = relevance(query.target, fact) > 0 or akin(query.target, fact)
                    near, far = near + close, far + (not close)
    assert set(verdicts) == set(VERDICTS)
    assert set(modes) == set(MODES)
    total = sum(verdicts.values())
    assert 0.25 < verdicts["span"] / total < 0.75
    assert verdicts["yes"] / total > 0.015
    assert verdicts["no"] / total > 0.01
    # most of what has no answer speaks of the same person, the same relation, or another one of the same class
    assert near > far > 0


def test_the_same_seed_gives_the_same_examples() -> None:
    first, again, other = (list(world_examples(lexicon()[4], random.Random(seed), queries=20)) for seed in (5, 5, 6))
    assert first == again
    assert first != other
    assert isinstance(first[0], ReadingExample)


def test_a_symmetric_relation_is_answered_from_either_side() -> None:
    (people,) = (d for d in lexicon() if d.name == "people")
    (spouse,) = (r for r in people.relations if r.name == "spouse")
    assert spouse.symmetric
    for seed in range(4):
        made, facts = told_world(people, random.Random(seed))
        for told in facts:
            for stated in told.stated:
                if stated.triple.predicate is spouse:
                    one, other = stated.triple.subject, stated.triple.object
                    assert isinstance(other, Entity)
                    assert (*stated.subject,) in {
                        (a, b) for (_, a, b), _ in derive(Target("object", spouse, other), told)[1]
                    }
                    assert (*stated.object,) in {
                        (a, b) for (_, a, b), _ in derive(Target("object", spouse, one), told)[1]
                    }
                    assert derive(Target("truth", spouse, other, one), told)[0] == "yes"
        married = [
            e.number for t in made.of_predicate["spouse"] for e in (t.subject, t.object) if isinstance(e, Entity)
        ]
        assert len(married) == len(set(married))
