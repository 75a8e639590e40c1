"""From Lark's parse tree to the syntax tree of the SPARQL-like language."""

# ruff: noqa: D102 - each method builds the node of the production it is named after

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any

from lark import Token, v_args
from lark.tree import Meta

from neuraldb.core.errors import ParameterError, ParseError
from neuraldb.language import sparql_ast as ast
from neuraldb.language.sparql_ast import Span
from neuraldb.language.sparql_terms import literal_of
from neuraldb.language.sparql_update_ast import Update
from neuraldb.language.sparql_update_tree import UpdateBuilder


@v_args(meta=True)
class TreeBuilder(UpdateBuilder):
    """Builds the syntax tree of one statement; an instance is used once."""

    # ------------------------------------------------------------------------------------------------ queries

    def query(self, meta: Meta, children: list[Any]) -> ast.Query | Update:
        if len(children) == 1:
            return children[0]  # type: ignore[no-any-return]
        _, query, values = children
        return replace(query, values=values)  # type: ignore[no-any-return]

    def prologue(self, meta: Meta, children: list[Any]) -> None:
        return None

    def base_decl(self, meta: Meta, children: list[Any]) -> None:
        self.names.base = self.names.iri(str(children[0]), self.span(meta)).text

    def prefix_decl(self, meta: Meta, children: list[Any]) -> None:
        prefix, iri = children
        self.names.prefixes[str(prefix)[:-1]] = self.names.iri(str(iri), self.span(meta)).text

    def select_query(self, meta: Meta, children: list[Any]) -> ast.SelectQuery:
        (distinct, items), *dataset, where, modifiers = children
        return ast.SelectQuery(
            items,
            where,
            distinct=distinct == "DISTINCT",
            reduced=distinct == "REDUCED",
            modifiers=modifiers,
            dataset=tuple(dataset),
            span=self.span(meta),
        )

    def sub_select(self, meta: Meta, children: list[Any]) -> ast.SubSelect:
        clause, where, modifiers, values = children
        query = self.select_query(meta, [clause, where, modifiers])
        return ast.SubSelect(replace(query, values=values), span=self.span(meta))

    def select_clause(self, meta: Meta, children: list[Any]) -> tuple[str | None, Any]:
        modifier, *items = children
        chosen = None if items == ["*"] else tuple(items)
        return (modifier.type if modifier is not None else None), chosen

    def star(self, meta: Meta, children: list[Any]) -> str:
        return "*"

    def select_item(self, meta: Meta, children: list[Any]) -> ast.SelectItem:
        if len(children) == 1:
            return ast.SelectItem(children[0], span=self.span(meta))
        return ast.SelectItem(children[1], children[0], span=self.span(meta))

    def construct_query(self, meta: Meta, children: list[Any]) -> ast.ConstructQuery:
        template, *dataset, where, modifiers = children
        return ast.ConstructQuery(template, where, modifiers, tuple(dataset), span=self.span(meta))

    def construct_short(self, meta: Meta, children: list[Any]) -> ast.ConstructQuery:
        *dataset, template, modifiers = children
        triples = template or ()
        where = ast.Group((ast.TriplesBlock(triples, span=self.span(meta)),), span=self.span(meta))
        return ast.ConstructQuery(triples, where, modifiers, tuple(dataset), span=self.span(meta))

    def construct_template(self, meta: Meta, children: list[Any]) -> tuple[ast.Triple, ...]:
        return children[0] or ()

    def describe_query(self, meta: Meta, children: list[Any]) -> ast.DescribeQuery:
        *head, where, modifiers = children
        dataset = tuple(c for c in head if isinstance(c, ast.DatasetClause))
        targets = tuple(c for c in head if not isinstance(c, ast.DatasetClause))
        chosen = None if targets == ("*",) else targets
        return ast.DescribeQuery(chosen, where, modifiers, dataset, span=self.span(meta))

    def ask_query(self, meta: Meta, children: list[Any]) -> ast.AskQuery:
        *dataset, where, modifiers = children
        return ast.AskQuery(where, modifiers, tuple(dataset), span=self.span(meta))

    def dataset_clause(self, meta: Meta, children: list[Any]) -> ast.DatasetClause:
        return ast.DatasetClause(children[1], children[0] is not None, span=self.span(meta))

    def where_clause(self, meta: Meta, children: list[Any]) -> ast.Group:
        return children[0]  # type: ignore[no-any-return]

    def solution_modifier(self, meta: Meta, children: list[Any]) -> ast.Modifiers:
        group, having, order, cut = children
        limit, offset = cut or (None, 0)
        return ast.Modifiers(group or (), having or (), order or (), limit, offset, span=self.span(meta))

    def group_clause(self, meta: Meta, children: list[Any]) -> tuple[ast.GroupCondition, ...]:
        return tuple(children)

    def group_condition(self, meta: Meta, children: list[Any]) -> ast.GroupCondition:
        return ast.GroupCondition(children[0], span=self.span(meta))

    def group_expression(self, meta: Meta, children: list[Any]) -> ast.GroupCondition:
        return ast.GroupCondition(children[0], children[1], span=self.span(meta))

    def having_clause(self, meta: Meta, children: list[Any]) -> tuple[ast.Expression, ...]:
        return tuple(children)

    def order_clause(self, meta: Meta, children: list[Any]) -> tuple[ast.OrderCondition, ...]:
        return tuple(children)

    def order_condition(self, meta: Meta, children: list[Any]) -> ast.OrderCondition:
        return ast.OrderCondition(children[0], span=self.span(meta))

    def order_directed(self, meta: Meta, children: list[Any]) -> ast.OrderCondition:
        return ast.OrderCondition(children[1], children[0].type == "DESC", span=self.span(meta))

    def limit_offset_clauses(self, meta: Meta, children: list[Any]) -> tuple[int | None, int]:
        given = dict(c for c in children if c is not None)
        return given.get("limit"), given.get("offset", 0)

    def limit_clause(self, meta: Meta, children: list[Any]) -> tuple[str, int]:
        return "limit", children[0]

    def offset_clause(self, meta: Meta, children: list[Any]) -> tuple[str, int]:
        return "offset", children[0]

    def count(self, meta: Meta, children: list[Any]) -> int:
        if children[0].type == "INTEGER":
            return int(children[0])
        value = self.value(children[0])
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ParameterError("LIMIT and OFFSET take a whole number, 0 or more", span=self.span(meta))
        return value

    # ------------------------------------------------------------------------------------------------ patterns

    def group_graph_pattern(self, meta: Meta, children: list[Any]) -> ast.Group:
        content = children[0]
        elements: tuple[ast.Pattern, ...] = (content,) if isinstance(content, ast.SubSelect) else content
        match elements:
            case (ast.UnionPattern(branches=(inner,)),) if not any(
                isinstance(e, ast.FilterPattern) for e in inner.elements
            ):  # {{ … }} is { … }, but OPTIONAL has its own idea of a FILTER that stands right in its group
                return inner
        return ast.Group(elements, span=self.span(meta))

    def group_graph_pattern_sub(self, meta: Meta, children: list[Any]) -> tuple[ast.Pattern, ...]:
        return tuple(c for c in children if c is not None)

    def triples_block(self, meta: Meta, children: list[Any]) -> ast.TriplesBlock:
        return ast.TriplesBlock(tuple(chain.from_iterable(children)), span=self.span(meta))

    def triples_template(self, meta: Meta, children: list[Any]) -> tuple[ast.Triple, ...]:
        return tuple(chain.from_iterable(children))

    def group_or_union(self, meta: Meta, children: list[Any]) -> ast.UnionPattern:
        return ast.UnionPattern(tuple(children), span=self.span(meta))

    def optional(self, meta: Meta, children: list[Any]) -> ast.OptionalPattern:
        return ast.OptionalPattern(children[0], span=self.span(meta))

    def minus(self, meta: Meta, children: list[Any]) -> ast.MinusPattern:
        return ast.MinusPattern(children[0], span=self.span(meta))

    def graph(self, meta: Meta, children: list[Any]) -> ast.GraphPattern:
        return ast.GraphPattern(children[0], children[1], span=self.span(meta))

    def service(self, meta: Meta, children: list[Any]) -> ast.ServicePattern:
        return ast.ServicePattern(children[1], children[2], children[0] is not None, span=self.span(meta))

    def predict(self, meta: Meta, children: list[Any]) -> ast.PredictPattern:
        least, block = children
        return ast.PredictPattern(block, least, span=self.span(meta))

    def predicted(self, meta: Meta, children: list[Any]) -> ast.TriplesBlock:
        return ast.TriplesBlock((ast.Triple(*children),), span=self.span(meta))

    def least(self, meta: Meta, children: list[Any]) -> float:
        comparison, number = children
        bound = self.value(number) if isinstance(number, Token) else float(number.text)
        if isinstance(bound, int | float | Decimal) and not isinstance(bound, bool):
            value = float(bound)
            if comparison == ">=" and 0.0 <= value <= 1.0:
                return value
        raise (ParameterError if isinstance(number, Token) else ParseError)(
            "the least confidence of a predicted edge is a number from 0 to 1 after >=",
            span=self.span(meta),
            hint="PREDICT >= 0.3 ?who :employer ?firm",
        )

    def filter(self, meta: Meta, children: list[Any]) -> ast.FilterPattern:
        return ast.FilterPattern(children[0], span=self.span(meta))

    def bind(self, meta: Meta, children: list[Any]) -> ast.BindPattern:
        return ast.BindPattern(children[0], children[1], span=self.span(meta))

    def inline_data(self, meta: Meta, children: list[Any]) -> ast.InlineData:
        return children[0]  # type: ignore[no-any-return]

    def values_clause(self, meta: Meta, children: list[Any]) -> ast.InlineData:
        return children[0]  # type: ignore[no-any-return]

    def data_one(self, meta: Meta, children: list[Any]) -> ast.InlineData:
        variable, *values = children
        return ast.InlineData((variable,), tuple((v,) for v in values), span=self.span(meta))

    def data_full(self, meta: Meta, children: list[Any]) -> ast.InlineData:
        variables = tuple(c for c in children if isinstance(c, ast.Var))
        rows = [c for c in children if not isinstance(c, ast.Var)]
        for span, row in rows:
            if len(row) != len(variables):
                raise ParseError(f"this row has {len(row)} values for {len(variables)} variables", span=span)
        return ast.InlineData(variables, tuple(row for _, row in rows), span=self.span(meta))

    def data_row(self, meta: Meta, children: list[Any]) -> tuple[Span, tuple[Any, ...]]:
        return self.span(meta), tuple(children)

    def data_value(self, meta: Meta, children: list[Any]) -> ast.Iri | ast.Name | ast.RdfLiteral | None:
        value = children[0]
        if not isinstance(value, Token):
            return value  # type: ignore[no-any-return]
        bound = self.value(value) if value.type == "PARAMETER" else None
        return None if bound is None else literal_of(bound, self.span(meta))
