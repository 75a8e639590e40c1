"""Whatever a network says: what comes out is well formed, and does not depend on what else is in the batch.

The networks are small and know nothing, so that they say all sorts of things.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from doubles import HashedWords

from models.bodies import TEXTS, tiny_body
from neuraldb.core.frames import QuestionFrame, QuestionParser
from neuraldb.models.extractor import RELATED, MiniLMExtractor, Words
from neuraldb.models.extractor_network import ExtractorNetwork
from neuraldb.models.minilm import WIDTH
from neuraldb.models.parser_network import ParserNetwork
from neuraldb.models.protocols import Extraction, Extractor, Reader, Reading, ReadRequest
from neuraldb.models.question_parser import MiniLMQuestionParser
from neuraldb.models.reader import MiniLMReader
from neuraldb.models.reader_network import MODES, ReaderNetwork

RELATIONS, CLASSES = ("born in", "works for", "length"), ("person", "city", "bridge")
REQUESTS = [
    ReadRequest(question, facts, mode)
    for mode in MODES
    for question, facts in (
        ("Who was born in Oslo?", (TEXTS[0],)),
        ("Who was born in Oslo?", TEXTS),
        ("bridges: length", (TEXTS[3], TEXTS[1])),
        ("Who?", ("Anna lives in Oslo. " * 48,)),
        ("", (TEXTS[4],)),
        ("Is Anna here?", ()),
    )
]
QUESTIONS = [
    "Who was born in Oslo?", "How many bridges are longer than 300 metres?", "Åse?", "", "   ", "🥖",
    "Which people who live in Bergen do not work for Equinor and were born before 1990?", "who " * 200,
]  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> MiniLMReader:
    body = tiny_body(1)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return MiniLMReader(ReaderNetwork(body), "tiny")


@pytest.fixture(scope="module")
def parser() -> MiniLMQuestionParser:
    body = tiny_body(2)
    with torch.random.fork_rng():
        torch.manual_seed(2)
        return MiniLMQuestionParser(ParserNetwork(body, rank=2), "tiny")


@pytest.fixture(scope="module")
def extracting() -> MiniLMExtractor:
    body = tiny_body(3)
    encoder = HashedWords(WIDTH)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return MiniLMExtractor(
            ExtractorNetwork(body, rank=2), "tiny", Words.encoded(RELATIONS, encoder), Words.encoded(CLASSES, encoder)
        )


# ------------------------------------------------------------------------------------------------------------- reader


def same_reading(one: Reading, other: Reading) -> None:
    assert [(d.key, d.value) for d in one.derivations] == [(d.key, d.value) for d in other.derivations]
    for a, b in zip(one.derivations, other.derivations, strict=True):
        assert a.confidence == pytest.approx(b.confidence, abs=1e-4)
    assert (one.yes, one.no, one.nothing) == pytest.approx((other.yes, other.no, other.nothing), abs=1e-4)


def test_readings_are_well_formed(reader: MiniLMReader) -> None:
    assert isinstance(reader, Reader)
    readings = reader.read(REQUESTS)
    assert len(readings) == len(REQUESTS)
    for request, reading in zip(REQUESTS, readings, strict=True):
        for derivation in reading.derivations:
            assert 0.0 <= derivation.confidence <= 1.0
            for span in (derivation.key, derivation.value):
                if span is not None:
                    assert 0 <= span.start < span.end <= len(request.facts[span.fact])
                    assert span.text == request.facts[span.fact][span.start : span.end]
                    assert span.text.strip()
        assert all(0.0 <= p <= 1.0 for p in (reading.yes, reading.no, reading.nothing))
        if request.mode == "verdict":
            assert reading.derivations == ()
            assert reading.yes + reading.no + reading.nothing == pytest.approx(1.0)
        else:
            assert (reading.yes, reading.no) == (0.0, 0.0)
        if request.mode != "pair":
            assert all(d.value is None for d in reading.derivations)
    # the test would say little if hardly anything was found
    assert sum(len(r.derivations) > 1 for r in readings) > 5
    assert any(d.value is not None for r in readings for d in r.derivations)


def test_a_reading_does_not_depend_on_the_batch(reader: MiniLMReader) -> None:
    together = reader.read(REQUESTS)
    backwards = reader.read(REQUESTS[::-1])[::-1]
    for request, one, other in zip(REQUESTS, together, backwards, strict=True):
        same_reading(one, other)
        same_reading(one, reader.read([request])[0])
    assert reader.read(REQUESTS) == together


# ------------------------------------------------------------------------------------------------------------- parser


def spans_of(frame: QuestionFrame) -> list[tuple[int, int]]:
    one = (frame.inner, frame.within, frame.class_noun, frame.count, *(frame.parts or ()))
    return [*(s for s in one if s is not None), *frame.entities, *frame.values, *frame.negations]


def test_frames_are_well_formed(parser: MiniLMQuestionParser) -> None:
    assert isinstance(parser, QuestionParser)
    frames = parser.parse(QUESTIONS)
    assert [frame.question for frame in frames] == QUESTIONS
    for frame in frames:
        assert 0.0 < frame.confidence <= 1.0
        for start, end in spans_of(frame):
            assert 0 <= start < end <= len(frame.question)
        for runs in (frame.entities, frame.values, frame.negations):
            assert all(a[1] <= b[0] for a, b in pairwise(runs))
    assert sum(len(spans_of(frame)) for frame in frames) > 10
    assert parser.parse([]) == []


def test_a_frame_does_not_depend_on_the_batch(parser: MiniLMQuestionParser) -> None:
    together = parser.parse(QUESTIONS)
    backwards = parser.parse(QUESTIONS[::-1])[::-1]
    alone = [parser.parse([question])[0] for question in QUESTIONS]
    for one, *others in zip(together, backwards, alone, strict=True):
        for other in others:
            assert (one.type, one.op, spans_of(one)) == (other.type, other.op, spans_of(other))
            assert one.confidence == pytest.approx(other.confidence, abs=1e-4)


# ---------------------------------------------------------------------------------------------------------- extractor

FACTS = [*TEXTS, "Anna lives in Oslo. " * 60]


def test_extractions_are_well_formed(extracting: MiniLMExtractor) -> None:
    assert isinstance(extracting, Extractor)
    made = extracting.extract(FACTS)
    assert len(made) == len(FACTS)
    for text, extraction in zip(FACTS, made, strict=True):
        for mention in extraction.mentions:
            assert 0 <= mention.start < mention.end <= len(text)
            assert mention.text == text[mention.start : mention.end]
            assert mention.type in (*CLASSES, "")
            assert 0.0 <= mention.confidence <= 1.0
        places = sorted((m.start, m.end) for m in extraction.mentions)
        assert all(a[1] <= b[0] for a, b in pairwise(places))
        for triple in extraction.triples:
            assert triple.subject != triple.object
            assert {triple.subject, triple.object} <= set(range(len(extraction.mentions)))
            # one of the names it knows, or words of the text
            assert triple.relation in RELATIONS or triple.relation in text
            assert RELATED <= triple.confidence <= 1.0
    assert made[2] == Extraction()
    assert sum(len(e.mentions) for e in made) > 10
    assert sum(len(e.triples) for e in made) > 10
    assert extracting.extract([]) == []


def test_mentions_come_in_the_order_of_the_text(extracting: MiniLMExtractor) -> None:
    for extraction in extracting.extract(FACTS):
        starts = [mention.start for mention in extraction.mentions]
        assert starts == sorted(starts)


def test_an_extraction_does_not_depend_on_the_batch(extracting: MiniLMExtractor) -> None:
    together = extracting.extract(FACTS)
    backwards = extracting.extract(FACTS[::-1])[::-1]
    alone = [extracting.extract([text])[0] for text in FACTS]
    for one, *others in zip(together, backwards, alone, strict=True):
        for other in others:
            same_extraction(one, other)


def same_extraction(one: Extraction, other: Extraction) -> None:
    for a, b in zip(one.mentions, other.mentions, strict=True):
        assert (a.start, a.end, a.text, a.type) == (b.start, b.end, b.text, b.type)
        assert a.confidence == pytest.approx(b.confidence, abs=1e-4)
    for c, d in zip(one.triples, other.triples, strict=True):
        assert (c.subject, c.relation, c.object) == (d.subject, d.relation, d.object)
        assert c.confidence == pytest.approx(d.confidence, abs=1e-4)
