"""Questions from the original system's templates (Thorne et al. 2021; Apache-2.0), filled with PARAREL's entities."""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

from neuraldb.training.parsing_examples import ParsingExample
from neuraldb.training.phrases import Phrase, fill

NUMERIC = ("P1082", "P1867", "P1092", "P1110", "P1174", "P1198")


def templates(folder: Path) -> dict[str, dict[str, list[list[str]]]]:
    """Question templates by property and type; each is [question, derivation]."""
    with tarfile.open(folder / "wikinldb-templates" / "templates.tar.gz") as archive:
        name = next(n for n in archive.getnames() if n.endswith("generate_v1.5.json"))
        file = archive.extractfile(name)
        assert file is not None
        return dict(json.load(file))


def names(folder: Path) -> list[tuple[str, str]]:
    """(subject, object) names of T-REx facts."""
    out = []
    with tarfile.open(folder / "pararel" / "pararel.tar.gz") as archive:
        for member in sorted(n for n in archive.getnames() if "trex_lms_vocab" in n and n.endswith(".jsonl")):
            file = archive.extractfile(member)
            assert file is not None
            for line in io.TextIOWrapper(file, "utf-8"):
                row = json.loads(line)
                out.append((row["sub_label"], row["obj_label"]))
    return out


def template_questions(folder: Path, rng: random.Random, copies: int = 6) -> Iterator[ParsingExample]:
    """Each question form some times, with other names in its slots."""
    pool = names(folder)
    for prop, kinds in templates(folder).items():
        for kind in ("set", "count", "bool", "min", "max", "argmin", "argmax"):
            for form in kinds.get(kind, []):
                question = form[0] if isinstance(form, list) else form
                for _ in range(copies):
                    yield _example(question, kind, prop, rng.choice(pool))


def _example(question: str, kind: str, prop: str, entities: tuple[str, str]) -> ParsingExample:
    template = question.replace("$s", "{s}").replace("$o", "{o}")
    s, o = (Phrase(e).marked("entity") for e in entities)
    phrase = fill(template, s=s, o=o)
    if kind in ("argmin", "argmax") and prop not in NUMERIC:
        kind = kind.replace("arg", "group_")
    if kind == "count" and prop in NUMERIC:
        kind = "set"
    return ParsingExample(phrase.text, kind, "none", {"entity": phrase.spans("entity")})
