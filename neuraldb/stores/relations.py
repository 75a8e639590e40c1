"""What the relations of facts mean: a vector a term, so that a name finds the relations that mean the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from neuraldb.core.errors import DataError
from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database

Vectors = npt.NDArray[np.float32]
_STORED = pa.schema({"term": pa.int64(), "model": pa.string(), "vector": pa.list_(pa.float32())})


class RelationStore:
    """The vectors of relations by one model and another; they commit and roll back with the terms that they are of.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def lacking(self, terms: Sequence[int], model: str) -> list[int]:
        """Those of the terms that have no vector by a model, in the order given."""
        known = self._database.rows(
            "SELECT term FROM store.relations WHERE model = $model AND term IN (SELECT term FROM wanted)",
            {"model": model},
            {"wanted": pa.table({"term": pa.array(terms, pa.int64())})},
        )
        there = {term for (term,) in known}
        return [term for term in terms if term not in there]

    def put(self, terms: Sequence[int], model: str, vectors: npt.ArrayLike) -> None:
        """Store vectors of terms that have none by this model.

        Args:
            terms: n ids.
            model: names the space that the vectors are of.
            vectors: float32 (n, width), finite.

        Raises:
            DataError: there is not one vector a term, or a component is not finite.
        """
        matrix = np.asarray(vectors, np.float32)
        if matrix.ndim != 2 or len(matrix) != len(terms) or not np.isfinite(matrix).all():
            raise DataError(f"vectors of shape {matrix.shape} for {len(terms)} relations, or not all finite")
        columns = {"term": list(terms), "model": [model] * len(terms), "vector": list(matrix)}
        self._database.insert("store.relations", pa.table(columns, schema=_STORED))

    def vectors(self, model: str) -> tuple[Ids, Vectors]:
        """The relations of current triples that have a vector by a model.

        Returns:
            Ids of terms, int64 (n,) and ascending, and vectors float32 (n, width); (0, 0) where there are none.
        """
        table = self._database.query(
            """SELECT term, vector FROM store.relations WHERE model = ?
               AND term IN (SELECT relation FROM store.triples WHERE recorded_to IS NULL) ORDER BY term""",
            [model],
        )
        ids = np.asarray(table.column(0).to_numpy(), np.int64)
        if not len(ids):
            return ids, np.empty((0, 0), np.float32)
        return ids, np.stack(table.column(1).to_numpy(zero_copy_only=False)).astype(np.float32)
