"""Each rule alone: what it does, and what it leaves alone because the rows would change."""

# ruff: noqa: E501 - trees are read by the row
from __future__ import annotations

import pytest

from neuraldb.plan import nodes as n
from neuraldb.plan import semantic_nodes as s
from neuraldb.plan.cost import Cost, Estimator
from neuraldb.plan.explain import explain
from neuraldb.plan.expressions import Call, Column, Expression, Literal, Raw
from neuraldb.plan.rules.context import Rule, RuleContext
from neuraldb.plan.rules.distinct_first import distinct_first
from neuraldb.plan.rules.filter_to_anchor import filter_to_anchor
from neuraldb.plan.rules.fold_constants import fold, fold_constants
from neuraldb.plan.rules.merge_adjacent import merge_adjacent
from neuraldb.plan.rules.place_semantic import place_semantic
from neuraldb.plan.rules.prune_columns import prune_columns
from neuraldb.plan.rules.push_filters import push_filters
from neuraldb.plan.rules.push_limits import push_limits

FACTS = n.Scan("facts", (n.Field("id", "BIGINT"), n.Field("text")), "f.")
NOTES = n.Scan("notes", (n.Field("id", "BIGINT"), n.Field("note")), "n.")
EARLY = Call("<", (Column("f.id"), Literal(9)))
SAME = Call("=", (Column("f.id"), Column("n.id")))
PEOPLE = s.VirtualScan(
    "people", (s.Attribute("job", ("key",)), s.Attribute("age", ("number", "unit"))), prefix="p.", key_readings=("key",)
)


def judged(child: n.Node = FACTS, **more: object) -> s.SemanticFilter:
    return s.SemanticFilter(child, "f.text", "is a joke", **more)  # type: ignore[arg-type]


def asked(child: n.Node = FACTS) -> s.SemanticMap:
    return s.SemanticMap(child, "f.text", "who?", n.Field("who"))


def listed(child: n.Node, *names: str) -> n.Project:
    types = {c.name: c.type for c in child.columns}
    return n.Project(child, tuple((n.Field(x.removeprefix("f."), types[x]), Column(x)) for x in names))


def apply(rule: Rule, plan: n.Node) -> str:
    after = rule(plan, RuleContext())
    assert after.columns == plan.columns
    assert rule(after, RuleContext()) == after
    return explain(after)


def text(block: str) -> str:
    return block.strip("\n")


# ------------------------------------------------------------------------------------------------------ fold_constants


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


# ------------------------------------------------------------------------------------------------------ merge_adjacent


def test_projections_become_one() -> None:
    inner = n.Project(FACTS, ((n.Field("x", "BIGINT"), Raw('"f.id" + 1', ("f.id",))), (n.Field("t"), Column("f.text"))))
    outer = n.Project(inner, ((n.Field("y", "BIGINT"), Column("x")), (n.Field("u"), Raw('upper("t")', ("t",)))))
    assert apply(merge_adjacent, outer) == "Project f.id + 1 as y, upper(f.text) as u\n└─ Scan facts as f"


def test_what_is_computed_once_is_not_computed_twice() -> None:
    inner = n.Project(FACTS, ((n.Field("x", "BIGINT"), Raw('"f.id" + 1', ("f.id",))),))
    twice = n.Project(inner, ((n.Field("y", "BIGINT"), Column("x")), (n.Field("z", "BIGINT"), Column("x"))))
    assert apply(merge_adjacent, twice) == explain(twice)


def test_what_varies_is_not_moved() -> None:
    inner = n.Project(FACTS, ((n.Field("x", "DOUBLE"), Raw("random()")),))
    outer = n.Project(inner, ((n.Field("y", "DOUBLE"), Column("x")),))
    assert apply(merge_adjacent, outer) == explain(outer)


def test_idle_nodes_go() -> None:
    idle = n.Project(FACTS, tuple((f, Column(f.name)) for f in FACTS.columns))
    assert (
        apply(merge_adjacent, n.Distinct(n.Distinct(n.Sort(idle, (n.Order(Column("f.id")),)))))
        == "Distinct\n└─ Scan facts as f"
    )
    turned = n.Project(FACTS, tuple((f, Column(f.name)) for f in reversed(FACTS.columns)))
    assert apply(merge_adjacent, turned) == explain(turned)


