"""The text of a logical plan: one line a node, inputs indented below it."""

from __future__ import annotations

from collections.abc import Iterator

from neuraldb.plan.nodes import Node
from neuraldb.plan.semantic_nodes import VirtualScan


def explain(plan: Node) -> str:
    """The plan as a tree of labels; the same plan always gives the same text.

    >>> from neuraldb.plan.nodes import Distinct, Field, Limit, Scan
    >>> print(explain(Limit(Distinct(Scan("people", (Field("name"),))), 3)))
    Limit 3
    └─ Distinct
       └─ Scan people
    """
    return "\n".join(_lines(plan))


def bindings(plan: Node) -> str:
    """What the names of virtual tables and their columns were taken to mean, one line a name; empty without any."""
    return "\n".join(dict.fromkeys(_bindings(plan)))


def _bindings(node: Node) -> Iterator[str]:
    if isinstance(node, VirtualScan):
        yield from node.bindings
    for child in node.children:
        yield from _bindings(child)


def _lines(node: Node) -> Iterator[str]:
    yield node.label
    for i, child in enumerate(node.children):
        last = i + 1 == len(node.children)
        first, later = ("└─ ", "   ") if last else ("├─ ", "│  ")
        for j, line in enumerate(_lines(child)):
            yield (later if j else first) + line
