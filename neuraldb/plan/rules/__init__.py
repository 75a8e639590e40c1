"""The optimiser's rules, one a file, in the order in which they are applied."""

from __future__ import annotations

from neuraldb.plan.rules.context import Rule, RuleContext
from neuraldb.plan.rules.distinct_first import distinct_first
from neuraldb.plan.rules.filter_to_anchor import filter_to_anchor
from neuraldb.plan.rules.fold_constants import fold_constants
from neuraldb.plan.rules.judge_in_batches import judge_in_batches
from neuraldb.plan.rules.merge_adjacent import merge_adjacent
from neuraldb.plan.rules.place_semantic import place_semantic
from neuraldb.plan.rules.prune_columns import prune_columns
from neuraldb.plan.rules.push_filters import push_filters
from neuraldb.plan.rules.push_limits import push_limits

RULES: tuple[Rule, ...] = (
    fold_constants,
    merge_adjacent,
    push_filters,
    filter_to_anchor,
    prune_columns,
    distinct_first,
    place_semantic,
    push_limits,
)
LAST: tuple[Rule, ...] = (judge_in_batches,)
"""Applied once, when the others have come to an end: they do not look into what these make."""

__all__ = ["LAST", "RULES", "Rule", "RuleContext"]
