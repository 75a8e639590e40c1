"""``neuraldb bench links`` and ``neuraldb bench clqa``: predictors of links over graphs with splits."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuraldb.core.argument_types import existing, positive
from neuraldb.core.progress import Report
from neuraldb.models.protocols import LinkPredictor
from neuraldb.training.triples import KnowledgeGraph, Triples, load

if TYPE_CHECKING:
    from neuraldb.evaluation.clqa import Measured


def _graph(parser: argparse.ArgumentParser, number: str) -> None:
    parser.add_argument("graph", type=existing, metavar="FOLDER", help="of train.txt, valid.txt, test.txt, or .gz")
    parser.add_argument("--model", type=existing, required=True, help="what neuraldb train links made of its train.txt")
    parser.add_argument(
        "--split", choices=("valid", "test"), default="valid", help="the missing edges; valid by default"
    )
    parser.add_argument("--number", type=positive, help=number)
    parser.add_argument("--seed", type=int, default=0, help="from which what is drawn follows; 0 by default")


def links(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench links FOLDER --model FILE``."""
    _graph(parser, "only so many edges, drawn")
    parser.set_defaults(run=_links)


def _links(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.link_ranking import rank

    graph, predictor = _opened(arguments)
    triples = _missing(graph, arguments.split)
    if arguments.number is not None and arguments.number < len(triples):
        rows = np.random.default_rng(arguments.seed).choice(len(triples), arguments.number, replace=False)
        triples = triples[np.sort(rows)]
    begun = time.perf_counter()
    ranking = rank(predictor, graph, triples, _progress())
    spent = time.perf_counter() - begun
    print(f"{'edges':<12}{len(triples):>10}")
    for name, value in (("MRR", ranking.mrr), *((f"Hits@{k}", ranking.hits(k)) for k in (1, 3, 10))):
        print(f"{name:<12}{100 * value:>10.1f}")
    for name, ranks in (("MRR, tails", ranking.tails), ("MRR, heads", ranking.heads)):
        print(f"{name:<12}{100 * float(np.mean(1 / ranks)):>10.1f}")
    print(f"{'ms a query':<12}{1000 * spent / max(1, 2 * len(triples)):>10.2f}")
    return 0


def clqa(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench clqa FOLDER --model FILE``."""
    from neuraldb.evaluation.clqa_queries import PATTERNS

    _graph(parser, "queries of each pattern: 100 drawn by default, all of a file")
    parser.add_argument(
        "--queries", type=existing, metavar="FOLDER", help="BetaE's files, such as test-queries.pkl, not drawn queries"
    )
    parser.add_argument(
        "--patterns", nargs="+", choices=tuple(PATTERNS), default=tuple(PATTERNS), help="all by default"
    )
    parser.add_argument("--beam", type=positive, default=128, help="entities of a step that edges are predicted from")
    parser.add_argument("--out", type=Path, help="measured queries, a line each; a run that broke off goes on from it")
    parser.set_defaults(run=_clqa)


def _clqa(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.clqa import by_pattern, measure, recorded, table
    from neuraldb.evaluation.clqa_queries import Numbering, Sampler, read, read_or_draw
    from neuraldb.operators.complex_queries import StoredEdges, TreeOptimiser, adjacency

    graph, predictor = _opened(arguments)
    known = _known(graph, arguments.split)
    full = np.concatenate([known, _missing(graph, arguments.split)])
    patterns, report = tuple(arguments.patterns), _progress()
    number = arguments.number or (0 if arguments.queries is not None else 100)
    optimiser = TreeOptimiser(StoredEdges.of(known, len(graph.entities)), predictor, arguments.beam)

    def found(passed: int) -> Iterator[Measured]:
        queries = None
        if arguments.queries is not None:
            queries = read(arguments.queries, arguments.split, Numbering(graph))
        sampler = Sampler(known, full, len(graph.entities), random.Random(arguments.seed))
        asked = islice(read_or_draw(sampler, queries, number, patterns), passed, None)
        for done, one in enumerate(measure(optimiser, asked, adjacency(known), adjacency(full)), passed + 1):
            report(f"queries ({one.pattern})", done, number * len(patterns) if queries is None else None)
            yield one

    if arguments.out is None:
        measured = list(found(0))
    else:
        names = "graph", "model", "split", "queries", "seed", "beam"
        settings = {name: str(getattr(arguments, name)) for name in names}
        measured = recorded(arguments.out, {**settings, "number": number, "patterns": patterns}, found)
    print(table(by_pattern(measured)))
    return 0


def _opened(arguments: argparse.Namespace) -> tuple[KnowledgeGraph, LinkPredictor]:
    from neuraldb.models.link_files import LinkModel

    model = LinkModel.load(arguments.model)
    graph = load(arguments.graph, model.entities, model.relations)
    return graph, model.predictor(_known(graph, arguments.split), len(graph.entities))


def _known(graph: KnowledgeGraph, split: str) -> Triples:
    """What is stored where a split is missing: training, and for test validation too."""
    names = ("train",) if split == "valid" else ("train", "valid")
    return np.concatenate([graph.splits[name] for name in names if name in graph.splits])


def _missing(graph: KnowledgeGraph, split: str) -> Triples:
    if split not in graph.splits:
        raise SystemExit(f"the graph has no {split}.txt or {split}.txt.gz")
    return graph.splits[split]


def _progress() -> Report:
    last = time.monotonic()

    def report(stage: str, done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last > 10:
            last = time.monotonic()
            print(f"{stage} {done}" + (f" of {total}" if total else ""), file=sys.stderr, flush=True)

    return report
