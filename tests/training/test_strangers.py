"""Facts about other things: a question for a class is also put to facts of other domains, in which nothing answers."""

from __future__ import annotations

import random

from neuraldb.training.conditions import Target
from neuraldb.training.derivations import alike, answer_class, derive, examples_in, foreign, stranger
from neuraldb.training.phrases import Phrase
from neuraldb.training.queries import Query
from neuraldb.training.realise import FactText, write_facts
from neuraldb.training.vocabulary import Domain, EntityClass, Noun
from neuraldb.training.worlds import Entity, World, make_world
from training.made import lexicon


def told(number: int, seed: int) -> tuple[World, list[FactText]]:
    rng = random.Random(seed)
    world = make_world(lexicon()[number], rng, size=5)
    return world, write_facts(world, rng)


def thing(noun: str, kind: str = "thing") -> EntityClass:
    return EntityClass(noun, (Noun(noun, f"{noun}s"),), kind, (), ())


def about(cls: EntityClass) -> FactText:
    return FactText("It is.", (), ((Entity(0, cls, "It", None, "it"), (0, 2)),))


def test_what_shares_a_word_with_the_class_or_is_a_person_too_is_no_stranger() -> None:
    assert foreign(thing("dam"), about(thing("opera")))
    assert not foreign(thing("power plant"), about(thing("garden plant")))
    assert not foreign(thing("author", "person"), about(thing("nurse", "person")))
    assert foreign(thing("author", "person"), about(thing("dam")))


def test_a_question_has_a_class_only_if_it_names_it() -> None:
    domain = Domain("made", {"dam": thing("dam")}, {})
    target = Target("member", cls="dam")
    assert answer_class(Query(Phrase("List dams", (("class", 5, 9),)), "set", target=target), domain) is not None
    assert answer_class(Query(Phrase("List all", ()), "set", target=target), domain) is None
    assert answer_class(Query(Phrase("List dams", (("entity", 5, 9),)), "set", target=target), domain) is None


def test_strangers_state_the_same_kind_of_thing_and_never_answer() -> None:
    world, facts = told(0, 1)
    others = [fact for n in (4, 9, 13) for fact in told(n, n)[1]]
    rng = random.Random(2)
    found = 0
    for example in examples_in(world, facts, rng, 150, others):
        strange = next((f for f in others if f.text == example.facts[0]), None)
        if strange is not None:
            found += 1
            assert (example.verdict, example.pairs) == ("none", ())
    assert found > 10
    assert not any(e.facts[0] in {f.text for f in others} for e in examples_in(world, facts, rng, 50))


def test_a_stranger_is_alike_and_holds_no_derivation() -> None:
    world, _ = told(0, 1)
    others = [fact for n in (4, 9, 13) for fact in told(n, n)[1]]
    predicates = (*world.domain.quantities, *world.domain.dates)
    seen = 0
    for predicate in predicates:
        noun = world.domain.classes[predicate.subject].nouns[0].plural
        target = Target("pair", predicate)
        query = Query(Phrase(f"List {noun}", (("class", 5, 5 + len(noun)),)), "argmax", target=target)
        fact = stranger(query, world.domain, others, random.Random(3))
        if fact is not None:
            seen += 1
            assert alike(target, fact)
            assert derive(target, fact) == ("none", ())
    assert seen >= 2
