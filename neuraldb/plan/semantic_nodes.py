"""Nodes of virtual tables, whose cells are read from facts; and the identity of names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from neuraldb.core.errors import InternalError
from neuraldb.core.text import identifier
from neuraldb.plan.base_nodes import OneMoreColumn
from neuraldb.plan.catalogue import READ, ClassBinding, RelationBinding
from neuraldb.plan.nodes import Field, Node

READINGS = {"key": "VARCHAR", "number": "DOUBLE", "unit": "VARCHAR", "date": "DATE"}
"""What else than its text a cell of a virtual table can be read as, with the DuckDB types:

* ``key``: the name normalised (:func:`neuraldb.core.text.normalise`) and the same for all aliases of one entity, so
  that equality of keys is equality as people mean it;
* ``number`` in the canonical ``unit`` (1 or 0 for a truth value);
* ``date``: the first day that a date may mean.
"""


ANYTHING = frozenset({"thing", "things"})
"""Names of the table of all things, of whatever kind."""


def reading(column: str, kind: str) -> str:
    """The name of the column that holds a reading of ``column``.

    >>> reading("people.birth_date", "date")
    'people.birth_date:date'
    """
    return f"{column}:{kind}"


def phrase(name: str) -> str:
    """The words of an identifier, as a reader is asked for them.

    >>> phrase("birth_date"), phrase("spaceMissions"), phrase("IATA_code")
    ('birth date', 'space missions', 'IATA code')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ")
    return " ".join(w if w.isupper() and len(w) > 1 else w[:1].lower() + w[1:] for w in spaced.split())


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of a virtual table that a statement uses.

    Attributes:
        name: as the statement has it.
        readings: which of :data:`READINGS` it needs besides the text.
        relation: the stored relations that it stands for; None where there are none.
        reads: whether the reader looks for more than is stored.
        words: what the reader is asked for; empty: the words of ``name``.
    """

    name: str
    readings: tuple[str, ...] = ()
    relation: RelationBinding | None = None
    reads: bool = True
    words: str = ""

    def __post_init__(self) -> None:
        if unknown := set(self.readings) - set(READINGS):
            raise InternalError(f"unknown readings {sorted(unknown)}")

    def __str__(self) -> str:
        return self.name + (f" ({', '.join(self.readings)})" if self.readings else "")

    def fields(self, prefix: str) -> tuple[Field, ...]:
        """Its columns: the text, then the readings."""
        column = prefix + self.name
        return Field(column), *(Field(reading(column, r), READINGS[r]) for r in self.readings)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A restriction of a virtual table: the key of ``attribute`` (or of the entity itself) is one of ``keys``."""

    attribute: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.attribute} in {list(self.keys)}"


@dataclass(frozen=True, slots=True)
class VirtualScan(Node):
    """A table that no one has declared: the entities of a type with the attributes that the statement uses.

    The relation is a set. There is a row for each entity and each combination of the values of ``attributes``, as far
    as the facts say; a cell is NULL where nothing is known. An entity is of the type if a fact says so, or if it has
    one of the attributes in the sense of the type. One entity has one spelling, in all columns and rows. Only
    attributes on which the statement's result depends count: pruning one is part of what the statement means.

    Attributes:
        type: the entity type as in the statement (``people``); :attr:`query` has it in words.
        attributes: the columns besides the entity's name.
        key: the column of the entity's name.
        key_readings: readings of it that are needed; only ``key`` makes sense.
        prefix: qualifies the column names that go up.
        kind: the stored class that the type stands for.
        anchors: restrictions; all must hold. The operator applies them exactly, and reads less for it.
        limit: rows after which it may stop, since no more are used; None: all.
        place: where the statement names it, for errors.

    The operator raises a :class:`~neuraldb.core.errors.BindError` with ``place`` and the nearest types as candidates
    where facts are stored, but none of them is about an entity of this type; over no facts at all it gives no rows.
    """

    type: str
    attributes: tuple[Attribute, ...]
    key: str = "name"
    key_readings: tuple[str, ...] = ()
    prefix: str = ""
    anchors: tuple[Anchor, ...] = ()
    limit: int | None = None
    place: tuple[int, int] | None = field(default=None, compare=False)
    kind: ClassBinding = READ

    def __post_init__(self) -> None:
        names = [self.key, *(a.name for a in self.attributes)]
        if len(set(names)) != len(names):
            raise InternalError("VirtualScan gives two columns of one name")
        if unknown := {a.attribute for a in self.anchors} - set(names):
            raise InternalError(f"VirtualScan is anchored on {sorted(unknown)}, which it does not read")

    @property
    def columns(self) -> tuple[Field, ...]:
        key = Attribute(self.key, self.key_readings)
        return tuple(f for a in (key, *self.attributes) for f in a.fields(self.prefix))

    @property
    def label(self) -> str:
        alias = f" as {self.prefix.rstrip('.')}" if self.prefix.rstrip(".") not in ("", self.type) else ""
        anchors = f" anchors {'; '.join(map(str, self.anchors))}" if self.anchors else ""
        limit = f" limit {self.limit}" if self.limit is not None else ""
        return f"VirtualScan {self.type}{alias} [{', '.join(map(str, self.attributes))}]{anchors}{limit}"

    @property
    def anything(self) -> bool:
        """Whether its things are of any kind."""
        return identifier(self.type) in ANYTHING

    def query(self, attribute: Attribute | None = None) -> str:
        """What the reader is asked: the type and an attribute in words (``people: birth date``); without, the type.

        Of the table of all things it is the attribute alone.
        """
        if attribute is None:
            return phrase(self.type)
        words = attribute.words or phrase(attribute.name)
        return words if self.anything else f"{phrase(self.type)}: {words}"

    @property
    def bindings(self) -> tuple[str, ...]:
        """What each of its names was taken to mean, how surely, and what came next; for EXPLAIN."""
        alias = self.prefix.rstrip(".") or self.type
        return (
            f"{self.type} -> {_class(self.kind)}",
            *(f"{alias}.{a.name} -> {_relation(a)}" for a in self.attributes),
        )


def _class(kind: ClassBinding) -> str:
    meant = f"{kind.label} {kind.score:.2f}" if kind.classes else "read from the facts"
    return meant + (", as stored" if kind.exact else "") + _next_best(kind.runners_up)


def _relation(attribute: Attribute) -> str:
    found = attribute.relation
    if found is None:
        return "read from the facts" + (f" as {attribute.words}" if attribute.words else "")
    meant = ", ".join(f"{label} {score:.2f}" for label, score in ((found.label, found.score), *found.more))
    return meant + ("" if attribute.reads else ", as stored") + _next_best(found.runners_up)


def _next_best(runners_up: tuple[tuple[str, float], ...]) -> str:
    return f" (not {', '.join(f'{label} {score:.2f}' for label, score in runners_up)})" if runners_up else ""


@dataclass(frozen=True, slots=True)
class NameKey(OneMoreColumn):
    """The child's rows with the ``key`` reading (:data:`READINGS`) of the text in ``column`` as one more column.

    It needs no model: normalisation and the table of aliases. NULL stays NULL.
    """

    @property
    def added(self) -> Field:
        return Field(reading(self.column, "key"))

    @property
    def label(self) -> str:
        return f"NameKey of {self.column}"
