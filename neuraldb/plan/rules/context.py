"""What a rule is, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from neuraldb.plan.cost import CostModel, Estimator
from neuraldb.plan.nodes import Node


@dataclass(frozen=True)
class RuleContext:
    """What rules may ask.

    Attributes:
        cost: estimates rows and model calls.
        check: whether the optimiser checks after each rule that the columns are what they were.
    """

    cost: CostModel = field(default_factory=Estimator)
    check: bool = False


class Rule(Protocol):
    """A rewriting of plans that keeps their columns and rows."""

    __name__: str

    def __call__(self, plan: Node, context: RuleContext, /) -> Node:
        """The plan, rewritten wherever the rule applies; the same plan where it does not."""
