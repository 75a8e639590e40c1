"""Batches without padding: every token once, and attention that sees its own sequence and nothing else."""

from __future__ import annotations

import hypothesis.strategies as st
import torch
from hypothesis import example, given, settings
from torch import Tensor

from neuraldb.models.ragged import SMALLEST, WASTE, Ragged, blocks

HEADS, WIDTH = 2, 8


def masked(lengths: list[int], width: int) -> Tensor:
    return torch.arange(width) < torch.tensor(lengths)[:, None]


@given(st.lists(st.integers(1, 70), min_size=1, max_size=40), st.integers(0, 3))
@example([1], 0)
@example([3] * 100, 0)
@settings(max_examples=60, deadline=None)
def test_what_is_packed_comes_back_and_nothing_stands_elsewhere(lengths: list[int], wider: int) -> None:
    mask = masked(lengths, max(lengths) + wider)
    x = torch.arange(mask.numel() * 2, dtype=torch.float32).view(*mask.shape, 2) + 1.0
    batch = Ragged(mask)
    packed = batch.pack(x)
    assert packed.shape == (sum(lengths), 2)
    assert torch.equal(batch.unpack(packed), x * mask[..., None])


@given(st.lists(st.integers(1, 70), min_size=1, max_size=60))
@example([2] * 200 + [3] * 200 + [60] * 20)
@settings(max_examples=60, deadline=None)
def test_attention_is_that_of_each_sequence_alone(lengths: list[int]) -> None:
    mask = masked(lengths, max(lengths))
    with torch.random.fork_rng():
        torch.manual_seed(len(lengths))
        qkv = torch.randn(*mask.shape, 3 * WIDTH)
    batch = Ragged(mask)
    mixed = batch.unpack(batch.attend(batch.pack(qkv), HEADS))
    for row, length in enumerate(lengths):
        query, key, value = qkv[row, :length].view(length, 3, HEADS, WIDTH // HEADS).permute(1, 2, 0, 3)
        scores = query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5
        alone = (scores.softmax(-1) @ value).transpose(0, 1).reshape(length, WIDTH)
        assert torch.allclose(mixed[row, :length], alone, atol=1e-5)


@given(st.lists(st.integers(1, 70), max_size=200).map(sorted))
@settings(max_examples=100, deadline=None)
def test_large_blocks_waste_little(lengths: list[int]) -> None:
    made = blocks(lengths)
    assert sum(block.count for block in made) == len(lengths)
    assert [block.begin for block in made] == [0, *(block.end for block in made[:-1])][: len(made)]
    assert sum(block.end - block.begin for block in made) == sum(lengths)
    for block in made:
        tokens = block.end - block.begin
        assert block.count * block.length <= max(WASTE * tokens, block.length * (SMALLEST + 70))
        assert (block.places is None) == (block.count * block.length == tokens)
