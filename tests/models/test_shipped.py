"""The weights that ship, on sentences whose meaning is clear."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from models.bodies import TEXTS
from neuraldb.models import extractor, packing
from neuraldb.models.encoder import MiniLMEncoder
from neuraldb.models.extractor import MiniLMExtractor
from neuraldb.models.protocols import Extraction, Reading, ReadRequest
from neuraldb.models.question_parser import MiniLMQuestionParser
from neuraldb.models.reader import MiniLMReader

ANNA = "Anna Berg was born in Oslo in 1982 and works for Equinor."
BRIDGE = "The Sky Bridge is 300 metres long."
WINTER = "The Long Winter was written by Anna Berg and Nils Holm."
RELATIONS = ("place of birth", "employer", "length", "lives in", "author", "colour", "capital", "born", "opened")
CLASSES = ("person", "city", "company", "bridge", "book", "animal")


class Shipped(NamedTuple):
    encoder: MiniLMEncoder
    reader: MiniLMReader
    parser: MiniLMQuestionParser
    extractor: MiniLMExtractor
    threads: bool
    """Whether loading left the number of torch's threads alone."""


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    """All four, the extractor with fewer words than it has, so that it is known what is nearest."""
    real = packing.load
    encoder = MiniLMEncoder()

    def load(path: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
        state, card = real(path)
        for key, words in (("relations", RELATIONS), ("classes", CLASSES)):
            if key in card:
                card[key] = list(words)
                state[extractor.VECTORS + key] = torch.from_numpy(encoder.encode(words))
        return state, card

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extractor.packing, "load", load)
        before = torch.get_num_threads()
        models = (encoder, MiniLMReader.load(), MiniLMQuestionParser.load(), MiniLMExtractor.load())
        return Shipped(*models, torch.get_num_threads() == before)


def read(shipped: Shipped, question: str, *facts: str, mode: str = "answer") -> Reading:
    (reading,) = shipped.reader.read([ReadRequest(question, facts, mode)])
    return reading


def sure(reading: Reading) -> list[str]:
    """What is found with more than even odds."""
    return [d.key.text for d in reading.derivations if d.confidence > 0.5]


def test_loading_leaves_the_threads_of_torch_alone(shipped: Shipped) -> None:
    assert shipped.threads


def test_every_model_says_its_version(shipped: Shipped) -> None:
    names = [shipped.reader.name, shipped.parser.name, shipped.extractor.name]
    assert [name.rpartition("-")[0] for name in names] == [
        "minilm-reader", "minilm-question-parser", "minilm-extractor"
    ]  # fmt: skip
    assert all(name.rpartition("-")[2] for name in names)


# ------------------------------------------------------------------------------------------------------------ encoder


def test_what_means_the_same_is_near(shipped: Shipped) -> None:
    texts = ["Anna works for Equinor.", "Equinor employs Anna.", "The bridge is 300 metres long."]
    vectors = shipped.encoder.encode(texts)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    same, other = float(vectors[0] @ vectors[1]), float(vectors[0] @ vectors[2])
    assert same > 0.7 > 0.4 > other


def test_a_vector_does_not_depend_on_the_batch(shipped: Shipped) -> None:
    alone = np.concatenate([shipped.encoder.encode([text]) for text in TEXTS])
    assert shipped.encoder.encode(TEXTS) == pytest.approx(alone, abs=1e-5)


# ------------------------------------------------------------------------------------------------------------- reader


@pytest.mark.parametrize(
    ("question", "fact", "answers"),
    [
        ("Who was born in Oslo?", ANNA, ["Anna Berg"]),
        ("Where was Anna Berg born?", ANNA, ["Oslo"]),
        ("Who does Anna Berg work for?", ANNA, ["Equinor"]),
        ("How long is the Sky Bridge?", BRIDGE, ["300 metres"]),
        ("Who wrote The Long Winter?", WINTER, ["Anna Berg", "Nils Holm"]),
        ("Who was born in Oslo?", BRIDGE, []),
        ("Where does Nils live?", ANNA, []),
    ],
)
def test_answers(shipped: Shipped, question: str, fact: str, answers: list[str]) -> None:
    reading = read(shipped, question, fact)
    assert sorted(sure(reading)) == answers
    assert (reading.nothing < 0.5) is bool(answers)


