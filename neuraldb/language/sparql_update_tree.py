"""Parse tree to syntax tree: the operations of SPARQL Update."""

# ruff: noqa: D102 - each method builds the node of the production it is named after

from __future__ import annotations

from itertools import chain
from typing import Any

from lark import Token, v_args
from lark.tree import Meta

from neuraldb.language import sparql_ast as ast
from neuraldb.language import sparql_update_ast as up
from neuraldb.language.sparql_triples import TriplesBuilder


@v_args(meta=True)
class UpdateBuilder(TriplesBuilder):
    """The productions from Update down to Quads."""

    def update(self, meta: Meta, children: list[Any]) -> up.Update:
        _, *rest = children
        operations = [rest[0]] if rest and rest[0] is not None else []
        following = rest[1].operations if len(rest) > 1 and rest[1] is not None else ()
        return up.Update((*operations, *following), span=self.span(meta) if operations else (0, 0))

    def insert_data(self, meta: Meta, children: list[Any]) -> up.DataChange:
        return up.DataChange(children[0], insert=True, span=self.span(meta))

    def delete_data(self, meta: Meta, children: list[Any]) -> up.DataChange:
        return up.DataChange(children[0], insert=False, span=self.span(meta))

    def delete_where(self, meta: Meta, children: list[Any]) -> up.Modify:
        span = self.span(meta)
        return up.Modify(children[0], (), pattern_of(children[0], span), span=span)

    def modify(self, meta: Meta, children: list[Any]) -> up.Modify:
        graph, first, *rest, where = children
        templates: dict[str, tuple[up.Quad, ...]] = dict([first])
        if rest and isinstance(rest[0], tuple):
            templates |= dict([rest[0]])
        using = tuple(c for c in rest if isinstance(c, ast.DatasetClause))
        return up.Modify(
            templates.get("delete", ()), templates.get("insert", ()), where, graph, using, span=self.span(meta)
        )

    def delete_clause(self, meta: Meta, children: list[Any]) -> tuple[str, tuple[up.Quad, ...]]:
        return "delete", children[0]

    def insert_clause(self, meta: Meta, children: list[Any]) -> tuple[str, tuple[up.Quad, ...]]:
        return "insert", children[0]

    def using_clause(self, meta: Meta, children: list[Any]) -> ast.DatasetClause:
        return ast.DatasetClause(children[1], children[0] is not None, span=self.span(meta))

    # ------------------------------------------------------------------------------------------------ quads

    def quads(self, meta: Meta, children: list[Any]) -> tuple[up.Quad, ...]:
        return tuple(chain.from_iterable(map(self._quads, children)))

    @staticmethod
    def _quads(part: tuple[ast.Triple | up.Quad, ...] | None) -> tuple[up.Quad, ...]:
        return tuple(q if isinstance(q, up.Quad) else up.Quad(q, span=q.span) for q in part or ())

    def graph_quads(self, meta: Meta, children: list[Any]) -> tuple[up.Quad, ...]:
        graph, triples = children
        return tuple(up.Quad(triple, graph, span=triple.span) for triple in triples or ())

    # ------------------------------------------------------------------------------------------------ graphs

    def load(self, meta: Meta, children: list[Any]) -> up.Load:
        silent, source, graph = children
        return up.Load(source, graph, silent is not None, span=self.span(meta))

    def clear(self, meta: Meta, children: list[Any]) -> up.Clear:
        word, silent, target = children
        which: Any = target.type if isinstance(target, Token) else target
        return up.Clear(which, word.type == "DROP", silent is not None, span=self.span(meta))

    def create(self, meta: Meta, children: list[Any]) -> up.Create:
        silent, graph = children
        return up.Create(graph, silent is not None, span=self.span(meta))

    def transfer(self, meta: Meta, children: list[Any]) -> up.Transfer:
        word, silent, source, target = children
        return up.Transfer(word.type, source, target, silent is not None, span=self.span(meta))

    def graph_ref(self, meta: Meta, children: list[Any]) -> ast.Iri | ast.Name:
        return children[0]  # type: ignore[no-any-return]

    def graph_or_default(self, meta: Meta, children: list[Any]) -> ast.Iri | ast.Name | None:
        return None if isinstance(children[0], Token) else children[0]


def pattern_of(quads: tuple[up.Quad, ...], span: ast.Span) -> ast.Group:
    """Quads as the pattern that they are in DELETE WHERE: neighbours in one graph are matched together."""
    elements: list[ast.Pattern] = []
    before: up.Quad | None = None
    for quad in quads:
        if before is not None and quad.graph == before.graph:
            last = elements.pop()
            inside = last.group.elements[0] if isinstance(last, ast.GraphPattern) else last
            assert isinstance(inside, ast.TriplesBlock)
            block = ast.TriplesBlock((*inside.triples, quad.triple), span=inside.span)
        else:
            block = ast.TriplesBlock((quad.triple,), span=quad.span)
        if quad.graph is None:
            elements.append(block)
        else:
            elements.append(ast.GraphPattern(quad.graph, ast.Group((block,), span=block.span), span=block.span))
        before = quad
    return ast.Group(tuple(elements), span=span)
