"""What the builder of SQL asks about the database, and the part of the answer that DuckDB itself knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from neuraldb.core.errors import BindError, Error
from neuraldb.core.text import identifier, quoted
from neuraldb.plan.catalogue import ClassBinding, RelationBinding, StoredAttribute, TableCatalogue
from neuraldb.plan.expressions import Scalar
from neuraldb.plan.nodes import Field
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE


@dataclass(frozen=True, slots=True)
class View:
    """A view over a neural query.

    Attributes:
        name: as it was made.
        query: the text of its query.
        columns: its columns.
        reads: the relations that the query reads, views among them.
        materialized: whether rows of it are kept.
        kept: all columns of the rows that are kept, readings among them; empty where none are, or none that count.
        upto: the last change that the rows that are kept know of.
        behind: how many changes there were since then.
    """

    name: str
    query: str
    columns: tuple[Field, ...]
    reads: tuple[str, ...] = ()
    materialized: bool = False
    kept: tuple[Field, ...] = ()
    upto: int = 0
    behind: int = 0


class SqlCatalogue(TableCatalogue, Protocol):
    """The names that SQL binds against: real tables and functions, entity types, attributes, names of entities."""

    def tables(self) -> tuple[str, ...]:
        """The names of all real tables, views and registered frames; for near misses."""

    def function_kind(self, name: str) -> str | None:
        """What DuckDB says a function is (scalar, aggregate, macro, table, …); None where there is none."""

    def functions(self) -> tuple[str, ...]:
        """The names of all functions; for near misses."""

    def built_in(self, name: str) -> bool:
        """Whether DuckDB itself has a function of this name."""

    def databases(self) -> dict[str, bool]:
        """The attached databases that are NeuralDB's, by lower-case name; True for the one that is open."""

    def views(self) -> Mapping[str, View]:
        """The views over neural queries, by lower-case name."""

    def last_change(self) -> int:
        """The number of the last change of the facts or of what is derived from them."""

    def changed_facts(self, since: int) -> tuple[int, ...]:
        """The ids of the facts that were added or taken back, or of which more is known, after a change."""

    def volatile(self, functions: Collection[str]) -> tuple[str, ...]:
        """Those of the functions, in lower case, that may give another value the next time."""

    def entity_class(self, name: str, exact: bool = False) -> ClassBinding:
        """The stored class that the name of a table stands for; :data:`~neuraldb.plan.catalogue.READ` where none is.

        Args:
            name: as written.
            exact: only a class of this name will do, in singular or plural.
        """

    def class_names(self) -> tuple[str, ...]:
        """The names of all stored classes; for near misses."""

    def stored_attributes(self, kind: ClassBinding) -> tuple[StoredAttribute, ...]:
        """The attributes that stored triples give to the things of a class, the most frequent first."""

    def class_example(self, kind: ClassBinding) -> str | None:
        """The name of a thing of a class; None where none is stored."""

    def pinned(self, kind: str, name: str) -> str | None:
        """What somebody has said that the name of a column or a table means; None where nobody has."""

    def attribute_told(self, name: str) -> bool:
        """Whether facts may tell of an attribute; True where nothing is stored, so that every column is empty."""

    def misspelt(self, name: str) -> tuple[str, ...]:
        """Stored relations of which a name that nobody knows is likely a slip of the fingers, best first."""

    def exact_relation(self, name: str) -> RelationBinding | None:
        """The stored relations of exactly this name, in whatever form; None where there are none."""

    def same_relations(self, binding: RelationBinding) -> RelationBinding:
        """A binding with the stored relations that are other words for the same."""

    def tells_of(self, forms: Sequence[str], attributes: Collection[str]) -> bool:
        """Whether the facts may tell of entities of a type; True where there are none, so that every type is empty.

        Args:
            forms: the type in words: as written, in singular, in plural.
            attributes: what the statement wants to know of them, in words.
        """

    def relation(self, name: str) -> RelationBinding | None:
        """What the name of a relation stands for: the exact name, else those that mean the same, else None."""

    def name_keys(self, name: str) -> tuple[str, ...]:
        """The ``key`` readings that the cell of an entity with this name can have.

        One for most names; several where entities share an alias; the normalised name where none is stored.
        """


Rows = Callable[[str, Mapping[str, Scalar]], list[tuple[Any, ...]]]
_PLAIN = re.compile(r"\w+")


