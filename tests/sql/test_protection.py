"""The user's SQL may do what DuckDB can, but not to what belongs to the database itself."""

# ruff: noqa: E501 - tables of cases are read by the row
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neuraldb.core.errors import BindError, NotSupportedError
from neuraldb.language.sql_targets import targets
from sql.world import World

OWN = """SELECT 'table', database_name, schema_name, table_name, sql FROM duckdb_tables() WHERE schema_name <> 'pg_catalog'
         UNION ALL SELECT 'view', database_name, schema_name, view_name, sql FROM duckdb_views() WHERE NOT internal
         UNION ALL SELECT 'index', database_name, schema_name, index_name, sql FROM duckdb_indexes()
         UNION ALL SELECT 'macro', database_name, schema_name, function_name, NULL FROM duckdb_functions() WHERE NOT internal
         UNION ALL SELECT 'database', database_name, NULL, NULL, NULL FROM duckdb_databases()
         UNION ALL SELECT 'setting', name, NULL, NULL, value FROM duckdb_settings()
         ORDER BY ALL"""


def state(world: World) -> list[Any]:
    """All that there is: definitions, settings, and the rows of what could be changed."""
    rows = [world.database.rows(f"SELECT * FROM {t}") for t in ("store.facts", "store.meta", "facts", "cities")]
    return [world.database.rows(OWN), *rows]


