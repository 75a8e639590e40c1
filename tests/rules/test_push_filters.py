"""Where filters may go, and where they must stay."""

# ruff: noqa: E501 - trees are read by the row
from __future__ import annotations

import pytest

from neuraldb.plan import nodes as n
from neuraldb.plan import semantic_nodes as s
from neuraldb.plan import text_nodes as t
from neuraldb.plan.expressions import Call, Column, Literal, Raw
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.rules.push_filters import push_filters
from rules.plans import EARLY, FACTS, NOTES, SAME, apply, asked, judged, listed, text


@pytest.mark.parametrize(
    "node",
    [
        judged(), asked(), s.NameKey(FACTS, "f.text"), t.Similarity(FACTS, "f.text", n.Field("o", "DOUBLE"), "x"),
        t.Classify(FACTS, "f.text", n.Field("o"), ("a",)), t.SemanticMatch(FACTS, "f.text", n.Field("o", "BOOLEAN"), "x"),
        n.Sort(FACTS, (n.Order(Column("f.id")),)), n.Distinct(FACTS), n.Link(FACTS, "f.text"), n.Minus(FACTS, FACTS),
    ],
)  # fmt: skip
def test_exact_filters_go_below(node: n.Node) -> None:
    after = push_filters(n.Filter(node, EARLY), RuleContext())
    assert type(after) is type(node)
    assert after.children[0] == n.Filter(FACTS, EARLY)


@pytest.mark.parametrize(
    "node",
    [
        n.Limit(FACTS, 3), n.TopK(FACTS, (n.Order(Column("f.id")),)), judged(limit=3), n.Link(FACTS, "f.id"), n.Best(FACTS),
        n.Window(FACTS, ((n.Field("w", "BIGINT"), Raw("count(*) OVER ()")),)),
        n.Join(NOTES, FACTS, "left", condition=SAME), n.Join(FACTS, NOTES, "full", condition=SAME),
        n.Project(FACTS, ((n.Field("f.id", "DOUBLE"), Raw("random()")),)),
    ],
)  # fmt: skip
def test_exact_filters_stay_above(node: n.Node) -> None:
    plan = n.Filter(node, EARLY)
    assert push_filters(plan, RuleContext()) == plan


def test_filter_that_reads_the_output_stays() -> None:
    plan = n.Filter(asked(), Call("=", (Column("who"), Literal("Anna"))))
    assert push_filters(plan, RuleContext()) == plan


def test_volatile_filter_stays() -> None:
    plan = n.Filter(judged(), Raw("random() < 0.5"))
    assert push_filters(plan, RuleContext()) == plan


def test_a_conjunction_is_taken_apart() -> None:
    join = n.Join(judged(), NOTES, "left", condition=SAME)
    known = Call("is not null", (Column("n.note"),))
    assert apply(push_filters, n.Filter(join, Call("and", (EARLY, known)))) == text("""
Filter is not null(n.note)
└─ Join left where (f.id = n.id)
   ├─ SemanticFilter f.text means 'is a joke'
   │  └─ Filter (f.id < 9)
   │     └─ Scan facts as f
   └─ Scan notes as n
""")


def test_conditions_of_joins() -> None:
    late = Call(">", (Column("n.id"), Literal(3)))
    condition = Call("and", (Call("and", (SAME, EARLY)), late))
    assert apply(push_filters, n.Join(FACTS, NOTES, "left", condition=condition)) == text("""
Join left where ((f.id = n.id) and (f.id < 9))
├─ Scan facts as f
└─ Filter (n.id > 3)
   └─ Scan notes as n
""")
    assert apply(push_filters, n.Join(FACTS, NOTES, "semi", condition=condition)) == text("""
Join semi where (f.id = n.id)
├─ Filter (f.id < 9)
│  └─ Scan facts as f
└─ Filter (n.id > 3)
   └─ Scan notes as n
""")
    # an anti join keeps the rows for which the condition is false
    assert "Join anti where ((f.id = n.id) and (f.id < 9))" in apply(
        push_filters, n.Join(FACTS, NOTES, "anti", condition=condition)
    )


def test_nullable_columns_of_a_graph_join_stay() -> None:
    right = n.Scan("g", (n.Field("f.id", "BIGINT"),))
    join = n.Join(FACTS, right, "inner", on=("f.id",), nullable=frozenset({"f.id"}))
    assert push_filters(n.Filter(join, EARLY), RuleContext()) == n.Filter(join, EARLY)
    plain = n.Join(FACTS, right, "inner", on=("f.id",))
    assert apply(push_filters, n.Filter(plain, EARLY)) == text("""
Join inner on f.id
├─ Filter (f.id < 9)
│  └─ Scan facts as f
└─ Filter (f.id < 9)
   └─ Scan g
""")


def test_groups_are_filtered_by_their_keys() -> None:
    grouped = n.Aggregate(
        judged(), ((n.Field("k", "BIGINT"), Column("f.id")),), ((n.Field("n", "BIGINT"), n.Aggregation("count")),)
    )
    few, many = Call("<", (Column("k"), Literal(9))), Call(">", (Column("n"), Literal(1)))
    assert apply(push_filters, n.Filter(grouped, Call("and", (few, many)))) == text("""
Filter (n > 1)
└─ Aggregate count(*) as n by k
   └─ SemanticFilter f.text means 'is a joke'
      └─ Filter (f.id < 9)
         └─ Scan facts as f
""")
    total = n.Aggregate(FACTS, (), ((n.Field("n", "BIGINT"), n.Aggregation("count")),))
    plan = n.Filter(total, Raw("1 = 2"))
    assert push_filters(plan, RuleContext()) == plan


def test_both_sides_of_a_union() -> None:
    assert apply(push_filters, n.Filter(n.Union(FACTS, judged()), EARLY)) == text("""
Union
├─ Filter (f.id < 9)
│  └─ Scan facts as f
└─ SemanticFilter f.text means 'is a joke'
   └─ Filter (f.id < 9)
      └─ Scan facts as f
""")
    half = n.Union(FACTS, listed(FACTS, "f.text"))
    assert push_filters(n.Filter(half, EARLY), RuleContext()) == n.Filter(half, EARLY)
