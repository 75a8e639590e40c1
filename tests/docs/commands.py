"""Runs the installed command as a newcomer does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(command: str, folder: Path) -> str:
    """Run one line of a shell in a folder; gives what a terminal would show: both streams, in their order.

    Raises:
        AssertionError: something is told of as an error of ours, or the shell does not know the command.
    """
    home = folder / ".home"
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "HOME": str(home),
        "XDG_STATE_HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "COLUMNS": "100",
        "PYTHONWARNINGS": "error",
    }
    ran = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert "Traceback" not in ran.stdout, ran.stdout
    assert "internal error" not in ran.stdout, ran.stdout
    assert ran.returncode != 127, ran.stdout
    return ran.stdout
