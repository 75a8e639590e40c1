"""The benchmark of imports as a sub-command of ``neuraldb bench``."""

from __future__ import annotations

import argparse

from neuraldb.core.argument_types import positive


def load(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench load --triples N``."""
    from neuraldb.evaluation.load_speed import FORMATS, TRIPLES

    parser.add_argument("--triples", type=positive, default=TRIPLES, help=f"of the graph; {TRIPLES:,} by default")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS), help="which; all by default")
    parser.add_argument("--alone", action="store_true", help="without rdflib")
    parser.add_argument("--seed", type=int, default=0, help="from which the graph follows; 0 by default")
    parser.set_defaults(run=_load)


def _load(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.load_speed import run, table

    print(table(list(run(arguments.triples, arguments.formats, not arguments.alone, arguments.seed))))
    return 0
