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
from neuraldb.plan.nodes import Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.semantic_nodes import NameKey, VirtualScan, reading
from neuraldb.plan.sql_catalogue import DuckDBTables
from neuraldb.plan.text_nodes import Classify, SemanticFilter, SemanticMap, SemanticMatch, Similarity
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

    def __init__(self, database: Database, virtual: dict[str, Rows]) -> None:
        super().__init__(lambda sql, parameters: database.rows(sql, parameters))
        self.virtual = virtual
        self.untold = frozenset({"untold things"})

    def attributes(self, type: str) -> tuple[str, ...]:
        rows = self.virtual.get(type.lower(), [])
        return tuple(a for a in rows[0] if a != "name") if rows else ()

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
        return FakeCatalogue(self.database, self.virtual)

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


def _with_column(compute: Callable[[Any, str], Any]) -> Callable[..., pa.Table]:
    def operator(node: Any, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
        (table,) = children
        texts = table.column(node.column).to_pylist()
        context.models.world.calls += [f"{type(node).__name__} {t}" for t in texts if t is not None]  # type: ignore[attr-defined]
        output = (
            node.output
            if hasattr(node, "output")
            else SimpleNamespace(name=reading(node.column, "key"), type="VARCHAR")
        )
        values = [None if t is None else compute(node, t) for t in texts]
        return traced(table).append_column(output.name, pa.array(values, ARROW_TYPES[output.type]))

    return operator


def matches(text: str, criterion: str) -> bool:
    """The fake model's judgement: all words of the criterion stand in the text."""
    return set(re.findall(r"\w+", criterion.lower())) <= set(re.findall(r"\w+", text.lower()))


def semantic_filter(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    assert isinstance(node, SemanticFilter)
    world: World = context.models.world  # type: ignore[attr-defined]
    kept = []
    for place, text in enumerate(children[0].column(node.column).to_pylist()):
        if node.limit is not None and len(kept) >= node.limit:
            break
        if text is not None:
            world.calls.append(f"SemanticFilter {text}")
            if matches(text, node.criterion) != node.negated:
                kept.append(place)
    return traced(children[0]).take(pa.array(kept, pa.int64()))


def _answer(node: SemanticMap, text: str) -> Any:
    """The fake answer: the first number for a numeric question, else the last word."""
    if node.output.type == "DOUBLE":
        found = re.search(r"\d+", text)
        return float(found[0]) if found else None
    return text.split()[-1].rstrip(".")


def _label(node: Classify, text: str) -> str:
    return next((label for label in node.labels if label in text.lower()), node.labels[-1])


def _similarity(node: Similarity, text: str) -> float:
    a, b = set(text.lower().split()), set(node.query.lower().split())
    return len(a & b) / max(len(b), 1)


FAKES: Mapping[type[Node], Any] = {
    VirtualScan: virtual_scan,
    NameKey: _with_column(lambda node, text: key(text)),
    SemanticFilter: semantic_filter,
    SemanticMatch: _with_column(lambda node, text: matches(text, node.criterion)),
    SemanticMap: _with_column(_answer),
    Similarity: _with_column(_similarity),
    Classify: _with_column(_label),
}


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fake operators in the place of the real ones."""
    for kind, operator in FAKES.items():
        monkeypatch.setitem(OPERATORS, kind, operator)
