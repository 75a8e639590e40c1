"""How far the best plan for a question is to be trusted: a logistic map, fitted where it is right and where none is.

For half of the questions the relation that they ask for is taken out of the graph, so that the best plan is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.frames import QuestionFrame, QuestionParser
from neuraldb.decoding.asking import FEATURES, Found, find, steps_of
from neuraldb.decoding.mentions import NameIndex
from neuraldb.decoding.plain_graph import PlainGraph
from neuraldb.decoding.search import Candidate
from neuraldb.language.question import Likely, parse
from neuraldb.models.protocols import PlanRanker
from neuraldb.operators.logistic import logistic
from neuraldb.training.plan_worlds import LENGTHS, NamedWorld, asked, begin_of
from neuraldb.training.vocabulary import Domain
from neuraldb.training.worlds import make_world

Judged = tuple[tuple[float, ...], bool]
"""The features of a best plan, and whether it is right."""


def judged(
    domains: Sequence[Domain],
    ranker: PlanRanker,
    parser: QuestionParser,
    rng: random.Random,
    worlds: int,
    each: int,
) -> Iterator[Judged]:
    """Best plans for questions about made-up worlds, half of which cannot be answered."""
    for domain in domains:
        for _ in range(worlds):
            named = NamedWorld(make_world(domain, rng, size=5), rng)
            for _ in range(each):
                way = named.walk(rng.choice(LENGTHS), rng)
                query = asked(way, rng, begin_of(way).name) if way is not None else None
                if way is None or query is None:
                    continue
                meant = named.meant(way)
                graph = named.graph if rng.random() < 0.5 else named.without(rng.choice(meant)[0])
                entities = tuple(query.phrase.spans("entity"))
                found = _found(QuestionFrame(query.phrase.text, query.type, entities=entities), graph, ranker, parser)
                if found.candidates:
                    yield found.features, graph is named.graph and _says(found.candidates[0], meant, query.type)


def fitted(judged: Sequence[Judged], pull: float = 1e-3) -> NDArray[np.float64]:
    """The weights of the features.

    Args:
        judged: best plans.
        pull: towards zero, a plan; so that what always agrees does not run away.
    """
    features = np.array([each for each, _ in judged])
    return logistic(features, np.array([right for _, right in judged]), np.full(len(FEATURES), pull * len(judged)))


def _found(frame: QuestionFrame, graph: PlainGraph, ranker: PlanRanker, parser: QuestionParser) -> Found:
    asked = parse(frame.question, parser)
    steps = steps_of(asked.question if isinstance(asked, Likely) else asked)
    names = NameIndex((name, number) for number, name in enumerate(graph.names))
    return find(frame, graph, names.find(frame.question, frame.entities), ranker, steps=steps)


def _says(candidate: Candidate, meant: tuple[tuple[str, bool], ...], kind: str) -> bool:
    links = [s for s in candidate.symbols if s.code.startswith(":")]
    steps = tuple((s.text.removeprefix("inverse "), not s.text.startswith("inverse ")) for s in links)
    return steps == meant and any(s.text == "count" for s in candidate.symbols) == (kind == "count")
