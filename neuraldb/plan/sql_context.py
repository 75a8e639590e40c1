"""What one statement's building keeps: the catalogue, the parameters, names that are given out, errors with places."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn, cast

from sqlglot import exp

from neuraldb.core.errors import BindError, NotSupportedError, ProgrammingError
from neuraldb.core.text import identifier, nearest, normalise, quoted
from neuraldb.language.parameters import Bindable
from neuraldb.language.sql import SqlStatement
from neuraldb.plan.expressions import Scalar
from neuraldb.plan.nodes import Field
from neuraldb.plan.sql_catalogue import SqlCatalogue, View
from neuraldb.plan.sql_scope import SYNTHETIC, UnknownName, near_miss
from neuraldb.plan.sql_tree import Tree, columns

if TYPE_CHECKING:
    from neuraldb.plan.sql_from import Derived

FILE = re.compile(r"[./*\\:]")
"""Is found in the names of files, and of nothing else that stands in FROM."""
SEMANTIC = ("means", "ask", "similarity", "classify", "same_entity", "predict")
TRAVERSALS = ("shortest_path", "paths", "neighbours", "pagerank", "components")
"""Table functions that walk through the graph."""


class Inexpressible(Exception):
    """The plan's nodes have no word for a part of the statement.

    Never seen outside: without a neural part DuckDB takes over the whole statement, else it becomes an error.
    """

    def __init__(self, what: str, tree: Tree | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.tree = tree


class Building:
    """The state of building one statement.

    Attributes:
        values: of the placeholders, the user's and those that the builder makes.
        names: the identifiers that stand for columns anywhere in the statement, in lower case.
        quoted: those of them that stand in double quotes somewhere.
        neural: whether it has a virtual table, a semantic function or a walk, so that DuckDB alone can't run it.
        views: the views over neural queries that it reads, by lower-case name.
        named: what those views stand for, in sight as common tables are.
        within: the views in whose query this statement is, the outermost first.
    """

    def __init__(self, statement: SqlStatement, catalogue: SqlCatalogue, outer: Building | None = None) -> None:
        self.statement = statement
        self.catalogue = catalogue
        # names and placeholders of a view's query are none of those around it
        self.values: dict[str, Bindable] = outer.values if outer else dict(statement.parameters)
        self._given: dict[str, int] = outer._given if outer else {}
        self.within: tuple[str, ...] = outer.within if outer else ()
        self.named: dict[str, Derived] = {}
        self.names = frozenset(identifier(c.name) for c in statement.expression.find_all(exp.Column))
        written = statement.expression.find_all(exp.Column)
        self.quoted = frozenset(identifier(c.name) for c in written if c.this.args.get("quoted"))
        parts = _reading_parts(statement.expression)
        self.virtual = frozenset(name for part in parts for name in self._virtual_tables(part))
        self.views = self._views(parts)
        self.neural = any(self.reads_neural(part) for part in parts)

    def reads_neural(self, tree: Tree) -> bool:
        """Whether a part of the statement has a virtual table or a semantic function."""
        return any(
            identifier(node.name)
            in (self.virtual | self.views.keys() if isinstance(node, exp.Table) else _functions(node))
            for node in tree.find_all(exp.Table, exp.Anonymous)
            if isinstance(node, exp.Anonymous) or (isinstance(node.this, exp.Identifier) and not node.args.get("db"))
        )

    def _views(self, parts: list[Tree]) -> dict[str, View]:
        """The views over neural queries that the parts read."""
        read = {name for part in parts for name in plain_tables(part)}
        return {name: view for name, view in self.catalogue.views().items() if name in read} if read else {}

    def _virtual_tables(self, tree: Tree) -> frozenset[str]:
        """The names in FROM, in lower case, that no relation, file or common table has."""
        tables = plain_tables(tree)
        return frozenset(low for low, name in tables.items() if self.catalogue.table(name) is None)

    def fresh(self, stem: str) -> str:
        """A new name for a column: ``ask:1``."""
        self._given[stem] = self._given.get(stem, 0) + 1
        return f"{stem}{SYNTHETIC}{self._given[stem]}"

    def placeholder(self, value: Bindable) -> exp.Placeholder:
        """A placeholder for a value that the builder found out."""
        name = f"__k{len(self.values)}"
        self.values[name] = value
        return exp.Placeholder(this=name)

    def name_keys(self, name: str) -> tuple[str, ...]:
        """The ``key`` readings that a cell with this name can have."""
        return self.catalogue.name_keys(name) or (normalise(name),)

    def parameters(self, tree: Tree) -> tuple[tuple[str, Scalar], ...]:
        """The placeholders in a tree with their values."""
        names = {p.name: None for p in tree.find_all(exp.Placeholder) if p.name in self.values}
        return tuple((name, cast("Scalar", self.values[name])) for name in names)

    # -------------------------------------------------------------------------------------------------------- types

    def describe(self, outputs: Iterable[Tree], keys: Iterable[Tree] = ()) -> tuple[str, ...]:
        """The DuckDB types of scalars over columns of the plan, which may be aggregates over groups of ``keys``.

        Raises:
            ProgrammingError: DuckDB finds fault with them (an unknown function, types that don't fit).
        """
        outputs, keys = list(outputs), list(keys)
        used = {c.name: c for tree in (*outputs, *keys) for c in columns(tree)}
        parts = [f"{tree.sql('duckdb')} AS c{i}" for i, tree in enumerate(outputs)]
        sql = f"SELECT {', '.join(parts)}"
        if used:
            empty = [f"CAST(NULL AS {c.type}) AS {quoted(c.name)}" for c in used.values()]
            sql += f" FROM (SELECT {', '.join(empty)}) AS t"
        if keys:
            groups = ", ".join("(" + tree.sql("duckdb") + ")" for tree in keys)
            sql += f" GROUP BY {groups}"
        parameters = dict(pair for tree in (*outputs, *keys) for pair in self.parameters(tree))
        try:
            return tuple(f.type for f in self.catalogue.describe(sql, parameters))
        except ProgrammingError as error:
            # the text that DuckDB saw is not the user's
            raise type(error)(error.message, candidates=error.candidates, source=self.statement.source) from error

    def fields(self, sql: str, tree: Tree) -> tuple[Field, ...]:
        """The columns of a piece of the user's own SQL."""
        return self.catalogue.describe(sql, dict(self.parameters(tree)))

    # ------------------------------------------------------------------------------------------------------- errors

    def unbound(self, error: UnknownName, tree: Tree) -> NoReturn:
        """Raise for a name that stands for nothing.

        Raises:
            BindError: always.
        """
        span = self.statement.span(tree)
        raise BindError(error.message, source=self.statement.source, span=span, candidates=error.candidates) from None

    def unsupported(self, error: Inexpressible) -> NotSupportedError:
        """The error for a statement that has a neural part and something for which there is no node."""
        return NotSupportedError(
            f"{error.what} cannot be combined with virtual tables or semantic functions",
            source=self.statement.source,
            span=self.statement.span(error.tree),
        )

    def wrong(self, message: str, tree: Tree | None, hint: str | None = None) -> NoReturn:
        """Raise for a mistake in the statement.

        Raises:
            ProgrammingError: always.
        """
        raise ProgrammingError(message, source=self.statement.source, span=self.statement.span(tree), hint=hint)

    def check_function(self, tree: exp.Anonymous) -> str:
        """What kind of function a name that sqlglot does not know is.

        Raises:
            BindError: DuckDB does not know it either.
        """
        kind = self.catalogue.function_kind(tree.name)
        if kind is None:
            near = [f for f in (*SEMANTIC, *self.catalogue.functions()) if near_miss(tree.name, f)]
            candidates = tuple(near[:3]) or nearest(tree.name, self.catalogue.functions())
            places = [m.span() for m in re.finditer(rf"\b{re.escape(tree.name)}(?=\s*\()", self.statement.source)]
            raise BindError(
                f"there is no function {tree.name}",
                source=self.statement.source,
                span=places[0] if len(places) == 1 else None,
                candidates=candidates,
            )
        return kind


def plain_tables(tree: Tree) -> dict[str, str]:
    """The names in FROM that stand alone, by lower-case name: no files, no common tables."""
    named = {identifier(cte.alias) for cte in tree.find_all(exp.CTE)}
    return {
        identifier(t.name): t.name
        for t in tree.find_all(exp.Table)
        if isinstance(t.this, exp.Identifier)
        and not (t.args.get("db") or FILE.search(t.name) or identifier(t.name) in named)
    }


def _functions(node: Tree) -> tuple[str, ...]:
    """The functions that DuckDB does not compute, of which a call in this place may be one."""
    return TRAVERSALS if isinstance(node.parent, exp.Table) else SEMANTIC


def _reading_parts(tree: Tree) -> list[Tree]:
    """The parts of a statement that are queries or conditions, not the table that is made or changed."""
    if isinstance(tree, exp.Create | exp.Insert):
        return [tree.expression] if tree.expression else []
    if isinstance(tree, exp.Copy):
        return [tree.this] if isinstance(tree.this, exp.Subquery) else []
    if isinstance(tree, exp.Update | exp.Delete):
        return [part for part in tree.iter_expressions() if part is not tree.this]
    readers = (exp.Query, exp.Values, exp.Describe, exp.Summarize, exp.Pivot)
    return [tree] if isinstance(tree, readers) else []
