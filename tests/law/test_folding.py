"""Names are folded in one place, core/text.py: DuckDB's ``lower`` and Python's differ, and so does what they find."""

from __future__ import annotations

import ast
import re

import pytest

from law.source import modules

# what these fold are keywords, months, units, endings of files, titles of columns, never names of things
ELSEWHERE = {
    "neuraldb.core.counts",
    "neuraldb.core.dates",
    "neuraldb.core.numbers",
    "neuraldb.core.rdf",
    "neuraldb.core.relative_dates",
    "neuraldb.core.text",
    "neuraldb.core.units",
    "neuraldb.core.values",
    "neuraldb.execution.graph_strings",
    "neuraldb.models.alignment",
    "neuraldb.plan.expressions",
    "neuraldb.plan.rewriting",
    "neuraldb.plan.semantic_nodes",
    "neuraldb.transactions",
}
# syntax, files and what is typed at the shell; generators and benchmarks
APART = (
    "neuraldb.language",
    "neuraldb.grammar",
    "neuraldb.loading",
    "neuraldb.shell",
    "neuraldb.training",
    "neuraldb.evaluation",
    "neuraldb.integrations",
)
IN_SQL = re.compile(
    r"\b(?:lower|lcase|upper|ucase|casefold)\s*\(|\bILIKE\b|\bNOCASE\b|\bNFC_NORMALIZE\b", re.IGNORECASE
)
METHODS = {"lower", "casefold", "swapcase"}

MODULES = {name: path for name, path in modules().items() if not name.startswith(APART)}


def folds(tree: ast.Module) -> list[str]:
    """Where a module folds case by itself: methods of strings, and SQL in its texts."""
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            found.append(f"line {node.lineno}: .{node.func.attr}()")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            found += [f"line {node.lineno}: {match[0]}" for match in IN_SQL.finditer(node.value)]
    return found


@pytest.mark.parametrize("name", sorted(MODULES.keys() - ELSEWHERE))
def test_names_are_folded_by_core_text_only(name: str) -> None:
    found = folds(ast.parse(MODULES[name].read_text("utf-8")))
    assert not found, f"{name} folds case itself ({', '.join(found)}): use fold, normalise or identifier of core.text"


def test_the_list_of_others_is_no_longer_than_it_must_be() -> None:
    idle = [name for name in ELSEWHERE if not folds(ast.parse(MODULES[name].read_text("utf-8")))]
    assert idle == []


def test_what_folds_is_seen() -> None:
    assert len(folds(ast.parse('"doc"\nx = a.lower()\ny = f"SELECT lower({x})"\nz = "a ILIKE b"'))) == 3
