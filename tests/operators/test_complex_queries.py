"""Complex logical queries: exact without prediction, and with it what is stored comes first."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.evaluation.clqa_queries import EPFO, PATTERNS, Sampler
from neuraldb.operators import complex_queries
from neuraldb.operators.complex_queries import PREDICTED, StoredEdges, TreeOptimiser, adjacency, answers
from neuraldb.plan.logical_queries import Anchor, Conjunction, Disjunction, LogicalQuery, Negation, Projection

ENTITIES, RELATIONS = 6, 2
TRIPLES = st.lists(
    st.tuples(st.integers(0, ENTITIES - 1), st.integers(0, RELATIONS - 1), st.integers(0, ENTITIES - 1)), max_size=14
)
QUERIES: st.SearchStrategy[LogicalQuery] = st.recursive(
    st.builds(Anchor, st.integers(0, ENTITIES - 1)),
    lambda inner: st.one_of(
        st.builds(Projection, st.integers(0, RELATIONS - 1), inner, st.booleans()),
        st.builds(Conjunction, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Disjunction, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Negation, inner),
    ),
    max_leaves=5,
)


class Random:
    """Scores of no meaning."""

    name = "random"

    def rows(self, heads: np.ndarray, relation: int, inverse: bool = False) -> np.ndarray:
        rows = [np.random.default_rng((int(h), relation, inverse)).normal(size=ENTITIES) for h in heads]
        return np.array(rows, np.float32).reshape(len(heads), ENTITIES) * 3


def brute_force(query: LogicalQuery, triples: set[tuple[int, int, int]]) -> set[int]:
    """Answers by the definition, entity by entity."""
    match query:
        case Anchor(entity):
            return {entity}
        case Projection(relation, of, inverse):
            near = brute_force(of, triples)
            return {
                e
                for e in range(ENTITIES)
                if any(((e, relation, n) if inverse else (n, relation, e)) in triples for n in near)
            }
        case Conjunction(parts):
            return {e for e in range(ENTITIES) if all(e in brute_force(p, triples) for p in parts)}
        case Disjunction(parts):
            return {e for e in range(ENTITIES) if any(e in brute_force(p, triples) for p in parts)}
        case Negation(of):
            return set(range(ENTITIES)) - brute_force(of, triples)


def stored(triples: list[tuple[int, int, int]]) -> tuple[np.ndarray, StoredEdges]:
    array = np.array(triples, np.int64).reshape(-1, 3)
    return array, StoredEdges.of(array, ENTITIES)


@given(TRIPLES, QUERIES)
def test_without_prediction_answers_are_the_exact_ones(
    triples: list[tuple[int, int, int]], query: LogicalQuery
) -> None:
    array, edges = stored(triples)
    expected = brute_force(query, set(triples))
    assert answers(query, adjacency(array), ENTITIES) == expected
    scores = TreeOptimiser(edges).scores(query)
    assert set(np.flatnonzero(scores == 1.0).tolist()) == expected
    assert set(np.unique(scores).tolist()) <= {0.0, 1.0}


@given(TRIPLES, QUERIES, st.integers(1, ENTITIES))
def test_scores_with_prediction_are_in_the_unit_interval(
    triples: list[tuple[int, int, int]], query: LogicalQuery, beam: int
) -> None:
    _, edges = stored(triples)
    scores = TreeOptimiser(edges, Random(), beam).scores(query)
    assert scores.min() >= 0
    assert scores.max() <= 1


def positive(query: LogicalQuery) -> bool:
    match query:
        case Anchor():
            return True
        case Projection(_, of, _):
            return positive(of)
        case Conjunction(parts) | Disjunction(parts):
            return all(map(positive, parts))
        case Negation():
            return False


@given(TRIPLES, QUERIES.filter(positive), st.integers(1, ENTITIES))
def test_with_prediction_no_stored_answer_ranks_below_a_predicted_one(
    triples: list[tuple[int, int, int]], query: LogicalQuery, beam: int
) -> None:
    _, edges = stored(triples)
    scores = TreeOptimiser(edges, Random(), beam).scores(query)
    expected = brute_force(query, set(triples))
    for entity in range(ENTITIES):
        assert (scores[entity] == 1.0) == (entity in expected)


def by_definition(query: LogicalQuery, triples: set[tuple[int, int, int]], beam: int) -> np.ndarray:
    """Scores entity by entity, nothing passed over."""
    match query:
        case Anchor(entity):
            return np.eye(ENTITIES)[entity]
        case Projection(relation, of, inverse):
            near = by_definition(of, triples, beam)
            far = np.zeros(ENTITIES)
            for head in sorted(range(ENTITIES), key=lambda e: (-near[e], e)):
                stored_ends = [
                    e for e in range(ENTITIES) if ((e, relation, head) if inverse else (head, relation, e)) in triples
                ]
                if near[head] > 0 and beam > 0:
                    beam -= 1
                    row = Random().rows(np.array([head]), relation, inverse)[0].astype(float)
                    chances = np.exp(row) / np.exp(row).sum() * max(1, len(stored_ends))
                    far = np.maximum(far, near[head] * np.minimum(chances, PREDICTED))
                far[stored_ends] = np.maximum(far[stored_ends], near[head])
            return far
        case Conjunction(parts):
            return np.prod([by_definition(p, triples, beam) for p in parts], axis=0)
        case Disjunction(parts):
            return 1 - np.prod([1 - by_definition(p, triples, beam) for p in parts], axis=0)
        case Negation(of):
            inside = by_definition(of, triples, beam)
            return np.where(inside < 1, 1 - np.minimum(6 * inside, 1), 0)


STEPS = st.lists(st.tuples(st.integers(0, RELATIONS - 1), st.booleans()), min_size=1, max_size=4)


def chain(steps: list[tuple[int, bool]]) -> LogicalQuery:
    query: LogicalQuery = Anchor(0)
    for relation, inverse in steps:
        query = Projection(relation, query, inverse)
    return query


def passed_over(triples: list[tuple[int, int, int]], query: LogicalQuery) -> np.ndarray:
    """Scores where each entity is asked by itself whether more can change anything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(complex_queries, "FIRST", 1)
        return TreeOptimiser(stored(triples)[1], Random(), beam=3, negligible=0.0).scores(query)


