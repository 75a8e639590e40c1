"""Changes of the graph: triples inserted and ended by what they say, in one transaction and noted in the history.

A triple that a sentence states cannot be deleted: the sentence is the truth, and would state it again. Who wants it
gone takes the sentence back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from neuraldb.core.errors import IntegrityError
from neuraldb.core.rdf import TAG_KEY
from neuraldb.stores.database import Database, Inputs
from neuraldb.stores.journal import record
from neuraldb.stores.merges import MergeIndex
from neuraldb.stores.terms import Term, ensure_terms

FRESH = "fresh"
"""The kind of a term that is to become a blank node of its own."""
SHOWN = 3
"""Triples that an entry of the history spells out."""

ENDS = ("subject", "relation", "object", "graph")
NO_GRAPH = -1
"""Stands for the default graph where a graph is compared."""
_KEY = "subject, relation, object, graph"
_CURRENT = f"""(SELECT id, subject, relation, object, coalesce(graph, {NO_GRAPH}) AS graph, fact, own_subject,
               own_object
               FROM store.triples WHERE recorded_to IS NULL)"""


_MERGED = pa.schema({"term": pa.int64(), "root": pa.int64()})


class Changed(NamedTuple):
    """How many triples an operation has ended, and how many are new."""

    deleted: int
    inserted: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.deleted + self.inserted


def change_triples(database: Database, quads: pa.Table) -> Changed:
    """Delete and insert triples: what is both deleted and inserted stays, or comes.

    Args:
        database: what is changed.
        quads: a row a triple: structs of the parts of terms (columns of ``store.terms``) in ``subject``, ``relation``,
            ``object`` and ``graph`` (with the kind NULL: the default graph), ``insert`` (whether it is inserted), and
            ``confidence``. Terms of the kind :data:`FRESH` and of one text become one new blank node.

    Raises:
        IntegrityError: a triple that is to go is stated by a fact.
    """
    with database.transaction():
        first = database.next_id("triples")  # takes the turn, so that what is looked for is not changed meanwhile
        if _any(quads.column("insert")):
            if any(_any(pc.equal(pc.struct_field(quads.column(end), "kind"), FRESH)) for end in ENDS):
                quads = database.query(
                    f"SELECT insert, confidence, {', '.join(map(_named, ENDS))} FROM arriving",
                    {"prefix": f"update{first}."},
                    {"arriving": quads},
                )
            _store_terms(database, quads)
        return apply(database, _identified(database, quads))


def _any(flags: pa.ChunkedArray) -> bool:
    return bool(pc.any(flags).as_py())


def _named(end: str) -> str:
    """A term with the label of a new blank node in its place."""
    parts = {"kind": "'blank'", "text": f"concat($prefix, {end}.text)"}
    names = ("kind", "text", "datatype", "language", "number", "unit", "date_from", "date_to")
    fresh = ", ".join(f"'{name}': {parts.get(name, f'{end}.{name}')}" for name in names)
    return f"CASE WHEN {end}.kind = '{FRESH}' THEN {{{fresh}}} ELSE {end} END AS {end}"


def _store_terms(database: Database, quads: pa.Table) -> None:
    """Store the terms of triples that are inserted and that are new."""
    ends = " UNION ALL ".join(f"SELECT {end} AS term FROM arriving WHERE insert" for end in ENDS)
    rows = database.rows(
        f"""SELECT DISTINCT a.* FROM (
                SELECT term.kind, term.text, term.datatype, term.language, term.number,
                       CASE WHEN term.number IS NOT NULL THEN coalesce(term.unit, '') END AS unit,
                       term.date_from, term.date_to FROM ({ends}) WHERE term.kind IS NOT NULL) AS a
            ANTI JOIN store.terms AS t ON t.kind = a.kind AND t.text = a.text
                AND t.datatype = coalesce(a.datatype, '') AND t.language = coalesce(a.language, '')
            ORDER BY ALL""",
        inputs={"arriving": quads},
    )
    ensure_terms(
        database, [Term(kind, text, datatype or "", lang or "", *rest) for kind, text, datatype, lang, *rest in rows]
    )


def _identified(database: Database, quads: pa.Table) -> pa.Table:
    """The triples by the ids of their terms; those with a term that is not stored are left out.

    Ends are the terms that stand for all that is one entity; what was named itself is in ``own_…``, as triples have it.
    """
    into = MergeIndex(database).into()
    stored, given = (TAG_KEY.format(tag) for tag in ("{end}_term.language", "coalesce(a.{end}.language, '')"))
    joins = "".join(
        f""" JOIN store.terms AS {end}_term ON {end}_term.kind = a.{end}.kind AND {end}_term.text = a.{end}.text
             AND {end}_term.datatype = coalesce(a.{end}.datatype, '')
             AND CASE WHEN a.insert THEN {end}_term.language = coalesce(a.{end}.language, '')
                      ELSE {stored.format(end=end)} = {given.format(end=end)} END"""
        for end in ENDS[:3]
    )
    return database.query(
        f"""SELECT a.insert, a.confidence, coalesce(s.root, subject_term.id) AS subject, relation_term.id AS relation,
                   coalesce(o.root, object_term.id) AS object, coalesce(graph_term.id, {NO_GRAPH}) AS graph,
                   CASE WHEN s.root IS NOT NULL THEN subject_term.id END AS own_subject,
                   CASE WHEN o.root IS NOT NULL THEN object_term.id END AS own_object
            FROM arriving AS a {joins}
            LEFT JOIN merged AS s ON s.term = subject_term.id LEFT JOIN merged AS o ON o.term = object_term.id
            LEFT JOIN store.terms AS graph_term ON graph_term.kind = a.graph.kind AND graph_term.text = a.graph.text
                AND graph_term.datatype = '' AND graph_term.language = ''
            WHERE a.graph.kind IS NULL OR graph_term.id IS NOT NULL""",
        inputs={"arriving": quads, "merged": pa.table({"term": list(into), "root": list(into.values())}, _MERGED)},
    )


def apply(database: Database, changes: pa.Table) -> Changed:
    """Delete and insert triples by the ids of their terms.

    Args:
        database: what is changed.
        changes: columns ``subject``, ``relation``, ``object``, ``graph`` (:data:`NO_GRAPH` for the default graph),
            ``insert``, ``confidence``, ``own_subject`` and ``own_object``.

    Raises:
        IntegrityError: a triple that is to go is stated by a fact.
    """
    inputs = {"changes": changes}
    same = " AND ".join(f"t.{column} = c.{column}" for column in ENDS)
    same += "".join(f" AND t.{own} IS NOT DISTINCT FROM c.{own}" for own in ("own_subject", "own_object"))
    with database.transaction():
        first = database.next_id("triples")
        insert = changes.column("insert")
        deleted = _deleted(database, inputs) if _any(pc.invert(insert)) else 0
        if not _any(insert):
            return Changed(deleted, 0)
        coming = database.query(
            f"""SELECT {_KEY}, own_subject, own_object, CAST(1.0 - product(1.0 - confidence) AS FLOAT) AS confidence
                FROM (SELECT * FROM changes WHERE insert) AS c
                ANTI JOIN (SELECT * FROM {_CURRENT} WHERE fact IS NULL) AS t ON {same}
                GROUP BY ALL ORDER BY ALL""",
            inputs=inputs,
        )
        if coming.num_rows:
            moment = database.now()
            database.execute(
                f"""INSERT INTO store.triples BY NAME
                    SELECT $first + row_number() OVER (ORDER BY {_KEY}) - 1 AS id, subject, relation, object,
                           nullif(graph, {NO_GRAPH}) AS graph, confidence, $moment AS recorded_from,
                           own_subject, own_object
                    FROM coming ORDER BY id""",
                {"first": first, "moment": moment},
                {"coming": coming},
            )
            _note(database, "insert", range(first, first + coming.num_rows), moment)
    return Changed(deleted, coming.num_rows)


def _deleted(database: Database, changes: Inputs) -> int:
    """End the triples that are to be deleted and not inserted as well; gives how many."""
    going = database.query(
        f"""SELECT t.id, t.fact FROM {_CURRENT} AS t SEMI JOIN (
                SELECT {_KEY} FROM changes WHERE NOT insert EXCEPT SELECT {_KEY} FROM changes WHERE insert) AS d
            USING ({_KEY}) ORDER BY t.id""",
        inputs=changes,
    )
    end(database, going)
    return int(going.num_rows)


def end(database: Database, going: pa.Table) -> None:
    """Make triples past; ``going`` has their ids, and in ``fact`` the facts that state them.

    Raises:
        IntegrityError: there is such a fact.
    """
    if not going.num_rows:
        return
    stated = [(row["id"], row["fact"]) for row in going.to_pylist() if row["fact"] is not None]
    if stated:
        raise _stated(database, stated)
    with database.transaction():
        moment = database.now()
        database.execute(
            "UPDATE store.triples SET recorded_to = $moment WHERE id IN (SELECT id FROM going)",
            {"moment": moment},
            {"going": going},
        )
        _note(database, "delete", going.column("id").to_pylist(), moment)


def _stated(database: Database, stated: Sequence[tuple[int, int]]) -> IntegrityError:
    triple, fact = stated[0]
    ((text,),) = database.rows("SELECT text FROM store.facts WHERE id = ?", [fact])
    more = len({fact for _, fact in stated}) - 1
    others = f", and {more} other fact{'s state' if more > 1 else ' states'} more of what is to go" if more else ""
    return IntegrityError(
        f'fact {fact} states {_texts(database, [triple])[0]}: "{text}"{others}',
        hint="a triple that a sentence states goes with the sentence: take that back with Forget that …, or in SQL "
        f"with DELETE FROM facts WHERE id = {fact}",
    )


def _note(database: Database, action: str, ids: Sequence[int], moment: Any) -> None:
    shown = "; ".join(_texts(database, ids[:SHOWN]))
    more = f"; and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else ""
    counted = f"{len(ids):,} triple{'' if len(ids) == 1 else 's'}"
    record(database, moment, [action], [None], [None], detail=f"{counted}: {shown}{more}")


def _texts(database: Database, ids: Sequence[int]) -> list[str]:
    """Triples in words."""
    rows = database.rows(
        """SELECT concat_ws(' ', s.text, r.text, o.text) || coalesce(' in ' || g.text, '') FROM store.triples AS t
           JOIN store.terms AS s ON s.id = t.subject JOIN store.terms AS r ON r.id = t.relation
           JOIN store.terms AS o ON o.id = t.object LEFT JOIN store.terms AS g ON g.id = t.graph
           WHERE t.id IN (SELECT unnest(?)) ORDER BY t.id""",
        [list(ids)],
    )
    return [text for (text,) in rows]
