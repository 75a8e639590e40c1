"""How trained weights are kept: matrices as int8 with one fp16 scale a row, everything else as fp16, in safetensors."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from neuraldb.core.errors import ModelUnavailable

FORMAT = "neuraldb-int8-1"
ANEW = "reinstall neuraldb, or train them anew"


def pack(state: dict[str, Tensor], keep: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """Quantise: rows of each matrix are scaled to [-127, 127]; names that start with one of ``keep`` stay fp16."""
    out: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if tensor.ndim == 2 and min(tensor.shape) >= 16 and not name.startswith(keep or ("\0",)):
            scale = (tensor.abs().amax(1, keepdim=True) / 127).clamp(min=1e-8)
            out[name] = (tensor / scale).round().clamp(-127, 127).to(torch.int8)
            out[f"{name}.scale"] = scale.to(torch.float16)
        else:
            out[name] = tensor.to(torch.float16)
    return {name: tensor.contiguous() for name, tensor in out.items()}


def unpack(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """The fp32 tensors of a packed state."""
    out: dict[str, Tensor] = {}
    for name, tensor in packed.items():
        if name.endswith(".scale"):
            continue
        value = tensor.to(torch.float32)
        scale = packed.get(f"{name}.scale")
        out[name] = value * scale.to(torch.float32) if scale is not None else value
    return out


def save(path: Path, state: dict[str, Tensor], card: dict[str, object], keep: tuple[str, ...] = ()) -> None:
    """Write weights and their model card (data, licence, figures) into one file, atomically."""
    partial = path.with_suffix(".partial")
    save_file(pack(state, keep), partial, {"format": FORMAT, "card": json.dumps(card, sort_keys=True)})
    partial.replace(path)


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Weights (fp32) and card.

    Raises:
        ModelUnavailable: there is no such file, or it cannot be read, or it is damaged or not of this format.
    """
    try:
        if not path.exists():
            raise ModelUnavailable(f"the weights {path.name} are missing", hint=ANEW)
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ModelUnavailable(f"{path.name} is not of the format {FORMAT}", hint=ANEW)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        return unpack(tensors), _card(metadata)
    # RuntimeError: a scale that does not fit its matrix
    except (SafetensorError, OSError, RuntimeError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise ModelUnavailable(f"the weights {path.name} cannot be read: {reason}", hint=ANEW) from error


def _card(metadata: dict[str, str]) -> dict[str, object]:
    card = json.loads(metadata.get("card", "null"))
    if not isinstance(card, dict):
        raise ValueError("they have no model card")
    return card


def fit(network: nn.Module, state: dict[str, Tensor], elsewhere: tuple[str, ...]) -> None:
    """Put weights into a network.

    Args:
        network: the network.
        state: its weights; those whose names begin with one of ``elsewhere`` may be absent, since they come with the
            encoder.
        elsewhere: beginnings of names.

    Raises:
        ModelUnavailable: the weights are of another network.
    """
    try:
        result = network.load_state_dict(state, strict=False)
    except RuntimeError as error:  # of another shape; torch names every matrix in many lines
        reason = str(error).strip().splitlines()[-1].strip()
        raise ModelUnavailable(f"the weights do not fit: {reason}", hint=ANEW) from error
    absent = [name for name in result.missing_keys if not name.startswith(elsewhere)]
    if absent or result.unexpected_keys:
        what = f"{absent[0]} is absent" if absent else f"there is no place for {result.unexpected_keys[0]}"
        raise ModelUnavailable(f"the weights do not fit: {what}", hint=ANEW)


def entry(card: dict[str, object], name: str) -> str:
    """An entry of a model card, as text.

    Raises:
        ModelUnavailable: the card has none of this name.
    """
    if name not in card:
        raise ModelUnavailable(f"the weights' card has no {name}", hint=ANEW)
    return str(card[name])


def entries(card: dict[str, object], name: str) -> list[str]:
    """A list of a model card.

    Raises:
        ModelUnavailable: the card has no list of this name.
    """
    found = card.get(name)
    if not isinstance(found, list):
        raise ModelUnavailable(f"the weights' card has no list of {name}", hint=ANEW)
    return [str(item) for item in found]