# statement, what the carets point at, what the message says, what the hint says
REFUSED: list[tuple[str, str, str, str]] = [
    # the views
    ("DROP VIEW facts", "facts", "facts is the database's own view, and cannot be dropped", "DELETE FROM facts"),
    ("drop view if exists main.FACTS cascade", "main.FACTS", "cannot be dropped", "forget()"),
    ('DROP VIEW "Facts"', '"Facts"', "facts is the database's own view", "forget()"),
    ("DROP VIEW 'facts'", "'facts'", "facts is the database's own view", "forget()"),
    ("DROP /* a /* b */ c */ VIEW memory . main . facts -- gone", "memory . main . facts", "cannot be dropped", ""),
    ("DROP\u00a0VIEW facts", "facts", "cannot be dropped", ""),
    ("DROP VIEW entities", "entities", "cannot be dropped", "change the facts"),
    ("DROP VIEW memory.facts", "memory.facts", "cannot be dropped", ""),
    ("DROP TABLE facts", "facts", "cannot be dropped", "forget()"),
    ("DROP TABLE cities; DROP VIEW facts", "facts", "cannot be dropped", ""),
    ("TRUNCATE facts", "facts", "facts is the database's own view, and cannot be truncated", "DELETE FROM facts"),
    ("TRUNCATE TABLE history", "history", "cannot be truncated", "change the facts"),
    ("ALTER VIEW facts RENAME TO old", "facts", "cannot be altered", "another name"),
    ("ALTER TABLE facts ADD COLUMN x INT", "facts", "cannot be altered", ""),
    ("COMMENT ON VIEW facts IS 'mine'", "facts", "cannot be commented on", ""),
    ("COMMENT ON COLUMN facts.text IS 'mine'", "facts.text", "cannot be commented on", ""),
    ("CREATE OR REPLACE VIEW facts AS SELECT 1", "facts", "facts is the database's own view, and cannot be made anew", "another name"),
    ("CREATE OR REPLACE TABLE triples AS SELECT 1", "triples", "cannot be made anew", ""),
    ("CREATE TEMP TABLE facts (a INT)", "facts", "cannot be made anew", "another name"),
    ("CREATE TEMPORARY VIEW temp.entities AS SELECT 1", "temp.entities", "cannot be made anew", ""),
    ("CREATE TABLE facts AS SELECT name FROM mountains", "facts", "cannot be made anew", ""),
    ("ALTER TABLE cities RENAME TO facts", "facts", "cannot be made anew", ""),
    ("CREATE INDEX i ON facts (text)", "facts", "cannot be made anew", ""),
    # their rows, but by a plain INSERT, UPDATE or DELETE
    ("MERGE INTO facts USING cities ON text = name WHEN MATCHED THEN DELETE", "facts", "cannot be merged into", "INSERT INTO facts"),
    ("COPY facts FROM 'x.csv'", "facts", "cannot be filled by COPY", "INSERT INTO facts"),
    ("COPY facts (text) FROM 'x.csv'", "facts", "cannot be filled by COPY", ""),
    ("WITH gone AS (DELETE FROM facts RETURNING *) SELECT * FROM gone", "facts", "cannot be deleted from", "as a statement of its own"),
    ("CREATE TABLE t AS WITH gone AS (DELETE FROM facts RETURNING *) FROM gone", "facts", "cannot be deleted from", ""),
    ("PREPARE p AS DELETE FROM facts", "facts", "cannot be deleted from", "as a statement of its own"),
    ("PREPARE p AS UPDATE facts SET text = 'x'", "facts", "cannot be updated", "supersedes"),
    ("EXPLAIN (ANALYZE) INSERT INTO facts VALUES ('x')", "facts", "cannot be inserted into", ""),
    ("DELETE FROM memory.main.facts", "memory.main.facts", "cannot be deleted from", "DELETE FROM facts"),
    ("INSERT INTO triples VALUES (1)", "triples", "triples cannot be changed in SQL", "change the facts"),
    # the tables below
    ("INSERT INTO store.facts SELECT * FROM store.facts", "store.facts", "store.facts holds the database's own state, and cannot be inserted into", "add()"),
    ("INSERT OR REPLACE INTO STORE.\"Meta\" VALUES ('a', 'b')", 'STORE."Meta"', "cannot be inserted into", ""),
    ("INSERT INTO store.meta BY NAME SELECT 'a' AS key, 'b' AS value", "store.meta", "cannot be inserted into", ""),
    ("UPDATE store.meta SET value = '9'", "store.meta", "cannot be updated in SQL", "INSERT INTO facts"),
    ("UPDATE store . facts AS f SET text = 'x' FROM cities", "store . facts", "cannot be updated", ""),
    ("DELETE FROM store.facts WHERE id = 1", "store.facts", "cannot be deleted from", "forget()"),
    ("DELETE FROM memory.store.facts USING cities WHERE text = name", "memory.store.facts", "cannot be deleted from", ""),
    ("WITH x AS (DELETE FROM store.facts RETURNING id) SELECT id FROM x", "store.facts", "cannot be deleted from", ""),
    ("COPY (WITH x AS (DELETE FROM store.facts RETURNING id) FROM x) TO 'x.csv'", "store.facts", "cannot be deleted from", ""),
    ("WITH x AS (SELECT 1 AS id) DELETE FROM store.facts WHERE id IN (SELECT id FROM x)", "store.facts", "cannot be deleted from", ""),
    ("EXPLAIN ANALYZE DELETE FROM store.facts", "store.facts", "cannot be deleted from", ""),
    ("TRUNCATE store.facts", "store.facts", "cannot be truncated", ""),
    ("MERGE INTO store.meta USING cities ON key = name WHEN MATCHED THEN UPDATE SET value = 'x'", "store.meta", "cannot be merged into", ""),
    ("COPY store.facts FROM 'x.csv'", "store.facts", "cannot be filled by COPY", ""),
    ("DROP TABLE store.terms", "store.terms", "cannot be dropped", ""),
    ("DROP INDEX store.facts_by_digest", "store.facts_by_digest", "cannot be dropped", ""),
    ("DROP SCHEMA store CASCADE", "store", "the schema store is the database's own, and cannot be dropped", ""),
    ("DROP SCHEMA IF EXISTS memory.store CASCADE", "memory.store", "cannot be dropped", ""),
    ("ALTER TABLE store.facts ADD COLUMN mine INT", "store.facts", "cannot be altered", ""),
    ("ALTER TABLE store.facts RENAME TO old", "store.facts", "cannot be altered", ""),
    ("CREATE TABLE store.mine (a INT)", "store.mine", "cannot be made anew", "schema of your own"),
    ("CREATE UNIQUE INDEX i ON store.facts (text)", "store.facts", "cannot be made anew", ""),
    ("CREATE TRIGGER t AFTER INSERT ON store.facts FOR EACH STATEMENT DELETE FROM orders", "store.facts", "cannot be made anew", ""),
    ("CREATE TRIGGER t AFTER INSERT ON orders FOR EACH STATEMENT DELETE FROM store.facts", "store.facts", "cannot be deleted from", ""),
    # the names on which the stores' own statements rest
    ("ATTACH ':memory:' AS store", "store", "the name store is taken", "AS name"),
    ("ATTACH OR REPLACE DATABASE ':memory:' AS \"STORE\" (READ_ONLY)", '"STORE"', "the name store is taken", ""),
    ("ATTACH 'data/store.db'", "'data/store.db'", "the name store is taken", ""),
    ("CREATE MACRO list_contains(a, b) AS true", "list_contains", "list_contains is a built-in function", "another name"),
    ("CREATE OR REPLACE TEMP FUNCTION Max(a) AS 7", "Max", "max is a built-in function", ""),
    ("CREATE MACRO main.duckdb_tables() AS TABLE SELECT 1", "main.duckdb_tables", "is a built-in function", ""),
    ("CREATE MACRO means(a, b) AS true", "means", "means is a built-in function", ""),
    ("IMPORT DATABASE 'folder'", "IMPORT DATABASE", "cannot be imported", "CREATE TABLE"),
    ("COPY FROM DATABASE other TO memory", "memory", "cannot be copied into this one", "table by table"),
    # the settings under which they mean what they say
    ("SET search_path = 'store'", "search_path", "search_path cannot be set", "schema.table"),
    ("PRAGMA schema='store'", "schema", "schema cannot be set", ""),
    ("SET GLOBAL TimeZone = 'Asia/Tokyo'", "TimeZone", "timezone cannot be set", "AT TIME ZONE"),
    ("RESET timezone", "timezone", "timezone cannot be set", ""),
    ("SET default_order = 'desc'", "default_order", "default_order cannot be set", "ORDER BY"),
    ("SET default_collation TO 'nocase'", "default_collation", "cannot be set", "COLLATE"),
    ("SET python_enable_replacements = true", "python_enable_replacements", "cannot be set", ""),
    ("SET lock_configuration = true", "lock_configuration", "cannot be set", ""),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "place", "message", "hint"), REFUSED)
