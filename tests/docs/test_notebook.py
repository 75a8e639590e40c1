"""The example notebook runs from top to bottom and shows what its text says; it is kept without outputs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from docs.commands import ROOT

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def code_cells(path: Path) -> dict[str, dict[str, Any]]:
    """The cells of code by their ids."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return {cell["id"]: cell for cell in cells if cell["cell_type"] == "code"}


def test_it_is_kept_without_outputs() -> None:
    cells = code_cells(NOTEBOOK)
    assert len(cells) > 6
    assert [name for name, cell in cells.items() if cell["outputs"] or cell["execution_count"]] == []


def shown(cell: dict[str, Any], kind: str) -> str:
    """What a cell shows as plain text or as HTML (``text/plain``, ``text/html``)."""
    return "".join("".join(output.get("data", {}).get(kind, "")) for output in cell["outputs"])


def run_notebook(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    """Run the notebook of a folder there; gives its cells of code with their outputs."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbmake", "--overwrite", name],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "IPYTHONDIR": str(folder / ".ipython")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-6000:]
    return code_cells(folder / name)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("nbmake") is None, reason="needs nbmake, of the extra dev")
def test_it_runs(tmp_path: Path) -> None:
    for name in ("notebook.ipynb", "expeditions.txt"):
        shutil.copy(ROOT / "examples" / name, tmp_path / name)
    cells = run_notebook(tmp_path, "notebook.ipynb")
    assert shown(cells["load"], "text/plain") == "93"
    mountains = shown(cells["ask"], "text/html")
    assert mountains.startswith("<table")
    names = ["Mount Everest", "K2", "Kangchenjunga", "Lhotse"]
    assert [name for name in names if name not in mountains] == []
    assert "Otto Sverdrup was the captain of the Fram." in shown(cells["why"], "text/plain")
    assert [
        length for length in ("57 metres", "52 metres", "50 metres") if length not in shown(cells["sql"], "text/html")
    ] == []
    assert shown(cells["sparql"], "text/html").count("<tr>") == 6
    assert [name for name in names if name not in shown(cells["pandas"], "text/html")] == []
    assert "8849.0" in shown(cells["frame"], "text/html")
    assert "Anna Berg crossed Greenland in 2019." in shown(cells["cell"], "text/html")
