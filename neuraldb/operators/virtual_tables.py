"""Tables that nobody made: things of a kind with their attributes, as stored triples have them and facts are read.

Where the kind is a stored class, its things are those that triples say to be of it; of things that have no class at
all, the reader says which are. Where it is none, the reader alone says what has the attributes of such things. A cell
is what triples of the attribute's relation say, and what the reader finds in facts that state no such triple.
"""

from __future__ import annotations

import datetime
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from neuraldb.core.errors import BindError, ProgrammingError
from neuraldb.core.text import words
from neuraldb.core.values import parse_value
from neuraldb.operators.attributes import each_told_apart, missed, pairs, values_of
from neuraldb.operators.context import Context, neural
from neuraldb.operators.link import canonical
from neuraldb.operators.retrieve import candidates
from neuraldb.operators.spj import read
from neuraldb.operators.stored_things import StoredThings, Told
from neuraldb.operators.tables import table
from neuraldb.plan.nodes import Node
from neuraldb.plan.semantic_nodes import Attribute, VirtualScan, phrase
from neuraldb.stores.derivations import Derivation

FOLLOWED = 24
"""Entities by whose names facts are looked up for a further attribute; beyond them the attribute is read at large."""
COMPARED = 2000
"""Names that are compared with all that are read; of more only those that share a word with one of these."""
MOST = 10_000
"""Rows of one thing: its attributes have so many combinations of values at most."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of an attribute of an entity, with its evidence (None: no fact) and confidence."""

    text: str
    fact: int | None
    confidence: float


