"""The names that the documents tell exist: those with their module, and bare ones somewhere in the package."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache

import pytest

from docs.commands import ROOT
from docs.documents import DOCUMENTS

TEXTS = {path.name: path.read_text("utf-8") for path in DOCUMENTS}
QUALIFIED = sorted({name for text in TEXTS.values() for name in re.findall(r"`(neuraldb(?:\.\w+)+)(?:\(\))?`", text)})
# of a document about code: what is written as a name of Python
BARE = sorted(set(re.findall(r"`([A-Za-z_]\w*)(?:\(\))?`", TEXTS["architecture.md"])))
WORDS_OF_LANGUAGES = frozenset({"EXPLAIN", "SELECT", "ASK"})


@cache
def defined() -> frozenset[str]:
    """The names of all modules, classes, functions, constants and attributes of classes in the package."""
    names: set[str] = set()
    for path in (ROOT / "neuraldb").rglob("*.py"):
        names |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(names)


def test_there_are_names() -> None:
    assert len(QUALIFIED) > 10
    assert len(BARE) >= 4
    assert "neural_spj" in defined()
    assert "no_such_function" not in defined()


@pytest.mark.parametrize("name", QUALIFIED)
def test_qualified_names(name: str) -> None:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[cut:]:
            found = getattr(found, attribute)
        return
    pytest.fail(f"there is no {name}")


@pytest.mark.parametrize("name", BARE)
def test_bare_names(name: str) -> None:
    assert name in defined() | WORDS_OF_LANGUAGES


@pytest.mark.parametrize(
    "name",
    sorted(set(re.findall(r"`((?:neuraldb|tests|grammar|examples|docs)/[\w./-]*|tests)`", "\n".join(TEXTS.values())))),
)
def test_paths(name: str) -> None:
    assert (ROOT / name).exists()
