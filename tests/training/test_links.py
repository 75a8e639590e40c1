"""The recipes of link prediction: factors, mixing, and a predictor as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuraldb.core.errors import Cancelled, ImportFailed, ModelUnavailable
from neuraldb.core.progress import CancelToken
from neuraldb.evaluation.link_ranking import rank
from neuraldb.models.link_files import FACTORS, LinkModel
from neuraldb.models.mixture import Weights
from neuraldb.training.link_mixing import FLOORS, learn
from neuraldb.training.link_model import run
from neuraldb.training.link_recipe import Pairs, Settings, Trainer, inverses, train
from neuraldb.training.triples import load
from tests.training.graphs import AUNT, PARENT, families, written

QUICK = Settings(rank=16, epochs=40, batch=64, n3=0.01)
SHARED = Path(__file__).parents[3] / "shared" / "data" / "kg"


def test_pairs_hold_each_distinct_triple_once() -> None:
    pairs = Pairs.of(np.array([[0, 0, 1], [0, 0, 2], [0, 0, 1], [1, 1, 0]]))
    seen = []
    for heads, relations, rows, tails in pairs.batches(2, np.random.default_rng(0)):
        seen += [(int(heads[r]), int(relations[r]), int(t)) for r, t in zip(rows, tails, strict=True)]
    assert sorted(seen) == [(0, 0, 1), (0, 0, 2), (1, 1, 0)]


def test_the_gradient_is_that_of_the_softmax_over_all_entities() -> None:
    import torch

    trainer = Trainer(7, 2, Settings(rank=4))
    trainer._type = torch.float32
    queries = torch.randn(2, 8, generator=torch.Generator().manual_seed(0)).requires_grad_()
    entities = trainer.factors[0] = torch.randn(7, 8, generator=torch.Generator().manual_seed(1))
    rows, tails = torch.tensor([0, 0, 1]), torch.tensor([3, 5, 3])
    loss, at_queries, at_entities = trainer._softmax(queries.detach(), rows, tails)
    leaf = entities.clone().requires_grad_()
    expected = torch.nn.functional.cross_entropy((queries @ leaf.T)[rows], tails)
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    torch.testing.assert_close(at_queries, queries.grad)
    torch.testing.assert_close(at_entities, leaf.grad)


def test_relations_that_are_each_others_inverses_are_found() -> None:
    assert inverses(np.array([[0, 0, 1], [1, 1, 0], [0, 2, 1]]), 3).tolist() == [1, 0, 1]
    assert inverses(np.array([[0, 0, 1], [1, 1, 2]]), 2).tolist() == [-1, -1]


def test_factors_learn_what_they_are_told_and_resume(tmp_path: Path) -> None:
    edges, _, entities = families(10)
    whole = train(edges, entities, 3, QUICK)
    half = tmp_path / "links.pt"
    train(edges, entities, 3, Settings(**{**_fields(QUICK), "epochs": 20}), half)
    resumed = train(edges, entities, 3, QUICK, half)
    np.testing.assert_allclose(whole.entities, resumed.entities, atol=1e-6)
    assert whole.rows(np.array([3]), PARENT)[0].argmax() == 4
    assert whole.rows(np.array([4]), PARENT, inverse=True)[0].argmax() == 3


def _fields(settings: Settings) -> dict[str, float]:
    return {name: getattr(settings, name) for name in Settings.__dataclass_fields__}


def test_training_stops_when_it_is_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        train(families(3)[0], 9, 3, QUICK, token=token)


def test_a_predictor_is_the_same_after_it_was_written(tmp_path: Path) -> None:
    edges, missing, _ = families(30, without=6)
    data = written(tmp_path, {"train": edges, "valid": missing})
    figures = run(data, tmp_path / "model", tmp_path / "links.pt", QUICK)
    assert {"minutes, factors", "minutes, rules", "weight, factors", "weight, rules"} == set(figures)
    model = LinkModel.load(tmp_path / "model")
    graph = load(data, model.entities, model.relations)
    again = LinkModel.load(tmp_path / "model")
    heads = np.array([0, 3])
    one = model.predictor(graph.splits["train"], len(graph.entities)).rows(heads, 2)
    np.testing.assert_array_equal(one, again.predictor(graph.splits["train"], len(graph.entities)).rows(heads, 2))
    assert rank(model.predictor(graph.splits["train"], len(graph.entities)), graph, graph.splits["valid"]).mrr > 0.9


def test_an_entity_that_came_later_is_served_by_rules(tmp_path: Path) -> None:
    edges, missing, entities = families(30, without=6)
    data = written(tmp_path, {"train": edges, "valid": missing})
    run(data, tmp_path / "model", tmp_path / "links.pt", QUICK)
    new = np.array([(entities, PARENT, entities + 1), (entities + 1, 1, entities + 2)])
    written(tmp_path, {"train": np.concatenate([edges, new])})
    model = LinkModel.load(tmp_path / "model")
    graph = load(data, model.entities, model.relations)
    scores = model.predictor(graph.splits["train"], len(graph.entities)).rows(
        np.array([graph.entities.index(str(entities))]), graph.relations.index(str(AUNT))
    )
    assert np.isfinite(scores).all()
    assert graph.entities[scores[0].argmax()] == str(entities + 2)


def test_mixing_trusts_the_predictor_that_knows() -> None:
    class Knows:
        name = "knows"

        def rows(self, heads: np.ndarray, relation: int, inverse: bool = False) -> np.ndarray:
            scores = np.full((len(heads), 20), 0.01, np.float32)
            scores[np.arange(len(heads)), heads ^ 1] = 0.9
            return scores

    class Guesses:
        name = "guesses"

        def rows(self, heads: np.ndarray, relation: int, inverse: bool = False) -> np.ndarray:
            return np.random.default_rng(int(heads[0])).normal(size=(len(heads), 20)).astype(np.float32)

    unseen = np.array([(2 * i, 0, 2 * i + 1) for i in range(10)])
    weights = learn(Guesses(), Knows(), unseen, np.zeros((0, 3), np.int64), seed=0)
    assert weights.rules * np.log(0.9 / 0.02) > 3 * weights.factors


def test_the_weights_are_those_of_the_greatest_likelihood() -> None:
    class Says:
        name = "says"

        def __init__(self, rows: list[list[float]]) -> None:
            self.table = np.array(rows, np.float32)

        def rows(self, heads: np.ndarray, relation: int, inverse: bool = False) -> np.ndarray:
            return self.table[(heads + 2 * inverse) % 4]

    rng = np.random.default_rng(1)
    logits, sure = rng.normal(size=(4, 4)), rng.random((4, 4))
    unseen = np.array([(0, 0, 1), (1, 0, 0), (2, 0, 3), (3, 0, 1)])
    factors, rules = Says(logits.tolist()), Says(sure.tolist())
    weights = learn(factors, rules, unseen, np.zeros((0, 3), np.int64), seed=0)

    def loss(by_factors: float, by_rules: float, floor: float) -> float:
        total = 0.0
        for head, _, tail in unseen.tolist():
            for near, far, inverse in ((head, tail, False), (tail, head, True)):
                true = {t for h, _, t in unseen.tolist() if h == near}
                if inverse:
                    true = {h for h, _, t in unseen.tolist() if t == near}
                row = (near + 2 * inverse) % 4
                mixed = by_factors * logits[row] + by_rules * np.log(floor + sure[row])
                total += np.log(np.exp(mixed[[e for e in range(4) if e == far or e not in true]]).sum()) - mixed[far]
        return total

    least = loss(weights.factors, weights.rules, weights.floor)
    grid = np.linspace(0, 3, 13)
    assert all(least <= loss(f, r, floor) + 1e-4 for f in grid for r in grid for floor in FLOORS)


def test_what_is_no_graph_or_no_predictor_is_said(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"no train\.txt"):
        load(tmp_path)
    (tmp_path / "train.txt").write_text("a\tb\n", encoding="utf-8")
    with pytest.raises(ImportFailed, match=r"train\.txt:1: a triple has three parts, not 2"):
        load(tmp_path)
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        LinkModel.load(tmp_path)
    LinkModel((), (), None, None, Weights(), {}).save(tmp_path)
    with pytest.raises(ModelUnavailable, match="neither factors nor rules"):
        LinkModel.load(tmp_path).predictor(np.zeros((0, 3), np.int64), 0)
    (tmp_path / FACTORS).write_bytes(b"no factors")
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        LinkModel.load(tmp_path)


@pytest.mark.data
@pytest.mark.parametrize(("name", "least"), [("umls", 0.85), ("kinship", 0.8)])
def test_small_graphs_are_learned_in_seconds(name: str, least: float) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is not there")
    graph = load(SHARED / name)
    factors = train(graph.splits["train"], len(graph.entities), len(graph.relations), Settings(rank=64, epochs=15))
    assert rank(factors, graph, graph.splits["test"]).mrr > least
