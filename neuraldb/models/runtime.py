"""Running networks on a CPU: batches of like length within a token budget, int8 layers, one thread pool."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

# nothing here may ever reach out; set before any library that would look
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")

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
    """A linear layer whose weights are int8 and whose input is quantised as it comes (dynamic quantisation)."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scale = (weight.abs().amax(1) / 127).clamp(min=1e-8).to(torch.float64)
        zero = torch.zeros(weight.shape[0], dtype=torch.int64)
        with warnings.catch_warnings():
            # torch announces that these types will go; constraints.txt holds it at a version that has them
            warnings.filterwarnings("ignore", message=".*quantize_per_channel", category=UserWarning)
            quantised = torch.quantize_per_channel(weight, scale, zero, 0, torch.qint8)
        bias = None if linear.bias is None else linear.bias.detach()
        self.packed = torch.ops.quantized.linear_prepack(quantised, bias)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` (..., in) to (..., out), float32."""
        return torch.ops.quantized.linear_dynamic(x, self.packed, reduce_range=True)  # type: ignore[no-any-return]


def has_int8() -> bool:
    """Whether this build of torch runs quantised layers (x86 with FBGEMM does)."""
    return "fbgemm" in torch.backends.quantized.supported_engines


def to_int8(network: nn.Module) -> nn.Module:
    """Replace the linear layers of a network's transformer layers; the heads stay as they are."""
    for name, child in network.named_children():
        if isinstance(child, nn.Linear) and min(child.weight.shape) >= 128:
            setattr(network, name, Int8Linear(child))
        else:
            to_int8(child)
    return network
