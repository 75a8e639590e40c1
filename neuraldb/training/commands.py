"""The training recipes as sub-commands of ``neuraldb train``; each resumes from its checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path

from neuraldb.core.argument_types import corpora, file, positive

WEIGHTS = Path(__file__).parent.parent / "models" / "weights"


def _common(parser: argparse.ArgumentParser, name: str, minutes: float) -> None:
    parser.add_argument("--data", type=corpora, required=True, help="the folder of the corpora")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="where checkpoints are kept")
    parser.add_argument("--out", type=Path, default=WEIGHTS / f"{name}.safetensors", help="where the weights go")
    parser.add_argument("--minutes", type=float, default=minutes, help=f"how long to train (default {minutes:g})")


def reader(parser: argparse.ArgumentParser) -> None:
    """``neuraldb train reader --data FOLDER``: all three stages."""
    _common(parser, "reader", 180)
    parser.set_defaults(run=_reader)


def _reader(arguments: argparse.Namespace) -> int:
    from neuraldb.training.reader_recipe import run

    third = arguments.minutes / 3
    _report(run(arguments.data, arguments.checkpoints, arguments.out, (third, third, third)))
    return 0


def question_parser(parser: argparse.ArgumentParser) -> None:
    """``neuraldb train question-parser --data FOLDER``."""
    _common(parser, "question_parser", 25)
    parser.set_defaults(run=_question_parser)


def _question_parser(arguments: argparse.Namespace) -> int:
    from neuraldb.training.parser_recipe import run

    _report(run(arguments.data, arguments.checkpoints / "question-parser.pt", arguments.out, arguments.minutes))
    return 0


def retriever(parser: argparse.ArgumentParser) -> None:
    """``neuraldb train retriever``: supervised, or by what the reader derives."""
    parser.add_argument("--distant", action="store_true", help="gold support sets are what the reader derives from")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="where checkpoints are kept")
    parser.add_argument("--out", type=Path, default=WEIGHTS / "retriever.safetensors", help="where the weights go")
    parser.add_argument("--minutes", type=float, default=15, help="how long to train (default 15)")
    parser.set_defaults(run=_retriever)


def _retriever(arguments: argparse.Namespace) -> int:
    from neuraldb.models.reader import MiniLMReader
    from neuraldb.training.retriever_recipe import run

    reader = MiniLMReader.load() if arguments.distant else None
    _report(run(arguments.checkpoints, arguments.out, arguments.minutes, reader))
    return 0


def extractor(parser: argparse.ArgumentParser) -> None:
    """``neuraldb train extractor --data FOLDER``."""
    _common(parser, "extractor", 60)
    parser.add_argument("--begin", type=file, help="weights of an extractor to begin with")
    parser.set_defaults(run=_extractor)


def _extractor(arguments: argparse.Namespace) -> int:
    from neuraldb.training.extractor_recipe import run

    checkpoint = arguments.checkpoints / "extractor.pt"
    _report(run(arguments.data, checkpoint, arguments.out, arguments.minutes, begin=arguments.begin))
    return 0


def plans(parser: argparse.ArgumentParser) -> None:
    """``neuraldb train plans --data FOLDER``."""
    parser.add_argument("--data", type=corpora, required=True, help="the folder of the corpora")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="where vectors are kept")
    parser.add_argument("--out", type=Path, default=WEIGHTS / "plan_ranker.safetensors", help="where the weights go")
    parser.add_argument("--epochs", type=positive, default=8, help="how often to see all (default 8)")
    parser.add_argument("--minutes", type=float, default=20, help="after which no epoch is begun (default 20)")
    parser.set_defaults(run=_plans)


def _plans(arguments: argparse.Namespace) -> int:
    from neuraldb.training.plan_recipe import run

    _report(run(arguments.data, arguments.checkpoints, arguments.out, arguments.epochs, arguments.minutes))
    return 0


def links(parser: argparse.ArgumentParser) -> None:
    """``neuraldb train links --data FOLDER --out FOLDER``."""
    from neuraldb.training.link_recipe import Settings

    given = Settings()
    parser.add_argument("--data", type=corpora, required=True, help="a graph: train.txt and valid.txt, or .gz")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the trained predictor")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="where checkpoints are kept")
    parser.add_argument("--minutes", type=float, default=given.minutes, help="the end of it (default 120)")
    parser.add_argument("--rank", type=positive, default=given.rank, help="complex dimensions (default 256)")
    parser.add_argument("--epochs", type=positive, default=given.epochs, help="how often to see all (default 15)")
    parser.add_argument("--rate", type=float, default=given.rate, help="the learning rate of Adagrad (default 0.1)")
    parser.add_argument("--n3", type=float, default=given.n3, help="weight of the nuclear 3-norm (default 0.05)")
    parser.add_argument("--relation", type=float, default=given.relation, help="weight of relations (default 0)")
    parser.add_argument("--batch", type=positive, default=given.batch, help="heads with relations a step (default 512)")
    parser.add_argument("--seed", type=int, default=given.seed, help="of all that is drawn (default 1)")
    parser.add_argument("--only", choices=("factors", "rules"), help="one of the two predictors, not both mixed")
    parser.set_defaults(run=_links)


def _links(arguments: argparse.Namespace) -> int:
    from neuraldb.training.link_model import run
    from neuraldb.training.link_recipe import Settings

    names = "rank", "epochs", "rate", "n3", "relation", "batch", "minutes", "seed"
    settings = Settings(**{name: getattr(arguments, name) for name in names})
    _report(run(arguments.data, arguments.out, arguments.checkpoints / "links.pt", settings, arguments.only))
    return 0


def seq2seq(parser: argparse.ArgumentParser) -> None:
    """``neuraldb train seq2seq --data FILE... --model FOLDER --out FOLDER``."""
    parser.add_argument("--data", type=file, nargs="+", required=True, help="WikiNLDB files to train on")
    parser.add_argument("--dev", type=file, nargs="+", default=(), help="WikiNLDB files for temperature and figures")
    parser.add_argument("--model", type=Path, required=True, help="the folder of the model to begin with")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the trained model")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="where checkpoints are kept")
    parser.add_argument("--minutes", type=float, default=120, help="how long to train at most (default 120)")
    parser.add_argument("--epochs", type=positive, default=3, help="how often to see all (default 3)")
    parser.add_argument("--rate", type=float, default=1e-4, help="the learning rate (default 1e-4)")
    parser.add_argument("--batch", type=positive, default=8, help="examples in a batch (default 8)")
    parser.add_argument("--noise", choices=("spj_rand", "none"), default="spj_rand", help="other facts among the right")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (default 1)")
    parser.set_defaults(run=_seq2seq)


def _seq2seq(arguments: argparse.Namespace) -> int:
    from neuraldb.training.seq2seq_recipe import Settings, run

    settings = Settings(
        arguments.minutes,
        arguments.epochs,
        arguments.rate,
        arguments.batch,
        arguments.noise == "spj_rand",
        arguments.seed,
    )
    checkpoint = arguments.checkpoints / "seq2seq.pt"
    _report(run(arguments.data, arguments.model, arguments.out, checkpoint, arguments.dev, settings))
    return 0


def _report(figures: dict[str, float]) -> None:
    for name, value in figures.items():
        print(f"{name:<24}{value:>8.1f}")
