"""What chains of steps reach, level by level: all that one level leads to is looked up at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from neuraldb.stores.arrays import Ids

Step: TypeAlias = Callable[[Ids], tuple[Ids, Ids] | None]
"""From nodes: of each arc the place among them where it begins, and where it leads; None where they are too many."""
_MOST_MARKED = 1 << 24


def reached(begins: Ids, step: Step, *, many: bool, itself: bool, nodes: int, most: int) -> tuple[Ids, Ids] | None:
    """Which nodes are reached from each of some nodes.

    Args:
        begins: different nodes.
        step: one step on.
        many: whether chains may have more than one step.
        itself: whether each node reaches itself, by no step.
        nodes: a number above all ids.
        most: pairs, above which there is no answer.

    Returns:
        The pairs, each once and in no order of use: places in ``begins``, and nodes. None where they are too many.
    """
    seen = _Seen(len(begins) * nodes)
    start, node = np.arange(len(begins)), begins
    starts, found = ([start], [node]) if itself else ([start[:0]], [node[:0]])
    if itself:
        seen.add(start * nodes + node)
    count = len(begins) if itself else 0
    while len(node):
        arcs = step(node)
        if arcs is None:
            return None
        rows, ends = arcs
        new = seen.add(start[rows] * nodes + ends if len(begins) > 1 else ends)
        start, node = np.divmod(new, nodes) if len(begins) > 1 else (np.zeros_like(new), new)
        count += len(new)
        if count > most:
            return None
        starts.append(start)
        found.append(node)
        if not many:
            break
    return np.concatenate(starts), np.concatenate(found)


class _Seen:
    """Numbers below a size that have been met: flags where there is room for them, else the numbers, sorted."""

    def __init__(self, size: int) -> None:
        self._flags = np.zeros(size, np.bool_) if size <= _MOST_MARKED else None
        self._numbers: Ids = np.empty(0, np.int64)

    def add(self, numbers: Ids) -> Ids:
        """Add numbers; gives those that are new, ascending."""
        if self._flags is None:
            new = _once(numbers)
            if len(self._numbers):
                places = np.minimum(np.searchsorted(self._numbers, new), len(self._numbers) - 1)
                new = new[self._numbers[places] != new]
            self._numbers = np.sort(np.concatenate([self._numbers, new]))
            return new
        new = numbers[~self._flags[numbers]]
        if len(new) * 16 < len(self._flags):
            new = _once(new)
            self._flags[new] = True
            return new
        before = self._flags.copy()
        self._flags[new] = True
        return np.flatnonzero(self._flags & ~before)


def _once(numbers: Ids) -> Ids:
    """Numbers ascending, each once; faster than ``np.unique``, which hashes them first."""
    numbers = np.sort(numbers)
    is_new = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=is_new[1:])
    return numbers[is_new]
