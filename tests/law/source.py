"""What the modules of the project import, read from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "neuraldb"


@dataclass(frozen=True)
class Import:
    """One module imported by another.

    Attributes:
        source: the importing module, dotted.
        target: the imported module, dotted; a name of a package that is itself a module counts as that module.
        early: whether it happens when the importing module is loaded (not in a function, not for type checkers only).
    """

    source: str
    target: str
    early: bool


def modules() -> dict[str, Path]:
    """The project's modules by dotted name; the grammar folder is installed as ``neuraldb.grammar``."""
    found = {}
    for folder, prefix in ((ROOT / "neuraldb", (PACKAGE,)), (ROOT / "grammar", (PACKAGE, "grammar"))):
        for path in sorted(folder.rglob("*.py")):
            parts = (*prefix, *path.relative_to(folder).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, tree: ast.Module, known: frozenset[str]) -> Iterator[Import]:
    """All imports of a module, wherever they stand in it."""
    yield from _walk(name, tree, known, early=True)


def _walk(name: str, node: ast.AST, known: frozenset[str], early: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inner = early and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            inner = False
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(name, alias.name, early)
        elif isinstance(child, ast.ImportFrom):
            if child.level:
                raise AssertionError(f"{name} has a relative import: {ast.unparse(child)}")
            for alias in child.names:
                full = f"{child.module}.{alias.name}"
                yield Import(name, full if full in known else str(child.module), early)
        else:
            yield from _walk(name, child, known, inner)


def part(module: str) -> str:
    """The part of the house that a module belongs to, or the package itself."""
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else PACKAGE
