"""Names of relations that are stored under other names, bound to what means the same.

Which relations may be meant, the encoder says, by their names; whether they are, the reader: some facts of each are
read for the name, and where the reader finds in a fact what is stored of it, the name says the same of that fact. A
relation of which no fact speaks, such as an imported one, is bound by its name alone, and only if that is very near.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from neuraldb.core.relation_senses import same_relation
from neuraldb.core.text import mentions
from neuraldb.models.protocols import Vectors
from neuraldb.operators.word_order import in_order
from neuraldb.plan.catalogue import RelationBinding
from neuraldb.stores.bundle import Stores
from neuraldb.stores.derivations import Derivation

NEAR = 0.8
"""From this cosine on a relation's name is taken for another, where no fact tells."""
WEIGHTS = (6.6, 4.43, -6.34)
"""The logit that a relation is meant: of the cosine of the names, of the agreement, and constant."""
MEANT = 0.5
"""From this chance on a relation is meant."""
SURE = 0.85
"""All relations that are so surely meant are bound together."""
EQUAL = 0.05
"""Chances that differ by less are equal."""
PROPOSED = 10
"""Relations whose facts are read, those with the nearest names."""
READ = 4
"""Facts of each of them that are read."""
LIKENESS = 0.7
"""From this cosine of their names on, two relations are taken for one that is stored under two names."""
SHOWN = 3

ReadPairs = Callable[[str, Mapping[int, str]], Sequence[Derivation]]
"""What a reader finds for a name in facts (their readings by id): pairs of what the relation connects."""


class RelationModels(NamedTuple):
    """What relations are bound by meaning with.

    Attributes:
        read: asks the reader.
        space: gives the name of the space of the vectors.
        vectors: gives the vectors of names, of length 1.
    """

    read: ReadPairs
    space: Callable[[], str]
    vectors: Callable[[Sequence[str]], Vectors]


class Sample(NamedTuple):
    """A stored triple of a relation: the fact that states it, and the names of its ends; a fact may state several."""

    fact: int
    subject: str
    object: str


class Candidate(NamedTuple):
    """A relation that may be meant: its name, the cosine of the names, how much the reader agrees (None: unread)."""

    label: str
    cosine: float
    agreement: float | None

    @property
    def chance(self) -> float:
        """That it is meant, in [0, 1)."""
        if self.agreement is None:
            return min(max(self.cosine, 0.0), 0.999) if self.cosine >= NEAR else min(max(self.cosine, 0.0), 0.499)
        nearness, agreed, constant = WEIGHTS
        logit = nearness * self.cosine + agreed * self.agreement + constant
        return min(1.0 / (1.0 + math.exp(-logit)), 0.999)


def judged(
    name: str,
    near: Sequence[tuple[str, float]],
    samples: Mapping[str, Sequence[Sample]],
    readings: Callable[[Sequence[int]], Mapping[int, str]],
    read: ReadPairs,
) -> list[Candidate]:
    """The relations with the nearest names, as the reader sees them: the likeliest first.

    Args:
        name: of the query, in words.
        near: names of relations with their cosines, nearest first.
        samples: of each relation.
        readings: gives what is read of facts.
        read: asks the reader.
    """
    wanted = sorted({s.fact for label, _ in near for s in samples.get(label, ())})
    texts = readings(wanted) if wanted else {}
    found: dict[int, list[Derivation]] = defaultdict(list)
    if texts:
        for derivation in read(name, texts):
            found[derivation.fact].append(in_order(name, derivation, texts[derivation.fact]))
    out = []
    for label, cosine in near:
        agreed: dict[int, float] = {}
        for s in samples.get(label, ()):
            if s.fact in texts:
                said = [d.confidence for d in found[s.fact] if _says(d, s, texts[s.fact])]
                agreed[s.fact] = max((*said, agreed.get(s.fact, 0.0)))
        out.append(Candidate(label, cosine, sum(agreed.values()) / len(agreed) if agreed else None))
    return sorted(out, key=lambda c: (-c.chance, c.label))


def _says(derivation: Derivation, sample: Sample, text: str) -> bool:
    """Whether a derivation is what is stored; of "Kilkea, Ireland" either is the place."""
    key, value = derivation.key_text, derivation.value_text
    if key is None or value is None or not _alike(key, sample.subject):
        return False
    together = (f"{value}, {sample.object}", f"{sample.object}, {value}")
    return _alike(value, sample.object) or any(t in text for t in together)


def _alike(one: str, other: str) -> bool:
    return mentions(one, other) or mentions(other, one)


def bound(
    candidates: Sequence[Candidate], ids: Mapping[str, Sequence[int]], alike: Callable[[str, str], float]
) -> RelationBinding | None:
    """What a name is bound to: the likeliest relation, and those that are likely and one with it, or sure themselves.

    Where another one is equally likely and means something else, it is ``ambiguous``; None where none is likely.

    Args:
        candidates: the likeliest first.
        ids: the terms of each relation.
        alike: the cosine of two names.
    """
    likely = [c for c in candidates if c.chance >= MEANT]
    if not likely:
        return None
    best = likely[0]

    def one_with_best(c: Candidate) -> bool:
        return same_relation(c.label, best.label) or alike(c.label, best.label) >= LIKENESS

    taken = [best, *(c for c in likely[1:] if c.chance >= SURE or one_with_best(c))]
    left = [c for c in candidates if c not in taken]
    rivals = [c for c in left if best.chance - c.chance <= EQUAL and c.chance >= MEANT]
    return RelationBinding(
        tuple(sorted(i for c in taken for i in ids[c.label])),
        best.label,
        best.chance,
        _scored(left[:SHOWN]),
        _scored(taken[1:]),
        tuple(tuple(sorted(ids[c.label])) for c in taken),
        _scored([best, *rivals]) if rivals else (),
    )


def _scored(candidates: Iterable[Candidate]) -> tuple[tuple[str, float], ...]:
    return tuple((c.label, c.chance) for c in candidates)


def samples_of(stores: Stores, ids: Mapping[str, Sequence[int]]) -> dict[str, list[Sample]]:
    """The current triples of each relation that some facts state; always the same facts."""
    every = sorted({i for of in ids.values() for i in of})
    rows = stores.database.rows(
        """SELECT x.relation, x.fact, s.text, o.text
           FROM (SELECT id, relation, fact, subject, object FROM store.triples
                 WHERE list_contains($ids, relation) AND recorded_to IS NULL AND fact IS NOT NULL
                 QUALIFY dense_rank() OVER (PARTITION BY relation ORDER BY hash(fact), fact) <= $count) AS x
           JOIN store.terms s ON s.id = x.subject JOIN store.terms o ON o.id = x.object
           ORDER BY hash(x.fact), x.fact, x.id""",
        {"ids": every, "count": READ},
    )
    by_id: dict[int, list[Sample]] = defaultdict(list)
    for relation, fact, subject, object_ in rows:
        by_id[relation].append(Sample(fact, subject, object_))
    out = {}
    for label, of in ids.items():
        found = [s for i in of for s in by_id[i]]
        read = list(dict.fromkeys(s.fact for s in found))[:READ]
        out[label] = [s for s in found if s.fact in read]
    return out
