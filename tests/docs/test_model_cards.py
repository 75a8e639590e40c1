"""The model cards say what the weights themselves say: size, figures, data, vocabulary."""

from __future__ import annotations

import json
import math
import re
import struct
from pathlib import Path
from typing import Any

import pytest

from docs.commands import ROOT
from docs.test_shell_reference import rows, sections, spelt
from neuraldb.models.reader_network import LONGEST_SPAN
from neuraldb.shell.benches import RECIPES

WEIGHTS = ROOT / "neuraldb" / "models" / "weights"
TEXT = (WEIGHTS / "README.md").read_text("utf-8")
SECTIONS = sections(TEXT)
HEADINGS = {
    "reader": "Reader", "extractor": "Extractor", "question_parser": "Question parser", "retriever": "Retriever",
    "plan_ranker": "Plan ranker",
}  # fmt: skip


def header(path: Path) -> dict[str, Any]:
    """What a file of weights says of itself and its tensors."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return dict(json.loads(file.read(length)))


def card(path: Path) -> dict[str, Any]:
    """The card in a file of weights."""
    return dict(json.loads(header(path)["__metadata__"]["card"]))


def test_every_model_has_a_card() -> None:
    assert {path.stem for path in WEIGHTS.glob("*.safetensors")} == set(HEADINGS)


def test_sizes() -> None:
    told = {spelt(row[0])[0]: (row[1], row[2]) for row in rows(TEXT, "file")}
    for model in HEADINGS:
        path = WEIGHTS / f"{model}.safetensors"
        shapes = {n: t["shape"] for n, t in header(path).items() if n != "__metadata__" and not n.endswith(".scale")}
        parameters = sum(math.prod(shape) for shape in shapes.values())
        assert told[path.name] == (f"{parameters:,}", f"{path.stat().st_size:,}")


@pytest.mark.parametrize(("model", "heading"), HEADINGS.items())
def test_figures(model: str, heading: str) -> None:
    told = {spelt(row[1])[0]: row[2] for row in rows(SECTIONS[heading], "measured on")}
    assert told == {name: f"{value:.1f}" for name, value in card(WEIGHTS / f"{model}.safetensors")["figures"].items()}


@pytest.mark.parametrize(("model", "heading"), HEADINGS.items())
def test_recipes_and_modules_exist(model: str, heading: str) -> None:
    body = SECTIONS[heading]
    assert all(name in RECIPES for name in re.findall(r"neuraldb train ([\w-]+)", body))
    assert re.search(r"neuraldb train [\w-]+", body)
    assert [
        p for p in re.findall(r"`((?:models|operators)/\w+\.py)`", body) if not (ROOT / "neuraldb" / p).exists()
    ] == []


@pytest.mark.parametrize(("model", "heading"), HEADINGS.items())
def test_data(model: str, heading: str) -> None:
    (told,) = re.findall(r"\*\*Data\.\*\*(.*?)(?=\n- )", SECTIONS[heading], re.DOTALL)
    corpora = re.findall(r"[A-Z]{3,}\w*|[A-Z]\w*[A-Z]\w*|Spider", card(WEIGHTS / f"{model}.safetensors")["data"])
    assert len(corpora) > 1 or model == "retriever"  # which learns from what is generated alone
    assert [name for name in corpora if name not in told] == []
    assert "WebNLG" not in told


def test_vocabulary_and_thresholds() -> None:
    words = card(WEIGHTS / "extractor.safetensors")
    counts = f"{len(words['relations']):,} relation words and\n  {len(words['classes'])} class words"
    assert counts in SECTIONS["Extractor"]
    assert f"up to {LONGEST_SPAN} tokens a span" in SECTIONS["Reader"]
    spj = (ROOT / "neuraldb" / "operators" / "spj.py").read_text("utf-8")
    assert all(re.search(rf"^{name}\b", spj, re.MULTILINE) for name in ("LIKELY", "CONTEST"))


def test_figures_of_factbench_are_those_of_the_readme() -> None:
    (all_,) = re.findall(r"^\| all \| ([\d.]+) \| ([\d.]+) \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert [row[2] for row in rows(SECTIONS["All together"], "file")] == list(all_)


def test_files_of_the_corpora() -> None:
    told = {spelt(row[0])[0] for row in rows((ROOT / "docs" / "models.md").read_text("utf-8"), "file")}
    read: set[str] = set()
    for path in (ROOT / "neuraldb" / "training").glob("*.py"):
        read |= set(re.findall(r'folder / "([\w-]+)" /', path.read_text("utf-8")))
    # the lexicon's own folders are in the package
    own = {path.name for path in (ROOT / "neuraldb" / "training" / "lexicon").iterdir() if path.is_dir()}
    assert {name.partition("/")[0] for name in told} == read - own
