"""Names of relations that are stored under other names: judged by a reader, bound together, ambiguous, or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from neuraldb.operators.relation_binding import (
    EQUAL,
    MEANT,
    NEAR,
    READ,
    SURE,
    Candidate,
    Sample,
    bound,
    judged,
    samples_of,
)
from neuraldb.stores.derivations import Derivation
from operators.told import Told

FACTS = {1: "Anna was born in Oslo, Norway.", 2: "Nils was born in 1975.", 3: "Equinor is based in Stavanger."}


def read(name: str, readings: Mapping[int, str]) -> Sequence[Derivation]:
    """A reader that finds who was born where, whatever it is asked."""
    return [Derivation(fact, "Anna", "Oslo", confidence=0.9) for fact, text in readings.items() if "Oslo" in text]


def candidates(*near: tuple[str, float], **samples: Sample) -> dict[str, Candidate]:
    told = {label.replace("_", " "): [sample] for label, sample in samples.items()}
    found = judged("born in", near, told, lambda ids: {i: FACTS[i] for i in ids}, read)
    return {c.label: c for c in found}


def test_the_reader_tells_what_a_near_name_does_not_mean() -> None:
    found = candidates(
        ("born", 0.9), ("place of birth", 0.5), born=Sample(2, "Nils", "1975"), place_of_birth=Sample(1, "Anna", "Oslo")
    )
    assert [c.label for c in found.values()] == ["place of birth", "born"]
    assert (found["place of birth"].agreement, found["born"].agreement) == (0.9, 0.0)
    assert found["born"].chance < MEANT <= found["place of birth"].chance


@pytest.mark.parametrize(
    ("sample", "agreement"),
    [
        (Sample(1, "Anna Berg", "Oslo"), 0.9),  # a name and a part of it
        (Sample(1, "Anna", "Norway"), 0.9),  # "Oslo, Norway": either is the place
        (Sample(1, "Oslo", "Anna"), 0.0),  # the other way round is another relation
        (Sample(1, "Nils", "Oslo"), 0.0),
        (Sample(1, "Anna", "Bergen"), 0.0),
    ],
)
def test_agreement_is_about_both_ends(sample: Sample, agreement: float) -> None:
    assert candidates(("born", 0.5), born=sample)["born"].agreement == agreement


def test_where_no_fact_tells_only_the_nearest_names_are_taken() -> None:
    found = judged("born in", [("a", NEAR), ("b", NEAR - 0.01), ("c", -0.2)], {}, lambda ids: {}, read)
    assert [(c.label, c.chance >= MEANT, c.agreement) for c in found] == [
        ("a", True, None),
        ("b", False, None),
        ("c", False, None),
    ]


def sure(label: str, chance: float) -> Candidate:
    """A candidate of a chance, as one of which no fact tells has the cosine."""
    assert chance < MEANT or chance >= NEAR
    return Candidate(label, chance, None)


IDS = {"birthplace": [1], "place of birth": [2, 3], "burial place": [4], "award": [5]}


def unlike(one: str, other: str) -> float:
    return 0.0


def test_relations_that_mean_the_same_are_bound_together() -> None:
    # the lexicon knows the two words for one
    binding = bound([sure("birthplace", 0.84), sure("place of birth", 0.8), sure("award", 0.3)], IDS, unlike)
    assert binding is not None
    assert (binding.ids, binding.label, binding.more) == ((1, 2, 3), "birthplace", (("place of birth", 0.8),))
    assert (binding.runners_up, binding.ambiguous) == ((("award", 0.3),), ())


def test_what_is_surely_meant_is_bound_whatever_it_is_called() -> None:
    binding = bound([sure("birthplace", 0.95), sure("award", SURE)], IDS, unlike)
    assert binding is not None
    assert binding.ids == (1, 5)


def test_names_that_are_alike_are_one_relation() -> None:
    binding = bound([sure("birthplace", 0.84), sure("burial place", 0.8)], IDS, lambda one, other: 0.9)
    assert binding is not None
    assert binding.ids == (1, 4)


def test_equally_likely_relations_that_mean_different_things_are_ambiguous() -> None:
    binding = bound([sure("birthplace", 0.84), sure("burial place", 0.84 - EQUAL / 2)], IDS, unlike)
    assert binding is not None
    assert [label for label, _ in binding.ambiguous] == ["birthplace", "burial place"]


def test_a_clearly_likelier_relation_is_not_ambiguous() -> None:
    near = Candidate("burial place", 0.7, 0.4)
    assert MEANT <= near.chance < SURE - EQUAL
    binding = bound([sure("birthplace", 0.95), near], IDS, unlike)
    assert binding is not None
    assert (binding.ids, binding.ambiguous) == ((1,), ())
    assert [label for label, _ in binding.runners_up] == ["burial place"]


def test_unlikely_relations_are_not_bound() -> None:
    assert bound([sure("birthplace", 0.4)], IDS, unlike) is None
    assert bound([], IDS, unlike) is None


def test_samples_are_of_current_facts(told: Told) -> None:
    for number in range(READ + 2):
        told.tell(f"Anna saw thing{number}.", ("Anna", "saw", f"thing{number}"))
    gone = told.tell("Anna saw Oslo.", ("Anna", "saw", "Oslo"))
    told.forget(gone)
    (relation,) = told.stores.database.rows("SELECT id FROM store.terms WHERE kind = 'relation'")
    (found,) = samples_of(told.stores, {"saw": list(relation)}).values()
    assert len(found) == READ == len({s.fact for s in found})
    assert gone not in {s.fact for s in found}
    assert all(s.subject == "Anna" and s.object.startswith("thing") for s in found)


def test_a_fact_agrees_by_any_of_its_triples(told: Told) -> None:
    text = "Anna and Nils saw Oslo and Rome."
    saw = [(who, "saw", where) for who in ("Anna", "Nils") for where in ("Oslo", "Rome")]
    fact = told.tell(text, *saw)
    (relation,) = told.stores.database.rows("SELECT id FROM store.terms WHERE kind = 'relation'")
    samples = samples_of(told.stores, {"saw": list(relation)})
    assert {(s.subject, s.object) for s in samples["saw"]} == {(s, o) for s, _, o in saw}

    def read_one(name: str, readings: Mapping[int, str]) -> Sequence[Derivation]:
        return [Derivation(fact, "Nils", "Oslo", confidence=0.8)]

    (candidate,) = judged("visited", [("saw", 0.5)], samples, lambda ids: dict.fromkeys(ids, text), read_one)
    assert candidate.agreement == 0.8


def test_where_the_name_stands_in_a_fact_it_tells_who_is_its_subject() -> None:
    text = "Anna works for Equinor."

    def swapped(name: str, readings: Mapping[int, str]) -> Sequence[Derivation]:
        return [Derivation(1, "Equinor", "Anna", (15, 22), (0, 4), confidence=0.7)]

    samples = {"employer": [Sample(1, "Anna", "Equinor")]}
    (candidate,) = judged("works for", [("employer", 0.6)], samples, lambda ids: {1: text}, swapped)
    assert candidate.agreement == 0.7
    (other,) = judged("labours at", [("employer", 0.6)], samples, lambda ids: {1: text}, swapped)
    assert other.agreement == 0.0
