"""Exact nodes as DuckDB queries: the same rows, evidence and confidence as by the algebra's definitions."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from execution.given import Given, Traced, bag, found, run
from execution.interpreter import rows_of
from execution.plans import leaves, orders, plans
from neuraldb.core.errors import InternalError
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, Literal, Raw
from neuraldb.stores.bundle import Stores

COUNT = (n.Field("n", "BIGINT"), n.Aggregation("count", None, type="BIGINT"))
some = settings(max_examples=40, deadline=None)


@given(plan=plans())
@settings(max_examples=100, deadline=None)
def test_a_plan_gives_the_rows_of_its_definition(stores: Stores, plan: n.Node) -> None:
    assert bag(run(plan, stores)) == bag(rows_of(plan))


def equal(a: str, b: str) -> Expression:
    return Call("=", (Column(a), Column(b)))


# ---------------------------------------------------------------------------------------------------------- provenance


def test_a_joined_row_rests_on_the_facts_of_both_sides_and_both_must_hold(stores: Stores) -> None:
    plan = n.Join(found("a b", (1, 2, [5, 7], 0.5)), found("b c", (2, 3, [3, 7], 0.25)), "inner", ("b",))
    assert run(plan, stores) == [Traced((1, 2, 3), (3, 5, 7), 0.125)]


def test_a_row_without_a_partner_rests_on_its_own_side(stores: Stores) -> None:
    plan = n.Join(found("a b", (1, 2, [5], 0.5)), found("b c", (9, 3, [3], 0.25)), "full", ("b",))
    assert bag(run(plan, stores)) == bag([Traced((1, 2, None), (5,), 0.5), Traced((None, 9, 3), (3,), 0.25)])


@given(rows=leaves())
@some
def test_equal_rows_are_alternatives_of_each_other(stores: Stores, rows: n.Node) -> None:
    below, above = run(rows, stores), run(n.Distinct(rows), stores)
    assert len({row.values for row in above}) == len(above)
    assert {row.values for row in above} == {row.values for row in below}
    for row in above:
        same = [other for other in below if other.values == row.values]
        assert set(row.evidence) == {fact for other in same for fact in other.evidence}
        assert max(other.confidence for other in same) - 1e-12 <= row.confidence <= 1.0


def test_an_aggregate_rests_on_all_its_rows_and_all_must_hold(stores: Stores) -> None:
    rows = found("a b", (1, 5, [1], 0.5), (1, 7, [2], 0.5), (2, 9, [3], 0.9))
    total = (n.Field("total", "BIGINT"), n.Aggregation("sum", Column("b"), type="BIGINT"))
    plan = n.Aggregate(rows, ((n.Field("a", "BIGINT"), Column("a")),), (total,))
    assert bag(run(plan, stores)) == bag([Traced((1, 12), (1, 2), 0.25), Traced((2, 9), (3,), 0.9)])


def test_a_count_over_nothing_is_a_sure_zero(stores: Stores) -> None:
    assert run(n.Aggregate(found("a"), (), (COUNT,)), stores) == [Traced((0,), (), 1.0)]


def test_groups_over_nothing_are_none(stores: Stores) -> None:
    assert run(n.Aggregate(found("a"), ((n.Field("a", "BIGINT"), Column("a")),), (COUNT,)), stores) == []


def test_that_there_is_a_row_is_right_if_any_of_them_is(stores: Stores) -> None:
    plan = n.Exists(found("a", (1, [2], 0.5), (1, [1], 0.5)))
    assert run(plan, stores) == [Traced((True,), (1, 2), 0.75)]


def test_that_there_is_no_row_is_sure(stores: Stores) -> None:
    assert run(n.Exists(found("a")), stores) == [Traced((False,), (), 1.0)]


def test_a_ranked_row_keeps_its_own_evidence(stores: Stores) -> None:
    rank = (n.Field("rank", "BIGINT"), Raw('rank() OVER (ORDER BY "a" DESC)', ("a",)))
    plan = n.Window(found("a", (3, [1], 0.5), (8, [2], 0.9)), (rank,))
    assert bag(run(plan, stores)) == bag([Traced((3, 2), (1,), 0.5), Traced((8, 1), (2,), 0.9)])


def test_of_several_derivations_the_most_confident_is_the_best(stores: Stores) -> None:
    rows = found("a b", (1, 5, [1], 0.5), (1, 7, [2], 0.9), (1, 9, [3], 0.9), (2, 4, [4], 0.1))
    assert bag(run(n.Best(rows, ("a",)), stores)) == bag([Traced((1, 7), (2,), 0.9), Traced((2, 4), (4,), 0.1)])
    assert run(n.Best(rows), stores) == [Traced((1, 7), (2,), 0.9)]


def test_what_several_facts_say_outweighs_what_one_says(stores: Stores) -> None:
    rows = found("a b", (1, 5, [1], 0.8), (1, 5, [2], 0.9), (1, 7, [3], 0.95), (2, 5, [4], 0.1))
    expected = [Traced((1, 5), (1, 2), 0.98), Traced((1, 7), (3,), 0.95), Traced((2, 5), (4,), 0.1)]
    assert bag(run(n.Corroborate(rows, ("a", "b")), stores)) == bag(expected)
    (best,) = run(
        n.Best(n.Corroborate(n.Filter(rows, Call("=", (Column("a"), Literal(1)))), ("a", "b")), ("a",)), stores
    )
    assert (best.values, best.evidence) == ((1, 5), (1, 2))


def test_rows_of_a_statements_own_values_rest_on_nothing(stores: Stores) -> None:
    values = n.Values((n.Field("a", "BIGINT"),), ((4,),))
    plan = n.Union(values, found("a", (4, [1], 0.5)))
    assert bag(run(plan, stores)) == bag([Traced((4,)), Traced((4,), (1,), 0.5)])


def test_the_rows_of_facts_rest_on_themselves(stores: Stores) -> None:
    database = stores.database
    try:
        database.begin()
        database.execute(
            """INSERT INTO store.facts VALUES (7, 'Anna bakes.', 'x', NULL, [], TIMESTAMP '2024-01-01', NULL, NULL,
               TIMESTAMP '2024-01-01', NULL)"""
        )
        assert run(n.Scan("facts", (n.Field("text"),)), stores) == [Traced(("Anna bakes.",), (7,), 1.0)]
    finally:
        database.rollback()


# --------------------------------------------------------------------------------------------------------------- order


@given(data=st.data(), child=plans(depth=1))
@some
def test_sorted_rows_come_as_python_sorts_them(stores: Stores, data: st.DataObject, child: n.Node) -> None:
    plan = n.Sort(child, data.draw(orders(child)))
    assert [row.values for row in run(plan, stores)] == [row.values for row in rows_of(plan)]


@given(data=st.data(), child=leaves(), count=st.none() | st.integers(0, 4), offset=st.integers(0, 3))
@some
def test_a_limit_cuts_the_sorted_rows(
    stores: Stores, data: st.DataObject, child: n.Node, count: int | None, offset: int
) -> None:
    plan = n.Limit(n.Sort(child, data.draw(orders(child))), count, offset)
    assert [row.values for row in run(plan, stores)] == [row.values for row in rows_of(plan)]


@given(data=st.data(), child=leaves(), count=st.integers(1, 3))
@some
def test_the_first_few_come_in_order_with_all_that_tie(
    stores: Stores, data: st.DataObject, child: n.Node, count: int
) -> None:
    plan = n.TopK(child, data.draw(orders(child)), count)
    assert [row.values for row in run(plan, stores)] == [row.values for row in rows_of(plan)]


def test_a_constant_orders_nothing(stores: Stores) -> None:
    rows = found("a", (2, [1], 1.0), (1, [2], 1.0))
    plan = n.Sort(rows, (n.Order(Literal(7)), n.Order(Column("a"))))
    assert [row.values for row in run(plan, stores)] == [(1,), (2,)]


def test_rows_without_a_value_are_not_among_the_first(stores: Stores) -> None:
    plan = n.TopK(found("a", (None, [1], 1.0), (4, [2], 1.0)), (n.Order(Column("a")),), 5)
    assert run(plan, stores) == [Traced((4,), (2,))]


@given(child=leaves(), seed=st.randoms(use_true_random=False))
@some
def test_the_order_of_rows_that_are_not_sorted_does_not_depend_on_the_order_they_were_found_in(
    stores: Stores, child: n.Node, seed: Any
) -> None:
    if not isinstance(child, Given):
        return
    other = list(child.rows)
    seed.shuffle(other)
    first, second = (run(n.Filter(c, Literal(True)), stores) for c in (child, Given(child.fields, tuple(other))))
    assert [row[:2] for row in first] == [row[:2] for row in second]


# -------------------------------------------------------------------------------------------------------- what matches


@pytest.mark.parametrize("kind", ["inner", "left", "semi"])
def test_unbound_agrees_with_anything_where_a_column_may_be_unbound(stores: Stores, kind: str) -> None:
    left, right = found("a b", (None, 1, [1], 1.0)), found("a c", (5, 2, [2], 1.0))
    plan = n.Join(left, right, kind, ("a",), nullable=frozenset("a"))
    expected = (None, 1) if kind == "semi" else (5, 1, 2)
    assert [row.values for row in run(plan, stores)] == [expected]


def test_unbound_is_no_partner_where_a_column_is_always_bound(stores: Stores) -> None:
    left, right = found("a b", (None, 1, [1], 1.0)), found("a c", (None, 2, [2], 1.0))
    assert run(n.Join(left, right, "inner", ("a",)), stores) == []


@given(left=leaves(), right=leaves())
@some
def test_semi_and_anti_joins_share_the_left_rows_out(stores: Stores, left: n.Node, right: n.Node) -> None:
    on = tuple(sorted(left.names & right.names))
    kept, left_over = (run(n.Join(left, right, kind, on), stores) for kind in ("semi", "anti"))
    partnered = {row.values for row in rows_of(n.Join(left, right, "semi", on))}
    assert {row.values for row in kept} == partnered
    assert Counter(row.values for row in kept + left_over) == Counter(row.values for row in rows_of(left))


def test_minus_without_a_common_column_takes_nothing_away(stores: Stores) -> None:
    assert run(n.Minus(found("a", (1, [1], 0.5)), found("b", (1, [2], 1.0))), stores) == [Traced((1,), (1,), 0.5)]


def test_a_row_whose_condition_is_unknown_is_left_out(stores: Stores) -> None:
    rows = found("a", (None, [1], 1.0), (2, [2], 1.0))
    assert run(n.Filter(rows, Call("not", (Call("=", (Column("a"), Literal(1))),))), stores) == [Traced((2,), (2,))]


def test_a_join_condition_reads_a_shared_column_from_the_side_that_has_it(stores: Stores) -> None:
    left, right = found("a b", (None, 1, [1], 1.0)), found("a c", (5, 2, [2], 1.0))
    condition = Call("=", (Column("a"), Literal(5)))
    plan = n.Join(left, right, "inner", ("a",), condition, frozenset("a"))
    assert [row.values for row in run(plan, stores)] == [(5, 1, 2)]


# ----------------------------------------------------------------------------------------------------- odd but allowed


@pytest.mark.parametrize("rows", [(), ((1, [1], 0.5), (2, [2], 0.5))])
def test_rows_of_no_columns_can_be_counted_and_made_distinct(stores: Stores, rows: Any) -> None:
    bare = n.Project(found("a", *rows), ())
    assert run(n.Aggregate(bare, (), (COUNT,)), stores)[0].values == (len(rows),)
    once = run(n.Distinct(bare), stores)
    assert once == ([Traced((), (1, 2), 0.75)] if rows else [])


@pytest.mark.parametrize("name", ['a"b', "select", "a.b", "; --", "日本"])
def test_a_column_may_have_any_name(stores: Stores, name: str) -> None:
    rows = Given((n.Field(name, "BIGINT"),), (Traced((1,), (4,), 0.5), Traced((2,), (5,), 0.5)))
    plan = n.Sort(n.Filter(rows, Call(">", (Column(name), Literal(1)))), (n.Order(Column(name)),))
    assert run(plan, stores) == [Traced((2,), (5,), 0.5)]


@pytest.mark.parametrize("text", ["'", '"', "x'; DROP TABLE facts; --", "$p0", "\\", "%s", "日本"])
def test_a_text_in_a_plan_is_only_ever_a_value(stores: Stores, text: str) -> None:
    plan = n.Filter(n.Values((n.Field("s"),), ((text,), ("other",))), Call("=", (Column("s"), Literal(text))))
    assert run(plan, stores) == [Traced((text,))]


def test_an_aggregate_that_no_one_defined_is_refused(stores: Stores) -> None:
    plan = n.Aggregate(found("a"), (), ((n.Field("x"), n.Aggregation("pg_read_file", Column("a"))),))
    with pytest.raises(InternalError, match="unknown aggregate pg_read_file"):
        run(plan, stores)
