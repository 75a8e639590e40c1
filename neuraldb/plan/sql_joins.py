"""The joins of a FROM clause, with their conditions bound."""

from __future__ import annotations

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.plan.sql_bind import Binder
from neuraldb.plan.sql_calls import Criterion, all_columns
from neuraldb.plan.sql_context import Building, Inexpressible
from neuraldb.plan.sql_from import FromBinder, FromTree, Leaf, Pair
from neuraldb.plan.sql_judged_joins import judged_join
from neuraldb.plan.sql_measures import uses_measures
from neuraldb.plan.sql_scope import BoundColumn, Scope, UnknownName, VirtualSource
from neuraldb.plan.sql_semantic import Judged, SemanticSteps
from neuraldb.plan.sql_tree import Tree, column, conjuncts


class Joins:
    """Reads the FROM clause of one SELECT.

    Attributes:
        tree: the sources and how they are joined; None where there is no FROM.
        moved: conditions of inner joins that need a semantic column, and so are checked after the joins.
    """

    def __init__(self, building: Building, sources: FromBinder, binder: Binder, steps: SemanticSteps) -> None:
        self.building = building
        self.sources = sources
        self.binder = binder
        self.steps = steps
        self.tree: FromTree | None = None
        self.moved: list[Tree] = []
        self._outer = False

    def read(self, select: exp.Select, scope: Scope) -> None:
        """Read the clause; ``scope`` is filled with its columns."""
        clause = select.args.get("from_")
        if clause is None:
            return
        joins = select.args.get("joins") or []
        self._outer = any(join.args.get("side") for join in joins)
        self.tree = self.sources.item(clause.this)
        scope.sources = self.tree.sources
        for join in joins:
            right = self.sources.item(join.this)
            pair = Pair(self.tree, right, _kind(join))
            self._check_aliases(scope, right, join)
            self._join(pair, join, scope)
            self.tree = pair
            scope.sources = pair.sources

    def _check_aliases(self, scope: Scope, right: FromTree, join: exp.Join) -> None:
        taken = {identifier(s.alias) for s in scope.sources}
        for source in right.sources:
            if identifier(source.alias) in taken:
                self.building.wrong(
                    f"two tables are called {source.alias}", join.this, "give one of them another alias"
                )

    def _join(self, pair: Pair, join: exp.Join, scope: Scope) -> None:
        both = Scope(pair.left.sources + pair.right.sources, scope.merged, scope.stand_ins, scope.outer)
        names = [(i.name, i) for i in join.args.get("using") or []]
        if str(join.args.get("method") or "").upper() == "NATURAL":
            names = [(name, join) for name in self._common(pair, join)]
        own, self.binder.scope = self.binder.scope, both
        try:
            for name, tree in names:
                self._merge(name, tree, pair, scope)
            condition, judged = join.args.get("on"), Judged()
            for part in conjuncts(condition):
                self._condition(part, pair, judged)
        finally:
            self.binder.scope = own
        if judged:
            pair.joined = lambda left, right, kind, on: judged_join(left, right, kind, on, judged, self.steps)

    def _condition(self, part: Tree, pair: Pair, judged: Judged) -> None:
        inner = pair.kind in ("inner", "cross")
        if inner and not self._outer:
            criterion = self.steps.split(part)
            if criterion is not None:
                self.steps.criteria.append(criterion)
                return
            tree = self.binder.bind(part)
            after = uses_measures(tree, self.binder.measured.values()) or self.steps.uses(tree)
            (self.moved if after else pair.on).append(tree)
            return
        # which rows have a partner is settled in the join, with columns of its own
        calls, self.binder.calls.made = self.binder.calls.made, judged.calls
        # which numbers can be compared is known after the joins
        self.binder.measuring = False
        try:
            criterion = self.steps.split(part)
            tree = part if criterion is not None else self.binder.bind(part)
            in_join = criterion is None and self.steps.uses(tree)
        finally:
            self.binder.measuring, self.binder.calls.made = True, calls
        if criterion is not None:
            self._criterion(criterion, pair, judged)
        elif uses_measures(tree, self.binder.measured.values()):
            self.moved.append(tree)
        else:
            (judged.conditions if in_join else pair.on).append(tree)

    def _criterion(self, criterion: Criterion, pair: Pair, judged: Judged) -> None:
        """A criterion in the condition of a join: of the right side alone, it is judged before the join."""
        leaf = pair.right
        read = all_columns(criterion.trees)
        own = isinstance(leaf, Leaf) and all(name.startswith(f"{leaf.source.alias}.") for name in read)
        if not own or pair.kind in ("right", "full") or judged.calls:
            judged.criteria.append(criterion)
            return
        assert isinstance(leaf, Leaf)
        before, what = leaf.judged, Judged([criterion])
        leaf.judged = lambda node: self.steps.judged(before(node) if before else node, what)

    def _merge(self, name: str, tree: Tree, pair: Pair, scope: Scope) -> None:
        """Make a column of USING one: equated in the join, and given once, where the left one stands."""
        if pair.kind == "full":
            raise Inexpressible("FULL JOIN … USING", tree)
        try:
            a = Scope(pair.left.sources, scope.merged).resolve(name)
            b = Scope(pair.right.sources).resolve(name)
        except UnknownName as error:
            self.building.unbound(error, tree)
        pair.on.append(self.binder.compared(exp.EQ, column(a), column(b)))
        if pair.kind in ("semi", "anti"):
            return
        kept = BoundColumn(b.name, b.type, a.label, b.readings) if pair.kind == "right" else a
        scope.merged[identifier(name)] = kept
        scope.stand_ins.update({a.name: kept, b.name: None})

    def _common(self, pair: Pair, join: exp.Join) -> list[str]:
        sources = pair.left.sources + pair.right.sources
        if any(isinstance(s, VirtualSource) for s in sources):
            raise Inexpressible("NATURAL JOIN", join)
        right = {identifier(label) for s in pair.right.sources for label in s.labels}
        names = list(
            dict.fromkeys(label for s in pair.left.sources for label in s.labels if identifier(label) in right)
        )
        if not names:
            self.building.wrong("NATURAL JOIN of tables that have no column in common", join.this)
        return names


def _kind(join: exp.Join) -> str:
    """The kind of a join of the plan."""
    method, side, kind = (str(join.args.get(a) or "").upper() for a in ("method", "side", "kind"))
    if method not in ("", "NATURAL"):
        raise Inexpressible(f"{method} JOIN", join)
    if kind in ("SEMI", "ANTI"):
        return identifier(kind)
    if side in ("LEFT", "RIGHT", "FULL"):
        return identifier(side)
    if kind not in ("", "INNER", "CROSS", "OUTER"):
        raise Inexpressible(f"{kind} JOIN", join)
    return "inner" if join.args.get("on") or join.args.get("using") or method else "cross"
