"""Queries of the SPARQL-like language as logical plans, their names bound to the database.

The steps are those of SPARQL 1.1, 18.2.4: pattern, groups, HAVING, VALUES, computed columns, ORDER BY, projection,
DISTINCT, LIMIT.
"""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.errors import Error, NotSupportedError
from neuraldb.language import sparql_ast as ast
from neuraldb.language.sparql_check import grouped, provenance_in, variables_in
from neuraldb.language.sparql_text import written
from neuraldb.plan.expressions import Column, Shown
from neuraldb.plan.nodes import Decode, Exists, Limit, Node, Order, PatternTerm, Sort, Variable
from neuraldb.plan.sparql_aggregates import Aggregates, Grouping, calls_of
from neuraldb.plan.sparql_compare import order
from neuraldb.plan.sparql_names import Names, SparqlCatalogue
from neuraldb.plan.sparql_patterns import Patterns
from neuraldb.plan.sparql_provenance import IDS, with_provenance
from neuraldb.plan.sparql_scalars import SOLUTION, Scope
from neuraldb.plan.sparql_scope import UNIT, Solutions, distinct, extend, filtered, join, keep

OUTPUT = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", IDS: "BIGINT[]"}
"""The output type of a computed variable of which that much is known; of all others it is VARCHAR."""


def build(query: ast.Query, catalogue: SparqlCatalogue, *, source: str | None = None, terms: bool = False) -> Node:
    """The logical plan of a query.

    Args:
        query: what was parsed.
        catalogue: what is stored.
        source: the statement, for the errors' caret lines.
        terms: give whole terms (columns of type VALUE) instead of plain values.

    Raises:
        BindError: a name stands for nothing; the nearest are its candidates.
        NotSupportedError: the query asks for what is not built.
    """
    try:
        return Builder(catalogue).build(query, terms)
    except Error as error:
        if source is not None:
            error.at(source)
        raise


class Builder:
    """Builds one query.

    Args:
        catalogue: what is stored.
    """

    def __init__(self, catalogue: SparqlCatalogue) -> None:
        self._patterns = Patterns(Names(catalogue), self._subquery)

    def build(self, query: ast.Query, terms: bool) -> Node:
        """The plan of the whole statement."""
        self._patterns.provenance = provenance_in(query)
        if query.dataset:
            clause = query.dataset[0]
            hint = "match a graph with GRAPH <…> { … }"
            raise NotSupportedError("FROM is not built", span=clause.span, hint=hint)
        match query:
            case ast.SelectQuery():
                solutions, selected, keys = self._select(query)
                return self._output(query, solutions, selected, keys, terms)
            case ast.AskQuery():
                return Exists(self._ask(query).plan)
            case ast.ConstructQuery():
                raise NotSupportedError("CONSTRUCT is not built", span=query.span, hint=_instead_of_construct(query))
            case ast.DescribeQuery():
                raise NotSupportedError("DESCRIBE is not built", span=query.span, hint=_instead_of_describe(query))

    # ------------------------------------------------------------------------------------------------ the steps

    def _ask(self, query: ast.AskQuery) -> Solutions:
        solutions = self._patterns.group(query.where)
        if query.modifiers.group_by or query.modifiers.having:
            grouping = Grouping(self._patterns, solutions)
            solutions, aggregates = grouping.group(query.modifiers.group_by, calls_of(query))
            for condition in query.modifiers.having:
                solutions = Step(self._patterns, aggregates, None).having(solutions, condition)
        if query.values is not None:
            solutions = join(solutions, self._patterns.triples.data(query.values))
        limit, offset = query.modifiers.limit, query.modifiers.offset
        return solutions if limit is None and not offset else solutions.over(Limit(solutions.plan, limit, offset))

    def _select(
        self, query: ast.SelectQuery, graph: PatternTerm | None = None, seed: Solutions = UNIT
    ) -> tuple[Solutions, tuple[str, ...], list[Order]]:
        """The solutions before they are cut to size, what is selected, and the sort keys over them."""
        solutions = self._patterns.group(query.where, seed, graph)
        aggregates: Aggregates = {}
        if grouped(query):
            if isinstance(graph, Variable) and not query.modifiers.group_by:
                raise NotSupportedError("in GRAPH ?variable, aggregates need GROUP BY", span=query.span)
            grouping = Grouping(self._patterns, solutions, graph)
            solutions, aggregates = grouping.group(query.modifiers.group_by, calls_of(query))
        step = Step(self._patterns, aggregates, graph)
        for condition in query.modifiers.having:
            solutions = step.having(solutions, condition)
        if query.values is not None:
            solutions = join(solutions, self._patterns.triples.data(query.values))
        for item in query.items or ():
            if item.expression is not None:
                solutions = step.extend(solutions, item.variable.name, item.expression)
        names = solutions.visible if query.items is None else (i.variable.name for i in query.items)
        selected = tuple(dict.fromkeys((*names, *((graph.name,) if isinstance(graph, Variable) else ()))))
        if query.distinct:
            self._check_order(query, selected, self._patterns.provenance)
            solutions = distinct(keep(solutions, selected))
        solutions = with_provenance(solutions, self._patterns.provenance & set(selected))
        solutions, keys = step.sort_keys(solutions, query.modifiers.order_by)
        return solutions, selected, keys

    @staticmethod
    def _check_order(query: ast.SelectQuery, selected: tuple[str, ...], provenance: frozenset[str]) -> None:
        for condition in query.modifiers.order_by:
            for variable in variables_in(condition.expression):
                if variable.name not in (*selected, *provenance):
                    raise NotSupportedError(
                        "with DISTINCT, rows can be sorted by selected variables only",
                        span=variable.span,
                        hint=f"select {variable} too",
                    )

    # ------------------------------------------------------------------------------------------------ the ends

    def _subquery(self, query: ast.SelectQuery, graph: PatternTerm | None, seed: Solutions) -> Solutions:
        solutions, selected, keys = self._select(query, graph, seed)
        limit, offset = query.modifiers.limit, query.modifiers.offset
        if limit is None and not offset:  # the order of a subquery is of no consequence but for what is cut off
            return keep(solutions, selected)
        if isinstance(graph, Variable):
            raise NotSupportedError("LIMIT for each graph of GRAPH ?variable is not built", span=query.span)
        return keep(self._cut(solutions, selected, keys, limit, offset), selected)

    @staticmethod
    def _cut(
        solutions: Solutions, selected: tuple[str, ...], keys: list[Order], limit: int | None, offset: int
    ) -> Solutions:
        if not keys:  # rows have no order, but the same query must give the same ones
            solutions = keep(solutions, selected)
            keys = [Order(Column(v)) for v in solutions.variables]
        plan: Node = Sort(solutions.plan, tuple(keys)) if keys else solutions.plan
        return solutions.over(Limit(plan, limit, offset))

    def _output(
        self, query: ast.SelectQuery, solutions: Solutions, selected: tuple[str, ...], keys: list[Order], terms: bool
    ) -> Node:
        limit, offset = query.modifiers.limit, query.modifiers.offset
        if limit is not None or offset:
            solutions = self._cut(solutions, selected, keys, limit, offset)
        elif keys:
            solutions = solutions.over(Sort(solutions.plan, tuple(keys)))
        types = tuple("VALUE" if terms else OUTPUT.get(solutions.shapes.get(v, "term"), "VARCHAR") for v in selected)
        return Decode(solutions.plan, selected, types if set(types) != {"VARCHAR"} else ())


