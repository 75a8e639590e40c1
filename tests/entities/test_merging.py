"""Merged, split and put back: what all languages, the history and the past see of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from doubles import World

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.errors import BindError, ImportFailed, InterfaceError, ProgrammingError, ReadOnly
from neuraldb.loading.export import export
from neuraldb.loading.folder import load_folder
from neuraldb.stores.terms import Term

FACTS = ("Anna Berg visited Oslo.", "Annie B visited Bergen.", "Nils Dahl visited Oslo.", "Anna Berg plays chess.")
HOW_MANY = "How many people visited something?"
WHO = "Who visited Oslo?"


@pytest.fixture
def world() -> World:
    world = World()
    for text in FACTS[:3]:
        name, _, place = text.rstrip(".").partition(" visited ")
        world.tell(text, (name, "visited", place))
    world.tell(FACTS[3], ("Anna Berg", "plays", "chess"))
    world.tell("Annie B likes tea.", ("Annie B", "likes", "tea"))
    world.tell("Anna Berg visited Tromsø.", ("Anna Berg", "visited", "Tromsø"))
    world.question("How many [class:people] visited something?", "count", "? | visited | _")
    world.question("Who visited [entity:Oslo]?", "set", "? | visited | Oslo")
    for name in ("Anna Berg", "Annie B"):
        world.question(f"What did [entity:{name}] visit?", "set")
        world.question(f"Did [entity:{name}] visit [entity:Bergen]?", "bool")
    world.mean("What did {} visit?", "{} | visited | ?")
    world.mean("Did {} visit Bergen?", "{} | visited | Bergen")
    return world


@pytest.fixture
def db(world: World, tmp_path: Path) -> Iterator[Connection]:
    with neuraldb.connect(tmp_path / "people.ndb", models=world.models()) as opened:
        for text in FACTS:
            opened.add(text)
        yield opened


def told_of(db: Connection, name: str) -> list[tuple[str, str]]:
    """What is known of one entity, in SPARQL."""
    rows = db.sparql("SELECT ?p ?o WHERE { %s ?p ?o }", [name]).fetchall()
    return sorted(row[:2] for row in rows)


def seen(db: Connection) -> object:
    """All that can be seen of entities."""
    database = db.session.stores.database
    mentions = database.rows("SELECT fact, start_char, term, own FROM store.mentions ORDER BY ALL")
    triples = database.rows(
        "SELECT subject, relation, object, fact, own_subject, own_object FROM store.triples "
        "WHERE recorded_to IS NULL ORDER BY ALL"
    )
    return db.entities(), mentions, triples, db.ask(HOW_MANY).scalar()


# ------------------------------------------------------------------------------------------------------------- merging


def test_what_is_merged_is_one_for_every_language_at_once(db: Connection) -> None:
    assert db.ask(HOW_MANY).scalar() == 3
    db.merge("Anna Berg", "Annie B")
    assert db.ask(HOW_MANY).scalar() == 2
    names = "SELECT DISTINCT subject FROM triples WHERE relation = 'visited' ORDER BY 1"
    assert db.sql(names).fetchall() == [("Anna Berg",), ("Nils Dahl",)]
    assert db.sql("SELECT name, aliases, facts FROM entities WHERE name LIKE 'An%'").fetchall() == [
        ("Anna Berg", ["Annie B"], 3)
    ]
    expected = [("plays", "chess"), ("visited", "Bergen"), ("visited", "Oslo")]
    assert told_of(db, "Anna Berg") == told_of(db, "Annie B") == expected
    assert db.sparql("SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s :visited ?o }").scalar() == 2
    anna = db.entity("annie b")
    assert (anna.name, anna.aliases, anna.merged) == ("Anna Berg", ("Annie B",), ("Annie B",))
    assert [fact.text for fact in anna.facts] == [FACTS[0], FACTS[1], FACTS[3]]
    assert {(t.relation.text, t.object.text) for t in anna.triples} == set(expected)


@pytest.mark.parametrize(("kept", "other"), [("Anna Berg", "Annie B"), ("Annie B", "Anna Berg")])
def test_a_question_about_one_name_finds_the_facts_of_the_other(db: Connection, kept: str, other: str) -> None:
    db.merge(kept, other)
    for name in (kept, other):
        found = db.ask(f"What did {name} visit?")
        assert set(found.fetchall()) == {("Oslo",), ("Bergen",)}
        assert {e.text for evidence in found.evidence for e in evidence} == {FACTS[0], FACTS[1]}
        assert db.ask(f"Did {name} visit Bergen?").scalar() is True
    assert (kept,) in db.ask(WHO).fetchall()
    db.undo()
    assert db.ask("What did Anna Berg visit?").fetchall() == [("Oslo",)]
    assert db.ask("Did Anna Berg visit Bergen?").scalar() is not True


def test_what_was_told_apart_is_asked_for_by_its_new_name(db: Connection, world: World) -> None:
    db.split("Anna Berg", db.add("Anna Berg visited Tromsø."))
    for number, place in ((1, "Oslo"), (2, "Tromsø")):
        world.question(f"What did [entity:Anna Berg ({number})] visit?", "set")
        assert db.ask(f"What did Anna Berg ({number}) visit?").fetchall() == [(place,)]


def test_what_is_told_later_of_either_name_is_of_the_one(db: Connection) -> None:
    db.merge("Anna Berg", "Annie B")
    db.add("Annie B likes tea.")
    assert ("likes", "tea") in told_of(db, "Anna Berg")
    db.undo()
    assert told_of(db, "Annie B") == [("likes", "tea"), ("visited", "Bergen")]
    assert db.entity("Annie B").merged == ()


def test_what_is_imported_later_of_either_name_is_of_the_one(db: Connection) -> None:
    before = told_of(db, "Annie B")
    db.merge("Anna Berg", "Annie B")
    ends = Term("entity", "Annie B"), Term("relation", "likes"), Term("entity", "Anna Berg")
    assert db.session.import_triples([(*ends, None)]) == 1
    assert ("likes", "Anna Berg") in told_of(db, "Anna Berg")
    db.undo()
    assert told_of(db, "Annie B") == sorted([*before, ("likes", "Anna Berg")])
    assert ("likes", "Anna Berg") not in told_of(db, "Anna Berg")


def test_what_is_imported_again_under_a_merged_name_is_not_stored_twice(db: Connection) -> None:
    quads = [(Term("entity", "Annie B"), Term("relation", "likes"), Term("entity", "Anna Berg"), None)]
    assert db.session.import_triples(quads) == 1
    db.merge("Anna Berg", "Annie B")
    assert db.session.import_triples(quads) == 0
    likes = "SELECT count(*) FROM triples WHERE relation = 'likes'"
    assert db.sql(likes).scalar() == 1
    db.undo()
    assert db.session.import_triples(quads) == 0
    assert db.sql(likes).scalar() == 1


def test_undone_is_as_it_was_and_the_history_tells_both(db: Connection) -> None:
    before = seen(db)
    change = db.merge("Anna Berg", "Annie B")
    assert seen(db) != before
    assert change == db.history()[-1]
    undone = db.undo(change)
    assert seen(db) == before
    assert [(c.action, c.text) for c in db.history()[-2:]] == [
        ("merge", "Annie B is Anna Berg"),
        ("undo", "Annie B is Anna Berg"),
    ]
    assert undone.detail == f"change {change.id}"
    with pytest.raises(ProgrammingError, match="taken back already"):
        db.undo(change.id)
    with pytest.raises(ProgrammingError, match="no merge or split"):
        db.undo()
    with pytest.raises(ProgrammingError, match="no merge and no split"):
        db.undo(1)


def test_the_past_before_a_merge_still_has_two(db: Connection) -> None:
    moment = db.history()[-1].recorded_at
    db.merge("Anna Berg", "Annie B")
    db.split("Anna Berg", [4])
    past = f"AS OF '{moment.isoformat()}' "
    names = "SELECT name, facts FROM entities WHERE name LIKE 'An%' ORDER BY name"
    assert db.sql(past + names).fetchall() == [("Anna Berg", 2), ("Annie B", 1)]
    assert db.execute(past + HOW_MANY).scalar() == 3
    assert db.sparql(past + "SELECT ?o WHERE { 'Annie B' ?p ?o }").fetchall() == [("Bergen",)]
    assert db.sql(names).fetchall() == [("Anna Berg (1)", 2), ("Anna Berg (2)", 1)]


def test_a_merge_is_part_of_a_transaction(db: Connection) -> None:
    before = seen(db)
    db.begin()
    db.merge("Anna Berg", "Annie B")
    assert db.ask(HOW_MANY).scalar() == 2
    db.rollback()
    assert seen(db) == before
    assert db.history()[-1].action == "add"


def test_merges_are_in_the_file(db: Connection, world: World, tmp_path: Path) -> None:
    db.merge("Anna Berg", "Annie B")
    before = seen(db)
    db.close()
    with neuraldb.connect(tmp_path / "people.ndb", models=world.models(), read_only=True) as again:
        assert seen(again) == before
        with pytest.raises(ReadOnly):
            again.undo()
        with pytest.raises(ReadOnly):
            again.split("Anna Berg", "Annie B")
        with pytest.raises(ReadOnly):
            again.merge("Anna Berg", "Nils Dahl")


def test_what_cannot_be_merged(db: Connection) -> None:
    before = seen(db)
    with pytest.raises(BindError, match="nothing is known of Kari") as caught:
        db.merge("Anna Berg", "Kari")
    with pytest.raises(BindError) as caught:
        db.merge("Anna Berg", "Nils Dal")
    assert caught.value.candidates[0] == "Nils Dahl"
    with pytest.raises(ProgrammingError, match="one entity already"):
        db.merge("Anna Berg", "anna berg")
    assert seen(db) == before


def test_an_iri_stands_for_itself_but_a_name_may_stand_for_it(db: Connection) -> None:
    iri = "http://example.org/anna"
    db.sparql("INSERT DATA { <%s> <http://example.org/age> 44 }" % iri)  # noqa: UP031
    with pytest.raises(ProgrammingError, match="is an IRI"):
        db.merge("Anna Berg", iri)
    db.merge(iri, "Anna Berg")
    rows = db.sparql(f"SELECT ?p ?o WHERE {{ <{iri}> ?p ?o }}").fetchall()
    assert {row[1] for row in rows} == {"Oslo", "chess", "44"}
    assert db.entity("Anna Berg").name == iri


# ----------------------------------------------------------------------------------------------------------- splitting


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


# ------------------------------------------------------------------------------------------------------------- listing


def test_entities_are_listed_by_name(db: Connection) -> None:
    assert [e.name for e in db.entities()] == ["Anna Berg", "Annie B", "Bergen", "Nils Dahl", "Oslo", "chess"]
    assert [e.name for e in db.entities("BERG")] == ["Anna Berg", "Bergen"]
    assert [e.name for e in db.entities(limit=2)] == ["Anna Berg", "Annie B"]
    db.merge("Nils Dahl", "Annie B")
    assert [(e.name, e.facts, e.triples) for e in db.entities("annie")] == [("Nils Dahl", 2, 2)]
    with pytest.raises(InterfaceError):
        db.entities(limit=-1)


def test_what_is_forgotten_after_a_merge_does_not_come_back_with_its_undoing(db: Connection) -> None:
    db.merge("Anna Berg", "Annie B")
    db.forget(2)
    assert told_of(db, "Anna Berg") == [("plays", "chess"), ("visited", "Oslo")]
    db.undo()
    assert "Annie B" not in [e.name for e in db.entities()]
    assert told_of(db, "Anna Berg") == [("plays", "chess"), ("visited", "Oslo")]


# ---------------------------------------------------------------------------------------------------------- file format


def test_a_file_made_before_there_were_merges(db: Connection, world: World, tmp_path: Path) -> None:
    path = tmp_path / "people.ndb"
    before = seen(db)
    db.close()
    with duckdb.connect(str(path)) as old:
        old.execute("DROP VIEW main.entities")
        for statement in (
            "DROP TABLE store.merges",
            "DROP TABLE store.past_mentions",
            "ALTER TABLE store.mentions DROP COLUMN own",
        ):
            old.execute(statement)
    with pytest.raises(neuraldb.OperationalError, match="earlier version"):
        neuraldb.connect(path, read_only=True)
    with neuraldb.connect(path, models=world.models()) as again:
        assert seen(again) == before
        again.merge("Anna Berg", "Annie B")
    with neuraldb.connect(path, models=world.models(), read_only=True) as once_more:
        assert once_more.ask(HOW_MANY).scalar() == 2


def test_moments_of_undoing_are_in_the_history(db: Connection) -> None:
    db.merge("Anna Berg", "Annie B")
    merged = db.history()[-1].recorded_at
    db.undo()
    assert db.execute(f"AS OF '{merged.isoformat()}' {HOW_MANY}").scalar() == 2
    assert merged.tzinfo == datetime.UTC


# --------------------------------------------------------------------------------------------------- export and loading


def test_an_export_keeps_what_was_merged_and_split(db: Connection, world: World, tmp_path: Path) -> None:
    db.add("Annie B likes tea.")
    db.merge("Nils Dahl", "Annie B")
    db.split("Anna Berg", [4])
    export(db, str(tmp_path / "saved"))
    with neuraldb.connect(models=world.models()) as other:
        for _ in range(2):  # once more changes nothing
            load_folder(other, tmp_path / "saved")
            assert [entity[1:] for entity in other.entities()] == [entity[1:] for entity in db.entities()]
            assert told_of(other, "Anna Berg (2)") == [("plays", "chess")]
        other.undo()
        assert [entity.name for entity in other.entities("ann")] == ["Anna Berg", "Annie B"]
    (tmp_path / "saved" / "merges.jsonl").write_text('{"kind": "merge"}\n')
    with (
        neuraldb.connect(models=world.models()) as other,
        pytest.raises(ImportFailed, match="line 1: this says nothing"),
    ):
        load_folder(other, tmp_path / "saved")
