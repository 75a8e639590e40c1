"""Texts with the triples they state: WebNLG (for measuring only) and the test part of Text2KGBench's TekGen."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuraldb.core.errors import ImportFailed
from neuraldb.core.text import mentions

WEBNLG = Path("webnlg") / "dev.jsonl.gz"
TEKGEN = Path("tekgen") / "wikidata_tekgen.tar.gz"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAMED = ("name", "description")


@dataclass(frozen=True, slots=True)
class GoldTriple:
    """A triple with all the texts that its ends are known under.

    Attributes:
        subject, object: the name first, then the words for it in the text.
        relation: words.
    """

    subject: tuple[str, ...]
    relation: str
    object: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoldText:
    """A text, and the triples that it is known to state."""

    text: str
    triples: tuple[GoldTriple, ...]


def webnlg(folder: Path, limit: int | None, seed: int = 0) -> list[GoldText]:
    """WebNLG's development texts (Gardent et al. 2017, version 1.6); all triples of a text are annotated.

    Args:
        folder: the folder of the corpora.
        limit: a sample of so many; None for all.
        seed: of the sample.

    Raises:
        ImportFailed: the corpus is not there.
    """
    with gzip.open(_there(folder / WEBNLG), "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return _sample([_webnlg(row) for row in rows], limit, seed)


def tekgen(folder: Path, limit: int | None, seed: int = 0) -> list[GoldText]:
    """TekGen's test sentences (Mihindukulasooriya et al. 2023), with the triples whose ends stand in them.

    Only triples of ten ontologies are annotated, so what is found beside them is not always wrong. Sentences that stand
    in the training or validation part, too, are left out. Arguments and errors are those of :func:`webnlg`.
    """
    out = []
    with tarfile.open(_there(folder / TEKGEN)) as archive:
        trained = {row["sent"] for row in _rows(archive, r"tekgen/(train|validation)/.*\.jsonl$")}
        for row in _rows(archive, r"tekgen/ground_truth/.*\.jsonl$"):
            stated = [GoldTriple((t["sub"],), t["rel"].strip(), (t["obj"],)) for t in row["triples"]]
            text = row["sent"]
            stated = [t for t in stated if mentions(text, t.subject[0]) and mentions(text, t.object[0])]
            if stated and text not in trained:
                out.append(GoldText(text, tuple(dict.fromkeys(stated))))
    return _sample(out, limit, seed)


def _rows(archive: tarfile.TarFile, pattern: str) -> Iterator[dict[str, Any]]:
    """The JSON lines of an archive's files, in order of their names."""
    for member in sorted(archive.getnames()):
        file = archive.extractfile(member) if re.search(pattern, member) else None
        for line in io.TextIOWrapper(file, "utf-8") if file is not None else ():
            yield json.loads(line)


def _there(path: Path) -> Path:
    if not path.is_file():
        raise ImportFailed(f"there is no file {path}", hint="docs/evaluation.md says what the folder must hold")
    return path


def _sample(texts: list[GoldText], limit: int | None, seed: int) -> list[GoldText]:
    return texts if limit is None or limit >= len(texts) else random.Random(seed).sample(texts, limit)


def _webnlg(row: dict[str, object]) -> GoldText:
    words = row["mentions"]
    assert isinstance(words, dict)

    def known(name: str) -> tuple[str, ...]:
        said = [text for kind, text in words.get(name, ()) if kind in _NAMED]
        return tuple(dict.fromkeys((name.replace("_", " ").strip('"'), *said)))

    triples = row["triples"]
    assert isinstance(triples, list)
    return GoldText(str(row["text"]), tuple(GoldTriple(known(s), relation_words(r), known(o)) for s, r, o in triples))


def relation_words(name: str) -> str:
    """The words of a property's name.

    >>> relation_words("leaderName"), relation_words("is_part_of")
    ('leader name', 'is part of')
    """
    return _HUMP.sub(" ", name).replace("_", " ").lower().strip()
