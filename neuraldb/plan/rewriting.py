"""What the rules have in common: plans rebuilt bottom-up, expressions over other columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from neuraldb.core.text import quoted
from neuraldb.plan.expressions import Call, Column, Expression, Literal, Raw, Shown, walk
from neuraldb.plan.nodes import Aggregation, Node

# functions that give another value each time; SPARQL's are among them
VOLATILE = frozenset(
    {"rand", "random", "uuid", "struuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "bnode", "setseed"}
)
_CALLED = re.compile(r"(\w+)\s*\(")
# text within a Raw: strings are passed over, names may be replaced
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


def bottom_up(node: Node, change: Callable[[Node], Node]) -> Node:
    """The plan with ``change`` applied to every node, inputs first; the same object where nothing changes."""
    children = tuple(bottom_up(child, change) for child in node.children)
    if any(new is not old for new, old in zip(children, node.children, strict=True)):
        node = node.with_children(children)
    return change(node)


def is_stable(expression: Expression) -> bool:
    """Whether an expression gives the same value for the same row however often and wherever it is computed."""
    for part in walk(expression):
        if isinstance(part, Call) and part.function.lower() in VOLATILE:
            return False
        if isinstance(part, Raw) and VOLATILE & {name.lower() for name in _CALLED.findall(_TOKEN.sub("", part.sql))}:
            return False
    return True


def substitute(expression: Expression, values: Mapping[str, Expression]) -> Expression | None:
    """The expression with the given expressions in place of columns; None where it can't be written.

    >>> over = Raw('length("a") + "b"', ("a", "b"))
    >>> str(substitute(over, {"a": Column("x.a"), "b": Raw('"c" * 2', ("c",))}))
    'length(x.a) + (c * 2)'
    >>> substitute(over, {"a": Literal("text")}) is None
    True
    """
    match expression:
        case Column(name):
            return values.get(name, expression)
        case Literal():
            return expression
        case Shown(text, inner):
            changed = substitute(inner, values)
            return None if changed is None else Shown(text, changed)
        case Call(function, arguments):
            parts = [substitute(a, values) for a in arguments]
            known = tuple(p for p in parts if p is not None)
            return Call(function, known) if len(known) == len(parts) else None
    return _into_raw(expression, values)


def _into_raw(raw: Raw, values: Mapping[str, Expression]) -> Raw | None:
    written: dict[str, str] = {}
    columns: list[str] = []
    parameters = dict(raw.parameters)
    for name in raw.columns:
        value = values.get(name, Column(name))
        if isinstance(value, Column):
            written[quoted(name)] = quoted(value.name)
            columns.append(value.name)
        elif isinstance(value, Raw):
            written[quoted(name)] = f"({value.sql})"
            columns += value.columns
            parameters.update(value.parameters)
        else:
            return None
    sql = _TOKEN.sub(lambda m: written.get(m[0], m[0]), raw.sql)
    return replace(raw, sql=sql, columns=tuple(dict.fromkeys(columns)), parameters=tuple(parameters.items()))


def substitute_aggregation(
    aggregation: Aggregation | Expression, values: Mapping[str, Expression]
) -> Aggregation | Expression | None:
    """The same for an aggregate."""
    if not isinstance(aggregation, Aggregation):
        return substitute(aggregation, values)
    if aggregation.argument is None:
        return aggregation
    argument = substitute(aggregation.argument, values)
    return None if argument is None else replace(aggregation, argument=argument)
