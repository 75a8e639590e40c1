"""Merged and put back: what all languages, the history and the past see of it."""

from __future__ import annotations

import datetime
from pathlib import Path

import duckdb
import pytest
from doubles import World

import neuraldb
from entities.people import FACTS, HOW_MANY, WHO, seen, told_of
from neuraldb.api import Connection
from neuraldb.core.errors import BindError, ImportFailed, InterfaceError, ProgrammingError, ReadOnly
from neuraldb.loading.export import export
from neuraldb.loading.folder import load_folder
from neuraldb.stores.terms import Term

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
