"""The arrays under both indexes."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from neuraldb.stores.arrays import GrowingArray, best, places


def test_growing_array() -> None:
    array = GrowingArray(np.int64)
    views = []
    for n in range(300):
        array.extend([n])
        views.append(array.view)
    assert all(view.tolist() == list(range(n + 1)) for n, view in enumerate(views))
    array.keep(array.view % 2 == 0)
    array.extend([7, 8])
    assert array.view.tolist() == [*range(0, 300, 2), 7, 8]
    assert views[-1].tolist() == list(range(300))


@given(st.lists(st.integers(-3, 3)), st.integers(-1, 12))
def test_best(scores: list[int], count: int) -> None:
    ids = np.asarray([(n * 7) % 101 for n in range(len(scores))], np.int64)
    expected = sorted(zip([-score for score in scores], ids.tolist(), strict=True))[: max(count, 0)]
    found = best(ids, np.asarray(scores, np.float64), count)
    assert list(zip((-found[1]).tolist(), found[0].tolist(), strict=True)) == expected


def test_places() -> None:
    ids = np.asarray([2, 4, 9], np.int64)
    assert places(ids, np.asarray([9, 1, 2, 10, 9], np.int64)).tolist() == [2, 0, 2]
    assert places(ids[:0], ids).tolist() == []
