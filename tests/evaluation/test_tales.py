"""Databases told of worlds: what is one thing, what is recorded of the facts, and that they are as they are told."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from evaluation.told import ANNA, BOOK, EMMA, MARRIED, NILS, PAGES, PERSON, PUBLISHED, WEIGHT, WINTER, WROTE, fact, tale
from neuraldb.core.text import normalise
from neuraldb.core.value import Value
from neuraldb.evaluation.tales import Tale, key_of, make_tale, questions, value_of
from neuraldb.training.derivations import sides
from neuraldb.training.vocabulary import HELD_OUT, Domain, load_lexicon
from neuraldb.training.worlds import Entity, Measure, Triple, World


@pytest.fixture(scope="module")
def domains() -> list[Domain]:
    return [domain for domain in load_lexicon() if domain.name in HELD_OUT]


def test_names_and_aliases_are_one_thing() -> None:
    made = tale(fact((EMMA, WROTE, ANNA)))
    emma = made.thing(EMMA)
    assert made.names[emma] == {normalise("Emma: A Novel"), "emma"}
    assert made.thing(Entity(70, BOOK, "emma", None, "it")) == emma
    # another entity with that name brings names of its own
    assert made.thing(Entity(71, PERSON, "Berg", "Anna B.", "she")) == made.thing(ANNA)
    assert made.names[made.thing(ANNA)] == {"anna berg", "berg", normalise("Anna B.")}
    assert made.thing(NILS) not in (emma, made.thing(ANNA))


def test_what_facts_state_is_recorded_once() -> None:
    made = tale(fact((WINTER, WROTE, ANNA), (WINTER, PAGES, "320 pages")), fact((WINTER, WROTE, ANNA)))
    winter, anna = made.thing(WINTER), made.thing(ANNA)
    assert made.stated[key_of(WROTE)] == [(winter, anna)]
    ((thing, value),) = made.stated[key_of(PAGES)]
    assert isinstance(value, Value)
    assert (thing, value.kind, value.number) == (winter, "number", 320)
    assert made.members == {"book": {winter}, "person": {anna}}
    assert len(made.facts) == 2


def test_a_symmetric_relation_is_stated_both_ways() -> None:
    made = tale(fact((ANNA, MARRIED, NILS)))
    anna, nils = made.thing(ANNA), made.thing(NILS)
    assert sorted(made.stated[key_of(MARRIED)]) == sorted([(anna, nils), (nils, anna)])


def test_what_is_denied_is_not_stated() -> None:
    made = tale(fact((WINTER, PAGES, "3 pages"), denied=[Triple(WINTER, WROTE, ANNA)]))
    assert made.denied[key_of(WROTE)] == [(made.thing(WINTER), made.thing(ANNA))]
    assert made.stated[key_of(WROTE)] == []


@pytest.mark.parametrize(
    ("predicate", "text", "kind"), [(PAGES, "1990", "number"), (PUBLISHED, "1990", "date"), (WEIGHT, "2 kg", "number")]
)
def test_a_bare_number_is_what_the_predicate_has(predicate: object, text: str, kind: str) -> None:
    assert value_of(predicate, Measure(text)).kind == kind  # type: ignore[arg-type]


def test_worlds_of_several_domains_are_told_together(domains: list[Domain]) -> None:
    made = make_tale(domains, random.Random(3))
    assert [world.domain.name for world in made.worlds] == sorted(HELD_OUT)
    assert len(made.facts) > 150
    # the facts of the worlds are mixed, and the same again from the same seed
    assert make_tale(domains, random.Random(3)).facts == made.facts
    names = [name for names in made.names.values() for name in names]
    assert len(names) == len(set(names))
    for pairs in made.stated.values():
        assert len(pairs) == len({(subject, str(other)) for subject, other in pairs})


def test_all_that_facts_state_is_recorded(domains: list[Domain], monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    real = Tale.tell

    def tell(self: Tale, world: World, facts: list[object]) -> None:
        told.extend(facts)
        real(self, world, facts)  # type: ignore[arg-type]

    monkeypatch.setattr(Tale, "tell", tell)
    made = make_tale(domains, random.Random(5))
    assert sorted(each.text for each in told) == sorted(made.facts)  # type: ignore[attr-defined]
    for each in told:
        for stated in each.stated:  # type: ignore[attr-defined]
            for subject, _, other, _ in sides(stated):
                known = [o for s, o in made.stated[key_of(stated.triple.predicate)] if s == made.thing(subject)]
                if isinstance(other, Entity):
                    assert made.thing(other) in known
                else:
                    assert other.text in [o.text for o in known if isinstance(o, Value)]


def test_questions_are_asked_as_they_stand(domains: list[Domain]) -> None:
    made = make_tale(domains, random.Random(7))
    asked = list(islice(questions(made, random.Random(8)), 200))
    assert all(query.target is not None for query in asked)
    assert len({query.type for query in asked}) > 6
