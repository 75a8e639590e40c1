"""Facts that speak against each other: the newer one supersedes the older, or both stay and the conflict is shown.

A fact is superseded by one of the same source, told later, that gives the same thing another value of a functional
relation; it stays in the history. What several sources say differently, or one source all at once, stays current, since
nothing tells which is right: that is a :class:`Conflict`. Both must say nothing else, or more would be lost than is
outdated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from neuraldb.core.relation_senses import functional, same_relation
from neuraldb.core.text import normalise
from neuraldb.operators.context import Context
from neuraldb.operators.statements import (
    Statement,
    contradict,
    may_contradict,
    said_by,
    stated_by,
    stated_of,
    valid_together,
    values_of,
)
from neuraldb.stores.facts import Fact


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two current facts that give one thing different values of a relation of which it has one at a time.

    Attributes:
        fact, text, value: one of the two, and the value that it gives.
        against, against_text, against_value: the other.
        subject, relation: what the values are of.
    """

    fact: int
    text: str
    value: str
    against: int
    against_text: str
    against_value: str
    subject: str
    relation: str

    def concerns(self, facts: Iterable[int]) -> bool:
        """Whether one of the two is one of these facts."""
        return any(fact in (self.fact, self.against) for fact in facts)

    def __str__(self) -> str:
        return f"[{self.fact}] {self.text} / [{self.against}] {self.against_text} ({self.relation})"


def conflicts_of(facts: Sequence[int], context: Context) -> list[Conflict]:
    """What is stored that speaks against current facts, in order of the facts' ids."""
    return [
        Conflict(a.id, a.text, one.value, b.id, b.text, other.value, one.subject, one.relation)
        for one, other, a, b in _contradictions(facts, context)
    ]


def supersede_outdated(new: Sequence[int], context: Context) -> dict[int, int]:
    """Make facts past that newly stored ones update; gives each with the id of the fact that supersedes it."""
    outdated: dict[int, int] = {}
    for _, _, a, b in _contradictions(new, context):
        old, fact = sorted((a, b), key=lambda f: f.id)
        if set(fact.sources) & set(old.sources) and old.asserted_at < fact.asserted_at:
            outdated[old.id] = min(fact.id, outdated.get(old.id, fact.id))
    for old_id, new_id in outdated.items():
        context.stores.facts.supersede([old_id], new_id)
    return outdated


def _contradictions(facts: Sequence[int], context: Context) -> Iterator[tuple[Statement, Statement, Fact, Fact]]:
    """Pairs of statements that cannot both hold, with their facts, the first one of ``facts``; each pair once.

    Only facts count that say nothing else: of a longer one the extractor is too often wrong.
    """
    pairs = list(_differing(facts, context))
    if not pairs:
        return
    involved = sorted({s.fact for pair in pairs for s in pair})
    said = said_by(involved, context)
    # one value, or a fact that gives several is no update of one of them
    plain = [f for f, s in said.items() if s.complete and not s.denied and len({t.value for t in s.statements}) == 1]
    known = {fact.id: fact for fact in context.stores.facts.get(plain)}
    seen: set[frozenset[int]] = set()
    pairs = [pair for pair in pairs if {s.fact for s in pair} <= known.keys() and may_contradict(*pair)]
    values = values_of({s.value for pair in pairs for s in pair}, context)
    for one, other in pairs:
        pair = frozenset((one.fact, other.fact))
        a, b = known[one.fact], known[other.fact]
        if pair in seen or not valid_together(a, b):
            continue
        if contradict(one, other, (a.text, b.text), values, context):
            seen.add(pair)
            yield one, other, a, b


def _differing(facts: Sequence[int], context: Context) -> Iterator[tuple[Statement, Statement]]:
    """Pairs of statements of different facts, the first of one of ``facts``, that give one thing differing values.

    Told by the words alone, so that this costs little where there are none.
    """
    mine = [s for stated in stated_by(facts, context).values() for s in stated if functional(s.relation)]
    if not mine:
        return
    others: dict[str, dict[tuple[str, str], list[Statement]]] = defaultdict(lambda: defaultdict(list))
    for stated in stated_of([s.subject for s in mine], context).values():
        for s in stated:
            if functional(s.relation):
                others[s.about][s.relation, normalise(s.value)].append(s)
    for one in mine:
        own = normalise(one.value)
        for (relation, value), those in others[one.about].items():
            if value != own and same_relation(one.relation, relation):
                yield from ((one, other) for other in those if other.fact != one.fact)
