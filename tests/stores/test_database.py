"""Statements: parameters, inputs, insertion, errors."""

from __future__ import annotations

import datetime
import pickle

import pyarrow as pa
import pytest

from neuraldb.core.errors import (
    BindError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    OperationalError,
    ParameterError,
    ParseError,
    ProgrammingError,
)
from neuraldb.stores.database import Database
from neuraldb.stores.facts import FactStore
from stores.people import names


def test_parameters_by_place_and_by_name(people: Database) -> None:
    assert people.query("SELECT name FROM people WHERE born = ?", [1982]).to_pydict() == {"name": ["Anna"]}
    assert people.rows("SELECT name FROM people WHERE born > $year", {"year": 1982}) == [("Nils",)]
    hostile = "'); DROP TABLE people;--"
    assert people.rows("SELECT ?", [hostile]) == [(hostile,)]
    assert names(people) == ["Anna", "Nils"]


def test_execute_counts_changed_rows(people: Database) -> None:
    assert people.execute("UPDATE people SET born = born + 1") == 2
    assert people.execute("DELETE FROM people WHERE name = ?", ["Nobody"]) == 0
    assert people.execute("CREATE TABLE empty (a INTEGER)") == -1
    assert people.execute("SELECT 'x' AS \"Count\"") == -1
    assert people.rows("SELECT born FROM people ORDER BY born") == [(1983,), (1986,)]


def test_a_statement_that_changes_may_give_rows(people: Database) -> None:
    given = people.query("INSERT INTO people VALUES ('Ola', 1990) RETURNING name")
    assert given.to_pydict() == {"name": ["Ola"]}
    assert len(names(people)) == 3


def test_inputs_are_there_for_one_statement(people: Database) -> None:
    towns = pa.table({"name": ["Anna"], "town": ["Oslo"]})
    joined = people.query("SELECT town, born FROM towns JOIN people USING (name)", inputs={"towns": towns})
    assert joined.to_pylist() == [{"town": "Oslo", "born": 1982}]
    hidden = people.rows("SELECT count(*) FROM people", inputs={"people": towns})
    assert hidden == [(1,)]
    assert len(names(people)) == 2
    with pytest.raises(BindError):
        people.query("SELECT * FROM towns")


@pytest.mark.parametrize("in_transaction", [False, True])
def test_inputs_go_when_the_statement_fails(people: Database, in_transaction: bool) -> None:
    towns = {"towns": pa.table({"name": ["Anna"]})}
    if in_transaction:
        people.begin()
    with pytest.raises(DataError):
        people.query("SELECT name::INTEGER FROM towns", inputs=towns)
    people.rollback()
    with pytest.raises(BindError):
        people.query("SELECT * FROM towns")
    assert people.rows("SELECT name FROM towns", inputs=towns) == [("Anna",)]


def test_python_variables_are_no_tables(people: Database) -> None:
    towns = pa.table({"name": ["Anna"]})
    assert towns.num_rows == 1
    with pytest.raises(BindError):
        people.query("SELECT * FROM towns")


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 500])
def test_insert(database: Database, rows: int) -> None:
    database.execute('CREATE TABLE "odd "" name" (a INTEGER, "b c" VARCHAR[], d TIMESTAMP)')
    noon = datetime.datetime(2024, 1, 1, 12)
    schema = pa.schema({"b c": pa.list_(pa.string()), "a": pa.int64()})
    table = pa.table({"b c": [["x", None], []][:rows] + [None] * (rows - 2), "a": list(range(rows))}, schema=schema)
    database.insert('odd " name', table)
    stored = database.rows('SELECT a, "b c", d FROM "odd "" name" ORDER BY a')
    assert stored == [(n, (["x", None], [])[n] if n < 2 else None, None) for n in range(rows)]
    database.insert('main.odd " name', pa.table({"d": [noon]}))
    assert database.rows('SELECT d FROM "odd "" name" WHERE d IS NOT NULL') == [(noon,)]


@pytest.mark.parametrize(
    ("sql", "kind", "part"),
    [
        ("SELEC name FROM people", ParseError, "SELEC"),
        ("SELECT name,\n  age FROM people", BindError, "age"),
        ("SELECT * FROM\n  persons", BindError, "persons"),
        ("SELECT 'blåbær', uper(name) FROM people", BindError, "uper"),
        ("SELECT name FROM people WHERE born = 'never'", DataError, "'never'"),
        ("INSERT INTO people VALUES ('Anna', 1)", IntegrityError, None),
        ("INSERT INTO people VALUES ('Ola', 99999999999)", DataError, "99999999999"),
        ("SELECT 1 // 0 FROM people", DataError, None),
        ("SELECT ?", ParameterError, None),
        ("SELECT 1; SELECT 2", ProgrammingError, " SELECT 2"),
        ("  ", ParseError, None),
        ("CREATE TABLE facts (a INTEGER)", ProgrammingError, "facts"),
        ("SELECT * FROM read_csv('/nowhere/x.csv')", OperationalError, None),
        ("COMMIT", NotSupportedError, None),
        ("BEGIN TRANSACTION READ ONLY", NotSupportedError, None),
    ],
)
def test_errors_say_what_and_where(people: Database, sql: str, kind: type[Error], part: str | None) -> None:
    with pytest.raises(Error) as raised:
        people.query(sql)
    error = raised.value
    assert type(error) is kind
    assert "LINE" not in error.message
    assert "\n" not in error.message
    assert not error.message.endswith((".", "!"))
    if part is not None:
        assert error.span is not None
        # for a call, DuckDB marks the whole of it
        assert sql[slice(*error.span)].startswith(part) or part in sql[slice(*error.span)]
    assert type(pickle.loads(pickle.dumps(error))) is kind
    assert names(people) == ["Anna", "Nils"]


def test_candidates(people: Database) -> None:
    with pytest.raises(BindError) as raised:
        people.query("SELECT nam FROM people")
    assert "name" in raised.value.candidates


@pytest.mark.parametrize("sql", ["USE temp", "USE other", "SET schema = 'other'", "SET search_path = 'other,main'"])
def test_unqualified_names_stay_what_they_are(people: Database, sql: str) -> None:
    people.execute("CREATE SCHEMA other")
    with pytest.raises((NotSupportedError, ProgrammingError)):
        people.execute(sql)
    assert names(people) == ["Anna", "Nils"]
    assert FactStore(people).count() == 0


def test_half_characters_are_refused(people: Database) -> None:
    with pytest.raises(DataError):
        people.rows("SELECT ?", ["\ud800"])


def test_every_use_of_a_closed_database(people: Database) -> None:
    people.close()
    people.close()
    assert people.closed
    people.interrupt()
    with pytest.raises(InterfaceError, match="closed"):
        people.query("SELECT 1")
    with pytest.raises(InterfaceError, match="closed"):
        people.begin()
