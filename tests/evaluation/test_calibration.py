"""The expected calibration error: by hand, at its ends, and whatever the answers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuraldb.evaluation.calibration import Bin, Judged, expected_calibration_error, reliability, report_of

answers = st.lists(st.builds(Judged, st.sampled_from(("set", "bool")), st.floats(0, 1), st.booleans()), max_size=60)


def judged(*pairs: tuple[float, bool], kind: str = "set") -> list[Judged]:
    return [Judged(kind, confidence, right) for confidence, right in pairs]


def test_by_hand() -> None:
    made = judged((0.95, True), (0.91, True), (0.99, False), (0.65, True), (0.62, False), (0.08, False))
    # 0.9 to 1.0: three with the mean 0.95, two right; 0.6 to 0.7: two with the mean 0.635, one right; 0.0 to 0.1: one
    expected = (3 * abs(0.95 - 2 / 3) + 2 * abs(0.635 - 0.5) + 1 * abs(0.08 - 0)) / 6
    assert expected_calibration_error(made) == pytest.approx(expected)
    first, middle, last = reliability(made)
    assert first == Bin(0.0, 0.1, 1, 0.08, 0.0)
    assert (middle.low, middle.high, middle.answers, middle.right) == (0.6, 0.7, 2, 0.5)
    assert (last.answers, last.confidence, last.right) == (3, pytest.approx(0.95), pytest.approx(2 / 3))


@pytest.mark.parametrize(
    ("confidence", "low"),
    [(0.0, 0.0), (0.1, 0.0), (0.100001, 0.1), (0.3, 0.2), (0.7, 0.6), (0.9, 0.8), (0.900001, 0.9), (1.0, 0.9)],
)
def test_the_upper_end_belongs_to_a_bin(confidence: float, low: float) -> None:
    (held,) = reliability(judged((confidence, True)))
    assert held.low == pytest.approx(low)


def test_perfect_calibration_has_no_error() -> None:
    made = judged(
        *((0.75, number < 3) for number in range(4)), *((0.2, number < 1) for number in range(5)), (1.0, True)
    )
    assert expected_calibration_error(made) == pytest.approx(0.0)


def test_the_worst() -> None:
    assert expected_calibration_error(judged((1.0, False), (0.0, True))) == 1.0


def test_no_answers() -> None:
    assert expected_calibration_error([]) == 0.0
    assert reliability([]) == []
    assert "overall" in report_of([])


def test_one_bin_is_the_difference_of_the_means() -> None:
    made = judged((0.9, False), (0.1, True), (0.6, True))
    assert expected_calibration_error(made, bins=1) == pytest.approx(abs(1.6 / 3 - 2 / 3))


@given(answers, st.randoms(use_true_random=False))
def test_it_is_a_share_and_knows_no_order(made: list[Judged], rng: random.Random) -> None:
    error = expected_calibration_error(made)
    assert 0 <= error <= 1
    shuffled = list(made)
    rng.shuffle(shuffled)
    assert expected_calibration_error(shuffled) == error


@given(answers)
def test_the_bins_hold_all_answers(made: list[Judged]) -> None:
    bins = reliability(made)
    assert sum(held.answers for held in bins) == len(made)
    assert sum(held.answers * held.right for held in bins) == pytest.approx(sum(each.right for each in made))
    for held in bins:
        # a mean of equal numbers may be rounded past them
        assert held.low <= held.confidence + 1e-12
        assert held.confidence <= held.high + 1e-12


@given(answers.filter(bool))
def test_more_bins_never_hide_the_difference_of_the_means(made: list[Judged]) -> None:
    whole = expected_calibration_error(made, bins=1)
    assert expected_calibration_error(made) >= whole - 1e-9


def test_the_report() -> None:
    made = [*judged((0.95, True), (0.95, False)), *judged((0.25, False), kind="bool")]
    assert report_of(made).splitlines() == [
        "calibration            answers  mean confidence   right  ECE (%)",
        "bool                         1            0.250   0.000    25.00",
        "set                          2            0.950   0.500    45.00",
        "overall                      3            0.717   0.333    38.33",
        "confidence             answers  mean confidence   right",
        "0.2 to 0.3                   1            0.250   0.000",
        "0.9 to 1.0                   2            0.950   0.500",
    ]
