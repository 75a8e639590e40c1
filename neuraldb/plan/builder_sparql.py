"""Queries of the SPARQL-like language as logical plans, their names bound to the database.

The steps are those of SPARQL 1.1, 18.2.4: pattern, groups, HAVING, VALUES, computed columns, ORDER BY, projection,
DISTINCT, LIMIT.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from neuraldb.core.errors import Error
from neuraldb.language import sparql_ast as ast
from neuraldb.language.nesting import too_deep
from neuraldb.language.sparql_check import aggregates_in, grouped, provenance_in, variables_in
from neuraldb.language.sparql_text import written
from neuraldb.plan.expressions import Column, Shown
from neuraldb.plan.nodes import Decode, Exists, Field, Limit, Node, Order, PatternTerm, Sort, Values, Variable
from neuraldb.plan.sparql_aggregates import Aggregates, Grouping, calls_of
from neuraldb.plan.sparql_compare import order
from neuraldb.plan.sparql_correlation import exists_in
from neuraldb.plan.sparql_datasets import Dataset, dataset_of
from neuraldb.plan.sparql_names import Names, SparqlCatalogue
from neuraldb.plan.sparql_patterns import Patterns
from neuraldb.plan.sparql_predict import predicts, preferred, stored_first
from neuraldb.plan.sparql_provenance import IDS, with_provenance
from neuraldb.plan.sparql_scalars import SOLUTION, Scope
from neuraldb.plan.sparql_scope import (
    UNIT,
    Solutions,
    as_values,
    distinct,
    extend,
    filtered,
    join,
    keep,
    renamed,
    union,
)
from neuraldb.plan.sparql_slices import cut_each, sorted_distinct
from neuraldb.plan.sparql_templates import Templates, template
from neuraldb.plan.template_nodes import RESOURCE, Description, Graph

OUTPUT = {"integer": "HUGEINT", "number": "NUMBER", "boolean": "BOOLEAN", IDS: "BIGINT[]"}
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
    except RecursionError:
        raise too_deep(source or "") from None


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
        dataset = dataset_of(query.dataset, self._patterns.names)
        self._patterns.named = dataset.named
        match query:
            case ast.SelectQuery():
                solutions, selected, keys = self._select(query, dataset.default)
                return self._output(query, solutions, selected, keys, terms)
            case ast.AskQuery():
                return Exists(preferred(self._ask(query, dataset.default), ()).plan)
            case ast.ConstructQuery():
                return self._construct(query, dataset, terms)
            case ast.DescribeQuery():
                return self._describe(query, dataset, terms)

    def pattern(self, where: ast.Group, dataset: Dataset, provenance: frozenset[str]) -> Solutions:
        """The solutions of the pattern of an update.

        Args:
            where: the pattern.
            dataset: the graphs in which it is matched.
            provenance: which of ``?score`` and ``?evidence`` stand for what a solution rests on.
        """
        self._patterns.provenance, self._patterns.named = provenance, dataset.named
        return self._patterns.group(where, graph=dataset.default)

    # ------------------------------------------------------------------------------------------------ the steps

    def _ask(
        self, query: ast.AskQuery | ast.ConstructQuery | ast.DescribeQuery, graph: PatternTerm | None
    ) -> Solutions:
        """The solutions of a query that selects none of their variables."""
        solutions = UNIT if query.where is None else self._patterns.group(query.where, graph=graph)
        aggregates: Aggregates = {}
        if query.modifiers.group_by or query.modifiers.having:
            grouping = Grouping(self._patterns, solutions, graph)
            solutions, aggregates = grouping.group(query.modifiers.group_by, calls_of(query))
            for condition in query.modifiers.having:
                solutions = Step(self._patterns, aggregates, graph).having(solutions, condition)
        if query.values is not None:
            solutions = join(solutions, self._patterns.triples.data(query.values))
        limit, offset = query.modifiers.limit, query.modifiers.offset
        if limit is None and not offset:
            return solutions
        variables = solutions.variables
        solutions, keys = Step(self._patterns, aggregates, graph).sort_keys(solutions, query.modifiers.order_by)
        return self._cut(solutions, variables, keys, limit, offset)

    def _construct(self, query: ast.ConstructQuery, dataset: Dataset, terms: bool) -> Node:
        quads = Templates(self._patterns.names).made((triple, None) for triple in query.template)
        return Graph(template(self._ask(query, dataset.default), quads, self._patterns.provenance), terms)

    def _describe(self, query: ast.DescribeQuery, dataset: Dataset, terms: bool) -> Node:
        solutions = self._ask(query, dataset.default)
        targets = [ast.Var(v) for v in solutions.visible] if query.targets is None else query.targets
        described: list[Solutions] = []
        for target in targets:
            if not isinstance(target, ast.Var):
                described.append(self._patterns.triples.data(ast.InlineData((ast.Var(RESOURCE),), ((target,),))))
            elif target.name in solutions.variables:
                described.append(renamed(keep(solutions, (target.name,)), {target.name: RESOURCE}))
        if not described:
            described.append(Solutions(Values((Field(RESOURCE, "TERM"),), ())))
        plan = Description(distinct(reduce(union, described)).plan, dataset.graphs)
        return Graph(as_values(Solutions(plan, plan.names), plan.names).plan, terms)

    def _select(
        self, query: ast.SelectQuery, graph: PatternTerm | None = None, seed: Solutions = UNIT
    ) -> tuple[Solutions, tuple[str, ...], list[Order]]:
        """The solutions before they are cut to size, what is selected, and the sort keys over them."""
        solutions = self._patterns.group(query.where, seed, graph)
        aggregates: Aggregates = {}
        if grouped(query):
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
            solutions = preferred(solutions, selected)
        if query.distinct and not self._reads_only(query, (*selected, *self._patterns.provenance)):
            solutions, keys = step.sort_keys(solutions, query.modifiers.order_by)
            solutions, key = sorted_distinct(solutions, selected, keys)
            return with_provenance(solutions, self._patterns.provenance & set(selected)), selected, [key]
        if query.distinct:
            solutions = distinct(keep(solutions, selected))
        solutions = with_provenance(solutions, self._patterns.provenance & set(selected))
        solutions, keys = step.sort_keys(solutions, query.modifiers.order_by)
        return solutions, selected, keys

    @staticmethod
    def _reads_only(query: ast.SelectQuery, variables: tuple[str, ...]) -> bool:
        """Whether ORDER BY reads these variables only, and neither aggregates nor patterns."""
        conditions = [o.expression for o in query.modifiers.order_by]
        if any(any(aggregates_in(c)) or any(exists_in(c)) for c in conditions):
            return False
        return all(v.name in variables for c in conditions for v in variables_in(c))

    # ------------------------------------------------------------------------------------------------ the ends

    def _subquery(self, query: ast.SelectQuery, graph: PatternTerm | None, seed: Solutions) -> Solutions:
        solutions, selected, keys = self._select(query, graph, seed)
        limit, offset = query.modifiers.limit, query.modifiers.offset
        if limit is None and not offset:  # the order of a subquery is of no consequence but for what is cut off
            return keep(solutions, selected)
        if isinstance(graph, Variable):
            return keep(cut_each(solutions, graph.name, keys, limit, offset), selected)
        return keep(self._cut(solutions, selected, keys, limit, offset), selected)

    @staticmethod
    def _cut(
        solutions: Solutions, selected: tuple[str, ...], keys: list[Order], limit: int | None, offset: int
    ) -> Solutions:
        if not keys:  # rows have no order, but the same query must give the same ones
            solutions = keep(solutions, selected)
            keys = [Order(Column(v)) for v in solutions.variables]
            if predicts(solutions.plan):
                solutions, likely = stored_first(solutions)
                keys = [*likely, *keys]
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
        types = types if set(types) != {"VARCHAR"} else ()
        return Decode(solutions.plan, selected, types, solutions.certain & set(selected))


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
