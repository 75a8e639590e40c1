from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neuraldb.api import Connection
from neuraldb.shell.cli import main
from shell.fakes import connect, install
from shell.helpers import COMMAND, Shell


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database without models."""
    with connect() as connection:
        yield connection


@pytest.fixture
def shell(db: Connection) -> Shell:
    """An interpreter over it."""
    return Shell(db)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Runs the command in a process of its own; gives its exit code, standard output and standard error stream."""

    def start(
        *arguments: object, stdin: str | bytes = "", environment: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONWARNINGS": "error"}
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            capture_output=True,
            cwd=tmp_path,
            env={**variables, **(environment or {})},
            timeout=60,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return start


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command within this process, in a folder of its own; gives exit code, standard output, narration."""
    install(monkeypatch)
    monkeypatch.chdir(tmp_path)

    def start(*arguments: object, stdin: str = "") -> tuple[int, str, str]:
        path = tmp_path / "stdin"
        path.write_text(stdin, encoding="utf-8")
        with path.open(encoding="utf-8") as stream:
            monkeypatch.setattr("sys.stdin", stream)
            code = main([str(argument) for argument in arguments])
        path.unlink()
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return start


@pytest.fixture
def base(tmp_path: Path, call: Callable[..., tuple[int, str, str]]) -> Path:
    """A database of two facts."""
    call("add", "base.ndb", "Anna lives in Oslo.", "Nils maybe lives in Oslo.")
    return tmp_path / "base.ndb"
