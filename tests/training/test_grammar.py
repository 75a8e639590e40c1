"""English morphology of the generator, on verbs of the lexicon and beyond."""

from __future__ import annotations

import pytest

from neuraldb.training.grammar import (
    IRREGULAR,
    Filled,
    article,
    auxiliary,
    fill,
    finite,
    gerund,
    inverted,
    negated,
    participle,
    past,
    predicate,
    reduced,
    squeeze,
    third,
)
from neuraldb.training.vocabulary import VerbPhrase
from training.made import lexicon

WRITE = VerbPhrase("past", "write", "", "by hand")
BORN = VerbPhrase("past", "be", "born in", "")
PLAYS = VerbPhrase("present", "play", "for", "")
HAS = VerbPhrase("present", "have", "", "pages")
HAS_LIVED = VerbPhrase("present", "have", "lived in", "")


@pytest.mark.parametrize(
    "forms",
    [
        "write wrote written writes writing", "carry carried carried carries carrying", "be was been is being",
        "stop stopped stopped stops stopping", "open opened opened opens opening", "go went gone goes going",
        "do did done does doing", "have had had has having", "lie lay lain lies lying", "see saw seen sees seeing",
        "play played played plays playing", "teach taught taught teaches teaching", "mix mixed mixed mixes mixing",
        "admit admitted admitted admits admitting", "found founded founded founds founding",
        "find found found finds finding", "employ employed employed employs employing", "die died died dies dying",
        "visit visited visited visits visiting", "plan planned planned plans planning",
        "orbit orbited orbited orbits orbiting", "cost cost cost costs costing",
        "begin began begun begins beginning", "flee fled fled flees fleeing",
        "transmit transmitted transmitted transmits transmitting", "excel excelled excelled excels excelling",
        "propel propelled propelled propels propelling", "enrol enrolled enrolled enrols enrolling",
        # what is stressed at its end, and what only looks like it
        "refer referred referred refers referring", "offer offered offered offers offering",
        "occur occurred occurred occurs occurring", "limit limited limited limits limiting",
        "forget forgot forgotten forgets forgetting", "budget budgeted budgeted budgets budgeting",
        "program programmed programmed programs programming", "quit quit quit quits quitting",
        # a final l, wherever the stress lies, but not after two vowels
        "travel travelled travelled travels travelling", "fuel fuelled fuelled fuels fuelling",
        "reveal revealed revealed reveals revealing", "sail sailed sailed sails sailing",
    ],
)  # fmt: skip
def test_forms_of_verbs(forms: str) -> None:
    verb, *expected = forms.split()
    assert [past(verb), participle(verb), third(verb), gerund(verb)] == expected


def test_irregular_verbs_are_read_whole() -> None:
    assert len(IRREGULAR) > 120
    assert all(form.isalpha() for verb, forms in IRREGULAR.items() for form in (verb, *forms))


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("book", "a"), ("author", "an"), ("hour", "an"), ("honour", "an"), ("house", "a"), ("university", "a"),
        ("user", "a"), ("unit price", "a"), ("LP", "an"), ("MP", "an"), ("heir", "an"), ("European city", "a"),
        ("Author", "an"), ("film", "a"), ("FBI agent", "an"), ("uncle", "an"),
    ],
)  # fmt: skip
def test_articles(noun: str, expected: str) -> None:
    assert article(noun) == expected


@pytest.mark.parametrize(
    ("phrase", "plural", "expected"),
    [
        (WRITE, False, "wrote {o} by hand"), (WRITE, True, "wrote {o} by hand"),
        (BORN, False, "was born in {o}"), (BORN, True, "were born in {o}"),
        (PLAYS, False, "plays for {o}"), (PLAYS, True, "play for {o}"),
        (HAS, False, "has {o} pages"), (HAS, True, "have {o} pages"),
    ],
)  # fmt: skip
def test_predicates(phrase: VerbPhrase, plural: bool, expected: str) -> None:
    assert predicate(phrase, "{o}", plural) == expected
    assert expected.startswith(finite(phrase, plural))


@pytest.mark.parametrize(
    ("phrase", "plural", "helper", "question"),
    [
        (WRITE, False, "did", "did {s} write {o} by hand"), (BORN, False, "was", "was {s} born in {o}"),
        (BORN, True, "were", "were {s} born in {o}"), (PLAYS, False, "does", "does {s} play for {o}"),
        (PLAYS, True, "do", "do {s} play for {o}"), (HAS, False, "does", "does {s} have {o} pages"),
        (HAS_LIVED, False, "has", "has {s} lived in {o}"),
    ],
)  # fmt: skip
def test_questions(phrase: VerbPhrase, plural: bool, helper: str, question: str) -> None:
    assert auxiliary(phrase, plural) == helper
    assert inverted(phrase, "{s}", "{o}", plural) == question


@pytest.mark.parametrize(
    ("phrase", "short", "expected", "cue"),
    [
        (WRITE, False, "did not write {o} by hand", "did not"), (WRITE, True, "didn't write {o} by hand", "didn't"),
        (BORN, False, "were not born in {o}", "were not"), (HAS, True, "don't have {o} pages", "don't"),
        (HAS_LIVED, False, "have not lived in {o}", "have not"),
    ],
)  # fmt: skip
def test_negations(phrase: VerbPhrase, short: bool, expected: str, cue: str) -> None:
    assert negated(phrase, "{o}", True, short) == (expected, cue)


def test_participles_after_a_noun() -> None:
    assert reduced(BORN, "{o}") == "born in {o}"
    assert reduced(PLAYS, "{o}") == "playing for {o}"
    assert reduced(WRITE, "{o}") is None
    assert reduced(HAS, "{o}") is None
    assert reduced(VerbPhrase("present", "be", "", ""), "{o}") is None


def test_no_form_of_the_lexicon_has_a_gap() -> None:
    for domain in lexicon():
        for p in (*domain.relations, *domain.quantities, *domain.dates):
            for verb in p.verbs:
                for text in (predicate(verb, "X", False), inverted(verb, "Y", "X"), negated(verb, "X", True, False)[0]):
                    assert text == squeeze(text)
                    assert "X" in text


def test_filling_gives_the_places() -> None:
    made = fill("{s} wrote {o}.", {"s": "the author", "o": "a book"}, sentence=True)
    assert made == Filled("The author wrote a book.", {"s": (0, 10), "o": (17, 23)})
    assert squeeze(" a  b , c . ") == "a b, c."
