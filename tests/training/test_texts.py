"""The lexicon's texts: every one can be told, and what it states stands in it and holds in its world."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings

from neuraldb.training.derivations import derive, text_queries
from neuraldb.training.queries import Target
from neuraldb.training.texts import FOLDER, forms_of, read_forms, tell, write_texts
from neuraldb.training.vocabulary import LexiconError
from neuraldb.training.worlds import Entity, Measure, make_world
from tests.training.made import SEEDS, lexicon, names, world

ART = next(d for d in lexicon() if d.name == "art")
TOLD = [d for d in lexicon() if (FOLDER / "texts" / f"{d.name}.txt").exists()]


def forms(tmp_path: Path, text: str):  # type: ignore[no-untyped-def]
    path = tmp_path / "art.txt"
    path.write_text(text)
    return read_forms(path, ART)


@pytest.mark.parametrize("domain", TOLD, ids=lambda d: d.name)
def test_the_texts_of_a_domain_can_be_read_and_most_be_told(domain) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(1)
    written = forms_of(domain.name)
    assert len(written) >= 40
    made = [tell(form, make_world(domain, rng, 8), rng) for form in written]
    assert sum(m is not None for m in made) > 0.9 * len(written)


@given(SEEDS)
@settings(max_examples=12, deadline=None)
def test_what_a_text_states_stands_in_it_and_holds(seed: int) -> None:
    made = world(seed)
    for fact in write_texts(made, random.Random(seed), 12):
        for stated in fact.stated:
            assert any(stated.triple is t for t in made.triples)
            assert fact.text[slice(*stated.subject)].lower() in names(stated.triple.subject)
            assert fact.text[slice(*stated.object)].lower() in names(stated.triple.object)
        for denied in fact.denied:
            assert not any(
                t.predicate is denied.predicate and t.object is denied.object
                for t in made.of_subject[denied.subject.number]
            )


@given(SEEDS)
@settings(max_examples=12, deadline=None)
def test_what_may_be_said_once_is_said_once(seed: int) -> None:
    made = world(seed)
    list(write_texts(made, random.Random(seed), 20))
    for triples in made.of_subject.values():
        once = [t.predicate.name for t in triples if getattr(t.predicate, "functional", True)]
        assert len(once) == len(set(once))


def test_a_text_is_filled_with_names_and_values(tmp_path: Path) -> None:
    (form,) = forms(tmp_path, "painter(a, b); not painter(a, c)\n{a} is not by {c} but by {b}.\n")
    made = world(0)
    while "painting" not in made.domain.classes:
        made = make_world(ART, random.Random(1), 6)
    told = tell(form, made, random.Random(2))
    assert told is not None
    (stated,) = told.stated
    painting, painter = stated.triple.subject, stated.triple.object
    (denied,) = told.denied
    assert isinstance(painter, Entity)
    assert denied.object not in (painter, painting)
    assert (
        told.text
        == f"{told.text[slice(*stated.subject)]} is not by {told.text[slice(*told.mentions[1][1])]} but by "
        + (f"{told.text[slice(*stated.object)]}.")
    )
    assert isinstance(denied.object, Entity)
    assert derive(Target("truth", denied.predicate, painting, denied.object), told)[0] == "no"
    assert derive(Target("truth", denied.predicate, painting, painter), told)[0] == "yes"
    assert [q.type for q in text_queries([told], random.Random(0))] == ["bool"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("painter(a, b)", "two lines"),
        ("painted(a, b)\n{a} {b}", "no statement"),
        ("painter(a, b)\n{a} {c}", "other variables"),
        ("painter(a, b)\n{a}", "other variables"),
        ("painter(a, a)\n{a}", "two classes"),
        (":dragon(a)\n{a}", "no class dragon"),
        ("painter(a, b)\n{a} {on b}", "preposition"),
    ],
)
def test_a_mistake_is_told_with_its_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LexiconError, match=f"art.txt.*{message}"):
        forms(tmp_path, text)


def test_a_measure_that_is_denied_is_no_answer(tmp_path: Path) -> None:
    quantity = ART.quantities[0]
    (form,) = forms(
        tmp_path, f"{quantity.name}(a, v); not {quantity.name}(a, w)\n{{a}} has {{v}}, not {{w}} as was said.\n"
    )
    told = tell(form, make_world(ART, random.Random(3), 6), random.Random(3))
    assert told is not None
    assert told.denied == ()
    (stated,) = told.stated
    assert isinstance(stated.triple.object, Measure)
    assert told.text[slice(*stated.object)] == stated.triple.object.text
