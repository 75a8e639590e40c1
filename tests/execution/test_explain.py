"""EXPLAIN's text: plans as trees, every stage on request, and what each step took when it ran."""

from __future__ import annotations

import re

import pytest

from execution.given import context, found
from neuraldb.execution import engine
from neuraldb.execution.explain import analysed, staged
from neuraldb.execution.physical import lower
from neuraldb.execution.prepared import Prepared
from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Literal
from neuraldb.plan.optimizer import optimise
from neuraldb.stores.bundle import Stores

LEFT = found("a b", (1, 2, [1], 1.0), (5, 2, [2], 1.0))
RIGHT = n.Link(n.Project(found("b", (2, [3], 1.0)), ((n.Field("b"), Column("b")),)), "b")


@pytest.fixture
def prepared() -> Prepared:
    """A join whose filter the optimiser pushes down."""
    logical = n.Filter(n.Join(LEFT, found("b", (2, [3], 1.0)), "inner", ("b",)), Call("=", (Column("a"), Literal(1))))
    optimised = optimise(logical).plan
    return Prepared("the statement", "sql", logical, optimised, lower(optimised), {"parse": 1.0, "build": 2.25})


def sections(text: str) -> dict[str, str]:
    """The parts of an explanation by their titles."""
    return dict(re.findall(r"^-- (.+?)\n(.*?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL))


def test_the_optimised_and_the_physical_plan_are_shown(prepared: Prepared) -> None:
    shown = sections(staged(prepared, verbose=False))
    assert [title.split(" (")[0] for title in shown] == ["optimised plan", "physical plan"]
    assert "sql:" not in shown["physical plan"]


def test_verbose_shows_every_stage_and_the_sql(prepared: Prepared) -> None:
    shown = sections(staged(prepared, verbose=True))
    titles = [title.split(" (")[0] for title in shown]
    rules = [f"after {step.rule}" for step in optimise(prepared.logical).steps]
    assert titles == ["logical plan", *rules, "optimised plan", "physical plan"]
    assert rules
    assert "sql: SELECT" in shown["physical plan"]
    assert shown["logical plan"].startswith("Filter (a = 1)\n└─ Join inner on b")


def test_steps_are_drawn_as_a_tree() -> None:
    plan = n.Union(LEFT, RIGHT)
    shown = sections(staged(Prepared("", "sql", plan, plan, lower(plan)), verbose=False))["physical plan"]
    assert shown.splitlines() == [
        "DuckDB [Union]",
        "├─ Given",
        "└─ Link b",
        "   └─ DuckDB [Project b]",
        "      └─ Given",
    ]


def test_what_each_step_gave_and_took_is_told_when_it_has_run(prepared: Prepared, stores: Stores) -> None:
    around = context(stores)
    text = analysed(prepared, engine.run(prepared.physical, around), around)
    lines = re.sub(r"\d+\.\d ms", "T ms", sections(text)["physical plan, as it ran"]).splitlines()
    assert len(lines) == 3
    assert lines[0].endswith("  [1 rows, T ms]")
    assert [line[3:] for line in lines[1:]] == [
        "Given  [2 rows, T ms, 2 given calls]",
        "Given  [1 rows, T ms, 1 given calls]",
    ]


def test_the_totals_are_told(prepared: Prepared, stores: Stores) -> None:
    around = context(stores)
    around.counters.cached = 4
    text = analysed(prepared, engine.run(prepared.physical, around), around)
    assert re.search(r"^stages: parse 1\.0 ms, build 2\.2 ms, run \d+\.\d ms$", text, re.MULTILINE)
    assert text.endswith("model calls: 3 given; readings remembered: 4")


def test_that_no_model_was_called_is_told(stores: Stores) -> None:
    plan = n.Values((n.Field("a", "BIGINT"),), ((1,),))
    prepared, around = Prepared("", "sql", plan, plan, lower(plan)), context(stores)
    text = analysed(prepared, engine.run(prepared.physical, around), around)
    assert "model calls: none" in text
