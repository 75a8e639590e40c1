"""What a plan of SPARQL tells of a query that is right but may not mean what was meant."""

from __future__ import annotations

from neuraldb.plan.nodes import Join, Node, Values

OPTIONAL_ALONE = (
    "a group holds nothing but OPTIONAL: it is evaluated by itself, and has one solution that binds nothing only where "
    "nothing at all is found; to extend what stands before it, put OPTIONAL outside: OPTIONAL { GRAPH … { … } }"
)
NOTHING = Values((), ((),))


def advice(plan: Node) -> tuple[str, ...]:
    """Notes for the reader of the result; of a group of OPTIONALs within a join (oxigraph/oxigraph#1200)."""
    return (OPTIONAL_ALONE,) if _is_alone(plan, joined=False) else ()


def _is_alone(node: Node, joined: bool) -> bool:
    if isinstance(node, Join) and node.kind == "left":
        if node.left == NOTHING and joined:
            return True
        return _is_alone(node.left, joined) or _is_alone(node.right, joined=node.left != NOTHING)
    within = joined or (isinstance(node, Join) and node.kind == "inner")  # with a variable in common
    return any(_is_alone(child, within) for child in node.children)
