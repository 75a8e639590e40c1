"""WikiNLDB-like data: what sentences tell, and what may not be told beside them."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest

from neuraldb.training.wikinldb_building import Builder, Collected
from neuraldb.training.wikinldb_facts import Corpora, Stated, filled, sentence
from neuraldb.training.wikinldb_forms import plan
from neuraldb.training.wikinldb_relations import BASES, states, unclear
from training.wikinldb_made import FIRST, LAST, PEOPLE, made, told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="module")
def corpora(folder: Path) -> Corpora:
    return Corpora(folder)


# --------------------------------------------------------------------------------------------------------- what is told


def test_sentences_that_surely_state_a_relation_are_kept(corpora: Corpora) -> None:
    assert [fact.triples for fact in corpora.sentences["P50"]] == [
        (("Winter", "P50", "Anna Ravn"),), (("Summer", "P50", "Anna Ravn"),),
    ]  # fmt: skip
    assert [fact.text for fact in corpora.sentences["P106"]] == ["Kongsberg is a poet."]
    assert [fact.triples[0][1] for fact in corpora.others] == ["constellation"] * 2


@pytest.mark.parametrize(
    ("text", "relation", "name", "expected"),
    [
        ("Moon was directed by Ola Vik.", "P57", "Ola Vik", True),
        ("Moon was directed by Ola Vik and Eva Lund.", "P57", "Ola Vik", False),
        ("Moon was directed by Ola Vik, Eva Lund.", "P57", "Ola Vik", False),
        ("Ola Vik saw Moon.", "P57", "Ola Vik", False),
        ("She is a Norwegian poet.", "P106", "poet", True),
        ("She is a Norwegian poet and judge.", "P106", "poet", False),
        ("He plays as a defender for Brann.", "P54", "Brann", True),
        ("He plays for Brann and Lyn.", "P54", "Brann", False),
    ],
)
def test_what_a_sentence_states(text: str, relation: str, name: str, expected: bool) -> None:
    assert states(text, relation, name) is expected


def test_what_a_sentence_may_state_besides() -> None:
    hinted = unclear("Moon was written by Ola Vik and directed by Eva Lund.", frozenset({"P57"}), personal=False)
    assert {"P50", "P58"} <= hinted
    assert "P57" not in hinted
    assert "P106" not in hinted
    assert "P106" in unclear("She sings.", frozenset(), personal=True)
    assert {"P27", "P495"} <= unclear("She is a Norwegian poet.", frozenset({"P106"}), personal=True)


def test_phrases_are_sentences_with_fitting_articles(corpora: Corpora) -> None:
    assert corpora.phrases["P19"] == [
        "$s was born in $o", "$o is where $s was born", "$s comes from $o", "The birthplace of $s is $o",
    ]  # fmt: skip
    assert sentence("$s works as a $o", "Anna", "actor") == "Anna works as an actor."
    assert sentence("$s works as an $o.", "Anna", "baker") == "Anna works as a baker."
    # a name that looks like a slot is none
    assert filled("$s wrote $o", "$o", "$s") == "$o wrote $s"


def test_names_are_invented(corpora: Corpora) -> None:
    names = {corpora.names.person(random.Random(n)) for n in range(300)}
    known = {part for name in PEOPLE for part in name.split()}
    assert all(set(name.split()) <= known for name in names)
    assert not names & set(PEOPLE)
    assert len(names) == len(FIRST) * len(LAST) - len(PEOPLE)
    with pytest.raises(LookupError, match="no names of the class planet"):
        corpora.names.draw("planet", random.Random(0))
    assert corpora.names.country("University of Oslo") == "Norway"
    assert corpora.names.country("Lyon Rovers") == "France"
    assert corpora.names.country("Nowhere Rovers") is None


# ------------------------------------------------------------------------------------------------------ what is refused


ANNA = ("Anna Berg", "P19", "Oslo")


@pytest.mark.parametrize(
    ("second", "fits"),
    [
        (("Nils Holm", "P19", "Oslo"), True),
        (("Anna Berg", "P19", "Bergen"), False),  # she was born somewhere else
        (("Anna Berg", "P106", "poet"), True),
        (("Berg", "P19", "Rome"), False),  # a part of another name
        (("Anna Berg Lund", "P19", "Rome"), False),
        (("Oslo", "P19", "Rome"), False),  # a name of something else
        (("Oslo", "P1082", "700000"), True),
        (("Anna Berg", "P54", "Oslo Rovers"), True),  # of another class
    ],
)
def test_names_stand_for_one_thing(second: tuple[str, str, str], fits: bool) -> None:
    collected = Collected(frozenset(BASES))
    first, other = told(ANNA, second)
    assert collected.add(first)
    assert collected.add(other) is fits
    assert len(collected.facts) == 1 + fits


def test_what_is_told_twice_or_may_say_more_is_refused() -> None:
    collected = Collected(frozenset({"P57", "P26", "P47"}))
    assert not collected.add(Stated("Moon is a film.", (("Moon", "genre", "film"),), "tekgen", frozenset({"P57"})))
    assert collected.add(Stated("Moon is a film.", (("Moon", "genre", "film"),), "tekgen", frozenset({"P50"})))
    married, again, back, other = told(
        ("Anna", "P26", "Nils"), ("Anna", "P26", "Nils"), ("Nils", "P26", "Anna"), ("Eva", "P26", "Nils")
    )
    assert collected.add(married)
    assert not any(collected.add(fact) for fact in (again, back, other))
    border, turned, third = told(("Oslo", "P47", "Lier"), ("Lier", "P47", "Oslo"), ("Lier", "P47", "Asker"))
    assert [collected.add(fact) for fact in (border, turned, third)] == [True, False, True]


def test_a_description_fits_no_human_sentence_unnoticed() -> None:
    human = Stated("Moon is a poem of the sea by Eva Lund.", (("Moon", "P136", "poem"),), "tekgen")
    before, after = Collected(frozenset()), Collected(frozenset())
    assert before.add(human)
    assert not before.ask_for("sea")
    assert before.ask_for("poem")  # which it is known to say
    assert before.ask_for("seaside")
    assert after.ask_for("poem")
    assert after.add(human)
    assert after.ask_for("novel")
    told_of = [
        Stated(f"{name} is a film like a {kind}.", ((name, "P136", "film"),), "tekgen")
        for name, kind in (("Winter", "novel"), ("Summer", "opera"))
    ]
    assert [after.add(fact) for fact in told_of] == [False, True]


@pytest.mark.parametrize("seed", range(5))
def test_a_database_has_so_many_facts(corpora: Corpora, folder: Path, seed: int) -> None:
    of_part = plan(corpora, folder, "entity", "train")
    few = dataclasses.replace(of_part, bases=("P19", "P106", "P50", "P1082"), share=(0, 100))
    facts = Builder(corpora, few, random.Random(seed)).build(20)
    assert len(facts) == 20
    assert len({fact.text for fact in facts}) == 20
    triples = [triple for fact in facts for triple in fact.triples]
    assert len(triples) == len(set(triples))
