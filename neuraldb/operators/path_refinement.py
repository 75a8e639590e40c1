"""The third step: the best paths first, by what they say."""

from __future__ import annotations

from collections.abc import Sequence

from neuraldb.core.text import normalise
from neuraldb.models.protocols import ReadRequest
from neuraldb.operators.subgraphs import Ranked, Refinement, Search, said
from neuraldb.stores.adjacency import Adjacency

JUDGED = 256
"""Paths whose words the encoder compares, the most promising of the step before."""
READ = 24
"""Paths that the reader reads."""


def unrefined(search: Search, graph: Adjacency, paths: Sequence[Ranked]) -> list[Ranked]:
    """The paths as filtering gave them."""
    return list(paths)


def by_meaning(search: Search, graph: Adjacency, paths: Sequence[Ranked]) -> list[Ranked]:
    """By the cosine of a path's start and relations with the question.

    The names on the way are left out: a question names none of them, and the vectors would be about them.
    """
    chosen = paths[:JUDGED]
    scores = search.alike([_outline(search, graph, each) for each in chosen], search.question)
    return _sorted([Ranked(each.path, float(score)) for each, score in zip(chosen, scores, strict=True)])


def by_reader(search: Search, graph: Adjacency, paths: Sequence[Ranked]) -> list[Ranked]:
    """By how sure the reader is that a path, read as facts, answers the question with what it ends at.

    It reads the best :data:`READ` by meaning; those that it finds no answer in come after the others.
    """
    chosen = by_meaning(search, graph, paths)[:READ]
    requests = [ReadRequest(search.question, said(search, graph, each.path), "answer") for each in chosen]
    ends = search.texts([int(graph.nodes[each.path.nodes[-1]]) for each in chosen])
    out = []
    for each, end, reading in zip(chosen, ends, search.models.read(requests, search.token), strict=True):
        key = normalise(end)
        sure = max((d.confidence for d in reading.derivations if normalise(d.key.text) == key), default=0.0)
        out.append(Ranked(each.path, sure + 0.01 * each.score))
    return _sorted(out)


def _outline(search: Search, graph: Adjacency, ranked: Ranked) -> str:
    start = search.texts([int(graph.nodes[ranked.path.nodes[0]])])
    return " ".join((*start, *search.texts([int(graph.relation[edge]) for edge in ranked.path.edges])))


def _sorted(paths: list[Ranked]) -> list[Ranked]:
    return sorted(paths, key=lambda each: (-each.score, len(each.path), each.path.nodes, each.path.edges))


REFINEMENTS: dict[str, Refinement] = {"none": unrefined, "cosine": by_meaning, "reader": by_reader}
"""The ways to refine by name."""
