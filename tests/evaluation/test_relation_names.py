"""The benchmark of relation names: what PARAREL's files say, and the figures."""

from __future__ import annotations

import io
import json
import math
import tarfile
from pathlib import Path

import pytest

from neuraldb.core.errors import ImportFailed
from neuraldb.evaluation.relation_names import Asked, fitted, relations, table
from neuraldb.operators.relation_binding import READ, Candidate


def pararel(folder: Path) -> None:
    """Two of PARAREL's relations."""
    files = {
        "data/pattern_data/graphs_json/P19.jsonl": [
            {"pattern": "[X] was born in [Y]."}, {"pattern": "[X] is native to [Y]."}, {"pattern": "[Y] bore [X]."},
            {"pattern": "[X] has the place of birth [Y]."},
        ],
        "data/trex_lms_vocab/P19.jsonl": [{"sub_label": f"Anna {i}", "obj_label": "Oslo"} for i in range(READ)],
        "data/pattern_data/graphs_json/P36.jsonl": [{"pattern": "The capital of [X] is [Y]."}],
        "data/trex_lms_vocab/P36.jsonl": [{"sub_label": f"Land {i}", "obj_label": "Oslo"} for i in range(READ)],
    }  # fmt: skip
    (folder / "pararel").mkdir()
    with tarfile.open(folder / "pararel" / "pararel.tar.gz", "w:gz") as archive:
        for name, rows in files.items():
            content = "\n".join(map(json.dumps, rows)).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def test_relations_have_phrases_between_their_ends_and_facts(tmp_path: Path) -> None:
    pararel(tmp_path)
    born, capital = relations(tmp_path, 0)
    assert (born.name, born.phrases) == ("place of birth", ("was born in", "is native to", "has the place of birth"))
    assert (capital.name, capital.phrases) == ("capital", ())
    assert len(born.facts) == READ
    assert all(text.endswith(".") and subject in text and "Oslo" in text for text, subject, _ in born.facts)
    assert relations(tmp_path, 0) == [born, capital]


def test_without_the_corpus_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="pararel"):
        relations(tmp_path, 0)


ASKED = [
    Asked("born in", frozenset({"birthplace"}), (Candidate("birthplace", 0.7, 0.9), Candidate("born", 0.9, 0.0))),
    Asked("made by", frozenset({"author"}), (Candidate("owner", 0.6, 0.2), Candidate("author", 0.3, 0.8))),
]


def test_precision_and_recall_by_threshold() -> None:
    lines = table(ASKED, (0.5, 0.8, 0.95), lambda c: c.cosine)
    assert [line.split() for line in lines] == [
        ["0.5", "0.333", "0.500", "3"],
        ["0.8", "0.000", "0.000", "1"],
        ["0.9", "nan", "0.000", "0"],
    ]


def test_the_fit_finds_what_tells() -> None:
    nearness, agreed, constant = fitted(ASKED * 20)
    assert agreed > abs(nearness)

    def chance(c: Candidate) -> float:
        return 1 / (1 + math.exp(-(nearness * c.cosine + agreed * (c.agreement or 0) + constant)))

    assert all((chance(c) > 0.5) == (c.label in a.right) for a in ASKED for c in a.candidates)
