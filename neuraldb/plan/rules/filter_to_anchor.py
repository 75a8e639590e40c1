"""Names in conditions as anchors: facts that do not mention them need not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from neuraldb.plan import nodes as n
from neuraldb.plan.expressions import Call, Column, Expression, Literal, conjuncts
from neuraldb.plan.rewriting import bottom_up
from neuraldb.plan.rules.context import RuleContext
from neuraldb.plan.semantic_nodes import Anchor, VirtualScan, reading


def filter_to_anchor(plan: n.Node, context: RuleContext) -> n.Node:
    """Turn the equality of an attribute of a virtual table, or of the key of a Neural SPJ, with a name into an anchor.

    Saves model calls: only facts that mention the name are read. The filter stays, since an anchor only narrows down.

    >>> from neuraldb.plan.explain import explain
    >>> from neuraldb.plan.nodes import Filter
    >>> from neuraldb.plan.semantic_nodes import Attribute
    >>> people = VirtualScan("people", (Attribute("birthplace", ("key",)),), prefix="p.")
    >>> before = Filter(people, Call("=", (Column("p.birthplace:key"), Literal("oslo"))))
    >>> print(explain(filter_to_anchor(before, RuleContext())))
    Filter (p.birthplace:key = 'oslo')
    └─ VirtualScan people as p [birthplace (key)] anchors birthplace in ['oslo']
    """
    return bottom_up(plan, _anchored)


def _anchored(node: n.Node) -> n.Node:
    if not isinstance(node, n.Filter):
        return node
    names = [pair for part in conjuncts(node.condition) if (pair := _equality(part)) is not None]
    if not names:
        return node
    child = node.child
    anchored = _anchor_scan(child, names) if isinstance(child, VirtualScan) else _anchor_retrieval(child, names)
    return node if anchored is child else n.Filter(anchored, node.condition)


def _anchor_scan(scan: VirtualScan, names: list[tuple[str, tuple[str, ...]]]) -> VirtualScan:
    columns = {reading(scan.prefix + a, "key"): a for a in (scan.key, *(x.name for x in scan.attributes))}
    new = [Anchor(columns[c], keys) for c, keys in names if c in columns]
    added = tuple(a for a in new if a not in scan.anchors)
    return replace(scan, anchors=scan.anchors + added) if added else scan


def _anchor_retrieval(node: n.Node, names: list[tuple[str, tuple[str, ...]]]) -> n.Node:
    """The names of a key go to the retrieval below the reader; each must be mentioned, so alternatives do not."""
    if isinstance(node, n.Link | n.Best | n.Corroborate):
        child = _anchor_retrieval(node.child, names)
        return node if child is node.child else replace(node, child=child)
    if not (isinstance(node, n.NeuralSPJ) and node.mode == "pair" and isinstance(node.child, n.Retrieve)):
        return node
    retrieve = node.child
    new = [keys[0] for column, keys in names if column == "key" and len(keys) == 1]
    added = tuple(name for name in dict.fromkeys(new) if name not in retrieve.anchors)
    return replace(node, child=replace(retrieve, anchors=retrieve.anchors + added)) if added else node


def _equality(part: Expression) -> tuple[str, tuple[str, ...]] | None:
    """The column and the texts of ``column = text``, ``column in (texts)`` and alternatives of these."""
    found = list(_alternatives(part))
    columns = {column for column, _ in found}
    if len(columns) != 1 or any(texts is None for _, texts in found):
        return None
    texts = [text for _, some in found for text in some or ()]
    column = columns.pop()
    return (column, tuple(dict.fromkeys(texts))) if column is not None else None


def _alternatives(part: Expression) -> Iterator[tuple[str | None, tuple[str, ...] | None]]:
    match part:
        case Call("or", (a, b)):
            yield from _alternatives(a)
            yield from _alternatives(b)
        case Call("=", (Column(name), Literal(str(text)))) | Call("=", (Literal(str(text)), Column(name))):
            yield name, (text,)
        case Call("in", (Column(name), *items)):
            texts = tuple(i.value for i in items if isinstance(i, Literal) and isinstance(i.value, str))
            yield name, texts if len(texts) == len(items) else None
        case _:
            yield None, None
