"""Small graphs for tests of link prediction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PARENT, SISTER, AUNT = 0, 1, 2


def families(number: int, without: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Families of a child, a parent and the parent's sister, who is the child's aunt.

    Args:
        number: how many families.
        without: in how many of them the edge to the aunt is missing.

    Returns:
        Edges, missing edges, and how many entities there are.
    """
    edges, missing = [], []
    for family in range(number):
        child, parent, sister = 3 * family, 3 * family + 1, 3 * family + 2
        edges += [(child, PARENT, parent), (parent, SISTER, sister)]
        (missing if family < without else edges).append((child, AUNT, sister))
    return np.array(edges), np.array(missing).reshape(-1, 3), 3 * number


def written(folder: Path, splits: dict[str, NDArray[np.int64]]) -> Path:
    """The files of a graph; the entity 7 is called ``7``, and so is the relation."""
    for name, triples in splits.items():
        lines = "".join("\t".join(map(str, triple)) + "\n" for triple in triples.tolist())
        (folder / f"{name}.txt").write_text(lines, encoding="utf-8")
    return folder