def test_of_two_facts_the_right_one_comes_first(shipped: Shipped) -> None:
    for facts in (("Anna lives in Oslo.", "Nils lives in Bergen."), ("Nils lives in Bergen.", "Anna lives in Oslo.")):
        first = read(shipped, "Who lives in Bergen?", *facts).derivations[0]
        assert (first.key.text, facts[first.key.fact]) == ("Nils", "Nils lives in Bergen.")


@pytest.mark.parametrize(
    ("question", "fact", "verdict"),
    [
        ("Was Anna Berg born in Oslo?", ANNA, "yes"),
        ("Was Anna Berg born in Bergen?", ANNA, "no"),
        ("Was Nils born in Oslo?", BRIDGE, "nothing"),
    ],
)
def test_verdicts(shipped: Shipped, question: str, fact: str, verdict: str) -> None:
    reading = read(shipped, question, fact, mode="verdict")
    assert getattr(reading, verdict) > 0.8


def test_pairs(shipped: Shipped) -> None:
    reading = read(shipped, "Which book has the most pages?", "The Long Winter has 320 pages.", mode="pair")
    ((key, value),) = [(d.key.text, d.value and d.value.text) for d in reading.derivations]
    assert (key, value) == ("The Long Winter", "320 pages")


QUESTIONS = ("Who was born in Oslo?", "Where does Nils live?", "How long is the bridge?", "Was Anna Berg born in Oslo?")
READ = [ReadRequest(q, (f,), m) for q in QUESTIONS for f in (ANNA, BRIDGE, *TEXTS[:2]) for m in ("answer", "verdict")]


def test_a_reading_does_not_depend_on_the_order_of_the_batch(shipped: Shipped) -> None:
    assert shipped.reader.read(READ[::-1])[::-1] == shipped.reader.read(READ)


def test_a_reading_does_not_depend_on_the_batch(shipped: Shipped) -> None:
    together = shipped.reader.read(READ)
    for request, one in zip(READ, together, strict=True):
        (alone,) = shipped.reader.read([request])
        assert (one.yes, one.no, one.nothing) == pytest.approx((alone.yes, alone.no, alone.nothing), abs=0.02)


# ------------------------------------------------------------------------------------------------------------- parser


@pytest.mark.parametrize(
    ("question", "type", "op", "marks"),
    [
        ("Who wrote The Long Winter?", "set", "none", {"entities": ["The Long Winter"]}),
        ("How many people were born in Oslo?", "count", "none", {"class_noun": "people", "entities": ["Oslo"]}),
        ("Was Anna Berg born in Oslo?", "bool", "none", {"entities": ["Anna Berg", "Oslo"]}),
        ("Which book has the most pages?", "argmax", "none", {"class_noun": "book"}),
        ("List the three longest bridges.", "argmax", "none", {"class_noun": "bridges", "count": "three"}),
        ("What is the total length of all bridges?", "sum", "none", {"class_noun": "bridges"}),
        ("What is the average height of the towers?", "avg", "none", {"class_noun": "towers"}),
        (
            "Which bridges are longer than 300 metres?", "set", "gt",
            {"class_noun": "bridges", "values": ["300 metres"]},
        ),
        (
            "Which people do not live in Oslo?", "set", "none",
            {"class_noun": "people", "entities": ["Oslo"], "negations": ["not"]},
        ),
        (
            "Where was the author of The Long Winter born?", "set", "none",
            {"inner": "the author of The Long Winter", "entities": ["The Long Winter"]},
        ),
        (
            "Who was born in Oslo and works for Equinor?", "set", "none",
            {"parts": ["Who", "was born in Oslo", "works for Equinor"], "entities": ["Oslo", "Equinor"]},
        ),
    ],
)  # fmt: skip
def test_questions(shipped: Shipped, question: str, type: str, op: str, marks: dict[str, object]) -> None:
    (frame,) = shipped.parser.parse([question])
    assert (frame.type, frame.op) == (type, op)
    found: dict[str, object] = {}
    for name in ("inner", "within", "class_noun", "count"):
        if (span := getattr(frame, name)) is not None:
            found[name] = frame.text(span)
    for name in ("entities", "values", "negations", "parts"):
        if spans := getattr(frame, name):
            found[name] = [frame.text(span) for span in spans]
    assert found == marks
    assert frame.confidence > 0.9


