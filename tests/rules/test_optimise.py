"""All rules together: the same rows, the same columns, an end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neuraldb.execution.joins  # noqa: F401  # registers how joins are compiled
from neuraldb.core.errors import InternalError
from neuraldb.execution.relational import Compiler
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, Literal, Raw
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.provenance import EVIDENCE
from neuraldb.plan.rules import RULES
from neuraldb.plan.rules.context import RuleContext

CHECKED = RuleContext(check=True)
TABLES = {
    "t": "(VALUES (1, 10, 'x'), (2, 20, 'y'), (3, NULL, 'x'), (4, 20, NULL), (4, 20, NULL))",
    "u": "(VALUES (1, 10, 'y'), (2, NULL, 'x'), (2, 20, 'z'))",
}
COLUMNS = ("a", "b", "s")
TYPES = {"a": "INTEGER", "b": "INTEGER", "s": "VARCHAR"}


@pytest.fixture(scope="module")
def duck() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name, rows in TABLES.items():
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {rows} AS v(a, b, s)")
    return connection


def bag(connection: duckdb.DuckDBPyConnection, plan: n.Node) -> Counter[tuple[Any, ...]]:
    """The rows of a plan with their evidence, in any order."""
    compiler = Compiler(provenance_of=lambda scan: "[a]")
    compiled = compiler.compile(plan)
    assert not compiler.inputs
    names = [f'"{c.name}"' for c in plan.columns] + ([EVIDENCE] if compiled.traced else [])
    sql = f"SELECT {', '.join(names) or '1'} FROM ({compiled.text}) AS t"
    rows = connection.execute(sql, compiler.parameters.values or None).fetchall()
    if not compiled.traced:
        rows = [(*row, []) for row in rows]
    return Counter(map(repr, rows))  # type: ignore[return-value]


# ------------------------------------------------------------------------------------------------------ random plans


def scan(table: str, prefix: str) -> n.Scan:
    return n.Scan(table, tuple(n.Field(c, TYPES[c]) for c in COLUMNS), prefix)


def numbers(node: n.Node) -> list[str]:
    return [c.name for c in node.columns if c.type == "INTEGER"]


@st.composite
def conditions(draw: st.DrawFn, node: n.Node) -> Expression:
    kind = draw(
        st.sampled_from(["compare", "compare", "columns", "null", "text", "raw", "constant", "or", "and", "not", "in"])
    )
    ints, texts = numbers(node), [c.name for c in node.columns if c.type == "VARCHAR"]
    if kind in ("or", "and"):
        return Call(kind, (draw(conditions(node)), draw(conditions(node))))
    if kind == "not":
        return Call("not", (draw(conditions(node)),))
    if kind == "constant" or not (ints or texts):
        return draw(
            st.sampled_from(
                [
                    Literal(True),
                    Literal(False),
                    Call("=", (Literal(1), Literal(1))),
                    Call("<", (Literal(2), Literal(None))),
                ]
            )
        )
    if kind == "text" and texts:
        return Call("=", (Column(draw(st.sampled_from(texts))), Literal(draw(st.sampled_from(["x", "y"])))))
    if not ints:
        return Call("is null", (Column(texts[0]),))
    name = draw(st.sampled_from(ints))
    if kind == "columns":
        return Call(
            draw(st.sampled_from(["=", "<", "is not distinct from"])),
            (Column(name), Column(draw(st.sampled_from(ints)))),
        )
    if kind == "null":
        return Call(draw(st.sampled_from(["is null", "is not null"])), (Column(name),))
    if kind == "raw":
        # parameters have names that are unique in a statement
        value = draw(st.integers(0, 1))
        return Raw(f'"{name}" % 2 = $__{value}', (name,), ((f"__{value}", value),))
    if kind == "in":
        return Call("in", (Column(name), Literal(1), Literal(20)))
    return Call(
        draw(st.sampled_from(["=", "!=", "<", ">="])), (Column(name), Literal(draw(st.sampled_from([1, 2, 10, 20]))))
    )


@st.composite
def plans(draw: st.DrawFn, depth: int = 4, prefix: str = "") -> n.Node:
    if depth == 0:
        return scan(draw(st.sampled_from(sorted(TABLES))), f"{prefix}.")
    kind = draw(
        st.sampled_from(
            [
                "scan",
                "filter",
                "filter",
                "project",
                "join",
                "union",
                "distinct",
                "aggregate",
                "limit",
                "sort",
                "window",
                "minus",
                "empty",
            ]
        )
    )
    if kind == "scan":
        return draw(plans(0, prefix))
    child = draw(plans(depth - 1, prefix + "l"))
    if kind in ("join", "union", "minus"):
        other = draw(plans(depth - 1, prefix + "r"))
        return draw(pairs(kind, child, other, prefix))
    return draw(chains(kind, child, prefix))


@st.composite
def pairs(draw: st.DrawFn, kind: str, left: n.Node, right: n.Node, prefix: str) -> n.Node:
    if kind == "join":
        join = draw(st.sampled_from(["inner", "left", "right", "full", "cross", "semi", "anti"]))
        if left.names & right.names:
            return left
        if join == "cross":
            return n.Join(left, right, "cross")
        both = n.Join(left, right, "cross")
        equal = Call("=", (Column(left.columns[0].name), Column(right.columns[0].name)))
        compatible = left.columns[0].type == right.columns[0].type
        condition = equal if compatible else draw(conditions(both))
        if draw(st.booleans()):
            condition = Call("and", (condition, draw(conditions(both))))
        return n.Join(left, right, join, condition=condition)
    width = min(len(left.columns), len(right.columns))
    if any(left.columns[i].type != right.columns[i].type for i in range(width)):
        return left
    first = n.Project(
        left, tuple((n.Field(f"{prefix}u{i}", f.type), Column(f.name)) for i, f in enumerate(left.columns[:width]))
    )
    second = n.Project(
        right, tuple((n.Field(f"{prefix}u{i}", f.type), Column(f.name)) for i, f in enumerate(right.columns[:width]))
    )
    return n.Union(first, second) if kind == "union" else n.Minus(first, second)


@st.composite
def chains(draw: st.DrawFn, kind: str, child: n.Node, prefix: str) -> n.Node:
    names = [c.name for c in child.columns]
    ints = numbers(child)
    if kind == "filter":
        return n.Filter(child, draw(conditions(child)))
    if kind == "empty":
        return n.Filter(child, Literal(False))
    if kind == "distinct":
        return n.Distinct(child)
    if kind == "project":
        kept = draw(st.lists(st.sampled_from(child.columns), min_size=1, max_size=4))
        outputs: list[tuple[n.Field, Expression]] = [
            (n.Field(f"{prefix}p{i}", f.type), Column(f.name)) for i, f in enumerate(kept)
        ]
        if ints and draw(st.booleans()):
            outputs.append((n.Field(f"{prefix}c", "INTEGER"), Raw(f'"{ints[0]}" + 1', (ints[0],))))
        if draw(st.booleans()):
            outputs.append((n.Field(f"{prefix}k", "INTEGER"), Literal(7)))
        return n.Project(child, tuple(outputs))
    if kind == "aggregate":
        keys = draw(st.lists(st.sampled_from(child.columns), max_size=2, unique_by=lambda f: f.name))
        total = n.Aggregation("count") if not ints else n.Aggregation("max", Column(ints[0]))
        totals = [(n.Field(f"{prefix}n", "INTEGER"), total)]
        return n.Aggregate(
            child, tuple((n.Field(f"{prefix}g{i}", f.type), Column(f.name)) for i, f in enumerate(keys)), tuple(totals)
        )
    if kind == "window" and ints:
        return n.Window(
            child, ((n.Field(f"{prefix}w", "INTEGER"), Raw(f'count(*) OVER (PARTITION BY "{ints[0]}")', (ints[0],))),)
        )
    # every column is a key, so that the cut is the same whatever else is there
    order = n.Sort(child, tuple(n.Order(Column(name), draw(st.booleans())) for name in names))
    if kind == "limit":
        return n.Limit(order, draw(st.integers(0, 4)), draw(st.integers(0, 2)))
    return order


@settings(max_examples=100, deadline=None)
@given(plans())
def test_same_rows_and_evidence(duck: duckdb.DuckDBPyConnection, plan: n.Node) -> None:
    optimised = optimise(plan, CHECKED)
    assert optimised.plan.columns == plan.columns
    assert bag(duck, optimised.plan) == bag(duck, plan)


@settings(max_examples=60, deadline=None)
@given(plans(), st.sampled_from(RULES))
def test_each_rule_alone_keeps_rows(duck: duckdb.DuckDBPyConnection, plan: n.Node, rule: Any) -> None:
    assert bag(duck, optimise(plan, CHECKED, (rule,)).plan) == bag(duck, plan)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_an_optimised_plan_stays_as_it_is(plan: n.Node) -> None:
    once = optimise(plan, CHECKED).plan
    again = optimise(once, CHECKED)
    assert again.plan == once
    assert again.steps == ()


def test_steps_are_recorded_under_the_names_of_rules() -> None:
    plan = n.Filter(n.Filter(scan("t", "t."), Literal(True)), Call("=", (Column("t.a"), Literal(1))))
    steps = optimise(plan, CHECKED).steps
    assert [s.rule for s in steps] == ["fold_constants"]
    assert steps[0].plan == optimise(plan).plan


def test_a_rule_that_changes_columns_is_found_out() -> None:
    def drop_last(plan: n.Node, context: RuleContext) -> n.Node:
        return n.Project(plan, tuple((f, Column(f.name)) for f in plan.columns[:-1]))

    with pytest.raises(InternalError, match="the rule drop_last changed the columns"):
        optimise(scan("t", ""), CHECKED, (drop_last,))


def test_rules_without_end_are_found_out() -> None:
    def turn(plan: n.Node, context: RuleContext) -> n.Node:
        return n.Limit(plan.children[0], 2 if plan.count == 1 else 1) if isinstance(plan, n.Limit) else plan

    with pytest.raises(InternalError, match="do not come to an end"):
        optimise(n.Limit(scan("t", ""), 1), CHECKED, (turn,))
