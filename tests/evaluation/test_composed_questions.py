"""Questions that must be taken apart: their answers, by hand and against all that is stated."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from evaluation.told import ANNA, BOOK, DOMAIN, DUNE, EMMA, NILS, OLA, PERSON, READS, WINTER, WROTE, fact, tale
from neuraldb.core.text import normalise
from neuraldb.evaluation.composed_questions import MAKERS, conjoined, grouped, joined, negated, unstated
from neuraldb.evaluation.tale_answers import Answer, Uncertain
from neuraldb.evaluation.tales import Tale
from neuraldb.training.vocabulary import Noun, Relation, VerbPhrase
from neuraldb.training.worlds import Entity, Triple, World

AUTHOR = replace(
    WROTE,
    verbs=(VerbPhrase("past", "be", "written by", ""),),
    nouns=(Noun("author", "authors"),),
    ask_object=("Who wrote {s}?",),
)
READER = replace(
    READS,
    verbs=(VerbPhrase("past", "be", "read by", ""),),
    nouns=(Noun("reader", "readers"),),
    ask_object=("Who reads {s}?",),
)
TEACHER = replace(
    READS, name="teacher", subject="person", nouns=(Noun("teacher", "teachers"),), ask_object=("Who taught {s}?",)
)
SAID: tuple[tuple[Entity, Relation, Entity], ...] = (
    (WINTER, AUTHOR, ANNA), (EMMA, AUTHOR, ANNA), (DUNE, AUTHOR, NILS), (WINTER, READER, OLA), (EMMA, READER, NILS),
    (ANNA, TEACHER, OLA),
)  # fmt: skip
OLAS = {normalise(OLA.name)}


@pytest.fixture
def library() -> tuple[World, Tale]:
    """Three books, by whom they are, who reads two of them, and who taught an author."""
    world = World(replace(DOMAIN, relations=(AUTHOR, READER, TEACHER)))
    world.entities += [WINTER, EMMA, DUNE, ANNA, NILS, OLA]
    for triple in SAID:
        world.add(Triple(*triple))
    return world, tale(*(fact(triple) for triple in SAID))


def asked(maker, library: tuple[World, Tale]) -> dict[str, tuple[str, set[str]]]:  # type: ignore[no-untyped-def]
    """All questions of a kind, in small letters: type and names of the answers."""
    world, told = library
    made = {}
    for seed in range(300):
        try:
            composed = maker(world, told, random.Random(seed))
        except Uncertain:
            continue
        if composed is not None:
            text, type_, gold = composed
            made[text.casefold()] = type_, {name for answer in gold for name in named(answer)}
    return made


def named(answer: Answer) -> frozenset[str]:
    return frozenset(answer.names & {"winter", "emma", "dune", "anna berg", "nils holm", normalise(OLA.name)})


def through(text: str) -> set[str]:
    """What a join asks for, by the name in it."""
    if "winter" in text or ("emma" in text and ("taught" in text or "teacher" in text)):
        return OLAS  # who taught its author
    if "berg" in text:
        return {"winter"} if "teacher" in text else {*OLAS, "nils holm"}
    return next(names for name, names in JOINED.items() if name in text)


JOINED = {"emma": {"dune"}, "dune": {"emma"}, "ola ": {"anna berg"}, "nils": {"anna berg"}}
"""Who reads one book wrote the other; who wrote what they read."""


def test_a_join_goes_through_what_is_described(library: tuple[World, Tale]) -> None:
    words = ("taught", "teacher", "read")  # some questions have a letter mistyped
    made = {text: made for text, made in asked(joined, library).items() if any(word in text for word in words)}
    assert {type_ for type_, _ in made.values()} == {"join"}
    assert {text: answers for text, (_, answers) in made.items()} == {text: through(text) for text in made}
    told = {name for text in made for name in ("winter", "emma", "dune", "berg", "ola ", "nils") if name in text}
    assert told == {"winter", "emma", "dune", "berg", "ola ", "nils"}


def test_a_conjunction_needs_both(library: tuple[World, Tale]) -> None:
    made = asked(conjoined, library)
    assert {type_ for type_, _ in made.values()} == {"conj"}
    of_nils = [answers for text, (_, answers) in made.items() if "nils" in text and "berg" in text]
    of_ola = [answers for text, (_, answers) in made.items() if "ola " in text]
    assert of_nils
    assert of_ola
    assert all(answers == {"emma"} for answers in of_nils)
    assert all(answers == {"winter"} for answers in of_ola)


def test_a_negation_has_the_members_that_are_left(library: tuple[World, Tale]) -> None:
    by_author = {"berg": {"dune"}, "nils": {"winter", "emma"}}
    made = {t: a for t, (_, a) in asked(negated, library).items() if "writ" in t}
    assert made
    for text, answers in made.items():
        assert answers == next(left for name, left in by_author.items() if name in text), text


def test_a_group_has_one_winner(library: tuple[World, Tale]) -> None:
    made = asked(grouped, library)
    most = [a for t, (_, a) in made.items() if "most common" in t and "author" in t]
    assert most
    assert all(answers == {"anna berg"} for answers in most)
    # of readers each has one book
    assert not any("reader" in text for text in made)


def test_what_no_fact_states_is_asked_of_what_is_spoken_of(library: tuple[World, Tale]) -> None:
    world, _ = library
    world.entities.append(Entity(9, BOOK, "Solaris", None, "it"))  # of which no fact speaks
    made = asked(unstated, library)
    # nobody reads Dune, and nobody but Anna was taught
    assert made
    assert {(type_, *answers) for type_, answers in made.values()} == {("unans",)}
    names = ("winter", "emma", "dune", "anna", "berg", "nils", "ola ", "solaris")
    named_in = {name for text in made for name in names if name in text}
    assert named_in <= {"dune", "nils", "ola "}
    assert "dune" in named_in


@pytest.mark.parametrize("maker", [*MAKERS, unstated])
def test_nothing_comes_of_an_empty_world(maker) -> None:  # type: ignore[no-untyped-def]
    assert maker(World(replace(DOMAIN, classes={"book": BOOK, "person": PERSON})), Tale(), random.Random(0)) is None
