"""Questions that ask for what is likely: the edges that are missing, after what the facts say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from doubles import World
from doubles.encoder import HashedWords
from doubles.oracle import OracleExtractor, OracleReader

import neuraldb
from neuraldb.models.link_files import rules_as_bytes
from neuraldb.models.protocols import Vectors
from neuraldb.models.registry import Models
from neuraldb.models.rules import PathRule, Rules


class Stems(HashedWords):
    """Words without their last s: "lives" is "live"."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        return super().encode([" ".join(word.rstrip("s") for word in text.split()) for text in texts])


@pytest.fixture(scope="module")
def world() -> World:
    """Who works where and lives where; of two nothing says where they live, and of Uma nothing says where she works."""
    world = World()
    for name in ("Ann", "Bob", "Eve", "Kim"):
        world.tell(f"{name} the plumber works for Acme", (name, "works for", "Acme"))
    for name in ("Ann", "Bob"):
        world.tell(f"{name} the plumber lives in Oslo", (name, "lives in", "Oslo"))
    world.tell("Uma the dancer lives in Rome", ("Uma", "lives in", "Rome"))
    world.tell("Acme is based in Oslo", ("Acme", "is based in", "Oslo"))
    world.mean("Where does {} live?", "{} | lives in | ?")
    world.mean("Who lives in {}?", "? | lives in | {}")
    world.mean("How many people live in {}?", "? | lives in | {}")
    world.mean("Does {} live in Oslo?", "{} | lives in | Oslo")
    world.mean("Does Eve live in {}?", "Eve | lives in | {}")
    world.mean("Who works for {}?", "? | works for | {}")
    for name in ("Ann", "Eve", "Zoe", "Uma"):
        world.question(f"Where does [entity:{name}] live?", "set")
    for place in ("Oslo", "Rome"):
        world.question(f"Who lives in [entity:{place}]?", "set")
    world.question("How many people live in [entity:Oslo]?", "count")
    world.question("Where does [inner:who works for [entity:Acme]] live?", "set")
    world.question("who works for [entity:Acme]", "set", "? | works for | Acme")
    for name in ("Ann", "Bob", "Eve", "Uma"):
        world.question(f"Does [entity:{name}] live in [entity:Oslo]?", "bool", f"{name} | lives in | Oslo")
    world.mean("live in", "? | lives in | ?v")
    world.question("Who does [entity:Ann] admire?", "set", "Ann | admires | ?")
    world.question("How old is [entity:Ann]?", "max", "? | age | ?v")
    return world


@pytest.fixture(scope="module")
def db(world: World) -> Iterator[neuraldb.Connection]:
    with neuraldb.connect(models=Models(Stems(), OracleReader(world), world.parser, OracleExtractor(world))) as db:
        for sentence in world.said:
            db.add(sentence)
        guessing(db)
        yield db


def guessing(db: neuraldb.Connection) -> None:
    """Give a database one rule: people live where their employer is based."""
    triples = db.session.stores.links.links().triples
    things, relations = np.unique(triples[:, [0, 2]]).tolist(), np.unique(triples[:, 1]).tolist()
    names = [term.text for term in db.session.stores.graph.terms(relations)]
    lives, works, based = (names.index(name) for name in ("lives in", "works for", "is based in"))
    rules = Rules({lives: [PathRule((2 * works, 2 * based), 0.6)]}, {})
    db.session.stores.links.put(things, relations, {}, rules_as_bytes(rules), "{}")


def test_what_is_likely_is_answered_when_it_is_asked_for(db: neuraldb.Connection) -> None:
    assert db.ask("Where does Eve live?").fetchall() == []
    result = db.ask("Where does Eve probably live?")
    assert result.fetchall() == [("Oslo",)]
    assert result.origin == ("predicted",)
    assert 0.3 < result.confidence[0] < 0.6  # the rule's, times how sure it is that this relation is asked for
    assert "predicted (0.60): Eve - lives in - Oslo, since works for/is based in leads there" in result.why()
    assert db.ask("Where does Eve live?", predict=True).fetchall() == [("Oslo",)]
    assert db.execute("Where does Eve probably live?").fetchall() == [("Oslo",)]


def test_what_is_stored_comes_first_and_is_never_said_to_be_predicted(db: neuraldb.Connection) -> None:
    exact = db.ask("Who lives in Oslo?")
    assert exact.origin == ("stored",) * 2
    likely = db.ask("Who probably lives in Oslo?")
    assert likely.fetchall()[:2] == exact.fetchall() == [("Ann",), ("Bob",)]
    assert likely.origin == ("stored", "stored", "predicted", "predicted")
    assert {row for (row,) in likely.fetchall()[2:]} == {"Eve", "Kim"}
    assert likely.evidence_ids[:2] == exact.evidence_ids


@pytest.mark.parametrize("question", ["Who probably lives in Oslo?", "Where does Eve likely live?"])
def test_switched_off_the_answer_is_the_exact_one(db: neuraldb.Connection, question: str) -> None:
    exact = db.ask(question.replace(" probably", "").replace(" likely", ""))
    off = db.ask(question, predict=False)
    assert (off.fetchall(), off.evidence_ids, off.confidence) == (
        exact.fetchall(),
        exact.evidence_ids,
        exact.confidence,
    )
    assert "Predict" not in off.explain()


def test_counts_and_yes_no_questions(db: neuraldb.Connection) -> None:
    assert db.ask("How many people live in Oslo?").scalar() == 2
    counted = db.ask("How many people probably live in Oslo?")
    assert counted.scalar() == 4
    assert counted.origin == ("mixed",)
    assert db.ask("Does Eve live in Oslo?").fetchall() == []
    assert db.ask("Does Eve probably live in Oslo?").scalar() is True
    sure = db.ask("Does Ann probably live in Oslo?")
    assert sure.scalar() is True
    assert sure.origin == ("stored",)


def test_a_bridge_goes_over_stored_and_likely_edges(db: neuraldb.Connection) -> None:
    result = db.ask("Where does who works for Acme probably live?")
    assert result.fetchall() == [("Oslo",)]
    assert result.origin == ("stored",)  # Ann and Bob work there, and live there: no guess is needed


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Where does Zoe probably live?", "Zoe is not stored"),
        ("Who does Ann probably admire?", "no relation that is stored"),
        ("How old is Ann probably?", "about values"),
    ],
)
def test_what_cannot_be_predicted_is_said(db: neuraldb.Connection, question: str, says: str) -> None:
    result = db.ask(question)
    assert result.fetchall() == []
    assert any(says in note for note in result.notes)


def test_the_plan_shows_that_answers_are_predicted(db: neuraldb.Connection) -> None:
    assert "PredictAnswers answer 'Where does {} live?'" in db.explain("Where does Eve probably live?")
    assert "Predict" not in db.explain("Where does Eve live?")


def test_a_relation_that_is_read_from_facts_is_not_predicted_and_that_is_said(
    db: neuraldb.Connection, world: World
) -> None:
    world.mean("employer", "? | works for | ?v")
    result = db.sparql("SELECT ?who { PREDICT ?who :founder ?what }")
    assert result.fetchall() == []
    assert any("read from facts" in note for note in result.notes)
