"""Batches within a budget, padding, and layers whose weights are int8."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import nn

from models.bodies import tiny_body
from neuraldb.models.runtime import BFloat16Linear, Int8Linear, groups, has_int8, padded, to_bfloat16, to_int8

int8 = pytest.mark.skipif(not has_int8(), reason="this build of torch has no quantised layers")


@given(st.lists(st.integers(1, 90), max_size=60), st.integers(1, 200))
@settings(max_examples=100, deadline=None)
def test_every_index_comes_once_within_the_budget(lengths: list[int], tokens: int) -> None:
    made = list(groups(lengths, tokens))
    assert sorted(i for group in made for i in group) == list(range(len(lengths)))
    for group in made:
        longest = max(lengths[i] for i in group)
        # what is too long for the budget alone goes alone
        assert len(group) == 1 or longest * len(group) <= tokens
    in_order = [lengths[i] for group in made for i in group]
    assert in_order == sorted(lengths)


def test_groups_are_as_large_as_the_budget_allows() -> None:
    assert list(groups([5, 5, 5, 5, 5], 15)) == [[0, 1, 2], [3, 4]]
    assert list(groups([10, 2, 2], 20)) == [[1, 2], [0]]


def test_padding() -> None:
    made = padded([[1, 2, 3], [4], []], fill=9)
    assert made.dtype == torch.int64
    assert made.tolist() == [[1, 2, 3], [4, 9, 9], [9, 9, 9]]


@int8
@pytest.mark.parametrize("bias", [True, False])
def test_an_int8_layer_is_near_the_one_it_is_made_of(bias: bool) -> None:
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(0)
        linear = nn.Linear(256, 128, bias=bias)
        x = torch.randn(3, 7, 256)
        quantised = Int8Linear(linear)(x)
        exact = linear(x)
    assert quantised.shape == exact.shape
    assert float((quantised - exact).abs().max()) < 0.1 * float(exact.std())
    assert float((quantised - exact).abs().max()) > 0.0


@int8
def test_only_the_large_layers_become_int8() -> None:
    network = nn.Sequential(nn.Linear(256, 256), nn.Linear(256, 3), nn.Sequential(tiny_body()))
    to_int8(network)
    kinds = {name: type(module) for name, module in network.named_modules()}
    assert kinds["0"] is Int8Linear
    assert kinds["1"] is nn.Linear
    assert kinds["2.0.layers.0.qkv"] is Int8Linear
    assert kinds["2.0.words"] is nn.Embedding


def test_a_body_in_bfloat16_is_near_the_one_it_is_made_of() -> None:
    body = tiny_body(layers=2).eval()
    ids = torch.tensor([[101, 2000, 2001, 102], [101, 2002, 102, 0]])
    with torch.inference_mode():
        exact = body(ids, torch.zeros_like(ids), ids != 0)
        to_bfloat16(body)
        near = body(ids, torch.zeros_like(ids), ids != 0)
    assert isinstance(body.layers[0].qkv, BFloat16Linear)
    assert near.dtype == torch.float32
    assert 0.0 < float((near - exact).abs().max()) < 0.05 * float(exact.std())
