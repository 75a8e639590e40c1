"""PREDICT in SQL: a cell that no fact fills is filled by the likeliest edge, and said to be so."""

from __future__ import annotations

import pytest
from doubles import World

import neuraldb
from neuraldb.core.errors import BindError, ProgrammingError

PEOPLE = "SELECT name, PREDICT(lives_in) AS home FROM workers"


@pytest.fixture(scope="module", autouse=True)
def table(workplaces: World) -> None:
    workplaces.mean("workers", "? | works for | _")
    workplaces.mean("workers: lives in", "? | lives in | ?v")
    workplaces.mean("workers: works for", "? | works for | ?v")


def test_what_is_told_comes_first_and_what_is_not_is_predicted(working: neuraldb.Connection) -> None:
    told = working.sql("SELECT name, lives_in AS home FROM workers WHERE works_for = 'Acme'")
    assert sorted(told.rows, key=str) == [("Ann", "Oslo"), ("Bob", "Oslo"), ("Eve", None), ("Kim", None)]
    assert set(told.origin) == {"stored"}
    result = working.sql(PEOPLE + " WHERE works_for = 'Acme'")
    assert sorted(result.rows) == [(name, "Oslo") for name in ("Ann", "Bob", "Eve", "Kim")]
    origins = dict(zip((name for name, _ in result.rows), result.origin, strict=True))
    assert origins == {"Ann": "stored", "Bob": "stored", "Eve": "mixed", "Kim": "mixed"}
    assert [name for name, _ in result.rows][:2] == ["Ann", "Bob"]
    eve = [name for name, _ in result.rows].index("Eve")
    assert result.confidence[eve] == pytest.approx(0.6, abs=0.02)
    assert "predicted (0.60): Eve - lives in - Oslo" in result.why(eve)


def test_of_any_text_that_names_a_thing(working: neuraldb.Connection) -> None:
    query = "SELECT predict(n, 'lives in') FROM (VALUES ('Eve'), ('Ann'), ('Uma'), ('Acme'), (NULL)) AS v(n)"
    result = working.sql(query)
    assert sorted(result.rows, key=str) == [("Oslo",), ("Oslo",), ("Rome",), (None,), (None,)]
    assert result.origin.count("predicted") == 1
    assert working.sql("SELECT predict(%s, %s) AS home", ["Eve", "lives in"]).rows == [("Oslo",)]
    unknown = working.sql("SELECT predict('Zoe', 'lives in')")
    assert unknown.rows == [(None,)]
    assert "Zoe is not stored" in unknown.notes[0]


def test_in_conditions_and_groups(working: neuraldb.Connection) -> None:
    likely = working.sql("SELECT count(*) FROM workers WHERE works_for = 'Acme' AND PREDICT(lives_in) = 'Oslo'")
    assert likely.scalar() == 4
    assert likely.origin == ("mixed",)
    assert working.sql("SELECT count(*) FROM workers WHERE lives_in = 'Oslo'").scalar() == 2


@pytest.mark.parametrize(
    ("query", "error", "says"),
    [
        ("SELECT predict(name, 'nothing'), works_for FROM workers", BindError, "no relation is called nothing"),
        ("SELECT predict(name), works_for FROM workers", ProgrammingError, "an attribute of a table"),
        ("SELECT predict(text) FROM facts", ProgrammingError, "an attribute of a table"),
        ("SELECT predict(text, id) FROM facts", ProgrammingError, "the name of a relation"),
    ],
)
def test_what_cannot_be_predicted_is_said(
    working: neuraldb.Connection, query: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        working.sql(query)


def test_it_is_sql_in_whatever_case(working: neuraldb.Connection) -> None:
    assert working.session.language_of(PEOPLE) == "sql"
    assert "PredictCell predict:1 = predict(text:1, lives in) at least 0.1" in working.explain(PEOPLE)
