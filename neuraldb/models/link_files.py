"""A trained link predictor as a folder: ``factors.safetensors``, ``rules.safetensors``, and ``card.json``.

Entities and relations have numbers in the order of the card's names; what a graph has besides is numbered after them,
and only rules know of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, load_file, save, save_file

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.factorisation import Factorisation
from neuraldb.models.mixture import Mixture, Weights
from neuraldb.models.protocols import LinkPredictor
from neuraldb.models.rules import EndRules, PathRule, Rules, RuleSet

CARD, FACTORS, RULES = "card.json", "factors.safetensors", "rules.safetensors"


@dataclass(frozen=True, slots=True)
class LinkModel:
    """What was learned from one graph.

    Attributes:
        entities: names, in the order of their numbers.
        relations: likewise.
        factors: None where none were trained.
        rules: None where none were mined.
        weights: how the two are mixed.
        card: data, settings and figures of the training.
    """

    entities: tuple[str, ...]
    relations: tuple[str, ...]
    factors: Factorisation | None
    rules: Rules | None
    weights: Weights
    card: dict[str, object]

    def predictor(self, triples: NDArray[np.int64], entities: int) -> LinkPredictor:
        """The model over a graph as it is now.

        Args:
            triples: what is stored (n, 3), in the model's numbers.
            entities: how many there are, those of the model first.

        Raises:
            ModelUnavailable: the model has neither factors nor rules.
        """
        factors = None if self.factors is None else self.factors.widened(entities)
        rules = None if self.rules is None else RuleSet(self.rules, triples, entities)
        if factors is not None and rules is not None:
            return Mixture(factors, rules, self.weights)
        if (only := factors or rules) is None:
            raise ModelUnavailable("the link predictor has neither factors nor rules")
        return only

    def save(self, folder: Path) -> None:
        """Write all into a folder, the card at last."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.factors is not None:
            self.factors.save(folder / FACTORS)
        if self.rules is not None:
            save_file(_arrays(self.rules), folder / RULES)
        card = {"entities": self.entities, "relations": self.relations, "weights": asdict(self.weights), **self.card}
        partial = folder / f"{CARD}.partial"
        partial.write_text(json.dumps(card, ensure_ascii=False), encoding="utf-8")
        partial.replace(folder / CARD)

    @classmethod
    def load(cls, folder: Path) -> LinkModel:
        """Read what :meth:`save` wrote.

        Raises:
            ModelUnavailable: there is no such folder, or something in it is damaged.
        """
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            entities, relations = (tuple(map(str, card.pop(name))) for name in ("entities", "relations"))
            weights = Weights(**card.pop("weights"))
            factors = Factorisation.load(folder / FACTORS) if (folder / FACTORS).exists() else None
            rules = _rules(load_file(folder / RULES)) if (folder / RULES).exists() else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
            reason = str(error) or type(error).__name__
            raise ModelUnavailable(f"the link predictor {folder} cannot be read: {reason}") from error
        return cls(entities, relations, factors, rules, weights, card)


def rules_as_bytes(rules: Rules) -> bytes:
    """Rules as a safetensors file."""
    return bytes(save(_arrays(rules)))


def rules_of(written: bytes) -> Rules:
    """What :func:`rules_as_bytes` wrote."""
    return _rules(load(written))


def _arrays(rules: Rules) -> dict[str, NDArray[np.generic]]:
    """Rules as flat arrays: each path rule's relation, confidence and three steps (-1: none), and rules for ends."""
    paths = [(relation, rule) for relation, found in rules.paths.items() for rule in found]
    steps = np.full((len(paths), max((len(r.steps) for _, r in paths), default=1)), -1, np.int32)
    for row, (_, rule) in enumerate(paths):
        steps[row, : len(rule.steps)] = rule.steps
    numbers = [np.full(len(ends.ends), step, np.int32) for step, ends in rules.ends.items()]
    return {
        "path.relation": np.array([relation for relation, _ in paths], np.int32),
        "path.confidence": np.array([rule.confidence for _, rule in paths], np.float32),
        "path.steps": steps,
        "end.step": _joined(numbers, np.int32),
        "end.feature": _joined([e.features for e in rules.ends.values()], np.int64),
        "end.end": _joined([e.ends.astype(np.int32) for e in rules.ends.values()], np.int32),
        "end.confidence": _joined([e.confidences for e in rules.ends.values()], np.float32),
    }


def _joined(arrays: Sequence[NDArray[np.generic]], kind: type[np.generic]) -> NDArray[np.generic]:
    return np.concatenate([np.zeros(0, kind), *arrays])


def _rules(arrays: dict[str, NDArray[np.generic]]) -> Rules:
    paths: dict[int, list[PathRule]] = {}
    columns = (arrays[f"path.{name}"].tolist() for name in ("relation", "confidence", "steps"))
    for relation, confidence, steps in zip(*columns, strict=True):
        rule = PathRule(tuple(step for step in steps if step >= 0), confidence)
        paths.setdefault(relation, []).append(rule)
    kinds = np.asarray(arrays["end.step"], np.int64)
    bounds = np.append(np.flatnonzero(np.diff(kinds, prepend=-1)), len(kinds))
    ends = {
        int(kinds[a]): EndRules(
            np.asarray(arrays["end.feature"][a:b], np.int64),
            np.asarray(arrays["end.end"][a:b], np.int64),
            np.asarray(arrays["end.confidence"][a:b], np.float32),
        )
        for a, b in pairwise(bounds)
    }
    return Rules(paths, ends)
