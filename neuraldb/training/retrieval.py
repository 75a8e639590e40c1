"""Training data of the retriever: databases of several made-up worlds, questions, and which facts answer them.

Gold support sets follow from what the facts state (supervised training); or, with a reader, from what it derives: a
fact belongs to the support set if the derivations change when it is left out (distant supervision, Thorne et al. 2021,
section 4.2).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuraldb.models.protocols import Encoder, Reader, ReadRequest
from neuraldb.training.composition import sample
from neuraldb.training.derivations import attribute_queries, derive, mode_of, told_world
from neuraldb.training.vocabulary import Domain

LIKELY = 0.65
"""From this confidence on a derivation of the reader counts."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, how the reader is asked it, and the numbers of the facts of its support set."""

    question: str
    mode: str
    facts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """A database: facts, their vectors (n, 384) float32, and questions."""

    facts: tuple[str, ...]
    vectors: NDArray[np.float32]
    asked: tuple[Asked, ...]


def pool(domains: Sequence[Domain], encoder: Encoder, rng: random.Random, worlds: int = 14, queries: int = 45) -> Pool:
    """A database of some worlds, with questions about each that at least one fact answers."""
    facts: list[str] = []
    asked: list[Asked] = []
    for domain in rng.sample(domains, k=min(worlds, len(domains))):
        world, told = told_world(domain, rng)
        begin = len(facts)
        facts += [fact.text for fact in told]
        made = list(attribute_queries(world, rng))[:6]
        made += [q for _ in range(queries) if (q := sample(world, rng)) is not None]
        for query in made:
            if query.target is None:
                continue
            gold = [begin + i for i, fact in enumerate(told) if derive(query.target, fact)[0] != "none"]
            if gold:
                asked.append(Asked(query.phrase.text, mode_of(query.type, query.op), tuple(gold)))
    return Pool(tuple(facts), encoder.encode(facts), tuple(asked))


def distant(
    made: Pool, reader: Reader, encoder: Encoder, rng: random.Random, questions: int, candidates: int = 24
) -> Iterator[Asked]:
    """Support sets as the reader sees them, from the facts nearest to each question and a few others.

    The reader reads fact by fact, so the derivations change without a fact exactly if it gives one.
    """
    chosen = rng.sample(made.asked, k=min(questions, len(made.asked)))
    vectors = encoder.encode([a.question for a in chosen])
    for asked, vector in zip(chosen, vectors, strict=True):
        near = np.argsort(-(made.vectors @ vector))[:candidates].tolist()
        some = sorted({*near, *rng.sample(range(len(made.facts)), k=4)})
        readings = reader.read([ReadRequest(asked.question, (made.facts[i],), asked.mode) for i in some])
        gold = [
            i
            for i, reading in zip(some, readings, strict=True)
            if max([reading.yes, reading.no, *(d.confidence for d in reading.derivations)]) >= LIKELY
        ]
        if gold:
            yield Asked(asked.question, asked.mode, tuple(gold))
