"""Knowledge graphs with splits: triples of training, and those held back for validation and test.

A folder has ``train``, ``valid`` and perhaps ``test``, each as ``.txt`` or ``.txt.gz``, with one triple a line: head,
relation and tail, tabs between.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.errors import ImportFailed

Triples = NDArray[np.int64]
"""Rows of head, relation and tail numbers, (n, 3)."""
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class KnowledgeGraph:
    """A graph in numbers.

    Attributes:
        entities, relations: their names, by number.
        splits: the triples of each split that there is; entities of any split have a number.
    """

    entities: tuple[str, ...]
    relations: tuple[str, ...]
    splits: dict[str, Triples]

    @property
    def all(self) -> Triples:
        """The triples of every split."""
        return np.concatenate(list(self.splits.values()))


def load(folder: Path, entities: Sequence[str] = (), relations: Sequence[str] = ()) -> KnowledgeGraph:
    """Read a folder of splits.

    Args:
        folder: where the splits are.
        entities: names whose numbers are those of a model; others are numbered after them.
        relations: likewise.

    Raises:
        ImportFailed: there is no training split, or a line is no triple.
    """
    nodes = {name: number for number, name in enumerate(entities)}
    kinds = {name: number for number, name in enumerate(relations)}
    splits: dict[str, Triples] = {}
    for split in SPLITS:
        path = next((p for p in (folder / f"{split}.txt", folder / f"{split}.txt.gz") if p.exists()), None)
        if path is None:
            continue
        rows = [
            (
                nodes.setdefault(head, len(nodes)),
                kinds.setdefault(relation, len(kinds)),
                nodes.setdefault(tail, len(nodes)),
            )
            for head, relation, tail in _lines(path)
        ]
        splits[split] = np.array(rows, np.int64).reshape(-1, 3)
    if "train" not in splits:
        raise ImportFailed(f"{folder} has no train.txt or train.txt.gz")
    return KnowledgeGraph(tuple(nodes), tuple(kinds), splits)


def _lines(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        rows = [line.rstrip("\r\n").split("\t") for line in file if line.strip()]
    for number, row in enumerate(rows, 1):
        if len(row) != 3:
            raise ImportFailed(f"{path.name}:{number}: a triple has three parts, not {len(row)}")
    return rows
