"""The stored triples, page by page: what is written of them is in the modules that write a format.

Pages are cut by the ids of subjects, so that all triples of a subject are in one; within a page each triple comes once,
by subject, graph and relation, and then in the order in which it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from neuraldb.core.rdf import RDF, XSD
from neuraldb.core.rdf_names import NAMES
from neuraldb.stores.database import Database
from neuraldb.stores.terms import Term, read_terms

PAGE = 50_000
"""Triples of a page, about: those of one subject stay together."""
EVIDENCE = {name: Term("iri", f"urn:neuraldb:{name}") for name in ("confidence", "statedBy", "text")}
"""The relations that say how sure a triple is, which facts state it, and what a fact's words are."""

_STATEMENT = {name: Term("iri", RDF + name) for name in ("type", "Statement", "subject", "predicate", "object")}


@dataclass(frozen=True, slots=True)
class Row:
    """A stored triple: its terms by their places in the page's ``terms``, and what it rests on.

    Attributes:
        subject, relation, object: places of terms.
        graph: the place of the named graph's; None is the default graph.
        id: of the triple that came first, where several facts say the same.
        confidence: of the surest of them.
        facts: the ids of the facts that state it; none for imported data.
    """

    subject: int
    relation: int
    object: int
    graph: int | None = None
    id: int = 0
    confidence: float = 1.0
    facts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some triples, and the terms that they are made of."""

    rows: list[Row]
    terms: dict[int, Term]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which triples are wanted, and how.

    Attributes:
        graphs: whether a triple in two graphs is two.
        imported: only what was imported, not what was read from facts.
        evidence: with what the triples rest on.
        statements: that as further triples, about statements: :data:`EVIDENCE`.
    """

    graphs: bool = False
    imported: bool = False
    evidence: bool = False
    statements: bool = True

    @property
    def condition(self) -> str:
        """What holds of the rows of ``store.triples``."""
        return "recorded_to IS NULL" + (" AND fact IS NULL" if self.imported else "")


def count(database: Database, selection: Selection) -> int:
    """How many triples are stored, those that several facts state counted for each."""
    ((found,),) = database.rows(f"SELECT count(*) FROM store.triples WHERE {selection.condition}")
    return int(found)


def named_graphs(database: Database, selection: Selection) -> int:
    """How many graphs besides the default graph hold triples."""
    ((found,),) = database.rows(f"SELECT count(DISTINCT graph) FROM store.triples WHERE {selection.condition}")
    return int(found)


def pages(database: Database, selection: Selection) -> Iterator[Page]:
    """The triples."""
    last = 0
    while True:
        ((end,),) = database.rows(
            f"""SELECT max(subject) FROM (SELECT subject FROM store.triples
                WHERE {selection.condition} AND subject > ? ORDER BY subject LIMIT ?)""",
            (last, PAGE),
        )
        if end is None:
            return
        page = _page(database, selection, last, end)
        yield _with_evidence(database, page) if selection.evidence and selection.statements else page
        last = end


def _page(database: Database, selection: Selection, last: int, end: int) -> Page:
    graph = "graph" if selection.graphs else "CAST(NULL AS BIGINT)"
    facts = "list(DISTINCT fact ORDER BY fact) FILTER (fact IS NOT NULL)" if selection.evidence else "NULL"
    rows = [
        Row(s, r, o, g, id, confidence, tuple(stated or ()))
        for s, r, o, g, id, confidence, stated in database.rows(
            f"""SELECT subject, relation, object, {graph} AS named, min(id) AS first, max(confidence), {facts}
                FROM store.triples WHERE {selection.condition} AND subject > ? AND subject <= ?
                GROUP BY subject, relation, object, named
                ORDER BY subject, named NULLS FIRST, relation, first""",
            (last, end),
        )
    ]
    used = {place for row in rows for place in (row.subject, row.relation, row.object, row.graph) if place is not None}
    ids = sorted(used)
    return Page(rows, dict(zip(ids, read_terms(database, ids), strict=True)))


def _with_evidence(database: Database, page: Page) -> Page:
    """The page with what its triples rest on, as triples of their own about statements (``rdf:Statement``)."""
    terms, rows = dict(page.terms), list(page.rows)
    places: dict[Term, int] = {}

    def place(term: Term) -> int:
        if term not in places:
            # ids of terms are positive
            places[term] = -len(places) - 1
            terms[places[term]] = term
        return places[term]

    told = sorted({fact for row in page.rows for fact in row.facts})
    for row in page.rows:
        if not row.facts:
            continue
        about = place(Term("iri", f"urn:neuraldb:triple:{row.id}"))
        certainty = Term("number", f"{row.confidence:.4g}", XSD + "double")
        stated = [(EVIDENCE["statedBy"], place(_fact(fact))) for fact in row.facts]
        ends = [("subject", row.subject), ("predicate", row.relation), ("object", row.object)]
        for relation, value in (
            (_STATEMENT["type"], place(_STATEMENT["Statement"])),
            *((_STATEMENT[name], end) for name, end in ends),
            (EVIDENCE["confidence"], place(certainty)),
            *stated,
        ):
            rows.append(Row(about, place(relation), value, row.graph))
    words = database.rows(
        "SELECT id, text FROM store.facts WHERE id IN (SELECT id FROM told) ORDER BY id",
        inputs={"told": pa.table({"id": pa.array(told, pa.int64())})},
    )
    rows += [Row(place(_fact(id)), place(EVIDENCE["text"]), place(Term("text", text))) for id, text in words]
    return Page(rows, terms)


def _fact(id: int) -> Term:
    return Term("iri", f"urn:neuraldb:fact:{id}")


def namespaces(database: Database, relations: bool = False, limit: int = 30) -> list[str]:
    """What most IRIs (or those of relations) begin with, up to the last ``/`` or ``#``, the most frequent first."""
    wanted = "SELECT DISTINCT relation FROM store.triples WHERE recorded_to IS NULL"
    source = f"WHERE id IN ({wanted})" if relations else "WHERE kind IN ('iri', 'entity', 'relation', 'type')"
    named = " ".join(f"WHEN '{kind}' THEN '{beginning}'" for kind, beginning in NAMES.items())
    rows = database.rows(
        f"""SELECT beginning FROM (
                SELECT CASE kind {named} ELSE regexp_extract(text, '^.*[/#]') END AS beginning
                FROM (SELECT kind, text FROM store.terms {source} LIMIT 100000))
            WHERE beginning <> '' GROUP BY beginning HAVING count(*) > 1 OR {relations}
            ORDER BY count(*) DESC, beginning LIMIT ?""",
        (limit,),
    )
    return [beginning for (beginning,) in rows]
