"""The FROM clause: its sources, and how they are joined once it is known which columns are used."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from sqlglot import exp

from neuraldb.core.errors import BindError, ProgrammingError
from neuraldb.core.text import identifier, nearest
from neuraldb.plan.catalogue import READ, ClassBinding
from neuraldb.plan.expressions import Column, Expression
from neuraldb.plan.nodes import ExactQuery, Field, Join, Node, Project, Scan
from neuraldb.plan.semantic_nodes import ANYTHING, READINGS, NameKey, VirtualScan, phrase, reading
from neuraldb.plan.sql_columns import ColumnNames
from neuraldb.plan.sql_context import FILE, Building, Inexpressible
from neuraldb.plan.sql_convert import condition
from neuraldb.plan.sql_scope import BoundColumn, Source, UnknownName, VirtualSource, forms, key_names, near_miss
from neuraldb.plan.sql_traversal import called, traversal
from neuraldb.plan.sql_tree import Tree
from neuraldb.plan.text_nodes import EntityKey

CANDIDATES = 4
"""Names that are shown in the place of one that stands for nothing."""
UNTOLD = "a table that is not stored is read from the facts: try another word for it, or SELECT * FROM facts"
STORE_VIEWS = frozenset({"facts", "triples", "entities", "history"})
"""The views of the stores; their rows rest on facts."""


@dataclass(frozen=True)
class Derived:
    """A query that is built: its plan, and its columns as those outside see them."""

    node: Node
    columns: tuple[BoundColumn, ...]


@dataclass
class Leaf:
    """A source with what gives its rows; ``judged`` keeps those that meet criteria before any join."""

    source: Source
    rows: Callable[[], Node]
    judged: Callable[[Node], Node] | None = None

    @property
    def sources(self) -> list[Source]:
        """The sources below, in order."""
        return [self.source]


@dataclass
class Pair:
    """A join.

    Attributes:
        on: the bound parts of its condition.
        joined: joins the rows of both sides where a part of the condition needs a model, given the other parts.
    """

    left: Leaf | Pair
    right: Leaf | Pair
    kind: str
    on: list[Tree] = field(default_factory=list)
    joined: Callable[[Node, Node, str, Expression | None], Node] | None = None

    @property
    def sources(self) -> list[Source]:
        """The sources below that give columns, in order."""
        return self.left.sources + ([] if self.kind in ("semi", "anti") else self.right.sources)


FromTree = Leaf | Pair
Subquery = Callable[[Tree], Derived]
"""Builds a query that stands in FROM."""


class FromBinder:
    """Reads FROM clauses.

    Args:
        building: the statement's state.
        named: the common tables in sight, by lower-case name.
        derive: builds the queries that stand in FROM.
    """

    def __init__(self, building: Building, named: dict[str, Derived], derive: Subquery) -> None:
        self.building = building
        self.named = named
        self.derive = derive
        self.count = 0

    def item(self, tree: Tree) -> FromTree:
        """An item of FROM with the joins that are written within it; conditions are not bound yet."""
        if isinstance(tree, exp.Subquery) and isinstance(tree.this, exp.Table) and not tree.alias:
            return self._within(tree, self.item(tree.this))
        if isinstance(tree, exp.Subquery):
            self._only(tree, "this", "alias", "joins")
            return self._within(tree, self._derived(tree.this, tree))
        if isinstance(tree, exp.Table):
            self._only(tree, "this", "db", "catalog", "alias", "joins")
            return self._within(tree, self._table(tree))
        if isinstance(tree, exp.Values):
            return self._exact(tree, tree.sql("duckdb", identify=False))
        raise Inexpressible(f"{tree.key.upper()} in FROM", tree)

    def _within(self, tree: Tree, left: FromTree) -> FromTree:
        if tree.args.get("joins"):
            raise Inexpressible("a join in brackets", tree)
        return left

    def _only(self, tree: Tree, *known: str) -> None:
        for name, value in tree.args.items():
            if value and name not in known:
                raise Inexpressible(f"{name.rstrip('_').replace('_', ' ').upper()} in FROM", tree)

    # ------------------------------------------------------------------------------------------------------- tables

    def _table(self, tree: exp.Table) -> FromTree:
        if not isinstance(tree.this, exp.Identifier):
            if called(tree.this):
                return self._traversal(tree, tree.this)
            bare = tree.copy()
            bare.set("alias", None)
            return self._exact(tree, f"SELECT * FROM {bare.sql('duckdb')}")
        name = tree.name
        qualified = bool(tree.args.get("db"))
        if not qualified and identifier(name) in self.named:
            return self._leaf(tree, tree.alias or name, self.named[identifier(name)])
        view = identifier(name) if not qualified and identifier(name) in STORE_VIEWS else None
        source = view or ".".join(_written(part) for part in tree.parts)
        fields = self._fields(tree, name, source, qualified)
        if fields is None:
            return self._virtual(tree)
        alias = tree.alias or name
        prefix = f"{alias}."
        labels = self._labels(tree, [f.name for f in fields])
        known = [BoundColumn(prefix + f.name, f.type, label) for f, label in zip(fields, labels, strict=True)]
        return Leaf(Source(alias, known), lambda: Scan(source, fields, prefix))

    def _fields(self, tree: exp.Table, name: str, source: str, qualified: bool) -> tuple[Field, ...] | None:
        """The columns of a real relation or file; None for a name that no relation has."""
        if not qualified and not FILE.search(name):
            return None if identifier(name) in self.building.virtual else self.building.catalogue.table(name)
        try:
            return self.building.fields(f"SELECT * FROM {source}", tree)
        except ProgrammingError as error:
            span = self.building.statement.span(tree.this)
            raise type(error)(
                error.message, source=self.building.statement.source, span=span, candidates=error.candidates
            ) from error

    def _virtual(self, tree: exp.Table) -> FromTree:
        type_, catalogue = tree.name, self.building.catalogue
        anything = identifier(type_) in ANYTHING
        kind = READ if anything else catalogue.entity_class(type_, exact=bool(tree.this.args.get("quoted")))
        attributes = tuple(a.name for a in catalogue.stored_attributes(kind))
        if not (kind.classes or anything):
            meant = tuple(t for t in (*self.named, *catalogue.tables()) if near_miss(type_, t))
            if meant:
                self.building.unbound(UnknownName(f"there is no table {type_}", meant), tree.this)
            self._check_type(tree, kind)
        if tree.args.get("alias") and tree.args["alias"].args.get("columns"):
            raise Inexpressible("a list of column names after a virtual table", tree)
        alias = tree.alias or type_
        columns = ColumnNames(type_, kind, attributes, catalogue, self.building.quoted)
        source = VirtualSource(alias, columns, self.building.names)
        place = self.building.statement.span(tree.this)
        return Leaf(source, lambda: virtual_scan(source, place))

    def _check_type(self, tree: exp.Table, kind: ClassBinding) -> None:
        """Refuse a name that nothing in the facts answers to: the reader would find something for any word."""
        catalogue, words = self.building.catalogue, forms(tree.name)
        if kind.ambiguous or (kind.exact and catalogue.class_names()):
            raise BindError(
                f"{words[0]} may mean several classes equally well"
                if kind.ambiguous
                else f"no class is called exactly {words[0]}",
                source=self.building.statement.source,
                span=self.building.statement.span(tree.this),
                candidates=tuple(label for label, _ in kind.ambiguous) or nearest(words[0], catalogue.class_names()),
            )
        wanted = {phrase(name) for name in self.building.names - key_names(tree.name, tree.alias or tree.name)}
        if catalogue.tells_of(words, wanted):
            return
        types = [name for name, _ in catalogue.type_candidates(words[0])]
        tables = nearest(tree.name, (*self.named, *catalogue.tables()))
        raise BindError(
            f"no fact tells of {words[0]}",
            source=self.building.statement.source,
            span=self.building.statement.span(tree.this),
            candidates=tuple(dict.fromkeys((*tables, *types)))[:CANDIDATES],
            hint=UNTOLD,
        )

    def _derived(self, query: Tree, tree: Tree) -> FromTree:
        self.count += 1
        return self._leaf(tree, tree.alias or f"subquery{self.count}", self.derive(query))

    def _exact(self, tree: Tree, sql: str) -> FromTree:
        """A part that DuckDB computes alone: a table function, rows written out."""
        self.count += 1
        values = sql.split(" AS ", 1)[0] if isinstance(tree, exp.Values) else sql
        fields = self.building.fields(values, tree)
        node = ExactQuery(values, fields, self.building.parameters(tree))
        derived = Derived(node, tuple(BoundColumn(f.name, f.type, f.name) for f in fields))
        function = identifier(tree.this.sql("duckdb").split("(")[0]) if isinstance(tree, exp.Table) else "values"
        return self._leaf(tree, tree.alias or function, derived)

    def _traversal(self, tree: exp.Table, call: exp.Anonymous) -> FromTree:
        """A walk through the graph."""
        node = traversal(call, self.building)
        columns = tuple(BoundColumn(f.name, f.type, f.name) for f in node.columns)
        return self._leaf(tree, tree.alias or identifier(call.name), Derived(node, columns))

    def _leaf(self, tree: Tree, alias: str, derived: Derived) -> Leaf:
        """A computed source: its columns go up under the alias."""
        labels = self._labels(tree, [c.label for c in derived.columns])
        known = [
            BoundColumn(f"{alias}.{label}", c.type, label, c.readings)
            for c, label in zip(derived.columns, labels, strict=True)
        ]

        def rows() -> Node:
            outputs = [
                (Field(outer.name, outer.type), Column(inner.name))
                for new, old in zip(known, derived.columns, strict=True)
                for outer, inner in zip(new.fields, old.fields, strict=True)
            ]
            return Project(derived.node, tuple(outputs))

        return Leaf(Source(alias, known), rows)

    def _labels(self, tree: Tree, names: list[str]) -> list[str]:
        alias = tree.args.get("alias")
        given = [c.name for c in alias.args.get("columns") or []] if alias is not None else []
        if len(given) > len(names):
            self.building.wrong(f"{len(given)} column names are given for {len(names)} columns", alias)
        return given + names[len(given) :]


def _written(part: Tree) -> str:
    """A part of a table's name as the statement has it, with quotes where they are needed."""
    return part.sql("duckdb")


