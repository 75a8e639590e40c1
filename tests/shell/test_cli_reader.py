"""Choosing the reader on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import shell.fakes
from neuraldb.models.endpoint import EndpointReader
from neuraldb.shell.cli import main

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The models of each session that is opened."""
    opened: list[Any] = []
    begin = shell.fakes.ShellSession.__init__

    def note(self: Any, path: str = ":memory:", read_only: bool = False, models: object = None) -> None:
        opened.append(models)
        begin(self, path, read_only, models)

    monkeypatch.setattr(shell.fakes.ShellSession, "__init__", note)
    return opened


def test_no_reader_leaves_the_embedded_models(call: Call, base: Path, sessions: list[Any]) -> None:
    assert call("ask", "base.ndb", "Who lives in Oslo?")[0] == 0
    assert sessions == [None]


@pytest.mark.parametrize(
    "words",
    [
        ("ask", "base.ndb", "Who lives in Oslo?"),
        ("base.ndb", "-c", "Who lives in Oslo?"),
    ],
)
def test_an_endpoint(call: Call, base: Path, sessions: list[Any], words: tuple[str, ...]) -> None:
    code, out, _ = call(*words, "--reader", "http://localhost/v1#small", "--token-budget", "500")
    assert (code, out.splitlines()[0]) == (0, "answer")
    reader = sessions[-1].reader
    assert isinstance(reader, EndpointReader)
    assert reader.name.startswith("endpoint-small-http://localhost/v1-")
    assert reader._client.budget.limit == 500


def test_a_folder(call: Call, base: Path, sessions: list[Any], tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(json.dumps({"model_type": "t5"}))
    assert call("ask", "base.ndb", "Who lives in Oslo?", "--reader", "seq2seq:model")[0] == 0
    assert "reader" not in sessions[-1]._loaded


@pytest.mark.parametrize(
    "options",
    [
        ("--reader", "t5-small"),
        ("--reader", "http://localhost/v1"),
        ("--token-budget", "0", "--reader", "http://localhost/v1#small"),
        ("--token-budget", "10"),
    ],
)
def test_wrong_options(capsys: pytest.CaptureFixture[str], tmp_path: Path, options: tuple[str, ...]) -> None:
    assert main([str(tmp_path / "new.ndb"), "-c", "Who?", *options]) == 2
    out, err = capsys.readouterr()
    assert (out, err[:10]) == ("", "neuraldb: ")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing(call: Call, base: Path) -> None:
    code, out, err = call("ask", "base.ndb", "Who?", "--reader", "causal:gone")
    assert (code, out) == (3, "")
    assert err.startswith("error: there is no folder gone\n")
