"""The semantic queries in BlendSQL, run by an interpreter that has it: ``python semantic_blendsql.py TASKS.json``.

Stands alone, as :mod:`neuraldb.evaluation.semantic_lotus` does, and writes the same lines. Its join is the one that a
user would write who knows that each sentence has one label: a map to one of the labels. It has no top-k by a model.
The table is in SQLite: through DuckDB's newest Python package it needs polars from 1.21 on, with which it gives what a
map finds to the wrong rows.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any


def statements(tasks: dict[str, Any]) -> dict[str, str]:
    """The queries in BlendSQL's SQL, by name."""
    labels = ", ".join(f"'{label}'" for _, label, _ in tasks["domains"])
    mapped = f"{{{{LLMMap('Which is this about?', notes.text, options=({labels}))}}}}"
    return {
        "filter": f"SELECT id FROM notes WHERE words <= {tasks['longest']:d}"
        f" AND {{{{LLMMap('{tasks['filter']}', notes.text, return_type='bool')}}}} = TRUE",
        "join": f"SELECT id, {mapped} AS label FROM notes",
        "aggregate": f"SELECT {mapped} AS label, COUNT(*) AS n FROM notes GROUP BY label",
    }


def main(path: Path) -> None:
    """Do the tasks."""
    tasks = json.loads(path.read_text("utf-8"))
    out, sys.stdout = sys.stdout, sys.stderr
    os.environ["HF_HUB_OFFLINE"] = "1"
    blendsql = importlib.import_module("blendsql")
    pandas = importlib.import_module("pandas")
    model = importlib.import_module("blendsql.models").OpenAI("reader", api_key="none", base_url=tasks["url"])
    names = {label: name for name, label, _ in tasks["domains"]}
    for name, text in statements(tasks).items():
        if name not in tasks["notes"]:
            continue
        database = path.with_name(f"{name}.sqlite")
        with contextlib.closing(sqlite3.connect(database)) as connection:
            pandas.DataFrame(tasks["notes"][name]).to_sql("notes", connection, index=False)
        session = blendsql.BlendSQL(str(database), model=model, verbose=False)
        begun = time.perf_counter()
        line: dict[str, Any] = {"query": name, "way": "BlendSQL"}
        try:
            rows = [list(row) for row in session.execute(text).df().itertuples(index=False)]
            place = {"join": 1, "aggregate": 0}.get(name)
            if place is not None:
                for row in rows:
                    row[place] = names.get(row[place])
            line["rows"] = rows
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in it is told beside the figures
            line["problem"] = f"{type(error).__name__}: {error}"[:300]
        line["seconds"] = time.perf_counter() - begun
        print(json.dumps(line, default=str), file=out, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
