"""Semantic filters that need not be exact become cascades."""

from __future__ import annotations

from neuraldb.core.accuracy import Targets
from neuraldb.plan.batch_nodes import Batch
from neuraldb.plan.cascade_nodes import SemanticCascade
from neuraldb.plan.nodes import Node
from neuraldb.plan.rewriting import bottom_up
from neuraldb.plan.text_nodes import SemanticFilter


def use_cascades(plan: Node, targets: Targets | None) -> Node:
    """Compute every semantic filter without a limit as a cascade with these targets; with None, leave the plan.

    Nor is one a cascade that judges in batches until there are rows enough.

    It comes after all other rules, which know where filters go, and is no rule itself: the rows need not be the same.
    """
    if targets is None or targets.exact:
        return plan

    def cascaded(node: Node) -> Node:
        by_batches = any(isinstance(below, Batch) for below in node.below())
        if type(node) is SemanticFilter and node.limit is None and not by_batches:
            return SemanticCascade(node.child, node.column, node.criterion, node.negated, targets=targets)
        return node

    return bottom_up(plan, cascaded)
