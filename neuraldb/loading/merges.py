"""Which names are one entity, exported and loaded again: by names, since ids are a database's own affair.

A line says of two names that they are one (``merge``), that they are not (``apart``), or that one was split off the
other (``part``), with the facts that are told of it, by their words and whom they are about. What the database links by
itself is not written: it does so again when the facts are loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from neuraldb.api import Connection
from neuraldb.core.errors import ImportFailed
from neuraldb.core.text import digest
from neuraldb.stores.bundle import Stores
from neuraldb.stores.journal import record
from neuraldb.stores.merges import ONE, Edge
from neuraldb.stores.terms import Term

FILE = "merges.jsonl"
KINDS = ("merge", "apart", "part")


def lines(connection: Connection) -> Iterator[str]:
    """The lines about a database's names, in the order in which they were said."""
    stores = connection.session.stores
    edges = stores.database.rows(
        """SELECT m.kind, t.kind, t.text, o.kind, o.text, m.term FROM store.merges m
           JOIN store.terms t ON t.id = m.term JOIN store.terms o ON o.id = m.other
           WHERE m.recorded_to IS NULL AND m.kind <> 'link' ORDER BY m.id"""
    )
    for kind, mine, name, theirs, other, term in edges:
        line: dict[str, Any] = {"kind": kind, "name": [mine, name], "of": [theirs, other]}
        if kind == "part":
            line["facts"] = [[fact.text, fact.subject] for fact in stores.facts.get(_facts_of(term, stores))]
        yield json.dumps(line, ensure_ascii=False)


def _facts_of(own: int, stores: Stores) -> list[int]:
    """The current facts in which a term is that of a mention or of an end of a triple itself."""
    rows = stores.database.rows(
        """SELECT fact FROM store.mentions WHERE coalesce(own, term) = $own
           UNION SELECT fact FROM store.triples
           WHERE recorded_to IS NULL AND $own IN (coalesce(own_subject, subject), coalesce(own_object, object))""",
        {"own": own},
    )
    current = set(stores.facts.ids().tolist())
    return sorted(fact for (fact,) in rows if fact in current)


def load(connection: Connection, written: Iterable[str], name: str) -> int:
    """Make names one, or keep them apart, as lines say; gives how many lines say something new.

    It is one change of the history, which can be taken back.

    Args:
        connection: where to, with the facts loaded.
        written: the lines.
        name: of the file, for errors.

    Raises:
        ImportFailed: a line is none of ours.
    """
    said = [_said(line, f"{name}, line {number}") for number, line in enumerate(written, 1) if line.strip()]
    stores = connection.session.stores
    if not said:
        return 0
    with stores.database.transaction():
        change, moment = stores.database.next_id("history"), stores.database.now()
        ends = [Term(*end) for line in said for end in (line["name"], line["of"])]
        ids = iter(stores.graph.ensure_terms(ends))
        edges = [Edge(line["kind"], next(ids), next(ids), change) for line in said]
        index, merges = stores.entities.merges.index, stores.entities.merges
        new = 0
        for line, edge in zip(said, edges, strict=True):
            held = index.edges(edge.term)
            if any((one.kind, one.other) == (edge.kind, edge.other) for one in held):
                continue
            if edge.kind in ONE:
                merges.end([one for one in held if one.kind in ONE], moment, change)
            merges.begin([edge], moment)
            if edge.kind == "part":
                merges.reassign({edge.other: edge.term}, moment, _ids_of(line["facts"], stores))
            new += 1
        merges.agree({edge.term for edge in edges if edge.kind in ONE}, moment)
        if new:
            record(stores.database, moment, ["merge"], [None], [f"names as {name} says"])
    return new


def _ids_of(facts: Iterable[tuple[str, str | None]], stores: Stores) -> list[int]:
    wanted = {(digest(text), about) for text, about in facts}
    rows = stores.database.rows("SELECT id, digest, subject FROM store.facts WHERE recorded_to IS NULL")
    return [fact for fact, key, about in rows if (key, about) in wanted]


def _said(line: str, place: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
        ends = [value["name"], value["of"]]
        facts = value.get("facts", [])
        known = value["kind"] in KINDS and all(kind in ("entity", "iri") and isinstance(t, str) for kind, t in ends)
        if not known or not all(isinstance(text, str) for text, _ in facts):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImportFailed(f"{place}: this says nothing of names") from error
    return {"kind": value["kind"], "name": ends[0], "of": ends[1], "facts": facts}
