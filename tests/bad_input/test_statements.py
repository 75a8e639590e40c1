"""Statements with a slip: the message says what, where, and what would be right."""

import pytest

from bad_input.engine import connect, count
from neuraldb import BindError, NotSupportedError, ParseError


@pytest.mark.parametrize("table", ["people", '"no ""such"" table"', "nowhere_at_all"])
def test_every_table_of_an_empty_database_is_empty(table):
    with connect() as db:
        assert db.sql(f"SELECT * FROM {table}").fetchall() == []
        assert not db.sql(f"SELECT name, age FROM {table} WHERE age > 3")
        assert db.sql(f"SELECT count(*) FROM {table}").scalar() == 0
        assert db.sql(f"SELECT avg(age) FROM {table}").scalar() is None


def test_a_slip_in_the_name_of_a_real_table_is_one_in_an_empty_database_too():
    with connect() as db, pytest.raises(BindError) as raised:
        db.sql("SELECT * FROM fcats")
    assert raised.value.candidates == ("facts",)


TOLD = [
    "Anna Berg was born in Oslo in 1982 and works for Equinor.",
    "Nils Berg lives in Bergen, where he runs a bakery.",
    "K2 is a mountain that is 8611 m high.",
    "The Glomma is 621 km long.",
]


@pytest.fixture(scope="module")
def told():
    with connect(TOLD) as db:
        yield db


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM nowhere_at_all",
        "SELECT * FROM xyzzy",
        "SELECT name FROM bridges",
        "SELECT x, y FROM foo WHERE x = 'Oslo'",
        "SELECT count(*) FROM singers",
    ],
)
def test_an_unknown_table_is_no_odd_mention(told, query):
    with pytest.raises(BindError, match="no fact tells of") as raised:
        told.sql(query)
    error = raised.value
    assert query[slice(*error.span)] == query.split("FROM ")[1].split()[0]
    assert error.candidates
    assert "facts" in error.hint


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("SELECT name FROM people", ("Anna Berg",)),  # a type that is kin
        ("SELECT name FROM mountain", ("K2",)),  # a word of a fact
        ("SELECT name, height FROM mountains", ("K2", "8611 m")),
        ("SELECT singer, birthplace FROM singers", ("Anna Berg", "Oslo")),  # an attribute that is told of
    ],
)
def test_what_a_table_is_bound_by(told, query, row):
    assert row in told.sql(query).fetchall()


def test_the_databases_own_relations_outlive_sql_and_the_file_opens_again(tmp_path):
    path = tmp_path / "x.ndb"
    with connect(path=path) as db:
        db.sql("CREATE TABLE mine AS SELECT 1 AS a")
        for statement in ("DROP VIEW facts", "drop schema STORE cascade", "UPDATE store.meta SET value = '9'"):
            for language in ("sql", None):
                with pytest.raises(NotSupportedError, match="the database's own"):
                    db.execute(statement, language=language)
        with pytest.raises(NotSupportedError), db.cursor() as cursor:
            cursor.execute("WITH gone AS (DELETE FROM store.facts RETURNING id) SELECT * FROM gone")
        with pytest.raises(NotSupportedError):
            db.sql("EXPLAIN ANALYZE DELETE FROM store.facts")
        with pytest.raises(ParseError):
            db.sql("SELECT 1; DROP VIEW facts")
        assert count(db) == 0
    with connect(path=path) as db:
        assert count(db) == 0
        assert db.sql("SELECT a FROM mine").fetchall() == [(1,)]


def test_an_unknown_column_of_a_real_table():
    with connect() as db, pytest.raises(BindError) as raised:
        db.sql("SELECT txet FROM facts")
    assert raised.value.span == (7, 11)
    assert "text" in raised.value.candidates


@pytest.mark.parametrize(
    ("query", "column", "expected"),
    [
        ("SELECT ?x WHERE { ?x :livesIn }", 30, ()),
        ("SELECT WHERE { ?x :livesIn ?y }", 7, ("a variable",)),
        ("SELEC ?x { ?x ?p ?o }", 0, ("SELECT", "ASK")),
    ],
)
def test_a_broken_sparql_query(query, column, expected):
    with connect() as db, pytest.raises(ParseError) as raised:
        db.sparql(query)
    error = raised.value
    assert error.span is not None
    assert error.span[0] == column
    lines = error.render().splitlines()
    assert lines[2].index("^") == lines[1].index(query) + column
    assert set(expected) <= set(error.expected)
    assert error.hint


def test_a_broken_sql_query():
    with connect() as db, pytest.raises(ParseError) as raised:
        db.sql("SELECT text FROM facts WHERE (id = 1")
    assert "^" in raised.value.render()
