"""Triple patterns, property paths and inline data as solutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import TypeAlias

from neuraldb.core import rdf
from neuraldb.core.errors import NotSupportedError
from neuraldb.language import sparql_ast as ast
from neuraldb.plan.expressions import Column, Expression, Scalar
from neuraldb.plan.nodes import (
    AttributeScan,
    Field,
    Filter,
    NoneOf,
    PatternTerm,
    Project,
    TermConstant,
    TriplePattern,
    Values,
    Variable,
)
from neuraldb.plan.sparql_joins import joined, steps_of
from neuraldb.plan.sparql_names import Names
from neuraldb.plan.sparql_nodes import PARTS, PathClosure, Weighted, part
from neuraldb.plan.sparql_scope import UNIT, Solutions, distinct, join, keep, unions
from neuraldb.plan.sparql_values import Constant, call

Part: TypeAlias = TriplePattern | Solutions
"""What a triple or path comes to: patterns that are matched together, or solutions of another kind."""
TYPE = rdf.RDF + "type"
FEW = 10_000
"""Steps of a path that are few."""
NONE = Solutions(Values((), ()))
"""No solution."""


class Triples:
    """Builds the triples of one query.

    Args:
        names: binds names.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self._links = 0

    def basic(self, triples: Sequence[ast.Triple], graph: PatternTerm | None) -> Solutions:
        """The solutions of a basic graph pattern: a binding of its variables once for each match."""
        parts = [p for t in triples for p in self._parts(t.subject, t.verb, t.object, graph)]
        patterns = [p for p in parts if isinstance(p, TriplePattern)]
        others = [p for p in parts if isinstance(p, Solutions)]
        solutions = joined(patterns, others, self.names.catalogue.sizes)
        carried = (graph.name,) if isinstance(graph, Variable) else ()
        return keep(solutions, (*_in_order(parts, solutions.visible), *carried))

    # ------------------------------------------------------------------------------------------------ terms

    def term(self, term: ast.Term) -> PatternTerm:
        """A term as a pattern has it."""
        match term:
            case ast.Var(name):
                return Variable(name)
            case ast.Blank(label):
                return Variable(f"_:{label}")
            case _:
                return self.names.node(term)

    def _link(self) -> ast.Blank:
        self._links += 1
        return ast.Blank(f".path{self._links}")

    # ------------------------------------------------------------------------------------------------ paths

    def _parts(
        self, subject: ast.Term, verb: ast.Var | ast.Path, object: ast.Term, graph: PatternTerm | None
    ) -> list[Part]:
        match verb:
            case ast.Var(name):
                return [self._pattern(subject, Variable(name), object, graph)]
            case ast.Iri() | ast.Name():
                relation = self.names.relation(verb, readable=graph is None)
                if relation is None:
                    assert isinstance(verb, ast.Name)
                    return [self._read(subject, verb, object)]
                if (meant := self._meant(subject, verb, object, graph)) is not None:
                    return [meant]
                is_type = isinstance(verb, ast.Iri) and verb.text == TYPE
                bound = self.names.type(object) if is_type and isinstance(object, ast.Name) else None
                return [self._pattern(subject, relation, object, graph, bound)]
            case ast.Inverse(path):
                return self._parts(object, path, subject, graph)
            case ast.Sequence(paths):
                ends = [subject, *(self._link() for _ in paths[1:]), object]
                steps = zip(ends, paths, ends[1:], strict=False)
                return [p for s, path, o in steps for p in self._parts(s, path, o, graph)]
            case ast.Alternative(paths):
                return [unions([self._path(subject, p, object, graph) for p in paths])]
            case ast.Negated():
                return [self._negated(subject, verb, object, graph)]
            case ast.Repeat():
                return [self._repeat(subject, verb, object, graph)]

    def _pattern(
        self,
        subject: ast.Term,
        predicate: PatternTerm,
        object: ast.Term,
        graph: PatternTerm | None,
        bound: PatternTerm | None = None,
    ) -> TriplePattern:
        """One pattern; ``bound`` is the object where it is bound already."""
        ends = self.term(subject), bound if bound is not None else self.term(object)
        several = any(isinstance(t, TermConstant) and len(t.ids) > 1 for t in (*ends, predicate, graph))
        relations = predicate.ids if isinstance(predicate, TermConstant) else None
        sizes = self.names.catalogue.sizes(relations)
        return TriplePattern(ends[0], predicate, ends[1], graph, several or sizes.repeated, sizes.traced)

    def _path(self, subject: ast.Term, path: ast.Path, object: ast.Term, graph: PatternTerm | None) -> Solutions:
        """A path by itself, with its two ends and the graph as columns."""
        solutions = UNIT
        for p in self._parts(subject, path, object, graph):
            solutions = join(solutions, Solutions(p, p.names) if isinstance(p, TriplePattern) else p)
        ends = [t.name for t in (self.term(subject), self.term(object), graph) if isinstance(t, Variable)]
        return keep(solutions, ends)

    def _negated(
        self, subject: ast.Term, negated: ast.Negated, object: ast.Term, graph: PatternTerm | None
    ) -> Solutions:
        sides: list[Solutions] = []
        for names, (start, end) in ((negated.forward, (subject, object)), (negated.backward, (object, subject))):
            if names is not None:
                known = tuple(r for r in map(self.names.relation, names) if r is not None)
                pattern = self._pattern(start, NoneOf(known), end, graph)
                sides.append(Solutions(pattern, pattern.names))
        return unions(sides)

    def _repeat(self, subject: ast.Term, repeat: ast.Repeat, object: ast.Term, graph: PatternTerm | None) -> Solutions:
        ends = self.term(subject), self.term(object)
        if any(isinstance(t, TermConstant) and not t.ids for t in ends):
            return self._from_unknown(subject, object) if repeat.minimum == 0 else self._empty(ends)
        steps = self._path(ast.Var("start"), repeat.path, ast.Var("end"), graph)
        columns = ("start", "end", graph.name) if isinstance(graph, Variable) else ("start", "end")
        plan = PathClosure(keep(steps, columns).plan, *ends, repeat.minimum, repeat.many, graph)
        anchored = any(isinstance(end, TermConstant) for end in ends)
        few = anchored or steps_of(plan, self.names.catalogue.sizes) <= FEW
        return Solutions(replace(plan, few=few), plan.names)

    def _from_unknown(self, subject: ast.Term, object: ast.Term) -> Solutions:
        """A path of no steps from a term that is not stored: it leads to the term itself, and nowhere else."""
        if subject == object:
            return UNIT
        for near, far in ((subject, object), (object, subject)):
            end = self.term(far)
            if isinstance(end, Variable) and isinstance(near, ast.Iri | ast.Name | ast.RdfLiteral):
                found = self.data(ast.InlineData((ast.Var(end.name),), ((near,),)))
                return Solutions(found.plan, found.certain)
        return NONE

    @staticmethod
    def _empty(ends: Sequence[PatternTerm]) -> Solutions:
        names = dict.fromkeys(t.name for t in ends if isinstance(t, Variable))
        return Solutions(Values(tuple(Field(n, "TERM") for n in names), ()), frozenset(names))

    # ------------------------------------------------------------------------------------------------ reading

    def _meant(
        self, subject: ast.Term, verb: ast.Iri | ast.Name, object: ast.Term, graph: PatternTerm | None
    ) -> Solutions | None:
        """A relation that is stored under other names, and what facts say of it where no triple does."""
        relations = self.names.meant(verb)
        if not relations:
            return None
        found: list[Solutions] = []
        for relation, chance in relations:
            pattern = self._pattern(subject, relation, object, graph)
            found.append(Solutions(Weighted(pattern, chance), pattern.names))
        if graph is None and isinstance(verb, ast.Name) and self.names.catalogue.tells():
            beyond = tuple(sorted(i for relation, _ in relations for i in relation.ids))
            found.append(self._read(subject, verb, object, beyond))
        return distinct(unions(found))

    def _read(self, subject: ast.Term, relation: ast.Name, object: ast.Term, beyond: tuple[int, ...] = ()) -> Solutions:
        """A relation that is not stored, read from the facts; ``beyond`` are stored ones whose facts are left out."""
        ends, anchors = [], []
        for end, spare in ((subject, "_:.subject"), (object, "_:.object")):
            name = f"_:{end.label}" if isinstance(end, ast.Blank) else end.name if isinstance(end, ast.Var) else spare
            ends.append(name)
            anchors.append(None if isinstance(end, ast.Var | ast.Blank) else _words(end))
        if ends[0] == ends[1]:
            scan = AttributeScan(relation.words, ends[0], "_:.object", beyond=beyond)
            plan = Filter(scan, call("=", Column(ends[0]), Column("_:.object")))
            return keep(Solutions(plan, plan.names), ends[:1])
        scan = AttributeScan(relation.words, ends[0], ends[1], anchors[0], anchors[1], beyond)
        variables = [n for n, a in zip(ends, anchors, strict=True) if a is None]
        return keep(Solutions(scan, scan.names), variables)

    # ------------------------------------------------------------------------------------------------ data

    def data(self, data: ast.InlineData) -> Solutions:
        """VALUES. A name that stands for several terms gives a row for each."""
        columns = [[row[i] for row in data.rows] for i in range(len(data.variables))]
        certain = frozenset(
            v.name for v, cells in zip(data.variables, columns, strict=True) if all(c is not None for c in cells)
        )
        stored = [self._ids(cells) for cells in columns]
        rows = []
        for r, row in enumerate(data.rows):
            choices = [
                _parts_of(cell) if ids is None else [(i,) for i in ids[r]]
                for cell, ids in zip(row, stored, strict=True)
            ]
            rows += [tuple(v for cell in choice for v in cell) for choice in product(*choices)]
        fields: list[Field] = []
        outputs: list[tuple[Field, Expression]] = []
        for variable, ids in zip(data.variables, stored, strict=True):
            name = variable.name
            if ids is not None:
                fields.append(Field(name, "TERM"))
                outputs.append((Field(name, "TERM"), Column(name)))
            else:
                fields += [Field(part(name, p), kind) for p, kind in PARTS.items()]
                outputs.append((Field(name, "VALUE"), call("pack", *(Column(part(name, p)) for p in PARTS))))
        values = Values(tuple(fields), tuple(rows))
        plan = values if all(ids is not None for ids in stored) else Project(values, tuple(outputs))
        shapes = {v.name: _shape(cells) for v, cells in zip(data.variables, columns, strict=True)}
        return Solutions(plan, certain, shapes)

    def _ids(self, cells: Sequence[ast.Iri | ast.Name | ast.RdfLiteral | None]) -> list[tuple[int | None, ...]] | None:
        """The stored terms of each cell of a column; None where one of them is not stored."""
        found: list[tuple[int | None, ...]] = []
        for cell in cells:
            ids: tuple[int | None, ...]
            if cell is None:
                ids = (None,)
            elif isinstance(cell, ast.RdfLiteral) and cell.language:
                ids = ()  # patterns match a tag in any case, but a row of VALUES is a term as written
            else:
                ids = self.names.literal(cell) if isinstance(cell, ast.RdfLiteral) else self.names.node(cell).ids
            if not ids:
                return None
            found.append(ids)
        return found


