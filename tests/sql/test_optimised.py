"""Whole statements through all rules: the same rows, and no more work for the models."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from neuraldb.plan.explain import explain
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.rules.context import RuleContext
from sql.test_differential import LISTED
from sql.test_semantic import CASES as SEMANTIC_CASES
from sql.test_virtual import CASES as VIRTUAL_CASES
from sql.world import World

STATEMENTS = [*LISTED, *(case[0] for case in VIRTUAL_CASES), *(case[0] for case in SEMANTIC_CASES)]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_same_rows_for_no_more_calls(world: World, sql: str) -> None:
    plan = world.plan(sql)
    expected = world.run(plan)
    calls = asked_for(world)
    world.calls.clear()
    optimised = optimise(plan, RuleContext(check=True)).plan
    rows = world.run(optimised)
    assert Counter(map(repr, rows)) == Counter(map(repr, expected))
    if "ORDER BY" in sql.rsplit(")", 1)[-1]:
        assert rows == expected
    assert asked_for(world) <= calls


def asked_for(world: World) -> int:
    """How many tables were asked for their attributes; what is read of one is remembered."""
    return len({re.sub(r" \([^)]*\)", "", call) for call in world.calls})


def calls(world: World, sql: str) -> tuple[list[Any], list[str]]:
    rows = world.run(optimise(world.plan(sql), RuleContext(check=True)).plan)
    return rows, world.calls


def test_a_virtual_table_is_asked_for_what_is_used(world: World) -> None:
    rows, asked = calls(world, "SELECT name FROM (SELECT * FROM people) WHERE birthplace = 'Oslo'")
    assert rows == [("Anna Berg",), ("Carl Dahl",)]
    # the inner table's attributes have the prefix of their own table
    assert asked == ["VirtualScan people [birthplace (key)] anchors birthplace in ['oslo']"]


def test_the_limit_stops_the_judge(world: World) -> None:
    rows, asked = calls(world, "SELECT id FROM facts WHERE means(text, 'music') LIMIT 1")
    assert rows == [(1,)]
    assert asked == ["SemanticFilter Anna likes jazz music."]


def test_columns_are_computed_for_the_rows_that_stay(world: World) -> None:
    rows, asked = calls(world, "SELECT ask(text, 'last word?') AS w FROM facts ORDER BY id DESC LIMIT 2")
    assert rows == [("Bergen",), ("5",)]
    assert asked == ["SemanticMap Rain fell in Bergen.", "SemanticMap Carl plays music in a band of 5."]


def test_exact_conditions_come_first(world: World) -> None:
    rows, asked = calls(world, "SELECT id FROM (SELECT * FROM facts WHERE means(text, 'bakery')) WHERE id > 2")
    assert rows == [(3,)]
    assert len(asked) == 3


def test_a_column_that_is_not_shown_is_not_asked_for(world: World) -> None:
    rows, asked = calls(world, "SELECT n FROM (SELECT id AS n, ask(text, 'who?') AS w FROM facts) WHERE n = 1")
    assert (rows, asked) == ([(1,)], [])


def test_false_conditions_cost_nothing(world: World) -> None:
    rows, asked = calls(world, "SELECT name FROM people WHERE birthplace = 'Oslo' AND 1 = 2")
    assert (rows, asked) == ([], [])


def test_the_plan_of_the_design(world: World) -> None:
    plan = world.plan("SELECT person, employer FROM people WHERE birthplace = 'Oslo'")
    assert explain(optimise(plan, RuleContext(check=True)).plan) == "\n".join(
        [
            "Project people.name as person, people.employer as employer",
            "└─ Filter (people.birthplace:key = 'oslo')",
            "   └─ VirtualScan people [employer, birthplace (key)] anchors birthplace in ['oslo']",
        ]
    )
