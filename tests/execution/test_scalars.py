"""Scalar expressions as DuckDB SQL: constants as parameters, names quoted, nothing unknown called."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from execution.given import run
from execution.interpreter import scalar
from neuraldb.core.errors import InternalError
from neuraldb.core.text import quoted
from neuraldb.execution.scalars import Parameters, render
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, Literal, Raw, Shown
from neuraldb.stores.bundle import Stores

TRUTH = st.sampled_from([Literal(True), Literal(False), Literal(None)])
LOGIC = st.recursive(
    TRUTH,
    lambda parts: st.one_of(
        st.builds(Call, st.sampled_from(["and", "or"]), st.tuples(parts, parts)),
        st.builds(Call, st.just("not"), st.tuples(parts)),
        st.builds(Call, st.just("is null"), st.tuples(parts)),
    ),
    max_leaves=5,
)


@given(expressions=st.lists(LOGIC, min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_conditions_have_sqls_three_truth_values(stores: Stores, expressions: list[Expression]) -> None:
    one = n.Values((n.Field("a", "BIGINT"),), ((1,),))
    outputs = tuple((n.Field(f"x{i}", "BOOLEAN"), e) for i, e in enumerate(expressions))
    (row,) = run(n.Project(one, outputs), stores)
    assert row.values == tuple(scalar(e, {}) for e in expressions)


@pytest.mark.parametrize("value", ["x", 3, 2.5, True, "'; DROP TABLE facts; --"])
def test_a_constant_becomes_a_parameter(value: object) -> None:
    parameters = Parameters()
    assert render(Literal(value), parameters) == "$p0"  # type: ignore[arg-type]
    assert parameters.values == {"p0": value}


def test_every_constant_gets_a_parameter_of_its_own() -> None:
    parameters = Parameters()
    render(Call("+", (Literal(1), Call("+", (Literal(1), Literal(2))))), parameters)
    assert list(parameters.values.values()) == [1, 1, 2]


@given(name=st.text(min_size=1).filter(lambda t: "\0" not in t))
@settings(max_examples=30, deadline=None)
def test_a_quoted_name_is_one_name(stores: Stores, name: str) -> None:
    table = stores.database.query(f"SELECT 1 AS {quoted(name)}")
    assert table.column_names == [name]


def test_the_users_own_sql_keeps_its_parameters() -> None:
    parameters = Parameters()
    assert render(Raw("$x + 1", (), (("x", 5),)), parameters) == "($x + 1)"
    assert parameters.values == {"x": 5}


def test_one_name_for_two_values_is_refused() -> None:
    parameters = Parameters()
    parameters.adopt((("x", 5),))
    parameters.adopt((("x", 5),))
    with pytest.raises(InternalError, match="two parameters are called x"):
        parameters.adopt((("x", 6),))


def test_what_is_shown_otherwise_is_computed_as_it_is() -> None:
    assert render(Shown("the name", Column("a")), Parameters()) == '"a"'


def test_a_function_that_no_one_defined_cannot_be_called() -> None:
    with pytest.raises(InternalError, match="unknown function read_text"):
        render(Call("read_text", (Literal("/etc/passwd"),)), Parameters())