def _instead_of_construct(query: ast.ConstructQuery) -> str:
    ends = (end for t in query.template for end in (t.subject, t.verb, t.object))
    variables = dict.fromkeys(str(end) for end in ends if isinstance(end, ast.Var))
    return f"select what the template is made of: SELECT {' '.join(variables) or '*'} WHERE {{ … }}"


def _instead_of_describe(query: ast.DescribeQuery) -> str:
    target = str(query.targets[0]) if query.targets else "?x"
    pattern = "… . " if query.where is not None else ""
    return f"select its triples: SELECT ?relation ?value WHERE {{ {pattern}{target} ?relation ?value }}"


@dataclass(frozen=True)
class Step:
    """Expressions outside of patterns, which may use aggregates.

    Attributes:
        patterns: evaluates EXISTS.
        aggregates: what the aggregates gave.
        graph: the graph that EXISTS is matched in.
    """

    patterns: Patterns
    aggregates: Aggregates
    graph: PatternTerm | None

    def _scope(self, solutions: Solutions) -> Scope:
        scope = self.patterns.scope(solutions, self.graph)
        scope.aggregates = self.aggregates
        return scope

    def having(self, solutions: Solutions, condition: ast.Expression) -> Solutions:
        """The groups that fulfil a condition."""
        scope = self._scope(solutions)
        test = scope.condition(condition)
        return keep(filtered(scope.finish(), test), solutions.variables)

    def extend(self, solutions: Solutions, name: str, expression: ast.Expression) -> Solutions:
        """Each solution with a computed column more."""
        given = self.aggregates.get(expression) if isinstance(expression, ast.AggregateCall) else None
        if isinstance(given, str):
            expression = ast.Var(given)
        if isinstance(expression, ast.Var | ast.Iri | ast.Name | ast.RdfLiteral):
            return self.patterns.bind(solutions, expression, ast.Var(name), self.graph)
        scope = self._scope(solutions)
        term = scope.typed(expression)
        value = Shown(written(expression), term.pack())
        extended = extend(scope.finish(), name, value, "VALUE", False, term.shape)
        return keep(extended, (*solutions.variables, name, SOLUTION))

    def sort_keys(
        self, solutions: Solutions, order_by: tuple[ast.OrderCondition, ...]
    ) -> tuple[Solutions, list[Order]]:
        """The solutions with what the sort keys read, and the keys."""
        if not order_by:
            return solutions, []
        scope = self._scope(solutions)
        keys = [order(scope.typed(o.expression), o.descending, written(o.expression)) for o in order_by]
        return scope.finish(), keys
