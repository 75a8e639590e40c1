"""PREDICT in a group: each of its triples over the solutions so far."""

from __future__ import annotations

from neuraldb.core.errors import NotSupportedError
from neuraldb.language import sparql_ast as ast
from neuraldb.plan.expressions import Column, Literal
from neuraldb.plan.nodes import Node, NoneOf, Order, PatternTerm, TermConstant, Variable
from neuraldb.plan.predict_nodes import LIKELY, Noted, Predict
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
    for triple in pattern.block.triples:
        solutions = _edge(solutions, triple, LIKELY if pattern.least is None else pattern.least, triples)
    return solutions


def predicts(plan: Node) -> bool:
    """Whether rows may rest on predicted edges."""
    return any(isinstance(node, Predict) for node in plan.below())


def stored_first(solutions: Solutions) -> tuple[Solutions, list[Order]]:
    """The solutions, and the keys by which those that rest on stored edges alone come first, then the likeliest."""
    score, facts = ".likely.score", ".likely.facts"
    # an edge that no fact states has a number below zero; where it is stored, it takes nothing from the confidence
    predicted = call("and", call("contains", Column(facts), Literal("-")), call("<", Column(score), Literal(1.0)))
    plan = Provenance(solutions.plan, score, facts)
    return solutions.over(plan), [Order(predicted), Order(Column(score), True)]


def _edge(solutions: Solutions, triple: ast.Triple, least: float, triples: Triples) -> Solutions:
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
    if relation is None:  # no triple has it, but facts may tell of it
        told = join(solutions, triples.basic((ast.Triple(subject, verb, object_),), None))
        return told.over(Noted(told.plan, f"no triple has the relation {verb}: it is read from facts, not predicted"))
    plan: Node = Predict(solutions.plan, ends[0], relation, ends[1], least)
    for term, bound in ((subject, ends[0]), (verb, relation), (object_, ends[1])):
        if isinstance(bound, TermConstant) and not bound.ids:
            plan = Noted(plan, _nothing_like(term, triples.names))
    return Solutions(plan, solutions.certain | {e.name for e in ends if isinstance(e, Variable)}, solutions.shapes)


def _nothing_like(term: ast.Term, names: Names) -> str:
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
