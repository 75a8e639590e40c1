"""Split and put back: what all languages see of it, and what a name of two means."""

from __future__ import annotations

import pytest
from doubles import World

from entities.people import HOW_MANY, WHO, seen, told_of
from neuraldb.api import Connection
from neuraldb.core.errors import BindError, ProgrammingError


def test_facts_of_two_people_of_one_name(db: Connection) -> None:
    before = seen(db)
    change = db.split("Anna Berg", [4])
    assert change.text == "Anna Berg (2) is not Anna Berg (1)"
    assert told_of(db, "Anna Berg (1)") == [("visited", "Oslo")]
    assert told_of(db, "Anna Berg (2)") == [("plays", "chess")]
    with pytest.raises(BindError, match="2 entities may be meant") as caught:
        db.entity("Anna Berg")
    assert caught.value.candidates == ("Anna Berg (1)", "Anna Berg (2)")
    assert {row[0] for row in db.ask(WHO).fetchall()} == {"Anna Berg (1)", "Nils Dahl"}
    db.undo()
    assert seen(db) == before


def test_two_people_of_one_name_are_counted_as_two(db: Connection) -> None:
    fact = db.add("Anna Berg visited Tromsø.")
    assert db.ask(HOW_MANY).scalar() == 3
    db.split("Anna Berg", [fact])
    assert db.ask(HOW_MANY).scalar() == 4
    db.merge("Anna Berg (1)", "Anna Berg (2)")
    assert db.ask(HOW_MANY).scalar() == 3


def test_two_people_of_one_name_are_two_rows_of_a_table_that_is_read(db: Connection, world: World) -> None:
    world.mean("people: visited", "? | visited | ?v")
    world.mean("people: plays", "? | plays | ?v")
    rows = "SELECT name, visited, plays FROM people WHERE name LIKE 'Anna%' ORDER BY name"
    assert db.sql(rows).fetchall() == [("Anna Berg", "Oslo", "chess")]
    db.split("Anna Berg", [4])
    assert db.sql(rows).fetchall() == [("Anna Berg (1)", "Oslo", None), ("Anna Berg (2)", None, "chess")]
    assert db.sql("SELECT plays FROM people WHERE name = 'Anna Berg (2)'").fetchall() == [("chess",)]


def test_a_merged_name_is_split_off_with_its_triples(db: Connection) -> None:
    db.merge("Anna Berg", "Annie B")
    db.merge("Anna Berg", "Nils Dahl")
    db.split("Anna Berg", "Annie B")
    assert told_of(db, "Annie B") == [("visited", "Bergen")]
    assert db.entity("Nils Dahl").name == "Anna Berg"
    with pytest.raises(ProgrammingError) as caught:
        db.undo(db.history()[-3].id)
    assert f"undo change {db.history()[-1].id} first" in str(caught.value)
    db.undo()
    assert db.entity("Annie B").name == "Anna Berg"


def test_what_cannot_be_split(db: Connection) -> None:
    db.merge("Anna Berg", "Annie B")
    before = seen(db)
    with pytest.raises(ProgrammingError, match="fact 3 does not mention"):
        db.split("Anna Berg", [3])
    with pytest.raises(ProgrammingError, match="nothing would be left"):
        db.split("Anna Berg", [1, 2, 4])
    with pytest.raises(BindError, match="is not known as Nils"):
        db.split("Anna Berg", "Nils Dahl")
    with pytest.raises(ProgrammingError, match="the name of Anna Berg itself"):
        db.split("Anna Berg", "Anna Berg")
    with pytest.raises(ProgrammingError, match="needs facts or a name"):
        db.split("Anna Berg", [])
    assert seen(db) == before


def test_a_third_one_gets_the_next_number(db: Connection) -> None:
    fact = db.add("Anna Berg visited Tromsø.")
    db.split("Anna Berg", [4])
    assert db.split("Anna Berg (1)", [fact]).text == "Anna Berg (3) is not Anna Berg (1)"
    assert [e.name for e in db.entities("anna")] == ["Anna Berg (1)", "Anna Berg (2)", "Anna Berg (3)"]


