"""A question put in the words of the facts: of somebody with several names a fact is asked by the name that it has.

The reader sees a question and a fact, and cannot know that Annie Lund is the Anna Berg who is asked for, once somebody
has said so. Nor can it know by a number after a name which of two it is, which the facts do not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from neuraldb.core.text import mentions, normalise
from neuraldb.operators.context import Context


class Asked(NamedTuple):
    """A question as some facts are asked it.

    Attributes:
        question: with the names that those facts have.
        names: those that stand in it for others.
        readings: what is read of those facts, by their ids.
    """

    question: str
    names: tuple[str, ...]
    readings: dict[int, str]


def asked(question: str, readings: Mapping[int, str], anchors: tuple[str, ...], context: Context) -> list[Asked]:
    """The question as each of the facts is asked it, the facts in groups.

    Args:
        question: in the user's words.
        readings: what is read of facts, by their ids.
        anchors: the names in the question.
        context: the statement's.
    """
    known = [(anchor, terms) for anchor in anchors if (terms := _renamed(anchor, context))]
    if not known:
        return [Asked(question, (), dict(readings))]
    mentioned: dict[int, list[tuple[int, str]]] = {}
    for mention in context.stores.graph.mentions(sorted(readings)):
        mentioned.setdefault(mention.fact, []).append((mention.term, mention.text))
    groups: dict[tuple[str, tuple[str, ...]], dict[int, str]] = {}
    for fact, text in readings.items():
        own, names = question, []
        for anchor, terms in known:
            called = next((words for term, words in mentioned.get(fact, ()) if term in terms), None)
            if called is not None and not mentions(text, anchor):
                own = called.join(re.split(rf"(?<!\w){re.escape(anchor)}(?!\w)", own))
                names.append(called)
        groups.setdefault((own, tuple(names)), {})[fact] = text
    return [Asked(own, names, some) for (own, names), some in groups.items()]


def _renamed(name: str, context: Context) -> tuple[int, ...]:
    """What a name means, if somebody has said that it has other names; those that tell so themselves do not count."""
    terms = context.stores.entities.aliases.meant(normalise(name))
    return terms if any(context.stores.entities.merges.index.renamed(term) for term in terms) else ()
