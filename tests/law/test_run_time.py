"""What is really loaded: each case in a fresh interpreter, judged by ``sys.modules``, never by the clock."""

import json
import os
import subprocess
import sys

import pytest

from law.source import ROOT

MODEL = frozenset({"torch", "transformers", "tokenizers", "safetensors"})
FRAMES = frozenset({"pandas", "polars", "sqlalchemy", "IPython", "rdflib"})
ENGINE = frozenset({"duckdb", "pyarrow", "numpy", "networkx", "sqlglot", "lark", "pint", "prompt_toolkit", "pygments"})
EVERYTHING = MODEL | FRAMES | ENGINE

SQL = "SELECT count(*) AS n FROM facts"
CASES = {
    "import": ("import neuraldb", EVERYTHING),
    "errors": ("from neuraldb import BindError, DatabaseLocked", EVERYTHING),
    "version": ("from neuraldb.shell.cli import main; main(['--version'])", EVERYTHING),
    "help": ("from neuraldb.shell.cli import main; main(['--help'])", EVERYTHING),
    "sql": (f"import neuraldb; assert neuraldb.connect().sql({SQL!r}).fetchall() == [(0,)]", MODEL | FRAMES),
    "sparql": (
        "import neuraldb; assert neuraldb.connect().sparql('ASK { ?s ?p ?o }').fetchall() == [(False,)]",
        MODEL | FRAMES,
    ),
    "protocols": ("import neuraldb.models.protocols, neuraldb.models.registry", MODEL | FRAMES),
    "decoding": (
        "import neuraldb.decoding.graph_grammar, neuraldb.decoding.search, "
        "neuraldb.decoding.table_grammar, neuraldb.decoding.tokens",
        MODEL | FRAMES,
    ),
    "command -c": (f"from neuraldb.shell.cli import main; main(['-c', {SQL!r}])", MODEL | FRAMES),
}


def loaded_by(code: str) -> frozenset[str]:
    """The top-level modules in a fresh interpreter after it has run some code; leaving it early is no failure."""
    program = f"""import json, sys
try:
    {code}
except SystemExit as leaving:
    assert not leaving.code, leaving.code
print()
print(json.dumps(sorted(m.partition(".")[0] for m in sys.modules)))"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, env=environment, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return frozenset(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize("case", CASES)
def test_what_stays_unloaded(case: str) -> None:
    code, absent = CASES[case]
    assert not loaded_by(code) & absent


def test_what_is_loaded_is_seen() -> None:
    assert {"neuraldb", "duckdb", "numpy"} <= loaded_by("import neuraldb, duckdb, numpy")