@pytest.mark.parametrize(
    ("inner", "outer", "after"),
    [
        ((10, 0), (5, 0), "Limit 5"),
        ((3, 0), (5, 1), "Limit 2 offset 1"),
        ((3, 2), (None, 1), "Limit 2 offset 3"),
        ((2, 0), (5, 4), "Limit 0 offset 4"),
        ((None, 2), (None, 3), "Limit None offset 5"),
    ],
)
def test_limits(inner: tuple[int | None, int], outer: tuple[int | None, int], after: str) -> None:
    assert apply(merge_adjacent, n.Limit(n.Limit(FACTS, *inner), *outer)) == f"{after}\n└─ Scan facts as f"


# -------------------------------------------------------------------------------------------------------- push_filters


@pytest.mark.parametrize(
    "node",
    [
        judged(), asked(), s.NameKey(FACTS, "f.text"), s.Similarity(FACTS, "f.text", "x", n.Field("o", "DOUBLE")),
        s.Classify(FACTS, "f.text", ("a",), n.Field("o")), s.SemanticMatch(FACTS, "f.text", "x", n.Field("o", "BOOLEAN")),
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


# ---------------------------------------------------------------------------------------------------- filter_to_anchor

JOB, NAME, AGE = Column("p.job:key"), Column("p.name:key"), Column("p.age:number")


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


# ------------------------------------------------------------------------------------------------------- prune_columns


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
    node = s.Classify(
        asked(s.NameKey(s.Similarity(FACTS, "f.text", "x", n.Field("o", "DOUBLE")), "f.text")),
        "f.text",
        ("a", "b"),
        n.Field("c"),
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


# ------------------------------------------------------------------------------------------------------ distinct_first


def test_judged_once() -> None:
    assert apply(distinct_first, n.Distinct(asked(judged()))) == text("""
SemanticMap who = ask(f.text, 'who?')
└─ SemanticFilter f.text means 'is a joke'
   └─ Distinct
      └─ Scan facts as f
""")
    after = distinct_first(n.Distinct(judged(asked())), RuleContext())
    assert isinstance(after, s.SemanticFilter)


def test_distinct_stays_where_the_text_is_dropped() -> None:
    for plan in (n.Distinct(listed(judged(), "f.id")), n.Distinct(listed(asked(), "who")), n.Distinct(judged(limit=2))):
        assert distinct_first(plan, RuleContext()) == plan


# ------------------------------------------------------------------------------------------------------ place_semantic


class Sizes:
    def __init__(self, **rows: int) -> None:
        self.rows = rows

    def row_count(self, source: str) -> int | None:
        return self.rows.get(source)


def test_above_a_join_that_drops_rows_below_one_that_repeats_them() -> None:
    few = RuleContext(Estimator(Sizes(facts=1000, notes=10)))
    selective = n.Join(judged(), n.Filter(NOTES, Call("=", (Column("n.note"), Literal("x")))), "inner", condition=SAME)
    after = place_semantic(selective, few)
    assert isinstance(after, s.SemanticFilter)
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
    of_answer = s.SemanticFilter(asked(), "who", "is a woman")
    assert place_semantic(of_answer, RuleContext()) == of_answer


def test_an_outer_join_that_could_lose_rows_is_left_alone() -> None:
    plan = n.Join(NOTES, judged(), "left", condition=SAME)
    assert place_semantic(plan, RuleContext()) == plan
    over = s.SemanticFilter(n.Join(NOTES, FACTS, "left", condition=SAME), "f.text", "is a joke")
    assert place_semantic(over, RuleContext(Estimator(Sizes(facts=1, notes=9)))) == over


# --------------------------------------------------------------------------------------------------------- push_limits


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
    ],
)
def test_push_limits(plan: n.Node, after: str) -> None:
    assert apply(push_limits, plan) == after


@pytest.mark.parametrize(
    "plan",
    [
        # the order decides which rows are first
        n.Limit(n.Sort(judged(), (n.Order(Column("f.id")),)), 2),
        n.Limit(n.Sort(asked(), (n.Order(Column("who")),)), 2),
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
