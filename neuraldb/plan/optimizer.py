"""The optimiser: rules applied in order, again and again until nothing changes, each step recorded for EXPLAIN VERBOSE.

A rule is a function from a plan to a plan with the same columns and the same rows. It may ask the context what things
cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neuraldb.core.errors import InternalError
from neuraldb.language.nesting import too_deep
from neuraldb.plan.nodes import Node
from neuraldb.plan.rules import LAST, RULES
from neuraldb.plan.rules.context import Rule, RuleContext

MOST_PASSES = 12
"""A plan that still changes after so many is left as it is; in tests it is an error."""


@dataclass(frozen=True, slots=True)
class Step:
    """One application of a rule that changed the plan: the rule's name and the plan after it."""

    rule: str
    plan: Node


@dataclass(frozen=True, slots=True)
class Optimised:
    """The best plan found, and how it came about."""

    plan: Node
    steps: tuple[Step, ...] = ()


def optimise(
    plan: Node, context: RuleContext | None = None, rules: Sequence[Rule] = RULES, last: Sequence[Rule] = LAST
) -> Optimised:
    """Rewrite a plan into a cheaper one that gives the same rows.

    Args:
        plan: the logical plan of a whole statement.
        context: the cost model, and whether to check what the rules do.
        rules: applied in this order, again and again.
        last: applied after them, once.

    Raises:
        InternalError: with ``context.check``, if a rule changed the columns or the rules do not come to an end.
        NotSupportedError: the plan is deeper than Python's stack.
    """
    try:
        return _finished(_optimised(plan, context or RuleContext(), rules), context or RuleContext(), last)
    except RecursionError:
        raise too_deep("") from None


def _optimised(plan: Node, context: RuleContext, rules: Sequence[Rule]) -> Optimised:
    steps: list[Step] = []
    for _ in range(MOST_PASSES):
        before = plan
        for rule in rules:
            changed = rule(plan, context)
            if changed == plan:
                continue
            if context.check:
                _check(rule.__name__, plan, changed)
            plan = changed
            steps.append(Step(rule.__name__, plan))
        if plan == before:
            return Optimised(plan, tuple(steps))
    if context.check:
        raise InternalError(f"the rules do not come to an end: {[s.rule for s in steps[-len(rules) :]]}")
    return Optimised(plan, tuple(steps))


def _finished(optimised: Optimised, context: RuleContext, rules: Sequence[Rule]) -> Optimised:
    plan, steps = optimised.plan, list(optimised.steps)
    for rule in rules:
        changed = rule(plan, context)
        if changed != plan:
            if context.check:
                _check(rule.__name__, plan, changed)
            plan = changed
            steps.append(Step(rule.__name__, plan))
    return Optimised(plan, tuple(steps))


def _check(rule: str, before: Node, after: Node) -> None:
    if before.columns != after.columns:
        old, new = ([f"{c.name} {c.type}" for c in plan.columns] for plan in (before, after))
        raise InternalError(f"the rule {rule} changed the columns from {old} to {new}")
