"""Running networks on a CPU: batches of like length within a token budget, layers in int8 or bfloat16."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# nothing here may ever reach out; set before any library that would look
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")

M = TypeVar("M", bound=nn.Module)

STEPS = 63
"""Quantisation steps on either side of zero: seven bits, since the products of eight overflow on some processors."""
TOKENS = 4096
"""Tokens of one batch, padding included: large enough for the matrix products, small enough for the cache."""


def groups(lengths: Sequence[int], tokens: int = TOKENS) -> Iterator[list[int]]:
    """Indexes of like length, each group within the budget once padded; every index comes exactly once."""
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and (len(group) + 1) * lengths[index] > tokens:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def padded(rows: Sequence[Sequence[int]], fill: int = 0) -> Tensor:
    """Rows of ids as one (n, longest) int64 tensor."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *([fill] * (width - len(row)))] for row in rows])


class Int8Linear(nn.Module):
    """A linear layer whose weights are int8, and whose input is quantised row by row as it comes.

    Each row is scaled to [-1, 1] first, so that the scale of the quantiser is fixed and a row's result does not depend
    on the rest of the batch, as it does in torch's own dynamic quantisation, whose error is more than twice as large.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scale = (weight.abs().amax(1) / 127).clamp(min=1e-8).to(torch.float64)
        zero = torch.zeros(weight.shape[0], dtype=torch.int64)
        with warnings.catch_warnings():
            # torch announces that these types will go; constraints.txt holds it at a version that has them
            warnings.filterwarnings("ignore", message=".*quantize_per_channel", category=UserWarning)
            quantised = torch.quantize_per_channel(weight, scale, zero, 0, torch.qint8)
        self.packed = torch.ops.quantized.linear_prepack(quantised, None)
        self.bias = torch.zeros(weight.shape[0]) if linear.bias is None else linear.bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """``x`` (..., in) to (..., out), float32."""
        largest = x.abs().amax(-1, keepdim=True).clamp(min=1e-8)
        out = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            x / largest, 1.0 / STEPS, STEPS + 1, self.packed
        )
        return torch.addcmul(self.bias, out, largest)


class BFloat16Linear(nn.Module):
    """A linear layer that multiplies in bfloat16 and adds up in float32; the result is bfloat16."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = linear.weight.detach().to(torch.bfloat16)
        self.bias = None if linear.bias is None else linear.bias.detach().to(torch.bfloat16)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` (..., in), of any float type, to (..., out), bfloat16."""
        return F.linear(x.to(torch.bfloat16), self.weight, self.bias)


def has_int8() -> bool:
    """Whether this build of torch runs quantised layers (x86 with FBGEMM does)."""
    return "fbgemm" in torch.backends.quantized.supported_engines


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 itself; one that does not is slower at it than at float32."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def to_int8(network: M) -> M:
    """Replace the linear layers of a network's transformer layers; the heads stay as they are."""
    return _replaced(network, Int8Linear)


def to_bfloat16(network: M) -> M:
    """As :func:`to_int8`, with layers that are slower and ten times as exact."""
    return _replaced(network, BFloat16Linear)


def _replaced(network: M, kind: type[Int8Linear] | type[BFloat16Linear]) -> M:
    for name, child in network.named_children():
        if isinstance(child, nn.Linear) and min(child.weight.shape) >= 128:
            setattr(network, name, kind(child))
        else:
            _replaced(child, kind)
    return network
