"""Storing many triples that no fact states: the terms that are new, then the triples that are new, each by one join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database
from neuraldb.stores.terms import Term, ensure_terms

Quad = tuple[Term, Term, Term, Term | None]
"""Subject, relation, object, and the named graph (None: the default graph)."""

_NO_GRAPH = -1


def import_quads(database: Database, quads: Sequence[Quad]) -> int:
    """Store the triples that are not current yet, in one transaction; gives how many those are.

    What it costs depends on the number of triples that arrive, and hardly on those that are stored: give many at once.

    Raises:
        DataError: a text is no valid Unicode.
    """
    if not quads:
        return 0
    places: dict[Term, int] = {}
    columns: dict[str, Any] = {"place": np.arange(len(quads))}
    columns["subject"] = [places.setdefault(subject, len(places)) for subject, _, _, _ in quads]
    columns["relation"] = [places.setdefault(relation, len(places)) for _, relation, _, _ in quads]
    columns["object"] = [places.setdefault(target, len(places)) for _, _, target, _ in quads]
    columns["graph"] = [_NO_GRAPH if g is None else places.setdefault(g, len(places)) for _, _, _, g in quads]
    with database.transaction():
        # one more id for the default graph, which -1 picks
        ids = np.append(np.asarray(ensure_terms(database, list(places)), np.int64), _NO_GRAPH)
        arriving = pa.table(columns | {name: ids[columns[name]] for name in ("subject", "relation", "object", "graph")})
        return _insert_new(database, arriving)


def _insert_new(database: Database, arriving: pa.Table) -> int:
    """Insert those of the triples (place, subject, relation, object, graph as -1 for none) that are not current."""
    # the few that are there already are found first, so that the stored triples are only scanned, never sorted;
    # what was imported under a name that has been merged is stored under the one that stands for it, beside its own
    known = database.query(
        f"""SELECT a.place FROM store.triples t JOIN arriving a
            ON coalesce(t.own_subject, t.subject) = a.subject AND t.relation = a.relation
            AND coalesce(t.own_object, t.object) = a.object AND coalesce(t.graph, {_NO_GRAPH}) = a.graph
            WHERE t.recorded_to IS NULL AND t.fact IS NULL""",
        inputs={"arriving": arriving},
    )
    new = _without(arriving, np.asarray(known.column(0).to_numpy(), np.int64))
    if not new.num_rows:
        return 0
    first = database.next_id("triples")
    return database.execute(
        f"""INSERT INTO store.triples BY NAME
            SELECT $first + row_number() OVER (ORDER BY place) - 1 AS id, subject, relation, object,
                   nullif(graph, {_NO_GRAPH}) AS graph, CAST(1.0 AS FLOAT) AS confidence, $moment AS recorded_from
            FROM (SELECT min(place) AS place, subject, relation, object, graph FROM arriving
                  GROUP BY subject, relation, object, graph)
            ORDER BY place""",
        {"first": first, "moment": database.now()},
        {"arriving": new},
    )


def _without(table: pa.Table, places: Ids) -> pa.Table:
    """The rows of a table but for those at some places."""
    if not len(places):
        return table
    kept = np.ones(table.num_rows, bool)
    kept[places] = False
    return table.filter(pa.array(kept))
