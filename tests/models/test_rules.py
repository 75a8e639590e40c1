"""Rules: what they score, for whom, and what they say for it."""

from __future__ import annotations

import numpy as np
import pytest

from neuraldb.models.rules import RuleSet
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
