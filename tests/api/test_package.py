import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import neuraldb

HEAVY = ("torch", "transformers", "pandas", "polars", "sqlglot", "lark", "duckdb", "pyarrow", "numpy", "networkx")
ROOT = str(Path(neuraldb.__file__).parents[1])


def loaded_by(code):
    """Which of the heavy modules a fresh interpreter has loaded after running some code."""
    program = f"import sys; sys.path.insert(0, {ROOT!r})\n{code}\nimport json; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(ran.stdout.splitlines()[-1])) & set(HEAVY)


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import neuraldb; neuraldb.Error; neuraldb.Timeout; dir(neuraldb)") == set()


def test_importing_the_package_is_quick():
    program = f"""import sys, time
sys.path.insert(0, {ROOT!r})
begun = time.process_time()
import neuraldb
neuraldb.Error
print(time.process_time() - begun)"""

    def seconds():
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return float(ran.stdout)

    # processor time, the best of three: other work on the machine does not count
    assert min(seconds() for _ in range(3)) < 0.5


def test_opening_a_database_and_exact_sql_need_no_model():
    used = loaded_by("import neuraldb; assert neuraldb.connect().sql('SELECT count(*) FROM facts').scalar() == 0")
    assert used & {"torch", "transformers", "pandas", "polars"} == set()


def test_public_names_are_all_there():
    for name in neuraldb.__all__:
        assert getattr(neuraldb, name) is not None
        assert name in dir(neuraldb)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = neuraldb.nothing


def test_every_error_of_the_tree_is_public():
    from neuraldb.core import errors

    kinds = {n for n, e in vars(errors).items() if isinstance(e, type) and issubclass(e, errors.Error | errors.Warning)}
    assert kinds <= set(neuraldb.__all__)


def test_types_are_declared_to_be_there():
    assert Path(neuraldb.__file__).with_name("py.typed").exists()


def test_each_function_in_the_life_of_a_query_exists():
    names = re.findall(r"``((?:\w+\.)+\w+)``", neuraldb.__doc__.partition("The life of a query")[2])
    assert len(names) >= 13
    for name in names:
        parts = name.split(".")
        for split in range(len(parts) - 1, 0, -1):
            try:
                found = importlib.import_module(".".join(["neuraldb", *parts[:split]]))
            except ModuleNotFoundError:
                continue
            for part in parts[split:]:
                found = getattr(found, part)
            assert callable(found), name
            break
        else:
            pytest.fail(f"there is no module of {name}")
