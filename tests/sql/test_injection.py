"""What users, models and stored texts say stays data, whatever it looks like."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuraldb.core.errors import BindError, Error, InternalError, ProgrammingError
from neuraldb.execution.physical import DuckDBStep, Physical, lower
from neuraldb.language.sql import guard, parse_sql
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.rules.context import RuleContext
from sql.world import World

HOSTILE = [
    "x'); DROP TABLE cities;--",
    "' OR '1' = '1",
    '"; DROP TABLE cities; --',
    "$__0",
    "$p0",
    "$$; DROP TABLE cities; $$",
    "%s %(name)s %%",
    "\\'; DROP TABLE cities; --",
    "/* */ -- \n;",
    "{}",
    'The "Big" O\'Neil',
    "Hà Nội 🦆",
]


def texts(step: Physical) -> list[str]:
    own = [step.sql] if isinstance(step, DuckDBStep) else []
    return own + [t for child in step.children for t in texts(child)]


def untouched(world: World) -> bool:
    return world.database.rows("SELECT count(*) FROM cities") == [(4,)]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT %s AS v",
        "SELECT v FROM (SELECT %s AS v) WHERE v IS NOT NULL",
        "SELECT concat(name, %s) AS v FROM cities LIMIT 1",
        "SELECT coalesce(NULL, %s) AS v FROM people LIMIT 1",
    ],
)
def test_parameters_come_back_as_they_are(world: World, sql: str, value: str) -> None:
    ((given,),) = world.rows(sql, [value])
    assert given.removeprefix("Oslo") == value
    assert untouched(world)


@pytest.mark.parametrize("value", HOSTILE)
def test_values_never_stand_in_the_compiled_text(world: World, value: str) -> None:
    for sql in (
        "SELECT name FROM people WHERE birthplace = %s",
        "SELECT name FROM people WHERE birthplace IN (%s, 'Oslo') OR name = 'x'",
        "SELECT name FROM cities WHERE name = %s AND upper(name) <> %s",
        "SELECT CASE WHEN birthplace = %s THEN 1 END FROM people",
    ):
        plan = optimise(world.plan(sql, [value] * sql.count("%s")), RuleContext(check=True)).plan
        assert all(value not in text for text in texts(lower(plan)) if len(value) > 4)
        world.run(plan)
    assert untouched(world)


@pytest.mark.parametrize("value", HOSTILE)
def test_stored_names_are_found_and_printed_intact(world: World, value: str) -> None:
    world.virtual = {"plans": [{"name": value, "author": "Ann"}, {"name": "other", "author": value}]}
    assert world.rows("SELECT author FROM plans WHERE name = %s", [value]) == [("Ann",)]
    assert world.rows("SELECT author FROM plans WHERE name = 'other'") == [(value,)]
    literal = value.replace("'", "''")
    assert world.rows(f"SELECT name FROM plans WHERE author = '{literal}'") == [("other",)]
    assert untouched(world)


@pytest.mark.parametrize("value", HOSTILE)
def test_names_of_the_statement_are_quoted(world: World, value: str) -> None:
    quoted = '"' + value.replace('"', '""') + '"'
    listed = f"SELECT name AS {quoted}, population FROM cities AS {quoted}"
    plan = world.plan(f"{listed} WHERE {quoted}.population > 1000000")
    assert [c.name for c in plan.columns] == [value, "population"]
    assert world.run(plan) == [("Paris", 2100000)]
    # an attribute of exactly that name: nothing is known of it
    with pytest.raises(BindError, match="no attribute is called exactly") as caught:
        world.rows(f"SELECT p.{quoted} FROM people p WHERE p.name = 'Anna Berg'")
    assert value in caught.value.message
    assert untouched(world)


@pytest.mark.parametrize("value", HOSTILE)
def test_criteria_and_questions_are_data(world: World, value: str) -> None:
    literal = value.replace("'", "''")
    world.rows(f"SELECT ask(text, '{literal}'), similarity(text, '{literal}') FROM facts")
    world.rows(f"SELECT id FROM facts WHERE means(text, '{literal}')")
    world.rows("SELECT classify(text, [%s, 'b']) FROM facts", [value])
    assert untouched(world)


def test_a_fact_that_looks_like_sql_is_a_row(own_world: World) -> None:
    own_world.database.execute("DELETE FROM store.facts")
    own_world.add_facts("x'); DROP TABLE facts;--", 'SELECT * FROM "cities"; --')
    stored = own_world.rows("SELECT text FROM facts ORDER BY id")
    assert stored == [("x'); DROP TABLE facts;--",), ('SELECT * FROM "cities"; --',)]
    assert own_world.rows("SELECT ask(text, 'last word?') AS w FROM facts ORDER BY id") == [("facts;--",), ("--",)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_any_text_as_literal_parameter_and_alias(world: World, value: str) -> None:
    literal, name = value.replace("'", "''"), '"' + (value.replace('"', '""') or "x") + '"'
    plan = world.plan(
        f"SELECT '{literal}' AS {name}, name FROM cities WHERE name <> '{literal}' AND country = 'France'"
    )
    assert [c.name for c in plan.columns][:1] in ([value or "x"], ["name"])
    assert world.run(plan) == [(value, "Paris")]
    assert world.rows("SELECT name FROM cities WHERE name = %s OR name = 'Paris'", [value]) == [("Paris",)]


# ------------------------------------------------------------------------------------------------------------ the guard

REFUSED = [
    "COPY cities TO 'f.csv'",
    "COPY (SELECT 1) TO 'f.csv'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "ATTACH 'x.db' AS x",
    "PRAGMA database_list",
    "SET enable_external_access = true",
    "DROP TABLE cities",
    "CREATE TABLE t AS SELECT 1",
    "INSERT INTO facts VALUES ('x')",
    "UPDATE facts SET text = 'x'",
    "DELETE FROM facts",
    "CALL pragma_version()",
    "EXPORT DATABASE 'd'",
    "BEGIN",
    "SELECT * FROM read_csv('f.csv')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM 'f.parquet'",
    "SELECT * FROM \"f.csv\"",
    "SELECT * FROM glob('*')",
    "SELECT * FROM parquet_scan('f')",
    "SELECT content FROM (SELECT * FROM read_blob('f'))",
    "SELECT getenv('HOME')",
    "SELECT * FROM query('DROP TABLE cities')",
    "WITH t AS (SELECT * FROM read_json('f')) SELECT * FROM t",
    "SELECT name FROM people WHERE name IN (SELECT column0 FROM read_csv('f'))",
    "SELECT * FROM sniff_csv('f')",
    "DESCRIBE cities",
    "VACUUM",
]  # fmt: skip
ALLOWED = [
    "SELECT * FROM cities",
    "SELECT name FROM people WHERE birthplace = 'Oslo'",
    "WITH t AS (SELECT 1 AS a) SELECT * FROM t UNION SELECT 2",
    "SELECT id FROM facts WHERE means(text, 'copy to read_csv(''f'')')",
    "SELECT 'DROP TABLE cities' AS x",
    "VALUES (1)",
    "(SELECT 1)",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_generated_sql_is_a_query_over_what_is_stored(sql: str) -> None:
    with pytest.raises(ProgrammingError) as caught:
        guard(parse_sql(sql))
    assert caught.value.source == sql


@pytest.mark.parametrize("sql", ALLOWED)
def test_queries_over_what_is_stored_are_allowed(sql: str) -> None:
    guard(parse_sql(sql))


PIECES = st.sampled_from(
    [
        "SELECT",
        "*",
        "name",
        "FROM",
        "people",
        "facts",
        "WHERE",
        "=",
        "'x'",
        "(",
        ")",
        ",",
        "means",
        "text",
        "GROUP BY",
        "count(*)",
        "JOIN",
        "ON",
        "UNION",
        "1",
        "ORDER BY",
        "LIMIT",
        "AS",
        "a",
        ";",
        "%",
        "--",
        '"',
        "'",
        "NOT",
        "IN",
        "ask",
        "::DOUBLE",
        "CASE",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_nonsense_is_an_error_of_ours_or_runs(world: World, sql: str) -> None:
    failed: Error | None = None
    try:
        world.run(optimise(world.plan(sql), RuleContext(check=True)).plan)
    except Error as error:
        failed = error
    # an InternalError would be a fault of ours; other exceptions come through
    assert not isinstance(failed, InternalError)
    said = failed.render() if failed is not None else ""
    assert not any(word in said.lower() for word in ("\x1b", "<class", "sqlglot"))
