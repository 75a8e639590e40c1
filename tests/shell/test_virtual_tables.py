"""The shell knows the tables that nobody made: it lists them, describes them, and completes their names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

import neuraldb
from neuraldb.api import Connection
from neuraldb.operators.classes import TYPE
from neuraldb.shell.completion import suggest
from neuraldb.shell.script import entries_of
from neuraldb.shell.vocabulary import read_vocabulary
from neuraldb.stores.terms import Term
from shell.helpers import Shell


@pytest.fixture
def db() -> Iterator[Connection]:
    """Three football players and a river."""
    world = World()
    with neuraldb.connect(models=world.models()) as connection:
        connection.add(world.tell("Ann is 1.8 m tall.", ("Ann", "height", "1.8 m")))
        connection.add(world.tell("Ann lives in Oslo.", ("Ann", "home town", "Oslo")))
        connection.add(world.tell("Bob lives in Rome.", ("Bob", "home town", "Rome")))
        kinds = [("Ann", "football player"), ("Bob", "football player"), ("Cid", "football player"), ("Po", "river")]
        connection.session.import_triples(
            (Term("entity", name), Term("iri", TYPE), Term("type", kind), None) for name, kind in kinds
        )
        yield connection


def said(db: Connection, text: str) -> str:
    """What the shell shows for a text."""
    shell = Shell(db)
    assert shell.run_all(entries_of([text]))
    return shell.out()


def test_tables_lists_kinds_of_things_with_their_columns_and_how_many_there_are(db: Connection) -> None:
    lines = said(db, "\\tables").splitlines()
    assert lines[0] == "table,columns,things"
    assert [line for line in lines if not line.endswith(",")][1:] == [
        'football_players,"name, home town, height",3',
        "rivers,name,1",
    ]
    # a real table of that name is the table
    db.sql("CREATE TABLE rivers (length INTEGER)")
    assert [line for line in said(db, "\\tables").splitlines() if "rivers" in line] == ["rivers,length,"]


def test_columns_tells_what_a_table_holds(db: Connection) -> None:
    assert said(db, "\\columns football_players").splitlines() == [
        "column_name,column_type,kind,filled,example",
        "name,VARCHAR,name,1.0,Ann",
        "home town,VARCHAR,name,0.667,Oslo",
        "height,VARCHAR,number (m),0.333,1.8 m",
    ]
    assert said(db, '\\columns "facts"').splitlines()[1].startswith("id,BIGINT")


def test_columns_needs_a_table_that_there_is(db: Connection) -> None:
    shell = Shell(db)
    assert not shell.run_all(entries_of(["\\columns"]))
    assert "\\columns needs the name of a table" in shell.err()
    assert not shell.run_all(entries_of(["\\columns footbal_players"]))
    assert "no fact tells of footbal players" in shell.err()


def test_the_vocabulary_has_them_but_they_make_no_sentence_sql(db: Connection) -> None:
    words = read_vocabulary(db)
    assert [s.text for s in suggest("SELECT * FROM foot", words)] == ["football_players"]
    assert [s.text for s in suggest("SELECT home", words)] == ['"home town"']
    assert "rivers" in words.tables
    assert "rivers" not in words.relation_names


def test_a_name_that_is_completed_is_bound(db: Connection) -> None:
    assert db.sql("SELECT * FROM football_players").columns == ("name", "home town", "height")
    assert db.sql("SELECT name FROM football_players WHERE \"home town\" = 'oslo'").fetchall() == [("Ann",)]