def test_questions_in_any_batch(shipped: Shipped) -> None:
    questions = [*QUESTIONS, "Which bridges are longer than 300 metres?", "Who?", "", "🥖"]
    together = shipped.parser.parse(questions)
    for frames in (shipped.parser.parse(questions[::-1])[::-1], [shipped.parser.parse([q])[0] for q in questions]):
        for one, other in zip(together, frames, strict=True):
            assert (one.question, one.type, one.op, one.entities) == (
                other.question, other.type, other.op, other.entities
            )  # fmt: skip
            assert one.confidence == pytest.approx(other.confidence, abs=1e-3)


# ---------------------------------------------------------------------------------------------------------- extractor


def said(extraction: Extraction) -> set[tuple[str, str, str]]:
    names = [mention.text for mention in extraction.mentions]
    return {(names[t.subject], t.relation, names[t.object]) for t in extraction.triples}


@pytest.mark.parametrize(
    ("text", "triples"),
    [
        ("Anna Berg was born in Oslo.", {("Anna Berg", "place of birth", "Oslo")}),
        ("Nils lives in Bergen, where he runs a bakery.", {("Nils", "lives in", "Bergen")}),
        (BRIDGE, {("Sky Bridge", "length", "300 metres")}),
        ("The Long Winter was written by Anna Berg.", {("Long Winter", "author", "Anna Berg")}),
        ("It rains.", set()),
        # what a text denies is no triple
        ("Nils does not live in Oslo.", set()),
        ("Maria hails from Porto. Her birthplace is not Lisbon.", {("Maria", "place of birth", "Porto")}),
        # a description that stands for what was named before
        ("Luanda Airport is large. The airport opened on 3 May 1952.", {("Luanda Airport", "opened", "3 May 1952")}),
        (
            "Anna Berg was born in Oslo. She works for Equinor.",
            {("Anna Berg", "place of birth", "Oslo"), ("Anna Berg", "employer", "Equinor")},
        ),
    ],
)
def test_triples(shipped: Shipped, text: str, triples: set[tuple[str, str, str]]) -> None:
    (extraction,) = shipped.extractor.extract([text])
    assert said(extraction) == triples


def test_types(shipped: Shipped) -> None:
    (extraction,) = shipped.extractor.extract([ANNA])
    types = {mention.text: mention.type for mention in extraction.mentions}
    assert (types["Anna Berg"], types["Oslo"], types["Equinor"]) == ("person", "city", "company")


def test_an_extraction_does_not_depend_on_the_batch(shipped: Shipped) -> None:
    texts = [
        "Anna Berg was born in Oslo.", "Nils lives in Bergen, where he runs a bakery.",
        "The Long Winter was written by Anna Berg.", "It rains.", BRIDGE, ANNA,
    ]  # fmt: skip
    for text, extraction in zip(texts, shipped.extractor.extract(texts), strict=True):
        (alone,) = shipped.extractor.extract([text])
        assert said(alone) == said(extraction)


def test_names_of_one_relation_are_near(shipped: Shipped) -> None:
    names = ["was born in", "birthplace", "hails from", "works for", "employer"]
    vectors = shipped.extractor.relation_vectors(shipped.encoder.encode(names))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-4)
    alike = vectors @ vectors.T
    assert alike[0, 1] > 0.7
    assert min(alike[0, 2], alike[1, 2], alike[3, 4]) > 0.5
    assert alike[:3, 3:].max() < 0.4
