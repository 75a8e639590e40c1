"""Joins by conditions that need a model: the pairs that meet them, and what each kind of join makes of those.

Pairs are judged once. What has no partner is found by the numbers of the rows that have one, so that all kinds of joins
come from the inner one.
"""

from __future__ import annotations

from neuraldb.plan.expressions import Column, Expression
from neuraldb.plan.nodes import Distinct, Field, Join, Node, Project
from neuraldb.plan.pair_nodes import AnyPartner, Numbered, Partners
from neuraldb.plan.sql_semantic import Judged, SemanticSteps

Fields = tuple[Field, ...]


def judged_join(
    left: Node, right: Node, kind: str, on: Expression | None, judged: Judged, steps: SemanticSteps
) -> Node:
    """The join of two nodes.

    Args:
        left: the rows of the left side.
        right: the rows of the right side.
        kind: one of the kinds of :class:`~neuraldb.plan.nodes.Join`.
        on: the exact part of the condition; None where there is none.
        judged: the other part.
        steps: computes what a model says.
    """
    building = steps.building
    given = left.columns if kind in ("semi", "anti") else left.columns + right.columns
    a = b = ""
    if kind not in ("inner", "cross", "right"):
        a = building.fresh("row")
        left = Numbered(left, a)
    if kind in ("right", "full"):
        b = building.fresh("row")
        right = Numbered(right, b)
    exact = Join(left, right, "cross") if on is None else Join(left, right, "inner", condition=on)
    if kind in ("semi", "anti") and judged.criteria:
        # one partner is enough
        *others, last = judged.criteria
        rest = steps.judged(exact, Judged(others, judged.calls, judged.conditions))
        rest, text, words = steps.operands(rest, last, judged.calls)
        pairs: Node = AnyPartner(rest, text, words, a, left.names, last.negated)
    else:
        pairs = steps.judged(exact, judged)
    if kind == "anti":
        return Partners(pairs, left, a, given, alone=True)
    if kind == "semi":
        return _listed(Distinct(_listed(pairs, left.columns)), given)
    result = pairs
    if a:
        result = Partners(result, left, a, (*given, Field(b, "BIGINT")) if b else given)
    if b:
        result = Partners(result, right, b, given)
    return _listed(result, given)


def _listed(node: Node, fields: Fields) -> Node:
    """The node's rows with the given columns alone."""
    return Project(node, tuple((f, Column(f.name)) for f in fields))
