"""Parse tree to syntax tree: triples, with the brackets and collections that abbreviate them, and property paths."""

# ruff: noqa: D102 - each method builds the node of the production it is named after

from __future__ import annotations

from typing import Any, TypeAlias

from lark import Token, v_args
from lark.tree import Meta

from neuraldb.language import sparql_ast as ast
from neuraldb.language.sparql_ast import RDF
from neuraldb.language.sparql_expressions import ExpressionBuilder

Node: TypeAlias = tuple[ast.Term, tuple[ast.Triple, ...]]
"""A node of a triple pattern, and the triples that its brackets stand for."""


@v_args(meta=True)
class TriplesBuilder(ExpressionBuilder):
    """The productions from TriplesBlock down to PathPrimary."""

    def triples_same_subject(self, meta: Meta, children: list[Any]) -> tuple[ast.Triple, ...]:
        subject, triples = self.node(children[0])
        properties = children[1] if len(children) > 1 and children[1] is not None else ()
        return triples + self.attach(subject, properties)

    def attach(self, subject: ast.Term, properties: Any) -> tuple[ast.Triple, ...]:
        """The triples of a property list, those of its nested brackets after the one that names them."""
        triples: list[ast.Triple] = []
        for verb, objects in properties:
            for child in objects:
                term, nested = self.node(child)
                span = (min(subject.span[0], verb.span[0]), term.span[1])
                triples.append(ast.Triple(subject, verb, term, span=span))
                triples += nested
        return tuple(triples)

    def node(self, child: Any) -> Node:
        """A term with no triples of its own, or what brackets gave."""
        return child if isinstance(child, tuple) else (child, ())

    def property_list_not_empty(self, meta: Meta, children: list[Any]) -> list[tuple[Any, list[Any]]]:
        given = [c for c in children if c is not None]
        return list(zip(given[0::2], given[1::2], strict=True))

    def object_list(self, meta: Meta, children: list[Any]) -> list[Any]:
        return children

    def blank_node_property_list(self, meta: Meta, children: list[Any]) -> Node:
        blank = self.fresh(meta)
        return blank, self.attach(blank, children[0])

    def collection(self, meta: Meta, children: list[Any]) -> Node:
        head = node = self.fresh(meta)
        triples: list[ast.Triple] = []
        for i, child in enumerate(children):
            term, nested = self.node(child)
            span = term.span
            triples += [ast.Triple(node, ast.Iri(RDF + "first", span=span), term, span=span), *nested]
            rest = self.fresh(meta) if i + 1 < len(children) else ast.Iri(RDF + "nil", span=span)
            triples.append(ast.Triple(node, ast.Iri(RDF + "rest", span=span), rest, span=span))
            if isinstance(rest, ast.Blank):
                node = rest
        return head, tuple(triples)

    def nil(self, meta: Meta, children: list[Any]) -> ast.Iri:
        return ast.Iri(RDF + "nil", span=self.span(meta))

    def blank_node(self, meta: Meta, children: list[Any]) -> ast.Blank:
        return ast.Blank(str(children[0])[2:], span=self.span(meta)) if children else self.fresh(meta)

    def fresh(self, meta: Meta) -> ast.Blank:
        """A blank node of which no one else knows; the dot keeps its label apart from those that can be written."""
        self.anonymous += 1
        return ast.Blank(f".{self.anonymous}", span=self.span(meta))

    # ------------------------------------------------------------------------------------------------ paths

    def type(self, meta: Meta, children: list[Any]) -> ast.Iri:
        return ast.Iri(RDF + "type", span=self.span(meta))

    def path_alternative(self, meta: Meta, children: list[Any]) -> ast.Alternative:
        return ast.Alternative(tuple(children), span=self.span(meta))

    def path_sequence(self, meta: Meta, children: list[Any]) -> ast.Sequence:
        return ast.Sequence(tuple(children), span=self.span(meta))

    def path_inverse(self, meta: Meta, children: list[Any]) -> ast.Inverse:
        return ast.Inverse(children[0], span=self.span(meta))

    def path_elt(self, meta: Meta, children: list[Any]) -> ast.Path:
        path, modifier = children
        if modifier is None:
            return path  # type: ignore[no-any-return]
        return ast.Repeat(path, 1 if modifier == "+" else 0, modifier != "?", span=self.span(meta))

    def path_mod(self, meta: Meta, children: list[Token]) -> str:
        return str(children[0])

    def path_negated(self, meta: Meta, children: list[Any]) -> ast.Negated:
        parts: list[ast.Iri | ast.Name | ast.Inverse] = children[0]
        forward = tuple(p for p in parts if not isinstance(p, ast.Inverse))
        inverse = (p.path for p in parts if isinstance(p, ast.Inverse))
        backward = tuple(p for p in inverse if isinstance(p, ast.Iri | ast.Name))
        return ast.Negated(
            forward if forward or not backward else None, backward if backward else None, span=self.span(meta)
        )

    def path_negated_property_set(self, meta: Meta, children: list[Any]) -> list[Any]:
        return children
