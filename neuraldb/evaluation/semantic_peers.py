"""Other systems' plans for the semantic queries, with our reader behind their prompts, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from neuraldb.core.accuracy import Targets
from neuraldb.evaluation.semantic_endpoint import LABELS_APART, serving
from neuraldb.evaluation.semantic_queries import DOMAINS, FILTERED, LONGEST, QUERY, Note, as_json, criterion
from neuraldb.models.registry import Models

PEERS = {"lotus": "semantic_lotus.py", "blendsql": "semantic_blendsql.py"}
"""The scripts by the names of the packages that they need."""


class Answer(NamedTuple):
    """What a peer gave for a query; ``problem`` where it failed."""

    query: str
    way: str
    rows: list[list[object]]
    calls: int
    encoded: int
    seconds: float
    problem: str


def missing(interpreter: str, package: str) -> str | None:
    """Why an interpreter cannot run a peer; None if it can."""
    find = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
    try:
        done = subprocess.run([interpreter, "-c", find], capture_output=True, check=False)
    except OSError as error:
        return f"{interpreter} cannot be run: {error.strerror}"
    return None if done.returncode == 0 else f"{interpreter} has no package {package}"


def run_peer(
    package: str,
    interpreter: str,
    notes: Mapping[str, Sequence[Note]],
    wanted: int,
    targets: Targets,
    models: Models,
) -> Iterator[Answer]:
    """What a peer gives for each query that it can be asked.

    Args:
        package: of the peer.
        interpreter: a Python that has it.
        notes: the sentences of each query, by name.
        wanted: rows of the top-k.
        targets: of cascades.
        models: whose reader and encoder answer its prompts.
    """
    script = Path(__file__).with_name(PEERS[package])
    with serving(models) as (url, answering), tempfile.TemporaryDirectory() as folder:
        tasks = Path(folder, "tasks.json")
        tasks.write_text(json.dumps(_tasks(url, notes, wanted, targets)), "utf-8")
        log = Path(folder, "log.txt")
        with log.open("wb") as errors:
            process = subprocess.Popen([interpreter, str(script), str(tasks)], stdout=subprocess.PIPE, stderr=errors)
            assert process.stdout is not None
            calls = encoded = 0
            for line in process.stdout:
                said = json.loads(line)
                yield Answer(
                    said["query"],
                    said["way"],
                    said.get("rows", []),
                    answering.requests - calls,
                    answering.encoded - encoded,
                    said["seconds"],
                    said.get("problem", ""),
                )
                calls, encoded = answering.requests, answering.encoded
            if process.wait() != 0:
                last = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
                yield Answer("", package, [], 0, 0, 0.0, f"ended with status {process.returncode}: {' '.join(last)}")


def _tasks(url: str, notes: Mapping[str, Sequence[Note]], wanted: int, targets: Targets) -> dict[str, object]:
    return {
        "url": url,
        "notes": {name: as_json(rows) for name, rows in notes.items()},
        "domains": [(name, label, criterion(name)) for name, label in DOMAINS.items()],
        "apart": LABELS_APART,
        "filter": criterion(FILTERED),
        "longest": LONGEST,
        "query": QUERY,
        "wanted": wanted,
        "recall": targets.recall,
        "precision": targets.precision,
        "failure": targets.failure,
        "seed": targets.seed,
    }
