"""The chance that an answer is right, from how it came about (Platt 1999, with more inputs than the score alone).

The reader's probability is of one question and one fact. Of a thousand facts many more are read that only look like an
answer, and an extreme is right only if no other value is wrong: so an answer's chance depends on how much was read, how
much was found, and what was done with it. The map is a logistic one, and grows with the confidence that it is given.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuraldb.core.errors import ModelUnavailable

WEIGHTS = Path(__file__).parent / "weights" / "calibration.json"
CLOSEST = 1e-3
"""Confidences are kept so far from 0 and 1: a reader cannot tell one of 0.9999 from one of 0.999."""
KINDS = ("set", "members", "filter", "count", "truth", "exists", "extreme", "total", "group", "compare", "both")
"""What a plan does with what was read: gives all of it (where the question names something, or all of a class), what
compares with a threshold, how many there are, whether one thing holds or any is there, the least or most, sums and
means, which has most, which of two has more, what two parts of a question have in common or not."""
INPUTS = ("bias", "confidence", "read", "found", "rows", "evidence", "open", "joined")


@dataclass(frozen=True, slots=True)
class Answered:
    """How a row of an answer came about.

    Attributes:
        kind: one of :data:`KINDS`.
        confidence: what the plan makes of the probabilities of the reader.
        read: facts that were read for the question.
        found: derivations that the reader found in them.
        rows: of the answer.
        evidence: facts that the row rests on.
        open: whether a step of the plan reads facts that name nothing in particular.
        joined: whether a part of the question was asked for each answer to another.
    """

    kind: str
    confidence: float
    read: int
    found: int
    rows: int
    evidence: int
    open: bool = False
    joined: bool = False

    @property
    def inputs(self) -> tuple[float, ...]:
        """The numbers that are weighed, in the order of :data:`INPUTS`."""
        kept = min(max(self.confidence, CLOSEST), 1.0 - CLOSEST)
        return (
            1.0,
            math.log(kept / (1.0 - kept)),
            math.log1p(self.read),
            math.log1p(self.found),
            math.log1p(self.rows),
            math.log1p(self.evidence),
            float(self.open),
            float(self.joined),
        )


@dataclass
class Calibrator:
    """The weights of the inputs, for each kind of plan.

    Attributes:
        reader: the name of the reader whose answers it was fitted to; of another's it knows nothing.
        weights: by kind, in the order of :data:`INPUTS`.
    """

    reader: str
    weights: Mapping[str, Sequence[float]]

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Calibrator:
        """The map from its file.

        Raises:
            ModelUnavailable: the file is missing or damaged.
        """
        try:
            made = json.loads(path.read_text("utf-8"))
            weights = {kind: tuple(float(made["weights"][kind][name]) for name in INPUTS) for kind in KINDS}
            return cls(str(made["reader"]), weights)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelUnavailable(f"cannot read the calibration {path}: {error}") from error

    def chance(self, answered: Answered) -> float:
        """How likely the row is right, in (0, 1).

        >>> even = Calibrator("some reader", {"set": (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)})
        >>> round(even.chance(Answered("set", 0.8, read=25, found=1, rows=1, evidence=1)), 3)
        0.8
        """
        score = math.fsum(w * x for w, x in zip(self.weights[answered.kind], answered.inputs, strict=True))
        # beyond 40 a double cannot hold the difference from 0 or 1
        return 1.0 / (1.0 + math.exp(-min(max(score, -36.0), 36.0)))
