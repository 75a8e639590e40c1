# ruff: noqa: E501 - tables of rows are read by the row
"""A database with a few tables, and stand-ins for what models do, so that whole statements can be run without one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from neuraldb.core.text import normalise
from neuraldb.core.values import parse_value
from neuraldb.execution.engine import run, traced
from neuraldb.execution.physical import lower
from neuraldb.language.sql import parse_sql
from neuraldb.operators.context import ARROW_TYPES, OPERATORS, Context
from neuraldb.plan.builder_sql import build_sql
from neuraldb.plan.catalogue import ClassBinding, RelationBinding, StoredAttribute
from neuraldb.plan.expressions import Column
from neuraldb.plan.nodes import Node
from neuraldb.plan.pair_nodes import AnyPartner
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.semantic_nodes import NameKey, VirtualScan, reading
from neuraldb.plan.sql_catalogue import DuckDBTables
from neuraldb.plan.text_nodes import Classify, EntityKey, SemanticFilter, SemanticMap, SemanticMatch, Similarity
from neuraldb.stores.database import Database

ALIASES = {"us": "united states", "usa": "united states", "america": "united states"}
Rows = list[dict[str, str | None]]

VIRTUAL: dict[str, Rows] = {
    "people": [
        {"name": "Anna Berg", "birthplace": "Oslo", "employer": "Equinor", "birth_date": "1982", "spouse": "Carl Dahl"},
        {"name": "Nils Berg", "birthplace": "Bergen", "employer": None, "birth_date": "3 May 1979", "spouse": None},
        {"name": "Carl Dahl", "birthplace": "oslo", "employer": "NASA", "birth_date": "1949-12-31", "spouse": "Anna Berg"},
        {"name": "John Doe", "birthplace": "Boston", "employer": "NASA", "birth_date": None, "spouse": None},
    ],
    "mountains": [
        {"name": "Denali", "height": "6190 m", "country": "United States"},
        {"name": "Rainier", "height": "4.392 km", "country": "US"},
        {"name": "Galdhøpiggen", "height": "2,469 m", "country": "Norway"},
        {"name": "Snøhetta", "height": "933 m", "country": "Norway"},
        {"name": "Mount Doom", "height": None, "country": None},
    ],
    "companies": [
        {"name": "Equinor", "country": "Norway", "founded": "1972"},
        {"name": "NASA", "country": "USA", "founded": "29 July 1958"},
    ],
}  # fmt: skip


def key(name: str) -> str:
    """The key of a name, aliases followed."""
    folded = normalise(name)
    return ALIASES.get(folded, folded)


class FakeCatalogue(DuckDBTables):
    """DuckDB's own names, and the attributes of the fake virtual tables."""

    def __init__(
        self,
        database: Database,
        virtual: dict[str, Rows],
        relations: dict[str, RelationBinding] | None = None,
        pins: dict[tuple[str, str], str] | None = None,
    ) -> None:
        super().__init__(lambda sql, parameters: database.rows(sql, parameters))
        self.virtual = virtual
        self.untold = frozenset({"untold things", "untold attribute", "nam"})
        self.relations = relations or {}
        self.pins = pins or {}

    def entity_class(self, name: str, exact: bool = False) -> ClassBinding:
        """The table of this name, as if it were a stored class."""
        found = name.lower() in self.virtual
        return ClassBinding(name.lower(), ((0, 0),), 1.0, exact=exact) if found else ClassBinding(exact=exact)

    def class_names(self) -> tuple[str, ...]:
        return ()

    def stored_attributes(self, kind: ClassBinding) -> tuple[StoredAttribute, ...]:
        """The columns of the table, filled to the extent that they are, the first row as the example."""
        rows = self.virtual.get(kind.label, [])
        return tuple(
            StoredAttribute(a, "text", None, sum(r[a] is not None for r in rows) / len(rows), str(rows[0][a]))
            for a in (rows[0] if rows else ())
            if a != "name"
        )

    def class_example(self, kind: ClassBinding) -> str | None:
        rows = self.virtual.get(kind.label, [])
        return rows[0]["name"] if rows else None

    def pinned(self, kind: str, name: str) -> str | None:
        return self.pins.get((kind, name))

    def relation(self, name: str) -> RelationBinding | None:
        return self.relations.get(name)

    def exact_relation(self, name: str) -> RelationBinding | None:
        known = {a for rows in self.virtual.values() for row in rows[:1] for a in row}
        return RelationBinding((1,), name) if name.replace(" ", "_") in known else None

    def same_relations(self, binding: RelationBinding) -> RelationBinding:
        return binding

    def misspelt(self, name: str) -> tuple[str, ...]:
        return ()

    def attribute_told(self, name: str) -> bool:
        return name not in self.untold

    def name_keys(self, name: str) -> tuple[str, ...]:
        return (key(name),)

    def tells_of(self, forms: Sequence[str], attributes: Collection[str]) -> bool:
        return forms[0].lower() not in self.untold

    def type_candidates(self, name: str) -> tuple[tuple[str, float], ...]:
        return tuple((t, 1.0) for t in self.virtual)

    def attribute_candidates(self, name: str) -> tuple[tuple[str, float], ...]:
        return ()


