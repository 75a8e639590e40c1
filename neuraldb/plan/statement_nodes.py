"""Nodes that are a whole statement: what DuckDB runs as it is, and changes of the facts."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.errors import InternalError
from neuraldb.plan.expressions import Scalar
from neuraldb.plan.nodes import Field, Node

ROWS = "__rows"
"""Under this name an :class:`ExactStatement` reads the rows of its child."""

FACT_COLUMNS = ("text", "subject", "source", "labels", "asserted_at", "valid_from", "valid_to")
"""What SQL can say of a fact; the rest of the view ``facts`` is the database's own."""

COUNT = (Field("Count", "BIGINT"),)


@dataclass(frozen=True, slots=True)
class ExactStatement(Node):
    """A statement that DuckDB runs as it is, for its effect or for what it shows (DDL, COPY, PRAGMA, SHOW, …).

    Its columns are known only when it has run. ``child``, where there is one, is a query with a neural part that the
    statement stores or writes (CREATE TABLE t AS SELECT …); ``sql`` reads its rows as :data:`ROWS`.
    """

    sql: str
    parameters: tuple[tuple[str, Scalar], ...] = ()
    child: Node | None = None

    @property
    def columns(self) -> tuple[Field, ...]:
        return ()

    @property
    def label(self) -> str:
        return f"ExactStatement {' '.join(self.sql.split())}"


@dataclass(frozen=True, slots=True)
class InsertFacts(Node):
    """Each row of the child added as a fact; the child's columns are some of :data:`FACT_COLUMNS`, ``text`` among them.

    Gives one row with the number of rows, or the facts themselves, if ``returning`` has columns of the view ``facts``.
    """

    child: Node
    returning: tuple[Field, ...] = ()

    def __post_init__(self) -> None:
        if not {"text"} <= self.child.names <= set(FACT_COLUMNS):
            raise InternalError(f"facts cannot be made of {sorted(self.child.names)}")

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.returning or COUNT

    @property
    def label(self) -> str:
        return f"InsertFacts ({', '.join(f.name for f in self.child.columns)})"


@dataclass(frozen=True, slots=True)
class ForgetFacts(Node):
    """The facts whose ids are in the child's column ``id`` forgotten.

    Gives one row with their number, or the facts as they were, if ``returning`` has columns of the view ``facts``.
    """

    child: Node
    returning: tuple[Field, ...] = ()

    def __post_init__(self) -> None:
        if "id" not in self.child.names:
            raise InternalError("ForgetFacts needs a column id")

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.returning or COUNT


@dataclass(frozen=True, slots=True)
class UpdateFacts(Node):
    """Facts replaced: for each row the fact ``id`` is superseded by one with the row's other columns.

    These are some of :data:`FACT_COLUMNS`; what is not among them stays as it was. Gives one row with their number, or
    the new facts, if ``returning`` has columns of the view ``facts``.
    """

    child: Node
    returning: tuple[Field, ...] = ()

    def __post_init__(self) -> None:
        if not {"id"} < self.child.names <= {"id", *FACT_COLUMNS}:
            raise InternalError(f"facts cannot be changed by {sorted(self.child.names)}")

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.returning or COUNT

    @property
    def label(self) -> str:
        return f"UpdateFacts ({', '.join(f.name for f in self.child.columns if f.name != 'id')})"
