"""What readers yield: what a place of a file says, or why it cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from neuraldb import bulk
from neuraldb.core.errors import DataError
from neuraldb.stores.facts import NewFact
from neuraldb.stores.terms import Term


class Quad(NamedTuple):
    """A triple of imported data and the graph that it is in; None is the default graph."""

    subject: Term
    relation: Term
    object: Term
    graph: Term | None = None


Content: TypeAlias = tuple[NewFact, ...] | Quad


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a file.

    Attributes:
        place: where it stands, in words (``line 12``).
        content: the facts it tells (one each time it was told), or a triple; None where it cannot be read.
        problem: why it cannot be read.
    """

    place: str
    content: Content | None = None
    problem: str = ""


def refusal(place: str, error: DataError) -> Item:
    """The item of an entry that is refused."""
    return Item(place, problem=reason(error))


def reason(error: DataError) -> str:
    """An error in one line."""
    return f"{error.message} ({error.hint})" if error.hint else error.message


def fact_item(place: str, text: str, sources: Iterable[str] = (), **arguments: Any) -> Item:
    """The item of a sentence.

    Args:
        place: where it stands.
        text: the sentence.
        sources: who said it; each makes one telling. Where there are none, it is told once, by nobody known.
        arguments: as of :func:`neuraldb.bulk.new_fact`.
    """
    try:
        facts = [bulk.new_fact(text, source=source, **arguments) for source in (tuple(sources) or (None,))]
    except DataError as error:
        return refusal(place, error)
    return Item(place, tuple(facts))