def virtual_scan(source: VirtualSource, place: tuple[int, int] | None) -> VirtualScan:
    """The node of a virtual table: all readings of the attributes that are used; rules take away what is not needed."""
    label = source.key.name.removeprefix(f"{source.alias}.")
    attributes = tuple(replace(a, readings=tuple(READINGS)) for a in source.used.values())
    kind = source.columns.kind
    return VirtualScan(source.type, attributes, label, ("key",), f"{source.alias}.", place=place, kind=kind)


def realise(tree: FromTree, keyed: Collection[tuple[str, str]], building: Building) -> Node:
    """The plan of a FROM clause.

    Args:
        tree: with bound conditions.
        keyed: the columns of sources of which a reading is needed: ``key``, or ``entity``.
        building: the statement's state.
    """
    if isinstance(tree, Leaf):
        node = tree.rows()
        if tree.judged is not None:
            node = tree.judged(node)
        for name, kind in keyed:
            if name in node.names and reading(name, kind) not in node.names:
                key = Field(reading(name, kind))
                node = NameKey(node, name) if kind == "key" else EntityKey(node, name, key)
        return node
    left, right = realise(tree.left, keyed, building), realise(tree.right, keyed, building)
    on = condition(tree.on, building) if tree.on else None
    if tree.joined is not None:
        return tree.joined(left, right, tree.kind, on)
    if tree.kind == "cross" and on is None:
        return Join(left, right, "cross")
    return Join(left, right, "inner" if tree.kind == "cross" else tree.kind, condition=on)
