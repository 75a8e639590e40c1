"""The models of a session: given or loaded, each once, and not before it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import wraps

import pytest
from doubles import HashedWords, OracleExtractor, OracleReader, TableParser, World

from neuraldb.core.errors import Cancelled, ModelUnavailable
from neuraldb.core.progress import CancelToken
from neuraldb.models import registry
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.registry import Models, takes_token

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


# ------------------------------------------------------------------------------------------------------ a reader's read


def by_place(requests: Sequence[ReadRequest], token: object = None) -> list[Reading]:
    return []


def by_name(requests: Sequence[ReadRequest], *, token: object) -> list[Reading]:
    return []


def plain(requests: Sequence[ReadRequest]) -> list[Reading]:
    return []


def another_option(requests: Sequence[ReadRequest], batch: int = 8) -> list[Reading]:
    return []


def anything(*args: object, **options: object) -> list[Reading]:
    return []


@wraps(by_place)
def decorated(*args: object, **options: object) -> list[Reading]:
    return []


@pytest.mark.parametrize(
    ("read", "takes"),
    [
        (by_place, True), (by_name, True), (decorated, True),
        (plain, False), (another_option, False), (anything, False), (max, False),
    ],
)  # fmt: skip
def test_a_reader_takes_a_token_only_if_its_signature_says_so(read: Callable[..., object], takes: bool) -> None:
    assert takes_token(read) is takes


class Noting:
    """A reader that keeps the tokens which it is given."""

    name = "noting"

    def __init__(self) -> None:
        self.tokens: list[CancelToken | None] = []

    def read(self, requests: Sequence[ReadRequest], token: CancelToken | None = None) -> list[Reading]:
        self.tokens.append(token)
        return [Reading(()) for _ in requests]


def test_the_statements_token_reaches_the_reader() -> None:
    reader, token = Noting(), CancelToken()
    assert Models(reader=reader).read([ReadRequest("Who?", ("Anna.",), "answer")], token) == [Reading(())]
    assert reader.tokens == [token]


def test_a_reader_without_a_token_is_asked_without_one() -> None:
    reader = OracleReader(World())
    request = ReadRequest("Who?", ("Anna.",), "answer")
    assert Models(reader=reader).read([request], CancelToken()) == [Reading(())]
    assert reader.requests == [request]


@pytest.mark.parametrize("make", [Noting, lambda: OracleReader(World())])
def test_a_reader_is_not_asked_for_a_statement_that_was_stopped(make: Callable[[], Noting]) -> None:
    reader, token = make(), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        Models(reader=reader).read([ReadRequest("Who?", ("Anna.",), "answer")], token)
    assert getattr(reader, "tokens", []) == getattr(reader, "requests", []) == []
