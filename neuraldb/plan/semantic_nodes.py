"""Nodes that ask a model about text: virtual tables, whose cells are read from facts, and semantic functions.

Rows keep their evidence and confidence; a semantic node multiplies the confidence of its judgement into the row's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from neuraldb.core.errors import InternalError
from neuraldb.plan.base_nodes import SameColumns
from neuraldb.plan.graph_nodes import TermConstant
from neuraldb.plan.nodes import Field, Node
from neuraldb.plan.predict_nodes import LIKELY

READINGS = {"key": "VARCHAR", "number": "DOUBLE", "unit": "VARCHAR", "date": "DATE"}
"""What else than its text a cell of a virtual table can be read as, with the DuckDB types:

* ``key``: the name normalised (:func:`neuraldb.core.text.normalise`) and the same for all aliases of one entity, so
  that equality of keys is equality as people mean it;
* ``number`` in the canonical ``unit`` (1 or 0 for a truth value);
* ``date``: the first day that a date may mean.
"""


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
    """A column of a virtual table that a statement uses, and which of :data:`READINGS` it needs besides the text."""

    name: str
    readings: tuple[str, ...] = ()

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

    def query(self, attribute: Attribute | None = None) -> str:
        """What the reader is asked: the type and an attribute in words (``people: birth date``); without, the type."""
        return phrase(self.type) if attribute is None else f"{phrase(self.type)}: {phrase(attribute.name)}"


@dataclass(frozen=True, slots=True)
class NameKey(Node):
    """The child's rows with the ``key`` reading (:data:`READINGS`) of the text in ``column`` as one more column.

    It needs no model: normalisation and the table of aliases. NULL stays NULL.
    """

    child: Node
    column: str

    def __post_init__(self) -> None:
        _need(self, self.child, self.column)

    @property
    def columns(self) -> tuple[Field, ...]:
        return *self.child.columns, Field(reading(self.column, "key"))

    @property
    def label(self) -> str:
        return f"NameKey of {self.column}"


@dataclass(frozen=True, slots=True)
class SemanticFilter(SameColumns):
    """The rows whose text in ``column`` meets a criterion in plain language (``negated``: does not meet it).

    Rows on which the model gives no clear verdict, and NULLs, are kept in neither case. The order of the rows stays.
    ``limit``: after so many kept rows it may stop.
    """

    column: str
    criterion: str
    negated: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        _need(self, self.child, self.column)

    @property
    def label(self) -> str:
        limit = f" limit {self.limit}" if self.limit is not None else ""
        return f"SemanticFilter {self.column} {'does not mean' if self.negated else 'means'} {self.criterion!r}{limit}"


@dataclass(frozen=True, slots=True)
class SemanticMatch(Node):
    """The child's rows with a column more: whether the text meets a criterion (NULL: no clear verdict).

    For ``means(…)`` where it is not a condition of its own, as in ``WHERE means(…) OR …``.
    """

    child: Node
    column: str
    criterion: str
    output: Field

    def __post_init__(self) -> None:
        _need(self, self.child, self.column, self.output)

    @property
    def columns(self) -> tuple[Field, ...]:
        return *self.child.columns, self.output

    @property
    def label(self) -> str:
        return f"SemanticMatch {self.output} = {self.column} means {self.criterion!r}"


@dataclass(frozen=True, slots=True)
class SemanticMap(Node):
    """The child's rows with a column more: what the text says in answer to a question (NULL: it does not say).

    ``output.type`` is VARCHAR (the words of the text), DOUBLE (in the canonical unit), DATE or BOOLEAN.
    """

    child: Node
    column: str
    question: str
    output: Field

    def __post_init__(self) -> None:
        _need(self, self.child, self.column, self.output)

    @property
    def columns(self) -> tuple[Field, ...]:
        return *self.child.columns, self.output

    @property
    def label(self) -> str:
        kind = "" if self.output.type == "VARCHAR" else f" as {self.output.type}"
        return f"SemanticMap {self.output} = ask({self.column}, {self.question!r}){kind}"


@dataclass(frozen=True, slots=True)
class Similarity(Node):
    """The child's rows with a column more: how near the text is to a query, the encoder's cosine in [-1, 1]."""

    child: Node
    column: str
    query: str
    output: Field

    def __post_init__(self) -> None:
        _need(self, self.child, self.column, self.output)

    @property
    def columns(self) -> tuple[Field, ...]:
        return *self.child.columns, self.output

    @property
    def label(self) -> str:
        return f"Similarity {self.output} = {self.column} to {self.query!r}"


@dataclass(frozen=True, slots=True)
class Classify(Node):
    """The child's rows with a column more: the one of ``labels`` that fits the text best (NULL for a NULL text)."""

    child: Node
    column: str
    labels: tuple[str, ...]
    output: Field

    def __post_init__(self) -> None:
        _need(self, self.child, self.column, self.output)
        if len(set(self.labels)) != len(self.labels) or not self.labels:
            raise InternalError("the labels of Classify are distinct and at least one")

    @property
    def columns(self) -> tuple[Field, ...]:
        return *self.child.columns, self.output

    @property
    def label(self) -> str:
        return f"Classify {self.output} = {self.column} among {list(self.labels)}"


@dataclass(frozen=True, slots=True)
class PredictCell(Node):
    """The child's rows with a column more: what the thing that ``column`` names is most likely joined to by a relation.

    What is stored comes before what is predicted; NULL where neither is there, or nothing is named.
    """

    child: Node
    column: str
    relation: TermConstant
    output: Field
    least: float = LIKELY

    def __post_init__(self) -> None:
        _need(self, self.child, self.column, self.output)

    @property
    def columns(self) -> tuple[Field, ...]:
        return *self.child.columns, self.output

    @property
    def label(self) -> str:
        return f"PredictCell {self.output} = predict({self.column}, {self.relation}) at least {self.least:g}"


SemanticColumn = SemanticMatch | SemanticMap | Similarity | Classify | PredictCell
"""The nodes that add one column, computed from one, and keep the rows and their order."""


def _need(node: Node, child: Node, column: str, output: Field | None = None) -> None:
    if column not in child.names:
        raise InternalError(f"{type(node).__name__} reads {column}, which its input does not give")
    if output is not None and output.name in child.names:
        raise InternalError(f"{type(node).__name__} gives {output.name} a second time")
