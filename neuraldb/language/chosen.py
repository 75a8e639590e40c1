"""A question for which a query over the graph or over tables was found that says what it means."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.language.question import Question
from neuraldb.language.sparql_ast import Query
from neuraldb.language.sql import SqlStatement


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a question may mean.

    Attributes:
        words: the query in words.
        text: the query.
        chance: that it is what is meant, in [0, 1].
    """

    words: str
    text: str
    chance: float

    def __str__(self) -> str:
        return f"{self.words} ({self.chance:.2f})"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A question and the query that is run for it.

    Attributes:
        query: the tree of the query.
        meaning: what it says.
        others: what else the question may mean, likeliest first.
        instead: the question, to be asked of facts.
    """

    query: Query | SqlStatement
    meaning: Meaning
    others: tuple[Meaning, ...]
    instead: Question


@dataclass(frozen=True, slots=True)
class NotChosen:
    """A question for which no query is likely enough; it is asked of facts.

    Attributes:
        question: the question.
        note: what is to be said of it.
    """

    question: Question
    note: str
