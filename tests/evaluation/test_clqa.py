"""Complex logical queries measured: files, missing links, and figures."""

from __future__ import annotations

import os
import pickle
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from neuraldb.core.errors import ImportFailed
from neuraldb.evaluation.clqa import (
    Figures,
    Measured,
    by_pattern,
    faithfulness,
    length,
    measure,
    megabytes,
    missing_links,
    recorded,
    spearman,
    table,
)
from neuraldb.evaluation.clqa_queries import PATTERNS, Asked, Numbering, Sampler, parsed, read
from neuraldb.operators.complex_queries import StoredEdges, TreeOptimiser, adjacency
from neuraldb.plan.logical_queries import Anchor, Conjunction, Disjunction, Negation, Projection
from neuraldb.training.triples import KnowledgeGraph

GRAPH = KnowledgeGraph(tuple("01234"), tuple("01"), {"train": np.zeros((0, 3), np.int64)})
NUMBERING = Numbering(GRAPH)


def test_nested_tuples_are_queries() -> None:
    assert parsed((3, (0, 1)), NUMBERING) == Projection(1, Projection(0, Anchor(3)))
    assert parsed(((1, (0,)), (2, (1, -2))), NUMBERING) == Conjunction(
        (Projection(0, Anchor(1)), Negation(Projection(1, Anchor(2))))
    )
    united = Disjunction((Projection(0, Anchor(1)), Projection(0, Anchor(2))))
    assert parsed((((1, (0,)), (2, (0,)), (-1,)), (1,)), NUMBERING) == Projection(1, united)


def test_query_files_are_read_and_what_is_none_is_refused(tmp_path: Path) -> None:
    queries: dict[object, set[object]] = defaultdict(set)
    queries[PATTERNS["2p"]] = {(4, (1, 0))}
    queries[PATTERNS["2i"]] = {((0, (0,)), (1, (0,)))}
    path = tmp_path / "test-queries.pkl"
    path.write_bytes(pickle.dumps(queries))
    found = dict(read(tmp_path, "test", NUMBERING))
    assert found["2p"] == Projection(0, Projection(1, Anchor(4)))
    assert set(found) == {"2p", "2i"}

    path.write_bytes(pickle.dumps({("e", ("x",)): {1}}))
    with pytest.raises(ImportFailed, match="unknown pattern"):
        list(read(tmp_path, "test", NUMBERING))
    path.write_bytes(pickle.dumps({PATTERNS["1p"]: {(9, (0,))}}))
    with pytest.raises(ImportFailed, match="entity 9"):
        list(read(tmp_path, "test", NUMBERING))
    with pytest.raises(ImportFailed, match=r"valid-queries\.pkl"):
        list(read(tmp_path, "valid", NUMBERING))


class _Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("made-by-a-pickle",)


def test_a_query_file_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test-queries.pkl").write_bytes(pickle.dumps(_Runs()))
    with pytest.raises(ImportFailed, match="which no query needs"):
        list(read(tmp_path, "test", NUMBERING))
    assert not (tmp_path / "made-by-a-pickle").exists()


def test_the_least_number_of_missing_links() -> None:
    full = np.array([(0, 0, 1), (1, 0, 2), (0, 0, 3), (3, 0, 2), (3, 0, 4)])
    known = full[[0, 3]]
    query = Projection(0, Projection(0, Anchor(0)))
    found = missing_links(query, adjacency(known), adjacency(full))
    assert found == {2: 1, 4: 2}
    assert length(query) == 2


def test_what_is_stored_is_answered_first_or_not() -> None:
    scores = np.array([1.0, 0.5, 1.0, 0.7], np.float32)
    assert faithfulness(scores, frozenset({0, 2})) == 1.0
    assert faithfulness(scores, frozenset({0, 1})) == 0.0
    assert faithfulness(scores, frozenset({0, 1, 2})) == pytest.approx(2 / 3)


def test_rank_correlation() -> None:
    assert spearman([(1, 10), (2, 20), (3, 15)]) == pytest.approx(0.5)
    assert spearman([(1, 1), (2, 1)]) == 0.0


