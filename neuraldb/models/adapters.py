"""Low-rank adapters (Hu et al. 2021, "LoRA"): a frozen linear layer plus a trained product of two thin matrices."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from neuraldb.models.minilm import MiniLM


class Adapted(nn.Module):
    """``y = W x + (up down x)``, with ``down`` (rank, in) and ``up`` (out, rank) trained; ``up`` starts at zero."""

    def __init__(self, inner: nn.Linear, rank: int) -> None:
        super().__init__()
        self.inner = inner
        self.down = nn.Linear(inner.in_features, rank, bias=False)
        self.up = nn.Linear(rank, inner.out_features, bias=False)
        nn.init.normal_(self.down.weight, std=inner.in_features**-0.5)
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` (..., in) to (..., out), float32."""
        return self.inner(x) + self.up(self.down(x))  # type: ignore[no-any-return]


def adapt(body: MiniLM, rank: int) -> None:
    """Freeze the body and put an adapter on every linear layer of it."""
    body.requires_grad_(False)
    for layer in body.layers:
        for name in ("qkv", "out", "up", "down"):
            setattr(layer, name, Adapted(getattr(layer, name), rank))


@torch.no_grad()
def merge(body: MiniLM) -> None:
    """Fold the adapters into the weights, so that inference costs nothing more."""
    for layer in body.layers:
        for name in ("qkv", "out", "up", "down"):
            adapted = getattr(layer, name)
            if isinstance(adapted, Adapted):
                adapted.inner.weight += adapted.up.weight @ adapted.down.weight
                setattr(layer, name, adapted.inner)


def trained(module: nn.Module) -> dict[str, Tensor]:
    """The parameters that training changes: what is saved."""
    return {name: p.detach() for name, p in module.named_parameters() if p.requires_grad}
