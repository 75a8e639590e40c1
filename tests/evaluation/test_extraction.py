"""Scores of extracted triples, and the corpora they are compared with."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from doubles import HashedWords
from training import corpora

from neuraldb.core.errors import ImportFailed
from neuraldb.evaluation import extraction_gold
from neuraldb.evaluation.extraction import Found, alike, capital_pairs, extracted, gold_pairs, matched, score, table
from neuraldb.evaluation.extraction_gold import GoldText, GoldTriple
from neuraldb.models.protocols import ExtractedMention, ExtractedTriple, Extraction

TEXT = "Anna Berg was born in Oslo. She works for Equinor, which has 933 wells."
GOLD = GoldText(
    TEXT,
    (
        GoldTriple(("Anna Berg",), "place of birth", ("Oslo",)),
        GoldTriple(("Anna Berg",), "employer", ("Equinor",)),
        GoldTriple(("Equinor",), "number of wells", ("933.0", "933 wells")),
    ),
)
ENCODER = HashedWords(64)


def scored(*found: Found) -> dict[str, tuple[int, int, int]]:
    scores = score([found], [GOLD], ENCODER)
    return {criterion: (t.right, t.said, t.gold) for (criterion, size), t in scores.items() if size == 3}


def test_what_is_said_exactly_counts_under_every_criterion() -> None:
    assert set(scored(Found("Anna Berg", "place of birth", "Oslo")).values()) == {(1, 1, 3)}


def test_ends_and_relations_count_apart() -> None:
    made = scored(Found("Anna", "place of birth", "Oslo"), Found("Anna Berg", "zebra", "Equinor"))
    assert made == {"ends": (2, 2, 3), "triple": (1, 2, 3), "exact ends": (1, 2, 3), "exact triple": (0, 2, 3)}


def test_a_triple_is_found_once_and_its_direction_counts() -> None:
    twice = Found("Anna Berg", "place of birth", "Oslo")
    assert scored(twice, twice)["triple"] == (1, 2, 3)
    assert scored(Found("Oslo", "place of birth", "Anna Berg"))["ends"] == (0, 1, 3)


def test_values_are_the_same_by_what_they_mean() -> None:
    assert alike("933", ("933.0",)) == 1.0
    assert alike("the Oslo", ("Oslo",)) == 1.0
    assert alike("3 May 1929", ("1929-05-03",)) == 1.0
    assert alike("934", ("933.0",)) < 0.5
    assert 0.5 <= alike("Oslo Airport", ("Oslo",)) < 1.0


def test_as_many_as_can_be_are_matched() -> None:
    fits = np.array([[True, True], [True, False]])
    assert matched(fits) == matched(fits[::-1]) == 2
    assert matched(np.array([[True], [True]])) == 1
    assert matched(np.zeros((0, 3), np.bool_)) == 0


def test_the_baselines_relate_every_two_names() -> None:
    (found,) = capital_pairs([GOLD])
    assert Found("Anna Berg", "was born in", "Oslo") in found
    assert all(not {"Oslo", "Equinor"} <= {f.subject, f.object} for f in found)
    (oracle,) = gold_pairs([GOLD])
    assert len(oracle) == 4 * 3
    assert Found("Anna Berg", "was born in", "Oslo") in oracle


def test_an_extractor_is_asked_for_every_text() -> None:
    class One:
        name = "one"

        def extract(self, texts: list[str]) -> list[Extraction]:
            ends = (ExtractedMention(0, 9, "Anna Berg"), ExtractedMention(22, 26, "Oslo"))
            said = ExtractedTriple(0, "place of birth", 1, 0.9)
            return [Extraction(ends, (said, said)) for _ in texts]

    found = extracted(One())([GOLD, GOLD])  # type: ignore[arg-type]
    assert found == [[Found("Anna Berg", "place of birth", "Oslo")]] * 2
    text = table({"one": score(found, [GOLD, GOLD], ENCODER)})
    assert "| one | 100.0 | 33.3 | 50.0 |" in text


def test_gold_texts_are_read(tmp_path: Path) -> None:
    row = {
        "text": "Aarhus is led by Jacob Bundsgaard.",
        "triples": [["Aarhus", "leaderName", "Jacob_Bundsgaard"]],
        "mentions": {"Aarhus": [["name", "Aarhus"]], "Jacob_Bundsgaard": [["pronoun", "he"]]},
    }
    (tmp_path / "webnlg").mkdir()
    with gzip.open(tmp_path / "webnlg" / "dev.jsonl.gz", "wt") as file:
        file.write(json.dumps(row) + "\n")
    (text,) = extraction_gold.webnlg(tmp_path, 3)
    assert text.triples == (GoldTriple(("Aarhus",), "leader name", ("Jacob Bundsgaard",)),)
    said = {"sub": "Anna", "rel": "residence", "obj": "Oslo"}
    absent = {"sub": "Anna", "rel": "country", "obj": "Norway"}
    line = {"id": "x", "sent": "Anna lives in Oslo.", "triples": [said, absent]}
    known = {**line, "sent": "Anna lives in Oslo, they say."}
    corpora.archived(
        tmp_path / "tekgen" / "wikidata_tekgen.tar.gz",
        {
            "wikidata_tekgen/ground_truth/ont_1_ground_truth.jsonl": json.dumps(line) + "\n" + json.dumps(known) + "\n",
            # what was trained on is not measured
            "wikidata_tekgen/train/ont_1_train.jsonl": json.dumps({"sent": known["sent"]}) + "\n",
        },
    )
    assert extraction_gold.tekgen(tmp_path, None) == [
        GoldText("Anna lives in Oslo.", (GoldTriple(("Anna",), "residence", ("Oslo",)),))
    ]


@pytest.mark.parametrize("read", [extraction_gold.webnlg, extraction_gold.tekgen])
def test_a_corpus_that_is_not_there_is_an_error(read: object, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="there is no file"):
        read(tmp_path, 1)  # type: ignore[operator]
