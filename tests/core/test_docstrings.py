"""The examples in the docstrings of the core are true."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = (
    "countries", "counts", "dates", "intervals", "negation", "numbers", "person_names", "quantities",
    "relation_senses", "text", "units", "values",
)  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"neuraldb.core.{name}"))
    assert results.attempted > 0
    assert results.failed == 0
