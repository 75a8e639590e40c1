"""Relations and tables that nobody stored: read from the facts when they are asked for (lazy extraction).

An attribute in words ("people: birthplace") is put to the reader in ``pair`` mode over the facts that may say it; keys
and values become entities. What was read once is remembered, so the second statement finds the relation materialised.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from neuraldb.core.errors import BindError
from neuraldb.core.text import mentions
from neuraldb.operators.context import Context, neural
from neuraldb.operators.link import canonical, told_apart
from neuraldb.operators.retrieve import candidates
from neuraldb.operators.spj import measures, read, sound, told
from neuraldb.operators.tables import table
from neuraldb.operators.word_order import in_order
from neuraldb.operators.write import as_term
from neuraldb.plan.nodes import AttributeScan, Node
from neuraldb.plan.semantic_nodes import Attribute, VirtualScan
from neuraldb.stores.derivations import Derivation
from neuraldb.stores.terms import Term

FOLLOWED = 24
"""Entities by whose names facts are looked up for a further attribute; beyond them the attribute is read at large."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of an attribute of an entity, with its readings, evidence and confidence."""

    text: str
    number: object
    unit: object
    date: object
    fact: int
    confidence: float


def pairs(query: str, name: str, anchors: tuple[str, ...], context: Context) -> Sequence[Derivation]:
    """Key-value derivations of an attribute, from the facts that name an anchor or, without any, from the likeliest.

    Nothing is its own value; where the ``name`` of the attribute stands between both, it tells which is which.
    """
    ids, _ = candidates(query, anchors, None, context)
    readings = {i: fact.reading for i, fact in context.stores.readings(ids.tolist()).items()}
    found = [in_order(name, d, readings[d.fact]) for d in read(query, "pair", readings, context)]
    return sound(found, "pair", anchors, context)


def _told_apart(found: Sequence[Derivation], context: Context) -> list[Derivation]:
    """Derivations with names that several entities have made those of the ones that their facts mention."""
    facts = [[d.fact] for d in found]
    keys = told_apart([d.key_text for d in found], facts, context)
    values = told_apart([d.value_text for d in found], facts, context)
    return [replace(d, key_text=k, value_text=v) for d, k, v in zip(found, keys, values, strict=True)]


def missed(found: Sequence[Derivation], relations: tuple[int, ...], context: Context) -> list[Derivation]:
    """The derivations from facts that state no triple of the relations, and none at all between the two ends.

    Where the extractor has related the two ends, it has not missed them, but says something else of them.
    """
    stated: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    rows = context.stores.database.rows(
        """SELECT x.fact, x.relation, s.text, o.text FROM store.triples x
           JOIN store.terms s ON s.id = x.subject JOIN store.terms o ON o.id = x.object
           WHERE list_contains(?, x.fact) AND x.recorded_to IS NULL""",
        [sorted({d.fact for d in found})],
    )
    for fact, relation, subject, object_ in rows:
        stated[fact].append((relation, subject, object_))
    return [
        d
        for d in found
        if not any(
            relation in relations or {_end(d, subject), _end(d, object_)} == {"key", "value"}
            for relation, subject, object_ in stated[d.fact]
        )
    ]


def _end(derivation: Derivation, name: str) -> str | None:
    """Which end of a derivation a name is."""
    for end, text in (("key", derivation.key_text), ("value", derivation.value_text)):
        if text is not None and (mentions(name, text) or mentions(text, name)):
            return end
    return None


