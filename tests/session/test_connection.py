"""A connection over a real session: what its arguments do all the way down."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from doubles import World

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.errors import InterfaceError
from session.family import HOW_MANY, WHERE, WHO


@pytest.fixture
def db(world: World) -> Iterator[Connection]:
    with neuraldb.connect(models=world.models()) as made:
        made.add_many(list(world.said))
        yield made


def test_a_question_is_answered_with_its_evidence(db: Connection) -> None:
    result = db.ask(WHERE)
    assert result.fetchall() == [("Oslo",)]
    assert result.evidence_ids == ((1,),)
    assert "Anna lives in Oslo." in result.why()


@pytest.mark.parametrize(("least", "names"), [(None, ["Anna", "Nils"]), (0.85, ["Anna"]), (0.9, ["Anna"]), (1.0, [])])
def test_the_least_confidence_of_an_answer(db: Connection, least: float | None, names: list[str]) -> None:
    assert [name for (name,) in db.ask(WHO, min_confidence=least)] == names


@pytest.mark.parametrize("arguments", [{"min_confidence": 1.5}, {"min_confidence": -0.1}, {"budget": 0}])
def test_arguments_out_of_range_are_refused_before_anything_is_read(
    db: Connection, arguments: dict[str, float]
) -> None:
    with pytest.raises(InterfaceError):
        db.ask(WHO, **arguments)  # type: ignore[arg-type]
    assert db.session.models.reader.requests == []  # type: ignore[attr-defined]


def test_a_budget_bounds_what_the_reader_sees(db: Connection) -> None:
    assert db.ask(WHO, budget=1).counters.facts_read == 1


def test_a_fact_may_say_whom_it_is_about(db: Connection, world: World) -> None:
    world.tell("Kari: She lives in Bergen.", ("Kari", "lives in", "Bergen"))
    world.question("Where does [entity:Kari] live?", "set", "Kari | lives in | ?")
    fact = db.add("She lives in Bergen.", about="Kari", source="Nils", labels=["family"])
    assert db.ask("Where does Kari live?").evidence_ids == ((fact,),)
    (stored,) = db.facts("She lives")
    assert (stored.text, stored.subject, stored.sources, stored.labels) == (
        "She lives in Bergen.",
        "Kari",
        ("Nils",),
        ("family",),
    )


def test_what_a_relative_date_means_depends_on_when_it_was_said(db: Connection, world: World) -> None:
    for name in ("Per", "Eli"):
        world.tell(f"{name} was born yesterday.", (name, "birth date", "yesterday"))
    world.mean("people: birth date", "? | birth date | ?v")
    db.add("Per was born yesterday.", at="2024-05-17")
    db.add("Eli was born yesterday.", at=datetime.date(2023, 1, 1))
    rows = db.sql("SELECT name FROM people WHERE birth_date = DATE '2024-05-16'").fetchall()
    assert rows == [("Per",)]


def test_facts_are_found_whatever_the_case_and_accents(db: Connection) -> None:
    db.add("Åse lives in Ålesund.")
    assert [fact.text for fact in db.facts("ALESUND")] == ["Åse lives in Ålesund."]
    assert len(db.facts(limit=2)) == 2


def test_forgetting_tells_how_many_and_leaves_the_history(db: Connection) -> None:
    assert db.forget([1, 2, 2, 99]) == 2
    assert db.ask(HOW_MANY).scalar() == 0
    assert [change.action for change in db.history(1)] == ["add", "forget"]


def test_the_graph_is_that_of_the_current_facts(db: Connection) -> None:
    graph = db.graph()
    edges = {
        (graph.nodes[a]["name"], d["relation"], graph.nodes[b]["name"], d["fact"]) for a, b, d in graph.edges(data=True)
    }
    assert edges == {
        ("Anna", "lives in", "Oslo", 1),
        ("Nils", "lives in", "Oslo", 2),
        ("Ola", "lives in", "Bergen", 3),
    }
    graph.clear()
    db.forget(3)
    assert db.graph().number_of_edges() == 2


def test_refused_items_leave_the_others_ask_able(db: Connection, world: World) -> None:
    sentence = world.tell("Kari lives in Oslo.", ("Kari", "lives in", "Oslo", 0.85))  # type: ignore[arg-type]
    report = db.add_many([sentence, " ", {"txt": "x"}, sentence])
    assert (report.added, report.duplicates, [r.position for r in report.refused]) == (1, 1, [1, 2])
    assert db.ask(HOW_MANY).scalar() == 3


@pytest.mark.parametrize("level", ["plan", "verbose", "analyze"])
def test_every_level_of_explanation_shows_the_plan(db: Connection, level: str) -> None:
    assert "NeuralSPJ" in db.explain(WHO, level=level)


def test_a_level_that_there_is_not_names_those_there_are(db: Connection) -> None:
    with pytest.raises(InterfaceError) as caught:
        db.explain(WHO, level="everything")
    assert set(caught.value.candidates) == {"plan", "verbose", "analyze"}


def test_a_transaction_that_is_rolled_back_takes_answers_along(db: Connection, world: World) -> None:
    sentence = world.tell("Kari lives in Oslo.", ("Kari", "lives in", "Oslo", 0.85))  # type: ignore[arg-type]
    db.begin()
    db.add(sentence)
    assert db.ask(HOW_MANY).scalar() == 3
    db.rollback()
    assert db.ask(HOW_MANY).scalar() == 2
    assert db.ask(WHO).fetchall() == [("Anna",), ("Nils",)]


def test_what_the_three_languages_say_of_one_fact_rests_on_it(db: Connection) -> None:
    results = (
        db.ask(WHERE),
        db.sql("SELECT object FROM triples WHERE subject = %s", ["Anna"]),
        db.sparql("SELECT ?place { 'Anna' :livesIn ?place }"),
    )
    assert {result.evidence_ids for result in results} == {((1,),)}
    assert {round(result.confidence[0], 6) for result in results} == {0.9}
