"""Weights of another network, or with a card that lacks something, are errors that say so."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.packing import entries, entry, fit


class Small(nn.Module):
    """A body from elsewhere and a head."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.body = nn.Linear(width, width)
        self.head = nn.Linear(width, 1)


def test_what_comes_from_elsewhere_may_be_absent_and_stays() -> None:
    network, other = Small(), Small()
    before = network.body.weight.clone()
    fit(network, {n: p for n, p in other.state_dict().items() if n.startswith("head")}, elsewhere=("body.",))
    assert torch.equal(network.head.weight, other.head.weight)
    assert torch.equal(network.body.weight, before)


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ({}, "head.weight is absent"),
        ({**Small().state_dict(), "tail.weight": torch.zeros(1)}, "no place for tail.weight"),
        (Small(8).state_dict(), "size mismatch"),
    ],
)
def test_weights_of_another_network(state: dict[str, torch.Tensor], what: str) -> None:
    with pytest.raises(ModelUnavailable, match="do not fit") as refused:
        fit(Small(), state, elsewhere=("body.",))
    assert what in refused.value.message
    assert "\n" not in refused.value.message


def test_a_card_without_an_entry() -> None:
    assert entry({"version": 7}, "version") == "7"
    assert entries({"classes": ["ship"]}, "classes") == ["ship"]
    with pytest.raises(ModelUnavailable, match="no version"):
        entry({}, "version")
    with pytest.raises(ModelUnavailable, match="no list of classes"):
        entries({"classes": "ship"}, "classes")
