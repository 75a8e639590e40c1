"""Queries to plans: SELECTs, common tables, UNION, INTERSECT, EXCEPT, ORDER BY and LIMIT over them."""

from __future__ import annotations

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.plan.expressions import Call, Column, all_of
from neuraldb.plan.nodes import Distinct, ExactQuery, Field, Join, Node, Project, Union, Window
from neuraldb.plan.sql_bind import Binder
from neuraldb.plan.sql_context import Building, Inexpressible
from neuraldb.plan.sql_convert import raw
from neuraldb.plan.sql_from import Derived
from neuraldb.plan.sql_outputs import Output, unique
from neuraldb.plan.sql_scope import BoundColumn, Scope, Source
from neuraldb.plan.sql_select import Select, limited, sorted_rows
from neuraldb.plan.sql_semantic import Judged
from neuraldb.plan.sql_sort import sort_keys
from neuraldb.plan.sql_subqueries import Subqueries
from neuraldb.plan.sql_tree import Tree, column, constant

Named = dict[str, Derived]


class QueryBuilder:
    """Builds queries of any form.

    Args:
        building: the statement's state.
    """

    def __init__(self, building: Building) -> None:
        self.building = building

    def build(self, query: Tree, named: Named) -> Derived:
        """The plan of a query.

        Raises:
            Inexpressible: the plan's nodes have no word for a part of it.
        """
        named = self._with(query, named)
        count, offset = self._cut(query)
        if isinstance(query, exp.Select):
            return Select(self, query, named).build(count, offset)
        if isinstance(query, exp.SetOperation):
            return self._cut_and_sorted(self._combined(query, named), query, count, offset)
        if isinstance(query, exp.Subquery):
            if query.args.get("joins") or query.args.get("pivots") or query.args.get("sample"):
                raise Inexpressible("a join in brackets", query)
            return self._cut_and_sorted(self.build(query.this, named), query, count, offset)
        if isinstance(query, exp.Values):
            fields = self.building.fields(query.sql("duckdb"), query)
            node = ExactQuery(query.sql("duckdb"), fields, self.building.parameters(query))
            return Derived(node, tuple(BoundColumn(f.name, f.type, f.name) for f in fields))
        raise Inexpressible(query.key.upper(), query)

    def exists(self, query: Tree, named: Named, outer: Scope) -> tuple[Node, list[Tree], Judged]:
        """The rows of a query in EXISTS, and the conditions on them that name columns of ``outer``."""
        while isinstance(query, exp.Subquery):
            query = query.this
        if isinstance(query, exp.Select) and not query.args.get("with_"):
            return Select(self, query, named, outer).exists()
        return self.build(query, named).node, [], Judged()

    def _with(self, query: Tree, named: Named) -> Named:
        """The common tables in sight of a query: those around it and its own, of which each sees the ones before."""
        clause = query.args.get("with_")
        if clause is None:
            return named
        if clause.args.get("recursive"):
            raise Inexpressible("WITH RECURSIVE", clause)
        named = dict(named)
        for table in clause.expressions:
            derived = self.build(table.this, named)
            names = [c.name for c in table.args["alias"].args.get("columns") or []]
            if len(names) > len(derived.columns):
                self.building.wrong(f"{table.alias} has {len(derived.columns)} columns", table.args["alias"])
            named[identifier(table.alias)] = Derived(derived.node, _relabelled(derived.columns, names))
        return named

    def _cut(self, query: Tree) -> tuple[int | None, int]:
        """LIMIT and OFFSET."""
        limit, offset = query.args.get("limit"), query.args.get("offset")
        if isinstance(limit, exp.Fetch) or (limit is not None and limit.args.get("limit_options")):
            raise Inexpressible("a LIMIT in per cent, or FETCH", limit)
        count = None if limit is None else self._whole(limit)
        return count, (0 if offset is None else self._whole(offset) or 0)

    def _whole(self, clause: Tree) -> int | None:
        known, value = constant(clause.expression, self.building.values)
        if known and value is None:
            return None
        if not known or not isinstance(value, int) or isinstance(value, bool):
            raise Inexpressible("a LIMIT that is computed", clause)
        if value < 0:
            self.building.wrong(f"{clause.key.upper()} cannot be negative", clause)
        return value

    def _cut_and_sorted(self, derived: Derived, query: Tree, count: int | None, offset: int) -> Derived:
        """ORDER BY and LIMIT over a query whose outputs alone can be named."""
        order = query.args.get("order")
        node = derived.node
        if order is not None:
            scope = Scope([Source("", derived.columns)])
            binder = Binder(self.building, scope, Subqueries(self, {}).scalar)
            outputs = [Output(c.label, column(c), c.type, order) for c in derived.columns]
            node = sorted_rows(node, sort_keys(order, outputs, binder.bind, self.building), self.building)
        return Derived(limited(node, count, offset), derived.columns)

    # ------------------------------------------------------------------------------------------------ set operations

    def _combined(self, query: exp.SetOperation, named: Named) -> Derived:
        if query.args.get("by_name") or query.args.get("side") or query.args.get("kind") or query.args.get("on"):
            raise Inexpressible(f"{query.key.upper()} BY NAME", query)
        left, right = self.build(query.this, named), self.build(query.expression, named)
        if len(left.columns) != len(right.columns):
            self.building.wrong(
                f"the two sides of {query.key.upper()} have {len(left.columns)} and {len(right.columns)} columns", query
            )
        types = self._common_types(left, right)
        keeps = [a.readings & b.readings for a, b in zip(left.columns, right.columns, strict=True)]
        distinct = bool(query.args.get("distinct"))
        if distinct or not isinstance(query, exp.Union):
            keeps = [frozenset()] * len(keeps)
        names = unique([c.label for c in left.columns])
        columns = tuple(
            BoundColumn(name, type_, name, readings) for name, type_, readings in zip(names, types, keeps, strict=True)
        )
        a, b = (_listed(side, columns) for side in (left, right))
        if isinstance(query, exp.Union):
            node: Node = Union(a, b)
            return Derived(Distinct(node) if distinct else node, columns)
        if not distinct and not self.building.neural:
            raise Inexpressible(f"{query.key.upper()} ALL", query)
        if not distinct:
            a, b = self._numbered(a, columns), self._numbered(b, columns)
        node = self._set_join(a, b, isinstance(query, exp.Except))
        outputs = tuple((Field(c.name, c.type), Column(c.name)) for c in columns)
        return Derived(node if distinct else Project(node, outputs), columns)

    def _common_types(self, left: Derived, right: Derived) -> list[str]:
        types = []
        for a, b in zip(left.columns, right.columns, strict=True):
            if a.type == b.type:
                types.append(a.type)
                continue
            sql = f"SELECT CAST(NULL AS {a.type}) AS x UNION ALL SELECT CAST(NULL AS {b.type})"
            types.append(self.building.catalogue.describe(sql, {})[0].type)
        return types

    def _numbered(self, node: Node, columns: tuple[BoundColumn, ...]) -> Node:
        """The rows with a number for those that are equal, so that none is like another."""
        number = exp.Window(this=exp.RowNumber(), partition_by=[column(c) for c in columns], over="OVER")
        return Window(node, ((Field("number:1", "BIGINT"), raw(number, self.building)),))

    def _set_join(self, left: Node, right: Node, without: bool) -> Node:
        """EXCEPT as an anti join, INTERSECT as a join, both of distinct rows, and NULL equal to NULL."""
        alias = self.building.fresh("right")
        outputs = tuple((Field(f"{alias}.{f.name}", f.type), Column(f.name)) for f in right.columns)
        other = Project(Distinct(right), outputs)
        same = [
            Call("is not distinct from", (Column(ours.name), Column(theirs.name)))
            for ours, (theirs, _) in zip(left.columns, outputs, strict=True)
        ]
        if without:
            return Join(Distinct(left), other, "anti", condition=all_of(list(same)))
        joined = Join(Distinct(left), other, "inner", condition=all_of(list(same)))
        return Project(joined, tuple((f, Column(f.name)) for f in left.columns))


def _relabelled(columns: tuple[BoundColumn, ...], names: list[str]) -> tuple[BoundColumn, ...]:
    labels = names + [c.label for c in columns[len(names) :]]
    return tuple(BoundColumn(c.name, c.type, label, c.readings) for c, label in zip(columns, labels, strict=True))


def _listed(side: Derived, columns: tuple[BoundColumn, ...]) -> Node:
    """A side of a set operation under the names that both get."""
    outputs = []
    for new, old in zip(columns, side.columns, strict=True):
        inner = BoundColumn(old.name, old.type, old.label, new.readings)
        outputs += [(Field(o.name, o.type), Column(i.name)) for o, i in zip(new.fields, inner.fields, strict=True)]
    return Project(side.node, tuple(outputs))
