"""The graph: triples of terms, and where in which fact the entities are mentioned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from neuraldb.core.errors import DataError, IntegrityError
from neuraldb.stores.account import Account
from neuraldb.stores.arrays import Ids
from neuraldb.stores.clustered import ClusteredTriples
from neuraldb.stores.database import Database
from neuraldb.stores.graph_images import GraphImages
from neuraldb.stores.merges import MergeIndex
from neuraldb.stores.terms import Alias, Term, add_aliases, ensure_terms, find_terms, read_terms

# terms of an IN list by parameter; more are joined
_FEW = 16
_TRIPLES = pa.schema(
    {
        "id": pa.int64(),
        "subject": pa.int64(),
        "relation": pa.int64(),
        "object": pa.int64(),
        "graph": pa.int64(),
        "confidence": pa.float32(),
        "fact": pa.int64(),
        "recorded_from": pa.timestamp("us"),
        "own_subject": pa.int64(),
        "own_object": pa.int64(),
        "subject_start": pa.int64(),
        "subject_end": pa.int64(),
        "object_start": pa.int64(),
        "object_end": pa.int64(),
    }
)
_MENTIONS = pa.schema(
    {
        "fact": pa.int64(),
        "start_char": pa.int32(),
        "end_char": pa.int32(),
        "text": pa.string(),
        "term": pa.int64(),
        "confidence": pa.float32(),
        "own": pa.int64(),
    }
)


@dataclass(frozen=True, slots=True)
class NewTriple:
    """A triple to be added.

    Attributes:
        subject, relation, object: ids of terms; what is stored is the term that stands for the entity.
        confidence: in [0, 1].
        fact: the current fact that says so; None for imported data.
        graph: the id of the named graph's term; None is the default graph.
        subject_span, object_span: where both ends stand in the fact's text, ``(start, end)`` in characters; None where
            they do not stand there.
    """

    subject: int
    relation: int
    object: int
    confidence: float = 1.0
    fact: int | None = None
    graph: int | None = None
    subject_span: tuple[int, int] | None = None
    object_span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Triple:
    """A stored triple, its terms read out."""

    id: int
    subject: Term
    relation: Term
    object: Term
    confidence: float
    fact: int | None
    graph: Term | None


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a fact's text that names an entity.

    Attributes:
        fact: the fact.
        start, end: character offsets into what models read of it (:attr:`~neuraldb.stores.facts.Fact.reading`), ``end``
            exclusive.
        text: the words there.
        term: the entity's id.
        confidence: in [0, 1], that these words mean this entity.
    """

    fact: int
    start: int
    end: int
    text: str
    term: int
    confidence: float = 1.0


