"""A graph in memory, in the tables that the stores keep it in, and queries over it down to DuckDB."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import rdflib

from neuraldb.core import rdf
from neuraldb.execution.engine import traced
from neuraldb.execution.graph import PASSING
from neuraldb.execution.graph_numbers import with_numbers
from neuraldb.execution.physical import DuckDBStep, Physical, lower
from neuraldb.language.sparql import parse
from neuraldb.plan.builder_sparql import build
from neuraldb.plan.catalogue import RelationBinding, RelationSizes
from neuraldb.plan.nodes import Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.stores.hashes import add_hashes
from neuraldb.stores.schema import TABLES
from neuraldb.stores.terms import term_table

Term = tuple[str, str, str, str]
"""kind, text, datatype, language: what makes a term."""
Rows = list[dict[str, Any]]


_content: dict[str, Any] = {}
"""What the one connection holds: opening another takes longer than most queries."""


@functools.cache
def shared_connection() -> duckdb.DuckDBPyConnection:
    """DuckDB in memory."""
    connection = duckdb.connect(config={"threads": 1})
    add_hashes(connection)
    return connection


@dataclass
class MemoryGraph:
    """Terms and triples; also the catalogue over them.

    ``relations`` are further names of relations (name to the label as stored, with a score), ``types`` those of types.
    """

    relations: dict[str, tuple[str, float]] = field(default_factory=dict)
    types: dict[str, tuple[str, float]] = field(default_factory=dict)
    distinct: bool = False
    ids: dict[Term, int] = field(default_factory=dict)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    parts: dict[int, tuple[Any, ...]] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------------ writing

    def term(
        self, kind: str, text: str, datatype: str = "", language: str = "", *, unit: str | None = None, **parts: Any
    ) -> int:
        """The id of a term, new where it is not there yet."""
        key = (kind, text, datatype, language)
        if key not in self.ids:
            self.ids[key] = len(self.ids) + 1
            days = parts.get("date_from"), parts.get("date_to")
            self.parts[self.ids[key]] = (*key, text.casefold(), parts.get("number"), unit, *days)
        return self.ids[key]

    def literal_term(self, literal: rdf.Literal) -> int:
        """The id of a literal."""
        days: dict[str, Any] = {"date_from": literal.date_from, "date_to": literal.date_to}
        return self.term(literal.kind, literal.text, literal.datatype, literal.language, number=literal.number, **days)

    def node(self, node: Any) -> int:
        """The id of a term of rdflib."""
        match node:
            case rdflib.Literal():
                return self.literal_term(rdf.literal(str(node), str(node.datatype or ""), node.language or ""))
            case rdflib.BNode():
                return self.term("blank", str(node))
            case _:
                return self.term("iri", str(node))

    def add(
        self, subject: int, relation: int, object: int, *, graph: int | None = None, fact: int | None = None,
        confidence: float = 1.0,
    ) -> None:  # fmt: skip
        """Add a triple."""
        self.rows.append((len(self.rows) + 1, subject, relation, object, graph, confidence, fact))

    def load(self, triples: Iterable[Sequence[Any]], graph: int | None = None) -> None:
        """Add the triples of an rdflib graph; a set, so they are added once."""
        for s, p, o in triples:
            self.add(self.node(s), self.node(p), self.node(o), graph=graph)

    def read_turtle(self, text: str, graph: str | None = None) -> None:
        """Add Turtle, with ``:`` for http://x/; literals keep their spelling."""
        parsed = rdflib.Graph()
        with verbatim():
            parsed.parse(data=f"@prefix : <http://x/> . @prefix xsd: <{rdf.XSD}> . {text}", format="turtle")
        self.load(parsed, None if graph is None else self.term("iri", graph))

    def say(self, subject: str, relation: str, object: str, fact: int | None = None, confidence: float = 1.0) -> None:
        """Add a triple between entities, or from an entity to a number where the object is one."""
        number = rdf.literal(object, rdf.XSD + "integer")
        counted = number.number is not None
        end = self.term("number", object, number=number.number) if counted else self.term("entity", object)
        self.add(self.term("entity", subject), self.term("relation", relation), end, fact=fact, confidence=confidence)

    def of_type(self, name: str, type: str) -> None:
        """Say what an entity is, as extraction does."""
        self.add(self.term("entity", name), self.term("iri", rdf.RDF + "type"), self.term("type", type))

    # ------------------------------------------------------------------------------------------------ the catalogue

    def terms(self, text: str, kinds: tuple[str, ...]) -> tuple[int, ...]:
        exact = tuple(i for k, i in self.ids.items() if k[0] in kinds and k[1] == text)
        return exact or tuple(i for k, i in self.ids.items() if k[0] in kinds and k[1].casefold() == text.casefold())

    def entities(self, terms: Sequence[int]) -> tuple[str, ...]:
        return tuple(sorted(k[1] for k, i in self.ids.items() if k[0] == "entity" and i in terms))

    def nearest(self, text: str, kinds: tuple[str, ...], count: int = 3) -> tuple[str, ...]:
        names = (k[1] for k in self.ids if k[0] in kinds and k[1][:2].casefold() == text[:2].casefold())
        return tuple(sorted(names))[:count]

    def iri(self, text: str) -> tuple[int, ...]:
        found = self.ids.get(("iri", text, "", ""))
        return () if found is None else (found,)

    def literal(self, literal: rdf.Literal) -> tuple[int, ...]:
        given = (literal.kind, literal.text, literal.datatype, literal.language.lower())
        return tuple(i for (*key, tag), i in self.ids.items() if (*key, tag.lower()) == given)

    def relation(self, name: str) -> RelationBinding | None:
        label, score = self.relations.get(name, (name, 1.0))
        ids = self.terms(label, ("relation",))
        return RelationBinding(ids, label, score) if ids else None

    def type_candidates(self, name: str) -> tuple[tuple[str, float], ...]:
        stored = sorted(text for kind, text, *_ in self.ids if kind == "type")
        near = self.types.get(name)
        return ((near,) if near else ()) + tuple((text, 0.1) for text in stored if near is None or text != near[0])

    @property
    def strict(self) -> bool:
        return False

    def misspelt(self, name: str) -> tuple[str, ...]:
        return ()

    def has_large_integers(self) -> bool:
        return any(parts[0] == "number" and abs(parts[5]) >= 2**53 for parts in self.parts.values())

    def tells(self) -> bool:
        return True

    def sizes(self, relations: tuple[int, ...] | None) -> RelationSizes:
        rows = [row for row in self.rows if relations is None or row[2] in relations]
        traced = any(fact is not None or confidence < 1 for *_, confidence, fact in rows)
        ends = (len({row[1] for row in rows}), len({row[3] for row in rows}))
        return RelationSizes(len(rows), *ends, not self.distinct, traced)

    # ------------------------------------------------------------------------------------------------ asking

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The graph as DuckDB tables."""
        connection = shared_connection()
        content = (id(self), len(self.ids), len(self.rows))
        if _content.get("graph") == content:
            return connection
        _content["graph"], _content["owner"] = content, self
        connection.execute("DROP SCHEMA IF EXISTS store CASCADE")
        for statement in TABLES:
            if statement.startswith("CREATE SCHEMA") or "store.terms" in statement or "store.triples" in statement:
                connection.execute(statement)
        if self.ids:
            columns = list(zip(*((i, *parts) for i, parts in self.parts.items()), strict=True))
            types = [pa.int64(), *[pa.string()] * 5, pa.float64(), pa.string(), pa.date32(), pa.date32()]
            terms = pa.table(
                [pa.array(c, t) for c, t in zip(columns, types, strict=True)], [f"c{i}" for i in range(10)]
            )
            connection.register("new_terms", terms)
            connection.execute("INSERT INTO store.terms SELECT * FROM new_terms")
        if self.rows:
            columns = list(zip(*self.rows, strict=True))
            kinds = [*[pa.int64()] * 5, pa.float64(), pa.int64()]
            triples = pa.table(
                [pa.array(c, t) for c, t in zip(columns, kinds, strict=True)], [f"c{i}" for i in range(7)]
            )
            connection.register("new_triples", triples)
            connection.execute(
                "INSERT INTO store.triples (id, subject, relation, object, graph, confidence, fact, recorded_from) "
                "SELECT *, TIMESTAMP '2024-01-01' FROM new_triples"
            )
        return connection

    def plan(self, query: str, parameters: Any = None, *, terms: bool = False) -> Node:
        """The logical plan of a query."""
        return build(parse(query, parameters), self, source=query, terms=terms)

    def ask(
        self,
        query: str,
        parameters: Any = None,
        *,
        terms: bool = False,
        read: Callable[[Node], pa.Table] | None = None,
        provenance: bool = False,
    ) -> Rows:
        """The rows of a query; ``read`` computes the neural nodes."""
        table = run(lower(self.plan(query, parameters, terms=terms)), self.connect(), read)
        rows: Rows = (traced(table) if provenance else table).to_pylist()
        if not provenance:
            for row in rows:
                for name in (EVIDENCE, CONFIDENCE, "__one"):
                    row.pop(name, None)
        return rows


@contextmanager
def verbatim() -> Iterator[None]:
    """rdflib keeps literals as they are written, instead of in their canonical form."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before


def run(
    step: Physical, connection: duckdb.DuckDBPyConnection, read: Callable[[Node], pa.Table] | None = None
) -> pa.Table:
    """Run a physical plan without the engine."""
    if not isinstance(step, DuckDBStep):
        assert read is not None
        return read(step.logical)
    for name, child in step.inputs:
        connection.register(name, traced(run(child, connection, read)))
    if PASSING in step.sql:
        connection.register(PASSING, term_table({}))
    return with_numbers(connection.sql(step.sql, params=dict(step.parameters)).to_arrow_table(), step.logical)


def identity(term: Mapping[str, Any] | None) -> Any:
    """A VALUE as something that compares with rdflib's terms; a blank node by its label."""
    if term is None:
        return None
    match term["kind"]:
        case "blank":
            return rdflib.BNode(term["text"])
        case "iri" | "entity" | "relation":
            return rdflib.URIRef(term["text"])
    if term["language"]:
        return rdflib.Literal(term["text"], lang=term["language"])
    return rdflib.Literal(term["text"], datatype=rdflib.URIRef(term["datatype"]) if term["datatype"] else None)
