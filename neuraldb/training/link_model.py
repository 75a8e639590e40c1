"""The recipe of a link predictor for a graph's files: factors, rules, and how they are mixed."""

from __future__ import annotations

import time
from pathlib import Path

from neuraldb.models.factorisation import Factorisation
from neuraldb.models.link_files import LinkModel
from neuraldb.models.mixture import Weights
from neuraldb.models.rules import Rules, RuleSet
from neuraldb.training import link_mixing, link_recipe, rule_mining
from neuraldb.training.triples import load


def run(
    data: Path, out: Path, checkpoint: Path, settings: link_recipe.Settings, only: str | None = None
) -> dict[str, float]:
    """Train on ``train.txt`` and write the predictor; how the two are mixed is learned on ``valid.txt``.

    Args:
        data: the folder of the graph.
        out: the folder of the predictor.
        checkpoint: from which the factorisation resumes.
        settings: of the factorisation.
        only: ``factors`` or ``rules``; None for both.

    Returns:
        Minutes of each part, and the weights of the mixture.
    """
    graph = load(data)
    triples, entities = graph.splits["train"], len(graph.entities)
    factors: Factorisation | None = None
    rules: Rules | None = None
    figures: dict[str, float] = {}
    if only != "factors":
        begun = time.monotonic()
        rules = rule_mining.mine(triples, entities, rule_mining.Settings(seed=settings.seed))
        figures["minutes, rules"] = (time.monotonic() - begun) / 60
    if only != "rules":
        factors = link_recipe.train(triples, entities, len(graph.relations), settings, checkpoint)
        figures["minutes, factors"] = float(str(factors.card["minutes"]))
    weights = Weights()
    if factors is not None and rules is not None and "valid" in graph.splits:
        weights = link_mixing.learn(
            factors, RuleSet(rules, triples, entities), graph.splits["valid"], triples, settings.seed
        )
        figures |= {"weight, factors": weights.factors, "weight, rules": weights.rules}
    card: dict[str, object] = {"data": data.name, "triples": len(triples), "figures": dict(figures)}
    LinkModel(graph.entities, graph.relations, factors, rules, weights, card).save(out)
    return figures
