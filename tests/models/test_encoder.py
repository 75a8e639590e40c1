"""The sentence encoder: what it averages, and that a text's vector depends on nothing but the text."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from models.bodies import TEXTS, Lookup, tiny_body, token_ids
from neuraldb.core.errors import Cancelled
from neuraldb.core.progress import CancelToken
from neuraldb.models.encoder import LONGEST, MiniLMEncoder
from neuraldb.models.minilm import CLS, SEP, WIDTH
from neuraldb.models.protocols import Encoder
from neuraldb.models.runtime import TOKENS


@pytest.fixture
def body() -> Lookup:
    """A body under which vectors count tokens."""
    return Lookup()


@pytest.fixture
def counting(body: Lookup) -> MiniLMEncoder:
    """An encoder over it."""
    return MiniLMEncoder(body)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tiny() -> MiniLMEncoder:
    """An encoder in which tokens see each other."""
    return MiniLMEncoder(tiny_body())


def counted(ids: list[int]) -> np.ndarray:
    out = np.zeros(WIDTH)
    for place, count in Counter(i % WIDTH for i in [CLS, *ids, SEP]).items():
        out[place] = count
    return out / np.linalg.norm(out)


def test_it_is_an_encoder(counting: MiniLMEncoder) -> None:
    assert isinstance(counting, Encoder)


def test_a_vector_is_the_mean_of_all_tokens_and_of_no_padding(counting: MiniLMEncoder, body: Lookup) -> None:
    vectors = counting.encode(TEXTS)
    assert len(body.batches) == 1
    assert vectors.dtype == np.float32
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert vector == pytest.approx(counted(token_ids(text)), abs=1e-6)


def test_what_is_beyond_the_longest_does_not_count(counting: MiniLMEncoder) -> None:
    words = "oslo " * (LONGEST - 2)
    (vector,) = counting.encode([words + "bergen " * 50])
    assert vector == pytest.approx(counted(token_ids(words)), abs=1e-6)
    (shorter,) = counting.encode(["oslo " * (LONGEST - 3) + "bergen"])
    assert shorter != pytest.approx(vector, abs=1e-3)


def test_equal_texts_are_encoded_once_and_each_stands_in_its_place(counting: MiniLMEncoder, body: Lookup) -> None:
    texts = ["Oslo", "Bergen is far", "Oslo", "Oslo", "Bergen is far"]
    vectors = counting.encode(texts)
    assert sum(shape[0] for shape in body.batches) == 2
    for text, vector in zip(texts, vectors, strict=True):
        assert vector == pytest.approx(counted(token_ids(text)), abs=1e-6)


def test_nothing_gives_no_vectors(counting: MiniLMEncoder, body: Lookup) -> None:
    assert counting.encode([]).shape == (0, WIDTH)
    assert body.batches == []


def test_a_vector_does_not_depend_on_the_batch(tiny: MiniLMEncoder) -> None:
    together = tiny.encode(TEXTS)
    backwards = tiny.encode(TEXTS[::-1])[::-1]
    alone = np.concatenate([tiny.encode([text]) for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-5)
    assert backwards == pytest.approx(alone, abs=1e-5)
    # and different texts do not have the same one
    assert (np.abs(alone @ alone.T - np.eye(len(TEXTS))) < 0.999).all()


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
@settings(max_examples=10, deadline=None)
def test_any_text_has_a_unit_vector(tiny: MiniLMEncoder, texts: list[str]) -> None:
    vectors = tiny.encode(texts)
    assert vectors.shape == (len(texts), WIDTH)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)
    assert vectors[0] == pytest.approx(tiny.encode(texts[:1])[0], abs=1e-5)


def test_it_can_be_stopped_between_batches(counting: MiniLMEncoder, body: Lookup) -> None:
    class AfterOne(CancelToken):
        def check(self) -> None:
            if body.batches:
                self.cancel()
            super().check()

    texts = [f"{n} {'oslo ' * 200}" for n in range(2 * TOKENS // 200)]
    with pytest.raises(Cancelled):
        counting.encode(texts, AfterOne())
    assert len(body.batches) == 1


def test_the_encoder_that_is_loaded_gives_the_published_vectors() -> None:
    exact, loaded = MiniLMEncoder().encode(TEXTS), MiniLMEncoder.load().encode(TEXTS)
    assert loaded == pytest.approx(exact, abs=2.5e-3)
    assert (loaded * exact).sum(1) == pytest.approx(1.0, abs=2e-4)
