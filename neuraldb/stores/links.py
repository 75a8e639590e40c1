"""Trained link predictors: their vectors, their rules, and the edges that they are about.

Each training is a version; the newest one is used. Vectors belong to terms, so a predictor serves a graph that has
grown: what came after it has no vector.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from neuraldb.core.errors import DataError
from neuraldb.stores.arrays import Ids
from neuraldb.stores.database import Database

Vectors = npt.NDArray[np.float32]
ROLES = ("entity", "forward", "backward")
"""What a vector is of: an entity, a relation, or a relation from tail to head."""
_STORED = pa.schema(
    {
        "model": pa.int64(),
        "role": pa.string(),
        "term": pa.int64(),
        "place": pa.int64(),
        "vector": pa.list_(pa.float32()),
    }
)


@dataclass(frozen=True, slots=True)
class Links:
    """The current edges between things, as numbers.

    Attributes:
        version: of the database.
        triples: distinct subject, relation and object, int64 (n, 3), all ids of terms.
    """

    version: int
    triples: Ids


@dataclass(frozen=True, slots=True)
class StoredPredictor:
    """One training.

    Attributes:
        id: its number; 1 is the first training of a database.
        trained_at: when, UTC.
        entities: ids of terms, int64 (e,), in the order of the vectors.
        relations: ids of terms, int64 (r,).
        vectors: by role, float32 (e or r, width); empty where there are only rules.
        rules: the rules as a safetensors file; empty where none were mined.
        card: data, settings and figures, JSON.
    """

    id: int
    trained_at: datetime.datetime
    entities: Ids
    relations: Ids
    vectors: dict[str, Vectors]
    rules: bytes
    card: str


class LinkStore:
    """The edges of a database and what was trained on them.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._links: Links | None = None
        self._newest: tuple[int, StoredPredictor | None] | None = None

    def links(self) -> Links:
        """The current edges between entities; values and classes are none. Read again only after a change."""
        version = self._database.version
        if self._links is None or self._links.version != version:
            table = self._database.query(
                """SELECT DISTINCT t.subject, t.relation, t.object FROM store.triples t
                   JOIN store.terms s ON s.id = t.subject JOIN store.terms o ON o.id = t.object
                   WHERE t.recorded_to IS NULL AND s.kind IN ('entity', 'iri', 'blank')
                   AND o.kind IN ('entity', 'iri', 'blank') ORDER BY ALL"""
            )
            columns = [np.asarray(column.to_numpy(), np.int64) for column in table.columns]
            self._links = Links(version, np.stack(columns, axis=1).reshape(-1, 3))
        return self._links

    def put(
        self,
        entities: Sequence[int],
        relations: Sequence[int],
        vectors: dict[str, Vectors],
        rules: bytes,
        card: str,
    ) -> int:
        """Store a training, in one transaction; gives its number.

        Raises:
            DataError: there is not one vector a term, or a component is not finite.
        """
        terms = {"entity": entities, "forward": relations, "backward": relations}
        for role, matrix in vectors.items():
            if len(matrix) != len(terms[role]) or not np.isfinite(matrix).all():
                raise DataError(f"vectors of shape {matrix.shape} for {len(terms[role])} terms, or not all finite")
        with self._database.transaction():
            ((last,),) = self._database.rows("SELECT coalesce(max(id), 0) FROM store.link_models")
            model = int(last) + 1
            self._database.execute(
                "INSERT INTO store.link_models VALUES (?, now()::TIMESTAMP, ?, ?, ?, ?)",
                [model, list(entities), list(relations), rules, card],
            )
            for role, matrix in vectors.items():
                columns = {
                    "model": [model] * len(matrix),
                    "role": [role] * len(matrix),
                    "term": list(terms[role]),
                    "place": list(range(len(matrix))),
                    "vector": list(matrix),
                }
                self._database.insert("store.link_vectors", pa.table(columns, schema=_STORED))
            self._database.execute("DELETE FROM store.link_vectors WHERE model < ?", [model])
        return model

    def newest(self) -> StoredPredictor | None:
        """The last training; None before the first."""
        version = self._database.version
        if self._newest is None or self._newest[0] != version:
            self._newest = version, self._read(self._newest[1] if self._newest else None)
        return self._newest[1]

    def _read(self, known: StoredPredictor | None) -> StoredPredictor | None:
        rows = self._database.rows(
            "SELECT id, trained_at, entities, relations, rules, card FROM store.link_models ORDER BY id DESC LIMIT 1"
        )
        if not rows:
            return None
        model, trained_at, entities, relations, rules, card = rows[0]
        if known is not None and known.id == model:
            return known
        vectors: dict[str, Vectors] = {}
        for role in ROLES:
            table = self._database.query(
                "SELECT vector FROM store.link_vectors WHERE model = ? AND role = ? ORDER BY place", [model, role]
            )
            if table.num_rows:
                vectors[role] = np.stack(table.column(0).to_numpy(zero_copy_only=False)).astype(np.float32)
        things, kinds = np.asarray(entities, np.int64), np.asarray(relations, np.int64)
        return StoredPredictor(model, trained_at, things, kinds, vectors, bytes(rules), card)
