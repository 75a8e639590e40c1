"""Nodes of the semantic functions of SQL: what a model says of the text in a column, of whatever table.

Rows keep their evidence and confidence; the confidence of a judgement is multiplied into the row's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from neuraldb.core.errors import InternalError
from neuraldb.plan.base_nodes import Field, OneMoreColumn, SameColumns
from neuraldb.plan.expressions import Column
from neuraldb.plan.graph_nodes import TermConstant
from neuraldb.plan.predict_nodes import LIKELY

Words: TypeAlias = str | Column
"""What is asked of a text: the same of all rows, or for each row what another column says."""


def shown(words: Words) -> str:
    """Words as EXPLAIN shows them."""
    return repr(words) if isinstance(words, str) else str(words)


def _named(words: object) -> frozenset[str]:
    return frozenset((words.name,)) if isinstance(words, Column) else frozenset()


@dataclass(frozen=True, slots=True)
class SemanticFilter(SameColumns):
    """The rows whose text in ``column`` meets a criterion in plain language (``negated``: does not meet it).

    Rows on which the model gives no clear verdict, and NULLs, are kept in neither case. The order of the rows stays.
    ``limit``: after so many kept rows it may stop.
    """

    column: str
    criterion: Words
    negated: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        if missing := self.reads - self.child.names:
            raise InternalError(f"SemanticFilter reads {sorted(missing)}, which its input does not give")

    @property
    def reads(self) -> frozenset[str]:
        """The columns that decide."""
        return _named(self.criterion) | {self.column}

    @property
    def label(self) -> str:
        limit = f" limit {self.limit}" if self.limit is not None else ""
        means = "does not mean" if self.negated else "means"
        return f"SemanticFilter {self.column} {means} {shown(self.criterion)}{limit}"


@dataclass(frozen=True, slots=True)
class SemanticColumn(OneMoreColumn):
    """A node that adds the column ``output``: what a model says of the text in ``column``."""

    output: Field

    @property
    def added(self) -> Field:
        return self.output


@dataclass(frozen=True, slots=True)
class SemanticMatch(SemanticColumn):
    """Whether the text meets a criterion (NULL: no clear verdict).

    For ``means(…)`` where it is not a condition of its own, as in ``WHERE means(…) OR …``.
    """

    criterion: Words

    @property
    def reads(self) -> frozenset[str]:
        return _named(self.criterion) | {self.column}

    @property
    def label(self) -> str:
        return f"SemanticMatch {self.output} = {self.column} means {shown(self.criterion)}"


@dataclass(frozen=True, slots=True)
class SemanticMap(SemanticColumn):
    """What the text says in answer to a question (NULL: it does not say).

    ``output.type`` is VARCHAR (the words of the text), DOUBLE (in the canonical unit of the dimension that most of the
    answers have; NULL for those of another), DATE or BOOLEAN.
    """

    question: Words

    @property
    def reads(self) -> frozenset[str]:
        return _named(self.question) | {self.column}

    @property
    def label(self) -> str:
        kind = "" if self.output.type == "VARCHAR" else f" as {self.output.type}"
        return f"SemanticMap {self.output} = ask({self.column}, {shown(self.question)}){kind}"


@dataclass(frozen=True, slots=True)
class Similarity(SemanticColumn):
    """How near the text is to a query, the encoder's cosine in [-1, 1]."""

    query: Words

    @property
    def reads(self) -> frozenset[str]:
        return _named(self.query) | {self.column}

    @property
    def label(self) -> str:
        return f"Similarity {self.output} = {self.column} to {shown(self.query)}"


@dataclass(frozen=True, slots=True)
class Classify(SemanticColumn):
    """The one of ``labels`` that fits the text best (NULL for a NULL text); a column holds a list of them a row."""

    labels: tuple[str, ...] | Column

    def __post_init__(self) -> None:
        OneMoreColumn.__post_init__(self)
        if not isinstance(self.labels, Column) and (len(set(self.labels)) != len(self.labels) or not self.labels):
            raise InternalError("the labels of Classify are distinct and at least one")

    @property
    def reads(self) -> frozenset[str]:
        return _named(self.labels) | {self.column}

    @property
    def label(self) -> str:
        labels = str(self.labels) if isinstance(self.labels, Column) else str(list(self.labels))
        return f"Classify {self.output} = {self.column} among {labels}"


@dataclass(frozen=True, slots=True)
class EntityKey(SemanticColumn):
    """What is the same for all names that are surely of the thing that the text names; NULL for a blank text.

    Spelling, titles, the names of countries, and what the database knows to be one entity. It needs no model.
    """

    @property
    def label(self) -> str:
        return f"EntityKey {self.output} = entity({self.column})"


@dataclass(frozen=True, slots=True)
class PredictCell(SemanticColumn):
    """What the thing that ``column`` names is most likely joined to by a relation.

    What is stored comes before what is predicted; NULL where neither is there, or nothing is named.
    """

    relation: TermConstant
    least: float = LIKELY

    @property
    def label(self) -> str:
        return f"PredictCell {self.output} = predict({self.column}, {self.relation}) at least {self.least:g}"
