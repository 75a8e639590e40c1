"""Whole graphs: which there are, and all their triples ended, or put into another.

A named graph is there as long as it holds triples; the default graph always is.
"""

from __future__ import annotations

from neuraldb.stores.database import Database
from neuraldb.stores.edits import NO_GRAPH, Changed, apply, end

SCOPES = {"default": "graph IS NULL", "named": "graph IS NOT NULL", "all": "true"}
"""The graphs that CLEAR and DROP mean by a word."""


def holds(database: Database, graph: int) -> bool:
    """Whether a named graph, by its name's id, is there."""
    ((found,),) = database.rows(
        "SELECT count(*) > 0 FROM store.triples WHERE recorded_to IS NULL AND graph = ?", [graph]
    )
    return bool(found)


def names(database: Database) -> list[str]:
    """The names of the named graphs, in alphabetical order."""
    rows = database.rows(
        """SELECT text FROM store.terms WHERE id IN
           (SELECT DISTINCT graph FROM store.triples WHERE recorded_to IS NULL AND graph IS NOT NULL) ORDER BY text"""
    )
    return [text for (text,) in rows]


def clear(database: Database, scope: str, graph: int | None = None) -> int:
    """End all triples of some graphs; gives how many.

    Args:
        database: what is changed.
        scope: one of :data:`SCOPES`, or ``one``: the graph of the id ``graph``.
        graph: of that one graph.

    Raises:
        IntegrityError: a fact states one of them.
    """
    condition = SCOPES.get(scope, "graph = $graph")
    with database.transaction():
        database.next_id("triples")  # takes the turn
        going = database.query(
            f"SELECT id, fact FROM store.triples WHERE recorded_to IS NULL AND {condition} ORDER BY id",
            {} if scope in SCOPES else {"graph": graph},
        )
        end(database, going)
    return int(going.num_rows)


def transfer(database: Database, kind: str, source: int | None, target: int | None) -> Changed:
    """ADD, COPY or MOVE the triples of a graph to another, None being the default graph.

    COPY and MOVE end what the target held besides, MOVE also what the source held.

    Raises:
        IntegrityError: a fact states a triple that is to go.
    """
    if source == target:
        return Changed(0, 0)
    inserted = """SELECT subject, relation, object, $target AS graph, confidence::DOUBLE AS confidence, true AS insert,
                         own_subject, own_object
                  FROM store.triples WHERE recorded_to IS NULL AND coalesce(graph, $none) = $source"""
    deleted = """SELECT subject, relation, object, coalesce(graph, $none), 1.0, false, own_subject, own_object
                 FROM store.triples WHERE recorded_to IS NULL AND coalesce(graph, $none) = {}"""
    parts = [inserted]
    parts += [deleted.format("$target")] if kind in ("COPY", "MOVE") else []
    parts += [deleted.format("$source")] if kind == "MOVE" else []
    ids = {
        "none": NO_GRAPH,
        "source": NO_GRAPH if source is None else source,
        "target": NO_GRAPH if target is None else target,
    }
    with database.transaction():
        database.next_id("triples")  # takes the turn
        return apply(database, database.query(" UNION ALL ".join(parts), ids))
