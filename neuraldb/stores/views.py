"""Views over neural queries: their definitions, and the rows of materialized ones.

DuckDB knows a view of that name and those columns, so that it is found wherever a name is looked up; but its rows come
by way of the plan alone, and DuckDB's own view of them is an error and no empty table. The rows of a materialized view
stand in the schema ``store`` with the facts that each rests on, and with the change of the history up to which they
are those of the query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from neuraldb.core.errors import IntegrityError
from neuraldb.core.text import identifier, quoted
from neuraldb.stores.database import Database

EVIDENCE = "__evidence"
CONFIDENCE = "__confidence"


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """A view as it was made.

    Attributes:
        name: as it was written.
        query: the text of its query.
        columns: name and DuckDB type of each column.
        reads: the relations that the query reads, as they are written; those that are read from facts are none.
        materialized: whether its rows are kept.
    """

    name: str
    query: str
    columns: tuple[tuple[str, str], ...]
    reads: tuple[str, ...] = ()
    materialized: bool = False


class ViewStore:
    """The views of a database that its own plans answer.

    Args:
        database: the open file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def define(self, view: ViewDefinition, replace: bool = False) -> None:
        """Make a view; one of that name goes first if ``replace``.

        Raises:
            ProgrammingError: there is a relation of that name.
        """
        with self._database.transaction():
            if replace:
                self.drop(view.name)
            self._database.execute(stand_in(view, replace))
            key = identifier(view.name)
            self._database.execute(
                "INSERT INTO store.views VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                [
                    *(key, view.name, view.query, list(view.reads), view.materialized),
                    *([name for name, _ in view.columns], [type_ for _, type_ in view.columns]),
                ],
            )

    def drop(self, name: str) -> bool:
        """Remove a view with its rows; whether there was one."""
        with self._database.transaction():
            key = identifier(name)
            gone = self._database.execute("DELETE FROM store.views WHERE key = ?", [key])
            if gone:
                self._database.execute(f"DROP VIEW IF EXISTS main.{quoted(name)}")
                self._database.execute(f"DROP TABLE IF EXISTS {rows_of(name)}")
            return bool(gone)

    def fill(self, name: str, rows: pa.Table, upto: int, changed: Sequence[int] | None = None) -> None:
        """Replace the rows of a materialized view: all, or those that rest on any of the ``changed`` facts.

        Args:
            name: the view.
            rows: with the columns of its plan and both provenance columns.
            upto: the last change of the history that they know of.
            changed: ids of facts.

        Raises:
            IntegrityError: there is no such materialized view.
        """
        key, table = identifier(name), rows_of(name)
        with self._database.transaction():
            if not self._database.execute(
                "UPDATE store.views SET upto = ? WHERE key = ? AND materialized", [upto, key]
            ):
                raise IntegrityError(f"there is no materialized view {name}")
            arriving = {"arriving_rows": rows}
            if changed is None:
                self._database.execute(f"CREATE OR REPLACE TABLE {table} AS FROM arriving_rows", inputs=arriving)
                return
            self._database.execute(f"DELETE FROM {table} WHERE list_has_any({EVIDENCE}, ?)", [list(changed)])
            self._database.execute(f"INSERT INTO {table} BY NAME FROM arriving_rows", inputs=arriving)

    def rows(self, name: str, columns: Sequence[str]) -> pa.Table:
        """The rows of a materialized view that are kept, with both provenance columns."""
        listed = ", ".join(map(quoted, (*columns, EVIDENCE, CONFIDENCE)))
        return self._database.query(f"SELECT {listed} FROM {rows_of(name)} ORDER BY ALL")

    def definitions(self) -> list[ViewDefinition]:
        """All views, by name."""
        found = self._database.rows(
            "SELECT name, query, columns, types, reads, materialized FROM store.views ORDER BY key"
        )
        return [
            ViewDefinition(name, query, tuple(zip(columns, types, strict=True)), tuple(reads), materialized)
            for name, query, columns, types, reads, materialized in found
        ]


def stand_in(view: ViewDefinition, replace: bool = False) -> str:
    """The statement that makes DuckDB's own view of that name: its columns, and an error for whoever reads it."""
    message = f"{view.name} is a view over facts: name it alone, in a query that can be planned".replace("'", "''")
    columns = ", ".join(f"CAST(NULL AS {type_}) AS {quoted(name)}" for name, type_ in view.columns)
    making = "CREATE OR REPLACE" if replace else "CREATE"
    return f"{making} VIEW main.{quoted(view.name)} AS SELECT {columns} WHERE CAST(error('{message}') AS BOOLEAN)"


def rows_of(name: str) -> str:
    """The table of the rows of a materialized view."""
    return f"store.{quoted(f'rows:{identifier(name)}')}"
