"""Prediction by analogy: what is said of things that are alike."""

from __future__ import annotations

import numpy as np

from neuraldb.models.analogy import Analogy

VECTORS = np.array([[1, 0], [0.96, 0.28], [0, 1], [0, 0], [0, 0], [0, 0]], np.float32)
EDGES = {0: (np.array([1, 2]), np.array([3, 4]))}


def test_who_is_alike_speaks_loudest() -> None:
    (scores,) = Analogy(VECTORS, EDGES).rows(np.array([0]), 0)
    assert scores.argmax() == 3
    assert scores[3] > scores[4] > scores[5]


def test_edges_are_read_from_either_end() -> None:
    (scores,) = Analogy(VECTORS, {0: (np.array([3, 4]), np.array([1, 2]))}).rows(np.array([0]), 0, inverse=True)
    assert scores.argmax() == 3


def test_of_what_nothing_is_known_nothing_is_foretold() -> None:
    rows = Analogy(VECTORS, EDGES).rows(np.array([3, 0]), 0)
    assert len(set(rows[0].tolist())) == 1
    assert len(set(Analogy(VECTORS, EDGES).rows(np.array([0]), 7)[0].tolist())) == 1


def test_one_neighbour_makes_nothing_sure() -> None:
    alone = {0: (np.array([1]), np.array([3]))}
    chances = Analogy(VECTORS, alone).chances(0, 0)
    assert 0.2 < chances[3] < 0.5
    assert chances.sum() == chances[3]
    many = np.tile(VECTORS[:1], (50, 1))
    sure = Analogy(many, {0: (np.arange(1, 40), np.full(39, 45))}).chances(0, 0)
    assert 0.9 < sure[45] < 1
