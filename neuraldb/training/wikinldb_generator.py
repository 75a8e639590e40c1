"""``neuraldb bench make-wikinldb``: databases like those of WikiNLDB, with gold answers that are right by construction.

What is told is of three kinds: sentences that people wrote (TekGen), facts of PARAREL in its phrases and those of the
original, and invented facts about invented people, with numbers that are drawn. The original's questions are asked.
Everything follows from the seed.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from neuraldb.core.argument_types import corpora, positive
from neuraldb.core.errors import OperationalError
from neuraldb.loading.wikinldb_databases import Database
from neuraldb.loading.wikinldb_writing import write_databases
from neuraldb.training.wikinldb_asking import Asker
from neuraldb.training.wikinldb_building import Builder
from neuraldb.training.wikinldb_facts import Corpora
from neuraldb.training.wikinldb_forms import Plan, plan
from neuraldb.training.wikinldb_relations import PARTS, SPLITS

SIZES = (25, 50, 100, 250, 500, 1000)
"""Facts in a database."""
FEWEST = 5
"""Databases of a development or test file, at least, as in the original."""

_ABOUT = """# Databases like those of WikiNLDB

Made by `neuraldb bench make-wikinldb --split {split} --seed {seed}`: {queries} questions a database at most, in the
form of WikiNLDB 2.4. The parts share no {split}{more}. Most facts are invented: there are no such people, and numbers
are drawn.

- Sentences of Text2KGBench's Wikidata-TekGen (Mihindukulasooriya et al. 2023), CC BY-SA 4.0
- Facts and phrases of PARAREL (Elazar et al. 2021), MIT
- Phrases and questions of WikiNLDB (Thorne et al. 2021), Apache-2.0

These files are therefore under CC BY-SA 4.0.
"""
_MORE = {
    "entity": " among the subjects that questions are about",
    "template": ": no question form, and of relations with more than three no phrase",
    "relation": "",
}


def databases(corpora: Corpora, of_part: Plan, size: int, queries: int, seed: str) -> Iterator[Database]:
    """Databases of a size without end; each follows from the seed and its number."""
    number = 0
    while True:
        number += 1
        rng = random.Random(f"{seed} {size} {number}")
        told = Builder(corpora, of_part, rng).build(size)
        asked = Asker(of_part, told, rng).queries(queries)
        facts, triples = tuple(fact.text for fact in told), tuple(fact.triples for fact in told)
        yield Database(f"{seed.split()[-1]}-{size}-{number}", facts, tuple(asked), triples)


def how_many(part: str, size: int, databases_of_25: int) -> int:
    """Databases of a file: as many facts at every size, a tenth of them for development and for test.

    >>> how_many("train", 25, 100), how_many("train", 1000, 100), how_many("test", 25, 100), how_many("test", 1000, 100)
    (100, 2, 10, 5)
    """
    count = max(1, round(databases_of_25 * 25 / size))
    return count if part == "train" else max(FEWEST, count // 10)


def generate(
    data: Path,
    out: Path,
    split: str,
    sizes: Sequence[int] = SIZES,
    databases_of_25: int = 100,
    queries: int = 30,
    seed: int = 0,
    parts: Sequence[str] = PARTS,
) -> None:
    """Write the files of a data set: ``v2.4_25/train.jsonl`` and so on, and a README.

    Args:
        data: the folder of the corpora.
        out: the folder of the data set.
        split: one of :data:`~neuraldb.training.wikinldb_relations.SPLITS`.
        sizes: facts in a database.
        databases_of_25: training databases of 25 facts; of larger ones there are fewer.
        queries: questions about a database, at most.
        seed: from which all follows.
        parts: those of :data:`~neuraldb.training.wikinldb_relations.PARTS` that are wanted.

    Raises:
        OperationalError: a file cannot be written.
    """
    corpora = Corpora(data)
    for part in parts:
        of_part = plan(corpora, data, split, part)
        for size in sizes:
            folder = out / f"v2.4_{size}"
            made = databases(corpora, of_part, size, queries, f"{seed} {split} {part}")
            count = how_many(part, size, databases_of_25)
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OperationalError(f"cannot write {folder}: {error.strerror or error}") from error
            write_databases(folder / f"{part}.jsonl", (next(made) for _ in range(count)))
            print(f"{folder.name}/{part}.jsonl: {count} databases", file=sys.stderr)
    about = _ABOUT.format(split=split, seed=seed, queries=queries, more=_MORE[split])
    (out / "README.md").write_text(about, encoding="utf-8")


def command(parser: argparse.ArgumentParser) -> None:
    """``neuraldb bench make-wikinldb --data FOLDER --out FOLDER``."""
    parser.add_argument("--data", type=corpora, required=True, help="the folder of the corpora")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the data set")
    parser.add_argument("--split", choices=SPLITS, default="relation", help="what the parts do not share")
    parser.add_argument("--sizes", type=positive, nargs="+", default=list(SIZES), help="facts in a database")
    parser.add_argument("--databases", type=positive, default=100, help="training databases of 25 facts")
    parser.add_argument("--queries", type=positive, default=30, help="questions about a database, at most")
    parser.add_argument("--parts", choices=PARTS, nargs="+", default=list(PARTS), help="which files")
    parser.add_argument("--seed", type=int, default=0, help="from which all follows")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    generate(
        arguments.data, arguments.out, arguments.split, arguments.sizes, arguments.databases, arguments.queries,
        arguments.seed, arguments.parts,
    )  # fmt: skip
    return 0
