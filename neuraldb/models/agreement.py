"""How likely an answer is, given all facts that give it and all answers beside it.

A reader sees one fact at a time. That three facts give one answer and a single fact another, that an answer stands in
ten facts and only one of them gives it, that a second value for one thing is much surer: all this it cannot know. A
logistic model over a few such figures does, and makes of the reader's confidences a calibrated one (Platt 1999). Its
weights are fitted on questions over made-up databases whose answers are known.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.errors import ModelUnavailable

WEIGHTS = Path(__file__).parent / "weights" / "agreement.json"
FEATURES = (
    "one", "surest", "mean", "facts", "share of mentions", "surer answer", "better supported",
    "named", "surer where named", "surer value of the key", "supported value of the key", "kin", "said to be", "plain",
)  # fmt: skip
KIN = 0.5
"""What is said neither for nor against: the middle of the cosines."""
SURE = 0.0005
"""Confidences are kept this far from 0 and 1."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One derivation: what it is grouped by, the fact that gives it, and the reader's confidence.

    Attributes:
        answer: equal for derivations of the same answer (for pairs: of the same key and value).
        key: equal for pairs with the same key; for answers the same as ``answer``.
        mentions: how many of the facts that were read mention the answer.
        kin: how near what it is said to be comes to what is asked for, a cosine; None if nothing is said or asked.
        plain: whether it is written in plain words ("the city"), without a capital or a digit.
    """

    answer: Hashable
    key: Hashable
    fact: int
    confidence: float
    mentions: int = 1
    kin: float | None = None
    plain: bool = False


def logit(confidence: float) -> float:
    """The logarithm of the odds, bounded."""
    p = min(max(confidence, SURE), 1.0 - SURE)
    return math.log(p / (1.0 - p))


def features(candidates: Sequence[Candidate], named: bool) -> tuple[list[Hashable], NDArray[np.float64]]:
    """The answers among the candidates of one question, and a row of :data:`FEATURES` for each.

    How many answers there are, or how many facts were read, is none of them: it follows from the size of the database.

    Args:
        candidates: all derivations, the unlikely ones too.
        named: whether the question names something, so that each of these facts mentions it.
    """
    by_answer: dict[Hashable, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_answer[candidate.answer].append(candidate)
    surest = {a: max(logit(c.confidence) for c in cs) for a, cs in by_answer.items()}
    support = {a: len({c.fact for c in cs}) for a, cs in by_answer.items()}
    rivals: dict[Hashable, list[Hashable]] = defaultdict(list)
    for answer, cs in by_answer.items():
        rivals[cs[0].key].append(answer)
    best, most = max(surest.values(), default=0.0), max(support.values(), default=1)
    rows = []
    for answer, cs in by_answer.items():
        same = rivals[cs[0].key]
        gap = best - surest[answer]
        rows.append([
            1.0,
            surest[answer],
            sum(logit(c.confidence) for c in cs) / len(cs),
            math.log(support[answer]),
            support[answer] / max(support[answer], *(c.mentions for c in cs)),
            gap,
            math.log(most / support[answer]),
            float(named),
            gap * named,
            max(surest[r] for r in same) - surest[answer],
            math.log(max(support[r] for r in same) / support[answer]),
            0.0 if cs[0].kin is None else cs[0].kin - KIN,
            float(cs[0].kin is not None),
            float(all(c.plain for c in cs)),
        ])  # fmt: skip
    return list(by_answer), np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES))


class Agreement:
    """The fitted model; one row of weights a mode.

    Attributes:
        reader: the name of the reader whose confidences it was fitted to.
    """

    def __init__(self, reader: str, weights: dict[str, Sequence[float]]) -> None:
        self.reader = reader
        self._weights = {mode: np.array(row, dtype=np.float64) for mode, row in weights.items()}

    @classmethod
    @lru_cache(maxsize=4)
    def load(cls, path: Path = WEIGHTS) -> Agreement:
        """The model from its file.

        Raises:
            ModelUnavailable: the file is missing, or is none of this model.
        """
        try:
            made = json.loads(path.read_text(encoding="utf-8"))
            if made["features"] != list(FEATURES):
                raise ValueError("it has other features")
            return cls(str(made["reader"]), {mode: [float(w) for w in row] for mode, row in made["weights"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelUnavailable(
                f"the weights {path.name} cannot be read: {error}", hint="reinstall neuraldb, or train them anew"
            ) from error

    def likely(self, mode: str, candidates: Sequence[Candidate], named: bool) -> dict[Hashable, float]:
        """The probability of each answer, in (0, 1)."""
        answers, rows = features(candidates, named)
        scores = rows @ self._weights[mode]
        return dict(zip(answers, (1.0 / (1.0 + np.exp(-scores))).tolist(), strict=True))
