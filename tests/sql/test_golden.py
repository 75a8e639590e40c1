"""The golden scripts of SQL: rows, plans, errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden.runner import Check, scripts

from neuraldb.core.errors import Error
from neuraldb.plan.explain import explain
from neuraldb.plan.nodes import Node
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.rules.context import RuleContext
from sql.world import World

CONTEXT = RuleContext(check=True)


class SqlHarness:
    """Statements against the world of the SQL tests.

    ``[plan]`` shows the logical plan, ``[opt]`` the optimised one, ``[steps]`` each rule that changed something,
    ``[cost]`` the estimates; without a tag the rows are shown, whatever comes in no fixed order sorted.
    """

    tags = frozenset({"plan", "opt", "steps", "cost", "sorted"})

    def __init__(self, world: World) -> None:
        self.world = world

    def set_up(self, command: str) -> None:
        """A command is SQL that DuckDB runs."""
        self.world.database.execute(command)

    def run(self, statement: str, tags: tuple[str, ...]) -> str:
        try:
            plan = self.world.plan(statement)
            return "\n".join(self._shown(plan, tag) for tag in tags or ("rows",))
        except Error as error:
            return f"{type(error).__name__}: {error.render()}"

    def _shown(self, plan: Node, tag: str) -> str:
        optimised = optimise(plan, CONTEXT)
        if tag == "plan":
            return explain(plan)
        if tag == "opt":
            return explain(optimised.plan)
        if tag == "steps":
            return "\n".join(f"-- {step.rule}\n{explain(step.plan)}" for step in optimised.steps) or "nothing changes"
        if tag == "cost":
            return f"{CONTEXT.cost.cost(plan)}\n{CONTEXT.cost.cost(optimised.plan)}"
        rows = self.world.run(optimised.plan)
        lines = [" | ".join("NULL" if cell is None else str(cell) for cell in row) for row in rows]
        return "\n".join([" | ".join(c.name for c in plan.columns), *(sorted(lines) if tag == "sorted" else lines)])


@pytest.mark.parametrize("path", [*scripts("sql"), *scripts("plans")], ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_golden(path: Path, golden: Check, own_world: World) -> None:
    golden(path, SqlHarness(own_world))


def test_there_are_scripts() -> None:
    assert len(scripts("sql")) >= 3
    assert len(scripts("plans")) >= 3
