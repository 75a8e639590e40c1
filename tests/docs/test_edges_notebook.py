"""The notebook about missing edges runs from top to bottom and shows what its text says; it is kept without outputs."""

from __future__ import annotations

import ast
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs.commands import ROOT
from docs.test_notebook import code_cells, run_notebook, shown

NOTEBOOK = ROOT / "examples" / "missing_edges.ipynb"


def test_it_is_kept_without_outputs() -> None:
    cells = code_cells(NOTEBOOK)
    assert len(cells) > 10
    assert [name for name, cell in cells.items() if cell["outputs"] or cell["execution_count"]] == []


@pytest.mark.slow
@pytest.mark.skipif(find_spec("nbmake") is None, reason="needs nbmake, of the extra dev")
def test_it_runs(tmp_path: Path) -> None:
    shutil.copy(NOTEBOOK, tmp_path)
    cells = run_notebook(tmp_path, NOTEBOOK.name)
    for chart in ("bars", "chances", "by-relation", "calibration"):
        assert shown(cells[chart], "image/svg+xml").count("<rect") > 2
    subject, exact, rows = ast.literal_eval(shown(cells["predict"], "text/plain"))
    origins = [origin for origin, _, _ in rows]
    assert origins == sorted(origins, reverse=True)  # stored before predicted
    assert {(name,) for origin, _, name in rows if origin == "stored"} == set(exact)
    assert [(name,) for origin, _, name in rows if origin == "stored"] == [(name,) for _, _, name in rows[: len(exact)]]
    assert "predicted" in origins
    why = "\n".join(ast.literal_eval(shown(cells["why"], "text/plain")))
    assert re.search(rf"predicted \(0\.\d\d\): {subject} - borders - .*, since .* leads there", why)
    assert "'mixed'" in shown(cells["origins"], "text/plain")
    assert "'stored'" in shown(cells["origins"], "text/plain")
    assert ast.literal_eval(shown(cells["ranks"], "text/plain"))["MRR"] > 0.5
    assert ast.literal_eval(shown(cells["change"], "text/plain"))[0][1] == "stored"
