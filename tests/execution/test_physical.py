"""Lowering: what becomes one DuckDB query, what is computed before it, and which rows get an order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from execution.given import Given, Traced, found, run
from execution.plans import orders, plans
from neuraldb.core.errors import InternalError
from neuraldb.execution.physical import DuckDBStep, NeuralStep, lower, ordered
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Literal
from neuraldb.stores.bundle import Stores

ROWS = found("a b", (2, 7, [1], 1.0), (1, 8, [2], 1.0))
BY_A = (n.Order(Column("a")),)


def positive(child: n.Node) -> n.Filter:
    return n.Filter(child, Call(">", (Column("a"), Literal(0))))


def test_exact_nodes_above_each_other_are_one_query() -> None:
    step = lower(n.Limit(n.Sort(positive(n.Distinct(ROWS)), BY_A), 3))
    assert isinstance(step, DuckDBStep)
    assert [type(child) for child in step.children] == [NeuralStep]
    assert step.label == "DuckDB [Limit 3, Sort a, Filter (a > 0), Distinct]"


def test_exact_nodes_below_a_neural_one_are_a_query_of_their_own() -> None:
    linked = n.Link(n.Project(n.Distinct(ROWS), ((n.Field("a"), Column("a")),)), "a")
    step = lower(n.Distinct(linked))
    (neural,) = step.children
    assert (type(neural), neural.logical) == (NeuralStep, linked)
    (below,) = neural.children
    assert isinstance(below, DuckDBStep)
    assert below.label == "DuckDB [Project a, Distinct]"


def test_every_neural_input_is_read_under_a_name_of_its_own() -> None:
    step = lower(n.Join(ROWS, found("b c", (7, 3, [1], 1.0)), "inner", ("b",)))
    assert isinstance(step, DuckDBStep)
    names = [name for name, _ in step.inputs]
    assert len(set(names)) == 2
    assert all(name in step.sql for name in names)


def test_a_plan_without_neural_nodes_needs_nothing_before_it() -> None:
    step = lower(positive(n.Values((n.Field("a", "BIGINT"),), ((1,),))))
    assert isinstance(step, DuckDBStep)
    assert step.children == ()
    assert not step.traced


def test_constants_are_parameters_of_the_query() -> None:
    step = lower(n.Filter(ROWS, Call("=", (Column("a"), Literal("x'; --")))))
    assert isinstance(step, DuckDBStep)
    assert list(step.parameters.values()) == ["x'; --"]
    assert "x'; --" not in step.sql


def test_a_node_that_nothing_computes_is_refused() -> None:
    class Unknown(n.Retrieve):
        pass

    with pytest.raises(InternalError, match="no operator computes Unknown"):
        lower(n.Distinct(Unknown("Who?")))


@pytest.mark.parametrize(
    ("plan", "own"),
    [
        (n.Sort(ROWS, BY_A), True),
        (n.TopK(ROWS, BY_A), True),
        (n.Limit(positive(n.Sort(ROWS, BY_A)), 1), True),
        (n.Values((n.Field("a", "BIGINT"),), ((1,),)), True),
        (n.Scan("facts", (n.Field("id", "BIGINT"),)), True),
        (n.Exists(ROWS), True),
        (n.Aggregate(ROWS, (), ()), True),
        (n.Aggregate(ROWS, ((n.Field("a", "BIGINT"), Column("a")),), ()), False),
        (ROWS, False),
        (n.Distinct(n.Sort(ROWS, BY_A)), False),
        (n.Union(ROWS, ROWS), False),
        (n.Join(ROWS, found("b c"), "inner", ("b",)), False),
    ],
)
def test_which_rows_have_an_order_of_their_own(plan: n.Node, own: bool) -> None:
    assert ordered(plan) is own


def test_a_neural_leaf_as_the_whole_plan_gets_an_order_too(stores: Stores) -> None:
    assert run(found("a", (1, [9], 1.0), (2, [3], 1.0)), stores) == [Traced((2,), (3,)), Traced((1,), (9,))]


@given(plan=plans())
@settings(max_examples=40, deadline=None)
def test_the_same_plan_gives_the_same_rows_in_the_same_order(stores: Stores, plan: n.Node) -> None:
    assert run(plan, stores) == run(plan, stores)


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_a_sort_under_other_columns_keeps_its_order(stores: Stores, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=6, unique=True))
    fields = (n.Field("a", "BIGINT"), n.Field("b", "BIGINT"))
    leaf = Given(fields, tuple(Traced(row, (i,)) for i, row in enumerate(rows)))
    sorted_rows = n.Sort(leaf, data.draw(orders(leaf)))
    shown = n.Project(positive(sorted_rows), ((fields[1], Column("b")),))
    expected = [row.values[1:] for row in run(sorted_rows, stores) if row.values[0] > 0]
    assert [row.values for row in run(shown, stores)] == expected
