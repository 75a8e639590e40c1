"""Binding: a scalar of the user's SQL with columns of the plan in place of names, cells read as they are used, and
semantic functions in place of which stand the columns that semantic nodes will give.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.language.parameters import Bindable
from neuraldb.plan.semantic_nodes import reading
from neuraldb.plan.sql_calls import SemanticCall, SemanticCalls
from neuraldb.plan.sql_context import SEMANTIC, Building, Inexpressible
from neuraldb.plan.sql_scope import BoundColumn, Scope, UnknownName, VirtualSource
from neuraldb.plan.sql_tree import (
    ARITHMETIC,
    COMPARISONS,
    DATE_FUNCTIONS,
    DATES,
    NUMERIC,
    Tree,
    attribute,
    bound,
    column,
    kind_of,
    kind_of_type,
    plain,
    read,
)  # fmt: skip
from neuraldb.plan.sql_typed import as_date, as_measure, as_number, compare, extreme, measure, member

# a function that gives another value each time it is called; a plan may evaluate it more often, or elsewhere
VOLATILE = (exp.Rand, exp.Uuid)
VOLATILE_NAMES = frozenset({"nextval", "setseed", "getvariable", "currval", "sleep_ms", "write_log"})
OPAQUE = (
    exp.Lambda, exp.Comprehension, exp.Columns, exp.Explode, exp.Unnest, exp.Parameter, exp.SessionParameter, exp.Any,
    exp.All,
)  # fmt: skip
BRANCHING = (exp.Coalesce, exp.Case, exp.If, exp.Nullif, exp.Greatest, exp.Least)


class Binder:
    """Binds the scalars of one SELECT.

    Args:
        building: the statement's state.
        scope: what its names stand for.
        subquery: what becomes of a subquery in a scalar.

    Attributes:
        measured: the cells, by name, that are read as numbers of their column's dimension.
        measuring: whether a cell that is bound now may be read so.
    """

    def __init__(self, building: Building, scope: Scope, subquery: Callable[[Tree], Tree]) -> None:
        self.building = building
        self.values = building.values
        self.scope = scope
        self.subquery = subquery
        self.aliases: dict[str, Tree] = {}
        self.calls = SemanticCalls(self)
        self.keyed_columns: dict[tuple[str, str], None] = {}
        self.measured: dict[str, BoundColumn] = {}
        self.measuring = True

    def bind(self, tree: Tree, wanted: str = "text") -> Tree:
        """The tree, bound; where it is a cell of a virtual table, read as ``wanted`` (text, number or date)."""
        if isinstance(tree, exp.Distinct | exp.IgnoreNulls) or (isinstance(tree, exp.If) and wanted != "text"):
            return self._parts(tree, wanted)
        result = self._bind(tree)
        cell = attribute(result)
        if cell is None or wanted == "text":
            return result
        return self.number(cell) if wanted == "number" else as_date(cell)

    def _bind(self, tree: Tree) -> Tree:
        if isinstance(tree, exp.Column):
            return tree.copy() if bound(tree) else self._column(tree)
        if isinstance(tree, exp.Paren):
            inner = self._bind(tree.this)
            return inner if attribute(inner) else exp.Paren(this=inner)
        if type(tree) in COMPARISONS:
            return self._comparison(tree)
        if isinstance(tree, exp.Between):
            return self._between(tree)
        if isinstance(tree, exp.In) and tree.args.get("query") is None and tree.args.get("field") is None:
            return self._in(tree)
        if isinstance(tree, exp.Cast | exp.TryCast):
            return self._cast(tree)
        if isinstance(tree, exp.Min | exp.Max) and len(tree.args) == 1:
            inner = self._bind(tree.this)
            cell = attribute(inner)
            smallest = isinstance(tree, exp.Min)
            return extreme(cell, smallest, self.measures(cell)) if cell else type(tree)(this=inner)
        if isinstance(tree, exp.Subquery | exp.Exists | exp.Query) or (
            isinstance(tree, exp.In) and tree.args.get("query")
        ):
            return self.subquery(tree)
        if isinstance(tree, exp.Anonymous):
            return self._function(tree)
        if isinstance(tree, OPAQUE):
            raise Inexpressible(f"{tree.key.upper()} in an expression", tree)
        if isinstance(tree, VOLATILE) and not self.building.neural:
            raise Inexpressible("a function with another value each time", tree)
        return self._parts(tree, self._wanted_by(tree))

    # -------------------------------------------------------------------------------------------------------- names

    def _column(self, tree: exp.Column) -> Tree:
        if isinstance(tree.this, exp.Star):
            raise Inexpressible("* in an expression", tree)
        name, qualifier = tree.name, tree.table
        if tree.args.get("db"):
            raise Inexpressible("a column qualified by a schema", tree)
        if not qualifier and identifier(name) in self.aliases and not self._column_wins(name):
            return self.aliases[identifier(name)].copy()
        source = self.scope.source(name) if not qualifier else None
        if source is not None and not isinstance(source, VirtualSource) and not self.scope.finds(name):
            raise Inexpressible("a row as a value", tree)
        if isinstance(source, VirtualSource):
            return column(source.key)
        try:
            return column(self.scope.resolve(name, qualifier))
        except UnknownName as error:
            if qualifier and self.scope.source(qualifier) is None and self.scope.finds(qualifier):
                raise Inexpressible("a field of a struct", tree) from None
            self.building.unbound(error, tree)

    def _column_wins(self, name: str) -> bool:
        """Real columns come before aliases of the SELECT list, and these before attributes that no one has listed."""
        if self.scope.finds(name):
            return True
        virtual = [s for s in self.scope.sources if isinstance(s, VirtualSource)]
        itself = bound(self.aliases[identifier(name)])
        return any(s.knows(name) for s in virtual) or (
            itself is not None and identifier(itself.label) == identifier(name)
        )

    # -------------------------------------------------------------------------------------------------- comparisons

    def _comparison(self, tree: Tree) -> Tree:
        return self.compared(type(tree), self._bind(tree.this), self._bind(tree.expression))

    def _between(self, tree: exp.Between) -> Tree:
        this, low, high = self._bind(tree.this), self._bind(tree.args["low"]), self._bind(tree.args["high"])
        if not any(map(attribute, (this, low, high))):
            return exp.Between(this=this, low=low, high=high, symmetric=tree.args.get("symmetric"))
        at_least, at_most = self.compared(exp.GTE, this.copy(), low), self.compared(exp.LTE, this.copy(), high)
        return exp.Paren(this=exp.And(this=at_least, expression=at_most))

    def _in(self, tree: exp.In) -> Tree:
        this, items = self._bind(tree.this), [self._bind(e) for e in tree.expressions]
        cell = attribute(this)
        if cell is not None:
            return member(cell, items, self)
        if any(map(attribute, items)):
            equal = [self.compared(exp.EQ, this.copy(), item) for item in items]
            return exp.Paren(this=exp.or_(*equal, copy=False))
        return exp.In(this=this, expressions=items)

    def compared(self, kind: type[Tree], left: Tree, right: Tree) -> Tree:
        """A comparison of bound trees."""
        if attribute(left) or attribute(right):
            return compare(kind, left, right, self)
        return kind(this=left, expression=right)

    def placeholder(self, value: Bindable) -> exp.Placeholder:
        """A placeholder for a value."""
        return self.building.placeholder(value)

    def name_keys(self, name: str) -> tuple[str, ...]:
        """The keys of a name."""
        return self.building.name_keys(name)

    def number(self, cell: BoundColumn) -> Tree:
        """A cell as a number of the column's dimension; a date counts as its year."""
        return as_measure(cell) if self.measures(cell) else as_number(cell)

    def measures(self, cell: BoundColumn) -> bool:
        """Whether the dimension of a cell's column is found out, which is noted; that of an outer SELECT's is not."""
        own = any(cell.name.startswith(f"{s.alias}.") for s in self.scope.sources)
        if not (self.measuring and own and {"number", "unit", "date"} <= cell.readings):
            return False
        self.measured[cell.name] = cell
        return True

    def keyed(self, column: BoundColumn, kind: str = "key") -> BoundColumn | None:
        """The key reading of a text column of a source, or its ``entity``, which is noted to be computed for it."""
        if column.name not in self.scope.names:
            return None
        self.keyed_columns[column.name, kind] = None
        name = reading(column.name, kind)
        return BoundColumn(name, "VARCHAR", name)

    # -------------------------------------------------------------------------------------- casts and functions

    def _cast(self, tree: exp.Cast | exp.TryCast) -> Tree:
        target = kind_of_type(tree.to.sql("duckdb"))
        call = plain(tree.this)
        if isinstance(call, exp.Anonymous) and identifier(call.name) == "ask":
            typed = {"number": "DOUBLE", "date": "DATE", "boolean": "BOOLEAN"}.get(target, "VARCHAR")
            answer = self.calls.call(call, typed)
            return answer if tree.to.sql("duckdb").upper() in (typed, "TEXT", "VARCHAR") else self._recast(tree, answer)
        inner = self._bind(tree.this)
        cell = attribute(inner)
        if cell is not None:
            if target == "boolean" and "number" in cell.readings:
                inner = read(cell, "number")
            elif target in ("number", "date"):
                inner = self.number(cell) if target == "number" else as_date(cell)
            elif target == "text":
                inner = column(BoundColumn(cell.name, cell.type, cell.label))
        return self._recast(tree, inner)

    def _recast(self, tree: exp.Cast | exp.TryCast, inner: Tree) -> Tree:
        return type(tree)(
            **{**{k: v for k, v in tree.args.items() if k != "this"}, "this": inner, "to": tree.to.copy()}
        )

    def _function(self, tree: exp.Anonymous) -> Tree:
        name = identifier(tree.name)
        if name in SEMANTIC:
            return self.calls.call(tree)
        kind = self.building.check_function(tree)
        if not self.building.neural and (kind in ("macro", "table_macro", "table", "pragma") or name in VOLATILE_NAMES):
            raise Inexpressible(f"the function {name}", tree)
        return self._parts(tree, "date" if name in DATE_FUNCTIONS else "text")

    @property
    def semantic(self) -> list[SemanticCall]:
        """The semantic functions whose columns bound trees read."""
        return self.calls.made

    # -------------------------------------------------------------------------------------------------------- parts

    def _parts(self, tree: Tree, wanted: str) -> Tree:
        """The tree with its parts bound, those that are cells read as ``wanted``."""

        def part(value: object) -> object:
            if isinstance(value, list):
                return [p for v in value for p in (self._orders(v) if isinstance(v, exp.Ordered) else [part(v)])]
            return self.bind(value, wanted) if isinstance(value, exp.Expr) else value

        if isinstance(tree, exp.DataType | exp.Identifier | exp.Var | exp.Literal | exp.Placeholder | exp.Star):
            return tree.copy()
        around = isinstance(tree, exp.Filter | exp.Window) and isinstance(tree.this, exp.Min | exp.Max)
        if around and attribute(self._bind(tree.this.this)):
            return self._extreme_around(tree, {k: part(v) for k, v in tree.args.items() if k != "this"})
        result = type(tree)(**{key: part(value) for key, value in tree.args.items()})
        result.meta.update({k: v for k, v in tree.meta.items() if k != "bound"})
        return result

    def _extreme_around(self, tree: Tree, rest: dict[str, object]) -> Tree:
        """``min`` or ``max`` of a cell with FILTER or OVER, which each aggregate gets that tells the extreme value."""
        made = exp.Paren(this=self._bind(tree.this))  # an aggregate alone could not be replaced
        for aggregate in list(made.find_all(exp.AggFunc)):
            copied = {
                k: [p.copy() for p in v] if isinstance(v, list) else v.copy() if isinstance(v, exp.Expr) else v
                for k, v in rest.items()
            }
            aggregate.replace(type(tree)(this=aggregate.copy(), **copied))
        around: Tree = made.this
        return around

    def _orders(self, tree: exp.Ordered) -> list[Tree]:
        """A sort key within a window or an aggregate: a cell is ordered as a number, else as a date, else as text."""
        key = self._bind(tree.this)
        cell = attribute(key)
        rest = {k: v for k, v in tree.args.items() if k != "this"}
        if cell is None or "number" not in cell.readings:
            return [exp.Ordered(this=key, **rest)]
        number = measure(cell) if self.measures(cell) else read(cell, "number")
        return [exp.Ordered(this=part, **rest) for part in (number, read(cell, "date"), key)]

    def _wanted_by(self, tree: Tree) -> str:
        """How cells that are parts of a tree are read: as its kind, or as what stands beside them."""
        if isinstance(tree, exp.Add | exp.Sub):
            dated = any(isinstance(s, exp.Interval) or self._kind(s) == "date" for s in (tree.this, tree.expression))
            return "date" if dated else "number"
        if isinstance(tree, (*ARITHMETIC, *NUMERIC)):
            return "number"
        if isinstance(tree, DATES):
            return "date"
        if isinstance(tree, BRANCHING):
            parts = [p for value in tree.args.values() for p in (value if isinstance(value, list) else [value])]
            kinds = {self._kind(p.args.get("true", p)) for p in parts if isinstance(p, exp.Expr)}
            return next((k for k in ("number", "date") if k in kinds), "text")
        return "text"

    def _kind(self, tree: Tree) -> str:
        """The kind of a tree that is not bound yet, names aside."""
        return "other" if isinstance(plain(tree), exp.Column) else kind_of(tree, self.building.values)
