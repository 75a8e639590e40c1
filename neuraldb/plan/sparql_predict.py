"""PREDICT in a group: each of its triples over the solutions so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neuraldb.core.errors import NotSupportedError
from neuraldb.language import sparql_ast as ast
from neuraldb.plan.expressions import Column, Literal
from neuraldb.plan.nodes import Node, NoneOf, Order, PatternTerm, TermConstant, Variable
from neuraldb.plan.predict_nodes import LIKELY, Candidates, Noted, Predict, PreferStored
from neuraldb.plan.sparql_names import Names
from neuraldb.plan.sparql_nodes import Provenance
from neuraldb.plan.sparql_scope import Solutions, join
from neuraldb.plan.sparql_triples import Triples
from neuraldb.plan.sparql_values import call


def predicted(
    solutions: Solutions, pattern: ast.PredictPattern, triples: Triples, graph: PatternTerm | None
) -> Solutions:
    """The solutions with the stored and the likely edges of a PREDICT.

    Args:
        solutions: what the group has before it: the ends that it binds are given.
        pattern: the PREDICT.
        triples: binds its terms.
        graph: the graph around it.

    Raises:
        NotSupportedError: it stands in GRAPH, its relation is no single name, or one of its ends is computed.
    """
    if graph is not None:
        raise NotSupportedError(
            "PREDICT looks at the edges of all graphs", span=pattern.span, hint="take it out of GRAPH"
        )
    least = LIKELY if pattern.least is None else pattern.least
    edges = [_bound(triple, solutions, triples) for triple in pattern.block.triples]
    while edges:
        nearest = max(edges, key=lambda e: _given(e, solutions))  # of equals the first
        if nearest.relation is not None and not _given(nearest, solutions):
            nearest = _enumerated(edges, triples)
            variable = nearest.ends[0]
            assert isinstance(variable, Variable)
            plan = Candidates(solutions.plan, variable, _sides(variable, edges))
            solutions = Solutions(plan, solutions.certain | {variable.name}, solutions.shapes)
            continue
        edges.remove(nearest)
        solutions = _edge(solutions, nearest, least, triples)
    return solutions


def predicts(plan: Node) -> bool:
    """Whether rows may rest on predicted edges."""
    return any(isinstance(node, Predict) for node in plan.below())


def preferred(solutions: Solutions, selected: Sequence[str]) -> Solutions:
    """What DISTINCT goes over: of solutions that become one only those that are stored, where there are any."""
    if not predicts(solutions.plan):
        return solutions
    keys = tuple(name for name in selected if name in solutions.variables)
    return solutions.over(PreferStored(solutions.plan, keys))


def stored_first(solutions: Solutions) -> tuple[Solutions, list[Order]]:
    """The solutions, and the keys by which those that rest on stored edges alone come first, then the likeliest."""
    score, facts = ".likely.score", ".likely.facts"
    # an edge that no fact states has a number below zero; where it is stored, it takes nothing from the confidence
    predicted = call("and", call("contains", Column(facts), Literal("-")), call("<", Column(score), Literal(1.0)))
    plan = Provenance(solutions.plan, score, facts)
    return solutions.over(plan), [Order(predicted), Order(Column(score), True)]


@dataclass(frozen=True)
class _Edge:
    """A triple of a PREDICT; without a relation it is read from facts."""

    triple: ast.Triple
    ends: tuple[Variable | TermConstant, Variable | TermConstant]
    relation: TermConstant | None


def _bound(triple: ast.Triple, solutions: Solutions, triples: Triples) -> _Edge:
    subject, verb, object_ = triple.subject, triple.verb, triple.object
    if isinstance(verb, ast.Inverse):
        subject, verb, object_ = object_, verb.path, subject
    if not isinstance(verb, ast.Iri | ast.Name):
        raise NotSupportedError(
            "PREDICT takes one relation, by its name",
            span=verb.span,
            hint="write a PREDICT for each step: PREDICT ?a :knows ?b . PREDICT ?b :knows ?c",
        )
    relation = triples.names.relation(verb)
    ends = _end(subject, solutions, triples), _end(object_, solutions, triples)
    return _Edge(ast.Triple(subject, verb, object_), ends, relation)


def _given(edge: _Edge, solutions: Solutions) -> int:
    """How many ends of an edge are known."""
    return sum(isinstance(end, TermConstant) or end.name in solutions.variables for end in edge.ends)


def _sides(variable: Variable, edges: Sequence[_Edge]) -> tuple[tuple[TermConstant, bool], ...]:
    """The relations of a variable's edges, each with whether the variable is their object."""
    found = [(e.relation, bool(side)) for e in edges for side in (0, 1) if e.ends[side] == variable and e.relation]
    return tuple(dict.fromkeys(found))


def _enumerated(edges: Sequence[_Edge], triples: Triples) -> _Edge:
    """The edge of the variable that can stand for the fewest things, that variable first."""

    def fewest(variable: Variable) -> float:
        counts = [(triples.names.catalogue.sizes(relation.ids), back) for relation, back in _sides(variable, edges)]
        return min(sizes.objects if back else sizes.subjects for sizes, back in counts)

    known = [(e, end) for e in edges if e.relation is not None for end in e.ends if isinstance(end, Variable)]
    edge, variable = min(known, key=lambda pair: fewest(pair[1]))
    return _Edge(edge.triple, (variable, variable), edge.relation)


def _edge(solutions: Solutions, edge: _Edge, least: float, triples: Triples) -> Solutions:
    if edge.relation is None:  # no triple has it, but facts may tell of it
        told = join(solutions, triples.basic((edge.triple,), None))
        note = f"no triple has the relation {edge.triple.verb}: it is read from facts, not predicted"
        return told.over(Noted(told.plan, note))
    plan: Node = Predict(solutions.plan, edge.ends[0], edge.relation, edge.ends[1], least)
    terms = edge.triple.subject, edge.triple.verb, edge.triple.object
    for term, bound in zip(terms, (edge.ends[0], edge.relation, edge.ends[1]), strict=True):
        if isinstance(bound, TermConstant) and not bound.ids:
            assert isinstance(term, ast.Iri | ast.Name | ast.RdfLiteral)
            plan = Noted(plan, _nothing_like(term, triples.names))
    certain = solutions.certain | {e.name for e in edge.ends if isinstance(e, Variable)}
    return Solutions(plan, certain, solutions.shapes)


def _nothing_like(term: ast.Iri | ast.Name | ast.RdfLiteral, names: Names) -> str:
    """That a name is stored nowhere, so that nothing can be predicted of it, and which names are nearest."""
    text = term.text if isinstance(term, ast.Iri | ast.RdfLiteral) else str(term)
    near = names.catalogue.nearest(text, ("iri", "entity"))
    like = f"; the nearest names are {', '.join(near)}" if near else ""
    return f"{text} is not stored, so nothing is predicted of it{like}"


def _end(term: ast.Term, solutions: Solutions, triples: Triples) -> Variable | TermConstant:
    end = triples.term(term)
    assert not isinstance(end, NoneOf)
    if isinstance(end, Variable) and end.name in solutions.variables and solutions.type(end.name) != "TERM":
        raise NotSupportedError(
            f"{end} is computed, and PREDICT asks about stored things", span=term.span, hint="name it in the PREDICT"
        )
    return end