@neural(AttributeScan)
def attribute_scan(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Subjects and objects as terms of the graph."""
    assert isinstance(node, AttributeScan)
    anchors = tuple(a for a in (node.subject_anchor, node.object_anchor) if a is not None)
    found = [d for d in pairs(node.attribute, node.attribute, anchors, context) if d.key_text and d.value_text]
    if node.beyond:
        found = missed(found, node.beyond, context)
    found = _told_apart(found, context)
    names = canonical([t for d in found for t in (d.key_text, d.value_text) if t], anchors, context)
    same = context.stores.identities({*names.values(), *anchors})
    rows = []
    for d in found:
        subject, value = names[str(d.key_text)], names[str(d.value_text)]
        wanted = (node.subject_anchor, subject), (node.object_anchor, value)
        if all(anchor is None or same[anchor] == same[name] for anchor, name in wanted):
            rows.append((subject, value, d))
    terms = [t for subject, value, _ in rows for t in (Term("entity", subject), as_term(value))]
    ids = context.term_ids(terms)
    return table(node.columns, [ids[0::2], ids[1::2]], [[d.fact] for *_, d in rows], [d.confidence for *_, d in rows])


@dataclass
class _Rows:
    """Cells by entity and attribute, and the facts that say that an entity is of the type."""

    cells: dict[str, dict[str, list[Cell]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    members: dict[str, tuple[int, float]] = field(default_factory=dict)

    def enter_member(self, entity: str, fact: int, confidence: float) -> None:
        """That a fact has an entity of the type; of several facts the one that is surest stays."""
        if entity not in self.members or confidence > self.members[entity][1]:
            self.members[entity] = fact, confidence

    def enter_cell(self, entity: str, attribute: str, cell: Cell) -> None:
        """A value; of several facts that give it the one that is surest stays."""
        known = self.cells[entity][attribute]
        place = next((i for i, other in enumerate(known) if other.text == cell.text), None)
        if place is None:
            known.append(cell)
        elif cell.confidence > known[place].confidence:
            known[place] = cell


@neural(VirtualScan)
def virtual_scan(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Rows of the entities of a type with the attributes that the statement uses.

    Raises:
        BindError: facts are stored, but none tells of the type or of any of the attributes.
    """
    assert isinstance(node, VirtualScan)
    rows = _Rows()
    anchored = {a.attribute: a.keys for a in node.anchors}
    order = sorted(node.attributes, key=lambda a: a.name not in anchored)
    names = tuple(k for k in anchored.get(node.key, ()))
    for attribute in order:
        near = anchored.get(attribute.name, ()) or names or _entities(rows, bool(anchored))
        found = [d for d in pairs(node.query(attribute), attribute.name, tuple(near), context) if d.key_text]
        _enter(rows, attribute, found, context)
    if not node.attributes:
        _members(node, rows, context)
    if not rows.cells and not rows.members and not anchored and context.stores.facts.count():
        raise BindError(
            f"no fact tells of {node.query()}",
            span=node.place,
            hint="a table that is not stored is read from the facts: try another word for it, or SELECT * FROM facts",
        )
    return _table(node, rows, context)


def _entities(rows: _Rows, restricted: bool) -> tuple[str, ...]:
    """The entities found so far, where the rest of the table can only be about them."""
    found = tuple(sorted(rows.cells))
    return found if restricted and 0 < len(found) <= FOLLOWED else ()


def _enter(rows: _Rows, attribute: Attribute, found: Sequence[Derivation], context: Context) -> None:
    found = _told_apart(found, context)
    names = canonical([str(d.key_text) for d in found] + list(rows.cells), tuple(sorted(rows.cells)), context)
    values = [d.value_text for d in found]
    spelled = canonical([v for v in values if v], (), context)
    numbers, units, dates = measures(values, told(found, context))
    for d, value, number, unit, date in zip(found, values, numbers, units, dates, strict=True):
        entity = names[str(d.key_text)]
        rows.enter_member(entity, d.fact, d.confidence)
        if value is not None:
            rows.enter_cell(entity, attribute.name, Cell(spelled[value], number, unit, date, d.fact, d.confidence))


def _members(node: VirtualScan, rows: _Rows, context: Context) -> None:
    query = f"List all {node.query()}"
    ids, _ = candidates(query, (), None, context)
    readings = {i: fact.reading for i, fact in context.stores.readings(ids.tolist()).items()}
    found = _told_apart(read(query, "answer", readings, context), context)
    names = canonical([str(d.key_text) for d in found], (), context)
    for d in found:
        rows.enter_member(names[str(d.key_text)], d.fact, d.confidence)


def _table(node: VirtualScan, rows: _Rows, context: Context) -> pa.Table:
    columns: list[list[object]] = [[] for _ in node.columns]
    evidence: list[list[int]] = []
    confidence: list[float] = []
    texts = {c.text for cells in rows.cells.values() for known in cells.values() for c in known}
    keys = context.stores.identities({*rows.members, *texts})
    for entity in sorted(rows.members):
        cells = rows.cells.get(entity, {})
        choices: Iterable[Sequence[Cell | None]] = [cells.get(a.name) or [None] for a in node.attributes]
        for combination in itertools.product(*choices):
            if not _meets(node, entity, combination, keys):
                continue
            used = [c for c in combination if c is not None]
            fact, sure = rows.members[entity]
            evidence.append(sorted({c.fact for c in used} or {fact}))
            product = 1.0
            for c in used:
                product *= c.confidence
            confidence.append(product if used else sure)
            row: list[object] = [entity, *([keys[entity]] if "key" in node.key_readings else [])]
            for attribute, cell in zip(node.attributes, combination, strict=True):
                row += _cells(attribute, cell, keys)
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    return table(node.columns, columns, evidence, confidence)


def _cells(attribute: Attribute, cell: Cell | None, keys: dict[str, str]) -> list[object]:
    """The text of a cell and the readings that are asked of it."""
    if cell is None:
        return [None] * (1 + len(attribute.readings))
    readings = {"key": keys[cell.text], "number": cell.number, "unit": cell.unit, "date": cell.date}
    return [cell.text, *(readings[r] for r in attribute.readings)]


def _meets(node: VirtualScan, entity: str, combination: Sequence[Cell | None], keys: dict[str, str]) -> bool:
    """Whether a row meets the restrictions that were pushed into the scan."""
    texts = {a.name: c.text if c else None for a, c in zip(node.attributes, combination, strict=True)}
    texts[node.key] = entity
    return all((text := texts[a.attribute]) is not None and keys[text] in a.keys for a in node.anchors)
