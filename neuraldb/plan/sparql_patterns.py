"""Graph patterns as solutions, bottom-up (SPARQL 1.1, 18.2.2 and 18.5).

A group starts with a *seed*: usually the one solution that binds nothing; within EXISTS the values that are
substituted into it, within GRAPH ?g the names of the graphs. Every group inside starts with the same seed, so each of
its solutions says for which row of the seed it holds.
"""

from __future__ import annotations

from typing import Protocol

from neuraldb.core.errors import NotSupportedError
from neuraldb.language import sparql_ast as ast
from neuraldb.language.sparql_text import written
from neuraldb.plan.expressions import Column, Expression, Literal, Shown, all_of, transform
from neuraldb.plan.nodes import Field, Join, Minus, PatternTerm, TermConstant, TriplePattern, Values, Variable
from neuraldb.plan.sparql_conditions import conjuncts_of, exists_of, only_outside
from neuraldb.plan.sparql_correlation import certain, mentioned, needed
from neuraldb.plan.sparql_names import Names
from neuraldb.plan.sparql_nodes import Certain, TermParts
from neuraldb.plan.sparql_predict import predicted
from neuraldb.plan.sparql_provenance import with_provenance
from neuraldb.plan.sparql_scalars import SOLUTION, Scope
from neuraldb.plan.sparql_scope import (
    UNIT,
    Solutions,
    aligned,
    as_values,
    distinct,
    extend,
    filtered,
    join,
    keep,
    left_join,
    partner,
    renamed,
    there,
    union,
    unions,
)
from neuraldb.plan.sparql_triples import Triples
from neuraldb.plan.sparql_values import call


class Select(Protocol):
    """Builds subqueries."""

    def __call__(self, query: ast.SelectQuery, graph: PatternTerm | None, seed: Solutions) -> Solutions:
        """The solutions of a query: what it selects, and the graph where that is a variable."""


