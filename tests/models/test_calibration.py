"""The chance that an answer is right: the formula, what cannot be read, and the map that ships."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.calibration import INPUTS, KINDS, WEIGHTS, Answered, Calibrator

ONE = Answered("set", 0.9, read=7, found=3, rows=2, evidence=1, open=True)


def calibrator(**weights: float) -> Calibrator:
    """The same weights for all kinds, 0 where none is given."""
    return Calibrator("some", {kind: tuple(weights.get(name, 0.0) for name in INPUTS) for kind in KINDS})


def test_inputs_stand_in_their_order() -> None:
    assert ONE.inputs == pytest.approx((1, math.log(9), math.log(8), math.log(4), math.log(3), math.log(2), 1, 0))
    assert len(ONE.inputs) == len(INPUTS)


@pytest.mark.parametrize("name", INPUTS)
def test_each_input_has_its_weight(name: str) -> None:
    answered = replace(ONE, joined=True)
    score = answered.inputs[INPUTS.index(name)] * 0.3
    assert calibrator(**{name: 0.3}).chance(answered) == pytest.approx(1 / (1 + math.exp(-score)))


def test_kinds_have_weights_of_their_own() -> None:
    made = Calibrator("some", {**calibrator(confidence=1).weights, "count": calibrator(bias=-2).weights["set"]})
    assert made.chance(ONE) == pytest.approx(0.9)
    assert made.chance(replace(ONE, kind="count")) == pytest.approx(1 / (1 + math.exp(2)))


@pytest.mark.parametrize("sure", [0.0, 1.0])
@pytest.mark.parametrize("weight", [1.0, 1e6])
def test_no_confidence_is_beyond_all_doubt(sure: float, weight: float) -> None:
    chance = calibrator(confidence=weight).chance(replace(ONE, confidence=sure))
    assert 0 < chance < 1
    assert (chance > 0.5) == (sure > 0.5)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"reader": "some"}', '{"reader": "some", "weights": {"set": {"bias": 1}}}']
)
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelUnavailable, match=r"cannot read the calibration .*calibration\.json"):
        Calibrator.load(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot read the calibration"):
        Calibrator.load(tmp_path / "none.json")


# --------------------------------------------------------------------------------------------------- the one that ships


def test_it_is_one_for_the_reader_that_ships() -> None:
    with (WEIGHTS.parent / "reader.safetensors").open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        card = json.loads(json.loads(file.read(length))["__metadata__"]["card"])
    assert Calibrator.load().reader == f"minilm-reader-{card['version']}"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_surer_is_likelier(kind: str) -> None:
    chances = [Calibrator.load().chance(replace(ONE, kind=kind, confidence=sure / 20)) for sure in range(21)]
    assert chances == sorted(chances)
    assert chances[0] < chances[-1]


@pytest.mark.parametrize("kind", ["set", "extreme", "filter"])
def test_among_more_facts_an_answer_is_less_likely(kind: str) -> None:
    few, many = (replace(ONE, kind=kind, read=read) for read in (25, 250))
    assert Calibrator.load().chance(few) > Calibrator.load().chance(many)
