"""Plan nodes that make triples of solutions: templates, descriptions, and the graph that a query gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from neuraldb.core import rdf
from neuraldb.core.errors import InternalError
from neuraldb.plan.base_nodes import Field, Node
from neuraldb.plan.graph_nodes import TermConstant, Variable

TRIPLE = "__triple"
"""The hidden column of a query that gives a graph: each row's triple as whole terms."""
ENDS = ("subject", "relation", "object")
RESOURCE = "resource"
"""The column with what is to be described."""


@dataclass(frozen=True, slots=True)
class Given:
    """A term by its parts, stored or not; ``text`` is how it is printed."""

    text: str
    literal: rdf.Literal

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Fresh:
    """A blank node made anew for each solution."""

    label: str

    def __str__(self) -> str:
        return f"_:{self.label}"


TemplateTerm: TypeAlias = Variable | TermConstant | Given | Fresh
"""What stands in a template; a TermConstant has one id."""


@dataclass(frozen=True, slots=True)
class TemplateQuad:
    """A triple of a template; ``graph`` None is the default graph, ``insert`` says what an update does with it."""

    subject: TemplateTerm
    relation: TemplateTerm
    object: TemplateTerm
    graph: TemplateTerm | None = None
    insert: bool = True

    @property
    def terms(self) -> tuple[TemplateTerm, ...]:
        """The terms, the graph's last where there is one."""
        given = (self.subject, self.relation, self.object, self.graph)
        return tuple(t for t in given if t is not None)

    def __str__(self) -> str:
        graph = "" if self.graph is None else f" in {self.graph}"
        return f"{self.subject} {self.relation} {self.object}{graph}"


def _checked(quads: tuple[TemplateQuad, ...]) -> None:
    for quad in quads:
        for term in quad.terms:
            if isinstance(term, TermConstant) and len(term.ids) != 1:
                raise InternalError(f"{term} is not one term, as templates need it")


def _shown(quads: tuple[TemplateQuad, ...]) -> str:
    parts = []
    for word, insert in (("delete", False), ("insert", True)):
        if chosen := [str(q) for q in quads if q.insert is insert]:
            parts.append(f"{word} {' . '.join(chosen)}")
    return "; ".join(parts)


def _columns(change: bool) -> tuple[Field, ...]:
    ends = tuple(Field(name, "VALUE") for name in ENDS)
    return (*ends, Field("graph", "VALUE"), Field("insert", "BOOLEAN")) if change else ends


@dataclass(frozen=True, slots=True)
class Template(Node):
    """The triples that a template makes of each of the child's rows, whose columns are variables, all VALUEs.

    A triple with an unbound variable, or with a literal where none can stand, is left out. Columns are subject,
    relation and object; for an update (``change``) also graph, and whether the triple is to be inserted.
    """

    child: Node
    quads: tuple[TemplateQuad, ...]
    change: bool = False

    def __post_init__(self) -> None:
        _checked(self.quads)
        types = {c.name: c.type for c in self.child.columns}
        for quad in self.quads:
            for term in quad.terms:
                if isinstance(term, Variable) and types.get(term.name) != "VALUE":
                    raise InternalError(f"the template reads {term}, which its input does not give as a VALUE")

    @property
    def columns(self) -> tuple[Field, ...]:
        return _columns(self.change)

    @property
    def label(self) -> str:
        shown = _shown(self.quads) if self.change else " . ".join(map(str, self.quads))
        return f"Template {shown}"


@dataclass(frozen=True, slots=True)
class GivenTriples(Node):
    """The triples of INSERT DATA or DELETE DATA, with the columns of a :class:`Template` of an update."""

    quads: tuple[TemplateQuad, ...]

    def __post_init__(self) -> None:
        _checked(self.quads)
        if any(isinstance(term, Variable) for quad in self.quads for term in quad.terms):
            raise InternalError("triples that are given have no variables")

    @property
    def columns(self) -> tuple[Field, ...]:
        return _columns(change=True)

    @property
    def label(self) -> str:
        more = f" and {len(self.quads) - 3:,} more" if len(self.quads) > 3 else ""
        return f"GivenTriples {_shown(self.quads[:3])}{more}"


@dataclass(frozen=True, slots=True)
class Description(Node):
    """What is stated of the things in the child's column ``resource``, and of blank nodes that this leads to.

    This is the concise bounded description: the triples with the thing as subject, and so on from each object that is
    a blank node. ``graphs`` are ids, None means all of them; columns are subject, relation and object, of type TERM.
    """

    child: Node
    graphs: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.child.names != {RESOURCE}:
            raise InternalError(f"what is to be described is in the column {RESOURCE}")

    @property
    def columns(self) -> tuple[Field, ...]:
        return tuple(Field(name, "TERM") for name in ENDS)


@dataclass(frozen=True, slots=True)
class Graph(Node):
    """The child's triples (VALUEs in the columns subject, relation, object) as a set: each once, as texts or VALUEs.

    The whole terms are in the hidden column :data:`TRIPLE`.
    """

    child: Node
    terms: bool = False

    def __post_init__(self) -> None:
        if tuple((c.name, c.type) for c in self.child.columns) != tuple((name, "VALUE") for name in ENDS):
            raise InternalError("a graph is made of triples")

    @property
    def columns(self) -> tuple[Field, ...]:
        return (*(Field(name, "VALUE" if self.terms else "VARCHAR") for name in ENDS), Field(TRIPLE, "TRIPLE"))
