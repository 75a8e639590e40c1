"""The current triples as a graph of networkx: an export, and the ground for its algorithms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuraldb.stores.adjacency import EVERYTHING, THINGS, Part
from neuraldb.stores.database import Database

if TYPE_CHECKING:
    import networkx


def network(database: Database, part: Part = EVERYTHING, entities_only: bool = False) -> networkx.MultiDiGraph:
    """The current triples as a graph of networkx: a copy, which stays as it is when facts arrive.

    Nodes are ids of terms, with ``name`` and ``kind``. Edges go from subject to object and have the triple's id as
    key, with ``relation`` (its text), ``confidence``, ``fact`` (None for imported data), ``evidence`` (the ids of the
    facts, none or one) and ``graph`` (a term's id, or None). The attribute ``version`` of the graph grows with each
    change of the database: a graph with an older version than a new one may lack what was said since.

    Args:
        database: whose triples.
        part: which of them.
        entities_only: leave out values and classes, and the edges to them.
    """
    import networkx

    condition, parameters = part.condition
    with database.lock:
        version = database.version
        edges = database.rows(
            f"""SELECT t.subject, t.object, t.id, r.text, t.confidence, t.fact, t.graph
                FROM (SELECT * FROM store.triples WHERE {condition}) t
                JOIN store.terms r ON r.id = t.relation ORDER BY t.id""",
            parameters,
        )
        nodes = database.rows(
            f"""SELECT id, text, kind FROM store.terms WHERE id IN (
                    SELECT subject FROM store.triples WHERE {condition}
                    UNION SELECT object FROM store.triples WHERE {condition}) ORDER BY id""",
            parameters,
        )
    graph = networkx.MultiDiGraph(version=version)
    for term, text, kind in nodes:
        if not entities_only or kind in THINGS:
            graph.add_node(term, name=text, kind=kind)
    for subject, target, triple, relation, confidence, fact, named in edges:
        if subject in graph and target in graph:
            evidence = () if fact is None else (fact,)
            graph.add_edge(
                subject,
                target,
                triple,
                relation=relation,
                confidence=confidence,
                fact=fact,
                evidence=evidence,
                graph=named,
            )
    return graph
