"""Statements with a slip: the message says what, where, and what would be right."""

import pytest

from bad_input.engine import connect
from neuraldb import BindError, ParseError


@pytest.mark.parametrize("table", ["astronauts", '"no ""such"" table"', "nowhere_at_all"])
def test_an_unknown_table_on_an_empty_database(table):
    with connect() as db, pytest.raises(BindError, match="no fact tells of") as raised:
        db.sql(f"SELECT * FROM {table}")
    assert "facts" in (raised.value.hint or "")


def test_an_unknown_table_among_facts_of_other_things():
    with connect(["Anna Berg lives in Oslo."]) as db, pytest.raises(BindError, match="astronauts"):
        db.sql("SELECT name FROM astronauts")


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
