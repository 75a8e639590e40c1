"""Subqueries in conditions and expressions.

What DuckDB can compute alone stays its own text. Otherwise ``[NOT] IN`` and ``[NOT] EXISTS`` become semi and anti
joins, and a subquery of one row is joined in; within an expression all of them become counts that are joined in.
``NOT IN`` over a virtual table takes unknown cells as no members: else one unknown would empty the result.
"""

from __future__ import annotations

from typing import Protocol

from sqlglot import exp

from neuraldb.core.errors import ProgrammingError
from neuraldb.core.text import identifier
from neuraldb.plan.expressions import Column
from neuraldb.plan.nodes import Field, Join, Node, Project
from neuraldb.plan.semantic_nodes import NameKey, reading
from neuraldb.plan.sql_bind import Binder
from neuraldb.plan.sql_context import Building, Inexpressible
from neuraldb.plan.sql_convert import condition
from neuraldb.plan.sql_correlated import Correlated, correlated
from neuraldb.plan.sql_from import Derived, FromTree, Leaf, Pair
from neuraldb.plan.sql_judged_joins import judged_join
from neuraldb.plan.sql_scope import BoundColumn, Scope, Source
from neuraldb.plan.sql_semantic import Judged, SemanticSteps
from neuraldb.plan.sql_tree import KIND, Tree, attribute, column, kind_of_type, plain, read


class Queries(Protocol):
    """Builds the queries within a statement."""

    building: Building

    def build(self, query: Tree, named: dict[str, Derived]) -> Derived:
        """The plan of a query that names nothing of what is around it."""

    def exists(self, query: Tree, named: dict[str, Derived], outer: Scope) -> tuple[Node, list[Tree], Judged]:
        """The rows of a query, and the conditions on them that name columns of ``outer``, exact and judged."""


