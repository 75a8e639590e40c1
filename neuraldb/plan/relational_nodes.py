"""Exact nodes: relational algebra over rows that are stored, or that other nodes give."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.errors import InternalError
from neuraldb.plan.base_nodes import Field, MoreColumns, Node, SameColumns
from neuraldb.plan.expressions import Expression, Scalar, columns_of


@dataclass(frozen=True, slots=True)
class Scan(Node):
    """All rows of a stored relation: a view of the stores (facts, triples, entities), a user's table or frame.

    ``prefix`` qualifies the column names that go up (``people.name``); ``source`` is the relation's name in DuckDB.
    """

    source: str
    fields: tuple[Field, ...]
    prefix: str = ""

    @property
    def columns(self) -> tuple[Field, ...]:
        return tuple(Field(self.prefix + f.name, f.type) for f in self.fields)

    @property
    def label(self) -> str:
        alias = f" as {self.prefix.rstrip('.')}" if self.prefix and self.prefix != f"{self.source}." else ""
        return f"Scan {self.source}{alias}"


@dataclass(frozen=True, slots=True)
class ExactQuery(Node):
    """A whole DuckDB query from the user's SQL that has no neural part in it; parameters as in ``Raw``."""

    sql: str
    fields: tuple[Field, ...]
    parameters: tuple[tuple[str, Scalar], ...] = ()

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.fields

    @property
    def label(self) -> str:
        return f"ExactQuery {' '.join(self.sql.split())}"


@dataclass(frozen=True, slots=True)
class Values(Node):
    """Rows that stand in the statement; None is an unbound cell."""

    fields: tuple[Field, ...]
    rows: tuple[tuple[Scalar, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.fields) for row in self.rows):
            raise InternalError("Values has rows of different widths")

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.fields

    @property
    def label(self) -> str:
        return f"Values ({', '.join(map(str, self.fields))}) {len(self.rows)} rows"


@dataclass(frozen=True, slots=True)
class Filter(SameColumns):
    """The rows for which the condition is true (neither false nor unknown)."""

    condition: Expression

    def __post_init__(self) -> None:
        self._require(self.child, self.condition)

    @property
    def label(self) -> str:
        return f"Filter {self.condition}"


@dataclass(frozen=True, slots=True)
class Project(Node):
    """The given expressions, one a column, in order."""

    child: Node
    outputs: tuple[tuple[Field, Expression], ...]

    def __post_init__(self) -> None:
        self._require(self.child, *(expression for _, expression in self.outputs))
        if len({f.name for f, _ in self.outputs}) != len(self.outputs):
            raise InternalError("Project gives two columns of one name")

    @property
    def columns(self) -> tuple[Field, ...]:
        return tuple(f for f, _ in self.outputs)

    @property
    def label(self) -> str:
        parts = [f.name if str(e) == f.name else f"{e} as {f.name}" for f, e in self.outputs]
        return f"Project {', '.join(parts)}"


JOIN_KINDS = ("inner", "left", "right", "full", "cross", "semi", "anti")


@dataclass(frozen=True, slots=True)
class Join(Node):
    """Pairs of rows. The two sides have no column name in common but those in ``on``, which are equated and given once.

    ``nullable`` are names of ``on`` that may be unbound on a side: unbound agrees with anything (SPARQL 1.1, section
    18.3, compatible solutions). ``semi`` and ``anti`` give left rows with, without a partner.
    """

    left: Node
    right: Node
    kind: str = "inner"
    on: tuple[str, ...] = ()
    condition: Expression | None = None
    nullable: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.kind not in JOIN_KINDS:
            raise InternalError(f"unknown join kind {self.kind}")
        shared = self.left.names & self.right.names
        if self.kind in ("inner", "left", "right", "full", "cross") and shared != frozenset(self.on):
            raise InternalError(f"Join sides share {sorted(shared)} but are equated on {sorted(self.on)}")
        if self.condition is not None:
            missing = columns_of(self.condition) - self.left.names - self.right.names
            if missing:
                raise InternalError(f"Join condition reads unknown {sorted(missing)}")

    @property
    def columns(self) -> tuple[Field, ...]:
        if self.kind in ("semi", "anti"):
            return self.left.columns
        return self.left.columns + tuple(f for f in self.right.columns if f.name not in self.on)

    @property
    def label(self) -> str:
        on = f" on {', '.join(self.on)}" if self.on else ""
        where = f" where {self.condition}" if self.condition is not None else ""
        return f"Join {self.kind}{on}{where}"


