"""The right answers to questions on told worlds, worked out by hand here and from the statements there."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.told import (
    ANNA,
    DUNE,
    EMMA,
    MARRIED,
    NILS,
    OLA,
    PAGES,
    PUBLISHED,
    READS,
    WEIGHT,
    WINTER,
    WROTE,
    fact,
    query,
    tale,
)  # fmt: skip
from neuraldb.core.value import Value
from neuraldb.core.values import parse_value
from neuraldb.evaluation.tale_answers import Answer, Uncertain, right_answers
from neuraldb.training.conditions import Target
from neuraldb.training.worlds import Entity, Triple

FACTS = (
    fact((WINTER, WROTE, ANNA), (WINTER, PAGES, "320 pages"), (WINTER, PUBLISHED, "1950")),
    fact((EMMA, WROTE, ANNA), (EMMA, PAGES, "1,000 pages"), denied=[Triple(DUNE, READS, OLA)]),
    fact((DUNE, READS, NILS), (DUNE, READS, ANNA), (DUNE, PAGES, "320 pages"), (DUNE, PUBLISHED, "3 May 1960")),
    fact((WINTER, WEIGHT, "2 kg"), (DUNE, WEIGHT, "500 g"), (EMMA, PUBLISHED, "March 1955")),
)


def pair(predicate: Any, *among: Entity) -> Target:
    return Target("pair", predicate, among=among)


def said(answers: tuple[Answer, ...]) -> list[str]:
    """The answers as texts, in order."""
    return sorted(min(a.names) if a.value is None else a.value.text for a in answers)


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        ("set", Target("object", WROTE, WINTER), ["anna berg"]),
        ("set", Target("subject", WROTE, ANNA), ["emma", "winter"]),
        ("set", Target("object", READS, DUNE), ["anna berg", "nils holm"]),
        ("count", Target("object", READS, DUNE), ["2"]),
        ("count", Target("subject", WROTE, ANNA), ["2"]),
        ("exists", Target("subject", WROTE, ANNA), ["True"]),
        ("set", Target("object", PAGES, EMMA), ["1,000 pages"]),
        ("set", Target("object", WROTE, DUNE), []),
        ("set", Target("member", cls="person"), ["anna berg", "nils holm"]),
        ("count", Target("member", cls="book"), ["3"]),
        ("set", Target("member", cls="ship"), []),
    ],
)
def test_sets(kind: str, target: Target, expected: list[str]) -> None:
    assert said(right_answers(query(kind, target), tale(*FACTS))) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Target("truth", WROTE, WINTER, ANNA), ["True"]),
        # a book has one author
        (Target("truth", WROTE, WINTER, NILS), ["False"]),
        (Target("truth", WROTE, DUNE, NILS), []),
        # of a book that others read, nothing is known of him
        (Target("truth", READS, DUNE, NILS), ["True"]),
        (Target("truth", READS, WINTER, NILS), []),
        (Target("truth", READS, DUNE, OLA), ["False"]),
    ],
)
def test_truth(target: Target, expected: list[str]) -> None:
    assert said(right_answers(query("bool", target), tale(*FACTS))) == expected


def test_truth_of_a_symmetric_relation() -> None:
    made = tale(fact((ANNA, MARRIED, NILS)))
    assert said(right_answers(query("bool", Target("truth", MARRIED, NILS, ANNA)), made)) == ["True"]
    assert said(right_answers(query("bool", Target("truth", MARRIED, NILS, OLA)), made)) == ["False"]


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        ("max", pair(PAGES), ["1,000 pages"]),
        ("min", pair(PAGES), ["320 pages"]),
        ("argmax", pair(PAGES), ["emma"]),
        ("argmin", pair(PAGES), ["dune", "winter"]),
        ("sum", pair(PAGES), ["1640"]),
        ("avg", pair(WEIGHT), ["1.25 kg"]),
        ("argmax", pair(WEIGHT), ["winter"]),
        ("argmin", pair(PUBLISHED), ["winter"]),
        ("max", pair(PUBLISHED), ["3 May 1960"]),
        ("argmax", pair(PAGES, WINTER, EMMA), ["emma"]),
        # what one of them has is not known
        ("argmax", pair(WEIGHT, WINTER, EMMA), []),
    ],
)
def test_values_compared(kind: str, target: Target, expected: list[str]) -> None:
    assert said(right_answers(query(kind, target), tale(*FACTS))) == expected


@pytest.mark.parametrize(
    ("text", "marks", "kind", "expected"),
    [
        ("the two longest books", ["two"], "argmax", None),
        ("the three longest books", ["three"], "argmax", ["dune", "emma", "winter"]),
        ("the 2 shortest books", ["2"], "argmin", ["dune", "winter"]),
        ("the five shortest books", ["five"], "argmin", ["dune", "emma", "winter"]),
    ],
)
def test_the_first_so_many(text: str, marks: list[str], kind: str, expected: list[str] | None) -> None:
    asked = query(kind, pair(PAGES), text=text, marks=marks)
    if expected is None:
        with pytest.raises(Uncertain, match="tie for the last place"):
            right_answers(asked, tale(*FACTS))
    else:
        assert said(right_answers(asked, tale(*FACTS))) == expected


@pytest.mark.parametrize(
    ("op", "text", "marks", "predicate", "expected"),
    [
        ("gt", "over 320 pages", ["320 pages"], PAGES, ["emma"]),
        ("ge", "at least 320", ["320"], PAGES, ["dune", "emma", "winter"]),
        ("lt", "under a thousand pages", ["a thousand pages"], PAGES, ["dune", "winter"]),
        ("le", "at most 320", ["320"], PAGES, ["dune", "winter"]),
        ("eq", "exactly 1000 pages", ["1000 pages"], PAGES, ["emma"]),
        ("between", "between 2,000 and 500", ["2,000", "500"], PAGES, ["emma"]),
        ("gt", "more than 1500 g", ["1500 g"], WEIGHT, ["winter"]),
        ("gt", "after 1954", ["1954"], PUBLISHED, ["dune", "emma"]),
        ("lt", "before March 1955", ["March 1955"], PUBLISHED, ["winter"]),
        ("ge", "since 1955", ["1955"], PUBLISHED, ["dune", "emma"]),
        ("eq", "in 1960", ["1960"], PUBLISHED, ["dune"]),
        ("between", "from 1950 to 1955", ["1950", "1955"], PUBLISHED, ["emma", "winter"]),
    ],
)
def test_conditions(op: str, text: str, marks: list[str], predicate: Any, expected: list[str]) -> None:
    asked = query("set", pair(predicate), op, text, marks)
    assert said(right_answers(asked, tale(*FACTS))) == expected
    count = query("count", pair(predicate), op, text, marks)
    assert said(right_answers(count, tale(*FACTS))) == [str(len(expected))]


@pytest.mark.parametrize(("op", "answer"), [("gt", "False"), ("lt", "True")])
def test_two_compared(op: str, answer: str) -> None:
    asked = query("compare", pair(PAGES, WINTER, EMMA), op)
    assert said(right_answers(asked, tale(*FACTS))) == [answer]


def test_one_against_a_threshold() -> None:
    asked = query("bool", pair(PAGES, EMMA), "gt", "Has Emma over 900 pages?", ["900"])
    assert said(right_answers(asked, tale(*FACTS))) == ["True"]
    other = query("bool", pair(WEIGHT, EMMA), "gt", "Does Emma weigh over 1 kg?", ["1 kg"])
    assert right_answers(other, tale(*FACTS)) == ()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (query("set", None), "as it stands"),
        (query("group_max", Target("inverse", WROTE)), "as it stands"),
        (query("group_max", Target("pair", READS)), "no values"),
        (query("count", Target("subject", READS, OLA)), "nothing is stated"),
        (query("exists", Target("object", WROTE, DUNE)), "nothing is stated"),
        (query("set", pair(PAGES), "gt"), "no threshold"),
        (query("set", pair(PAGES), "between", "over 3", ["3"]), "without an end"),
        (query("set", pair(PAGES), "gt", "over 3 kg", ["3 kg"]), "another dimension"),
        (query("set", pair(PUBLISHED), "gt", "after May 1950", ["May 1950"]), "less precise"),
        (query("avg", Target("member", cls="book")), "no set answers"),
    ],
)
def test_what_is_left_out(asked: Any, message: str) -> None:
    with pytest.raises(Uncertain, match=message):
        right_answers(asked, tale(*FACTS))


@pytest.mark.parametrize(
    ("facts", "kind", "message"),
    [
        ((fact((WINTER, PAGES, "3")), fact((WINTER, PAGES, "4"))), "max", "no single value"),
        ((fact((WINTER, PAGES, "many")),), "max", "no single value"),
        ((fact((WINTER, PAGES, "3 kg")), fact((EMMA, PAGES, "4 m"))), "sum", "several dimensions"),
        ((fact((WINTER, PUBLISHED, "1950")), fact((EMMA, PUBLISHED, "May 1950"))), "argmin", "order is not known"),
    ],
)
def test_values_that_do_not_compare(facts: Any, kind: str, message: str) -> None:
    predicate = PUBLISHED if kind == "argmin" else PAGES
    with pytest.raises(Uncertain, match=message):
        right_answers(query(kind, pair(predicate)), tale(*facts))


def value(text: str) -> Answer:
    return Answer(frozenset({text.lower()}), parse_value(text))


@pytest.mark.parametrize(
    ("answer", "given", "fits"),
    [
        (Answer(frozenset({"anna berg", "berg"})), "Berg", True),
        (Answer(frozenset({"anna berg", "berg"})), "Anna", False),
        (Answer(frozenset({"12"})), 12, True),
        (value("2 kg"), "2000 g", True),
        (value("2 kg"), "2.005 kg", True),
        (value("2 kg"), "2.02 kg", False),
        (value("2 kg"), "2 m", False),
        (value("320 pages"), 320, True),
        (value("320 pages"), "320 pages", True),
        (value("5"), 5.0, True),
        (value("3 May 1960"), "1960-05-03", True),
        (value("3 May 1960"), "1960", False),
        (value("1950"), "1950", True),
        (Answer(value=Value("number", "1950", number=1950)), "1950", True),
        (Answer(value=Value("boolean", "True", number=1.0)), True, True),
        (Answer(value=Value("boolean", "False", number=0.0)), True, False),
        (Answer(value=Value("boolean", "False", number=0.0)), "no", True),
        (Answer(value=Value("boolean", "True", number=1.0)), "Anna", False),
    ],
)
def test_an_answer_under_any_of_its_forms(answer: Answer, given: Any, fits: bool) -> None:
    assert answer.fits(given) is fits
