"""Rows that a test gives, as a plan's leaf with evidence and confidence, and the rows of a plan over them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from neuraldb.execution import engine
from neuraldb.execution.physical import lower
from neuraldb.models.registry import Models
from neuraldb.operators.context import Context, neural
from neuraldb.operators.tables import table
from neuraldb.plan.nodes import Field, Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.stores.bundle import Stores


class Traced(NamedTuple):
    """A row: its values, the facts it rests on, and how sure it is."""

    values: tuple[Any, ...]
    evidence: tuple[int, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Given(Node):
    """A neural leaf that gives these rows; in plans what stands for whatever a model found."""

    fields: tuple[Field, ...]
    rows: tuple[Traced, ...]

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.fields


@neural(Given)
def given_rows(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    assert isinstance(node, Given)
    context.counters.count("given", len(node.rows))
    columns = [[row.values[place] for row in node.rows] for place in range(len(node.fields))]
    return table(node.fields, columns, [row.evidence for row in node.rows], [row.confidence for row in node.rows])


def found(names: str, *rows: tuple[Any, ...]) -> Given:
    """Rows of BIGINT columns, each ``(*values, evidence, confidence)``."""
    fields = tuple(Field(name, "BIGINT") for name in names.split())
    return Given(fields, tuple(Traced(row[:-2], tuple(row[-2]), row[-1]) for row in rows))


def context(stores: Stores) -> Context:
    """The surroundings of one statement without models."""
    return Context(stores, Models())


def run(plan: Node, stores: Stores) -> list[Traced]:
    """The rows of a plan in the order they come; without provenance they rest on nothing and are sure."""
    return traced_rows(engine.run(lower(plan), context(stores)).table, plan)


def traced_rows(rows: pa.Table, plan: Node) -> list[Traced]:
    """The rows of a table, in order."""
    columns = [rows.column(column.name).to_pylist() for column in plan.columns]
    nothing = [[] for _ in range(rows.num_rows)], [1.0] * rows.num_rows
    evidence, confidence = (
        rows.column(name).to_pylist() if name in rows.column_names else absent
        for name, absent in zip((EVIDENCE, CONFIDENCE), nothing, strict=True)
    )
    values = list(zip(*columns, strict=True)) if columns else [()] * rows.num_rows
    return [Traced(*row) for row in zip(values, map(tuple, evidence), confidence, strict=True)]


def bag(rows: list[Traced]) -> Counter[Traced]:
    """The rows in any order, confidences rounded so that the order of a product does not show."""
    return Counter(Traced(row.values, row.evidence, round(row.confidence, 9)) for row in rows)
