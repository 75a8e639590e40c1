"""Sequences of unlike lengths without padding: all their tokens in one matrix, padded for attention alone.

Linear layers, norms and activations look at one token at a time, so padding is work for nothing there; between facts of
8 and 60 tokens it is half of all. Attention goes block by block over sequences of like length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST = 256
"""Tokens of a block, but for the last: below, the calls cost more than what they compute."""
WASTE = 1.1
"""Where a block is as large, how many times as many tokens it may have with padding as without."""


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring sequences of like length: tokens ``begin`` to ``end``, as (count, length) with padding.

    ``places`` are where the tokens stand among the padded ones, ``bias`` (count, 1, 1, length) keeps attention off the
    padding; None where all sequences are equally long.
    """

    begin: int
    end: int
    count: int
    length: int
    places: Tensor | None
    bias: Tensor | None


class Ragged:
    """How a padded batch becomes one matrix of tokens, and attention over it.

    Args:
        mask: (B, T) bool, true where a token stands; a row's tokens come first.
    """

    def __init__(self, mask: Tensor) -> None:
        lengths = mask.sum(1)
        order = torch.argsort(lengths, stable=True)
        self._shape = mask.shape
        rows, columns = mask[order].nonzero(as_tuple=True)
        self._tokens = order[rows] * mask.shape[1] + columns
        self._blocks = blocks(lengths[order].tolist(), mask.device)

    def pack(self, x: Tensor) -> Tensor:
        """(B, T, D) to (N, D), the tokens of the shortest sequences first."""
        return x.reshape(-1, x.shape[-1])[self._tokens]

    def unpack(self, x: Tensor) -> Tensor:
        """(N, D) to (B, T, D), zero where no token stands."""
        out = x.new_zeros(self._shape[0] * self._shape[1], x.shape[-1])
        out[self._tokens] = x
        return out.view(*self._shape, -1)

    def attend(self, qkv: Tensor, heads: int) -> Tensor:
        """Self-attention: queries, keys and values (N, 3 D) to (N, D)."""
        width = qkv.shape[1] // 3
        out = qkv.new_empty(qkv.shape[0], width)
        for block in self._blocks:
            own = qkv[block.begin : block.end]
            if block.places is not None:
                full = own.new_zeros(block.count * block.length, 3 * width)
                full[block.places] = own
                own = full
            query, key, value = own.view(block.count, block.length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            bias = None if block.bias is None else block.bias.to(own.dtype)
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
            mixed = mixed.transpose(1, 2).reshape(-1, width)
            out[block.begin : block.end] = mixed if block.places is None else mixed[block.places]
        return out


def blocks(lengths: Sequence[int], device: torch.device | None = None) -> list[Block]:
    """Blocks of sequences whose lengths ascend."""
    out: list[Block] = []
    begin = first = 0
    end = 0
    for row, length in enumerate(lengths):
        tokens = end - begin
        if tokens >= SMALLEST and (row + 1 - first) * length > WASTE * (tokens + length):
            out.append(_block(lengths[first:row], begin, device))
            begin, first = end, row
        end += length
    if first < len(lengths):
        out.append(_block(lengths[first:], begin, device))
    return out


def _block(lengths: Sequence[int], begin: int, device: torch.device | None) -> Block:
    count, longest, tokens = len(lengths), lengths[-1], sum(lengths)
    if count * longest == tokens:
        return Block(begin, begin + tokens, count, longest, None, None)
    stands = torch.arange(longest, device=device) < torch.tensor(lengths, device=device)[:, None]
    bias = torch.zeros(stands.shape, device=device).masked_fill_(~stands, float("-inf"))
    return Block(begin, begin + tokens, count, longest, stands.view(-1).nonzero().squeeze(1), bias[:, None, None, :])
