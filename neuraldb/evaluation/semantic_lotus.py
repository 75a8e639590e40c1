"""The semantic queries in LOTUS, run by an interpreter that has it: ``python semantic_lotus.py TASKS.json``.

Stands alone: it imports nothing of NeuralDB, so that LOTUS may live in an environment of its own. The tasks are those
of :mod:`neuraldb.evaluation.semantic_peers`; for each a line of JSON is written to the standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def configured(url: str) -> Any:
    """LOTUS with the endpoint as its model and its retriever."""
    os.environ |= {
        "OPENAI_API_KEY": "none",
        "OPENAI_API_BASE": url,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "HF_HUB_OFFLINE": "1",
        "TQDM_DISABLE": "1",
    }
    lotus = importlib.import_module("lotus")
    models = importlib.import_module("lotus.models")
    stores = importlib.import_module("lotus.vector_store")
    model = models.LM("openai/reader", api_base=url, api_key="none")
    lotus.settings.configure(lm=model, rm=models.LiteLLMRM("openai/encoder"), vs=stores.FaissVS())
    return lotus


def ways(lotus: Any, tasks: dict[str, Any]) -> dict[tuple[str, str], Callable[[Any], list[Any]]]:
    """How each query is done, by its name and way; given the table, the rows as lists."""
    pandas = importlib.import_module("pandas")
    short = tasks["longest"]
    domains = pandas.DataFrame(tasks["domains"], columns=["name", "label", "criterion"])
    labels = tasks["apart"].join(domains["label"])
    names = dict(zip(domains["label"], domains["name"], strict=True))

    def filtered(notes: Any) -> list[Any]:
        wanted = notes[notes["words"] <= short]
        return [[i] for i in wanted.sem_filter("{text}: " + tasks["filter"])["id"]]

    def cascaded(notes: Any) -> list[Any]:
        wanted = notes[notes["words"] <= short].reset_index(drop=True)
        arguments = lotus.types.CascadeArgs(
            recall_target=tasks["recall"],
            precision_target=tasks["precision"],
            failure_probability=tasks["failure"],
            sampling_percentage=0.1,
            cascade_IS_random_seed=tasks["seed"],
            proxy_model=lotus.types.ProxyModel.EMBEDDING_MODEL,
        )
        with tempfile.TemporaryDirectory() as folder:
            indexed = wanted.sem_index("text", folder)
            return [[i] for i in indexed.sem_filter("{text}: " + tasks["filter"], cascade_args=arguments)["id"]]

    def joined(notes: Any) -> list[Any]:
        pairs = notes.sem_join(domains, "{text:left}: {criterion:right}")
        return [list(row) for row in zip(pairs["id"], pairs["name"], strict=True)]

    def top(notes: Any) -> list[Any]:
        best = notes.sem_topk(f"{{text}}: Is this about {tasks['query']}?", K=tasks["wanted"], method="quick")
        return [[i] for i in best["id"]]

    def counted(notes: Any) -> list[Any]:
        classes = notes.sem_map(f"Which of {labels} is {{text}} about?")["_map"]
        return [[names.get(label), int(n)] for label, n in classes.value_counts().items()]

    return {
        ("filter", "LOTUS"): filtered,
        ("filter", "LOTUS, cascade"): cascaded,
        ("join", "LOTUS"): joined,
        ("top-k", "LOTUS"): top,
        ("aggregate", "LOTUS"): counted,
    }


def main(path: Path) -> None:
    """Do the tasks."""
    tasks = json.loads(path.read_text("utf-8"))
    out, sys.stdout = sys.stdout, sys.stderr  # LOTUS prints
    lotus = configured(tasks["url"])
    pandas = importlib.import_module("pandas")
    for (name, way), work in ways(lotus, tasks).items():
        if name not in tasks["notes"]:
            continue
        notes = pandas.DataFrame(tasks["notes"][name])
        begun = time.perf_counter()
        line: dict[str, Any] = {"query": name, "way": way}
        try:
            line["rows"] = work(notes)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in it is told beside the figures
            line["problem"] = f"{type(error).__name__}: {error}"[:300]
        line["seconds"] = time.perf_counter() - begun
        print(json.dumps(line, default=int), file=out, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