def _in_order(parts: Sequence[Part], variables: Sequence[str]) -> list[str]:
    """Variables in the order in which they first stand in the query."""
    names = [c.name for p in parts for c in (p.columns if isinstance(p, TriplePattern) else p.plan.columns)]
    return [v for v in dict.fromkeys(names) if v in variables]


def parts_of(term: ast.Iri | ast.Name | ast.RdfLiteral) -> rdf.Literal:
    """A term of the statement by its parts."""
    match term:
        case ast.Iri(text):
            return rdf.Literal("iri", text)
        case ast.Name():
            return rdf.Literal("entity", term.words)
        case ast.RdfLiteral(text, datatype, language):
            return rdf.literal(text, datatype, language)


def _parts_of(cell: ast.Iri | ast.Name | ast.RdfLiteral | None) -> list[tuple[Scalar, ...]]:
    if cell is None:
        return [(None,) * len(PARTS)]
    literal = parts_of(cell)
    return [tuple(None if p == "unit" else getattr(literal, p) for p in PARTS)]


def _shape(cells: Sequence[ast.Iri | ast.Name | ast.RdfLiteral | None]) -> str:
    shapes = {Constant(parts_of(c)).shape for c in cells if c is not None}
    return shapes.pop() if len(shapes) == 1 else "term"


def _words(term: ast.Term) -> str:
    match term:
        case ast.Name():
            return term.words
        case ast.Iri(text) | ast.RdfLiteral(text, _, _):
            return text
    raise NotSupportedError(f"{term} names nothing", span=term.span)
