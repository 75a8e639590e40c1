"""What the shell tells about a database: its relations, tables and entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuraldb.core.text import identifier, nearest

if TYPE_CHECKING:
    from neuraldb.api import Connection
    from neuraldb.stores.database import Database
    from neuraldb.stores.graph import Triple

NAMES = 200_000
"""The most names that are offered for completion; of larger databases those with the most facts."""
KINDS = 100
"""Kinds of things that are listed as tables: those with the most things."""
_TABLES = """SELECT table_name, column_name FROM duckdb_columns()
    WHERE schema_name = 'main' AND database_name = current_database() AND NOT internal
    ORDER BY table_name, column_index"""


def _database(connection: Connection) -> Database:
    database: Database = connection.session.stores.database
    return database


def relations(connection: Connection) -> list[tuple[str, int]]:
    """The relations of current triples and the number of their triples, most frequent first."""
    rows = _database(connection).rows(
        "SELECT relation, count(*) AS number FROM main.triples GROUP BY relation ORDER BY number DESC, relation"
    )
    return [(name, int(number)) for name, number in rows]


def tables(connection: Connection) -> list[tuple[str, list[str]]]:
    """The tables and views that SQL finds under their bare names, with their columns."""
    found: dict[str, list[str]] = {}
    for table, column in _database(connection).rows(_TABLES):
        found.setdefault(table, []).append(column)
    return list(found.items())


def virtual_tables(connection: Connection) -> list[tuple[str, list[str], int]]:
    """The kinds of things that are tables though nobody made them: name, columns, and how many things there are."""
    from neuraldb.operators.classes import StoredClasses

    real = {identifier(name) for name, _ in tables(connection)}
    found = StoredClasses(connection.session.stores).tables(KINDS)
    return [(t.name, ["name", *t.columns], t.things) for t in found if identifier(t.name) not in real]


def names(connection: Connection) -> list[str]:
    """The names of entities, for completion."""
    rows = _database(connection).rows("SELECT name FROM main.entities ORDER BY facts DESC, name LIMIT ?", [NAMES])
    return [name for (name,) in rows]


def similar(connection: Connection, name: str) -> tuple[str, ...]:
    """The names of entities most like one that is not known."""
    return nearest(name, names(connection))


def describe(connection: Connection, name: str) -> list[str]:
    """Lines about the entities that a name may mean; none where nothing is known of it."""
    from neuraldb.operators.linking import may_be

    stores = connection.session.stores
    lines: list[str] = []
    for record in stores.entities.entity(name):
        facts = stores.facts.get(record.facts)
        lines += [record.name, *(f"  also: {alias}" for alias in record.aliases)]
        lines += [f"  may be: {other}" for other in may_be(record.name, record.id, stores)]
        lines += [f"  {_written(triple)}" for triple in record.triples]
        lines += [f"  [{fact.id}] {fact.text}" for fact in facts]
    return lines


def _written(triple: Triple) -> str:
    certainty = "" if triple.confidence >= 1 else f" ({triple.confidence:.2f})"
    return f"{triple.subject.text} · {triple.relation.text} · {triple.object.text}{certainty}"
