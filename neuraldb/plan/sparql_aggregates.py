"""GROUP BY and aggregates (SPARQL 1.1, 11 and 18.5.1).

A value that is an error, as one of an unbound variable is, or no number makes a SUM or AVG an error, so that the result
is unbound. All other aggregates leave errors out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from neuraldb.language import sparql_ast as ast
from neuraldb.language.sparql_check import aggregates_in
from neuraldb.language.sparql_text import written
from neuraldb.plan.expressions import Column, Expression, Literal, Shown
from neuraldb.plan.nodes import Aggregate, Aggregation, Field, PatternTerm, Variable
from neuraldb.plan.sparql_arithmetic import either
from neuraldb.plan.sparql_compare import order_key
from neuraldb.plan.sparql_functions import BUILTINS
from neuraldb.plan.sparql_patterns import Patterns
from neuraldb.plan.sparql_scalars import Scope
from neuraldb.plan.sparql_scope import Solutions, extend, filtered, join, keep, partner, union
from neuraldb.plan.sparql_values import NULL, Number, Packed, Stored, Text, Typed, call, case

Aggregates = Mapping[ast.AggregateCall, Typed | str]
"""What each aggregate of a query gave: a term over the grouped columns, or the variable that is bound to it."""


def calls_of(query: ast.Query) -> list[ast.AggregateCall]:
    """The aggregates of a query, each once, in order."""
    expressions = [*query.modifiers.having, *(o.expression for o in query.modifiers.order_by)]
    if isinstance(query, ast.SelectQuery):
        expressions = [i.expression for i in query.items or () if i.expression is not None] + expressions
    return list(dict.fromkeys(c for e in expressions for c in aggregates_in(e)))


@dataclass
class Grouping:
    """Groups solutions.

    Attributes:
        patterns: evaluates the expressions of keys.
        solutions: what is grouped.
        graph: the graph that EXISTS is matched in; a variable is one more key.
    """

    patterns: Patterns
    solutions: Solutions
    graph: PatternTerm | None = None
    _fields: list[tuple[Field, Aggregation | Expression]] = field(default_factory=list)
    _terms: dict[ast.AggregateCall, Typed | str] = field(default_factory=dict)
    _certain: set[str] = field(default_factory=set)
    _shapes: dict[str, str] = field(default_factory=dict)
    _text: str = "*"  # what is aggregated, for EXPLAIN

    def group(
        self, conditions: Sequence[ast.GroupCondition], calls: Sequence[ast.AggregateCall]
    ) -> tuple[Solutions, Aggregates]:
        """One solution a group, and what the aggregates are in it."""
        if isinstance(self.graph, Variable) and not conditions:
            return self._group_each(self.graph, calls)
        keys = [k for k in map(self._key, range(len(conditions)), conditions) if k in self.solutions.variables]
        if conditions and not keys:  # all keys are unbound: one group, but none over no solutions
            self.solutions = extend(self.solutions, ".group", Literal(True), "BOOLEAN", True, "term")
            keys = [".group"]
        return self._grouped([*keys, self.graph.name] if isinstance(self.graph, Variable) else keys, calls)

    def _grouped(self, keys: Sequence[str], calls: Sequence[ast.AggregateCall]) -> tuple[Solutions, Aggregates]:
        """The groups of equal keys; without keys, one."""
        scope = self.patterns.scope(self.solutions, self.graph)
        for number, aggregate in enumerate(calls):
            self._aggregate(f".aggregate{number}", aggregate, scope)
        base = scope.finish()
        outputs = tuple((Field(k, base.type(k)), Column(k)) for k in dict.fromkeys(keys))
        plan = Aggregate(base.plan, outputs, tuple(self._fields))
        shapes = {k: s for k, s in self.solutions.shapes.items() if k in keys} | self._shapes
        return Solutions(plan, (self.solutions.certain & set(keys)) | self._certain, shapes), self._terms

    def _group_each(self, graph: Variable, calls: Sequence[ast.AggregateCall]) -> tuple[Solutions, Aggregates]:
        """One solution for each graph, also for those without any solution: there a count is 0."""
        found, terms = self._grouped([graph.name], calls)
        nothing = filtered(keep(self.solutions, self.solutions.visible), Literal(False))
        empty, _ = Grouping(self.patterns, nothing)._grouped([], calls)
        graphs = self.patterns.graphs_named(graph, (graph.name,))
        missing = partner(graphs, keep(found, (graph.name,)), (graph.name,), (), anti=True)
        return union(found, join(missing, empty)), terms

    def _key(self, number: int, condition: ast.GroupCondition) -> str:
        if isinstance(condition.expression, ast.Var) and condition.variable is None:
            if condition.expression.name in self.patterns.provenance:
                key = condition.expression
                self.solutions = self.patterns.bind(self.solutions, key, key, self.graph)
            return condition.expression.name
        variable = condition.variable or ast.Var(f".key{number}")
        self.solutions = self.patterns.bind(self.solutions, condition.expression, variable, self.graph)
        return variable.name

    def _add(self, name: str, type: str, function: str, argument: Expression | None, **more: object) -> Column:
        shown = None if argument is None else Shown(self._text, argument)
        self._fields.append((Field(name, type), Aggregation(function, shown, type=type, **more)))  # type: ignore[arg-type]
        return Column(name)

    def _aggregate(self, name: str, aggregate: ast.AggregateCall, scope: Scope) -> None:
        if aggregate.argument is None:
            self._terms[aggregate] = self._count_rows(name, aggregate.distinct)
            return
        self._text = written(aggregate.argument)
        term = scope.typed(aggregate.argument)
        match aggregate.name:
            case "COUNT":
                column = self._add(name, "BIGINT", "count", _identity(term), distinct=aggregate.distinct)
                self._terms[aggregate] = Number(column, Literal(0))
            case "SUM" | "AVG":
                self._terms[aggregate] = self._total(name, aggregate, term)
            case "MIN" | "SAMPLE":
                self._terms[aggregate] = self._extreme(name, term, "first_of")
            case "MAX":
                self._terms[aggregate] = self._extreme(name, term, "last_of")
            case _:
                separator = " " if aggregate.separator is None else aggregate.separator
                text = BUILTINS["STR"]([term]).part("text")
                column = self._add(
                    name, "VARCHAR", "group_concat", text, distinct=aggregate.distinct, extra=(separator,)
                )
                self._terms[aggregate] = Text(column)

    def _count_rows(self, name: str, distinct: bool) -> Typed:
        columns = [Column(v) for v in self.solutions.visible]
        row = (call("row", *columns) if columns else Literal(1)) if distinct else None
        return Number(self._add(name, "BIGINT", "count", row, distinct=distinct), Literal(0))

    def _total(self, name: str, aggregate: ast.AggregateCall, term: Typed) -> Typed:
        value = term.number()
        invalid = call("is null", value)
        if term.large:  # an integer of more than 128 bits
            invalid = call(
                "or", invalid, call("and", call("=", term.rank(), Literal(0)), call("is null", term.whole()))
            )
        wrong = self._add(f"{name}.wrong", "BOOLEAN", "bool_or", invalid)
        integer = self._total_of_integers(name, aggregate, term) if aggregate.name == "SUM" else NULL
        if aggregate.distinct:
            total = self._add(f"{name}.total", "DOUBLE", "sum_distinct", _number_pack(term), distinct=True)
            count = self._add(f"{name}.count", "BIGINT", "count", _identity(term), distinct=True)
        else:
            total = self._add(f"{name}.total", "DOUBLE", "fsum", value)
            count = self._add(f"{name}.count", "BIGINT", "count", value)
        rank: Expression = term.rank()
        if not isinstance(rank, Literal):
            rank = call(
                "coalesce",
                self._add(f"{name}.rank", "INTEGER", "max", case((call("is not null", value), rank))),
                Literal(0),
            )
        zero = call("=", count, Literal(0))

        def valid(value: Expression) -> Expression:
            return case((call("coalesce", wrong, Literal(False)), NULL), otherwise=value)

        if aggregate.name == "AVG":
            mean = case((zero, Literal(0.0)), otherwise=call("/", total, count))
            rank = case((zero, Literal(0)), otherwise=call("greatest", rank, Literal(1)))
            return Number(valid(call("round_number", mean, rank)), rank)
        if rank == Literal(0):
            return Number.integer(valid(integer))
        most = self._add(f"{name}.most", "DOUBLE", "max", call("abs", value))
        return either(
            valid(integer), case((zero, Literal(0.0)), otherwise=valid(call("round_sum", total, most, rank))), rank
        )

    def _total_of_integers(self, name: str, aggregate: ast.AggregateCall, term: Typed) -> Expression:
        """The exact sum of the integers among terms."""
        if isinstance(term.rank(), Literal) and term.rank() != Literal(0):
            return NULL
        if aggregate.distinct:
            argument = _number_pack(term)
            low = self._add(f"{name}.low", "HUGEINT", "sum_distinct_low", argument, distinct=True)
            high: Expression = self._add(f"{name}.high", "HUGEINT", "sum_distinct_high", argument, distinct=True)
        else:
            whole = term.whole()
            low = self._add(f"{name}.low", "HUGEINT", "sum", call("low_digits", whole))
            high = self._add(f"{name}.high", "HUGEINT", "sum", call("high_digits", whole)) if term.large else NULL
        return call("exact_sum", low, high)

    def _extreme(self, name: str, term: Typed, function: str) -> str:
        stored = isinstance(term, Stored)
        value = Column(term.name) if isinstance(term, Stored) else term.pack()
        self._add(name, "TERM" if stored else "VALUE", function, call("pair", value, order_key(term)))
        self._shapes[name] = term.shape
        return name


def _identity(term: Typed) -> Expression:
    """What is the same for the same terms, and NULL for none."""
    if isinstance(term, Stored):
        return Column(term.name)
    return term.value if isinstance(term, Packed) else term.pack()


def _number_pack(term: Typed) -> Expression:
    """A number as a whole term; NULL for what is none."""
    return case((call("is not null", term.number()), term.pack()))
