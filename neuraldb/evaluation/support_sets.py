"""The same questions under the same reader, over support sets found in different ways, and over the right ones.

Shows how much retrieval costs: BM25 alone, vectors alone, the hybrid with anchors, and the benchmark's own support sets
(for those, every fact of every support set of a question is visible and nothing else).
"""

from __future__ import annotations

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from neuraldb.core.errors import Error, ImportFailed
from neuraldb.evaluation.factbench import answers, databases
from neuraldb.models.registry import Models
from neuraldb.operators.context import Options
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

METHODS = ("bm25", "vectors", "hybrid", "gold")


def scorer(folder: Path) -> ModuleType:
    """The benchmark's own scorer, loaded from beside its data.

    Raises:
        ImportFailed: there is none.
    """
    path = folder / "score.py"
    spec = importlib.util.spec_from_file_location("factbench_score", path)
    if spec is None or spec.loader is None or not path.exists():
        raise ImportFailed(f"there is no score.py in {folder}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def options(method: str, query: dict[str, Any], ids: Sequence[int], budget: int | None) -> Options:
    """How a question is asked under a method; ``ids`` are the stored facts in the database's order."""
    if method == "gold":
        return Options(visible=frozenset(ids[i] for support in query["facts"] for i in support))
    return Options(retrieval=method, budget=budget)


def compare(
    paths: Sequence[Path], budget: int | None = None, limit: int | None = None, models: Models | None = None
) -> dict[str, dict[str, tuple[int, float, float]]]:
    """For each method and query type: queries, the mean of exact matches, and the mean of set F1 (in percent)."""
    score = scorer(paths[0].parent)
    models = models if models is not None else Models()
    sums: dict[str, dict[str, list[float]]] = {m: defaultdict(lambda: [0, 0.0, 0.0]) for m in METHODS}
    for path in paths:
        for number, database in enumerate(databases(path)):
            if limit is not None and number >= limit:
                break
            session = Session(":memory:", models=models)
            ids = [added.id for added in session.add([NewFact(text) for text in database["facts"]])]
            for method, query, answer in _asked(session, database, ids, budget):
                exact, overlap = score.score_query(query, answer)
                for key in (query["type"], "all"):
                    cell = sums[method][key]
                    cell[0] += 1
                    cell[1] += 100 * exact
                    cell[2] += 100 * overlap
            session.close()
            print(database["name"], file=sys.stderr)
    return {m: {k: (int(n), em / n, f1 / n) for k, (n, em, f1) in types.items()} for m, types in sums.items()}


def _asked(
    session: Session, database: dict[str, Any], ids: Sequence[int], budget: int | None
) -> Iterator[tuple[str, dict[str, Any], list[Any]]]:
    for query in database["queries"]:
        for method in METHODS:
            try:
                result = session.run(query["query"], "question", options=options(method, query, ids, budget))
                yield method, query, answers(result)
            except Error as error:
                print(f"{query['id']} ({method}): {error.message}", file=sys.stderr)
                yield method, query, []


def table(figures: dict[str, dict[str, tuple[int, float, float]]]) -> str:
    """The comparison as text: exact match by type and method."""
    types = [*sorted({t for by_type in figures.values() for t in by_type} - {"all"}), "all"]
    lines = [f"{'type':<12}{'queries':>8}" + "".join(f"{m:>10}" for m in figures)]
    for kind in types:
        counts = [by_type[kind][0] for by_type in figures.values() if kind in by_type]
        cells = "".join(
            f"{by_type[kind][1]:>10.1f}" if kind in by_type else f"{'':>10}" for by_type in figures.values()
        )
        lines.append(f"{kind:<12}{max(counts):>8}{cells}")
    return "\n".join(lines)
