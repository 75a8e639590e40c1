"""Ranks of links, and the ways in which they have been got wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuraldb.evaluation.link_ranking import filtered_rank, rank
from neuraldb.shell.cli import main
from neuraldb.training.triples import KnowledgeGraph
from tests.training.graphs import families, written


class Table:
    """Scores as given: (entities, entities) of tails for each head, the same for every relation."""

    name = "table"

    def __init__(self, tails: np.ndarray, heads: np.ndarray) -> None:
        self.tails, self.heads = tails, heads

    def rows(self, heads: np.ndarray, relation: int, inverse: bool = False) -> np.ndarray:
        return (self.heads if inverse else self.tails)[heads]


def graph(**splits: list[tuple[int, int, int]]) -> KnowledgeGraph:
    triples = {name: np.array(rows).reshape(-1, 3) for name, rows in splits.items()}
    return KnowledgeGraph(tuple(map(str, range(10))), ("r",), triples)


def test_scoring_everything_alike_gains_nothing() -> None:
    flat = np.zeros((10, 10), np.float32)
    known = graph(train=[], valid=[(0, 0, 1), (2, 0, 3)])
    found = rank(Table(flat, flat), known, known.splits["valid"])
    assert found.ranks.tolist() == [5.5] * 4
    assert found.mrr == pytest.approx(2 / 11)


def test_true_triples_of_every_split_are_filtered_out() -> None:
    scores = np.tile(np.arange(10, 0, -1, dtype=np.float32), (10, 1))
    wanted = np.array([(0, 0, 3)])
    ranks = {}
    for names in (("valid",), ("train", "valid"), ("train", "valid", "test")):
        splits = {"train": [(0, 0, 0)], "valid": [(0, 0, 1), (0, 0, 3)], "test": [(0, 0, 2)]}
        ranks[names] = rank(Table(scores, scores), graph(**{n: splits[n] for n in names}), wanted).tails[0]
    assert list(ranks.values()) == [3, 2, 1]


def test_both_directions_count() -> None:
    good, bad = np.zeros((10, 10), np.float32), np.zeros((10, 10), np.float32)
    good[0, 1], bad[1, :] = 1, np.arange(10)
    known = graph(train=[], valid=[(0, 0, 1)])
    found = rank(Table(good, bad), known, known.splits["valid"])
    assert (found.tails[0], found.heads[0]) == (1, 10)
    assert found.mrr == pytest.approx((1 + 1 / 10) / 2)


def test_a_tie_is_the_mean_of_best_and_worst_rank() -> None:
    scores = np.array([3, 2, 2, 2, 1], np.float32)
    assert filtered_rank(scores, 1, np.array([1])) == 3
    assert filtered_rank(scores, 1, np.array([1, 2])) == 2.5
    assert filtered_rank(scores, 1, np.array([0, 2, 3])) == 1


def test_the_commands_train_and_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edges, missing, _ = families(30, without=8)
    data = str(written(tmp_path, {"train": edges, "valid": missing}))
    model = str(tmp_path / "model")
    arguments = ["train", "links", "--data", data, "--out", model, "--checkpoints", str(tmp_path)]
    assert main([*arguments, "--rank", "16", "--epochs", "30", "--n3", "0.01"]) == 0
    assert "minutes, rules" in capsys.readouterr().out
    assert main(["bench", "links", data, "--model", model]) == 0
    lines = dict(line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert float(lines["edges"]) == 8
    assert float(lines["MRR"]) > 90
    assert main(["bench", "clqa", data, "--model", model, "--number", "5", "--patterns", "1p", "2p"]) == 0
    table = capsys.readouterr().out
    assert [line.split()[0] for line in table.splitlines()] == ["pattern", "1p", "2p", "EPFO"]
