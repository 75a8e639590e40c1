"""Filters that anchor a reading on names."""

from __future__ import annotations

import pytest

from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, Literal
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.rules.filter_to_anchor import filter_to_anchor
from rules.plans import AGE, PEOPLE, apply, text

JOB, NAME = Column("p.job:key"), Column("p.name:key")


@pytest.mark.parametrize(
    ("condition", "anchors"),
    [
        (Call("=", (JOB, Literal("baker"))), "job in ['baker']"),
        (Call("=", (Literal("baker"), JOB)), "job in ['baker']"),
        (Call("in", (JOB, Literal("baker"), Literal("cook"))), "job in ['baker', 'cook']"),
        (Call("or", (Call("=", (JOB, Literal("a"))), Call("=", (JOB, Literal("b"))))), "job in ['a', 'b']"),
        (
            Call("and", (Call("=", (NAME, Literal("anna"))), Call("=", (JOB, Literal("cook"))))),
            "name in ['anna']; job in ['cook']",
        ),
        (Call("or", (Call("=", (JOB, Literal("a"))), Call("=", (NAME, Literal("b"))))), ""),
        (Call("or", (Call("=", (JOB, Literal("a"))), Call("is null", (JOB,)))), ""),
        (Call("!=", (JOB, Literal("baker"))), ""),
        (Call("not", (Call("=", (JOB, Literal("baker"))),)), ""),
        (Call("=", (JOB, NAME)), ""),
        (Call("in", (JOB, Literal("baker"), NAME)), ""),
        (Call("=", (AGE, Literal(30))), ""),
        (Call("=", (Column("p.job"), Literal("baker"))), ""),
    ],
)
def test_filter_to_anchor(condition: Expression, anchors: str) -> None:
    lines = apply(filter_to_anchor, n.Filter(PEOPLE, condition)).split("\n")
    assert lines[0] == f"Filter {condition}"
    assert lines[1] == "└─ VirtualScan people as p [job (key), age (number, unit)]" + (
        f" anchors {anchors}" if anchors else ""
    )


def test_key_of_a_neural_spj() -> None:
    pairs = n.Link(n.NeuralSPJ(n.Retrieve("ages of people", budget=9), "ages of people", "pair"), "key")
    plan = n.Filter(pairs, Call("=", (Column("key"), Literal("Anna"))))
    assert apply(filter_to_anchor, plan) == text("""
Filter (key = 'Anna')
└─ Link key
   └─ NeuralSPJ pair 'ages of people'
      └─ Retrieve 'ages of people' anchors ['Anna'] budget 9
""")
    # of two names one is enough, but a retrieval with both wants both
    either = n.Filter(pairs, Call("in", (Column("key"), Literal("Anna"), Literal("Nils"))))
    assert filter_to_anchor(either, RuleContext()) == either
    value = n.Filter(pairs, Call("=", (Column("value"), Literal("Anna"))))
    assert filter_to_anchor(value, RuleContext()) == value
