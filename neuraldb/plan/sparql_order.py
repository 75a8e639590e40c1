"""In which order triple patterns are matched: by what the catalogue has counted, not by how the query was written.

The pattern with the fewest matches comes first; then, again and again, the one that gives the fewest rows for each row
so far among those that share a variable with what came before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from neuraldb.plan.catalogue import RelationSizes
from neuraldb.plan.nodes import PatternTerm, TermConstant, TriplePattern, Variable

SizesOf = Callable[[tuple[int, ...] | None], RelationSizes]
SAME_RELATION = 0.1
"""The share of triples that have a relation of which only that it is bound is known."""


def matches(pattern: TriplePattern, sizes_of: SizesOf, bound: Collection[str] = ()) -> float:
    """About how many matches a pattern has, for one binding of the variables in ``bound``.

    >>> sizes = RelationSizes(triples=100, subjects=50, objects=10)
    >>> knows = TriplePattern(Variable("a"), TermConstant(":knows", (1,)), Variable("b"))
    >>> matches(knows, lambda _: sizes), matches(knows, lambda _: sizes, {"a"}), matches(knows, lambda _: sizes, "ab")
    (100.0, 2.0, 0.2)
    """
    relation = pattern.predicate
    sizes = sizes_of(relation.ids if isinstance(relation, TermConstant) else None)
    rows = float(sizes.triples)
    for end, different in ((pattern.subject, sizes.subjects), (pattern.object, sizes.objects)):
        if isinstance(end, TermConstant):
            rows *= min(1.0, len(end.ids) / max(different, 1.0))
        elif isinstance(end, Variable) and end.name in bound:
            rows /= max(different, 1.0)
    if isinstance(relation, Variable) and relation.name in bound:
        rows *= SAME_RELATION
    if pattern.subject == pattern.object and isinstance(pattern.subject, Variable):
        rows /= max(sizes.subjects, sizes.objects, 1.0)
    return rows


def ordered(patterns: Sequence[TriplePattern], sizes_of: SizesOf) -> tuple[tuple[TriplePattern, ...], float]:
    """The patterns in the order in which they are best matched, and about how many rows they give together."""
    left = sorted(patterns, key=lambda p: p.label)
    bound: set[str] = set()
    chosen: list[TriplePattern] = []
    rows = 1.0
    while left:
        connected = [p for p in left if not chosen or bound & p.names or not p.names] or left
        best = min(connected, key=lambda p: (matches(p, sizes_of, bound), p.label))
        rows *= matches(best, sizes_of, bound)
        chosen.append(best)
        left.remove(best)
        bound |= best.names
    return tuple(chosen), rows


def connected(patterns: Sequence[TriplePattern]) -> list[list[TriplePattern]]:
    """The patterns in groups that share no variable with each other."""
    groups: list[list[TriplePattern]] = []
    for pattern in patterns:
        meeting = [g for g in groups if any(pattern.names & p.names for p in g)]
        groups = [g for g in groups if g not in meeting]
        groups.append([*(p for g in meeting for p in g), pattern])
    return groups


def ends_of(patterns: Sequence[TriplePattern]) -> set[str]:
    """The variables that stand as subject or object, and so are bound to nodes of the graph."""
    ends: list[PatternTerm] = [end for p in patterns for end in (p.subject, p.object)]
    return {end.name for end in ends if isinstance(end, Variable)}
