"""Confidences of answers to questions are chances when they leave the engine, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from doubles import OracleReader, World

from neuraldb.core.progress import silent
from neuraldb.execution.calibrated import kind_of, with_chances
from neuraldb.language import question
from neuraldb.models.calibration import Answered, Calibrator
from neuraldb.models.registry import Models
from neuraldb.operators.context import Options
from neuraldb.plan.builder_question import build_question
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.session import Session
from session.family import HOW_MANY, WHO, tell_all, told_of

SQL = "SELECT subject FROM triples WHERE relation = 'lives in' AND object = 'Oslo' ORDER BY subject"


class Halved(Calibrator):
    """Takes half of every confidence, and keeps what it was asked about."""

    def __init__(self, reader: str = OracleReader.name) -> None:
        super().__init__(reader, {})
        self.asked: list[Answered] = []

    def chance(self, answered: Answered) -> float:
        self.asked.append(answered)
        return answered.confidence / 2


def session_of(world: World, calibrator: Calibrator) -> Session:
    given = world.models()
    models = Models(given.encoder, given.reader, given.parser, given.extractor, calibrator=calibrator)
    made = Session(":memory:", models=models)
    tell_all(made, world)
    return made


@pytest.fixture
def halved() -> Halved:
    return Halved()


@pytest.fixture
def calibrated(world: World, halved: Halved) -> Iterator[Session]:
    made = session_of(world, halved)
    yield made
    made.close()


def test_a_question_gives_the_same_rows_with_chances(session: Session, calibrated: Session) -> None:
    before, after = session.run(WHO), calibrated.run(WHO)
    assert [(name, ids) for name, ids, _ in told_of(before)] == [(name, ids) for name, ids, _ in told_of(after)]
    assert after.confidence == pytest.approx([sure / 2 for sure in before.confidence])
    assert after.to_arrow(provenance=True).column("__confidence").to_pylist() == list(after.confidence)
    assert "confidence: 0.45" in after.why(0)
    assert "0.45" in after.render(confidence=True)


def test_the_least_confidence_is_a_chance(calibrated: Session) -> None:
    assert calibrated.run(WHO, options=Options(min_confidence=0.42)).rows == [("Anna",)]
    assert calibrated.run(WHO, options=Options(min_confidence=0.46)).rows == []


@pytest.mark.parametrize("statement", [SQL, "SELECT ?who { ?who :livesIn 'Oslo' } ORDER BY ?who"])
def test_other_languages_keep_what_their_plans_compute(
    session: Session, calibrated: Session, halved: Halved, statement: str
) -> None:
    assert calibrated.run(statement).confidence == session.run(statement).confidence
    assert halved.asked == []


def test_another_readers_answers_are_left_alone(world: World, session: Session) -> None:
    other = Halved("another-reader")
    made = session_of(world, other)
    assert made.run(WHO).confidence == session.run(WHO).confidence
    assert other.asked == []
    made.close()


def test_how_a_row_came_about(calibrated: Session, halved: Halved) -> None:
    calibrated.run(WHO)
    first, second = halved.asked
    assert (first.kind, first.rows, first.evidence, first.found, first.open, first.joined) == (
        "set", 2, 1, 2, False, False,
    )  # fmt: skip
    assert first.read == 2  # the facts that name Oslo
    assert (first.confidence, second.confidence) == pytest.approx((0.9, 0.8))


def test_what_was_read_before_counts_as_read(calibrated: Session, halved: Halved) -> None:
    once, again = calibrated.run(HOW_MANY), calibrated.run(HOW_MANY)
    assert halved.asked[0] == halved.asked[1]
    assert once.confidence == again.confidence
    assert (halved.asked[0].kind, halved.asked[0].evidence) == ("count", 2)


def test_no_rows_ask_nothing(calibrated: Session, halved: Halved, world: World) -> None:
    world.question("Who lives in [entity:Rome]?", "set", "? | lives in | Rome")
    assert calibrated.run("Who lives in Rome?").rows == []
    assert halved.asked == []


def test_what_rests_on_a_predicted_edge_keeps_its_chance(calibrated: Session) -> None:
    context = calibrated._context(None, None, silent)
    prepared, ran = calibrated._done(WHO, "question", None, context)
    place = ran.table.column_names.index(EVIDENCE)
    ran.table = ran.table.set_column(place, EVIDENCE, pa.array([[-1, 1], [2]], pa.list_(pa.int64())))
    table = with_chances(prepared, ran, context)
    assert table.column(CONFIDENCE).to_pylist() == pytest.approx([0.9, 0.4])


@pytest.mark.parametrize(
    ("text", "type_", "kind"),
    [
        ("Where does [entity:Anna] live?", "set", "set"),
        ("List all [class:rivers]", "set", "members"),
        ("Which [class:rivers] are longer than [value:300 km]?", "set gt", "filter"),
        ("How many [class:people] live in [entity:Oslo]?", "count", "count"),
        ("How many [class:rivers] are longer than [value:300 km]?", "count gt", "count"),
        ("Does [entity:Anna] live in [entity:Oslo]?", "bool", "truth"),
        ("Is [entity:the Nile] longer than [value:300 km]?", "bool gt", "truth"),
        ("Is there a [class:river] in [entity:Norway]?", "exists", "exists"),
        ("Which [class:river] is the longest?", "argmax", "extreme"),
        ("How long is the longest [class:river]?", "max", "extreme"),
        ("What is the total length of all [class:rivers]?", "sum", "total"),
        ("What is the average length of all [class:rivers]?", "avg", "total"),
        ("Which [class:country] has most [class:rivers]?", "group_max", "group"),
        ("Is [entity:the Nile] longer than [entity:the Rhine]?", "compare gt", "compare"),
    ],
)
def test_kinds_of_plans(text: str, type_: str, kind: str) -> None:
    world = World()
    type_, _, op = type_.partition(" ")
    plain = world.question(text, type_, **({"op": op} if op else {}))
    plan = build_question(question.parse(plain, world.parser))
    assert kind_of(plan) == kind
    assert kind_of(optimise(plan).plan) == kind
