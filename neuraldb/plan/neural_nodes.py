"""Neural nodes: facts retrieved, relations read from them, and the derivations of the reader."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.errors import InternalError
from neuraldb.core.frames import SLOT
from neuraldb.plan.base_nodes import Field, Node, SameColumns


@dataclass(frozen=True, slots=True)
class Retrieve(Node):
    """Support-set generation: the facts that may bear on a query (Thorne et al. 2021, section 3.2).

    ``anchors`` are names that a fact must mention for it to count (none: no restriction); ``budget`` bounds the facts
    read, None lets the operator decide. Columns: fact (id), text, score.
    """

    query: str
    anchors: tuple[str, ...] = ()
    budget: int | None = None

    @property
    def columns(self) -> tuple[Field, ...]:
        return (Field("fact", "BIGINT"), Field("text"), Field("score", "DOUBLE"))

    @property
    def label(self) -> str:
        anchors = f" anchors {list(self.anchors)}" if self.anchors else ""
        budget = f" budget {self.budget}" if self.budget is not None else ""
        return f"Retrieve {self.query!r}{anchors}{budget}"


@dataclass(frozen=True, slots=True)
class AttributeScan(Node):
    """Subjects and objects of a relation that is not stored, read from the facts.

    ``attribute`` is the relation in words. The reader is asked in ``pair`` mode, and the texts of its keys and values
    become terms of the graph, so that both columns (``subject``, ``object``: their names) hold term ids and join with
    the stored triples. An anchor is the name of an end that is given: only rows whose end is that entity or value are
    wanted, and only facts that can give one need be read. ``beyond`` are stored relations that mean the same: only
    what the extractor has missed is wanted besides their triples.
    """

    attribute: str
    subject: str = "subject"
    object: str = "object"
    subject_anchor: str | None = None
    object_anchor: str | None = None
    beyond: tuple[int, ...] = ()

    @property
    def columns(self) -> tuple[Field, ...]:
        return (Field(self.subject, "TERM"), Field(self.object, "TERM"))

    @property
    def label(self) -> str:
        subject = f"?{self.subject}" if self.subject_anchor is None else repr(self.subject_anchor)
        object_ = f"?{self.object}" if self.object_anchor is None else repr(self.object_anchor)
        facts = " where no triple says it" if self.beyond else ""
        return f"AttributeScan {subject} {self.attribute!r} {object_}{facts}"


MEASURE = (Field("number", "DOUBLE"), Field("unit"), Field("date", "DATE"))
SPJ_MODES = {
    "answer": (Field("answer"),),
    "pair": (Field("key"), Field("value"), *MEASURE),
    "value": (Field("value"), *MEASURE),
    "verdict": (Field("verdict", "BOOLEAN"),),
}
"""What a derivation of each mode is; ``number`` (in the canonical ``unit``) and ``date`` are the value's readings."""


@dataclass(frozen=True, slots=True)
class NeuralSPJ(Node):
    """The Neural Select-Project-Join operator: the reader on every support set that the child gives.

    ``mode`` says what a derivation is: ``answer`` (a value), ``pair`` (a key with its value), ``value`` (an answer that
    is measured) or ``verdict`` (true or false). Facts from which nothing follows give no row.
    """

    child: Node
    question: str
    mode: str = "answer"

    def __post_init__(self) -> None:
        if self.mode not in SPJ_MODES:
            raise InternalError(f"unknown derivation mode {self.mode}")

    @property
    def columns(self) -> tuple[Field, ...]:
        return SPJ_MODES[self.mode]

    @property
    def label(self) -> str:
        return f"NeuralSPJ {self.mode} {self.question!r}"


@dataclass(frozen=True, slots=True)
class NeuralJoin(Node):
    """A dependent Neural SPJ: the question is asked once for each distinct value of ``column`` of the child.

    The value fills the question's slot; retrieval is part of it. Rows of the child without a derivation vanish.

    The join of two facts (Thorne et al. 2021, section 3) is this: the first gives the bridge, the second the answer.
    ``named`` are the names in the question: of an ``answer`` question, with those of the questions within, since none
    of them is an answer, nor is the value that fills the slot; else what a fact must name to say yes.
    """

    child: Node
    column: str
    question: str
    mode: str = "answer"
    named: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.column not in self.child.names:
            raise InternalError(f"NeuralJoin needs a column {self.column}")
        if self.question.count(SLOT) != 1:
            raise InternalError("the question of a NeuralJoin has exactly one slot")

    @property
    def columns(self) -> tuple[Field, ...]:
        return (Field("via"), *SPJ_MODES[self.mode])

    @property
    def label(self) -> str:
        named = f" named {list(self.named)}" if self.named else ""
        return f"NeuralJoin {self.mode} {self.question.replace(SLOT, '{}')!r} for each {self.column}{named}"


@dataclass(frozen=True, slots=True)
class Link(SameColumns):
    """Entity linking: the surface forms in ``column`` replaced by one name for each entity.

    ``toward`` are names that the question uses; an entity that one of them names is called by it, so that a plan can
    compare with them. ``noun`` says what the names are names of, where that is known: with it and without it, a name is
    the same ("the Serie A league" and "Serie A").
    """

    column: str
    toward: tuple[str, ...] = ()
    noun: str = ""

    def __post_init__(self) -> None:
        if self.column not in self.child.names:
            raise InternalError(f"Link needs a column {self.column}")

    @property
    def label(self) -> str:
        toward = f" toward {list(self.toward)}" if self.toward else ""
        noun = f" as {self.noun}" if self.noun else ""
        return f"Link {self.column}{noun}{toward}"


@dataclass(frozen=True, slots=True)
class Corroborate(SameColumns):
    """One row for all that agree in ``keys``: the most confident one, on the evidence of all.

    Their confidences are combined as alternatives, so that what several facts say outweighs what one says.
    """

    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        missing = set(self.keys) - self.child.names
        if missing or not self.keys:
            raise InternalError(f"Corroborate reads {sorted(missing)}, which its input does not give")

    @property
    def label(self) -> str:
        return f"Corroborate by {', '.join(self.keys)}"


@dataclass(frozen=True, slots=True)
class Best(SameColumns):
    """For each value of ``keys`` the most confident row; without keys the most confident row of all."""

    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        missing = set(self.keys) - self.child.names
        if missing:
            raise InternalError(f"Best reads {sorted(missing)}, which its input does not give")

    @property
    def label(self) -> str:
        return f"Best row{' for each ' + ', '.join(self.keys) if self.keys else ''}"
