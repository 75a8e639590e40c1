"""What every language of plans is to a search: states, and the symbols that lead from one to the next.

A grammar makes the states and asks a catalogue which symbols to offer, so that a prefix is never offered from which
the data hold no way on. Enumerating and decoding by tokens both walk these states, and so accept the same plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import sqlglot
from sqlglot import exp

from neuraldb.core.errors import ProgrammingError
from neuraldb.language import sparql
from neuraldb.language.sparql_ast import Query
from neuraldb.language.sparql_update_ast import Update


@dataclass(frozen=True, slots=True)
class Symbol:
    """What is said next. Two symbols may read the same and mean different things: two entities of one name.

    Attributes:
        text: as it stands in a plan's own text, where symbols are separated by one space.
        words: what a ranker reads instead.
        code: tells it from others of the same text.
    """

    text: str
    words: str = field(compare=False)
    code: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole query.

    Attributes:
        text: in the language.
        language: ``sparql`` or ``sql``.
        may_be_empty: whether its answer may be "no", or no row; else the data were seen to hold an answer.
    """

    text: str
    language: str
    may_be_empty: bool = False

    @property
    def tree(self) -> Query | Update | exp.Expr:
        """Its syntax tree."""
        return sparql.parse(self.text) if self.language == "sparql" else sqlglot.parse_one(self.text, dialect="duckdb")


Step: TypeAlias = "tuple[Symbol, State]"


class State:
    """A prefix of a plan, with what was found out about it. It never changes.

    Args:
        expand: gives the steps from here; it is called once, when they are first asked for.
        plan: what the prefix says, where it is whole.
        whole: whether a clause has just ended, so that a search may stop to compare.
    """

    def __init__(
        self, expand: Callable[[], Iterable[Step]] = tuple[Step, ...], plan: Plan | None = None, whole: bool = False
    ) -> None:
        self._expand = expand
        self.plan = plan
        self.whole = whole

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The symbols that may come next, each with where it leads; none but in whole plans lead nowhere."""
        return tuple(self._expand())


def following(steps: Iterable[Step]) -> State:
    """A state with steps that are known already."""
    return State(tuple(steps).__iter__)


class Automaton:
    """The plans that begin at a state.

    Args:
        start: of the empty prefix.
    """

    def __init__(self, start: State) -> None:
        self.start = start

    def state(self, prefix: Sequence[Symbol]) -> State:
        """Where a prefix leads.

        Raises:
            ProgrammingError: one of its symbols is not admitted there; the candidates are some that are.
        """
        state = self.start
        for symbol in prefix:
            following = dict(state.steps)
            if symbol not in following:
                some = tuple(each.text for each in following)[:3]
                raise ProgrammingError(f"{symbol.text} cannot stand there", candidates=some)
            state = following[symbol]
        return state

    def symbols(self, prefix: Sequence[Symbol]) -> tuple[Symbol, ...]:
        """The symbols that may follow a prefix."""
        return tuple(symbol for symbol, _ in self.state(prefix).steps)

    def read(self, text: str) -> Iterator[tuple[tuple[Symbol, ...], State]]:
        """The whole plans that a text reads as: none if it is not of the language, several where names are shared."""
        stack: list[tuple[tuple[Symbol, ...], State, str]] = [((), self.start, text)]
        while stack:
            prefix, state, rest = stack.pop()
            if not rest and state.plan is not None:
                yield prefix, state
            for symbol, following in reversed(state.steps) if rest else ():
                if rest == symbol.text or rest.startswith(f"{symbol.text} "):
                    stack.append(((*prefix, symbol), following, rest[len(symbol.text) + 1 :]))

    def plans(self) -> Iterator[tuple[tuple[Symbol, ...], Plan]]:
        """All plans with their symbols; there may be very many."""
        stack: list[tuple[tuple[Symbol, ...], State]] = [((), self.start)]
        while stack:
            prefix, state = stack.pop()
            if state.plan is not None:
                yield prefix, state.plan
            stack += [((*prefix, symbol), following) for symbol, following in reversed(state.steps)]


def text_of(prefix: Sequence[Symbol]) -> str:
    """A plan in its own text."""
    return " ".join(symbol.text for symbol in prefix)


def words_of(prefix: Sequence[Symbol]) -> str:
    """A plan as a ranker reads it."""
    return " ".join(symbol.words for symbol in prefix if symbol.words)
