"""The models of a session: given or loaded, each once, and not before it is asked for."""

from __future__ import annotations

import threading

import pytest
from doubles import HashedWords, OracleExtractor, OracleReader, TableParser, World

from neuraldb.core.errors import ModelUnavailable
from neuraldb.models import registry
from neuraldb.models.registry import Models

ROLES = ("encoder", "reader", "parser", "extractor")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was loaded of the embedded models, which are stood in for."""
    loaded: list[str] = []

    def loader(role: str) -> object:
        def load() -> object:
            loaded.append(role)
            return object()

        return load

    for role in ROLES:
        monkeypatch.setattr(registry, f"_{role}", loader(role))
    return loaded


def test_given_models_are_used_and_nothing_is_loaded(loads: list[str]) -> None:
    world = World()
    given = {
        "encoder": HashedWords(),
        "reader": OracleReader(world),
        "parser": TableParser(),
        "extractor": OracleExtractor(world),
    }
    models = Models(**given)  # type: ignore[arg-type]
    for role, model in given.items():
        assert getattr(models, role) is model
    assert loads == []


@pytest.mark.parametrize("role", ROLES)
def test_a_default_is_loaded_once_when_it_is_asked_for(role: str, loads: list[str]) -> None:
    models = Models()
    assert loads == []
    assert getattr(models, role) is getattr(models, role)
    assert loads == [role]


def test_threads_that_ask_together_get_the_same_model(monkeypatch: pytest.MonkeyPatch) -> None:
    loading, go = threading.Event(), threading.Event()
    made: list[object] = []

    def slow() -> object:
        loading.set()
        go.wait(10)
        made.append(object())
        return made[-1]

    monkeypatch.setattr(registry, "_reader", slow)
    models, got = Models(), []
    threads = [threading.Thread(target=lambda: got.append(models.reader)) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert loading.wait(10)
    go.set()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert all(one is made[0] for one in got)
    assert len(got) == 4


def test_a_model_that_could_not_be_loaded_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[object] = [ModelUnavailable("the weights are missing", hint="reinstall"), "the reader"]

    def load() -> object:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(registry, "_reader", load)
    models = Models()
    with pytest.raises(ModelUnavailable, match="missing"):
        _ = models.reader
    assert models.reader == "the reader"
