"""Arrays that grow at the end, and the choice of the best of many scores."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ids: TypeAlias = npt.NDArray[np.int64]
Scores: TypeAlias = npt.NDArray[np.float64]

_SMALLEST = 64


class GrowingArray:
    """Rows of one dtype, appended at amortised constant cost.

    Views taken earlier stay valid and unchanged while rows are appended, so a reader needs no lock.

    Args:
        dtype: of the elements.
        width: elements a row; None makes the array one-dimensional.
    """

    def __init__(self, dtype: npt.DTypeLike, width: int | None = None) -> None:
        self._row = () if width is None else (width,)
        self._buffer: npt.NDArray[Any] = np.empty((_SMALLEST, *self._row), dtype)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def view(self) -> npt.NDArray[Any]:
        """The rows so far, without a copy."""
        return self._buffer[: self._length]

    def extend(self, rows: npt.ArrayLike) -> None:
        """Append rows."""
        rows = np.asarray(rows, self._buffer.dtype)
        needed = self._length + len(rows)
        if needed > len(self._buffer):
            larger = np.empty((max(needed, 2 * len(self._buffer)), *self._row), self._buffer.dtype)
            larger[: self._length] = self.view
            self._buffer = larger
        self._buffer[self._length : needed] = rows
        self._length = needed

    def keep(self, which: npt.NDArray[np.bool_]) -> None:
        """Let go of the rows for which ``which`` is False. Earlier views keep what they show."""
        self._buffer = self.view[which]
        self._length = len(self._buffer)


def sorted_ids(ids: npt.ArrayLike) -> Ids:
    """Ids as a sorted int64 array without repetition."""
    return np.unique(np.asarray(ids, np.int64))


def places(ids: Ids, wanted: Ids) -> npt.NDArray[np.intp]:
    """Where the wanted ids stand in a sorted array of ids; those that are not in it are passed over."""
    if not len(ids):
        return np.empty(0, np.intp)
    found = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    present: npt.NDArray[np.intp] = found[ids[found] == wanted]
    return present


def best(ids: Ids, scores: Scores, count: int) -> tuple[Ids, Scores]:
    """The ``count`` highest scores with their ids, highest first, equal ones by ascending id.

    Args:
        ids: int64 (n,).
        scores: float64 (n,).
        count: how many are wanted.
    """
    count = min(count, len(scores))
    if count <= 0:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    if count < len(scores):
        lowest = np.partition(scores, len(scores) - count)[len(scores) - count]
        chosen = np.flatnonzero(scores >= lowest)
        ids, scores = ids[chosen], scores[chosen]
    order = np.lexsort((ids, -scores))[:count]
    return ids[order], scores[order]