class Patterns:
    """Builds the graph patterns of one query.

    Args:
        names: binds names.
        select: builds subqueries.

    Attributes:
        provenance: which of ``?score`` and ``?evidence`` stand for what a solution rests on.
        named: the ids of the graphs that GRAPH reaches; None is all of them.
    """

    def __init__(self, names: Names, select: Select) -> None:
        self.names = names
        self.triples = Triples(names)
        self.provenance: frozenset[str] = frozenset()
        self.named: tuple[int, ...] | None = None
        self._select = select
        self._graphs = 0

    def group(self, group: ast.Group, seed: Solutions = UNIT, graph: PatternTerm | None = None) -> Solutions:
        """The solutions of a group.

        Args:
            group: the pattern.
            seed: what it starts with.
            graph: the graph that its triples are matched in; None: the default graph.
        """
        solutions = self._unfiltered(group.elements, seed, graph)
        conditions = [e.condition for e in group.elements if isinstance(e, ast.FilterPattern)]
        return self.filter(solutions, conditions, graph)

    def _unfiltered(self, elements: tuple[ast.Pattern, ...], seed: Solutions, graph: PatternTerm | None) -> Solutions:
        solutions = seed
        triples: list[ast.Triple] = []
        for element in elements:
            if isinstance(element, ast.TriplesBlock):
                triples += element.triples
            elif not isinstance(element, ast.FilterPattern):
                solutions = self._with_triples(solutions, triples, graph)
                triples = []
                if not isinstance(element, ast.BindPattern):
                    solutions = _untagged(solutions)
                solutions = self._element(solutions, element, seed, graph)
        return _untagged(self._with_triples(solutions, triples, graph))

    def _with_triples(self, solutions: Solutions, triples: list[ast.Triple], graph: PatternTerm | None) -> Solutions:
        return join(_untagged(solutions), self.triples.basic(triples, graph)) if triples else solutions

    def _element(
        self, solutions: Solutions, element: ast.Pattern, seed: Solutions, graph: PatternTerm | None
    ) -> Solutions:
        match element:
            case ast.OptionalPattern(group):
                return self._optional(solutions, group, seed, graph)
            case ast.MinusPattern(group):
                return self._minus(solutions, self.group(group, seed, graph), seed)
            case ast.UnionPattern(branches):
                sides = [self.group(b, seed, graph) for b in branches]
                return join(solutions, unions(sides))
            case ast.Group():
                return join(solutions, self.group(element, seed, graph))
            case ast.GraphPattern(name, group):
                return join(solutions, self._graph(name, group, seed))
            case ast.BindPattern(expression, variable):
                return self.bind(solutions, expression, variable, graph)
            case ast.InlineData():
                return join(solutions, self.triples.data(element))
            case ast.SubSelect(query):
                # variables of a subquery are its own: of the seed, it sees the graph alone
                graphs = distinct(keep(seed, (graph.name,))) if isinstance(graph, Variable) else UNIT
                return join(solutions, self._select(query, graph, graphs))
            case ast.PredictPattern():
                return predicted(solutions, element, self.triples, graph)
            case ast.ServicePattern():
                raise NotSupportedError("NeuralDB asks no other servers, so there is no SERVICE", span=element.span)
        raise AssertionError(element)

    # ------------------------------------------------------------------------------------------------ GRAPH

    def _graph(self, name: ast.Var | ast.Iri | ast.Name, group: ast.Group, seed: Solutions) -> Solutions:
        if not isinstance(name, ast.Var):
            constant = self.names.node(name)
            if self.named is not None:
                constant = TermConstant(constant.text, tuple(i for i in constant.ids if i in self.named))
            found = self.group(group, seed, constant)
            if _is_stored(group):
                return found
            return join(found, self.graphs_named(constant, ()))  # even {} has a solution only in a graph that exists
        self._graphs += 1
        inner = f".graph{self._graphs}"
        found = self.group(group, join(seed, self.graphs_named(Variable(inner), (inner,))), Variable(inner))
        if name.name in found.variables:  # its triples name the graph as well: that must be the same
            if found.type(name.name) == "VALUE":
                found = as_values(found, (inner,))
            agree = call("=", Column(name.name), Column(inner))
            if name.name not in found.certain:
                agree = call("or", agree, call("is null", Column(name.name)))
            found = keep(filtered(found, agree), [v for v in found.variables if v != name.name])
        return renamed(found, {inner: name.name})

    def graphs_named(self, graph: PatternTerm, columns: tuple[str, ...]) -> Solutions:
        """The named graphs that hold anything, each once; those of a constant, or all as the values of a variable."""
        if self.named is not None and isinstance(graph, Variable):
            values = Values((Field(graph.name, "TERM"),), tuple((i,) for i in self.named))
            return Solutions(values, values.names)
        every = TriplePattern(Variable(".s"), Variable(".p"), Variable(".o"), graph, repeated=False, traced=False)
        named = keep(Solutions(every, every.names), columns)
        return distinct(named.over(Certain(named.plan)))

    # ------------------------------------------------------------------------------------------------ BIND, FILTER

    def scope(self, solutions: Solutions, graph: PatternTerm | None) -> Scope:
        """Compiles expressions over solutions."""

        def exists(base: Solutions, pattern: ast.Exists, name: str) -> Solutions:
            return self._exists_column(base, pattern, name, graph)

        return Scope(solutions, self.names, exists, provenance=self.provenance)

    def bind(
        self, solutions: Solutions, expression: ast.Expression, variable: ast.Var, graph: PatternTerm | None
    ) -> Solutions:
        """Each solution extended by the value of an expression; by nothing where it is an error."""
        name = variable.name
        if isinstance(expression, ast.Var) and expression.name in self.provenance - set(solutions.variables):
            given = with_provenance(solutions, (expression.name,))
            bound = given if name == expression.name else self.bind(given, expression, variable, graph)
            return keep(bound, (*solutions.variables, name))
        if isinstance(expression, ast.Var) and expression.name in solutions.variables:
            other = expression.name
            shape = solutions.shapes.get(other, "term")
            return extend(solutions, name, Column(other), solutions.type(other), other in solutions.certain, shape)
        if isinstance(expression, ast.Iri | ast.Name | ast.RdfLiteral):
            return join(solutions, self.triples.data(ast.InlineData((variable,), ((expression,),))))
        scope = self.scope(solutions, graph)
        term = scope.typed(expression)
        value = Shown(written(expression), term.pack())
        extended = extend(scope.finish(), name, value, "VALUE", False, term.shape)
        return keep(extended, (*solutions.variables, name, SOLUTION))

    def filter(self, solutions: Solutions, conditions: list[ast.Expression], graph: PatternTerm | None) -> Solutions:
        """The solutions that fulfil all conditions."""
        tests: list[ast.Expression] = []
        for condition in (part for c in conditions for part in conjuncts_of(c)):
            pattern, negated = exists_of(condition)
            if pattern is not None:
                solutions = self._exists(solutions, pattern.group, negated, graph)
            else:
                tests.append(condition)
        if not tests:
            return solutions
        scope = self.scope(solutions, graph)
        test = all_of([scope.condition(t) for t in tests])
        return keep(filtered(scope.finish(), test), solutions.variables)

    # ------------------------------------------------------------------------------------------------ OPTIONAL, MINUS

    def _optional(
        self, solutions: Solutions, group: ast.Group, seed: Solutions, graph: PatternTerm | None
    ) -> Solutions:
        """LeftJoin: the filters of the optional group are its condition, and see both sides."""
        conditions = [p for e in group.elements if isinstance(e, ast.FilterPattern) for p in conjuncts_of(e.condition)]
        right = self._unfiltered(group.elements, seed, graph)
        if not conditions:
            return left_join(solutions, right, None)
        variables = (*solutions.variables, *(v for v in right.variables if v not in solutions.variables))
        simple = self._pair(solutions, right, conditions, graph)
        if simple is not None:
            condition, left, right = simple
            return keep(left_join(left, right, condition), variables)
        # what a condition on columns cannot say: those that match, and those that do not
        matched = self.filter(join(solutions, right), conditions, graph)
        unmatched = partner(solutions, keep(matched, solutions.variables), solutions.variables, (), anti=True)
        return keep(union(matched, unmatched), variables)

    def _pair(
        self, left: Solutions, right: Solutions, conditions: list[ast.Expression], graph: PatternTerm | None
    ) -> tuple[Expression, Solutions, Solutions] | None:
        """Conditions over a pair of solutions, and the two sides with what they read; None where that cannot be."""
        left, right = aligned(left, right)
        scope = self.scope(join(left, right), graph)
        scope.inline = True
        condition = all_of([scope.condition(c) for c in conditions])
        looked_up: dict[bool, list[str]] = {True: [], False: []}
        for variable in scope.lookups:
            if variable in left.certain or variable not in right.variables:
                looked_up[True].append(variable)
            elif variable in right.certain or variable not in left.variables:
                looked_up[False].append(variable)
            else:
                return None
        if scope.layered:
            return None
        return condition, _with_parts(left, looked_up[True]), _with_parts(right, looked_up[False])

    def _minus(self, solutions: Solutions, right: Solutions, seed: Solutions) -> Solutions:
        """MINUS: substituted variables are no longer variables, so they make no two solutions meet (18.6)."""
        shared = [v for v in solutions.variables if v in right.variables and v not in seed.variables]
        if not shared:
            return solutions
        if seed != UNIT:
            exact = [v for v in seed.variables if v in right.variables]
            return partner(solutions, keep(right, (*exact, *shared)), exact, shared, anti=True, meeting=True)
        left, right = aligned(solutions, keep(right, shared))
        nullable = frozenset(shared) - (left.certain & right.certain)
        return left.over(Minus(left.plan, right.plan, nullable))

    # ------------------------------------------------------------------------------------------------ EXISTS

    def _exists(self, solutions: Solutions, group: ast.Group, negated: bool, graph: PatternTerm | None) -> Solutions:
        """Solutions that have (or, ``negated``, have not) a match of a pattern."""
        outer = set(mentioned(group)) & set(solutions.visible)
        inside = certain(group)
        lifted: list[ast.Expression] = []
        rest: list[ast.Pattern] = []
        for element in group.elements:
            if isinstance(element, ast.FilterPattern) and only_outside(element.condition, outer, inside):
                lifted.append(element.condition)
            else:
                rest.append(element)
        found = self._substituted(solutions, ast.Group(tuple(rest), span=group.span), graph)
        if lifted:
            pair = self._pair(solutions, found, lifted, graph)
            if pair is None:  # then by substitution, the general way
                found = self._substituted(solutions, group, graph)
            else:
                condition, left, right = pair
                right_only = {v for v in right.certain if v not in left.certain}
                names = {v: there(v) for v in right.variables if v not in left.variables or v in right_only}
                matches = self._partners(left, right, solutions, graph, negated, _on_right(condition, names))
                return keep(matches, solutions.variables)
        return keep(self._partners(solutions, found, solutions, graph, negated, None), solutions.variables)

    def _substituted(self, solutions: Solutions, group: ast.Group, graph: PatternTerm | None) -> Solutions:
        """A pattern evaluated with those variables substituted for which that matters."""
        seeds = needed(group, set(mentioned(group)) & set(solutions.visible))
        return self.group(group, self._seed(solutions, seeds, graph), graph)

    @staticmethod
    def _seed(solutions: Solutions, variables: set[str], graph: PatternTerm | None) -> Solutions:
        """The distinct values of variables, and keys that tell rows apart where a variable may be unbound."""
        if isinstance(graph, Variable) and graph.name in solutions.variables:
            variables = variables | {graph.name}
        if not variables:
            return UNIT
        chosen = [v for v in solutions.variables if v in variables]
        values = keep(_keyed(solutions, chosen), (*chosen, *_keys(solutions, chosen)))
        return distinct(values.over(Certain(values.plan)))

    @staticmethod
    def _partners(
        left: Solutions,
        right: Solutions,
        outer: Solutions,
        graph: PatternTerm | None,
        negated: bool,
        condition: Expression | None,
    ) -> Solutions:
        keys = [v for v in right.variables if v.endswith(KEY)]
        seeded = [k.removesuffix(KEY) for k in keys]
        left = _keyed(left, seeded)
        shared = [v for v in outer.variables if v in right.variables and v not in seeded]
        return partner(left, right, keys, shared, anti=negated, condition=condition)

    def _exists_column(
        self, solutions: Solutions, exists: ast.Exists, name: str, graph: PatternTerm | None
    ) -> Solutions:
        """EXISTS as a truth value: every variable is substituted, so each solution has one answer."""
        outer = set(mentioned(exists.group)) & set(solutions.visible)
        seed = self._seed(solutions, outer, graph)
        found = self.group(exists.group, seed, graph)
        chosen = [v for v in seed.variables if not v.endswith(KEY)]
        keys = [*(v for v in chosen if v in solutions.certain), *_keys(solutions, chosen)]
        matches = distinct(keep(found, keys))
        flagged = extend(matches, f"{name}.found", Literal(True), "BOOLEAN", True, "term")
        keyed = _keyed(solutions, chosen)
        plan = Join(keyed.plan, flagged.plan, "left", tuple(k for k in keyed.variables if k in keys))
        result = extend(keyed.over(plan), name, call("is not null", Column(f"{name}.found")), "BOOLEAN", True, "term")
        return keep(result, (*solutions.variables, name))


