import pytest

from neuraldb.transactions import control_of, may_change

READING = [
    ("sql", "SELECT 1"),
    ("sql", "  ((SELECT 1))"),
    ("sql", "-- insert into t\n/* delete from t */ FROM facts"),
    ("sql", "WITH t AS (SELECT 1) SELECT * FROM t"),
    ("sql", "SELECT 'insert into', \"delete from\", $$update t set$$ FROM t"),
    ("sql", "SELECT last_update, 'it''s; delete from x' FROM t"),
    ("sql", "VALUES (1)"),
    ("sql", "EXPLAIN INSERT INTO t VALUES (1)"),
    ("sql", "EXPLAIN ANALYZE SELECT 1"),
    ("sql", "SUMMARIZE facts"),
    ("sql", "CHECKPOINT"),
    ("sparql", "SELECT ?insert WHERE { ?x :delete 'INSERT DATA { }' } # DROP ALL"),
    ("sparql", "PREFIX ex: <http://insert/> BASE <http://x/> ASK { ?x ex:p <clear> }"),
    ("sparql", "prefix select: <http://x/#y> construct { ?a ?b ?c } where { ?a ?b ?c }"),
    ("sparql", "EXPLAIN INSERT DATA { :a :b :c }"),
    ("command", "\\facts"),
    ("question", "Who wants to delete from the list?"),
]
CHANGING = [
    ("sql", "INSERT INTO t VALUES (1)"),
    ("sql", "/* note */ insert or replace into t from u"),
    ("sql", "WITH t AS (SELECT 1) INSERT INTO u SELECT * FROM t"),
    ("sql", "WITH t AS (DELETE FROM u RETURNING *) SELECT * FROM t"),
    ("sql", "WITH t AS (UPDATE u AS v\nSET a = 1 RETURNING *) SELECT * FROM t"),
    ("sql", "EXPLAIN ANALYZE DELETE FROM t"),
    ("sql", "explain (analyze) insert into t values (1)"),
    ("sql", "CREATE TABLE t (a INTEGER)"),
    ("sql", "COPY t FROM 'file.csv'"),
    ("sql", "TRUNCATE t"),
    ("sparql", "INSERT DATA { :a :b :c }"),
    ("sparql", "PREFIX ex: <http://select/>\nDELETE WHERE { ?a ex:p ?b }"),
    ("sparql", "# SELECT\nCLEAR ALL"),
    ("sparql", "WITH <http://g> DELETE { ?a ?b ?c } WHERE { ?a ?b ?c }"),
    ("statement", "Anna lives in Oslo."),
    ("retraction", "Forget that Anna lives in Oslo."),
]


@pytest.mark.parametrize(("language", "text"), READING)
def test_reading(language, text):
    assert not may_change(text, language)


@pytest.mark.parametrize(("language", "text"), CHANGING)
def test_changing(language, text):
    assert may_change(text, language)


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("BEGIN", "begin"),
        ("begin transaction;", "begin"),
        ("START TRANSACTION", "begin"),
        ("COMMIT", "commit"),
        ("end work", "commit"),
        (" rollback \n", "rollback"),
        ("ABORT;", "rollback"),
        ("Begin with the first chapter.", None),
        ("commit 5", None),
        ("END OF STORY", None),
        ("SELECT 1", None),
        ("", None),
    ],
)
def test_control(text, control):
    assert control_of(text) == control