def test_a_bare_name_of_two_is_an_error_that_names_both(db: Connection) -> None:
    db.split("Anna Berg", [4])
    for query, names in (
        ("SELECT ?o { :Anna_Berg ?p ?o }", (r":Anna_Berg_\(1\)", r":Anna_Berg_\(2\)")),
        ("SELECT ?o { 'Anna Berg' ?p ?o }", ('"Anna Berg (1)"', '"Anna Berg (2)"')),
        ("SELECT ?o { VALUES ?s { :Anna_Berg } ?s ?p ?o }", (r":Anna_Berg_\(1\)", r":Anna_Berg_\(2\)")),
        ("INSERT DATA { :Anna_Berg :likes :tea }", (r":Anna_Berg_\(1\)", r":Anna_Berg_\(2\)")),
    ):
        with pytest.raises(BindError) as caught:
            db.sparql(query)
        assert caught.value.candidates == names
    both = db.sparql(r"SELECT ?o { VALUES ?s { :Anna_Berg_\(1\) :Anna_Berg_\(2\) } ?s ?p ?o }").fetchall()
    assert sorted(both) == [("Oslo",), ("chess",)]
    for walk in (db.neighbours, db.pagerank, lambda name: db.paths(name, "Oslo"), lambda name: db.paths("Oslo", name)):
        with pytest.raises(BindError, match="2 entities may be meant by Anna Berg") as caught:
            walk("Anna Berg")
        assert caught.value.candidates == ("Anna Berg (1)", "Anna Berg (2)")
    db.forget(4)
    assert db.sparql("SELECT ?o { :Anna_Berg ?p ?o }").fetchall() == [("Oslo",)]


def test_a_name_that_no_other_facts_have_goes_with_its_facts(db: Connection, world: World) -> None:
    world.tell("Dr. Anna Berg likes tea.", ("Dr. Anna Berg", "likes", "tea"))
    fact = db.add("Dr. Anna Berg likes tea.")
    before = seen(db)
    assert db.entity("Dr. Anna Berg").name == "Anna Berg"
    db.split("Anna Berg", [fact])
    assert told_of(db, "Dr. Anna Berg") == [("likes", "tea")]
    assert db.entity("Anna Berg").aliases == db.entity("Dr. Anna Berg").aliases == ()
    db.undo()
    assert seen(db) == before
    db.split("Anna Berg", [4, fact])
    assert told_of(db, "Dr. Anna Berg") == [("likes", "tea"), ("plays", "chess")]
    assert [(e.name, e.aliases) for e in db.entities("anna")] == [
        ("Anna Berg (1)", ()),
        ("Anna Berg (2)", ("Dr. Anna Berg",)),
    ]
    db.undo()
    assert seen(db) == before


def test_a_name_that_both_have_is_an_alias_of_both(db: Connection, world: World) -> None:
    facts = []
    for what in ("tea", "milk"):
        facts.append(db.add(world.tell(f"Dr. Anna Berg likes {what}.", ("Dr. Anna Berg", "likes", what))))
    db.split("Anna Berg", [4, facts[0]])
    assert [(e.name, e.aliases) for e in db.entities("anna")] == [
        ("Anna Berg (1)", ("Dr. Anna Berg",)),
        ("Anna Berg (2)", ("Dr. Anna Berg",)),
    ]
    assert [db.entity(f"Anna Berg ({n})").aliases for n in (1, 2)] == [("Dr. Anna Berg",)] * 2
    assert db.entity("Anna Berg (2)").merged == ()


def test_what_was_told_apart_is_asked_for_by_its_new_name(db: Connection, world: World) -> None:
    db.split("Anna Berg", db.add("Anna Berg visited Tromsø."))
    for number, place in ((1, "Oslo"), (2, "Tromsø")):
        world.question(f"What did [entity:Anna Berg ({number})] visit?", "set")
        assert db.ask(f"What did Anna Berg ({number}) visit?").fetchall() == [(place,)]
