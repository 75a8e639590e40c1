"""The benchmarks as sub-commands of ``neuraldb bench``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from neuraldb.core.argument_types import corpora, existing, positive


def factbench(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench factbench FILE... --out predictions.jsonl``."""
    parser.add_argument("files", nargs="+", type=existing, metavar="FILE", help="databases, .jsonl or .jsonl.gz")
    parser.add_argument("--out", type=Path, default=Path("predictions.jsonl"), help="where the predictions go")
    parser.add_argument("--limit", type=int, help="only the first so many databases of each file")
    parser.set_defaults(run=_factbench)


def _factbench(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.factbench import run

    return run(arguments.files, arguments.out, limit=arguments.limit)


def parity(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench parity FILE``."""
    parser.add_argument("file", type=existing, metavar="FILE", help="factbench databases, .jsonl or .jsonl.gz")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first so many queries")
    parser.add_argument("--out", type=Path, help="where each query goes with its twin and both answers, a line each")
    parser.set_defaults(run=_parity)


def _parity(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.sql_parity import run

    return run(arguments.file, arguments.limit, arguments.out)


def support_sets(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench support-sets FILE...``."""
    from neuraldb.evaluation.support_sets import METHODS

    parser.add_argument("files", nargs="+", type=existing, metavar="FILE", help="factbench databases")
    parser.add_argument(
        "--methods", nargs="+", choices=METHODS, default=list(METHODS), help="ways to retrieve, all by default"
    )
    parser.add_argument("--retriever", type=existing, help="other weights of the retriever, for the method trained")
    parser.add_argument("--budget", type=int, help="facts read for one step, under every method but all and gold")
    parser.add_argument("--limit", type=int, help="only the first so many databases of each file")
    parser.set_defaults(run=_support_sets)


def _support_sets(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.support_set_tables import tables
    from neuraldb.evaluation.support_sets import compare
    from neuraldb.models.registry import Models

    models = Models()
    if arguments.retriever is not None:
        from neuraldb.models.retriever import MiniLMRetriever

        models = Models(retriever=MiniLMRetriever.load(arguments.retriever))
    print(tables(compare(arguments.files, arguments.methods, arguments.budget, arguments.limit, models)))
    return 0


def thresholds(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench thresholds --databases N``."""
    parser.add_argument("--databases", type=positive, default=5, help="how many are generated")
    parser.add_argument("--questions", type=positive, default=60, help="questions on each")
    parser.add_argument("--seed", type=int, default=0, help="from which all follows")
    parser.set_defaults(run=_thresholds)


def _thresholds(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.tuning import report_of, tune

    print(report_of(tune(arguments.databases, arguments.questions, arguments.seed)))
    return 0


def scale(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench scale --facts N...``."""
    from neuraldb.evaluation.scale import FACTS, QUESTIONS, SAMPLE

    sizes = ", ".join(f"{size:,}" for size in FACTS)
    parser.add_argument(
        "--facts", nargs="+", type=positive, default=FACTS, help=f"facts of each database; {sizes} by default"
    )
    parser.add_argument(
        "--questions", type=positive, default=QUESTIONS, help=f"lookups and aggregates asked; {QUESTIONS} by default"
    )
    parser.add_argument(
        "--sample", type=positive, default=SAMPLE, help=f"facts that brute force reads; {SAMPLE:,} by default"
    )
    parser.add_argument("--seed", type=int, default=0, help="from which facts and questions follow; 0 by default")
    parser.set_defaults(run=_scale)


def _scale(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.scale import run, table

    print(table(list(run(arguments.facts, arguments.questions, arguments.sample, arguments.seed))))
    return 0


def linking(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench linking --people N``."""
    from neuraldb.evaluation.linking import PEOPLE

    parser.add_argument("--people", type=positive, default=PEOPLE, help=f"how many are made up; {PEOPLE} by default")
    parser.add_argument("--seed", type=int, default=0, help="from which names and facts follow; 0 by default")
    parser.set_defaults(run=_linking)


def _linking(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.linking import run, table

    print(table(run(arguments.people, arguments.seed)))
    return 0


def w3c(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench w3c [FOLDER]``."""
    from neuraldb.evaluation.w3c import FOLDER, GROUPS

    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", default=FOLDER, help=f"of the suite; {FOLDER} by default"
    )
    parser.add_argument(
        "--groups", nargs="+", choices=GROUPS, metavar="GROUP", default=list(GROUPS), help="only these groups of tests"
    )
    parser.add_argument("--failures", action="store_true", help="list the tests that fail, with the reasons")
    parser.set_defaults(run=_w3c)


def _w3c(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.w3c import failures, run, table

    outcomes = run(arguments.folder, arguments.groups)
    if arguments.failures:
        print(failures(outcomes), end="\n\n")
    print(table(outcomes))
    return 0


def sparql(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench sparql --triples N --peers NAME...``."""
    from neuraldb.evaluation.sparql_speed import LIMIT, REPEAT, TRIPLES
    from neuraldb.evaluation.sparql_speed_peers import PEERS
    from neuraldb.evaluation.sparql_speed_queries import QUERIES

    parser.add_argument("--triples", type=positive, default=TRIPLES, help=f"size of the graph; {TRIPLES:,} by default")
    names = [query.name for query in QUERIES]
    parser.add_argument(
        "--queries", nargs="+", choices=names, metavar="NAME", help=f"which of {', '.join(names)}; all by default"
    )
    parser.add_argument("--peers", nargs="*", choices=PEERS, help="other engines, those installed by default")
    parser.add_argument("--repeat", type=positive, default=REPEAT, help=f"runs of each query; {REPEAT} by default")
    parser.add_argument(
        "--limit", type=positive, default=int(LIMIT), help=f"seconds of a peer for one query; {LIMIT:.0f} by default"
    )
    parser.add_argument("--seed", type=int, default=0, help="from which the graph follows; 0 by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures go for other programs")
    parser.set_defaults(run=_sparql)


def _sparql(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.sparql_speed import as_json, run, table
    from neuraldb.evaluation.sparql_speed_peers import PEERS, Peer
    from neuraldb.evaluation.sparql_speed_queries import chosen

    asked = PEERS if arguments.peers is None else arguments.peers
    missing = [name for name in asked if Peer.missing(name)]
    if missing and arguments.peers is not None:
        print(f"{', '.join(missing)} is not installed: pip install {' '.join(missing)}", file=sys.stderr)
        return 1
    peers = [name for name in asked if name not in missing]
    queries = chosen(arguments.queries)
    figures = run(arguments.triples, queries, peers, arguments.repeat, arguments.limit, arguments.seed)
    print(table(figures))
    if arguments.json is not None:
        arguments.json.write_text(as_json(figures) + "\n", encoding="utf-8")
    return 0 if figures.agreed else 1


def wikinldb(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench wikinldb FILE... --out predictions.jsonl``."""
    parser.add_argument("files", nargs="+", type=existing, metavar="FILE", help="WikiNLDB files of any version")
    parser.add_argument("--out", type=Path, default=Path("predictions.jsonl"), help="where the predictions go")
    parser.add_argument("--limit", type=int, help="only the first so many databases of each file")
    parser.add_argument(
        "--through-height", action="store_true", help="show the fact at a query's height too, as the original does"
    )
    parser.add_argument("--gold", action="store_true", help="show only the facts of each query's support sets")
    parser.add_argument("--reader", help="another reader: seq2seq:FOLDER, causal:FOLDER or URL#MODEL (an endpoint)")
    parser.set_defaults(run=_wikinldb)


def _wikinldb(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.wikinldb import Showing, run
    from neuraldb.models.registry import Models

    showing = Showing(arguments.through_height, arguments.gold)
    return run(arguments.files, arguments.out, Models(reader=arguments.reader), arguments.limit, showing)


def extraction(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench extraction --data FOLDER``."""
    from neuraldb.evaluation.extraction import SAMPLE

    parser.add_argument("--data", type=corpora, required=True, help="the folder of the corpora")
    parser.add_argument("--limit", type=positive, default=SAMPLE, help=f"texts of each corpus; {SAMPLE} by default")
    parser.add_argument("--seed", type=int, default=0, help="of the sample; 0 by default")
    parser.add_argument("--weights", type=existing, help="other weights of the extractor")
    parser.set_defaults(run=_extraction)


def _extraction(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.extraction import run

    print(run(arguments.data, arguments.limit, arguments.seed, arguments.weights))
    return 0


def relation_names(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench relation-names --data FOLDER``."""
    parser.add_argument("--data", type=corpora, required=True, help="the folder of the corpora")
    parser.add_argument("--seed", type=int, default=0, help="of the sample of facts; 0 by default")
    parser.set_defaults(run=_relation_names)


def _relation_names(arguments: argparse.Namespace) -> int:
    from neuraldb.evaluation.relation_names import run
    from neuraldb.evaluation.relation_sentences import report

    print(run(arguments.data, arguments.seed), end="\n\n")
    print(report())
    return 0
