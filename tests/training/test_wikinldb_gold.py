"""Gold answers of WikiNLDB-like data, each worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from neuraldb.training.wikinldb_facts import Stated
from neuraldb.training.wikinldb_forms import Form
from neuraldb.training.wikinldb_gold import Asked, Gold, gold
from training.wikinldb_made import told

ANNA = ("Anna Berg", "P19", "Oslo")
BIRTHS = told(ANNA, ("Nils Holm", "P19", "Oslo"), ("Ola Vik", "P19", "Rome"), ("Eva Lund", "P19", "Oslo"))
SIZES = told(("Oslo", "P1082", "700"), ("Rome", "P1082", "2800"), ("Lyon", "P1082", "500"))
BORDERS = told(("A", "P47", "B"), ("A", "P47", "C"), ("D", "P47", "A"))
BOOKS = [
    *told(("Winter", "P50", "Anna"), ("Summer", "P50", "Anna"), ("Moon", "P50", "Nils")),
    *told(("Anna", "P106", "poet"), ("Nils", "P106", "judge")),
    # one fact may tell both
    Stated("Eva, a poet, wrote Sea.", (("Sea", "P50", "Eva"), ("Eva", "P106", "poet")), "drawn"),
]
POETS, JUDGES = ({"described": "o", "filter": ("P106", job)} for job in ("poet", "judge"))
RATES = told(("Oslo", "P1198", "4.3 percent"), ("Rome", "P1198", "12.0 percent"))


def asked(relation: str, kind: str, pattern: str, **more: Any) -> Asked:
    return Asked(Form(relation, kind, "?", pattern), "?", **more)


@pytest.mark.parametrize(
    ("facts", "question", "height", "expected"),
    [
        (BIRTHS, asked("P19", "set", "$s", object="Oslo"), 3, (((0,), (1,)), ("Anna Berg", "Nils Holm"))),
        (BIRTHS, asked("P19", "set", "$s", object="Oslo"), 1, (((0,),), ("Anna Berg",))),
        (BIRTHS, asked("P19", "set", "$o", subject="Ola Vik"), 2, ((), ())),
        (BIRTHS, asked("P19", "count", "$s", object="Oslo"), 4, (((0,), (1,), (3,)), (3,))),
        (BIRTHS, asked("P19", "count", "$s", object="Lyon"), 4, ((), (0,))),
        (BIRTHS, asked("P19", "bool", "TRUE", subject="Ola Vik", object="Rome"), 4, (((2,),), ("TRUE",))),
        (BIRTHS, asked("P19", "bool", "TRUE", subject="Ola Vik", object="Oslo"), 4, (((2,),), ("FALSE",))),
        (BIRTHS, asked("P19", "bool", "TRUE", subject="Ola Vik", object="Oslo"), 2, ((), (None,))),
        (BIRTHS, asked("P19", "argmax", "$o [SEP] $s"), 4, (((0,), (1,), (2,), (3,)), ("Oslo",))),
        (BIRTHS, asked("P19", "argmin", "$o [SEP] $s"), 3, (((0,), (1,), (2,)), ("Rome",))),
        (BIRTHS, asked("P106", "argmin", "$o [SEP] $s"), 4, ((), (None,))),
        (SIZES, asked("P1082", "min", "$o"), 2, (((0,), (1,)), (700.0,))),
        (SIZES, asked("P1082", "max", "$s [SEP] $o"), 3, (((0,), (1,), (2,)), (2800.0,))),
        (SIZES, asked("P1082", "max", "$o"), 0, ((), (None,))),
        (SIZES, asked("P1082", "argmin", "$s [SEP] $o"), 3, (((0,), (1,), (2,)), ("Lyon",))),
        (RATES, asked("P1198", "argmax", "$s [SEP] $o"), 2, (((0,), (1,)), ("Rome",))),
        (BORDERS, asked("P47", "set", "$o", subject="A"), 3, (((0,), (1,), (2,)), ("B", "C", "D"))),
        (BORDERS, asked("P47", "bool", "TRUE", subject="A", object="D"), 3, (((2,),), ("TRUE",))),
        (BORDERS, asked("P47", "argmax", "$s [SEP] $o"), 3, (((0,), (1,), (2,)), ("A",))),
        # many borders are possible, so that none is known is no denial
        (BORDERS, asked("P47", "bool", "TRUE", subject="B", object="C"), 3, ((), (None,))),
        (BOOKS, asked("P50", "set", "$s", **POETS), 6, (((0, 3), (1, 3), (5,)), ("Winter", "Summer", "Sea"))),
        (BOOKS, asked("P50", "count", "$s", **POETS), 4, (((0, 3), (1, 3)), (2,))),
        (BOOKS, asked("P50", "bool", "TRUE", subject="Moon", **JUDGES), 6, (((2, 4),), ("TRUE",))),
        (BOOKS, asked("P50", "bool", "TRUE", subject="Moon", **POETS), 6, ((), (None,))),
        (BOOKS, asked("P50", "argmax", "$o [SEP] $s", expand="P106"), 6, (((0, 3), (1, 3), (2, 4), (5,)), ("poet",))),
    ],
)  # fmt: skip
def test_gold(facts: Sequence[Stated], question: Asked, height: int, expected: tuple[Any, Any]) -> None:
    made_of = gold(question, facts, height)
    assert (made_of.facts, made_of.answer) == expected
    assert len(made_of.derivations) == len(made_of.facts)


def test_ties_are_all_in_the_answer() -> None:
    question = asked("P19", "argmin", "$o [SEP] $s")
    facts = [*BIRTHS, *told(("Kari Vik", "P19", "Lyon"))]
    assert gold(question, facts, 5) == Gold(
        ((0,), (1,), (2,), (3,), (4,)),
        (
            "Oslo [SEP] Anna Berg", "Oslo [SEP] Nils Holm", "Rome [SEP] Ola Vik", "Oslo [SEP] Eva Lund",
            "Lyon [SEP] Kari Vik",
        ),
        ("Rome", "Lyon"), ("Rome", "Lyon"),
    )  # fmt: skip


def test_what_is_asked_of_a_winner_stands_third() -> None:
    made_of = gold(asked("P50", "argmax", "$o [SEP] $s", expand="P106"), BOOKS[:4], 4)
    assert made_of.derivations == ("Anna [SEP] Winter [SEP] poet", "Anna [SEP] Summer [SEP] poet", "Nils [SEP] Moon")
    assert (made_of.answer, made_of.winners) == (("poet",), ("Anna",))
