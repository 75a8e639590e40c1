"""Rules: what they score, for whom, and what they say for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.models.rules import Reach, RuleSet, step_matrices
from neuraldb.training.rule_mining import PRIOR, Settings, mine
from tests.training.graphs import AUNT, PARENT, SISTER, families

STEPS = (2 * PARENT, 2 * SISTER)


@pytest.fixture(scope="module")
def mined() -> tuple[RuleSet, np.ndarray]:
    edges, missing, entities = families(40, without=5)
    return RuleSet(mine(edges, entities, Settings()), edges, entities), missing


def test_a_path_that_leads_to_the_other_end_is_a_rule_with_the_share_of_its_matches(mined) -> None:
    rules, _ = mined
    (found,) = [rule for rule in rules.rules.paths[AUNT] if rule.steps == STEPS]
    assert found.confidence == pytest.approx(35 / (40 + PRIOR))


def test_missing_edges_are_scored_highest_in_both_directions(mined) -> None:
    rules, missing = mined
    for child, relation, aunt in missing.tolist():
        assert rules.rows(np.array([child]), relation)[0].argmax() == aunt
        assert rules.rows(np.array([aunt]), relation, inverse=True)[0].argmax() == child


def test_what_speaks_for_an_edge_is_told_the_surest_first(mined) -> None:
    rules, missing = mined
    child, relation, aunt = missing[0].tolist()
    because = rules.because(child, relation, aunt)
    assert because[0].steps == STEPS
    assert [b.confidence for b in because] == sorted((b.confidence for b in because), reverse=True)
    assert rules.because(aunt, relation, child, inverse=True)[0].steps == (2 * SISTER + 1, 2 * PARENT + 1)


def test_entities_that_came_after_the_mining_are_served(mined) -> None:
    rules, _ = mined
    old = rules.entities
    new = np.array([(old, PARENT, old + 1), (old + 1, SISTER, old + 2)])
    edges, _, _ = families(40, without=5)
    grown = RuleSet(rules.rules, np.concatenate([edges, new]), old + 3)
    assert grown.rows(np.array([old]), AUNT)[0].argmax() == old + 2


def test_a_neighbour_speaks_for_one_end() -> None:
    # who works at 100 lives in 200, who works at 101 in 201
    edges = [(person, 0, 100 + person % 2) for person in range(30)]
    edges += [(person, 1, 200 + person % 2) for person in range(28)]
    triples = np.array(edges)
    rules = RuleSet(mine(triples, 202, Settings()), triples, 202)
    assert rules.rows(np.array([28]), 1)[0].argmax() == 200
    assert rules.rows(np.array([29]), 1)[0].argmax() == 201
    assert any(b.single and b.steps == (0,) and b.end == 100 for b in rules.because(28, 1, 200))


def test_rows_of_several_heads_are_those_of_each(mined) -> None:
    rules, _ = mined
    heads = np.array([0, 3, 7, 0])
    together = rules.rows(heads, AUNT)
    for row, head in zip(together, heads, strict=True):
        np.testing.assert_array_equal(row, rules.rows(np.array([head]), AUNT)[0])
    assert together.dtype == np.float32
    assert together.min() >= 0
    assert together.max() <= 1


def test_an_end_that_is_given_is_spoken_for_by_what_the_other_end_has() -> None:
    # who works at 100 lives in 200: asked who lives there, those at 100 come first, then who works at all
    edges = [(person, 0, 100 + person % 2) for person in range(30)]
    edges += [(person, 1, 200 + person % 2) for person in range(24)]
    triples = np.array(edges)
    rules = RuleSet(mine(triples, 202, Settings(longest=1)), triples, 202)
    scores = rules.rows(np.array([200]), 1, inverse=True)[0]
    at_100 = 12 / (15 + PRIOR)
    assert scores[[24, 26, 28]] == pytest.approx(at_100, abs=2e-3)
    assert scores[[25, 27, 29]] == pytest.approx(12 / (30 + PRIOR), abs=2e-3)
    assert scores[100] == 0
    because = rules.because(200, 1, 28, inverse=True)[0]
    assert (because.steps, because.end, because.far, because.single) == ((0,), 100, True, True)
    assert because.confidence == pytest.approx(at_100)


def test_an_edge_is_no_evidence_for_itself() -> None:
    # there, back by another and there again leads somewhere else only among the first four edges
    square = [(0, 0, 2), (0, 0, 3), (1, 0, 2), (1, 0, 3)]
    triples = np.array(square + [(10 + 2 * n, 0, 11 + 2 * n) for n in range(40)])
    (rule,) = mine(triples, 100, Settings()).paths[0]
    assert rule.steps == (0, 1, 0)
    assert rule.confidence == pytest.approx(4 / (4 + PRIOR))


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=20),
    st.lists(st.integers(0, 5), min_size=1, max_size=3),
)
def test_paths_lead_to_where_no_entity_is_twice(triples: list[tuple[int, int, int]], steps: list[int]) -> None:
    edges = step_matrices(np.array(triples), 6)
    follow = {(h, 2 * r, t) for h, r, t in triples if h != t} | {(t, 2 * r + 1, h) for h, r, t in triples if h != t}
    for start in range(6):
        found = [[start]]
        for step in steps:
            found = [[*path, end] for path in found for end in range(6) if (path[-1], step, end) in follow]
            found = [path for path in found if path[-1] != start]
        if len(steps) == 3 and steps[2] == steps[1] ^ 1:
            found = [path for path in found if path[1] != path[3]]
        reached = Reach(edges, np.array([start]))(tuple(steps))
        ways = np.zeros(6) if reached is None else reached.toarray()[0]
        assert ways.tolist() == np.bincount([path[-1] for path in found], minlength=6).tolist()
