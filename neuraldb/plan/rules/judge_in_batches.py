"""Judging batch by batch where only some of the rows are wanted."""

from __future__ import annotations

import math

from neuraldb.plan import nodes as n
from neuraldb.plan.base_nodes import OneMoreColumn
from neuraldb.plan.batch_nodes import Batch, InBatches
from neuraldb.plan.cost import SEMANTIC_SHARE
from neuraldb.plan.rewriting import bottom_up, is_stable
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.text_nodes import SemanticColumn, SemanticFilter, SemanticMap


def judge_in_batches(plan: n.Node, context: RuleContext) -> n.Node:
    """Under a limit, judge rows in batches until enough of them are kept; where one filter alone decides, it stops by
    itself.

    Saves the model calls for the rows that come after those that are shown. Numbers are read of all rows, since the
    dimension that most of them have counts.

    >>> from neuraldb.plan.explain import explain
    >>> from neuraldb.plan.expressions import Call, Column, Literal
    >>> from neuraldb.plan.nodes import Field, Filter, Limit, Scan
    >>> from neuraldb.plan.text_nodes import Classify
    >>> notes = Scan("notes", (Field("text"),))
    >>> sorted_out = Classify(notes, "text", Field("class"), ("praise", "complaint"))
    >>> praise = Filter(sorted_out, Call("=", (Column("class"), Literal("praise"))))
    >>> print(explain(judge_in_batches(Limit(praise, 3), RuleContext())))
    Limit 3
    └─ InBatches until 3 rows
       ├─ Filter (class = 'praise')
       │  └─ Classify class = text among ['praise', 'complaint']
       │     └─ Batch
       └─ Scan notes
    """
    return bottom_up(plan, _batched)


def _batched(node: n.Node) -> n.Node:
    if not isinstance(node, n.Limit) or node.count is None:
        return node
    count = node.count + node.offset
    chain: list[n.Node] = []
    below = node.child
    while _works_by_row(below):
        chain.append(below)
        (below,) = below.children
    # what stands below the last node that asks a model is done at once
    while chain and not isinstance(chain[-1], SemanticColumn | SemanticFilter):
        below = chain.pop()
    if not _is_worth_it(chain):
        return node
    made: n.Node = Batch(below.columns, math.ceil(count / SEMANTIC_SHARE))
    for each in reversed(chain):
        made = each.with_children((made,))
    return n.Limit(InBatches(made, below, count), node.count, node.offset)


def _works_by_row(node: n.Node) -> bool:
    if isinstance(node, SemanticMap) and node.output.type == "DOUBLE":
        return False
    if isinstance(node, n.Project):
        return all(is_stable(expression) for _, expression in node.outputs)
    if isinstance(node, n.Filter):
        return is_stable(node.condition)
    return isinstance(node, OneMoreColumn | SemanticFilter)


def _is_worth_it(chain: list[n.Node]) -> bool:
    """Whether rows are dropped by what a model says, not by one filter that stops by itself."""
    dropping = [i for i, each in enumerate(chain) if isinstance(each, n.Filter | SemanticFilter)]
    if not dropping:
        return False
    asking = [each for each in chain[dropping[0] :] if isinstance(each, SemanticColumn | SemanticFilter)]
    alone = len(asking) == 1 and isinstance(asking[0], SemanticFilter) and asking[0].limit is not None
    return bool(asking) and not alone