@dataclass(frozen=True, slots=True)
class Union(Node):
    """The rows of both sides, duplicates kept; columns by name, a missing one is unbound."""

    left: Node
    right: Node

    @property
    def columns(self) -> tuple[Field, ...]:
        columns = self.left.columns  # asked for once: a union of many patterns is as deep as it is long
        there = {f.name for f in columns}
        return columns + tuple(f for f in self.right.columns if f.name not in there)


@dataclass(frozen=True, slots=True)
class Minus(Node):
    """Left rows that agree with no right row on the columns both have bound (SPARQL 1.1, section 8.3.3)."""

    left: Node
    right: Node
    nullable: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.left.columns


@dataclass(frozen=True, slots=True)
class Distinct(SameColumns):
    """Each row once; the evidence of equal rows is joined and their confidences combined as alternatives."""


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One aggregate: a function of DuckDB's name over an expression (None: over rows), distinct values only or not."""

    function: str
    argument: Expression | None = None
    distinct: bool = False
    type: str = "VARCHAR"
    extra: tuple[Scalar, ...] = ()

    def __str__(self) -> str:
        inner = "*" if self.argument is None else str(self.argument)
        return f"{self.function}({'distinct ' if self.distinct else ''}{inner})"


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """One row a group of equal keys; without keys exactly one row, also over no input (a count over nothing is 0)."""

    child: Node
    keys: tuple[tuple[Field, Expression], ...]
    aggregations: tuple[tuple[Field, Aggregation | Expression], ...]

    def __post_init__(self) -> None:
        self._require(self.child, *(expression for _, expression in self.keys))
        for _, aggregation in self.aggregations:
            argument = aggregation.argument if isinstance(aggregation, Aggregation) else aggregation
            if argument is not None:
                self._require(self.child, argument)

    @property
    def columns(self) -> tuple[Field, ...]:
        return tuple(f for f, _ in self.keys) + tuple(f for f, _ in self.aggregations)

    @property
    def label(self) -> str:
        totals = f" {', '.join(f'{a} as {f.name}' for f, a in self.aggregations)}" if self.aggregations else ""
        keys = f" by {', '.join(f.name for f, _ in self.keys)}" if self.keys else ""
        return f"Aggregate{totals}{keys}"


@dataclass(frozen=True, slots=True)
class Order:
    """A sort key. ``nulls_first`` None means DuckDB's default (last)."""

    expression: Expression
    descending: bool = False
    nulls_first: bool | None = None

    def __str__(self) -> str:
        return f"{self.expression}{' desc' if self.descending else ''}"


@dataclass(frozen=True, slots=True)
class Sort(SameColumns):
    """The rows in order; ties keep a stable order, so that the same query gives the same sequence."""

    keys: tuple[Order, ...]

    def __post_init__(self) -> None:
        self._require(self.child, *(key.expression for key in self.keys))

    @property
    def label(self) -> str:
        return f"Sort {', '.join(map(str, self.keys))}"


@dataclass(frozen=True, slots=True)
class Limit(SameColumns):
    """At most ``count`` rows after the first ``offset``."""

    count: int | None
    offset: int = 0

    @property
    def label(self) -> str:
        return f"Limit {self.count}" + (f" offset {self.offset}" if self.offset else "")


@dataclass(frozen=True, slots=True)
class TopK(SameColumns):
    """The first ``count`` rows in an order, and all that tie with the last of them."""

    keys: tuple[Order, ...]
    count: int = 1

    def __post_init__(self) -> None:
        self._require(self.child, *(key.expression for key in self.keys))

    @property
    def label(self) -> str:
        return f"TopK {self.count} by {', '.join(map(str, self.keys))}, ties kept"


@dataclass(frozen=True, slots=True)
class Window(MoreColumns):
    """The child's rows with more columns, each computed by a window function over all of them.

    A row rests on what it rested on before, though its rank depends on the others.
    """


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """One row with one boolean: whether the child has any row (SPARQL's ASK)."""

    child: Node
    name: str = "answer"

    @property
    def columns(self) -> tuple[Field, ...]:
        return (Field(self.name, "BOOLEAN"),)
