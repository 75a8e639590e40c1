"""Word search: BM25 by hand."""

from __future__ import annotations

import math

import pytest

from neuraldb.core.text import tokens_for_search
from neuraldb.stores.database import Database
from neuraldb.stores.facts import FactStore, NewFact
from neuraldb.stores.lexical import LexicalIndex


def test_the_subject_counts_as_a_word(database: Database) -> None:
    FactStore(database).add([NewFact("Her brother runs a bakery.", "Anna Berg"), NewFact("Nora bakes.")])
    words = LexicalIndex(database)
    assert words.containing(tokens_for_search("Anna's bakeries")).tolist() == [1]
    assert words.containing([]).tolist() == [1, 2]
    assert words.containing(["nobody"]).tolist() == []
    assert words.search(["nobody"], 3)[0].tolist() == []


def test_bm25_of_a_worked_example(database: Database) -> None:
    FactStore(database).add([NewFact("red red cat"), NewFact("red dog"), NewFact("blue bird sings here today")])
    ids, scores = LexicalIndex(database).search(["red", "cat"], 5)
    # N = 3, average length 10 / 3; red is in two facts, cat in one
    red, cat = math.log(1 + 1.5 / 2.5), math.log(1 + 2.5 / 1.5)
    first = red * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 0.9)) + cat * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 0.9))
    second = red * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 0.6))
    assert ids.tolist() == [1, 2]
    assert scores.tolist() == pytest.approx([first, second])
    assert LexicalIndex(database).search(["red", "red", "cat"], 5)[1].tolist() == scores.tolist()


def test_parameters_of_bm25(database: Database) -> None:
    FactStore(database).add([NewFact("red " * 9 + "cat"), NewFact("red cat")])
    flat = LexicalIndex(database, k1=0.0, b=0.0)
    assert len(set(flat.search(["red"], 5)[1].tolist())) == 1
    assert LexicalIndex(database, b=0.0).search(["red"], 5)[0].tolist() == [1, 2]
    assert LexicalIndex(database, b=1.0).search(["cat"], 5)[0].tolist() == [2, 1]