def test_what_is_the_databases_own_is_refused(own_world: World, sql: str, place: str, message: str, hint: str) -> None:
    before = state(own_world)
    with pytest.raises(NotSupportedError) as caught:
        own_world.rows(sql)
    error = caught.value
    assert message in error.message
    assert "\n" not in error.message
    assert error.span is not None
    assert sql[slice(*error.span)] == place
    assert hint in (error.hint or "")
    assert error.hint
    assert state(own_world) == before


def test_a_refusal_does_not_cost_the_transaction(own_world: World) -> None:
    own_world.database.begin()
    own_world.rows("DELETE FROM cities WHERE name = 'Oslo'")
    for sql in ("DROP VIEW facts", "DELETE FROM store.facts", "SET schema = 'store'"):
        with pytest.raises(NotSupportedError):
            own_world.rows(sql)
    own_world.database.commit()
    assert own_world.rows("SELECT count(*) FROM cities") == [(3,)]
    assert own_world.rows("SELECT count(*) FROM facts") == [(5,)]


def test_another_database_of_ours_is_no_less_protected(own_world: World, tmp_path: Path) -> None:
    other = tmp_path / "other.ndb"
    with World.open(other) as its:
        its.database.execute("CREATE TABLE mine (a INT)")
    own_world.rows(f"ATTACH '{other}' AS other")
    for sql in ("DELETE FROM other.store.facts", "DROP VIEW other.facts", "DROP VIEW other.main.facts"):
        with pytest.raises(NotSupportedError, match="the database's own"):
            own_world.rows(sql)
    own_world.rows("INSERT INTO other.mine VALUES (1)")
    assert own_world.rows("SELECT * FROM other.mine") == [(1,)]