class DuckDBTables:
    """The part of :class:`SqlCatalogue` that DuckDB knows.

    Args:
        rows: runs a DuckDB query with named parameters; raises :class:`~neuraldb.core.errors.BindError` for unknown
            names.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._kinds: dict[str, str] | None = None

    def table(self, name: str) -> tuple[Field, ...] | None:
        """The columns of a real table, view or registered frame; None where there is none of that name."""
        # a statement about what is not there would end the transaction that it is part of
        sql = """SELECT name FROM (
                     SELECT table_name AS name, schema_name, database_name FROM duckdb_tables()
                     UNION ALL SELECT view_name, schema_name, database_name FROM duckdb_views())
                 WHERE database_name IN (current_database(), 'temp', 'system')
                     AND schema_name IN ('main', 'pg_catalog', 'information_schema')"""
        if identifier(name) not in {identifier(str(found)) for (found,) in self._rows(sql, {})}:
            return None
        try:
            return self.describe(f"SELECT * FROM {quoted(name)}", {})
        except BindError:
            return None

    def describe(self, sql: str, parameters: Mapping[str, Scalar]) -> tuple[Field, ...]:
        """The columns that a query over real tables gives; the spans of errors count in ``sql``."""
        verb = "DESCRIBE "
        try:
            return tuple(Field(str(row[0]), str(row[1])) for row in self._rows(verb + sql, parameters))
        except Error as error:
            error.source = sql
            error.span = error.span and (max(error.span[0] - len(verb), 0), max(error.span[1] - len(verb), 0))
            raise

    def tables(self) -> tuple[str, ...]:
        """The names of all real tables, views and registered frames."""
        sql = """SELECT table_name FROM duckdb_tables()
                 WHERE NOT internal AND schema_name <> 'store' AND NOT starts_with(table_name, '__')
                 UNION SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1"""
        return tuple(str(name) for (name,) in self._rows(sql, {}))

    def function_kind(self, name: str) -> str | None:
        """What DuckDB says a function is; asked anew for unknown ones, which may be new macros."""
        kind = self._known().get(identifier(name))
        return self._read_kinds().get(identifier(name)) if kind is None else kind

    def functions(self) -> tuple[str, ...]:
        """The names of all functions that are words."""
        return tuple(name for name in self._known() if _PLAIN.fullmatch(name))

    def built_in(self, name: str) -> bool:
        """Whether DuckDB itself has a function of this name."""
        rows = self._rows("SELECT DISTINCT function_name FROM duckdb_functions() WHERE internal", {})
        return identifier(name) in {identifier(str(known)) for (known,) in rows}

    def databases(self) -> dict[str, bool]:
        """The attached databases that are NeuralDB's, by lower-case name; True for the one that is open."""
        sql = """SELECT DISTINCT database_name, database_name = current_database() FROM duckdb_columns()
                 WHERE schema_name = 'store' AND table_name = 'meta' AND column_name IN ('key', 'value') ORDER BY 1"""
        return {identifier(str(name)): bool(here) for name, here in self._rows(sql, {})}

    def views(self) -> dict[str, View]:
        """The views over neural queries, by lower-case name; rows that cannot be brought up to date do not count."""
        sql = """SELECT v.key, v.name, v.query, v.columns, v.types, v.reads, v.materialized, v.upto,
                     (SELECT count(*) FROM store.history WHERE id > v.upto),
                     (SELECT readonly FROM duckdb_databases() WHERE database_name = current_database())
                 FROM store.views v ORDER BY v.key"""
        found = {}
        for key, name, query, columns, types, reads, materialized, upto, behind, read_only in self._rows(sql, {}):
            kept: tuple[Field, ...] = ()
            if upto is not None and not (behind and read_only):
                rows = self.describe(f"""SELECT * FROM store.{quoted(f"rows:{key}")}""", {})
                kept = tuple(f for f in rows if f.name not in (EVIDENCE, CONFIDENCE))
            fields = tuple(Field(*pair) for pair in zip(columns, types, strict=True))
            found[key] = View(name, query, fields, tuple(reads), materialized, kept, upto or 0, behind)
        return found

    def last_change(self) -> int:
        """The number of the last change in the history."""
        ((last,),) = self._rows("SELECT coalesce(max(id), 0) FROM store.history", {})
        return int(last)

    def changed_facts(self, since: int) -> tuple[int, ...]:
        """The ids of the facts of which the history tells after a change."""
        sql = """SELECT DISTINCT unnest([fact, related]) AS fact FROM store.history WHERE id > $since ORDER BY fact"""
        return tuple(int(fact) for (fact,) in self._rows(sql, {"since": since}) if fact is not None)

    def volatile(self, functions: Collection[str]) -> tuple[str, ...]:
        """Those of the functions that are not the same for the same arguments, whenever they are called."""
        sql = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
        return tuple(sorted({identifier(str(name)) for (name,) in self._rows(sql, {})} & set(functions)))

    def _known(self) -> dict[str, str]:
        kinds = self._kinds
        return self._read_kinds() if kinds is None else kinds

    def _read_kinds(self) -> dict[str, str]:
        sql = "SELECT DISTINCT function_name, function_type FROM duckdb_functions() ORDER BY ALL DESC"
        # given from here and not from the attribute, which another thread may set meanwhile
        kinds = {identifier(str(name)): str(kind) for name, kind in self._rows(sql, {})}
        self._kinds = kinds
        return kinds
