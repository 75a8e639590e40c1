"""What nobody asks for is not computed."""

from __future__ import annotations

from neuraldb.plan import nodes as n
from neuraldb.plan import semantic_nodes as s
from neuraldb.plan import text_nodes as t
from neuraldb.plan.expressions import Call, Column, Literal, Raw
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.rules.prune_columns import prune_columns
from rules.plans import AGE, FACTS, PEOPLE, apply, asked, listed, text


def test_unused_attributes_and_readings_are_not_read() -> None:
    plan = n.Project(n.Filter(PEOPLE, Call(">", (AGE, Literal(30)))), ((n.Field("who"), Column("p.name")),))
    assert apply(prune_columns, plan) == text("""
Project p.name as who
└─ Filter (p.age:number > 30)
   └─ VirtualScan people as p [age (number)]
""")


def test_anchored_attributes_stay() -> None:
    anchored = s.VirtualScan(
        "people", (s.Attribute("job", ("key",)), s.Attribute("age")), prefix="p.", anchors=(s.Anchor("job", ("cook",)),)
    )
    assert (
        apply(prune_columns, listed(anchored, "p.name"))
        == "Project p.name\n└─ VirtualScan people as p [job] anchors job in ['cook']"
    )


def test_unused_semantic_columns_are_not_computed() -> None:
    node = t.Classify(
        asked(s.NameKey(t.Similarity(FACTS, "f.text", n.Field("o", "DOUBLE"), "x"), "f.text")),
        "f.text",
        n.Field("c"),
        ("a", "b"),
    )
    assert apply(prune_columns, listed(node, "who")) == text("""
Project who
└─ SemanticMap who = ask(f.text, 'who?')
   └─ Scan facts as f
""")


def test_what_decides_about_rows_stays() -> None:
    for node in (n.Distinct(FACTS), n.Minus(FACTS, FACTS), n.Best(FACTS, ("f.id",))):
        (child, *_) = prune_columns(listed(node, "f.text"), RuleContext()).children
        assert child == node


def test_scans_values_aggregates_windows() -> None:
    scan = prune_columns(listed(FACTS, "f.text"), RuleContext()).children[0]
    assert [c.name for c in scan.columns] == ["f.text"]
    values = n.Values((n.Field("f.a"), n.Field("f.b")), (("1", "2"), ("3", None)))
    assert prune_columns(listed(values, "f.b"), RuleContext()).children[0] == n.Values(
        (n.Field("f.b"),), (("2",), (None,))
    )
    totals = (
        (n.Field("n", "BIGINT"), n.Aggregation("count")),
        (n.Field("m", "BIGINT"), n.Aggregation("max", Column("f.id"))),
    )
    assert (
        apply(prune_columns, listed(n.Aggregate(FACTS, (), totals), "n"))
        == "Project n\n└─ Aggregate count(*) as n\n   └─ Scan facts as f"
    )
    window = n.Window(FACTS, ((n.Field("w", "BIGINT"), Raw("count(*) OVER ()")),))
    assert apply(prune_columns, listed(window, "f.id")) == "Project f.id as id\n└─ Scan facts as f"
    counted = n.Aggregate(window, (), totals[:1])
    assert apply(prune_columns, counted) == "Aggregate count(*) as n\n└─ Scan facts as f"


def test_the_columns_of_the_whole_plan_stay() -> None:
    assert prune_columns(PEOPLE, RuleContext()) == PEOPLE
