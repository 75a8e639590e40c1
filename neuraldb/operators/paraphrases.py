"""Facts that say just what a sentence says, in whatever words."""

from __future__ import annotations

from functools import reduce

import numpy as np

from neuraldb.core.relation_senses import same_relation
from neuraldb.core.text import mentions, normalise, tokens_for_search
from neuraldb.operators.context import Context
from neuraldb.operators.statements import Said, said_by, said_in, same_value
from neuraldb.operators.write import extracted


def paraphrases(sentence: str, context: Context) -> list[int]:
    """The ids of the current facts that say what a sentence says and no more, ascending; none if it is not understood.

    The subject may be named more shortly than in the fact ("Anna" for Anna Berg) where one thing only can be meant.
    """
    (extraction,) = extracted([sentence], context)
    wanted = said_in(sentence, extraction)
    if not wanted.complete:
        return []
    same: list[int] = []
    longer: dict[int, str] = {}
    for fact, said in said_by(_near(wanted, context), context).items():
        if said.denied != wanted.denied or not said.complete or not _agree(wanted, said, context):
            continue
        if _subjects(said) == _subjects(wanted):
            same.append(fact)
        else:
            longer[fact] = said.statements[0].subject
    if same or not longer:
        return sorted(same)
    first, *others = longer.values()
    return sorted(longer) if all(same_value(first, other, context) for other in others) else []


def _near(wanted: Said, context: Context) -> list[int]:
    """Facts with the words of a subject or of a value."""
    lexical = context.stores.lexical
    found = [
        lexical.containing(tokens)
        for statement in wanted.statements
        for end in (statement.subject, statement.value)
        if (tokens := tokens_for_search(end))
    ]
    return reduce(np.union1d, found).tolist() if found else []


def _agree(wanted: Said, said: Said, context: Context) -> bool:
    """Whether each statement of either is one of the other's."""
    pairs = [
        (place, at)
        for place, a in enumerate(wanted.statements)
        for at, b in enumerate(said.statements)
        if same_relation(a.relation, b.relation)
        and _may_be(a.subject, b.subject)
        and same_value(a.value, b.value, context)
    ]
    return {p for p, _ in pairs} == set(range(len(wanted.statements))) and {a for _, a in pairs} == set(
        range(len(said.statements))
    )


def _may_be(one: str, other: str) -> bool:
    return mentions(one, other) or mentions(other, one)


def _subjects(said: Said) -> set[str]:
    return {normalise(s.subject) for s in said.statements}
