"""Vectors of relations' names: "was born in", "birthplace" and "hails from" are near one another.

The extractor's space of relations is made for the encoder that it names; with any other encoder, or an extractor that
has none, names are compared by the encoder's own vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from neuraldb.core.replies import one_each
from neuraldb.models.protocols import RelationSpace, Vectors
from neuraldb.models.registry import Models
from neuraldb.operators.context import Context


def space_of(models: Models) -> str:
    """The name of the space that relations' vectors are of, as they are stored."""
    space = _space(models)
    return models.encoder.name if space is None else f"{space.name}/{models.encoder.name}"


def relation_vectors(names: Sequence[str], models: Models) -> Vectors:
    """The vectors of names of relations, (n, width) float32, of length 1, to be compared by their inner products.

    Raises:
        ModelUnavailable: there is not one vector for each name.
    """
    encoded = one_each(models.encoder.encode(names), len(names), "encoder", models.encoder)
    space = _space(models)
    if space is None:
        return np.asarray(encoded, np.float32)
    return one_each(space.relation_vectors(np.asarray(encoded, np.float32)), len(names), "extractor", space)


def keep_vectors(relations: Mapping[str, int], context: Context) -> None:
    """Store a vector for each relation that has none yet; ``relations`` are the ids of its terms by name."""
    store, space = context.stores.relations, space_of(context.models)
    names = {term: name for name, term in relations.items()}
    new = store.lacking(sorted(names), space) if names else []
    if new:
        store.put(new, space, relation_vectors([names[term] for term in new], context.models))


def _space(models: Models) -> RelationSpace | None:
    extractor = models.extractor
    return extractor if isinstance(extractor, RelationSpace) and extractor.encoder == models.encoder.name else None
