"""Folders that hold a Hugging Face model: what is told of them before anything is loaded."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from neuraldb.core.errors import ModelUnavailable

SETTINGS = "neuraldb_reader.json"
"""The file in a model's folder that keeps what NeuralDB knows of it: ``temperature``, and the card of its training."""
SAMPLE = 1 << 20
"""Bytes of a weights file that stand for it at its beginning, middle and end."""


def check(folder: Path) -> None:
    """Refuse a folder that holds no model; nothing is loaded.

    Raises:
        ModelUnavailable: it has no configuration.
    """
    if not folder.is_dir():
        raise ModelUnavailable(
            f"there is no folder {folder}", hint="models are read from folders on this machine, never from a hub"
        )
    if not (folder / "config.json").is_file():
        raise ModelUnavailable(f"the folder {folder} has no config.json, so it holds no model")


def settings(folder: Path) -> dict[str, Any]:
    """What :data:`SETTINGS` keeps of a model; empty where there is none.

    Raises:
        ModelUnavailable: the file is damaged, or its temperature is no number above zero.
    """
    path = folder / SETTINGS
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        temperature = float(found.get("temperature", 1.0))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"{path} cannot be read: {error}") from error
    if not 0 < temperature < math.inf:
        raise ModelUnavailable(f"the temperature in {path} is {temperature}, and must be above 0")
    return {**found, "temperature": temperature}


def save_settings(folder: Path, **entries: Any) -> None:
    """Put entries into :data:`SETTINGS`, beside those that are there."""
    partial = folder / f"{SETTINGS}.partial"
    partial.write_text(json.dumps({**settings(folder), **entries}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(folder / SETTINGS)


def fingerprint(folder: Path) -> str:
    """Twelve hexadecimal digits that another model, another tokenizer or another temperature would not have.

    Weights are known by their size and samples of them: training changes all of them.
    """
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".json", ".model", ".txt", ".safetensors", ".bin")):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            for place in (0, size // 2, max(0, size - SAMPLE)):
                file.seek(place)
                digest.update(file.read(SAMPLE))
    return digest.hexdigest()
