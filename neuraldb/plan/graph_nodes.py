"""Graph nodes: the matches of triple patterns, and their terms as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from neuraldb.core.errors import InternalError
from neuraldb.plan.base_nodes import Field, Node


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a graph pattern; ``_:name`` is that of a blank node, which cannot be selected."""

    name: str

    def __str__(self) -> str:
        return self.name if self.name.startswith("_:") else f"?{self.name}"


@dataclass(frozen=True, slots=True)
class TermConstant:
    """A bound term of a graph pattern.

    ``ids`` are the stored terms that the name stands for (several when an alias is shared; empty: no such term, so the
    pattern has no rows). ``text`` is how it is printed.
    """

    text: str
    ids: tuple[int, ...]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Any term but these; stands as predicate only (``!(:a|:b)``)."""

    terms: tuple[TermConstant, ...]

    def __str__(self) -> str:
        return f"!({'|'.join(map(str, self.terms))})"


PatternTerm: TypeAlias = Variable | TermConstant | NoneOf


@dataclass(frozen=True, slots=True)
class TriplePattern(Node):
    """Matches of one triple pattern over the stored triples; columns are its variables, of type TERM.

    ``graph`` None means the default graph (all facts and imported triples in no named graph). A graph is a set:
    each match is one row, whatever number of facts state it; ``repeated`` False says that there is at most one, so that
    no grouping is needed. ``traced`` False says that no match rests on a fact, and that each is certain.
    """

    subject: PatternTerm
    predicate: PatternTerm
    object: PatternTerm
    graph: PatternTerm | None = None
    repeated: bool = True
    traced: bool = True

    @property
    def columns(self) -> tuple[Field, ...]:
        seen: dict[str, Field] = {}
        for term in (self.subject, self.predicate, self.object, self.graph):
            if isinstance(term, Variable):
                seen[term.name] = Field(term.name, "TERM")
        return tuple(seen.values())

    @property
    def label(self) -> str:
        graph = f" in {self.graph}" if self.graph is not None else ""
        return f"TriplePattern {self.subject} {self.predicate} {self.object}{graph}"


@dataclass(frozen=True, slots=True)
class Decode(Node):
    """The terms that the given variables are bound to, as values for output, in the given order.

    A value is the term's text, or what ``types`` says for its variable: HUGEINT, NUMBER (an integer where it is one,
    else a double), BOOLEAN, or VALUE for the whole term. A variable that the child does not have is unbound. ``bound``
    are variables that every row binds. Rows keep their order.
    """

    child: Node
    variables: tuple[str, ...]
    types: tuple[str, ...] = ()
    bound: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.types and len(self.types) != len(self.variables):
            raise InternalError("Decode has types for some of its variables only")

    @property
    def columns(self) -> tuple[Field, ...]:
        types = self.types or ("VARCHAR",) * len(self.variables)
        return tuple(Field(v, t) for v, t in zip(self.variables, types, strict=True))

    @property
    def label(self) -> str:
        return f"Decode {', '.join(self.variables)}"
