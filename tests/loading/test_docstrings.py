"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import neuraldb.loading


def test_examples() -> None:
    names = [module.name for module in pkgutil.iter_modules(neuraldb.loading.__path__, "neuraldb.loading.")]
    results = [doctest.testmod(importlib.import_module(name)) for name in names]
    assert sum(result.attempted for result in results) > 0
    assert [name for name, result in zip(names, results, strict=True) if result.failed] == []
