"""Made-up worlds and the facts that tell of them: what is stated holds, and stands where it is said to stand."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings

from neuraldb.training.realise import realise
from neuraldb.training.vocabulary import DateAttribute, Quantity, Relation
from neuraldb.training.worlds import Entity, Measure, Triple, make_world
from training.made import SEEDS, asked, lexicon, names, world, written

few = settings(max_examples=12, deadline=None)


@given(SEEDS)
@few
def test_names_are_not_shared(seed: int) -> None:
    made = world(seed)
    assert [entity.number for entity in made.entities] == list(range(len(made.entities)))
    for one, other in combinations(made.entities, 2):
        assert not names(one) & names(other)
    for entity in made.entities:
        assert "{" not in entity.name
        assert entity.name == entity.name.strip() != ""
        assert entity.pronoun in (("he", "she") if entity.cls.kind == "person" else ("it",))


@given(SEEDS)
@few
def test_statements_keep_to_what_relations_promise(seed: int) -> None:
    made = world(seed)
    assert made.triples
    for triple in made.triples:
        predicate, target = triple.predicate, triple.object
        assert triple.subject.cls.name == predicate.subject
        assert triple in made.of_subject[triple.subject.number]
        if isinstance(predicate, Relation):
            assert isinstance(target, Entity)
            assert target.cls.name == predicate.object
            assert target is not triple.subject
        elif isinstance(predicate, Quantity):
            assert isinstance(target, Measure)
            assert target.magnitude is not None
            assert target.date is None
        else:
            assert isinstance(predicate, DateAttribute)
            assert isinstance(target, Measure)
            assert target.date is not None
            assert str(target.date.year) in target.text
    for predicate in made.domain.relations:
        stated = made.of_predicate[predicate.name]
        subjects = [t.subject.number for t in stated]
        objects = [t.object.number for t in stated if isinstance(t.object, Entity)]
        assert len(set(zip(subjects, objects, strict=True))) == len(stated)
        assert not predicate.functional or len(set(subjects)) == len(subjects)
        assert not predicate.inverse_functional or len(set(objects)) == len(objects)


@given(SEEDS)
@few
def test_what_lies_around_a_place_follows_from_a_statement_that_ends_in_it(seed: int) -> None:
    made = world(seed)
    assert len(made.wide) == sum(map(len, made.beside.values()))
    for triple in made.triples:
        for wide in made.beside.get(id(triple), []):
            assert isinstance(triple.object, Entity)
            assert wide.subject is triple.subject
            assert wide.object in made.around[triple.object.number]
            assert wide.predicate.name == f"{triple.predicate.name}@{wide.object.cls.name}"  # type: ignore[union-attr]


@given(SEEDS)
@few
def test_facts_state_everything_at_its_place(seed: int) -> None:
    made, facts = written(seed)
    stated: set[int] = set()
    for fact in facts:
        assert fact.text == fact.text.strip()
        assert not set("{}") & set(fact.text)
        assert "  " not in fact.text
        for entity, (start, end) in fact.mentions:
            assert fact.text[start:end].lower() in names(entity)
        assert fact.stated
        for one in fact.stated:
            assert fact.text[slice(*one.subject)].lower() in names(one.triple.subject)
            assert fact.text[slice(*one.object)].lower() in names(one.triple.object)
            assert one.subject[1] <= one.object[0] or one.object[1] <= one.subject[0]
            stated.add(id(one.triple))
    assert stated >= {id(triple) for triple in made.triples}
    assert stated <= {id(triple) for triple in (*made.triples, *made.wide)}


def test_a_statement_is_worded_in_many_ways() -> None:
    for seed in range(25):
        made, rng = world(seed), random.Random(seed)
        triple = rng.choice(made.triples)
        texts = {fact.text for _ in range(120) if (fact := realise([triple], rng)) is not None}
        # more than the templates that the lexicon gives word for word
        assert len(texts) > len(triple.predicate.facts)
        assert len(texts) >= 6


def test_sentences_of_several_statements_take_several_shapes() -> None:
    made = world(3)
    subject = max(made.of_subject.values(), key=len)
    assert len(subject) >= 3
    rng = random.Random(0)
    facts = [fact for _ in range(200) if (fact := realise(list(subject[:3]), rng)) is not None]
    assert len({fact.text for fact in facts}) > 150
    assert {fact.text.count(". ") for fact in facts} >= {0, 1, 2}
    assert any(f"{subject[0].subject.name}:" in fact.text for fact in facts)


def test_a_statement_about_an_object_hangs_on_it() -> None:
    rng = random.Random(1)
    found = 0
    for seed in range(40):
        made = world(seed)
        for first in made.triples:
            onward = made.of_subject.get(first.object.number, []) if isinstance(first.object, Entity) else []
            if onward and (fact := realise([first, onward[0]], rng)) is not None:
                said = [one.triple for one in fact.stated]
                assert first in said
                if onward[0] in said:
                    place = {id(one.triple): one for one in fact.stated}
                    middle = place[id(onward[0])]
                    assert fact.text[slice(*middle.subject)].lower() in names(first.object)
                    found += 1
    assert found > 20


# ------------------------------------------------------------------------------------------------------- same again

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from training.test_worlds import digest
print(digest())
"""


def digest() -> str:
    """Everything that follows from some seeds, in one line."""
    out: list[str] = []
    for seed in (1, 8, 19):
        made, facts = written(seed)
        out += [fact.text for fact in facts]
        out += [f"{query.phrase.text} {query.type} {query.op} {query.phrase.marks}" for query in asked(made, seed)]
    return " / ".join(out)


def test_the_same_seed_makes_the_same_in_any_process() -> None:
    once = digest()
    assert once == digest()
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parents[1])]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.rstrip("\n") == once


def test_another_seed_makes_another_world() -> None:
    domain = lexicon()[0]
    worlds = [make_world(domain, random.Random(seed), size=5) for seed in range(8)]
    assert len({tuple(entity.name for entity in made.entities) for made in worlds}) == len(worlds)


def test_size_is_about_what_is_asked_for() -> None:
    domain = next(d for d in lexicon() if d.name == "literature")
    small, large = (make_world(domain, random.Random(0), size=size) for size in (4, 16))
    for name in {relation.subject for relation in domain.relations}:
        assert 0 < len(small.members(name)) <= 4 < len(large.members(name)) <= 16
    assert isinstance(small.triples[0], Triple)