@dataclass
class _Rows:
    """Cells by entity and attribute, and the facts that say that an entity is of the type.

    ``closed``: that something was read of an entity does not make it one of the type.
    """

    closed: bool = False
    cells: dict[str, dict[str, list[Cell]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    members: dict[str, tuple[int | None, float]] = field(default_factory=dict)

    def enter_member(self, entity: str, fact: int | None, confidence: float) -> None:
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

    def keep(self, entities: Iterable[str]) -> None:
        """Forget the cells of all others."""
        kept = {entity: self.cells[entity] for entity in entities if entity in self.cells}
        self.cells.clear()
        self.cells.update(kept)


@neural(VirtualScan)
def virtual_scan(node: Node, children: tuple[pa.Table, ...], context: Context) -> pa.Table:
    """Rows of the entities of a type with the attributes that the statement uses.

    Raises:
        BindError: facts are stored, but none tells of the type or of any of the attributes.
        ProgrammingError: the attributes of one thing have too many combinations of values.
    """
    assert isinstance(node, VirtualScan)
    names = tuple(key for anchor in node.anchors if anchor.attribute == node.key for key in anchor.keys)
    rows, things = _Rows(closed=bool(node.kind.classes)), StoredThings(context, names)
    if node.kind.classes:
        _stored_kind(node, rows, things, context)
    else:
        _read_kind(node, rows, things, context)
        if not rows.cells and not rows.members and not node.anchors and context.stores.facts.count():
            raise BindError(
                f"no fact tells of {node.query()}",
                span=node.place,
                hint="a table that is not stored is read from the facts: try another word for it, "
                "or SELECT * FROM facts",
            )
    return _table(node, rows, context)


# ------------------------------------------------------------------------------------------------------------ columns


def _stored_kind(node: VirtualScan, rows: _Rows, things: StoredThings, context: Context) -> None:
    """The things of a stored class, and of those without a class the ones that the reader takes for such things."""
    score = node.kind.score
    members = {name: (fact, sure * score) for name, (fact, sure) in things.members(node.kind.classes).items()}
    rows.members.update(members)
    _columns(node, rows, things, context)
    if node.kind.exact or not context.stores.facts.count():
        return
    unsure = (set(rows.cells) | (set() if node.anchors else things.without_class(node.kind.classes))) - set(members)
    if not unsure:
        return
    near = tuple(sorted(unsure)) if len(unsure) <= FOLLOWED else ()
    listed = _listed(node, near, (*sorted(unsure), *members), context)
    otherwise = things.with_class(listed, node.kind.classes)
    for entity, (fact, sure) in listed.items():
        if entity not in otherwise:
            rows.enter_member(entity, fact, sure)


def _read_kind(node: VirtualScan, rows: _Rows, things: StoredThings, context: Context) -> None:
    """Things of a kind that is no class: what the reader lists, and what it finds to have the attributes as such."""
    if node.kind.exact or not context.stores.facts.count():
        return
    names = tuple(key for anchor in node.anchors if anchor.attribute == node.key for key in anchor.keys)
    if node.anything:
        rows.members.update(things.all())
    elif all(anchor.attribute == node.key for anchor in node.anchors):
        # what has none of the attributes is a row, too, unless it must have one
        for entity, (fact, sure) in _listed(node, names, (), context).items():
            rows.enter_member(entity, fact, sure)
    _columns(node, rows, things, context)


def _columns(node: VirtualScan, rows: _Rows, things: StoredThings, context: Context) -> None:
    """The cells of all columns; those with restrictions come first, so that less need be read for the others.

    Where the kind is no class, what is stored counts only of entities of which something was read in its sense.
    """
    anchored = {a.attribute: a.keys for a in node.anchors}
    order = sorted(node.attributes, key=lambda a: a.name not in anchored)
    names = anchored.get(node.key, ())
    reading = bool(context.stores.facts.count())
    for attribute in order:
        keys, chances = anchored.get(attribute.name, ()), attribute.relation.chances if attribute.relation else {}
        stored = things.values(chances) if chances else []
        if rows.closed:
            _enter_stored(rows, attribute.name, stored, chances)
        if attribute.reads and reading:
            near = keys or names or _entities(rows, bool(anchored))
            words = attribute.words or phrase(attribute.name)
            found: Sequence[Derivation]
            if node.anything and names and not keys:
                found = [d for name in names for d in values_of(name, words, context)]
            else:
                found = pairs(node.query(attribute), words, tuple(near), context)
            _enter_read(rows, attribute.name, [d for d in found if d.key_text], tuple(chances), context)
        if not rows.closed:
            _enter_stored(rows, attribute.name, [v for v in stored if v.subject in rows.members], chances)
        if keys:
            rows.keep(_meeting(rows, attribute.name, keys, context))


def _entities(rows: _Rows, restricted: bool) -> tuple[str, ...]:
    """The entities found so far, where the rest of the table can only be about them."""
    found = tuple(sorted(rows.cells))
    return found if restricted and 0 < len(found) <= FOLLOWED else ()


def _meeting(rows: _Rows, attribute: str, keys: Sequence[str], context: Context) -> list[str]:
    """The entities that have one of the wanted values."""
    texts = {cell.text for cells in rows.cells.values() for cell in cells.get(attribute, ())}
    identities, wanted = context.stores.identities(texts), set(keys)
    return [
        entity
        for entity, cells in rows.cells.items()
        if any(identities[cell.text] in wanted for cell in cells.get(attribute, ()))
    ]


def _enter_stored(rows: _Rows, attribute: str, values: Iterable[Told], chances: Mapping[int, float]) -> None:
    """What triples say of an attribute, as surely as their relations are meant by its name."""
    for v in values:
        rows.enter_cell(v.subject, attribute, Cell(v.text, v.fact, v.confidence * chances[v.relation]))


def _enter_read(
    rows: _Rows, attribute: str, found: Sequence[Derivation], relations: tuple[int, ...], context: Context
) -> None:
    """What the reader found of an attribute; where triples of its ``relations`` say it, they give the value."""
    if not found:
        return
    found = each_told_apart(found, context)
    entities, values = [str(d.key_text) for d in found], [d.value_text for d in found]
    known = _comparable(entities, tuple(sorted({*rows.cells, *rows.members})))
    names = canonical(entities + known, tuple(known), context)
    there = sorted({cell.text for cells in rows.cells.values() for cell in cells.get(attribute, ())})
    texts = [v for v in values if v]
    spelled = canonical(texts, tuple(_comparable(texts, there)), context)
    new = {id(d) for d in (missed(found, relations, context) if relations else found)}
    for d, entity, value in zip(found, map(names.__getitem__, entities), values, strict=True):
        if not rows.closed:
            rows.enter_member(entity, d.fact, d.confidence)
        if value is not None and id(d) in new:
            rows.enter_cell(entity, attribute, Cell(spelled[value], d.fact, d.confidence))


def _comparable(found: Sequence[str], known: Sequence[str]) -> list[str]:
    """Of known names those that one of the found ones may be another form of."""
    if len(known) <= COMPARED:
        return list(known)
    parts = {word for name in found for word in words(name)}
    return [name for name in known if not parts.isdisjoint(words(name))]


def _listed(
    node: VirtualScan, names: tuple[str, ...], known: Sequence[str], context: Context
) -> dict[str, tuple[int, float]]:
    """What the reader takes for things of the kind, in the facts about some names, or at large: a fact for each."""
    query = f"List all {node.query()}"
    ids, _ = candidates(query, names, None, context)
    readings = {i: fact.reading for i, fact in context.stores.readings(ids.tolist()).items()}
    found = each_told_apart(read(query, "answer", readings, context), context)
    toward = tuple(_comparable([str(d.key_text) for d in found], known))
    spelled = canonical([str(d.key_text) for d in found], toward, context)
    listed: dict[str, tuple[int, float]] = {}
    for d in found:
        name = spelled[str(d.key_text)]
        if name not in listed or d.confidence > listed[name][1]:
            listed[name] = d.fact, d.confidence
    return listed


# --------------------------------------------------------------------------------------------------------------- rows


def _table(node: VirtualScan, rows: _Rows, context: Context) -> pa.Table:
    columns: list[list[object]] = [[] for _ in node.columns]
    evidence: list[list[int]] = []
    confidence: list[float] = []
    keys = context.stores.identities(_compared(node, rows))
    readings = [_readings(a, rows, keys, context) for a in node.attributes]
    entities = set(rows.members)
    if any(anchor.attribute != node.key for anchor in node.anchors):
        # who has none of the values that are wanted has no cells any more
        entities &= rows.cells.keys()
    for entity in sorted(entities):
        for combination in _combinations(node, entity, rows):
            if not _meets(node, entity, combination, keys):
                continue
            if node.limit is not None and len(evidence) >= node.limit:
                return table(node.columns, columns, evidence, confidence)
            used = [c for c in combination if c is not None]
            fact, sure = rows.members[entity]
            facts = {c.fact for c in used} if used else {fact}
            evidence.append(sorted(f for f in facts if f is not None))
            confidence.append(math.prod(c.confidence for c in used) if used else sure)
            row: list[object] = [entity, *([keys[entity]] if "key" in node.key_readings else [])]
            for attribute, cell, known in zip(node.attributes, combination, readings, strict=True):
                row += [None] * (1 + len(attribute.readings)) if cell is None else [cell.text, *known[cell]]
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    return table(node.columns, columns, evidence, confidence)


def _compared(node: VirtualScan, rows: _Rows) -> set[str]:
    """The texts of which the key is asked for: names are many, and to know what each is the same as takes its time."""
    anchored = {anchor.attribute for anchor in node.anchors}
    texts = set(rows.members) if "key" in node.key_readings or node.key in anchored else set()
    for attribute in node.attributes:
        if "key" in attribute.readings or attribute.name in anchored:
            texts.update(c.text for cells in rows.cells.values() for c in cells.get(attribute.name, ()))
    return texts


def _combinations(node: VirtualScan, entity: str, rows: _Rows) -> Iterable[tuple[Cell | None, ...]]:
    """The combinations of the values of an entity's attributes; of one that has none, nothing is the value."""
    cells = rows.cells.get(entity, {})
    choices: list[Sequence[Cell | None]] = [cells.get(a.name) or [None] for a in node.attributes]
    count = math.prod(map(len, choices))
    if count > MOST:
        many = max(zip(map(len, choices), node.attributes, strict=True), key=lambda pair: pair[0])[1]
        raise ProgrammingError(
            f"the attributes of {entity} have {count:,} combinations of values",
            span=node.place,
            hint=f"name fewer columns that have several values, such as {many.name}, or ask for them one by one",
        )
    return itertools.product(*choices)


def _readings(
    attribute: Attribute, rows: _Rows, keys: dict[str, str], context: Context
) -> dict[Cell, tuple[object, ...]]:
    """What each cell of a column is read as: its numbers and dates are of one kind, as most of them are."""
    cells = [c for known in rows.cells.values() for c in known.get(attribute.name, ())]
    read_as: dict[str, list[object]] = {}
    if "key" in attribute.readings:
        read_as["key"] = [keys[c.text] for c in cells]
    if {"number", "unit", "date"} & set(attribute.readings):
        facts = context.stores.readings(sorted({c.fact for c in cells if c.fact is not None}))
        days = [facts[c.fact].asserted_at.date() if c.fact in facts else None for c in cells]
        read_as |= zip(("number", "unit", "date"), measured([c.text for c in cells], days), strict=True)
    rows_of = [read_as[reading] for reading in attribute.readings]
    return {cell: tuple(column[place] for column in rows_of) for place, cell in enumerate(cells)}


def measured(texts: Sequence[str], days: Sequence[datetime.date | None]) -> tuple[list[object], ...]:
    """Numbers, units and dates of a column's texts, which are of one kind; where they may be of both, all of them.

    >>> measured(["1982", "1975"], [None, None])[::2]
    ([1982.0, 1975.0], [datetime.date(1982, 1, 1), datetime.date(1975, 1, 1)])
    """
    given = list(zip(texts, days, strict=True))
    number_of = {pair: parse_value(*pair, prefer="number") for pair in set(given)}
    date_of = {pair: parse_value(*pair, prefer="date") for pair in number_of}
    as_number, as_date = [number_of[pair] for pair in given], [date_of[pair] for pair in given]
    dates, numbers = sum(v.kind == "date" for v in as_number), sum(v.kind == "number" for v in as_date)
    quantities = [v if v.kind == "number" and numbers >= dates else None for v in as_number]
    return (
        [v.number if v else None for v in quantities],
        [v.unit if v else None for v in quantities],
        [v.start if v.kind == "date" and dates >= numbers else None for v in as_date],
    )


def _meets(node: VirtualScan, entity: str, combination: Sequence[Cell | None], keys: dict[str, str]) -> bool:
    """Whether a row meets the restrictions that were pushed into the scan."""
    if not node.anchors:
        return True
    texts = {a.name: c.text if c else None for a, c in zip(node.attributes, combination, strict=True)}
    texts[node.key] = entity
    return all((text := texts[a.attribute]) is not None and keys[text] in a.keys for a in node.anchors)