class Subqueries:
    """The subqueries of one SELECT.

    Attributes:
        conditions: the bound conditions of WHERE that are no subqueries.
    """

    binder: Binder

    def __init__(self, queries: Queries, named: dict[str, Derived]) -> None:
        self.queries = queries
        self.building = queries.building
        self.named = named
        self.conditions: list[Tree] = []
        self._semi: list[tuple[str, Node, list[Tree], Judged]] = []
        self._joined: list[tuple[Leaf, str, list[Tree]]] = []

    def take(self, part: Tree) -> bool:
        """Take a condition of WHERE if it is a subquery that DuckDB alone can't compute."""
        negated, tree = False, plain(part)
        while isinstance(tree, exp.Not):
            negated, tree = not negated, plain(tree.this)
        if isinstance(tree, exp.In) and tree.args.get("query"):
            return self._in(tree, negated)
        if isinstance(tree, exp.Exists):
            node, on, judged = self.queries.exists(tree.this, self.named, self.binder.scope)
            self._semi.append(("anti" if negated else "semi", node, on, judged))
            return True
        return False

    def semi_joins(self, node: Node, steps: SemanticSteps) -> Node:
        """The rows with a partner, or without one, in the subqueries."""
        for kind, other, on, judged in self._semi:
            if shared := node.names & other.names:
                raise Inexpressible(f"the alias {sorted(shared)[0].split('.')[0]} within and around a subquery")
            exact = condition(on, self.building) if on else None
            if judged:
                node = judged_join(node, other, kind, exact, judged, steps)
            else:
                node = Join(node, other, kind, condition=exact)
        return node

    def attach(self, tree: FromTree | None) -> FromTree | None:
        """The FROM clause with the subqueries of one row joined in."""
        for leaf, kind, on in self._joined:
            tree = leaf if tree is None else Pair(tree, leaf, kind, on)
        return tree

    def scalar(self, tree: Tree) -> Tree:
        """What becomes of a subquery within an expression."""
        if isinstance(tree, exp.In):
            this, query = self.binder.bind(tree.this), tree.args["query"]
            if self._needs_plan(query) or attribute(this):
                return self._member(tree, this)
            self._exact(query)
            return exp.In(this=this, query=query.copy())
        if isinstance(tree, exp.Exists):
            if self._needs_plan(tree.this) or self._correlated(tree.this):
                return self._there(tree)
            self._exact(tree.this)
            return tree.copy()
        apart = self._correlated(tree)
        if apart is not None:
            return self._row_for_each(apart, tree)
        if self._needs_plan(tree):
            return self._one_row(tree)
        kinds = self._exact(tree)
        result = tree.copy()
        result.meta[KIND] = kinds[0]
        return result

    # ------------------------------------------------------------------------------------------------------ the kinds

    def _needs_plan(self, tree: Tree) -> bool:
        """Whether DuckDB can't compute it alone: it is neural, or reads a common table."""
        return self.building.reads_neural(tree) or any(
            identifier(t.name) in self.named for t in tree.find_all(exp.Table) if not t.args.get("db")
        )

    def _exact(self, query: Tree) -> list[str]:
        """The kinds of the columns of a subquery that DuckDB computes as it stands.

        Raises:
            Inexpressible: it names columns of the query around it.
        """
        inner = query.this if isinstance(query, exp.Subquery) else query
        try:
            return [kind_of_type(f.type) for f in self.building.fields(inner.sql("duckdb"), inner)]
        except ProgrammingError:
            raise Inexpressible("a subquery that names columns of the query around it", query) from None

    def _in(self, tree: exp.In, negated: bool) -> bool:
        query = tree.args["query"]
        this = self.binder.bind(tree.this)
        cell = attribute(this)
        if not self._needs_plan(query) and cell is None:
            return False
        if negated and not self.building.neural:
            raise Inexpressible("NOT IN over a common table", tree)
        derived = self._renamed(self.queries.build(_bare(query), self.named))
        if len(derived.columns) != 1:
            self.building.wrong("the subquery of IN gives one column", query)
        (member,) = derived.columns
        node, on = self._equal(this, member, derived.node)
        if negated:
            self.conditions.append(exp.Not(this=exp.Is(this=this.copy(), expression=exp.Null())))
        self._semi.append(("anti" if negated else "semi", node, [on], Judged()))
        return True

    def _one_row(self, tree: Tree) -> Tree:
        """A subquery of one row and column, joined in; its value is the column."""
        query = _bare(tree)
        limited = query.args.get("limit")
        single = _aggregates(query)
        if not single and not (limited and limited.expression.name == "1"):
            raise Inexpressible("a subquery that may give several rows", tree)
        derived = self._renamed(self.queries.build(query, self.named))
        if len(derived.columns) != 1:
            self.building.wrong("a subquery in an expression gives one column", query)
        leaf = Leaf(Source("", ()), lambda: derived.node)
        self._joined.append((leaf, "cross" if single else "left", [] if single else [exp.true()]))
        return column(derived.columns[0])

    def _row_for_each(self, apart: Correlated, tree: Tree) -> Tree:
        """A subquery of one aggregate for each value of what it is compared with, joined in on the equality."""
        if not _has_aggregate(apart.query) or len(apart.query.expressions) != 1 + len(apart.outer):
            raise Inexpressible("a subquery that may give several rows", tree)
        derived = self._renamed(self.queries.build(apart.query, self.named))
        node, (value, *members) = derived.node, derived.columns
        on, measuring = [], self.binder.measuring
        # which numbers can be compared is known after the joins
        self.binder.measuring = False
        for outer, member in zip(apart.outer, members, strict=True):
            node, equal = self._equal(self.binder.bind(outer), member, node)
            on.append(equal)
        self.binder.measuring = measuring
        self._joined.append((Leaf(Source("", ()), lambda: node), "left", on))
        found = column(value)
        return exp.Coalesce(this=found, expressions=[exp.Literal.number(0)]) if apart.counts else found

    def _correlated(self, query: Tree) -> Correlated | None:
        return correlated(_bare(query), self.binder.scope) if self.building.neural else None

    def _there(self, tree: exp.Exists) -> Tree:
        """EXISTS within an expression: whether the rows can be counted."""
        query = _bare(tree.this)
        counted = query.copy()
        if not isinstance(query, exp.Select) or _has_aggregate(query) or query.args.get("group"):
            counted = exp.Select(expressions=[]).from_(exp.Subquery(this=counted, alias=exp.TableAlias(this="there")))
        for clause in ("order", "distinct", "limit"):
            counted.set(clause, None)
        counted.set("expressions", [exp.Count(this=exp.Star(), big_int=True)])
        return exp.GT(this=self.scalar(exp.Subquery(this=counted)), expression=exp.Literal.number(0))

    def _member(self, tree: exp.In, this: Tree) -> Tree:
        """IN within an expression: how often the value is among those that the subquery gives."""
        if self._correlated(tree.args["query"]):
            raise Inexpressible("IN (SELECT …) within an expression, which names columns of the query around it", tree)
        value = exp.column("value", table="members")
        alias = exp.TableAlias(this=exp.to_identifier("members"), columns=[exp.to_identifier("value")])
        query = exp.Select(expressions=[exp.Count(this=exp.Star(), big_int=True), exp.alias_(value, "__equal0")])
        query = query.from_(exp.Subquery(this=_bare(tree.args["query"]).copy(), alias=alias)).group_by(value.copy())
        found = self._row_for_each(Correlated(query, [tree.this], counts=True), tree)
        known = exp.Not(this=exp.Is(this=this, expression=exp.Null()))
        return exp.Case().when(known, exp.GT(this=found, expression=exp.Literal.number(0)))

    def _equal(self, this: Tree, member: BoundColumn, node: Node) -> tuple[Node, Tree]:
        """The condition that a value is what a subquery gives, and the subquery with what the condition reads."""
        cell = attribute(this)
        if cell is None or member.readings or kind_of_type(member.type) != "text":
            return node, self.binder.compared(exp.EQ, this, column(member))
        key = BoundColumn(reading(member.name, "key"), "VARCHAR", "")
        return NameKey(node, member.name), exp.EQ(this=read(cell, "key"), expression=column(key))

    def _renamed(self, derived: Derived) -> Derived:
        """The query with names that nothing else has."""
        alias = self.building.fresh("subquery")
        new = tuple(BoundColumn(f"{alias}.{c.name}", c.type, c.label, c.readings) for c in derived.columns)
        outputs = [
            (Field(outer.name, outer.type), Column(inner.name))
            for ours, theirs in zip(new, derived.columns, strict=True)
            for outer, inner in zip(ours.fields, theirs.fields, strict=True)
        ]
        return Derived(Project(derived.node, tuple(outputs)), new)


def _aggregates(query: Tree) -> bool:
    """Whether a query without GROUP BY gives one row."""
    return isinstance(query, exp.Select) and not query.args.get("group") and _has_aggregate(query)


def _has_aggregate(query: exp.Select) -> bool:
    return any(e.find(exp.AggFunc) and not e.find(exp.Window) for e in query.expressions)


def _bare(tree: Tree) -> Tree:
    """A subquery without the brackets that hold nothing else."""
    while isinstance(tree, exp.Subquery) and not any(v for k, v in tree.args.items() if k != "this"):
        tree = tree.this
    return tree