@given(STEPS)
def test_what_is_passed_over_in_a_chain_of_predictions_changes_no_score(steps: list[tuple[int, bool]]) -> None:
    np.testing.assert_allclose(passed_over([], chain(steps)), by_definition(chain(steps), set(), 3), rtol=1e-4)


@given(TRIPLES, STEPS)
def test_what_is_passed_over_in_a_chain_raises_no_score_and_leaves_the_stored_answers(
    triples: list[tuple[int, int, int]], steps: list[tuple[int, bool]]
) -> None:
    scores, defined = passed_over(triples, chain(steps)), by_definition(chain(steps), set(triples), 3)
    assert (scores <= defined * (1 + 1e-4)).all()
    np.testing.assert_array_equal(scores == 1.0, defined == 1.0)


@given(TRIPLES, QUERIES, st.integers(ENTITIES, 3 * ENTITIES))
def test_scores_are_those_of_the_definition_however_many_are_held_at_once(
    triples: list[tuple[int, int, int]], query: LogicalQuery, cells: int
) -> None:
    _, edges = stored(triples)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(complex_queries, "CELLS", cells)
        scores = TreeOptimiser(edges, Random(), beam=ENTITIES, negligible=0.0).scores(query)
    np.testing.assert_allclose(scores, by_definition(query, set(triples), ENTITIES), rtol=1e-3, atol=1e-6)


def test_of_many_that_are_as_likely_those_of_the_lowest_numbers_are_followed() -> None:
    scores = np.array([0.2, 1.0, 0.0, 1.0, 1.0, 0.5], np.float32)
    assert complex_queries.likeliest(scores, 2).tolist() == [1, 3]
    assert complex_queries.likeliest(scores, 4).tolist() == [1, 3, 4, 5]
    assert complex_queries.likeliest(scores, 9).tolist() == [0, 1, 3, 4, 5]


def test_from_what_scores_next_to_nothing_no_edges_are_predicted() -> None:
    asked = []

    class Watched(Random):
        def rows(self, heads: np.ndarray, relation: int, inverse: bool = False) -> np.ndarray:
            asked.append(heads.tolist())
            return np.tile(np.array([-9, 0, -9, -9, -2, -9], np.float32), (len(heads), 1))

    query = Projection(1, Projection(0, Anchor(0)))
    TreeOptimiser(stored([(0, 0, 2)])[1], Watched(), negligible=0.01).scores(query)
    assert asked == [[0], [2, 1, 4]]  # 2 is stored; 1 and 4 are likely, the others have e⁻⁹


def test_a_triple_added_or_deleted_changes_the_next_answer() -> None:
    query = Projection(0, Projection(0, Anchor(0)))
    before = TreeOptimiser(stored([(0, 0, 1)])[1], Random()).scores(query)
    after = TreeOptimiser(stored([(0, 0, 1), (1, 0, 2)])[1], Random()).scores(query)
    assert before[2] < 1
    assert after[2] == 1


@pytest.mark.parametrize("pattern", PATTERNS)
def test_queries_of_every_pattern_are_drawn_with_an_answer_that_is_missing(pattern: str) -> None:
    rng = np.random.default_rng(0)
    full = np.unique(rng.integers(0, (60, 4, 60), size=(500, 3)), axis=0)
    known = full[rng.random(len(full)) < 0.8]
    asked = list(Sampler(known, full, 60, random.Random(1)).draw(pattern, 5))
    assert len(asked) == 5
    for one in asked:
        everything = answers(one.query, adjacency(full), 60)
        assert one.hard
        assert one.hard == everything - answers(one.query, adjacency(known), 60)
        assert len(everything) <= 100
    assert ("n" in pattern) == (pattern not in EPFO)
