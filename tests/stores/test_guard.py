"""SQL that a model has written reads what is stored, and does nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from neuraldb.core.errors import ParseError, ProgrammingError
from neuraldb.stores.database import Database
from neuraldb.stores.facts import FactStore, NewFact

# in an order, wherever DuckDB promises none: the guarded and the free result are compared row by row
ALLOWED = [
    "SELECT id, upper(text) FROM facts WHERE text LIKE '%o%' ORDER BY id LIMIT 3",
    "FROM people SELECT name",
    "SELECT count(*) FILTER (WHERE born > 1), max(born), list(name ORDER BY born) FROM main.people GROUP BY ALL",
    "WITH old AS (SELECT * FROM people WHERE born < 1990) SELECT * FROM old JOIN people USING (name) ORDER BY ALL",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n ORDER BY ALL",
    "SELECT (SELECT max(born) FROM people), EXISTS (SELECT 1 FROM triples), born IN (1, 2) FROM people",
    "SELECT row_number() OVER (PARTITION BY born ORDER BY name) FROM people QUALIFY true ORDER BY ALL",
    "SELECT * FROM (VALUES (1), (2)) t(a), range(3) r, unnest([1, 2]) u ORDER BY ALL",
    "SELECT name FROM people UNION ALL SELECT 'x' EXCEPT SELECT 'y' ORDER BY ALL",
    "SELECT CASE WHEN born BETWEEN 1 AND 2 THEN -born ELSE born % 2 END, name || 'x', [x + 1 FOR x IN [1]] FROM people",
    "SELECT * FROM people PIVOT (count(*) FOR born IN (1982, 1985)) ORDER BY ALL",
    "SELECT e.name FROM entities e, LATERAL (SELECT e.facts)",
    "SELECT * FROM given",
    "SELECT fact FROM store.sources",
]
REFUSED = [
    "SELECT * FROM read_csv('FILE')",
    "SELECT * FROM 'FILE'",
    "SELECT * FROM people, 'FILE'",
    "SELECT (SELECT count(*) FROM read_text('FILE'))",
    "WITH x AS (FROM read_blob('FILE')) SELECT * FROM x",
    "SELECT * FROM range((SELECT count(*) FROM 'FILE'))",
    "SELECT * FROM glob('*')",
    # a common table with the name of a file, known in one place and read in another
    'SELECT * FROM (WITH "FILE" AS (SELECT 1) SELECT * FROM "FILE") a, \'FILE\' b',
    "DESCRIBE 'FILE'",
    "SUMMARIZE people",
    "SHOW TABLES",
    "TABLE 'FILE'",
    "PIVOT 'FILE' ON a",
    "COPY people TO 'FILE'",
    "EXPORT DATABASE 'FILE'",
    "ATTACH 'FILE' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "DROP TABLE people",
    "DELETE FROM people",
    "INSERT INTO people VALUES ('x', 1)",
    "WITH gone AS (DELETE FROM people RETURNING name) SELECT * FROM gone",
    "WITH new AS (INSERT INTO people VALUES ('x', 1) RETURNING name) SELECT * FROM new",
    "CREATE TABLE stolen AS SELECT * FROM people",
    "EXPLAIN ANALYZE DELETE FROM people",
    "SELECT * FROM query('DELETE FROM people')",
    "SELECT * FROM query_table('people')",
    "SELECT nextval('numbers')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT my_macro()",
    "SELECT sleep_ms(100000)",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT 1; DROP TABLE people",
    "BEGIN",
    "",
]


@pytest.fixture(scope="module")
def world() -> Iterator[Database]:
    database = Database.open()
    FactStore(database).add([NewFact("Anna lives in Oslo.")])
    database.execute("CREATE TABLE people (name VARCHAR, born INTEGER)")
    database.execute("INSERT INTO people VALUES ('Anna', 1982), ('Nils', 1985)")
    database.execute("CREATE SEQUENCE numbers")
    database.execute("CREATE MACRO my_macro() AS (SELECT count(*) FROM read_text('x.txt'))")
    yield database
    database.close()


@pytest.mark.parametrize("sql", ALLOWED)
def test_queries_over_what_is_stored(world: Database, sql: str) -> None:
    inputs = {"given": pa.table({"a": [1]})}
    assert world.query(sql, inputs=inputs, guarded=True).equals(world.query(sql, inputs=inputs))


@pytest.mark.parametrize("sql", REFUSED)
def test_everything_else(world: Database, sql: str, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a\n1\n")
    before = list(tmp_path.iterdir())
    with pytest.raises(ProgrammingError):
        world.query(sql.replace("FILE", str(file)), guarded=True)
    assert list(tmp_path.iterdir()) == before
    assert world.rows("SELECT count(*) FROM people") == [(2,)]
    assert world.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'") == [("people",)]


def test_the_message_points_at_what_is_refused(world: Database) -> None:
    sql = "SELECT 'blåbær', a FROM read_csv('x.csv')"
    with pytest.raises(ProgrammingError, match="read_csv") as raised:
        world.query(sql, guarded=True)
    assert raised.value.span is not None
    assert sql[slice(*raised.value.span)] == "read_csv('x.csv')"
    with pytest.raises(ParseError):
        world.query("SELEC 1", guarded=True)


def test_a_refusal_does_not_cost_the_transaction(world: Database) -> None:
    world.begin()
    world.execute("DELETE FROM people WHERE name = 'Nils'")
    for sql in ("SELECT * FROM 'x.csv'", "SELEC", "DROP TABLE people"):
        with pytest.raises(ProgrammingError):
            world.query(sql, guarded=True)
    assert world.rows("SELECT name FROM people") == [("Anna",)]
    world.rollback()
