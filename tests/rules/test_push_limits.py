"""Stopping early, and what plans cost."""

# ruff: noqa: E501 - trees are read by the row
from __future__ import annotations

import pytest

from neuraldb.plan import nodes as n
from neuraldb.plan import semantic_nodes as s
from neuraldb.plan.cost import Cost, Estimator
from neuraldb.plan.expressions import Call, Column, Literal
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.rules.push_limits import push_limits
from rules.plans import AGE, EARLY, FACTS, NOTES, PEOPLE, Sizes, apply, asked, judged, listed


@pytest.mark.parametrize(
    ("plan", "after"),
    [
        (
            n.Limit(listed(asked(), "who"), 2),
            "Project who\n└─ SemanticMap who = ask(f.text, 'who?')\n   └─ Limit 2\n      └─ Scan facts as f",
        ),
        (
            n.Limit(judged(), 2, 3),
            "Limit 2 offset 3\n└─ SemanticFilter f.text means 'is a joke' limit 5\n   └─ Scan facts as f",
        ),
        (
            n.Limit(judged(limit=2), 9),
            "Limit 9\n└─ SemanticFilter f.text means 'is a joke' limit 2\n   └─ Scan facts as f",
        ),
        (n.Limit(PEOPLE, 2), "Limit 2\n└─ VirtualScan people as p [job (key), age (number, unit)] limit 2"),
        (n.Limit(n.Retrieve("x"), 3), "Limit 3\n└─ Retrieve 'x' budget 3"),
        (n.Limit(n.Retrieve("x", budget=2), 3), "Limit 3\n└─ Retrieve 'x' budget 2"),
        (
            n.Limit(judged(), None, 3),
            "Limit None offset 3\n└─ SemanticFilter f.text means 'is a joke'\n   └─ Scan facts as f",
        ),
        (
            n.Limit(n.Union(FACTS, judged()), 2),
            "Limit 2\n└─ Union\n   ├─ Limit 2\n   │  └─ Scan facts as f\n   └─ Limit 2\n      └─ SemanticFilter f.text means 'is a joke' limit 2\n         └─ Scan facts as f",
        ),
        (
            n.Limit(n.Sort(asked(), (n.Order(Column("f.id")),)), 2),
            "SemanticMap who = ask(f.text, 'who?')\n└─ Limit 2\n   └─ Sort f.id\n      └─ Scan facts as f",
        ),
        (
            n.Limit(n.Sort(judged(), (n.Order(Column("f.id")),)), 2, 1),
            "Limit 2 offset 1\n└─ SemanticFilter f.text means 'is a joke' limit 3\n   └─ Sort f.id\n      └─ Scan facts as f",
        ),
        (
            n.Limit(
                n.Sort(n.Filter(asked(), Call("=", (Column("who"), Column("f.text")))), (n.Order(Column("f.id")),)), 2
            ),
            "Limit 2\n└─ Filter (who = f.text)\n   └─ SemanticMap who = ask(f.text, 'who?')\n      └─ Sort f.id\n         └─ Scan facts as f",
        ),
    ],
)
def test_push_limits(plan: n.Node, after: str) -> None:
    assert apply(push_limits, plan) == after


@pytest.mark.parametrize(
    "plan",
    [
        # the order decides which rows are first
        n.Limit(n.Sort(asked(), (n.Order(Column("who")),)), 2),
        n.Limit(n.Sort(n.Filter(asked(), Call("=", (Column("who"), Literal("x")))), (n.Order(Column("who")),)), 2),
        n.Limit(n.Sort(judged(), (n.Order(Column("f.id")),)), None, 2),
        n.Limit(n.Filter(PEOPLE, Call(">", (AGE, Literal(3)))), 2),
        n.Limit(n.Distinct(judged()), 2),
        n.Limit(n.NeuralSPJ(n.Retrieve("x"), "x"), 2),
        n.TopK(judged(), (n.Order(Column("f.id")),), 2),
    ],
)
def test_limits_that_stay(plan: n.Node) -> None:
    assert push_limits(plan, RuleContext()) == plan


# ---------------------------------------------------------------------------------------------------------------- cost


def test_costs_rank_plans() -> None:
    model = Estimator(Sizes(facts=500, notes=10))
    assert model.cost(FACTS) == Cost(500, 0)
    assert model.cost(judged()).calls == 500
    assert model.cost(judged(n.Filter(FACTS, EARLY))).calls < 500
    assert model.cost(judged(limit=3)).calls < 50
    anchored = s.VirtualScan("people", (s.Attribute("job"),), anchors=(s.Anchor("job", ("cook",)),))
    assert model.cost(anchored).calls < model.cost(s.VirtualScan("people", (s.Attribute("job"),))).calls
    assert model.cost(n.Join(FACTS, NOTES, "cross")).rows == 5000
    assert model.cost(n.Aggregate(FACTS, (), ((n.Field("n"), n.Aggregation("count")),))).rows == 1
    assert str(model.cost(judged())) == "~150 rows, 500 calls"
    assert str(model.cost(FACTS)) == "~500 rows"
