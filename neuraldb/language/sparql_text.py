"""Expressions of the syntax tree as text, for plans and messages."""

from __future__ import annotations

from neuraldb.language import sparql_ast as ast

_LEVELS = {
    operator: level
    for level, operators in enumerate(
        (("||",), ("&&",), ("=", "!=", "<", "<=", ">", ">=", "in", "not in"), ("+", "-"), ("*", "/")), start=1
    )
    for operator in operators
}
_LOGIC = frozenset({"||", "&&"})


def written(expression: ast.Expression) -> str:
    """An expression in SPARQL's words, on one line, with the brackets that it needs.

    >>> x, one = ast.Var("x"), ast.RdfLiteral("1", ast.XSD + "integer")
    >>> written(ast.Operation("*", (ast.Operation("+", (x, one)), x)))
    '(?x + 1) * ?x'
    """
    match expression:
        case ast.Operation(operator, arguments):
            return _operation(operator, [_nested(a, operator, first=i == 0) for i, a in enumerate(arguments)])
        case ast.Builtin(name, arguments):
            shown = arguments[:1] if name in ("IRI", "URI") else arguments
            return f"{name}({', '.join(map(written, shown))})"
        case ast.FunctionCall(function, arguments, distinct):
            return f"{function}({'DISTINCT ' if distinct else ''}{', '.join(map(written, arguments))})"
        case ast.Exists(_, negated):
            return "NOT EXISTS {…}" if negated else "EXISTS {…}"
        case ast.AggregateCall(name, argument, distinct, separator):
            inner = "*" if argument is None else written(argument)
            tail = "" if separator is None else f"; SEPARATOR = {separator!r}"
            return f"{name}({'DISTINCT ' if distinct else ''}{inner}{tail})"
        case _:
            return str(expression)


def _nested(expression: ast.Expression, parent: str, first: bool) -> str:
    text = written(expression)
    if not isinstance(expression, ast.Operation) or expression.operator not in _LEVELS:
        return text
    level, outer = _LEVELS[expression.operator], _LEVELS.get(parent, 6)
    # arithmetic is read from the left; comparisons do not follow each other
    fits = level > outer or (
        level == outer and ((expression.operator == parent and parent in _LOGIC) or (first and level > 3))
    )
    return text if fits else f"({text})"


def _operation(operator: str, parts: list[str]) -> str:
    match operator:
        case "!":
            return f"!{parts[0]}"
        case "negate":
            return f"-{parts[0]}"
        case "identity":
            return parts[0]
        case "in" | "not in":
            return f"{parts[0]} {operator.upper()} ({', '.join(parts[1:])})"
        case _:
            return f" {operator} ".join(parts)
