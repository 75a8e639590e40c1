"""Parse tree to syntax tree: terms and expressions."""

# ruff: noqa: D102 - each method builds the node of the production it is named after

from __future__ import annotations

from typing import Any

from lark import Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from neuraldb.core.errors import ParseError
from neuraldb.language import sparql_ast as ast
from neuraldb.language.parameters import Bindable, Marked
from neuraldb.language.sparql_ast import XSD, Span
from neuraldb.language.sparql_terms import Prologue, literal_of, number, unescape

MANY = 10**6
ARITIES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("RAND", "NOW", "UUID", "STRUUID"), (0, 0)),
    "BNODE": (0, 1),
    **dict.fromkeys(("CONCAT", "COALESCE"), (0, MANY)),
    **dict.fromkeys(
        ("LANGMATCHES", "STRSTARTS", "STRENDS", "CONTAINS", "STRBEFORE", "STRAFTER", "STRLANG", "STRDT", "SAMETERM"),
        (2, 2),
    ),
    **dict.fromkeys(("SUBSTR", "REGEX"), (2, 3)),
    "IF": (3, 3),
    "REPLACE": (3, 4),
}
"""How many arguments a function takes, where it is not exactly one."""


@v_args(meta=True)
class ExpressionBuilder(Transformer_NonRecursive[Token, Any]):
    """The productions from Expression and VarOrTerm down."""

    def __init__(self, marked: Marked) -> None:
        super().__init__(visit_tokens=False)
        self.marked = marked
        self.names = Prologue()
        self.anonymous = 0

    def span(self, meta: Meta) -> Span:
        """Where a node stands in the statement as typed."""
        return (0, 0) if meta.empty else self.marked.original((meta.start_pos, meta.end_pos))

    def value(self, marker: Token) -> Bindable:
        """The parameter that a marker stands for."""
        return self.marked.values[int(marker[3:])]

    # ------------------------------------------------------------------------------------------------ terms

    def var(self, meta: Meta, children: list[Token]) -> ast.Var:
        return ast.Var(str(children[0])[1:], span=self.span(meta))

    def parameter(self, meta: Meta, children: list[Token]) -> ast.RdfLiteral:
        return literal_of(self.value(children[0]), self.span(meta))

    def iri(self, meta: Meta, children: list[Token]) -> ast.Iri | ast.Name:
        token = children[0]
        read = self.names.iri if token.type == "IRIREF" else self.names.name
        return read(str(token), self.span(meta))

    def string(self, meta: Meta, children: list[Token]) -> str:
        return unescape(str(children[0]), self.span(meta))

    def rdf_literal(self, meta: Meta, children: list[Any]) -> ast.RdfLiteral:
        text, annotation = children
        span = self.span(meta)
        if isinstance(annotation, Token):
            return ast.RdfLiteral(text, language=str(annotation)[1:], span=span)
        if annotation is None:
            return ast.RdfLiteral(text, span=span)
        if not isinstance(annotation, ast.Iri):
            raise ParseError(f"a datatype is an IRI; {annotation} is only a name", span=annotation.span)
        return ast.RdfLiteral(text, "" if annotation.text == XSD + "string" else annotation.text, span=span)

    def numeric_literal(self, meta: Meta, children: list[Any]) -> ast.RdfLiteral:
        child = children[0]
        return child if isinstance(child, ast.RdfLiteral) else number(str(child), self.span(meta))

    def signed_number(self, meta: Meta, children: list[Token]) -> ast.RdfLiteral:
        return number(str(children[0]), self.span(meta))

    def boolean_literal(self, meta: Meta, children: list[Token]) -> ast.RdfLiteral:
        return ast.RdfLiteral(str(children[0]).lower(), XSD + "boolean", span=self.span(meta))

    # ------------------------------------------------------------------------------------------------ operators

    def operation(self, operator: str, arguments: list[Any], meta: Meta) -> ast.Operation:
        """An operator over arguments that stand in the statement."""
        return ast.Operation(operator, tuple(arguments), span=self.span(meta))

    def or_expression(self, meta: Meta, children: list[Any]) -> ast.Operation:
        return self.operation("||", children, meta)

    def and_expression(self, meta: Meta, children: list[Any]) -> ast.Operation:
        return self.operation("&&", children, meta)

    def comparison(self, meta: Meta, children: list[Any]) -> ast.Operation:
        return self.operation(str(children[1]), [children[0], children[2]], meta)

    def arithmetic(self, meta: Meta, children: list[Any]) -> ast.Operation:
        return self._continued(str(children[1]), children[0], children[2], meta)

    def signed_sum(self, meta: Meta, children: list[Any]) -> ast.Operation:
        return self._continued("+", children[0], children[1], meta)

    def _continued(self, operator: str, left: Any, right: Any, meta: Meta) -> ast.Operation:
        """One operator applied from the left on is one operation, so that a long sum is no deep one."""
        first = left.arguments if isinstance(left, ast.Operation) and left.operator == operator else (left,)
        return self.operation(operator, [*first, right], meta)

    def negation(self, meta: Meta, children: list[Any]) -> ast.Operation:
        return self.operation("!", children, meta)

    def unary(self, meta: Meta, children: list[Any]) -> ast.Operation:
        return self.operation("negate" if children[0] == "-" else "identity", children[1:], meta)

    def expression_list(self, meta: Meta, children: list[Any]) -> list[Any]:
        return children

    def in_list(self, meta: Meta, children: list[Any]) -> ast.Operation:
        return self.operation("in", [children[0], *children[1]], meta)

    def not_in_list(self, meta: Meta, children: list[Any]) -> ast.Operation:
        return self.operation("not in", [children[0], *children[1]], meta)

    # ------------------------------------------------------------------------------------------------ calls

    def arg_list(self, meta: Meta, children: list[Any]) -> tuple[bool, tuple[Any, ...]]:
        return (True, tuple(children[1:])) if children and children[0] is not None else (False, tuple(children[1:]))

    def function_call(self, meta: Meta, children: list[Any]) -> ast.FunctionCall:
        function, (distinct, arguments) = children
        return ast.FunctionCall(function, arguments, distinct, span=self.span(meta))

    def builtin(self, meta: Meta, children: list[Any]) -> ast.Builtin:
        token, (distinct, arguments) = children
        name, span = str(token).upper(), self.span(meta)
        least, most = ARITIES.get(name, (1, 1))
        if distinct:
            raise ParseError(f"DISTINCT has no meaning in {name}", span=span)
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} or {most}"
            plural = "" if wanted == "1" else "s"
            raise ParseError(f"{name} takes {wanted} argument{plural}, not {len(arguments)}", span=span)
        if name == "BOUND" and not isinstance(arguments[0], ast.Var):
            raise ParseError("BOUND asks about a variable", span=arguments[0].span)
        if name in ("IRI", "URI"):  # relative ones are resolved against the base
            arguments = (*arguments, ast.RdfLiteral(self.names.base, span=span))
        return ast.Builtin(name, arguments, span=span)

    def aggregate(self, meta: Meta, children: list[Any]) -> ast.AggregateCall:
        token, distinct, argument, separator = children
        name, span = str(token).upper(), self.span(meta)
        if argument == "*" and name != "COUNT":
            raise ParseError(f"only COUNT takes *, {name} needs an expression", span=span)
        if separator is not None and name != "GROUP_CONCAT":
            raise ParseError(f"only GROUP_CONCAT has a SEPARATOR, not {name}", span=span)
        return ast.AggregateCall(
            name, None if argument == "*" else argument, distinct is not None, separator, span=span
        )

    def exists(self, meta: Meta, children: list[Any]) -> ast.Exists:
        return ast.Exists(children[0], negated=False, span=self.span(meta))

    def not_exists(self, meta: Meta, children: list[Any]) -> ast.Exists:
        return ast.Exists(children[0], negated=True, span=self.span(meta))
