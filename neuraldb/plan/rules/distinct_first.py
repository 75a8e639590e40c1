"""Equal texts judged once."""

from __future__ import annotations

from dataclasses import replace

from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Column
from neuraldb.plan.rewriting import bottom_up
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.text_nodes import SemanticColumn, SemanticFilter


def distinct_first(plan: n.Node, context: RuleContext) -> n.Node:
    """Take duplicates out before a semantic node instead of after it.

    Saves one model call for each duplicate: the judgement depends on the text alone, and the text is among the columns
    that make rows equal.

    >>> from neuraldb.plan.explain import explain
    >>> from neuraldb.plan.nodes import Distinct, Field, Project, Scan
    >>> facts = SemanticFilter(Scan("facts", (Field("id", "BIGINT"), Field("text")), "f."), "f.text", "is a joke")
    >>> before = Distinct(Project(facts, ((Field("text"), Column("f.text")),)))
    >>> print(explain(distinct_first(before, RuleContext())))
    SemanticFilter text means 'is a joke'
    └─ Distinct
       └─ Project f.text as text
          └─ Scan facts as f
    """
    return bottom_up(plan, _moved)


def _moved(node: n.Node) -> n.Node:
    if not isinstance(node, n.Distinct):
        return node
    child = node.child
    if isinstance(child, SemanticFilter) and child.limit is None:
        return replace(child, child=n.Distinct(child.child))
    if isinstance(child, SemanticColumn):
        return child.with_children((_moved(n.Distinct(child.child)),))
    if isinstance(child, n.Project) and isinstance(child.child, SemanticFilter):
        return _past_project(node, child, child.child)
    return node


def _past_project(node: n.Distinct, project: n.Project, semantic: SemanticFilter) -> n.Node:
    """Distinct over a projection of judged rows that keeps the judged text."""
    name = next((f.name for f, e in project.outputs if e == Column(semantic.column)), None)
    if name is None or semantic.limit is not None or semantic.reads != {semantic.column}:
        return node
    distinct = n.Distinct(n.Project(semantic.child, project.outputs))
    return replace(semantic, child=_moved(distinct), column=name)
