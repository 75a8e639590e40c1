"""The names that the documents tell exist: those with their module, and bare ones somewhere in the package."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache

import pytest

from docs.commands import ROOT
from docs.documents import DOCUMENTS
from neuraldb.core.accuracy import SETTINGS

TEXTS = {path.name: path.read_text("utf-8") for path in DOCUMENTS}
OPTIONS = {f"neuraldb.{name}" for name in SETTINGS}
"""What ``SET`` takes; names of no modules."""
QUALIFIED = sorted(
    {name for text in TEXTS.values() for name in re.findall(r"`(neuraldb(?:\.\w+)+)(?:\(\))?`", text)} - OPTIONS
)
# of a document about code: what is written as a name of Python
BARE = sorted(set(re.findall(r"`([A-Za-z_]\w*)(?:\(\))?`", TEXTS["architecture.md"])))
WORDS_OF_LANGUAGES = frozenset({"EXPLAIN", "SELECT", "ASK"})


def _assigned(body: list[ast.stmt]) -> Iterator[str]:
    """The constants of a module, or the attributes of a class."""
    for node in body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        yield from (target.id for target in targets if isinstance(target, ast.Name))


@cache
def defined() -> frozenset[str]:
    """The names of all modules, classes, functions, constants and attributes of classes in the package."""
    names: set[str] = set()
    for path in (ROOT / "neuraldb").rglob("*.py"):
        names |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(node.name)
            if isinstance(node, ast.Module | ast.ClassDef):
                names |= set(_assigned(node.body))
    return frozenset(names)


def test_there_are_names() -> None:
    assert len(QUALIFIED) > 10
    assert len(BARE) >= 8
    assert "neural_spj" in defined()
    # neither a name that is nowhere, nor a variable within a function, nor a word of a comment
    assert not defined() & {"no_such_function", "marked_text", "elsewhere"}


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
