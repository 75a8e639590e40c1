"""Low-rank adapters: they begin as nothing, can be folded away, and are all that is trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.bodies import tiny_body
from neuraldb.models.adapters import Adapted, adapt, merge, trained
from neuraldb.models.minilm import MiniLM

IDS = torch.tensor([[101, 2000, 2001, 2002, 102]])


@torch.inference_mode()
def hidden(body: MiniLM) -> Tensor:
    out: Tensor = body.eval()(IDS, torch.zeros_like(IDS), IDS != 0)
    return out


def test_new_adapters_change_nothing() -> None:
    body = tiny_body()
    before = hidden(body)
    adapt(body, rank=4)
    assert isinstance(body.layers[0].qkv, Adapted)
    assert torch.equal(hidden(body), before)


def test_merged_adapters_say_the_same() -> None:
    body = tiny_body()
    before = hidden(body)
    adapt(body, rank=4)
    for module in body.modules():
        if isinstance(module, Adapted):
            nn.init.normal_(module.up.weight, std=0.05)
    adapted = hidden(body)
    assert not torch.allclose(adapted, before, atol=1e-2)
    merge(body)
    assert not any(isinstance(module, Adapted) for module in body.modules())
    assert torch.allclose(hidden(body), adapted, atol=1e-4)


def test_only_adapters_are_trained() -> None:
    body = tiny_body()
    adapt(body, rank=4)
    names = {f"layers.0.{layer}.{part}.weight" for layer in ("qkv", "out", "up", "down") for part in ("down", "up")}
    assert set(trained(body)) == names