@dataclass
class World:
    """Statements to rows."""

    database: Database
    virtual: dict[str, Rows] = field(default_factory=lambda: VIRTUAL)
    relations: dict[str, RelationBinding] = field(default_factory=dict)
    """What names of columns stand for in the fake graph."""
    pins: dict[tuple[str, str], str] = field(default_factory=dict)
    """What somebody has said that names mean."""
    calls: list[str] = field(default_factory=list)
    """What the fake models were asked, in order."""

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[World]:
        """A world over a new database file, closed at the end."""
        with Database.open(path) as database:
            yield cls(database)

    @property
    def catalogue(self) -> FakeCatalogue:
        return FakeCatalogue(self.database, self.virtual, self.relations, self.pins)

    def plan(self, sql: str, parameters: Any = None) -> Node:
        return build_sql(parse_sql(sql, parameters), self.catalogue)

    def table(self, plan: Node) -> pa.Table:
        context = Context(stores=SimpleNamespace(database=self.database), models=SimpleNamespace(world=self))  # type: ignore[arg-type]
        return run(lower(plan), context).table

    def run(self, plan: Node) -> list[tuple[Any, ...]]:
        """The rows of a plan, without provenance."""
        table = self.table(plan)
        columns = [table.column(c.name).to_pylist() for c in plan.columns]
        return list(zip(*columns, strict=True)) if columns else []

    def rows(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self.run(self.plan(sql, parameters))

    def evidence(self, sql: str, parameters: Any = None) -> list[tuple[list[int], float]]:
        """The provenance of each row."""
        table = self.table(self.plan(sql, parameters))
        confidences = [round(c, 6) for c in table.column(CONFIDENCE).to_pylist()]
        return list(zip(table.column(EVIDENCE).to_pylist(), confidences, strict=True))

    def add_facts(self, *texts: str) -> None:
        for number, text in enumerate(texts, 1):
            self.database.execute(
                """INSERT INTO store.facts VALUES ($id, $text, $text, NULL, [], TIMESTAMP '2024-01-01', NULL, NULL,
                   TIMESTAMP '2024-01-01', NULL)""",
                {"id": number, "text": text},
            )


# ------------------------------------------------------------------------------------------------ fake operators


def virtual_scan(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The rows of a fake virtual table: the distinct combinations of the cells that are asked for."""
    assert isinstance(node, VirtualScan)
    world: World = context.models.world  # type: ignore[attr-defined]
    world.calls.append(node.label)
    found: dict[tuple[Any, ...], list[int]] = {}
    spelling: dict[str, str] = {}
    for number, row in enumerate(world.virtual.get(node.type.lower(), []), 1):
        # one entity has one spelling: the first
        row = {a: text if text is None else spelling.setdefault(key(text), text) for a, text in row.items()}
        cells = {node.key: row["name"], **{a.name: row.get(a.name.lower()) for a in node.attributes}}
        if all(cells[a.attribute] is not None and key(str(cells[a.attribute])) in a.keys for a in node.anchors):
            readings = {node.key: node.key_readings, **{a.name: a.readings for a in node.attributes}}
            values = tuple(v for name, text in cells.items() for v in _cell(text, readings[name]))
            found.setdefault(values, []).append(number)
    rows = list(found)[: node.limit]
    data = {c.name: pa.array([r[i] for r in rows], ARROW_TYPES[c.type]) for i, c in enumerate(node.columns)}
    data[EVIDENCE] = pa.array([found[r] for r in rows], pa.list_(pa.int64()))
    data[CONFIDENCE] = pa.array([0.9] * len(rows), pa.float64())
    return pa.table(data)


def _cell(text: str | None, readings: tuple[str, ...]) -> list[Any]:
    if text is None:
        return [None] * (1 + len(readings))
    value = parse_value(text)
    known = {"key": key(text), "number": value.number, "unit": value.unit or None, "date": value.start}
    return [text, *(known[r] for r in readings)]


def _asked(node: Any, table: pa.Table) -> list[Any]:
    """The node for each row, with what a column asks in the place of the column; None where it asks nothing."""
    words = next((f for f in ("criterion", "question", "query", "labels") if hasattr(node, f)), None)
    if words is None or not isinstance(getattr(node, words), Column):
        return [node] * table.num_rows
    said = table.column(getattr(node, words).name).to_pylist()
    return [None if s is None else SimpleNamespace(output=node.output, **{words: s}) for s in said]


def _with_column(compute: Callable[[Any, str], Any]) -> Callable[..., pa.Table]:
    def operator(node: Any, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
        (table,) = children
        texts = table.column(node.column).to_pylist()
        nodes = _asked(node, table)
        context.models.world.calls += [f"{type(node).__name__} {t}" for t in texts if t is not None]  # type: ignore[attr-defined]
        output = (
            node.output
            if hasattr(node, "output")
            else SimpleNamespace(name=reading(node.column, "key"), type="VARCHAR")
        )
        values = [None if t is None or n is None else compute(n, t) for n, t in zip(nodes, texts, strict=True)]
        return traced(table).append_column(output.name, pa.array(values, ARROW_TYPES[output.type]))

    return operator


def matches(text: str, criterion: str) -> bool:
    """The fake model's judgement: all words of the criterion stand in the text."""
    return set(re.findall(r"\w+", criterion.lower())) <= set(re.findall(r"\w+", text.lower()))


def semantic_filter(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    assert isinstance(node, SemanticFilter)
    world: World = context.models.world  # type: ignore[attr-defined]
    kept = []
    words = node.criterion
    criteria = children[0].column(words.name).to_pylist() if isinstance(words, Column) else None
    for place, text in enumerate(children[0].column(node.column).to_pylist()):
        criterion = words if isinstance(words, str) else criteria[place] if criteria else None
        if node.limit is not None and len(kept) >= node.limit:
            break
        if text is not None and criterion is not None:
            world.calls.append(f"SemanticFilter {text}")
            if matches(text, criterion) != node.negated:
                kept.append(place)
    return traced(children[0]).take(pa.array(kept, pa.int64()))


def any_partner(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """The first of the pairs of each number that the fake model keeps."""
    assert isinstance(node, AnyPartner)
    criterion = SemanticFilter(node.child, node.column, node.criterion, node.negated)
    kept = semantic_filter(criterion, children, context)
    numbers = kept.column(node.number).to_pylist()
    return kept.take(pa.array([numbers.index(number) for number in dict.fromkeys(numbers)], pa.int64()))


def _answer(node: SemanticMap, text: str) -> Any:
    """The fake answer: the first number for a numeric question, else the last word."""
    if node.output.type == "DOUBLE":
        found = re.search(r"\d+", text)
        return float(found[0]) if found else None
    return text.split()[-1].rstrip(".")


def _label(node: Classify, text: str) -> str:
    labels = list(node.labels)
    return next((label for label in labels if label in text.lower()), labels[-1])


def _similarity(node: Similarity, text: str) -> float:
    a, b = set(text.lower().split()), set(node.query.lower().split())
    return len(a & b) / max(len(b), 1)


FAKES: Mapping[type[Node], Any] = {
    VirtualScan: virtual_scan,
    NameKey: _with_column(lambda node, text: key(text)),
    SemanticFilter: semantic_filter,
    AnyPartner: any_partner,
    SemanticMatch: _with_column(lambda node, text: matches(text, node.criterion)),
    SemanticMap: _with_column(_answer),
    Similarity: _with_column(_similarity),
    Classify: _with_column(_label),
    EntityKey: _with_column(lambda node, text: key(text) or None),
}


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fake operators in the place of the real ones."""
    for kind, operator in FAKES.items():
        monkeypatch.setitem(OPERATORS, kind, operator)
