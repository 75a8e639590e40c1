"""One SELECT to a plan: FROM, WHERE, GROUP BY, HAVING, windows, the list, DISTINCT, ORDER BY, LIMIT, in this order."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from neuraldb.core.errors import BindError
from neuraldb.plan.expressions import Column, Expression
from neuraldb.plan.nodes import (
    Aggregate,
    Aggregation,
    Distinct,
    Field,
    Filter,
    Limit,
    Node,
    Order,
    Project,
    Sort,
    Values,
    Window,
)  # fmt: skip
from neuraldb.plan.semantic_nodes import READINGS, reading
from neuraldb.plan.sql_bind import Binder
from neuraldb.plan.sql_context import Building, Inexpressible
from neuraldb.plan.sql_convert import condition, display, expression, raw
from neuraldb.plan.sql_from import Derived, FromBinder, realise
from neuraldb.plan.sql_group import aggregates, aggregation, replaced, windows
from neuraldb.plan.sql_joins import Joins
from neuraldb.plan.sql_measures import uses_measures, with_measures
from neuraldb.plan.sql_outputs import Output, output_list, unique
from neuraldb.plan.sql_rewriting import in_other_words
from neuraldb.plan.sql_scope import BoundColumn, Scope
from neuraldb.plan.sql_semantic import Judged, SemanticSteps
from neuraldb.plan.sql_sort import SortKey, positional, sort_keys, spread
from neuraldb.plan.sql_sparing import sparing
from neuraldb.plan.sql_subqueries import Queries, Subqueries
from neuraldb.plan.sql_tree import Tree, attribute, bound, column, columns, conjuncts
from neuraldb.plan.sql_typed import common

_CLAUSES = frozenset(
    {"expressions", "from_", "joins", "where", "group", "having", "qualify", "order", "limit", "offset", "distinct"}
    | {"with_", "operation_modifiers"}
)
ONE_ROW = Values((Field("row:1", "INTEGER"),), ((1,),))
"""What a SELECT without FROM reads."""


class Select:
    """Builds one SELECT.

    Args:
        queries: builds the queries within it.
        tree: the SELECT.
        named: the common tables in sight, by lower-case name.
        outer: the scope of the SELECT around it, whose columns it may name.
    """

    def __init__(
        self, queries: Queries, tree: exp.Select, named: dict[str, Derived], outer: Scope | None = None
    ) -> None:
        self.building: Building = queries.building
        self.tree = tree = in_other_words(tree) if self.building.neural else tree
        self.scope = Scope(outer=outer)
        self.subqueries = Subqueries(queries, named)
        self.binder = Binder(self.building, self.scope, self.subqueries.scalar)
        self.subqueries.binder = self.binder
        self.steps = SemanticSteps(self.building, self.binder)
        sources = FromBinder(self.building, named, lambda query: queries.build(query, named))
        self.joins = Joins(self.building, sources, self.binder, self.steps)
        self.stand_ins: list[tuple[Tree, BoundColumn]] = []
        self.types: dict[str, str] = {}
        for clause, value in tree.args.items():
            if value and clause not in _CLAUSES:
                raise Inexpressible(clause.rstrip("_").replace("_", " ").upper(), tree)
        self.distinct = tree.args.get("distinct") is not None
        if self.distinct and tree.args["distinct"].args.get("on"):
            raise Inexpressible("DISTINCT ON", tree)

    def build(self, count: int | None, offset: int) -> Derived:
        """The plan, its rows cut to ``count`` after ``offset``."""
        self.joins.read(self.tree, self.scope)
        outputs = output_list(self.tree, self.scope, self.binder)
        self._where()
        groups = self._groups(outputs)
        having, qualify = self._conditions("having"), self._conditions("qualify")
        keys = sort_keys(self.tree.args.get("order"), outputs, self.binder.bind, self.building)
        for key in keys:
            if (cell := attribute(key.tree)) is not None:
                self.binder.measures(cell)
        trees = [*(o.tree for o in outputs), *having, *qualify, *(k.tree for k in keys)]
        asked = [tree for call in self.binder.semantic for tree in call.trees]
        calls = list({str(c): c for tree in (*trees, *asked) for c in aggregates(tree, self.building)}.values())
        grouped = groups is not None or bool(calls) or bool(having)
        if self.distinct and not grouped and self._keeps_readings(outputs, trees):
            # equal rows are one group, which keeps the readings of its cells
            groups, grouped, self.distinct = list({str(o.tree): o.tree for o in outputs}.values()), True, False
        if grouped:
            self.steps.postpone([*self.subqueries.conditions, *(groups or []), *calls])
        self._find_types(outputs, groups or [], calls)
        node = self._rows()
        if grouped:
            node = self._grouped(node, groups or [], calls)
            node = self.steps.add_later(node, self.stand_ins)
        node = self._filtered(node, having)
        node = self._windowed(node, [*(o.tree for o in outputs), *qualify, *(k.tree for k in keys)])
        node = self._filtered(node, qualify)
        return self._finished(node, outputs, keys, count, offset)

    def exists(self) -> tuple[Node, list[Tree], Judged]:
        """The rows that FROM and WHERE give, and the conditions that name columns of the SELECT around it: those that
        are exact, and those that need a model.
        """
        for clause in ("group", "having", "qualify", "limit", "offset"):
            if self.tree.args.get(clause):
                raise Inexpressible(f"EXISTS with {clause.upper()}", self.tree)
        self.joins.read(self.tree, self.scope)
        self._where()
        about_outer = [c for c in self.subqueries.conditions if self._names_outer(c)]
        self.subqueries.conditions = [c for c in self.subqueries.conditions if c not in about_outer]
        judged = Judged(
            [c for c in self.steps.criteria if any(map(self._names_outer, c.trees))],
            list(self.binder.semantic),
            [c for c in about_outer if self.steps.uses(c)],
        )
        self.steps.criteria = [c for c in self.steps.criteria if c not in judged.criteria]
        # what only the conditions on both queries read is computed with them
        self.steps.postpone(self.subqueries.conditions)
        return self._rows(), [c for c in about_outer if c not in judged.conditions], judged

    def _names_outer(self, tree: Tree) -> bool:
        """Whether a bound tree reads a column of the SELECT around this one, be it through a semantic function."""
        prefixes = tuple(f"{s.alias}." for s in self.scope.sources)
        calls = {c.output.name: c for c in self.binder.semantic}
        return any(
            any(map(self._names_outer, calls[c.name].trees)) if c.name in calls else not c.name.startswith(prefixes)
            for c in columns(tree)
        )

    # --------------------------------------------------------------------------------------------------- the clauses

    def _where(self) -> None:
        where = self.tree.args.get("where")
        for part in conjuncts(where.this if where else None):
            if not (self.steps.criterion(part) or self.subqueries.take(part)):
                self.subqueries.conditions.append(self.binder.bind(sparing(part)))
        self.subqueries.conditions += self.joins.moved

    def _conditions(self, clause: str) -> list[Tree]:
        tree = self.tree.args.get(clause)
        return [self.binder.bind(part) for part in conjuncts(tree.this if tree else None)]

    def _groups(self, outputs: list[Output]) -> list[Tree] | None:
        """The keys of GROUP BY; None where there is no such clause."""
        group = self.tree.args.get("group")
        if group is None:
            return None
        for clause, value in group.args.items():
            if value and clause not in ("expressions", "all"):
                raise Inexpressible(clause.replace("_", " ").upper(), group)
        if any(isinstance(part, exp.Rollup | exp.Cube | exp.GroupingSets) for part in group.expressions):
            raise Inexpressible("grouping by several sets of keys", group)
        if group.args.get("all"):
            keys = [o.tree for o in outputs if not any(True for _ in aggregates(o.tree, self.building))]
        else:
            keys = [positional(p, outputs, self.building) or self.binder.bind(p) for p in group.expressions]
        return list({str(key): key for key in keys}.values())

    def _keeps_readings(self, outputs: list[Output], trees: list[Tree]) -> bool:
        cells = any(attribute(o.tree) for o in outputs)
        return cells and not any(True for tree in trees for _ in windows(tree))

    def _find_types(self, outputs: list[Output], groups: list[Tree], calls: list[Tree]) -> None:
        """Ask DuckDB for the types of what is computed."""
        later = [c for c in self.binder.semantic if c.output.name in self.steps.later]
        keys = [*groups, *(column(BoundColumn(c.output.name, c.output.type, "")) for c in later)]
        unknown = [o for o in outputs if bound(o.tree) is None]
        computed = [g for g in groups if bound(g) is None]
        asked = [*(o.tree for o in unknown), *computed, *calls]
        if not asked:
            return
        types = self.building.describe(asked, keys if groups or calls else ())
        for output, type_ in zip(unknown, types, strict=False):
            output.type = type_
        self.types = {t.sql("duckdb"): type_ for t, type_ in zip(asked, types, strict=True)}

    # ------------------------------------------------------------------------------------------------------ the nodes

    def _rows(self) -> Node:
        """The rows of FROM that WHERE keeps, with the columns that semantic functions give."""
        tree = self.subqueries.attach(self.joins.tree)
        node = ONE_ROW if tree is None else realise(tree, self.binder.keyed_columns, self.building)
        late = [c for c in self.subqueries.conditions if self.steps.uses(c)]
        early = [c for c in self.subqueries.conditions if not self.steps.uses(c)]
        cells = list(self.binder.measured.values())
        measured = [c for c in early if uses_measures(c, cells)]
        node = self._filtered(node, [c for c in early if c not in measured])
        node = self._filtered(with_measures(node, cells, self.building), measured)
        node = self.subqueries.semi_joins(node, self.steps)
        node = self.steps.filters(node)
        node = self._filtered(self.steps.add(node, needed_by=late), late)
        return self.steps.add(node)

    def _filtered(self, node: Node, trees: list[Tree]) -> Node:
        if not trees:
            return node
        return Filter(node, condition([self._checked(t, node) for t in trees], self.building))

    def _checked(self, tree: Tree, node: Node, written: Tree | None = None) -> Tree:
        """The tree over the columns that the node gives: grouped and aggregated ones stand for what they are."""
        result = replaced(tree, self.stand_ins) if self.stand_ins else tree
        for found in columns(result):
            if found.name not in node.names:
                raise BindError(
                    f"{found.label} is neither grouped by nor aggregated",
                    source=self.building.statement.source,
                    span=self.building.statement.span(written),
                    hint=f"add it to GROUP BY, or take any_value({found.label})",
                )
        return result

    def _grouped(self, node: Node, keys: list[Tree], calls: list[Tree]) -> Node:
        computed: list[tuple[Field, Expression]] = []
        fields: list[tuple[Field, Expression]] = []
        totals: list[tuple[Field, Aggregation | Expression]] = []
        for key in keys:
            found = bound(key)
            if found is None:
                found = BoundColumn(self.building.fresh("key"), self.types[key.sql("duckdb")], display(key))
                computed.append((Field(found.name, found.type), expression(key, self.building)))
            self.stand_ins.append((key, found))
            fields.append((Field(found.name, found.type), Column(found.name)))
            for kind in READINGS:
                if kind in found.readings:
                    # cells of one text have one meaning
                    name = reading(found.name, kind)
                    totals.append((Field(name, READINGS[kind]), Aggregation("min", Column(name))))
            if found.name in self.binder.measured:
                name = common(found).name
                totals.append((Field(name, "BOOLEAN"), Aggregation("min", Column(name))))
        if computed:
            node = Project(node, (*((f, Column(f.name)) for f in node.columns), *computed))
        for call in calls:
            stand_in = BoundColumn(display(call), self.types[call.sql("duckdb")], display(call))
            self.stand_ins.append((call, stand_in))
            totals.append((Field(stand_in.name, stand_in.type), aggregation(call, self.building)))
        return Aggregate(node, tuple(fields), tuple(totals))

    def _windowed(self, node: Node, trees: list[Tree]) -> Node:
        """The columns of the window functions in the given trees."""
        stood_in = [replaced(tree, self.stand_ins) for tree in trees]
        calls = list({str(w): w for tree in stood_in for w in windows(tree)}.values())
        if not calls:
            return node
        outputs: list[tuple[Field, Expression]] = []
        for call, type_ in zip(calls, self.building.describe(calls), strict=True):
            name = BoundColumn(self.building.fresh("window"), type_, display(call))
            outputs.append((Field(name.name, type_), raw(self._checked(call, node), self.building)))
            self.stand_ins.append((call, name))
        return Window(node, tuple(outputs))

    def _finished(
        self, node: Node, outputs: list[Output], keys: list[SortKey], count: int | None, offset: int
    ) -> Derived:
        """The order, the cut and the list; after DISTINCT only what is listed is there to sort by."""
        trees = [self._checked(o.tree, node, o.written) for o in outputs]
        names = unique([o.label for o in outputs])
        keys = [replace(k, tree=self._checked(k.tree, node)) for k in keys]
        if self.distinct:
            keys = [replace(k, tree=self._output(k.tree, trees, outputs, names)) for k in keys]
        else:
            node = sorted_rows(node, keys, self.building)
            node = limited(node, count, offset)
        given, listed = [], []
        for output, tree, name in zip(outputs, trees, names, strict=True):
            cell = attribute(tree)
            readings = cell.readings if cell is not None and not self.distinct else frozenset()
            given.append(BoundColumn(name, output.type, name, readings))
            listed.append((Field(name, output.type), expression(tree, self.building)))
            for kind in READINGS:
                if cell is not None and kind in readings:
                    listed.append((Field(reading(name, kind), READINGS[kind]), Column(reading(cell.name, kind))))
        node = Project(node, tuple(listed))
        if self.distinct:
            node = limited(sorted_rows(Distinct(node), keys, self.building), count, offset)
        return Derived(node, tuple(given))

    def _output(self, tree: Tree, trees: list[Tree], outputs: list[Output], names: list[str]) -> Tree:
        place = next((i for i, known in enumerate(trees) if known == tree), None)
        if place is None:
            self.building.wrong("with SELECT DISTINCT, ORDER BY can only name what is selected", None)
        return column(BoundColumn(names[place], outputs[place].type, names[place]))


def sorted_rows(node: Node, keys: list[SortKey], building: Building) -> Node:
    """The rows in the order of the keys."""
    if not keys:
        return node
    node, keys = spread(node, keys, building)
    orders = [Order(expression(k.tree, building), k.descending, True if k.nulls_first else None) for k in keys]
    return Sort(node, tuple(orders))


def limited(node: Node, count: int | None, offset: int) -> Node:
    """The rows cut, where there is a LIMIT or OFFSET."""
    return node if count is None and not offset else Limit(node, count, offset)
