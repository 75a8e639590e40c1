import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import neuraldb

TESTS = Path(__file__).parents[1]


def installed(package):
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def steps(what, home):
    paths = [str(Path(neuraldb.__file__).parents[1])]
    environment = {
        **os.environ,
        "HOME": str(home),
        "PLOOMBER_STATS_ENABLED": "false",
        "PYTHONPATH": os.pathsep.join(paths),
    }
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("notebook.py")), str(TESTS), what],
        capture_output=True,
        text=True,
        env=environment,
        cwd=home,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line.removeprefix("STEP ")) for line in ran.stdout.splitlines() if line.startswith("STEP ")]


@pytest.mark.skipif(not installed("jupysql"), reason='needs jupysql, of the extra "jupyter"')
def test_jupysql_with_a_raw_connection(tmp_path):
    assert steps("jupysql", tmp_path) == [
        [["Anna"], ["Nils"]],
        [["Anna lives in Oslo."], False],
        [[2, "x%s"]],
        {"a": [2], "word": ["x%s"]},
    ]


@pytest.mark.skipif(not installed("ipython"), reason='needs ipython, of the extra "jupyter"')
def test_the_magic(tmp_path):
    assert steps("magic", tmp_path) == [
        "no database is open",
        True,
        [["Anna"], ["Nils"]],
        [["Anna"], ["Nils"]],
        1,
        None,
        "not a name cannot be the name of a variable",
    ]
