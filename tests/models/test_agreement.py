"""How likely an answer is, given what all facts say."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.agreement import FEATURES, WEIGHTS, Agreement, Candidate, features, logit
from neuraldb.models.reader import MiniLMReader

CONFIDENCES = st.floats(0.0, 1.0)
CANDIDATES = st.lists(
    st.builds(
        lambda answer, value, fact, confidence, more: Candidate((answer, value), answer, fact, confidence, 1 + more),
        st.sampled_from("abc"), st.sampled_from("12"), st.integers(1, 5), CONFIDENCES, st.integers(0, 4),
    ),
    max_size=8,
)  # fmt: skip


def column(rows: np.ndarray, name: str) -> list[float]:
    return rows[:, FEATURES.index(name)].tolist()


def test_the_features_of_two_answers() -> None:
    found = [
        Candidate("oslo", "oslo", 1, 0.9, 4),
        Candidate("oslo", "oslo", 2, 0.8, 4),
        Candidate("rome", "rome", 3, 0.6, 1),
    ]
    answers, rows = features(found, named=True)
    assert answers == ["oslo", "rome"]
    assert column(rows, "surest") == pytest.approx([math.log(9), math.log(1.5)])
    assert column(rows, "mean") == pytest.approx([(math.log(9) + math.log(4)) / 2, math.log(1.5)])
    assert column(rows, "facts") == pytest.approx([math.log(2), 0.0])
    assert column(rows, "share of mentions") == [0.5, 1.0]
    assert column(rows, "surer answer") == pytest.approx([0.0, math.log(6)])
    assert column(rows, "surer where named") == pytest.approx([0.0, math.log(6)])
    assert column(rows, "better supported") == pytest.approx([0.0, math.log(2)])
    assert column(rows, "named") == [1.0, 1.0]
    assert column(rows, "surer value of the key") == [0.0, 0.0]


def test_values_of_one_key_contend() -> None:
    found = [
        Candidate(("bridge", "300 m"), "bridge", 1, 0.9),
        Candidate(("bridge", "300 m"), "bridge", 2, 0.9),
        Candidate(("bridge", "40 m"), "bridge", 3, 0.5),
        Candidate(("tower", "40 m"), "tower", 4, 0.5),
    ]
    answers, rows = features(found, named=False)
    place = {answer: i for i, answer in enumerate(answers)}
    surer = column(rows, "surer value of the key")
    supported = column(rows, "supported value of the key")
    assert surer[place["bridge", "40 m"]] == pytest.approx(math.log(9))
    assert supported[place["bridge", "40 m"]] == pytest.approx(math.log(2))
    assert surer[place["tower", "40 m"]] == supported[place["tower", "40 m"]] == 0.0
    assert column(rows, "surer where named") == [0.0] * 3


def test_what_a_thing_is_said_to_be_counts_if_it_is_said() -> None:
    found = [Candidate("x", "x", 1, 0.9, 1, 0.9), Candidate("y", "y", 1, 0.9, 1, 0.2), Candidate("z", "z", 1, 0.9)]
    _, rows = features(found, named=False)
    assert column(rows, "kin") == pytest.approx([0.4, -0.3, 0.0])
    assert column(rows, "said to be") == [1.0, 1.0, 0.0]


@given(CANDIDATES, st.booleans())
def test_every_answer_has_finite_features_whatever_the_order(found: list[Candidate], named: bool) -> None:
    answers, rows = features(found, named)
    assert set(answers) == {c.answer for c in found}
    assert np.isfinite(rows).all()
    again, others = features(found[::-1], named)
    order = [again.index(answer) for answer in answers]
    assert np.allclose(rows, others[order] if len(found) else others)


@given(CONFIDENCES)
def test_the_logit_is_bounded(confidence: float) -> None:
    assert abs(logit(confidence)) <= math.log(0.9995 / 0.0005) + 1e-9
    assert logit(1 - confidence) == pytest.approx(-logit(confidence), abs=1e-6)


def written(path: Path, **changed: object) -> Path:
    made = {"reader": "r", "features": list(FEATURES), "weights": {"answer": [0.0, 1.0] + [0.0] * (len(FEATURES) - 2)}}
    path.write_text(json.dumps({**made, **changed}))
    return path


def test_a_model_gives_probabilities(tmp_path: Path) -> None:
    model = Agreement.load(written(tmp_path / "a.json"))
    assert model.reader == "r"
    likely = model.likely("answer", [Candidate("x", "x", 1, 0.9), Candidate("y", "y", 2, 0.2)], named=False)
    assert likely == pytest.approx({"x": 0.9, "y": 0.2})
    assert model.likely("answer", [], named=False) == {}


@pytest.mark.parametrize("changed", [{"features": ["one"]}, {"weights": 3}, {"weights": {"answer": ["much"]}}], ids=str)
def test_a_file_that_is_none_is_an_error_of_ours(tmp_path: Path, changed: dict[str, object]) -> None:
    with pytest.raises(ModelUnavailable, match=r"b\.json cannot be read"):
        Agreement.load(written(tmp_path / "b.json", **changed))
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        Agreement.load(tmp_path / "none.json")


def test_the_shipped_model_is_of_the_shipped_reader() -> None:
    model = Agreement.load(WEIGHTS)
    assert model.reader == MiniLMReader.load().name
    sure, doubtful = (
        model.likely(mode, [Candidate("x", "x", 1, c)], named=True)["x"]
        for mode, c in (("answer", 0.99), ("answer", 0.3))
    )
    assert sure > 0.5 > doubtful
