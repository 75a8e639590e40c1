"""Where rows are judged: after duplicates are gone, and on the side of a join that has fewer."""

from __future__ import annotations

from neuraldb.plan import nodes as n
from neuraldb.plan import text_nodes as t
from neuraldb.plan.cost import Estimator
from neuraldb.plan.expressions import Call, Column, Literal
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.rules.distinct_first import distinct_first
from neuraldb.plan.rules.place_semantic import place_semantic
from rules.plans import FACTS, NOTES, SAME, Sizes, apply, asked, judged, listed, text

# ------------------------------------------------------------------------------------------------------ distinct_first


def test_judged_once() -> None:
    assert apply(distinct_first, n.Distinct(asked(judged()))) == text("""
SemanticMap who = ask(f.text, 'who?')
└─ SemanticFilter f.text means 'is a joke'
   └─ Distinct
      └─ Scan facts as f
""")
    after = distinct_first(n.Distinct(judged(asked())), RuleContext())
    assert isinstance(after, t.SemanticFilter)


def test_distinct_stays_where_the_text_is_dropped() -> None:
    for plan in (n.Distinct(listed(judged(), "f.id")), n.Distinct(listed(asked(), "who")), n.Distinct(judged(limit=2))):
        assert distinct_first(plan, RuleContext()) == plan


# ------------------------------------------------------------------------------------------------------ place_semantic


def test_above_a_join_that_drops_rows_below_one_that_repeats_them() -> None:
    few = RuleContext(Estimator(Sizes(facts=1000, notes=10)))
    selective = n.Join(judged(), n.Filter(NOTES, Call("=", (Column("n.note"), Literal("x")))), "inner", condition=SAME)
    after = place_semantic(selective, few)
    assert isinstance(after, t.SemanticFilter)
    assert place_semantic(after, few) == after
    many = RuleContext(Estimator(Sizes(facts=10, notes=100000)))
    repeating = judged(n.Join(FACTS, NOTES, "inner", condition=SAME))
    below = place_semantic(repeating, many)
    assert isinstance(below, n.Join)
    assert below.left == judged()
    assert place_semantic(below, many) == below


def test_judged_before_asked() -> None:
    assert apply(place_semantic, judged(asked())) == text("""
SemanticMap who = ask(f.text, 'who?')
└─ SemanticFilter f.text means 'is a joke'
   └─ Scan facts as f
""")
    of_answer = t.SemanticFilter(asked(), "who", "is a woman")
    assert place_semantic(of_answer, RuleContext()) == of_answer


def test_an_outer_join_that_could_lose_rows_is_left_alone() -> None:
    plan = n.Join(NOTES, judged(), "left", condition=SAME)
    assert place_semantic(plan, RuleContext()) == plan
    over = t.SemanticFilter(n.Join(NOTES, FACTS, "left", condition=SAME), "f.text", "is a joke")
    assert place_semantic(over, RuleContext(Estimator(Sizes(facts=1, notes=9)))) == over
