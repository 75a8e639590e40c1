"""Constant folding, and the empty branches that it cuts."""

from __future__ import annotations

import pytest

from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, Literal
from neuraldb.plan.rules.fold_constants import fold, fold_constants
from rules.plans import EARLY, FACTS, NOTES, SAME, apply, judged


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Call("and", (EARLY, Literal(True))), "(f.id < 9)"),
        (Call("and", (Literal(False), EARLY)), "false"),
        (Call("or", (EARLY, Literal(True))), "true"),
        (Call("or", (Literal(False), EARLY)), "(f.id < 9)"),
        (Call("not", (Literal(None),)), "none"),
        (Call("not", (Call("=", (Literal(2), Literal(2))),)), "false"),
        (Call("is null", (Literal(None),)), "true"),
        (Call("is not null", (Literal("x"),)), "true"),
        (Call("=", (Literal(None), Literal(1))), "none"),
        (Call("=", (Literal("a"), Literal("a"))), "true"),
        # DuckDB compares texts by its collation, and a text with a number after a cast
        (Call("<", (Literal("a"), Literal("b"))), "('a' < 'b')"),
        (Call("=", (Literal("1"), Literal(1))), "('1' = 1)"),
        # unknown is not false
        (Call("and", (Literal(None), EARLY)), "(none and (f.id < 9))"),
    ],
)
def test_fold(before: Expression, after: str) -> None:
    assert str(fold(before)) == after


EMPTY = n.Filter(FACTS, Literal(False))


@pytest.mark.parametrize(
    ("plan", "after"),
    [
        (n.Filter(judged(), Literal(True)), "SemanticFilter f.text means 'is a joke'\n└─ Scan facts as f"),
        (judged(n.Filter(FACTS, Literal(None))), "Values (f.id, f.text) 0 rows"),
        (n.Limit(judged(), 0), "Values (f.id, f.text) 0 rows"),
        (n.Join(EMPTY, NOTES, "inner", condition=SAME), "Values (f.id, f.text, n.id, n.note) 0 rows"),
        (n.Join(NOTES, EMPTY, "anti", condition=SAME), "Scan notes as n"),
        (
            n.Join(NOTES, EMPTY, "left", condition=SAME),
            "Join left where (f.id = n.id)\n├─ Scan notes as n\n└─ Values (f.id, f.text) 0 rows",
        ),
        (n.Union(EMPTY, FACTS), "Scan facts as f"),
        (n.Minus(FACTS, EMPTY), "Scan facts as f"),
        (
            n.Join(FACTS, NOTES, "inner", condition=Call("=", (Literal(1), Literal(1)))),
            "Join inner\n├─ Scan facts as f\n└─ Scan notes as n",
        ),
        # a count over nothing is one row
        (
            n.Aggregate(EMPTY, (), ((n.Field("n", "BIGINT"), n.Aggregation("count")),)),
            "Aggregate count(*) as n\n└─ Values (f.id, f.text) 0 rows",
        ),
        (n.Aggregate(EMPTY, ((n.Field("k"), Column("f.text")),), ()), "Values (k) 0 rows"),
        (n.Exists(EMPTY), "Exists\n└─ Values (f.id, f.text) 0 rows"),
    ],
)
def test_fold_constants(plan: n.Node, after: str) -> None:
    assert apply(fold_constants, plan) == after
