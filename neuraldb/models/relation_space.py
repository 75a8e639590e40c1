"""The space in which names of relations meet: "was born in", "birthplace" and "hails from" lie near one another.

Sentence vectors of such names are alike where their words are; a matrix, trained on the names of the lexicon's
relations, turns them so that names of one relation are.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from neuraldb.models.minilm import WIDTH


class RelationSpace(nn.Module):
    """Sentence vectors of relations' names (n, 384) to unit vectors (n, 384); at first they stay as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = nn.Linear(WIDTH, WIDTH, bias=False)
        nn.init.eye_(self.turn.weight)

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors of names, to be compared by their inner products."""
        return F.normalize(self.turn(vectors), dim=-1)

    def distance(self) -> Tensor:
        """How far the matrix is from one that changes nothing; a number."""
        return ((self.turn.weight - torch.eye(WIDTH)) ** 2).sum() / WIDTH
