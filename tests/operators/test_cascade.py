"""Cascades keep what they promise, whatever the proxy and the reader are; no models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from neuraldb.core.accuracy import Targets
from neuraldb.operators.cascade import FEW, Outcome, decide
from neuraldb.operators.cascade_bounds import chance_of_rows, most_unread

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass
class Judged:
    """Texts of which a reader keeps some, and how a proxy scores them.

    Attributes:
        asked: the places at which the reader was asked, in order.
    """

    scores: Floats
    kept: Bools
    rows: Floats

    def __post_init__(self) -> None:
        self.asked: list[int] = []

    def ask(self, places: Places) -> Bools:
        self.asked += places.tolist()
        return self.kept[places]

    def shares(self, outcome: Outcome) -> tuple[float, float]:
        """Recall and precision in rows; 1 of nothing."""
        right = float((self.rows * (outcome.kept & self.kept)).sum())
        wanted, given = float((self.rows * self.kept).sum()), float((self.rows * outcome.kept).sum())
        return right / wanted if wanted else 1.0, right / given if given else 1.0


def random_judged(rng: np.random.Generator, most: int) -> Judged:
    """From useless, even misleading proxies to perfect ones; from nothing kept to everything; repeated texts."""
    count = int(rng.integers(1, most))
    truth = rng.normal(size=count)
    scores = rng.choice([-1.0, 0.0, 0.5, 1.0, 3.0, 30.0]) * truth + rng.normal(size=count)
    if rng.random() < 0.3:
        scores = np.round(scores)  # many are equal
    share = rng.choice([0.0, 0.003, 0.03, 0.2, 0.5, 0.9, 1.0])
    kept = truth >= np.quantile(truth, 1 - share) if share else np.zeros(count, np.bool_)
    if rng.random() < 0.3:
        kept ^= rng.random(count) < 0.05  # a reader that is erratic
    rows = rng.geometric(0.3, count).astype(np.float64) if rng.random() < 0.4 else np.ones(count)
    return Judged(scores, kept, rows)


def random_targets(rng: np.random.Generator, failure: float) -> Targets:
    shares = [0.5, 0.8, 0.9, 0.95, 1.0]
    return Targets(float(rng.choice(shares)), float(rng.choice(shares)), failure, int(rng.integers(1000)))


def misses(trials: int, most: int, failure: float, seed: int) -> int:
    """How often one of the targets is missed."""
    rng = np.random.default_rng(seed)
    missed = 0
    for _ in range(trials):
        judged, targets = random_judged(rng, most), random_targets(rng, failure)
        outcome = decide(judged.scores, judged.rows, judged.ask, targets)
        assert len(set(judged.asked)) == len(judged.asked)
        assert set(judged.asked) == set(np.flatnonzero(outcome.read).tolist())
        recall, precision = judged.shares(outcome)
        missed += recall < targets.recall or precision < targets.precision
    return missed


def test_targets_are_met() -> None:
    assert misses(15, 600, failure=0.1, seed=1) <= 1


@pytest.mark.slow
def test_targets_are_met_in_many_trials() -> None:
    assert misses(500, 3000, failure=0.1, seed=2) <= 50


@pytest.mark.slow
@pytest.mark.parametrize("sharpness", [0.0, 0.5, 2.0, 20.0])
def test_targets_are_met_by_each_proxy(sharpness: float) -> None:
    # a high chance of failure, so that a bound that is wrong is seen
    rng, missed = np.random.default_rng(3), 0
    for seed in range(200):
        truth = rng.normal(size=1500)
        judged = Judged(sharpness * truth + rng.normal(size=1500), truth > 0.5, np.ones(1500))
        recall, precision = judged.shares(decide(judged.scores, judged.rows, judged.ask, Targets(0.9, 0.9, 0.3, seed)))
        missed += recall < 0.9 or precision < 0.9
    assert missed <= 60


def sharp(count: int, share: float = 0.3) -> Judged:
    rng = np.random.default_rng(4)
    truth = rng.normal(size=count)
    return Judged(10 * truth + rng.normal(size=count), truth > np.quantile(truth, 1 - share), np.ones(count))


def test_a_good_proxy_spares_most_readings() -> None:
    judged = sharp(4000)
    outcome = decide(judged.scores, judged.rows, judged.ask, Targets(0.9, 0.9))
    assert len(judged.asked) < 0.4 * 4000
    assert 0.9 <= outcome.least_recall <= outcome.recall <= 1
    assert 0.9 <= outcome.least_precision <= outcome.precision <= 1


def test_what_is_reported_holds() -> None:
    judged = sharp(4000, 0.1)
    outcome = decide(judged.scores, judged.rows, judged.ask, Targets(0.8, 0.8))
    recall, precision = judged.shares(outcome)
    assert outcome.least_recall <= recall
    assert outcome.least_precision <= precision
    assert abs(recall - outcome.recall) < 0.05
    assert abs(precision - outcome.precision) < 0.05


def test_the_same_seed_gives_the_same_rows() -> None:
    once, twice, other = (sharp(2000) for _ in range(3))
    first, second = (decide(j.scores, j.rows, j.ask, Targets(0.9, 0.9, seed=7)) for j in (once, twice))
    assert once.asked == twice.asked
    assert (first.kept == second.kept).all()
    decide(other.scores, other.rows, other.ask, Targets(0.9, 0.9, seed=8))
    assert other.asked != once.asked


@pytest.mark.parametrize("count", [0, 1, 5, FEW])
def test_few_texts_are_all_read(count: int) -> None:
    rng = np.random.default_rng(5)
    judged = Judged(rng.normal(size=count), rng.random(count) < 0.5, np.ones(count))
    outcome = decide(judged.scores, judged.rows, judged.ask, Targets(0.5, 0.5))
    assert judged.asked == list(range(count))
    assert (outcome.kept == judged.kept).all()
    assert outcome.least_recall == outcome.least_precision == 1


@pytest.mark.parametrize("kept", [False, True])
def test_nothing_or_everything_is_kept(kept: bool) -> None:
    judged = Judged(np.arange(1500.0), np.full(1500, kept), np.ones(1500))
    outcome = decide(judged.scores, judged.rows, judged.ask, Targets(0.9, 0.9))
    recall, precision = judged.shares(outcome)
    assert recall >= 0.9
    assert precision >= 0.9
    # of nothing no share can be missed: only who has read all knows that there is nothing
    assert (len(judged.asked) == 1500) is (not kept)


def test_a_useless_proxy_has_all_read() -> None:
    rng = np.random.default_rng(6)
    judged = Judged(np.zeros(1500), rng.random(1500) < 0.3, np.ones(1500))
    outcome = decide(judged.scores, judged.rows, judged.ask, Targets(0.95, 0.95))
    assert outcome.read.all()
    assert (outcome.kept == judged.kept).all()


def test_one_target_alone() -> None:
    judged = sharp(3000)
    outcome = decide(judged.scores, judged.rows, judged.ask, Targets(0.9, 1.0))
    assert judged.shares(outcome)[1] == 1.0
    assert len(judged.asked) < 3000


def test_better_scores_are_taken() -> None:
    judged = sharp(3000)
    better = judged.scores
    judged.scores = np.random.default_rng(8).normal(size=3000)
    seen: list[Places] = []

    def improve(places: Places, kept: Bools) -> Floats:
        assert (kept == judged.kept[places]).all()
        seen.append(places)
        return better

    outcome = decide(judged.scores, judged.rows, judged.ask, Targets(0.9, 0.9), improve)
    assert len(seen) == 1
    assert not outcome.read.all()
    assert min(judged.shares(outcome)) >= 0.9


def test_the_bound_holds_for_all_thresholds_at_once() -> None:
    rng, failed = np.random.default_rng(9), 0
    for _ in range(200):
        rows = rng.integers(1, 4, 120).astype(np.float64)
        chances = chance_of_rows(0.2, rows)
        read = rng.random(120) < chances
        failed += any(
            rows[:end][~read[:end]].sum() > most_unread(0.2, chances[:end][read[:end]], 0.2, 3.0)
            for end in range(1, 121, 7)
        )
    assert 0 < failed <= 40


def test_the_bound_is_no_looser_than_twice_the_exact_one_where_nothing_is_met() -> None:
    for rate in (0.05, 0.2, 0.5):
        exact = np.log(0.05) / np.log(1 - rate)
        assert exact <= most_unread(0.05, np.array([]), rate) + 1 <= 2 * exact + 1