KEY = ".key"


def _is_stored(group: ast.Group) -> bool:
    """Whether a group matches stored triples only: a path of no steps would need none."""
    verbs = [t.verb for e in group.elements if isinstance(e, ast.TriplesBlock) for t in e.triples]
    return any(isinstance(v, ast.Var | ast.Iri | ast.Name) for v in verbs)


def _untagged(solutions: Solutions) -> Solutions:
    """The solutions without the tag that BNODE reads: a join makes other solutions of them."""
    return keep(solutions, [v for v in solutions.variables if v != SOLUTION])


def _keys(solutions: Solutions, variables: list[str]) -> list[str]:
    return [v + KEY for v in variables if v not in solutions.certain]


def _keyed(solutions: Solutions, variables: list[str]) -> Solutions:
    """The solutions with, for each of the variables that may be unbound, a key that never is."""
    for variable in variables:
        if variable not in solutions.certain and variable + KEY not in solutions.variables:
            type = solutions.type(variable)
            key: Expression = call("key_id" if type == "TERM" else "key_value", Column(variable))
            solutions = extend(solutions, variable + KEY, key, type, True, "term")
    return solutions


def _with_parts(solutions: Solutions, variables: list[str]) -> Solutions:
    if not variables:
        return solutions
    bound = solutions.certain & set(variables)
    return solutions.over(TermParts(solutions.plan, tuple(variables), bound))


def _on_right(condition: Expression, names: dict[str, str]) -> Expression:
    """A condition whose right columns have other names."""

    def change(expression: Expression) -> Expression:
        if isinstance(expression, Column):
            return Column(names.get(expression.name, expression.name))
        return expression

    return transform(condition, change)
