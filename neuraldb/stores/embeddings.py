"""The vectors of the facts by one model, and exact search among those of the current facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from neuraldb.core.errors import CorruptDatabase, DataError, IntegrityError, InterfaceError
from neuraldb.stores.arrays import GrowingArray, Ids, Scores, best, places, sorted_ids
from neuraldb.stores.database import Database
from neuraldb.stores.following import Follower

Vectors: TypeAlias = npt.NDArray[np.float32]

# rows a step, so that what lies beside the matrix in memory stays small
_LOADED_AT_ONCE = 50_000
_RESCORED_AT_ONCE = 4_096
_QUERIES_AT_ONCE = 64
# copying rows of the matrix out costs about as much as multiplying four times as many
_WORTH_COPYING = 0.25
_DEAD_SHARE = 0.25


class EmbeddingStore(Follower):
    """One vector a fact and model, in the database; those of the current facts also in memory.

    Args:
        database: where the vectors are kept.
        model: name and version of the encoder; vectors of different models don't mix.
        width: the number of components.
    """

    def __init__(self, database: Database, model: str, width: int) -> None:
        self.model = model
        self.width = width
        super().__init__(
            database,
            """SELECT e.fact FROM store.embeddings e JOIN store.facts f ON f.id = e.fact
               WHERE e.model = ? AND f.recorded_to IS NULL""",
            (model,),
        )

    def put(self, ids: npt.ArrayLike, matrix: npt.ArrayLike) -> None:
        """Store vectors. A fact that has one by this model keeps it, as text and model determine it.

        Args:
            ids: int (n,), facts, each once.
            matrix: float32 (n, width), finite.

        Raises:
            DataError: the shapes don't fit, or a component is not finite.
            IntegrityError: there is no such fact.
        """
        facts = np.asarray(ids, np.int64)
        vectors = np.asarray(matrix, np.float32)
        if vectors.shape != (len(facts), self.width):
            raise DataError(f"vectors of shape {vectors.shape} where ({len(facts)}, {self.width}) is due")
        if len(np.unique(facts)) != len(facts):
            raise DataError("a fact is given two vectors at once")
        if not np.isfinite(vectors).all():
            raise DataError("a vector has a component that is not a finite number")
        if not len(facts):
            return
        with self._database.transaction():
            new = self._without_vector(facts)
            facts, vectors = facts[new], vectors[new]
            for start in range(0, len(facts), _LOADED_AT_ONCE):
                part = slice(start, start + _LOADED_AT_ONCE)
                self._database.insert("store.embeddings", self._table(facts[part], vectors[part]))

    def missing(self) -> Ids:
        """The ids, int64 and ascending, of the current facts that have no vector by this model yet."""
        table = self._database.query(
            """SELECT id FROM store.facts WHERE recorded_to IS NULL
               AND id NOT IN (SELECT fact FROM store.embeddings WHERE model = ?) ORDER BY id""",
            [self.model],
        )
        return np.asarray(table.column(0).to_numpy(), np.int64)

    def matrix(self) -> tuple[Ids, Vectors]:
        """The vectors of the current facts; views that later changes leave alone, not to be written to.

        Returns:
            ids int64 (n,), and vectors float32 (n, width) in the same order. It is ascending but for facts that came
            back by a rollback or got their vector late.
        """
        with self._database.lock:
            self.synchronise()
            if self._dead:
                self._compact()
            return self._ids.view, self._vectors.view

    def vectors(self, ids: npt.ArrayLike) -> Vectors:
        """The vectors, float32 (n, width), of given facts in the given order, past facts too.

        Raises:
            DataError: a fact has no vector by this model.
        """
        facts = np.asarray(ids, np.int64)
        found, vectors = self._read(np.unique(facts))
        at = places(found, facts)
        if len(at) != len(facts):
            missing = np.setdiff1d(facts, found)
            raise DataError(f"fact {missing[0]} has no vector by {self.model}")
        return vectors[at]

    def of_texts(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """The stored vectors (width,) of texts that facts, also past ones, have been told in without a subject."""
        table = self._database.query(
            """SELECT min(e.fact) AS fact, f.text FROM wanted w JOIN store.facts f ON f.text = w.text
               JOIN store.embeddings e ON e.fact = f.id WHERE e.model = ? AND f.subject IS NULL GROUP BY f.text""",
            [self.model],
            {"wanted": pa.table({"text": pa.array(texts, pa.string())})},
        )
        ids = np.asarray(table.column("fact").to_numpy(), np.int64)
        return dict(zip(table.column("text").to_pylist(), self.vectors(ids), strict=True)) if len(ids) else {}

    def search(
        self, query: npt.ArrayLike, count: int, allowed: npt.ArrayLike | None = None, floor: float | None = None
    ) -> tuple[Ids, Scores]:
        """The current facts whose vectors have the highest inner product with a query.

        Exact: candidates found in float32 are scored again in float64, so equal vectors get equal scores wherever they
        stand, and equal scores are put in order of ascending id.

        Args:
            query: float32 (width,) or (q, width).
            count: how many are wanted a query; fewer come where there are fewer.
            allowed: the only ids that may come, int (m,); applied before the cut. None allows all.
            floor: facts of at least this score come too, however many; of a single query only.

        Returns:
            ids int64 and scores float64, highest first, of shape (k,) or (q, k).

        Raises:
            InterfaceError: the query is of another shape, or several have a floor.
        """
        queries = np.asarray(query, np.float32)
        if queries.shape[-1:] != (self.width,) or queries.ndim not in (1, 2):
            raise InterfaceError(f"a query of shape {queries.shape} where ({self.width},) or (q, {self.width}) is due")
        if floor is not None and queries.ndim > 1:
            raise InterfaceError("several queries have no floor in common")
        with self._database.lock:
            self.synchronise()
            ids, vectors, longest = self._ids.view, self._vectors.view, self._longest
            rows = np.flatnonzero(self._alive.view) if self._dead else None
        if allowed is not None:
            permitted = np.isin(ids, sorted_ids(allowed))
            rows = np.flatnonzero(permitted) if rows is None else rows[permitted[rows]]
        if rows is not None and len(rows) <= _WORTH_COPYING * len(ids):
            ids, vectors, rows = ids[rows], vectors[rows], None
        single = queries.ndim == 1
        queries = queries.reshape(-1, self.width)
        found: list[tuple[Ids, Scores]] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            part = queries[start : start + _QUERIES_AT_ONCE]
            rough = part @ vectors.T
            for one, scores in zip(part, rough, strict=True):
                found.append(_exact_best(ids, vectors, rows, one, scores, count, longest, floor))
        if single:
            return found[0]
        chosen = min(max(count, 0), len(ids) if rows is None else len(rows))
        result = np.empty((len(queries), chosen), np.int64), np.empty((len(queries), chosen), np.float64)
        for place, (some_ids, some_scores) in enumerate(found):
            result[0][place], result[1][place] = some_ids, some_scores
        return result

    # ------------------------------------------------------------------------------------------------- the cache

    def _clear(self) -> None:
        self._ids = GrowingArray(np.int64)
        self._vectors = GrowingArray(np.float32, self.width)
        self._alive = GrowingArray(np.bool_)
        self._dead = 0
        self._longest = 0.0

    def _drop(self, ids: Ids) -> None:
        self._alive.view[np.isin(self._ids.view, ids)] = False
        self._dead = len(self._alive) - int(self._alive.view.sum())
        # to copy the matrix for each fact that goes would take longer than to pass over its row
        if self._dead > _DEAD_SHARE * len(self._alive):
            self._compact()

    def _compact(self) -> None:
        stay = self._alive.view.copy()
        for rows in (self._ids, self._vectors, self._alive):
            rows.keep(stay)
        self._dead = 0

    def _load(self, ids: Ids) -> None:
        for start in range(0, len(ids), _LOADED_AT_ONCE):
            found, vectors = self._read(ids[start : start + _LOADED_AT_ONCE])
            self._ids.extend(found)
            self._vectors.extend(vectors)
            self._alive.extend(np.ones(len(found), np.bool_))
            if len(vectors):
                self._longest = max(self._longest, float(np.sqrt(np.einsum("ij,ij->i", vectors, vectors).max())))

    # ---------------------------------------------------------------------------------------------- the database

    def _read(self, ids: Ids) -> tuple[Ids, Vectors]:
        table = self._database.query(
            """SELECT e.fact, e.vector FROM store.embeddings e
               WHERE e.model = ? AND e.fact IN (SELECT fact FROM wanted) ORDER BY e.fact""",
            [self.model],
            {"wanted": pa.table({"fact": ids})},
        )
        facts = np.asarray(table.column(0).to_numpy(), np.int64)
        components = table.column(1).combine_chunks().flatten().to_numpy()
        if len(components) != len(facts) * self.width:
            raise CorruptDatabase(f"the vectors by {self.model} do not have {self.width} components each")
        return facts, np.asarray(components, np.float32).reshape(-1, self.width)

    def _without_vector(self, facts: Ids) -> npt.NDArray[np.bool_]:
        arriving = {"arriving": pa.table({"fact": facts})}
        stored = self._database.rows("SELECT f.id FROM arriving a JOIN store.facts f ON f.id = a.fact", inputs=arriving)
        unknown = np.setdiff1d(facts, np.asarray([fact for (fact,) in stored], np.int64))
        if len(unknown):
            raise IntegrityError(f"there is no fact {unknown[0]} to give a vector to")
        held = self._database.rows(
            "SELECT fact FROM store.embeddings WHERE model = ? AND fact IN (SELECT fact FROM arriving)",
            [self.model],
            arriving,
        )
        return ~np.isin(facts, np.asarray([fact for (fact,) in held], np.int64))

    def _table(self, facts: Ids, vectors: Vectors) -> Any:
        ends = pa.array(np.arange(0, vectors.size + 1, self.width, dtype=np.int32))
        components = pa.ListArray.from_arrays(ends, pa.array(np.ascontiguousarray(vectors).ravel()))
        return pa.table({"fact": facts, "model": [self.model] * len(facts), "vector": components})


def _exact_best(
    ids: Ids,
    vectors: Vectors,
    rows: npt.NDArray[np.intp] | None,
    query: Vectors,
    rough: Vectors,
    count: int,
    longest: float,
    floor: float | None,
) -> tuple[Ids, Scores]:
    """The best rows by their inner product in float64, among those whose float32 product leaves them a chance.

    Args:
        ids: int64 (n,).
        vectors: float32 (n, width).
        rows: the only rows of ``ids`` and ``vectors`` that count; None for all.
        query: float32 (width,).
        rough: float32 (n,), the query's inner products with every row.
        count: how many are wanted.
        longest: a bound on the length of the vectors.
        floor: rows of at least this inner product come too; None for no others.
    """
    scores = rough if rows is None else rough[rows]
    count = min(max(count, 0), len(scores))
    if count <= 0 and (floor is None or not len(scores)):
        return np.empty(0, np.int64), np.empty(0, np.float64)
    lowest = np.partition(scores, len(scores) - count)[len(scores) - count] if count else np.float32(np.inf)
    if floor is not None:
        lowest = min(lowest, np.float32(floor))
    # the rounding error of a sum of products (Higham 2002, section 3.1), for the row at the cut and for the row tried
    error = len(query) * float(np.finfo(np.float32).eps) * longest * float(np.linalg.norm(query))
    chosen = np.flatnonzero(scores >= lowest - np.float32(2 * error))
    chosen = chosen if rows is None else rows[chosen]
    exact = np.empty(len(chosen), np.float64)
    wide = query.astype(np.float64)
    for start in range(0, len(chosen), _RESCORED_AT_ONCE):
        part = chosen[start : start + _RESCORED_AT_ONCE]
        exact[start : start + len(part)] = np.einsum("ij,j->i", vectors[part].astype(np.float64), wide)
    if floor is not None:
        count = max(count, int((exact >= floor).sum()))
    return best(ids[chosen], exact, count)
