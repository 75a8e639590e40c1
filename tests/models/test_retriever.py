"""The embedded retriever: what questions look for among the facts' vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models import packing
from neuraldb.models.encoder import MiniLMEncoder
from neuraldb.models.protocols import Retriever
from neuraldb.models.registry import Models
from neuraldb.models.retriever import WEIGHTS, MiniLMRetriever

QUESTIONS = ["Which bridge is the longest?", "Who wrote the report on icebergs?", "List all ships."]


@pytest.fixture(scope="module")
def retriever() -> MiniLMRetriever:
    return MiniLMRetriever.load()


def test_it_is_a_retriever_of_the_embedded_encoder(retriever: MiniLMRetriever) -> None:
    assert isinstance(retriever, Retriever)
    assert retriever.encoder == MiniLMEncoder.name
    assert retriever.name.startswith("minilm-retriever-")


def test_questions_become_unit_vectors_each_on_its_own(retriever: MiniLMRetriever) -> None:
    vectors, biases, scale = retriever.wanted(QUESTIONS)
    assert (vectors.shape, biases.shape) == ((3, 384), (3,))
    assert vectors.dtype == biases.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert scale > 0
    for place, question in enumerate(QUESTIONS):
        alone, bias, _ = retriever.wanted([question])
        assert np.array_equal(alone[0], vectors[place])
        assert bias[0] == biases[place]


def test_no_questions_look_for_nothing(retriever: MiniLMRetriever) -> None:
    vectors, biases, _ = retriever.wanted([])
    assert (vectors.shape, biases.shape) == ((0, 384), (0,))


def test_a_fact_that_answers_has_a_better_chance(retriever: MiniLMRetriever) -> None:
    facts = [
        "The Orion Bridge is 320 metres long.",
        "Mara Lind plays the cello in a quartet.",
        "The report on icebergs is by Tomas Ek.",
        "Kiwi grows well in warm valleys.",
    ]
    stored = MiniLMEncoder.load().encode(facts)
    vectors, biases, scale = retriever.wanted(QUESTIONS[:2])
    logits = scale * vectors @ stored.T + biases[:, None]
    assert logits[0].argmax() == 0
    assert logits[1].argmax() == 2


def test_weights_that_are_missing_or_of_another_network_are_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable):
        MiniLMRetriever.load(tmp_path / "none.safetensors")
    state, card = packing.load(WEIGHTS)
    del state["bias.weight"]
    packing.save(tmp_path / "less.safetensors", state, card)
    with pytest.raises(ModelUnavailable, match=r"bias\.weight is absent"):
        MiniLMRetriever.load(tmp_path / "less.safetensors")


def test_another_encoder_has_no_retriever_of_ours() -> None:
    class Other:
        name, width = "other", 3

        def encode(self, texts: list[str]) -> np.ndarray:
            return np.zeros((len(texts), 3), np.float32)

    assert Models(Other()).retriever is None  # type: ignore[arg-type]
