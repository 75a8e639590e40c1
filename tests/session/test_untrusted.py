"""What a text may do that a model has written: query what is stored, however it is spelled, and nothing else."""

# ruff: noqa: E501 - tables of cases are read by the row
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from neuraldb.api import Connection
from neuraldb.core.errors import Error, ParseError, ProgrammingError
from neuraldb.operators.context import Options
from session.family import everything, opened
from session.test_views import HOMES, people, text_of

UNTRUSTED = Options(trusted=False)


@pytest.fixture(scope="module")
def database() -> Iterator[Connection]:
    made = Connection(opened(people()))
    made.add(text_of("Anna", "Oslo"))
    for sql in (
        "CREATE TABLE towns (town VARCHAR)",
        "INSERT INTO towns VALUES ('Oslo')",
        "CREATE MACRO secret(f) AS TABLE SELECT content FROM read_text(f)",
        "CREATE MACRO outside(v) AS current_setting(v)",
        f"CREATE VIEW homes AS {HOMES}",
    ):
        made.sql(sql)
    yield made
    made.close()


REFUSED = [
    "COPY towns TO 'FILE'", "COPY (SELECT 1) TO 'FILE'", "COPY towns FROM 'FILE'", "EXPORT DATABASE 'FILE'", "IMPORT DATABASE 'FILE'",
    "ATTACH 'FILE' AS x", "DETACH x", "INSTALL httpfs", "LOAD httpfs", "FORCE INSTALL httpfs", "UPDATE EXTENSIONS", "USE memory",
    "SET enable_external_access = true", "SET GLOBAL threads = 1", "RESET threads", "PRAGMA database_list", "PRAGMA enable_profiling", "CALL pragma_version()",
    "SET VARIABLE a = 1", "SET neuraldb.accuracy = 0.9", "CHECKPOINT", "VACUUM", "BEGIN", "COMMIT", "ROLLBACK", "begin transaction", "START TRANSACTION",
    "CREATE TABLE t AS SELECT 1", "CREATE VIEW v AS SELECT name FROM people", "CREATE MATERIALIZED VIEW v AS SELECT text FROM facts", "REFRESH MATERIALIZED VIEW v", "DROP VIEW homes",
    "CREATE MACRO m() AS 1", "CREATE SECRET s (TYPE s3)", "PREPARE p AS SELECT 1", "EXECUTE p", "ALTER TABLE towns ADD COLUMN x INT", "TRUNCATE towns",
    "INSERT INTO towns VALUES ('x')", "INSERT INTO facts VALUES ('x')", "UPDATE facts SET text = 'x'", "DELETE FROM facts", "MERGE INTO towns USING facts ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM towns RETURNING *) SELECT * FROM gone", "WITH x AS (SELECT 1) INSERT INTO towns SELECT 'x'", "SELECT 1 INTO t",
    "EXPLAIN SELECT * FROM 'FILE'", "EXPLAIN ANALYZE SELECT 1", "EXPLAIN (ANALYZE) DELETE FROM towns", "DESCRIBE towns", "SHOW TABLES", "SUMMARIZE towns", "PIVOT towns ON town",
    "SELECT 1; DROP TABLE towns", "SELECT 1;;DROP TABLE towns", "AS OF '2999-01-01' COPY facts TO 'FILE'", "AS OF '2999-01-01' SELECT * FROM 'FILE'",
    # files and functions, in all spellings
    "SELECT * FROM 'FILE'", 'SELECT * FROM "FILE"', "FROM 'FILE'", "SELECT * FROM read_csv('FILE')", 'SELECT * FROM "read_csv"(\'FILE\')', "SELECT * FROM READ_CSV_AUTO('FILE')",
    "SELECT * FROM/**/read_csv/* x */('FILE')", "SELECT * FROM -- facts\n read_text('FILE')", "SELECT * FROM main.read_text('FILE')", "SELECT * FROM system.main.read_text('FILE')",
    "SELECT * FROM read_blob(['FILE'])", "SELECT * FROM glob('*')", "SELECT * FROM parquet_scan('FILE')", "SELECT * FROM sniff_csv('FILE')", "SELECT * FROM file.csv", "SELECT * FROM facts, 'FILE'",
    "SELECT (SELECT count(*) FROM read_csv('FILE')) AS n FROM facts", "WITH a AS (WITH b AS (SELECT * FROM read_text('FILE')) SELECT * FROM b) SELECT * FROM a", "SELECT * FROM facts WHERE EXISTS (FROM 'FILE')",
    "SELECT name FROM people WHERE name IN (SELECT content FROM read_text('FILE'))", "SELECT name FROM people UNION ALL SELECT content FROM read_text('FILE')", "SELECT * FROM people p, LATERAL (SELECT * FROM read_text('FILE'))",
    "SELECT ask((SELECT content FROM read_text('FILE')), 'Who?')", "SELECT * FROM (VALUES ((SELECT content FROM read_text('FILE'))))", "SELECT * FROM homes JOIN 'FILE' ON true",
    "SELECT * FROM secret('FILE')", "SELECT outside('HOME')", "SELECT getenv('HOME')", "SELECT * FROM query('SELECT 1')", "SELECT * FROM query_table('towns')", "SELECT getvariable('a')",
    "SELECT * FROM duckdb_settings()", "SELECT * FROM duckdb_secrets()", "SELECT * FROM duckdb_tables", "SELECT * FROM information_schema.tables", "SELECT * FROM pg_catalog.pg_tables", "SELECT * FROM sqlite_master",
    "SELECT current_setting('threads')", "SELECT * FROM pragma_table_info('towns')", "SELECT * FROM (DESCRIBE towns)", "SELECT * FROM (SHOW TABLES)", "SELECT nextval('s')", "SELECT * FROM read_json_objects('FILE')",
    "SELECT write_log('x')", "SELECT json_execute_serialized_sql('x')", "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))", "SELECT * FROM x.main.towns",
]  # fmt: skip


