"""The syntax tree of the SPARQL-like language: what was written, names resolved to IRIs, parameters to literals.

Every node has ``span``, the (start, end) character offsets into the statement as typed; it takes no part in equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@dataclass(frozen=True, slots=True)
class Syntax:
    """The root of all syntax nodes."""

    span: Span = field(default=(0, 0), kw_only=True, compare=False, repr=False)


# --------------------------------------------------------------------------------------------------------- terms


@dataclass(frozen=True, slots=True)
class Var(Syntax):
    """A variable, without its question mark."""

    name: str

    def __str__(self) -> str:
        return f"?{self.name}"


@dataclass(frozen=True, slots=True)
class Iri(Syntax):
    """An IRI, absolute."""

    text: str

    def __str__(self) -> str:
        return f"<{self.text}>"


@dataclass(frozen=True, slots=True)
class Name(Syntax):
    """``:name`` without a declared default prefix: an entity or a relation by its words.

    Attributes:
        spelling: as typed, after the colon and with its escapes resolved.
        words: the plain text it stands for (``livesIn``: "lives in"; ``Anna_Berg``: "Anna Berg").
    """

    spelling: str
    words: str

    def __str__(self) -> str:
        return f":{self.spelling}"


@dataclass(frozen=True, slots=True)
class RdfLiteral(Syntax):
    """A literal; ``datatype`` is an IRI, '' for a plain string, and ``language`` is '' or the tag as written."""

    text: str
    datatype: str = ""
    language: str = ""

    def __str__(self) -> str:
        if self.datatype.startswith(XSD) and self.datatype.removeprefix(XSD) in ("integer", "decimal", "boolean"):
            return self.text
        quoted = repr(self.text)
        if self.datatype:
            return f"{quoted}^^<{self.datatype}>"
        return f"{quoted}@{self.language}" if self.language else quoted


@dataclass(frozen=True, slots=True)
class Blank(Syntax):
    """A blank node of a pattern: a variable that cannot be selected. ``label`` is unique in the statement."""

    label: str

    def __str__(self) -> str:
        return f"_:{self.label}"


Term: TypeAlias = Var | Iri | Name | RdfLiteral | Blank

# --------------------------------------------------------------------------------------------------------- paths


@dataclass(frozen=True, slots=True)
class Inverse(Syntax):
    """``^path``."""

    path: Path


@dataclass(frozen=True, slots=True)
class Sequence(Syntax):
    """``first/second/…``."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Alternative(Syntax):
    """``one|other|…``."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Repeat(Syntax):
    """``path*`` (0, many), ``path+`` (1, many) or ``path?`` (0, one)."""

    path: Path
    minimum: int
    many: bool


@dataclass(frozen=True, slots=True)
class Negated(Syntax):
    """``!(a|^b|…)``: an edge with another relation than these, forwards or backwards.

    ``forward`` or ``backward`` None: that direction is not meant at all.
    """

    forward: tuple[Iri | Name, ...] | None
    backward: tuple[Iri | Name, ...] | None


Path: TypeAlias = Iri | Name | Inverse | Sequence | Alternative | Repeat | Negated

# --------------------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Operation(Syntax):
    """An operator: ``|| && ! = != < <= > >= + - * /``, ``negate`` and ``identity`` (unary minus and plus), ``in`` or
    ``not in`` (first, list…).
    """

    operator: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Builtin(Syntax):
    """A built-in function, name in upper case."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class FunctionCall(Syntax):
    """A function named by an IRI: a cast (``xsd:integer(?x)``) or an extension."""

    function: Iri | Name
    arguments: tuple[Expression, ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Exists(Syntax):
    """``EXISTS { … }``, or ``NOT EXISTS`` where ``negated``."""

    group: Group
    negated: bool


@dataclass(frozen=True, slots=True)
class AggregateCall(Syntax):
    """An aggregate, name in upper case; ``argument`` None is ``COUNT(*)``."""

    name: str
    argument: Expression | None
    distinct: bool = False
    separator: str | None = None


Expression: TypeAlias = Var | Iri | Name | RdfLiteral | Operation | Builtin | FunctionCall | Exists | AggregateCall

# --------------------------------------------------------------------------------------------------------- patterns


@dataclass(frozen=True, slots=True)
class Triple(Syntax):
    """A triple pattern, or a path pattern where ``verb`` is not a variable or a name."""

    subject: Term
    verb: Var | Path
    object: Term


@dataclass(frozen=True, slots=True)
class TriplesBlock(Syntax):
    """Triple patterns in a row: one basic graph pattern."""

    triples: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Group(Syntax):
    """``{ … }``: its elements as written."""

    elements: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class UnionPattern(Syntax):
    """``{ … } UNION { … } …``; a single group within a group has one branch."""

    branches: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class OptionalPattern(Syntax):
    """``OPTIONAL { … }``."""

    group: Group


@dataclass(frozen=True, slots=True)
class MinusPattern(Syntax):
    """``MINUS { … }``."""

    group: Group


@dataclass(frozen=True, slots=True)
class GraphPattern(Syntax):
    """``GRAPH name { … }``."""

    name: Var | Iri | Name
    group: Group


@dataclass(frozen=True, slots=True)
class ServicePattern(Syntax):
    """``SERVICE endpoint { … }``."""

    name: Var | Iri | Name
    group: Group
    silent: bool


@dataclass(frozen=True, slots=True)
class PredictPattern(Syntax):
    """``PREDICT subject relation object``: edges that are stored, and those that are missing but likely.

    ``least`` is the confidence from which on a predicted edge is wanted (``PREDICT >= 0.3 …``); None: not said.
    """

    block: TriplesBlock
    least: float | None


@dataclass(frozen=True, slots=True)
class FilterPattern(Syntax):
    """``FILTER condition``."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class BindPattern(Syntax):
    """``BIND(expression AS ?variable)``."""

    expression: Expression
    variable: Var


@dataclass(frozen=True, slots=True)
class InlineData(Syntax):
    """``VALUES``; None is UNDEF."""

    variables: tuple[Var, ...]
    rows: tuple[tuple[Iri | Name | RdfLiteral | None, ...], ...]


@dataclass(frozen=True, slots=True)
class SubSelect(Syntax):
    """A query in a group."""

    query: SelectQuery


Pattern: TypeAlias = (
    TriplesBlock | Group | UnionPattern | OptionalPattern | MinusPattern | GraphPattern | ServicePattern | FilterPattern
    | PredictPattern | BindPattern | InlineData | SubSelect
)  # fmt: skip

# --------------------------------------------------------------------------------------------------------- queries


@dataclass(frozen=True, slots=True)
class SelectItem(Syntax):
    """A selected variable, computed where ``expression`` is given."""

    variable: Var
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class OrderCondition(Syntax):
    """A sort key."""

    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class GroupCondition(Syntax):
    """A grouping key; ``variable`` names a computed one."""

    expression: Expression
    variable: Var | None = None


@dataclass(frozen=True, slots=True)
class Modifiers(Syntax):
    """GROUP BY, HAVING, ORDER BY, LIMIT and OFFSET."""

    group_by: tuple[GroupCondition, ...] = ()
    having: tuple[Expression, ...] = ()
    order_by: tuple[OrderCondition, ...] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class DatasetClause(Syntax):
    """``FROM`` or ``FROM NAMED``."""

    graph: Iri | Name
    named: bool


@dataclass(frozen=True, slots=True)
class SelectQuery(Syntax):
    """``SELECT``; ``items`` None is ``*``. ``values`` is the clause after the query."""

    items: tuple[SelectItem, ...] | None
    where: Group
    distinct: bool = False
    reduced: bool = False
    modifiers: Modifiers = field(default_factory=Modifiers)
    dataset: tuple[DatasetClause, ...] = ()
    values: InlineData | None = None


@dataclass(frozen=True, slots=True)
class AskQuery(Syntax):
    """``ASK``."""

    where: Group
    modifiers: Modifiers = field(default_factory=Modifiers)
    dataset: tuple[DatasetClause, ...] = ()
    values: InlineData | None = None


@dataclass(frozen=True, slots=True)
class ConstructQuery(Syntax):
    """``CONSTRUCT``."""

    template: tuple[Triple, ...]
    where: Group
    modifiers: Modifiers = field(default_factory=Modifiers)
    dataset: tuple[DatasetClause, ...] = ()
    values: InlineData | None = None


@dataclass(frozen=True, slots=True)
class DescribeQuery(Syntax):
    """``DESCRIBE``; ``targets`` None is ``*``, ``where`` None is no pattern."""

    targets: tuple[Var | Iri | Name, ...] | None
    where: Group | None
    modifiers: Modifiers = field(default_factory=Modifiers)
    dataset: tuple[DatasetClause, ...] = ()
    values: InlineData | None = None


Query: TypeAlias = SelectQuery | AskQuery | ConstructQuery | DescribeQuery
