"""Rankers of plans: what is kept of them in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from doubles.encoder import HashedWords

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.plan_ranker import LearnedRanker, SimilarityRanker

PLANS = ["it born in which", "it employer which"]


def turned(width: int = 64) -> LearnedRanker:
    choose = np.random.default_rng(1)
    question, plan = (np.eye(width) + choose.normal(0, 0.2, (width, width)) for _ in range(2))
    return LearnedRanker(HashedWords(width), question.astype(np.float32), plan.astype(np.float32))


def test_a_saved_ranker_ranks_as_before(tmp_path: Path) -> None:
    ranker = turned()
    ranker.save(tmp_path / "ranker.safetensors", {"encoder": HashedWords(64).name})
    again = LearnedRanker.load(HashedWords(64), tmp_path / "ranker.safetensors")
    scores = ranker.score("it was born where", PLANS)
    assert np.allclose(again.score("it was born where", PLANS), scores, atol=0.02)
    assert not np.allclose(SimilarityRanker(HashedWords(64)).score("it was born where", PLANS), scores, atol=0.02)


def test_a_ranker_of_another_encoder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ranker.safetensors"
    turned().save(file, {"encoder": "another"})
    with pytest.raises(ModelUnavailable, match="by the vectors of another"):
        LearnedRanker.load(HashedWords(64), file)
    turned().save(file, {"encoder": HashedWords(32).name})
    with pytest.raises(ModelUnavailable, match="does not hold two matrices of 32 by 32"):
        LearnedRanker.load(HashedWords(32), file)


def test_without_plans_there_are_no_scores() -> None:
    assert turned().score("Who?", []).shape == (0,)
