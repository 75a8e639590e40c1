"""The benchmark of semantic queries as a sub-command of ``neuraldb bench``."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from neuraldb.core.accuracy import Targets
from neuraldb.core.argument_types import corpora, positive
from neuraldb.core.errors import DataError
from neuraldb.core.progress import CancelToken
from neuraldb.evaluation.semantic_peers import PEERS, missing, run_peer
from neuraldb.evaluation.semantic_queries import NAMES, LabelReader, Note, Quality, Sizes, gold, notes, quality
from neuraldb.evaluation.semantic_ways import BRUTE, CASCADE, PLAN, Figure, Found, brute_force, planned
from neuraldb.models.registry import Models

LABELS = "labels"
_READERS = (
    f"another reader: {LABELS} (one that is always right), seq2seq:FOLDER, causal:FOLDER, URL#MODEL (an endpoint)"
)
NO_CASCADE = ("top-k", "aggregate")
"""Queries in which the reader is asked nothing, so that nothing can be spared."""


def semantic(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench semantic --data FOLDER``."""
    sizes = Sizes()
    parser.add_argument("--data", type=corpora, required=True, help="the folder of the corpora; tekgen is needed")
    for name in ("filter", "join", "top", "aggregate"):
        default = getattr(sizes, name)
        parser.add_argument(f"--{name}", type=positive, default=default, help=f"its sentences; {default} by default")
    parser.add_argument("--wanted", type=positive, default=sizes.wanted, help="rows of the top-k; 20 by default")
    parser.add_argument("--queries", nargs="+", choices=NAMES, default=list(NAMES), help="which; all by default")
    parser.add_argument("--accuracy", type=float, default=0.9, help="of cascades: recall and precision; 0.9 by default")
    parser.add_argument("--failure", type=float, default=0.05, help="the chance of a miss; 0.05 by default")
    parser.add_argument("--seed", type=int, default=0, help="of the sentences and samples; 0 by default")
    parser.add_argument("--reader", help=_READERS)
    for package in PEERS:
        help = f"a Python that has {package}, to run it beside; by default this one, where it has it"
        parser.add_argument(f"--{package}", metavar="PYTHON", help=help)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the figures go for other programs, as JSON")
    parser.set_defaults(run=_semantic)


def _semantic(arguments: argparse.Namespace) -> int:
    if not 0 < arguments.accuracy <= 1 or not 0 < arguments.failure < 1:
        raise DataError("accuracy is in (0, 1], failure in (0, 1)")
    sizes = Sizes(arguments.filter, arguments.join, arguments.top, arguments.aggregate, arguments.wanted)
    targets = Targets(arguments.accuracy, arguments.accuracy, arguments.failure, arguments.seed)
    peers = {package: getattr(arguments, package) or sys.executable for package in PEERS}
    reasons = {package: reason for package, python in peers.items() if (reason := missing(python, package))}
    every = notes(arguments.data, arguments.seed)
    models = Models(reader=LabelReader(every) if arguments.reader == LABELS else arguments.reader)
    chosen = {name: every[: sizes.of(name)] for name in arguments.queries}
    there = {package: python for package, python in peers.items() if package not in reasons}
    figures = list(run(chosen, sizes.wanted, targets, models, there, _tell))
    _tell("")
    print(table(figures))
    for package, reason in reasons.items():
        print(f"\nWithout {package}: {reason}.")
    if arguments.out is not None:
        arguments.out.write_text(json.dumps([f.flat() for f in figures], indent=1) + "\n", encoding="utf-8")
    return 0


def run(
    chosen: Mapping[str, Sequence[Note]],
    wanted: int,
    targets: Targets,
    models: Models,
    peers: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Figure]:
    """The figures of all ways.

    Args:
        chosen: the sentences of each query, by name.
        wanted: rows of the top-k.
        targets: of cascades.
        models: reader and encoder, also of the peers.
        peers: a Python for each peer, by package.
        tell: is told what is done.
    """
    models.read([], CancelToken())  # so that no way pays for loading them
    models.encoder.encode(["one"])
    brute: dict[str, Counter[object]] = {}
    for name, rows in chosen.items():
        found = brute_force(name, rows, wanted, models, tell)
        brute[name] = found[0]
        yield figure(name, BRUTE, rows, wanted, found, None)
        for way, asked in ((PLAN, None), (CASCADE, targets)):
            if way == PLAN or name not in NO_CASCADE:
                tell(f"{name}, {way}")
                found = planned(name, rows, wanted, models, asked)
                yield figure(name, way, rows, wanted, found, brute[name])
    for package, python in peers.items():
        tell(package)
        for answer in run_peer(package, python, chosen, wanted, targets, models):
            tell(f"{answer.query}, {answer.way}")
            got = counted(answer.query, answer.rows)
            found = got, answer.calls, answer.encoded, answer.seconds, answer.problem
            yield figure(answer.query, answer.way, chosen.get(answer.query, ()), wanted, found, brute.get(answer.query))


def counted(name: str, rows: Sequence[Sequence[object]]) -> Counter[object]:
    """A peer's rows as :func:`~neuraldb.evaluation.semantic_queries.gold` has them."""
    if name == "aggregate":
        return Counter({label: int(str(number)) for label, number in rows})
    return Counter(tuple(row) if name == "join" else row[0] for row in rows)


def figure(
    name: str, way: str, rows: Sequence[Note], wanted: int, found: Found, brute: Counter[object] | None
) -> Figure:
    """What came out, judged."""
    came, calls, encoded, seconds, remark = found
    against = None if brute is None else quality(name, came, brute, wanted)
    right = gold(name, rows) if name else Counter()
    if remark and not came:  # it failed: of nothing everything would be right
        return Figure(name, way, Quality(0.0, 0.0), None, calls, encoded, seconds, remark)
    return Figure(name, way, quality(name, came, right, wanted), against, calls, encoded, seconds, remark)


def table(figures: Sequence[Figure]) -> str:
    """The figures as a table in Markdown."""
    lines = [
        "| query | way | precision | recall | F1 | against brute force | model calls | encoded | seconds | |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    order = {name: i for i, name in enumerate(NAMES)}
    for each in sorted(figures, key=lambda f: order.get(f.query, len(order))):
        shares = f"{each.quality.precision:.2f} | {each.quality.recall:.2f} | {each.quality.f1:.2f}"
        cells = f"{each.query} | {each.way} | {shares} | {_pair(each.against)} | {each.calls:,} | {each.encoded:,}"
        lines.append(f"| {cells} | {each.seconds:.1f} | {each.remark} |")
    return "\n".join(lines)


def _pair(against: Quality | None) -> str:
    return "" if against is None else f"{against.precision:.2f}/{against.recall:.2f}"


def _tell(text: str) -> None:
    """Say what is done, on one line of a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