ALLOWED = [
    "CREATE VIEW oslo AS SELECT * FROM facts WHERE text LIKE '%Oslo%'",
    "CREATE TABLE copy AS SELECT * FROM store.facts",
    "CREATE SCHEMA mine; CREATE TABLE mine.facts (text VARCHAR); INSERT INTO mine.facts SELECT text FROM facts; DROP TABLE mine.facts",
    "ATTACH ':memory:' AS shop; CREATE SCHEMA shop.store; CREATE TABLE shop.store.facts (a INT); DELETE FROM shop.store.facts",
    "CREATE TABLE t (delete INT, update INT); INSERT INTO t VALUES (1, 2); SELECT delete, update FROM t; SELECT t.update FROM t",
    "SELECT count(*) copy FROM facts",
    "SELECT '(DELETE FROM store.facts)' AS x -- DROP VIEW facts",
    "INSERT INTO cities VALUES ('DROP VIEW facts', $$DELETE FROM store.facts$$, 1, NULL)",
    "CREATE TABLE u (a INT PRIMARY KEY); INSERT INTO u VALUES (1) ON CONFLICT DO UPDATE SET a = 2",
    "CREATE MACRO twice(a) AS 2 * a; CREATE OR REPLACE MACRO twice(a) AS a + a; SELECT twice(2); DROP MACRO twice",
    "CREATE SCHEMA own; CREATE MACRO own.lower(a) AS a",
    "CREATE TRIGGER log AFTER INSERT ON orders FOR EACH STATEMENT INSERT INTO cities VALUES ('x', 'y', 1, NULL); INSERT INTO orders VALUES (9, 'x', 1)",
    "SET threads = 1; PRAGMA threads = 2; SET VARIABLE a = 1; SELECT getvariable('a'); RESET VARIABLE a; PRAGMA table_info('facts')",
    "ALTER TABLE cities DROP founded; COMMENT ON TABLE cities IS 'towns'; TRUNCATE cities; DROP TABLE IF EXISTS nowhere; DROP TABLE cities",
    "PREPARE p AS SELECT count(*) FROM facts; EXECUTE p; DEALLOCATE p",
    "COPY facts TO 'FILE'; COPY (SELECT * FROM facts) TO 'FILE'; CREATE TABLE c AS FROM 'FILE'",
]  # fmt: skip


@pytest.mark.parametrize("sql", ALLOWED)
def test_all_else_is_the_users_own(own_world: World, sql: str, tmp_path: Path) -> None:
    for statement in sql.replace("FILE", str(tmp_path / "x.csv")).split("; "):
        own_world.rows(statement)
    assert own_world.rows("SELECT count(*) FROM facts") == [(5,)]


@pytest.mark.parametrize(
    ("sql", "candidates"),
    [
        ("UPDATE meta SET value = '9'", ()),
        ("DELETE FROM citeis", ("cities",)),
        ("DROP TABLE ordres", ("orders",)),
        ("INSERT INTO mountains VALUES ('Denali')", ()),
    ],
)
def test_what_is_to_be_changed_must_be_there(own_world: World, sql: str, candidates: tuple[str, ...]) -> None:
    with pytest.raises(BindError, match="there is no table") as caught:
        own_world.rows(sql)
    assert caught.value.candidates[: len(candidates)] == candidates
    assert not any("store" in candidate for candidate in caught.value.candidates)
    assert "facts" in (caught.value.hint or "")
    assert caught.value.span is not None


@pytest.mark.parametrize("sql", ["SELECT * FROM main.meta", "DESCRIBE main.meta", "TABLE main.meta"])
def test_internal_tables_are_not_what_one_is_told_to_read(own_world: World, sql: str) -> None:
    with pytest.raises(BindError) as caught:
        own_world.rows(sql)
    assert not any("store" in candidate for candidate in caught.value.candidates)


def test_an_attached_database_needs_a_name_that_can_be_seen(own_world: World) -> None:
    with pytest.raises(NotSupportedError, match="needs a name"):
        own_world.rows("ATTACH %s", [":memory:"])
    own_world.rows("ATTACH %s AS shop", [":memory:"])
    own_world.rows("DETACH shop")


def test_targets_stand_where_they_are_said_to(own_world: World) -> None:
    text = '/* ü */ CREATE TABLE "é" AS WITH x AS (INSERT INTO a . "b" VALUES (\'ü\') RETURNING c) FROM x'
    assert [text[slice(*t.span)] for t in targets(text)] == ['"é"', 'a . "b"']
