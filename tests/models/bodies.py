"""Small bodies for the networks: one random layer, and one that knows nothing but the token itself."""

from __future__ import annotations

from unittest import mock

import torch
from torch import Tensor, nn

from neuraldb.models import minilm
from neuraldb.models.minilm import WIDTH, MiniLM, load_tokenizer

TEXTS = (
    "Anna Berg was born in Oslo in 1982 and works for Equinor.",
    "It rains.",
    "",
    "Åse Håkonsen runs a bakery in Bergen — her brother, Nils, bakes the bread 🥖.",
    "The Sky Bridge is 300 metres long; it was opened on 3 May 1998 by King Olav the Fifth of Norway.",
    "naïve café",
)


def tiny_body(seed: int = 0, layers: int = 1) -> MiniLM:
    """A body of few layers with random weights; the same for the same seed."""
    with torch.random.fork_rng(), mock.patch.object(minilm, "LAYERS", layers):
        torch.manual_seed(seed)
        return MiniLM()


class Lookup(nn.Module):
    """Hidden states that are 1 at the token's id modulo the width, so that a mean of them counts tokens.

    Attributes:
        batches: the shapes of all batches that came.
    """

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[tuple[int, ...]] = []

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
        self.batches.append(tuple(ids.shape))
        assert not segments.any()
        assert torch.equal(mask, ids != 0)
        return nn.functional.one_hot(ids % WIDTH, WIDTH).to(torch.float32)


def token_ids(text: str) -> list[int]:
    """A text's tokens, without those that begin and end a sequence."""
    return list(load_tokenizer().encode(text, add_special_tokens=False).ids)
