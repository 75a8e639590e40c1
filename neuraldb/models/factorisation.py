"""Link prediction by factorisation: ComplEx (Trouillon et al. 2016) with reciprocal relations (Lacroix et al. 2018)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.protocols import Entities, Vectors

FORMAT = "neuraldb-complex-1"


@dataclass(frozen=True, slots=True)
class Factorisation:
    """Trained factors. A complex number of rank k is kept as 2k floats, first the real parts.

    Attributes:
        name: name and version.
        entities: (entities, 2k) float32, column after column in memory: so a row of scores takes half the time.
        forward: of relations (relations, 2k) float32.
        backward: of the same relations read from tail to head.
        card: data, settings and figures of the training.
        trained: how many entities have factors, the first ones; None: all.
    """

    name: str
    entities: Vectors
    forward: Vectors
    backward: Vectors
    card: dict[str, object]
    trained: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "entities", np.asfortranarray(self.entities))

    def queries(self, heads: Entities, relation: int, inverse: bool = False) -> Vectors:
        """What the inner product of an entity's factors with is its score, (n, 2k) float32."""
        return products(self.entities[heads], (self.backward if inverse else self.forward)[relation])

    def rows(self, heads: Entities, relation: int, inverse: bool = False) -> Vectors:
        """See :meth:`neuraldb.models.protocols.LinkPredictor.rows`; an entity without factors scores -inf."""
        scores: Vectors = self.queries(heads, relation, inverse) @ self.entities.T
        if self.trained is not None:
            scores[:, self.trained :] = -np.inf
        return scores

    def widened(self, entities: int) -> Factorisation:
        """The same for a graph that has grown: what came after has no factors."""
        if entities <= len(self.entities):
            return self
        more = np.zeros((entities - len(self.entities), self.entities.shape[1]), np.float32)
        trained = len(self.entities) if self.trained is None else self.trained
        return replace(self, entities=np.concatenate([self.entities, more]), trained=trained)

    def save(self, path: Path) -> None:
        """Write the factors as fp16, and the card, into one file, atomically."""
        tensors = {
            name: getattr(self, name).astype(np.float16, order="C") for name in ("entities", "forward", "backward")
        }
        partial = path.with_suffix(".partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, partial, {"format": FORMAT, "name": self.name, "card": json.dumps(self.card)})
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Factorisation:
        """Read what :meth:`save` wrote.

        Raises:
            ModelUnavailable: there is no such file, or it is damaged or of another format.
        """
        try:
            with safe_open(path, "np") as file:
                metadata = file.metadata() or {}
                if metadata.get("format") != FORMAT:
                    raise ModelUnavailable(f"{path.name} is not of the format {FORMAT}")
                tensors = {n: file.get_tensor(n).astype(np.float32) for n in ("entities", "forward", "backward")}
            return cls(metadata["name"], **tensors, card=json.loads(metadata["card"]))
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise ModelUnavailable(f"the link predictor {path.name} cannot be read: {reason}") from error


def products(left: NDArray[np.float32], right: NDArray[np.float32]) -> Vectors:
    """Products of complex numbers, rows (n, 2k) with real parts first."""
    a, b = np.split(left, 2, axis=-1)
    c, d = np.split(right, 2, axis=-1)
    return np.concatenate([a * c - b * d, a * d + b * c], axis=-1)