def test_an_oracle_ranks_every_missing_answer_first() -> None:
    rng = np.random.default_rng(3)
    full = np.unique(rng.integers(0, (40, 3, 40), size=(300, 3)), axis=0)
    known = full[rng.random(len(full)) < 0.8]

    class Oracle:
        name = "oracle"

        def rows(self, heads: np.ndarray, relation: int, inverse: bool = False) -> np.ndarray:
            near, far = (2, 0) if inverse else (0, 2)
            scores = np.full((len(heads), 40), -20, np.float32)
            for row, head in enumerate(heads):
                edges = full[(full[:, near] == head) & (full[:, 1] == relation)]
                scores[row, edges[:, far]] = 0
            return scores

    sampler = Sampler(known, full, 40, random.Random(0))
    asked = [one for pattern in ("1p", "2p", "2i", "2u", "up") for one in sampler.draw(pattern, 4)]
    optimiser = TreeOptimiser(StoredEdges.of(known, 40), Oracle())
    figures = by_pattern(measure(optimiser, asked, adjacency(known), adjacency(full)))
    assert {name: f.hits(1) for name, f in figures.items()} == dict.fromkeys(("1p", "2p", "2i", "2u", "up"), 1.0)
    assert all(share == 1.0 for f in figures.values() for share in f.faithful)
    assert "EPFO" in table(figures)


def test_figures_are_those_computed_by_hand() -> None:
    # 0 -> 1 is stored, 0 -> 2 and 0 -> 3 are missing
    full = np.array([(0, 0, 1), (0, 0, 2), (0, 0, 3)])
    known = full[:1]
    logits = np.log(np.array([0.1, 0.05, 0.55, 0.1, 0.2], np.float32))

    class Fixed:
        name = "fixed"

        def rows(self, heads: np.ndarray, relation: int, inverse: bool = False) -> np.ndarray:
            return np.tile(logits, (len(heads), 1))

    asked = Asked("1p", Projection(0, Anchor(0)), frozenset({1}), frozenset({2, 3}))
    optimiser = TreeOptimiser(StoredEdges.of(known, 5), Fixed())
    (one,) = measure(optimiser, [asked], adjacency(known), adjacency(full))
    # among 0, 2 and 4 the first is 2; among 0, 3 and 4 is 4 (0.2), then 0 and 3 share the places 2 and 3
    assert one.ranks == one.missing == [1.0, 2.5]
    assert (one.answers, one.foretold) == (3, 2)  # 1 is stored, 2 has 0.55
    assert one.faithful == 1.0
    assert one.megabytes is not None
    figures = by_pattern([one])["1p"]
    assert figures.mrr == pytest.approx((1 + 1 / 2.5) / 2)
    assert figures.hits(1) == 0.5
    assert figures.error == pytest.approx(1 / 3)


def test_means_are_over_answers_then_queries_then_patterns() -> None:
    found = [
        Measured("1p", [1.0, 2.0], [2.0], 2, 4, 1.0, 5.0),
        Measured("1p", [4.0], [], 1, 1, None, 7.0),
        Measured("2p", [5.0], [5.0], 4, 1, 0.0, 9.0, 3.0),
    ]
    figures = by_pattern(reversed(found))
    assert list(figures) == ["1p", "2p"]
    assert figures["1p"].mrr == pytest.approx((0.75 + 0.25) / 2)
    assert figures["1p"].mrr_missing == 0.5
    assert figures["1p"].error == 0.5
    assert figures["1p"].faithful == [1.0]
    (mean,) = [line for line in table(figures).splitlines() if line.startswith("EPFO")]
    assert mean.split()[1] == f"{100 * (0.5 + 0.2) / 2:.1f}"
    assert Figures().median == 0.0


def test_a_run_that_broke_off_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "measured.jsonl"
    every = [Measured("1p", [float(n)], [], 1, 1, None, 1.0) for n in range(1, 6)]
    passed = []

    def broken(skip: int) -> Iterator[Measured]:
        yield from every[:3]
        raise KeyboardInterrupt

    def whole(skip: int) -> Iterator[Measured]:
        passed.append(skip)
        yield from every[skip:]

    with pytest.raises(KeyboardInterrupt):
        recorded(path, {"seed": 1}, broken)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"pattern": "1p", "ra')
    assert recorded(path, {"seed": 1}, whole) == every
    assert recorded(path, {"seed": 1}, whole) == every
    assert passed == [3, 5]
    with pytest.raises(ImportFailed, match="other settings"):
        recorded(path, {"seed": 2}, whole)
    path.write_text('{"seed": 1}\nnothing\n', encoding="utf-8")
    with pytest.raises(ImportFailed, match="no file of measured queries"):
        recorded(path, {"seed": 1}, whole)


def test_memory_is_the_most_that_is_held_at_once() -> None:
    class Wide:
        name = "wide"

        def rows(self, heads: np.ndarray, relation: int, inverse: bool = False) -> np.ndarray:
            np.zeros(4 << 20, np.float32).sum()  # 16 MB that are given back
            return np.zeros((len(heads), 5), np.float32)

    optimiser = TreeOptimiser(StoredEdges.of(np.array([(0, 0, 1)]), 5), Wide())
    assert megabytes(optimiser, Projection(0, Projection(0, Anchor(0)))) == pytest.approx(16, abs=0.5)