@pytest.mark.parametrize("sql", REFUSED)
def test_all_else_is_refused_before_anything_is_done(database: Connection, sql: str, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,for nobody\n", encoding="utf-8")
    text = sql.replace("FILE", str(file))
    before = everything(database.session)
    with pytest.raises((ProgrammingError, ParseError)) as caught:
        database.sql(text, trusted=False)
    assert "nobody" not in caught.value.render()
    assert file.read_text(encoding="utf-8") == "a,b\n1,for nobody\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert everything(database.session) == before
    assert not database.session.in_transaction


ALLOWED = [
    ("SELECT text FROM facts", 1),
    ("SELECT name FROM people WHERE home = 'Oslo'", 1),
    ("SELECT * FROM homes", 1),
    ("SELECT ask(text, 'Who lives?') FROM facts WHERE means(text, 'Who lives?')", 1),
    ("SELECT name FROM neighbours('Oslo', 1)", 1),
    ("WITH t AS (SELECT town FROM towns) SELECT upper(town), count(*) OVER () FROM t", 1),
    ("SELECT p.name FROM people p JOIN towns ON town = p.home", 1),
    ("SELECT i FROM range(3) r(i)", 3),
    ("SELECT 'COPY towns TO ''x''' AS sql, \"text\" FROM facts -- DROP TABLE towns", 1),
    ("VALUES (1), (2)", 2),
    ("AS OF '2999-01-01' SELECT text FROM facts", 1),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "count"), ALLOWED)
def test_queries_over_what_is_stored_are_allowed(database: Connection, sql: str, count: int) -> None:
    assert len(database.sql(sql, trusted=False)) == count


def test_parameters_are_bound_there_too(database: Connection) -> None:
    sql = "SELECT name FROM people WHERE home = %s"
    assert list(database.sql(sql, ["Oslo"], trusted=False)) == [("Anna",)]
    with pytest.raises(ProgrammingError) as caught:
        database.sql("SELECT %s AS a, * FROM read_text('x')", ["Oslo"], trusted=False)
    assert caught.value.source == "SELECT %s AS a, * FROM read_text('x')"
    assert "only a" in (caught.value.hint or "")


def test_the_users_own_sql_may_do_all_of_it(database: Connection, tmp_path: Path) -> None:
    file = tmp_path / "towns.csv"
    database.sql(f"COPY towns TO '{file}'")
    assert list(database.sql(f"SELECT * FROM '{file}'")) == [("Oslo",)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Nils lives in Oslo.", "statement"),
        ("Forget that Anna is one of the people of Oslo.", "retraction"),
        ("INSERT DATA { :a :b :c }", "sparql"),
        ("LOAD <x.ttl>", "sparql"),
        ("CLEAR ALL", "sparql"),
    ],
)
def test_no_language_changes_anything(database: Connection, text: str, language: str) -> None:
    before = everything(database.session)
    with pytest.raises(Error, match="the statement changes data"):
        database.session.run(text, language, options=UNTRUSTED)
    assert everything(database.session) == before
    rows = database.session.run("SELECT ?who WHERE { ?who :livesIn 'Oslo' }", "sparql", options=UNTRUSTED)
    assert len(rows) == 1