class GraphStore:
    """The terms, triples and mentions of a database.

    Attributes:
        account: what statements about the graph have taken since the last change; pays for the two copies of triples.
        clustered, images: the copies, in DuckDB and in memory.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.account = Account(database)
        self.clustered = ClusteredTriples(database, self.account)
        self.images = GraphImages(database, self.account)
        self._merges = MergeIndex(database)

    # ----------------------------------------------------------------------------------------------------- terms

    def ensure_terms(self, terms: Sequence[Term]) -> list[int]:
        """The ids of terms, in order, after storing those that are new. A new entity is also known by its name.

        Raises:
            DataError: a text is no valid Unicode.
        """
        return ensure_terms(self._database, terms)

    def find_terms(self, terms: Sequence[Term]) -> dict[Term, int]:
        """The ids of those of the terms that are stored."""
        return find_terms(self._database, terms)

    def add_aliases(self, aliases: Sequence[Alias]) -> None:
        """Store further texts that terms are known under; one that a term has already is passed over."""
        add_aliases(self._database, aliases)

    def terms(self, ids: Sequence[int]) -> list[Term]:
        """The terms with these ids, in this order.

        Raises:
            DataError: there is no term with one of the ids.
        """
        return read_terms(self._database, ids)

    def names(self) -> list[str]:
        """The names of all entities of which something is known, in alphabetical order."""
        return [name for (name,) in self._database.rows("SELECT DISTINCT name FROM main.entities ORDER BY name")]

    # --------------------------------------------------------------------------------------------------- triples

    def add_triples(self, triples: Sequence[NewTriple]) -> list[int]:
        """Store triples and give their ids, in order.

        One that is there already, from the same fact and in the same graph, is not stored twice and keeps its
        confidence.

        Raises:
            DataError: a confidence is not in [0, 1].
            IntegrityError: a fact is not current, or a term does not exist.
        """
        if not triples:
            return []
        if not all(0 <= triple.confidence <= 1 for triple in triples):
            raise DataError("a confidence is a number from 0 to 1")
        roots = self._merges.roots({end for t in triples for end in (t.subject, t.object)})
        identities = [(t.subject, t.relation, t.object, t.graph, t.fact) for t in triples]
        with self._database.transaction():
            first = self._database.next_id("triples")
            self._check_references(triples)
            arriving = {"arriving": _triple_table(triples, range(len(triples)), [None] * len(triples), roots)}
            rows = self._database.rows(
                """SELECT coalesce(t.own_subject, t.subject), t.relation, coalesce(t.own_object, t.object),
                          t.graph, t.fact, t.id
                   FROM store.triples t SEMI JOIN arriving a
                   ON t.subject = a.subject AND t.relation = a.relation AND t.object = a.object
                   AND t.graph IS NOT DISTINCT FROM a.graph AND t.fact IS NOT DISTINCT FROM a.fact
                   WHERE t.recorded_to IS NULL""",
                inputs=arriving,
            )
            known = {row[:5]: int(row[5]) for row in rows}
            new: list[NewTriple] = []
            for identity, triple in zip(identities, triples, strict=True):
                if identity not in known:
                    known[identity] = first + len(new)
                    new.append(triple)
            moment = self._database.now()
            table = _triple_table(new, range(first, first + len(new)), [moment] * len(new), roots)
            self._database.insert("store.triples", table)
        return [known[identity] for identity in identities]

    def end_triples(self, ids: Iterable[int]) -> list[int]:
        """Make triples past; gives the ids of those that were current, ascending. The facts stay as they are."""
        wanted = {"wanted": pa.table({"id": pa.array(sorted(set(ids)), pa.int64())})}
        with self._database.transaction():
            moment = self._database.now()
            ended = self._database.rows(
                """UPDATE store.triples SET recorded_to = ? WHERE recorded_to IS NULL AND id IN (SELECT id FROM wanted)
                   RETURNING id""",
                [moment],
                wanted,
            )
        return sorted(triple for (triple,) in ended)

    def triples_of(self, term: int) -> list[Triple]:
        """The current triples that have a term as subject or object, in order of id."""
        rows = self._database.rows(
            """SELECT id, subject, relation, object, confidence, fact, graph FROM store.triples
               WHERE recorded_to IS NULL AND (subject = $term OR object = $term) ORDER BY id""",
            {"term": term},
        )
        ids = sorted({part for row in rows for part in (*row[1:4], row[6]) if part is not None})
        terms = dict(zip(ids, self.terms(ids), strict=True))
        return [
            Triple(row[0], terms[row[1]], terms[row[2]], terms[row[3]], row[4], row[5], terms.get(row[6]))
            for row in rows
        ]

    # -------------------------------------------------------------------------------------------------- mentions

    def add_mentions(self, mentions: Sequence[Mention]) -> None:
        """Store where entities are mentioned.

        Raises:
            DataError: a span is empty or backwards, or a confidence not in [0, 1].
        """
        for mention in mentions:
            if not 0 <= mention.start < mention.end or not 0 <= mention.confidence <= 1:
                raise DataError(f"{mention} has no valid span or confidence")
        roots = self._merges.roots({mention.term for mention in mentions})
        own = [None if roots[mention.term] == mention.term else mention.term for mention in mentions]
        columns: dict[str, Any] = {
            "fact": [mention.fact for mention in mentions],
            "start_char": [mention.start for mention in mentions],
            "end_char": [mention.end for mention in mentions],
            "text": [mention.text for mention in mentions],
            "term": [roots[mention.term] for mention in mentions],
            "confidence": [mention.confidence for mention in mentions],
            "own": own,
        }
        self._database.insert("store.mentions", pa.table(columns, schema=_MENTIONS))

    def mentions(self, facts: Sequence[int]) -> list[Mention]:
        """The mentions in given facts, by fact and place."""
        rows = self._database.rows(
            """SELECT fact, start_char, end_char, text, term, confidence FROM store.mentions
               WHERE fact IN (SELECT fact FROM wanted) ORDER BY fact, start_char, end_char, term""",
            inputs={"wanted": pa.table({"fact": pa.array(facts, pa.int64())})},
        )
        return [Mention(*row) for row in rows]

    def facts_mentioning(self, terms: Sequence[int]) -> Ids:
        """The ids, int64 and ascending, of the current facts that mention one of the terms or gave a triple of it."""
        if not terms:
            return np.empty(0, np.int64)
        few = len(terms) <= _FEW
        # compared with values each column is scanned at full speed; joined with a table, or by an OR, at a third of it
        wanted = ", ".join("?" * len(terms)) if few else "SELECT term FROM wanted"
        table = self._database.query(
            f"""SELECT id FROM store.facts WHERE recorded_to IS NULL AND id IN (
                   SELECT fact FROM store.mentions WHERE term IN ({wanted})
                   UNION ALL SELECT fact FROM store.triples WHERE subject IN ({wanted}) AND recorded_to IS NULL
                   UNION ALL SELECT fact FROM store.triples WHERE object IN ({wanted}) AND recorded_to IS NULL)
                ORDER BY id""",
            [int(term) for term in terms] * 3 if few else (),
            None if few else {"wanted": pa.table({"term": pa.array(terms, pa.int64())})},
        )
        return np.asarray(table.column(0).to_numpy(), np.int64)

    def _check_references(self, triples: Sequence[NewTriple]) -> None:
        terms = {term for t in triples for term in (t.subject, t.relation, t.object, t.graph) if term is not None}
        facts = {t.fact for t in triples if t.fact is not None}
        for ids, relation, complaint in (
            (terms, "store.terms", "there is no term {} to make a triple of"),
            (
                facts,
                "(FROM store.facts WHERE recorded_to IS NULL)",
                "fact {} is not current, so no triple can rest on it",
            ),
        ):
            found = self._database.rows(
                f"SELECT s.id FROM referred r JOIN {relation} s ON s.id = r.id",
                inputs={"referred": pa.table({"id": pa.array(sorted(ids), pa.int64())})},
            )
            missing = ids.difference(row[0] for row in found)
            if missing:
                raise IntegrityError(complaint.format(min(missing)))


def _triple_table(
    triples: Sequence[NewTriple], ids: Sequence[int], moments: Sequence[Any], roots: Mapping[int, int]
) -> pa.Table:
    """Triples as they are stored: ``roots`` maps their ends to the terms that stand for them."""
    columns: dict[str, Any] = {
        "id": ids,
        "subject": [roots[triple.subject] for triple in triples],
        "relation": [triple.relation for triple in triples],
        "object": [roots[triple.object] for triple in triples],
        "graph": [triple.graph for triple in triples],
        "confidence": [triple.confidence for triple in triples],
        "fact": [triple.fact for triple in triples],
        "recorded_from": moments,
        "own_subject": [None if roots[triple.subject] == triple.subject else triple.subject for triple in triples],
        "own_object": [None if roots[triple.object] == triple.object else triple.object for triple in triples],
    }
    for end in ("subject", "object"):
        spans = [getattr(triple, f"{end}_span") or (None, None) for triple in triples]
        columns |= {f"{end}_start": [start for start, _ in spans], f"{end}_end": [stop for _, stop in spans]}
    return pa.table(columns, schema=_TRIPLES)
