"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = [
    "language.detect", "language.detect_english", "language.detect_query", "language.masking", "language.split",
    "language.sql", "plan.cost", "plan.rewriting", "plan.semantic_nodes", "plan.sql_convert", "plan.sql_outputs",
    "plan.sql_scope", "plan.rules.distinct_first", "plan.rules.filter_to_anchor", "plan.rules.fold_constants",
    "plan.rules.merge_adjacent", "plan.rules.place_semantic", "plan.rules.prune_columns", "plan.rules.push_filters",
    "plan.rules.push_limits",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"neuraldb.{name}"))
    assert results.attempted > 0
    assert results.failed == 0
