"""Benchmarks and training recipes: which there are, and the function that runs each; nothing is loaded before it runs.

A function is given a sub-parser, declares its arguments there and sets ``run``, which is called with the arguments and
gives the exit code:

    def command(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--limit", type=int)
        parser.set_defaults(run=main)
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from neuraldb.shell.exits import UsageError


@dataclass(frozen=True, slots=True)
class Tool:
    """A benchmark or a recipe.

    Attributes:
        target: ``module:function``.
        help: what it does, one line.
    """

    target: str
    help: str


BENCHES: dict[str, Tool] = {
    "extraction": Tool(
        "neuraldb.evaluation.commands:extraction", "precision, recall and F1 of extracted triples, beside baselines"
    ),
    "clqa": Tool(
        "neuraldb.evaluation.link_commands:clqa", "complex logical queries over a graph with missing edges, by pattern"
    ),
    "factbench": Tool(
        "neuraldb.evaluation.commands:factbench", "answers every query of factbench files; the scorer's table"
    ),
    "linking": Tool(
        "neuraldb.evaluation.commands:linking", "precision and recall of linked names, on made-up people and things"
    ),
    "links": Tool("neuraldb.evaluation.link_commands:links", "filtered ranks of a graph's missing edges"),
    "load": Tool("neuraldb.evaluation.load_commands:load", "how fast triples are imported, beside rdflib"),
    "make-wikinldb": Tool(
        "neuraldb.training.wikinldb_generator:command", "makes databases like those of WikiNLDB, split three ways"
    ),
    "parity": Tool(
        "neuraldb.evaluation.commands:parity",
        "questions of factbench beside the same in SQL: whether the rows are the same",
    ),
    "path-sets": Tool(
        "neuraldb.evaluation.path_commands:path_sets", "join questions with and without support sets along paths"
    ),
    "plans": Tool(
        "neuraldb.evaluation.path_commands:plans", "the right plan among those that a graph admits, its topic given"
    ),
    "relation-names": Tool(
        "neuraldb.evaluation.commands:relation_names", "names of relations that are not stored, bound by their meaning"
    ),
    "scale": Tool(
        "neuraldb.evaluation.commands:scale", "how fast facts go in and answers come out as a database grows"
    ),
    "semantic": Tool(
        "neuraldb.evaluation.semantic_commands:semantic",
        "a filter, a join, a top-k and an aggregate over text: brute force, plans, cascades, peers",
    ),
    "sparql": Tool(
        "neuraldb.evaluation.commands:sparql", "speed of SPARQL queries of many shapes, beside rdflib and pyoxigraph"
    ),
    "subgraphs": Tool(
        "neuraldb.evaluation.path_commands:subgraphs", "ways to find subgraphs and paths for questions, compared"
    ),
    "support-sets": Tool(
        "neuraldb.evaluation.commands:support_sets", "ways to retrieve compared, beside the right support sets"
    ),
    "thresholds": Tool(
        "neuraldb.evaluation.commands:thresholds", "thresholds of derivations compared, on generated databases"
    ),
    "w3c": Tool("neuraldb.evaluation.commands:w3c", "the W3C's tests of SPARQL 1.1: what passes, by group"),
    "wikinldb": Tool(
        "neuraldb.evaluation.commands:wikinldb", "answers every query of WikiNLDB files; both scores, by type and size"
    ),
}
"""The benchmarks by name."""
RECIPES: dict[str, Tool] = {
    "reader": Tool("neuraldb.training.commands:reader", "the Neural SPJ reader, in two stages"),
    "retriever": Tool("neuraldb.training.commands:retriever", "the retriever, with gold support sets or the reader's"),
    "question-parser": Tool("neuraldb.training.commands:question_parser", "the question parser"),
    "extractor": Tool("neuraldb.training.commands:extractor", "the extractor of mentions and triples"),
    "calibration": Tool("neuraldb.evaluation.calibration_recipe:command", "how likely answers are right"),
    "plans": Tool("neuraldb.training.commands:plans", "the ranker of queries that a question may mean"),
    "links": Tool("neuraldb.training.commands:links", "a link predictor for a graph: factors, rules, both mixed"),
    "seq2seq": Tool("neuraldb.training.commands:seq2seq", "a T5- or BART-like reader, on WikiNLDB files"),
}
"""The training recipes by name."""


def run_tool(kind: str, tools: Mapping[str, Tool], arguments: list[str]) -> int:
    """Run one of the tools; gives its exit code.

    Args:
        kind: ``bench`` or ``train``.
        tools: those of the kind.
        arguments: the name of the tool, and its arguments.

    Raises:
        UsageError: there is no such tool, or its arguments are wrong.
        SystemExit: help was asked for.
    """
    from neuraldb.shell.arguments import Parser

    listing = "\n".join(f"  {name:<16} {tool.help}" for name, tool in sorted(tools.items())) or "  none"
    parser = Parser(
        prog=f"neuraldb {kind}",
        usage=f"neuraldb {kind} NAME ...",
        description={"bench": "Runs a benchmark.", "train": "Trains a model."}[kind],
        epilog=f"names:\n{listing}\n\nneuraldb {kind} NAME --help tells of each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help=f"which {kind}")
    if not arguments or arguments[0].startswith("-"):
        parser.parse_args(arguments or ["--help"])
    name = arguments[0]
    if name not in tools:
        known = ", ".join(sorted(tools)) or "there are none"
        raise UsageError(f"neuraldb {kind}: there is no {name}; choose from: {known}")
    module, _, function = tools[name].target.partition(":")
    own = Parser(prog=f"neuraldb {kind} {name}", description=tools[name].help)
    getattr(importlib.import_module(module), function)(own)
    options = own.parse_args(arguments[1:])
    return int(options.run(options) or 0)
