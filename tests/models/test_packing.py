"""Weights in a file: what is packed comes back, and a file that is not one of ours is an error of ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.packing import FORMAT, load, pack, save, unpack

CARD: dict[str, object] = {"version": "7", "licence": "Apache-2.0"}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    path = tmp_path / "reader.safetensors"
    save(path, {"matrix": torch.randn(32, 48), "bias": torch.randn(32)}, CARD)
    return path


def test_weights_and_card_come_back(weights: Path) -> None:
    torch.manual_seed(1)
    matrix, bias = torch.randn(32, 48), torch.randn(32)
    state, card = load(weights)
    assert card == CARD
    assert torch.allclose(state["bias"], bias, atol=1e-2)
    # a row is kept in 255 steps
    assert ((state["matrix"] - matrix).abs() <= matrix.abs().amax(1, keepdim=True) / 127).all()


def test_what_is_to_be_kept_is_not_quantised() -> None:
    state = {"start.weight": torch.full((16, 16), 0.5), "body.weight": torch.full((16, 16), 0.5)}
    packed = pack(state, keep=("start",))
    assert packed["start.weight"].dtype == torch.float16
    assert packed["body.weight"].dtype == torch.int8
    assert set(unpack(packed)) == set(state)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"reader\.safetensors are missing"):
        load(tmp_path / "reader.safetensors")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"not weights at all",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: data[:8] + b"\0" * 40 + data[48:],
        lambda data: data + b"more",
    ],
    ids=["empty", "text", "half", "short", "length", "header", "long"],
)
def test_a_damaged_file_is_named(weights: Path, damage: object) -> None:
    assert callable(damage)
    weights.write_bytes(damage(weights.read_bytes()))
    with pytest.raises(ModelUnavailable, match=r"reader\.safetensors") as caught:
        load(weights)
    assert caught.value.hint is not None
    assert "reinstall" in caught.value.hint


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=tmp_path.name):
        load(tmp_path)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"format": "other"},
        {"format": FORMAT},
        {"format": FORMAT, "card": "{"},
        {"format": FORMAT, "card": json.dumps(["no card"])},
    ],
)
def test_a_file_of_another_kind(tmp_path: Path, metadata: dict[str, str]) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(2)}, path, metadata)
    with pytest.raises(ModelUnavailable, match=r"other\.safetensors"):
        load(path)


def test_a_scale_that_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    tensors = {"a": torch.zeros(4, 4, dtype=torch.int8), "a.scale": torch.zeros(3, 1)}
    save_file(tensors, path, {"format": FORMAT, "card": "{}"})
    with pytest.raises(ModelUnavailable, match=r"other\.safetensors cannot be read"):
        load(path)
