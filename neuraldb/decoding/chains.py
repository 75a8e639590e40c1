"""Paths from something named: the plans that need no search, as links and what they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from neuraldb.decoding.graph_catalogue import GraphView, Link
from neuraldb.stores.arrays import Ids

NAMED = "it"
"""Stands for what is named, in plans and in questions: a name says nothing of what is asked of it."""
Chain = tuple[Link, ...]


def chains(view: GraphView, nodes: Ids, hops: int) -> Iterator[tuple[Chain, Ids]]:
    """All ways from some nodes of at most so many links, with where they lead; the shorter ones first.

    A way that only turns back to where it came from is none.
    """
    reached: list[tuple[Chain, Ids, Ids]] = [((), nodes, nodes[:0])]
    for _ in range(hops):
        further = [(way, ends, before, link) for way, ends, before in reached for link in view.links(ends)]
        reached = []
        for way, ends, before, link in further:
            there = view.image(ends, link)
            if not (way and link == way[-1].reverse and only_back(there, before)):
                reached.append(((*way, link), there, ends))
        yield from ((way, ends) for way, ends, _ in reached)


def only_back(there: Ids, before: Ids) -> bool:
    """Whether nothing is reached that was not left before."""
    return len(there) <= len(before) and bool(np.isin(there, before, assume_unique=True).all())


def step_words(link: Link) -> str:
    """A link as a ranker reads it."""
    return link.words if link.forward else f"{link.words} of"


def chain_words(chain: Sequence[Link], wanted: str = "which", named: str = NAMED) -> str:
    """The plan of a chain as a ranker reads it; the same as the automaton gives.

    >>> chain_words((Link(":wife", "wife", ()), Link(":born", "born in", (), False)))
    'it wife born in of which'
    """
    return " ".join((named, *(step_words(link) for link in chain), wanted))
