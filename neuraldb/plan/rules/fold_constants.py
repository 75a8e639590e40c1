"""Conditions that are known before any row is read."""

from __future__ import annotations

from neuraldb.plan import nodes as n
from neuraldb.plan import text_nodes as t
from neuraldb.plan.base_nodes import OneMoreColumn
from neuraldb.plan.expressions import Call, Expression, Literal, Shown, transform
from neuraldb.plan.rewriting import bottom_up
from neuraldb.plan.rules.context import RuleContext

_COMPARED = {
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
# over no rows these give no rows
_PASSING = (
    n.Filter, n.Project, n.Sort, n.Limit, n.TopK, n.Distinct, n.Window, n.Best, n.Link, n.NeuralSPJ, n.NeuralJoin,
    t.SemanticFilter, OneMoreColumn,
)  # fmt: skip


def fold_constants(plan: n.Node, context: RuleContext) -> n.Node:
    """Compute what is constant; drop filters that are always true, and every part that can give no rows.

    Saves all reading and all model calls of the dropped parts.

    >>> from neuraldb.plan.explain import explain
    >>> from neuraldb.plan.expressions import Column
    >>> from neuraldb.plan.nodes import Field, Filter, Scan
    >>> scan = Scan("facts", (Field("id", "BIGINT"),))
    >>> before = Filter(Filter(scan, Call("=", (Literal(1), Literal(1)))), Call("<", (Column("id"), Literal(3))))
    >>> print(explain(fold_constants(before, RuleContext())))
    Filter (id < 3)
    └─ Scan facts
    >>> print(explain(fold_constants(Filter(scan, Literal(False)), RuleContext())))
    Values (id) 0 rows
    """
    return bottom_up(plan, _folded)


def fold(expression: Expression) -> Expression:
    """An expression with its constant parts computed, by SQL's logic of three values.

    >>> from neuraldb.plan.expressions import Column
    >>> a = Column("a")
    >>> str(fold(Call("or", (Call("and", (a, Literal(True))), Call(">", (Literal(1), Literal(2)))))))
    'a'
    """
    return transform(expression, _fold)


def _fold(expression: Expression) -> Expression:
    if isinstance(expression, Shown) and isinstance(expression.expression, Literal):
        return expression.expression
    if not isinstance(expression, Call):
        return expression
    function, arguments = expression.function, expression.arguments
    if function in ("and", "or") and len(arguments) == 2:
        return _junction(expression, absorbing=function == "or")
    if function == "not" and isinstance(arguments[0], Literal):
        value = arguments[0].value
        return Literal(None if value is None else not value) if value is None or isinstance(value, bool) else expression
    if function in ("is null", "is not null") and isinstance(arguments[0], Literal):
        return Literal((arguments[0].value is None) == (function == "is null"))
    if function in _COMPARED and all(isinstance(a, Literal) for a in arguments):
        return _compared(expression)
    return expression


def _junction(call: Call, absorbing: bool) -> Expression:
    """``and`` (which false absorbs) or ``or`` (which true does)."""
    for this, other in (call.arguments, call.arguments[::-1]):
        if isinstance(this, Literal) and isinstance(this.value, bool):
            return Literal(absorbing) if this.value is absorbing else other
    return call


def _compared(call: Call) -> Expression:
    a, b = (argument.value for argument in call.arguments if isinstance(argument, Literal))
    if a is None or b is None:
        return Literal(None)
    numbers = all(isinstance(v, int) and not isinstance(v, bool) for v in (a, b))
    if numbers or (isinstance(a, str) and isinstance(b, str) and call.function in ("=", "!=")):
        return Literal(_COMPARED[call.function](a, b))
    return call


def _folded(node: n.Node) -> n.Node:
    if isinstance(node, n.Filter):
        condition = fold(node.condition)
        if condition == Literal(True):
            return node.child
        if isinstance(condition, Literal) and (condition.value is None or condition.value is False):
            return _nothing(node)
        node = node if condition == node.condition else n.Filter(node.child, condition)
    elif isinstance(node, n.Join) and node.condition is not None:
        node = _fold_join(node)
    if isinstance(node, n.Limit) and node.count == 0:
        return _nothing(node)
    return _emptied(node)


def _fold_join(node: n.Join) -> n.Join:
    condition = fold(node.condition) if node.condition is not None else None
    if condition == Literal(True):
        return n.Join(node.left, node.right, node.kind, node.on, None, node.nullable)
    return (
        node
        if condition == node.condition
        else n.Join(node.left, node.right, node.kind, node.on, condition, node.nullable)
    )


def _emptied(node: n.Node) -> n.Node:
    """A node over inputs without rows, as what it gives then."""
    empty = [isinstance(c, n.Values) and not c.rows for c in node.children]
    if not any(empty):
        return node
    if isinstance(node, _PASSING) or (isinstance(node, n.Aggregate) and node.keys):
        return _nothing(node)
    if isinstance(node, n.Join):
        return _emptied_join(node, *empty)
    if isinstance(node, n.Union):
        other = node.children[0 if empty[1] else 1]
        return other if other.columns == node.columns else node
    if isinstance(node, n.Minus):
        return _nothing(node) if empty[0] else node.left
    return node


def _emptied_join(node: n.Join, left: bool, right: bool) -> n.Node:
    needed = {
        "inner": left or right, "cross": left or right, "semi": left or right, "anti": left, "left": left,
        "right": right, "full": left and right,
    }  # fmt: skip
    if needed[node.kind]:
        return _nothing(node)
    return node.left if node.kind == "anti" and right else node


def _nothing(node: n.Node) -> n.Node:
    """No rows of the node's columns; a graph term by its parts has no value that could be written there."""
    if any(c.type == "VALUE" for c in node.columns):
        return node
    return n.Values(node.columns, ())
