"""The import law and the limits of size, from the sources alone."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from law.source import PACKAGE, Import, imports, modules, part

MODULES = modules()
KNOWN = frozenset(MODULES)
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
IMPORTS = [one for name, tree in TREES.items() for one in imports(name, tree, KNOWN)]
OURS = [one for one in IMPORTS if one.target.partition(".")[0] == PACKAGE]

MAX_LINES = 400
MAX_FUNCTION = 60

_ENGINE = {"core", "language", "grammar", "plan", "stores", "models", "operators", "execution", "session"}
_SESSIONS = {"transactions", "traversal", "entities", "links", "bindings", "frames"}
_PUBLIC = _ENGINE | _SESSIONS | {"bulk", "dbapi", "api", PACKAGE}
# what each part may import, besides itself
ALLOWED = {
    "core": set(),
    "grammar": set(),
    "language": {"core", "grammar"},
    "plan": {"core", "language"},
    "stores": {"core"},
    "models": {"core"},
    "decoding": {"core", "language", "plan", "stores", "models"},
    "operators": {"core", "language", "plan", "stores", "models"},
    "execution": {"core", "language", "plan", "stores", "models", "operators"},
    "session": _ENGINE - {"session"},
    "transactions": _ENGINE,
    "bulk": _ENGINE,
    "traversal": _ENGINE | {"transactions"},
    "entities": _ENGINE | {"transactions"},
    "bindings": _ENGINE | {"transactions"},
    "frames": _ENGINE | {"transactions"},
    # a user's own graph is learned from by the recipe of link prediction
    "links": _ENGINE | {"transactions", "training"},
    "asking": _ENGINE | {"decoding"},
    "dbapi": _ENGINE | {"transactions", "bulk"},
    # a connection lends the engine the readers of files, for SPARQL's LOAD
    "api": _ENGINE | _SESSIONS | {"bulk", "dbapi", "asking", "loading"},
    PACKAGE: _PUBLIC - {PACKAGE},
    "loading": _PUBLIC,
    "training": _PUBLIC | {"decoding", "loading"},
    "evaluation": _PUBLIC | {"decoding", "loading", "training"},  # benchmarks on databases that the generators make
    "integrations": _PUBLIC | {"loading"},
    "shell": _PUBLIC | {"loading", "evaluation", "training", "integrations"},
    "__main__": {"shell"},
}
TORCH = {"torch", "transformers"}


def test_the_sources_are_read() -> None:
    assert {"neuraldb", "neuraldb.session", "neuraldb.grammar", "neuraldb.models.reader"} <= KNOWN
    assert Import("neuraldb.session", "neuraldb.language.detect", True) in OURS


def test_every_part_has_its_place_in_the_law() -> None:
    assert {part(name) for name in MODULES} <= set(ALLOWED)


def test_imports_go_downwards_only() -> None:
    wrong = [
        f"{one.source} imports {one.target}"
        for one in OURS
        if part(one.target) not in ALLOWED[part(one.source)] | {part(one.source)}
    ]
    assert not wrong


def test_only_models_and_training_import_torch() -> None:
    users = {part(one.source) for one in IMPORTS if one.target.partition(".")[0] in TORCH}
    assert "models" in users
    assert users <= {"models", "training"}


def test_there_are_no_circular_imports() -> None:
    graph: dict[str, set[str]] = {name: set() for name in MODULES}
    for one in OURS:
        if one.early and one.source != one.target:
            graph[one.source].add(one.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other: {' <- '.join(error.args[1])}")


def test_no_module_is_called_utils() -> None:
    assert not [name for name in MODULES if name.rpartition(".")[2] in {"util", "utils"}]


def test_modules_are_short() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert not {name: lines for name, lines in lengths.items() if lines >= MAX_LINES}


def test_functions_are_short() -> None:
    lengths = {
        f"{name}.{node.name}": node.end_lineno - node.lineno + 1
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    }
    assert len(lengths) > 1000
    assert not {name: lines for name, lines in lengths.items() if lines >= MAX_FUNCTION}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import torch.nn", Import("neuraldb.x", "torch.nn", True)),
        ("from neuraldb.core import errors", Import("neuraldb.x", "neuraldb.core.errors", True)),
        ("from neuraldb.core.errors import Error", Import("neuraldb.x", "neuraldb.core.errors", True)),
        ("def f():\n    import torch", Import("neuraldb.x", "torch", False)),
        ("class C:\n    import torch", Import("neuraldb.x", "torch", True)),
        ("if TYPE_CHECKING:\n    from torch import nn", Import("neuraldb.x", "torch", False)),
        ("try:\n    import torch\nexcept ImportError:\n    pass", Import("neuraldb.x", "torch", True)),
    ],
)
def test_imports_are_found_wherever_they_stand(text: str, expected: Import) -> None:
    assert list(imports("neuraldb.x", ast.parse(text), KNOWN)) == [expected]
