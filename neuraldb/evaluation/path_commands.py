"""The benchmarks of subgraphs and paths as sub-commands of ``neuraldb bench``."""

from __future__ import annotations

import argparse

from neuraldb.core.argument_types import existing, positive
from neuraldb.plan.path_nodes import STEPS, PathSteps


def subgraphs(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench subgraphs FOLDER...``."""
    parser.add_argument("folders", nargs="+", type=existing, metavar="FOLDER", help="of PathQuestion or of MetaQA")
    parser.add_argument("--limit", type=positive, default=60, help="questions of each file; 60 by default")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="only these data sets, such as PQ-2H")
    for step, names in STEPS.items():
        parser.add_argument(f"--{step}", nargs="+", choices=names, default=list(names), help="which; all by default")
    parser.set_defaults(run=_subgraphs)


def _subgraphs(arguments: argparse.Namespace) -> int:
    from neuraldb.core.errors import InterfaceError
    from neuraldb.evaluation.path_questions import datasets
    from neuraldb.evaluation.subgraphs import combinations, compare
    from neuraldb.models.registry import Models

    there = [each for folder in arguments.folders for each in datasets(folder)]
    names = tuple(each.name for each in there)
    for name in arguments.sets or ():
        if name not in names:
            raise InterfaceError(f"there is no data set {name}", candidates=names)
    models = Models()
    steps = combinations(arguments.extraction, arguments.filtering, arguments.refinement)
    for dataset in there:
        if not arguments.sets or dataset.name in arguments.sets:
            print(compare(dataset, steps, arguments.limit, models), end="\n\n", flush=True)
    return 0


def plans(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench plans FOLDER...``."""
    parser.add_argument(
        "folders", nargs="+", type=existing, metavar="FOLDER", help="of PathQuestion, MetaQA or WorldCup2014"
    )
    parser.add_argument("--limit", type=positive, default=2000, help="questions asked of each file; 2000 by default")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="only these data sets, such as PQ-2H")
    parser.set_defaults(run=_plans)


def _plans(arguments: argparse.Namespace) -> int:
    from neuraldb.core.errors import InterfaceError
    from neuraldb.evaluation.path_questions import datasets
    from neuraldb.evaluation.plan_ranking import compare
    from neuraldb.models.registry import Models

    there = [each for folder in arguments.folders for each in datasets(folder)]
    names = tuple(each.name for each in there)
    for name in arguments.sets or ():
        if name not in names:
            raise InterfaceError(f"there is no data set {name}", candidates=names)
    models = Models()
    for dataset in there:
        if not arguments.sets or dataset.name in arguments.sets:
            print(compare(dataset, arguments.limit, models), end="\n\n", flush=True)
    return 0


def path_sets(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench path-sets FILE...``."""
    parser.add_argument("files", nargs="+", type=existing, metavar="FILE", help="factbench databases")
    parser.add_argument("--limit", type=positive, help="only the first so many join questions")
    parser.add_argument(
        "--steps",
        nargs="+",
        type=PathSteps.parse,
        default=[PathSteps()],
        help=f"ways to find paths; {PathSteps()} by default",
    )
    parser.set_defaults(run=_path_sets)


def _path_sets(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.path_joins import compare, table

    print(table(compare(arguments.files, [None, *arguments.steps], arguments.limit)))
    return 0
