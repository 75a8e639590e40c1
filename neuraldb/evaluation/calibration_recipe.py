"""``neuraldb train calibration``: the map from confidences to chances, fitted on answers to made-up questions.

Each kind of plan has its own weights, drawn towards those that all kinds have together, since some kinds are rare: a
logistic regression with two levels (ridge on both), which is convex. The weight of the confidence is at least 0.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuraldb.core.argument_types import positive
from neuraldb.evaluation.calibration import Judged, expected_calibration_error
from neuraldb.evaluation.calibration_data import SIZES, Outcome, Recorder, measured
from neuraldb.models.calibration import INPUTS, KINDS, WEIGHTS, Calibrator
from neuraldb.models.registry import Models

SHARED, OWN = 1.0, 4.0
"""The ridge on the weights that all kinds share, and on what a kind has of its own."""
ROUNDS = 4
"""Databases of each size."""
MINUTES = 60

Floats = NDArray[np.float64]


def fitted(rows: Sequence[Outcome], reader: str) -> Calibrator:
    """The map that makes the outcomes likeliest; there must be some."""
    from scipy.optimize import minimize

    inputs = np.array([row.answered.inputs for row in rows])
    right = np.array([row.right for row in rows], dtype=np.float64)
    kinds = np.array([KINDS.index(row.answered.kind) for row in rows])
    middle, spread = inputs.mean(0), inputs.std(0)
    middle[0], spread[spread == 0] = 0.0, 1.0
    scaled = (inputs - middle) / spread
    shape = len(KINDS) + 1, len(INPUTS)
    sure = INPUTS.index("confidence")
    # the confidence weighs the same in all kinds, so that it can be kept from counting against an answer
    free: list[tuple[float | None, float | None]] = [(None, None)] * (shape[0] * shape[1])
    free[sure] = (0.0, None)
    for kind in range(1, shape[0]):
        free[kind * shape[1] + sure] = (0.0, 0.0)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(shape)
        score = ((weights[0] + weights[1 + kinds]) * scaled).sum(1)
        penalty = np.full(shape, OWN)
        penalty[0] = SHARED
        penalty[0, 0] = 0.0
        value = (np.logaddexp(0.0, score) - right * score).sum() + 0.5 * (penalty * weights**2).sum()
        wrong = (1.0 / (1.0 + np.exp(-score)) - right)[:, None] * scaled
        slope = penalty * weights
        slope[0] += wrong.sum(0)
        np.add.at(slope, 1 + kinds, wrong)
        return float(value), slope.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", bounds=free).x.reshape(shape)
    weights = (found[0] + found[1:]) / spread
    weights[:, 0] -= weights[:, 1:] @ middle[1:]
    return Calibrator(reader, {kind: tuple(w.tolist()) for kind, w in zip(KINDS, weights, strict=True)})


def error_of(rows: Iterable[Outcome], calibrator: Calibrator | None) -> float:
    """The expected calibration error of the outcomes in points, before (None) or after the map."""
    judged = [
        Judged("", row.answered.confidence if calibrator is None else calibrator.chance(row.answered), row.right)
        for row in rows
    ]
    return 100 * expected_calibration_error(judged)


def written(calibrator: Calibrator, figures: dict[str, float], about: str, out: Path) -> None:
    """The map with its card, as :meth:`~neuraldb.models.calibration.Calibrator.load` reads it."""
    weights = {
        kind: {name: round(weight, 4) for name, weight in zip(INPUTS, calibrator.weights[kind], strict=True)}
        for kind in KINDS
    }
    rounded = {name: round(value, 1) for name, value in figures.items()}
    card = {"reader": calibrator.reader, "data": about, "figures": rounded, "weights": weights}
    out.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def run(
    out: Path,
    rounds: int = ROUNDS,
    seed: int = 0,
    sizes: Sequence[int] = SIZES,
    minutes: float = MINUTES,
    models: Models | None = None,
) -> dict[str, float]:
    """Ask generated databases, fit the map to all of them, and write it.

    Args:
        out: where the map goes.
        rounds: how many databases there are of each size, at most.
        seed: from which they follow.
        sizes: their facts.
        minutes: after so long no other database is begun.
        models: None for the embedded ones.

    Returns:
        What :func:`figures_of` measures.
    """
    end = time.monotonic() + 60 * minutes
    own = models if models is not None else Models()
    reader = own.reader.name
    models = Models(
        own.encoder, own.reader, own.parser, own.extractor, retriever=own.retriever, calibrator=Recorder(reader, {})
    )
    kept: list[tuple[int, list[Outcome]]] = []
    for size, rows in measured(sizes, rounds, seed, models):
        print(f"{size} facts: {len(rows)} rows", file=sys.stderr)
        kept.append((size, rows))
        if time.monotonic() > end:
            break
    figures = figures_of(kept, reader)
    every = [row for _, rows in kept for row in rows]
    about = f"{len(every)} rows of answers on {len(kept)} generated databases of {min(sizes)} to {max(sizes)} facts"
    written(fitted(every, reader), figures, about, out)
    return figures


def figures_of(kept: Sequence[tuple[int, Sequence[Outcome]]], reader: str, folds: int = 4) -> dict[str, float]:
    """The error before and after a map that was fitted to other databases, in points, by size and over all.

    Args:
        kept: of each database its size and the rows of all answers.
        reader: the name of the reader.
        folds: into how many parts the databases are dealt, each to be measured by a map that was fitted to the others.
    """
    before: dict[int, list[Judged]] = {}
    after: dict[int, list[Judged]] = {}
    for fold in range(min(folds, len(kept))):
        others = [row for number, (_, rows) in enumerate(kept) if number % folds != fold for row in rows]
        made = fitted(others, reader) if others else None
        if made is None:
            continue
        for size, rows in kept[fold::folds]:
            before.setdefault(size, []).extend(Judged("", row.answered.confidence, row.right) for row in rows)
            after.setdefault(size, []).extend(Judged("", made.chance(row.answered), row.right) for row in rows)
    figures = {}
    for size in sorted(before):
        figures[f"before at {size}"] = 100 * expected_calibration_error(before[size])
        figures[f"after at {size}"] = 100 * expected_calibration_error(after[size])
    figures["before"] = 100 * expected_calibration_error([each for some in before.values() for each in some])
    figures["after"] = 100 * expected_calibration_error([each for some in after.values() for each in some])
    return figures


def command(parser: argparse.ArgumentParser) -> None:
    """``neuraldb train calibration``."""
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the map goes")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"how long to ask at most (default {MINUTES})")
    parser.add_argument("--rounds", type=positive, default=ROUNDS, help=f"databases of each size (default {ROUNDS})")
    parser.add_argument("--sizes", type=positive, nargs="+", default=list(SIZES), help="facts of a database")
    parser.add_argument("--seed", type=int, default=0, help="from which all follows (default 0)")
    parser.set_defaults(run=_command)


def _command(arguments: argparse.Namespace) -> int:
    for name, value in run(arguments.out, arguments.rounds, arguments.seed, arguments.sizes, arguments.minutes).items():
        print(f"{name:<24}{value:>8.1f}")
    return 0
