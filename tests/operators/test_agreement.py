"""Derivations weighed by all that the facts say."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

import pytest

from neuraldb.core.rdf import RDF
from neuraldb.models.agreement import Candidate
from neuraldb.operators import spj
from neuraldb.operators.agreement import AGREED, agreed, candidates_of, kinship
from neuraldb.operators.context import Context
from neuraldb.plan.nodes import NeuralSPJ, Retrieve
from neuraldb.stores.derivations import Derivation
from operators.told import Told

READ = {1: "Anna Berg lives in Oslo.", 2: "Oslo is where Anna Berg lives.", 3: "Anna Berg saw Rome and Oslo."}


class Fixed:
    """Gives each answer the probability that was set, and keeps what it was asked."""

    def __init__(self, likely: dict[str, float]) -> None:
        self.likely_of = likely
        self.asked: list[tuple[str, Sequence[Candidate], bool]] = []

    def likely(self, mode: str, found: Sequence[Candidate], named: bool) -> dict[Hashable, float]:
        self.asked.append((mode, found, named))
        return {c.answer: self.likely_of[c.key] for c in found}  # type: ignore[index]


def weighing(told: Told, model: Fixed) -> Context:
    context = told.context()

    class Weighing(type(context.models)):  # type: ignore[misc]
        agreement = model

    models = object.__new__(Weighing)
    models.__dict__.update(context.models.__dict__)
    return replace(context, models=models)


def answer(fact: int, text: str, confidence: float = 0.7, value: str | None = None) -> Derivation:
    return Derivation(fact, text, value, confidence=confidence)


def test_what_several_facts_give_is_as_likely_together_as_the_model_says(told: Told) -> None:
    model = Fixed({"oslo": 0.96, "rome": AGREED - 0.01})
    found = [answer(1, "Oslo"), answer(2, "the OSLO"), answer(3, "Rome")]
    kept = agreed(found, "answer", READ, ("Anna Berg",), "", weighing(told, model))
    assert [d.fact for d in kept] == [1, 2]
    assert 1 - (1 - kept[0].confidence) * (1 - kept[1].confidence) == pytest.approx(0.96)
    ((mode, candidates, named),) = model.asked
    assert (mode, named) == ("answer", True)
    assert [c.mentions for c in candidates] == [3, 3, 1]
    assert [c.confidence for c in candidates] == [0.7] * 3


def test_plain_words_are_told_from_names(told: Told) -> None:
    texts = ("the city", "Oslo", "The Sky Bridge", "jazz", "Marble", "ASR1603", "30 km")
    made = candidates_of([answer(1, text) for text in texts], READ, "", told.context())
    assert [c.plain for c in made] == [True, False, False, True, False, False, False]


def test_pairs_are_the_same_if_key_and_value_are(told: Told) -> None:
    found = [answer(1, "Orion", value="300 m"), answer(2, "orion", value="300 m."), answer(3, "Orion", value="4 m")]
    made = candidates_of(found, READ, "", told.context())
    assert [c.answer for c in made] == [("orion", "300 m"), ("orion", "300 m"), ("orion", "4 m")]
    assert {c.key for c in made} == {"orion"}


def test_kin_is_what_facts_say_a_thing_is(told: Told) -> None:
    told.tell("The Orion is a bridge.", ("Orion", RDF + "type", "bridge"))
    told.tell("Orion, a bridge, is old.", ("Orion", RDF + "type", "bridge"))
    told.tell("Anna is a person.", ("Anna", RDF + "type", "person"))
    assert told.stores.classes(["the orion", "Anna", "Nils", ""]) == {"orion": {"bridge": 2}, "anna": {"person": 1}}
    near = kinship("bridges", ["orion", "anna", "nils"], told.context())
    assert set(near) == {"orion", "anna"}
    assert near["orion"] == pytest.approx(1.0)
    assert near["anna"] < 0.9
    assert kinship("", ["orion"], told.context()) == kinship("bridge", ["nils"], told.context()) == {}


def test_a_reader_that_the_model_does_not_know_is_judged_by_the_rule(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spj, "agreed", None)  # calling it would fail
    fact = told.tell("Anna likes jazz.", ("Anna", "likes", "jazz"))
    question = told.world.question("What does [entity:Anna] like?", "set", "Anna | likes | ?")
    assert told.context().models.agreement is None
    ((said, evidence, _),) = told.rows(NeuralSPJ(Retrieve(question, ("Anna",)), question))
    assert (said, evidence) == ("jazz", [fact])
