# ruff: noqa: E501 - tables of cases are read by the row
"""Views over neural queries, and materialized ones, whose rows are those of the query whatever became of the facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from doubles import OracleReader, World
from hypothesis import given, settings

from neuraldb.core.errors import BindError, Error, NotSupportedError, ParseError, ReadOnly
from neuraldb.operators import entities
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact
from session.family import everything, opened, told_of

NAMES = ("Anna", "Nils", "Ola", "Kari")
PLACES = ("Oslo", "Bergen")
HOMES = "SELECT name, home FROM people"
WHO = "SELECT id, ask(text, 'Who lives?') AS who FROM facts WHERE text LIKE '%Oslo%'"
COUNTS = "SELECT home, count(*) AS n FROM people GROUP BY home"
JOINED = "SELECT p.name, f.text FROM people p JOIN facts f ON f.text LIKE p.name || '%' WHERE p.home = 'Oslo'"
QUERIES = {"homes": HOMES, "who": WHO, "counts": COUNTS, "joined": JOINED}


def text_of(name: str, place: str) -> str:
    """A sentence that says where somebody lives."""
    return f"{name} is one of the people of {place}."


def people() -> World:
    """What is said of people, and what statements ask of it."""
    world = World()
    for name in NAMES:
        for place in PLACES:
            world.tell(text_of(name, place), (name, "lives in", place))
    world.mean("people: home", "? | lives in | ?v")
    world.mean("Who lives?", "? | lives in | _")
    world.mean("List all people", "? | lives in | _")
    return world


@pytest.fixture
def session() -> Iterator[Session]:
    made = opened(people())
    made.add([NewFact(text_of(name, place)) for name, place in zip(NAMES[:3], ("Oslo", "Oslo", "Bergen"), strict=True)])
    yield made
    made.close()


def rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    """The rows of a statement with evidence and confidence, in a fixed order."""
    return sorted(told_of(session.run(sql, "sql")), key=repr)


def do(session: Session, *statements: str) -> None:
    for sql in statements:
        session.run(sql, "sql")


def read(session: Session) -> int:
    """How many readings there were."""
    reader = session.models.reader
    assert isinstance(reader, OracleReader)
    return len(reader.requests)


# --------------------------------------------------------------------------------------------------------------- views


@pytest.mark.parametrize(
    ("body", "over", "instead"),
    [
        (HOMES, "SELECT name FROM v WHERE home = 'oslo'", "SELECT name FROM people WHERE home = 'oslo'"),
        (HOMES, "SELECT a.name FROM v a JOIN v b USING (home) WHERE b.name = 'Nils'", "SELECT a.name FROM people a JOIN people b USING (home) WHERE b.name = 'Nils'"),
        (HOMES, "WITH x AS (FROM v) SELECT count(*) FROM x", "SELECT count(*) FROM (SELECT name, home FROM people)"),
        (HOMES, "SELECT name FROM v EXCEPT SELECT ask(text, 'Who lives?') FROM facts WHERE id = 1", "SELECT name FROM people WHERE home IS NOT NULL AND name <> 'Anna'"),
        (WHO, "SELECT who FROM v ORDER BY id", "SELECT ask(text, 'Who lives?') FROM facts WHERE text LIKE '%Oslo%' ORDER BY id"),
        ("SELECT text FROM facts WHERE means(text, 'Who lives?')", "FROM v", "SELECT text FROM facts WHERE means(text, 'Who lives?')"),
        ("SELECT name FROM neighbours('Oslo')", "FROM v", "SELECT name FROM neighbours('Oslo')"),
        ("SELECT predict(text, 'lives in') AS p FROM facts", "FROM v", "SELECT predict(text, 'lives in') AS p FROM facts"),
        (COUNTS, "SELECT max(n) FROM v", f"SELECT max(n) FROM ({COUNTS})"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW"])
def test_a_view_gives_the_rows_of_its_query(session: Session, kind: str, body: str, over: str, instead: str) -> None:
    if kind != "VIEW" and "predict" in body:
        return
    do(session, f"CREATE {kind} v AS {body}")
    assert rows(session, over) == rows(session, instead)


def test_a_view_is_found_wherever_a_table_is(session: Session) -> None:
    do(session, f"CREATE VIEW homes (who, place) AS {HOMES}")
    assert [row[:2] for row in session.run("DESCRIBE homes", "sql")] == [("who", "VARCHAR"), ("place", "VARCHAR")]
    assert session.language_of("describe homes") == "sql"
    assert "homes" in session.catalogue.tables()
    assert list(session.run("SELECT column_name FROM duckdb_columns() WHERE table_name = 'homes'", "sql")) == [
        ("who",),
        ("place",),
    ]
    do(session, "CREATE TABLE kept AS SELECT place FROM homes WHERE who = 'Ola'")
    assert list(session.run("FROM kept", "sql")) == [("Bergen",)]


def test_a_view_is_replaced_and_dropped(session: Session) -> None:
    do(
        session,
        f"CREATE VIEW v AS {HOMES}",
        f"CREATE OR REPLACE VIEW v AS {WHO}",
        f"CREATE VIEW IF NOT EXISTS v AS {HOMES}",
    )
    assert [row[0] for row in session.run("DESCRIBE v", "sql")] == ["id", "who"]
    with pytest.raises(BindError, match="there is a table or view v already"):
        do(session, f"CREATE VIEW v AS {HOMES}")
    do(session, f"CREATE OR REPLACE MATERIALIZED VIEW v AS {HOMES}", "CREATE OR REPLACE VIEW v AS SELECT 1 AS one")
    assert list(session.run("FROM v", "sql")) == [(1,)]
    before = everything(session)["store.views"]
    do(session, "DROP VIEW v")
    assert before
    assert not everything(session)["store.views"]
    do(session, "CREATE TABLE v (a INTEGER)")


def test_no_rows_are_made_up_where_duckdb_alone_reads_a_view(session: Session) -> None:
    do(session, f"CREATE VIEW v AS {HOMES}")
    for sql in ("FROM main.v", "PIVOT v ON name USING count(*)", "SELECT * FROM v POSITIONAL JOIN facts"):
        with pytest.raises(Error, match=r"view over facts|cannot be combined"):
            do(session, sql)


def test_what_a_view_reads_must_be_there(session: Session) -> None:
    do(session, "CREATE TABLE towns (town VARCHAR)", "INSERT INTO towns VALUES ('Oslo')")
    do(
        session,
        "CREATE VIEW a AS SELECT name FROM people JOIN towns ON home = town",
        "CREATE VIEW b AS SELECT * FROM a",
    )
    assert len(rows(session, "FROM b")) == 2
    do(session, "DROP TABLE towns")
    with pytest.raises(BindError, match="the view a reads towns, which is not there") as caught:
        do(session, "SELECT count(*) FROM b")
    assert caught.value.message.startswith("in the view b: ")
    assert caught.value.span == (21, 22)
    do(session, "DROP VIEW a")
    with pytest.raises(BindError, match="the view b reads a, which is not there"):
        do(session, "FROM b")


REFUSED = [
    ("CREATE VIEW s.v AS SELECT name FROM people", NotSupportedError, "stands in no schema"),
    ("CREATE TEMP VIEW v AS SELECT name FROM people", NotSupportedError, "cannot be temporary"),
    ("CREATE OR REPLACE VIEW w AS SELECT * FROM w", BindError, "would read itself"),
    ("CREATE OR REPLACE VIEW w AS SELECT * FROM x", BindError, "would read itself"),
    ("ALTER VIEW w RENAME TO y", NotSupportedError, "cannot be altered"),
    ("CREATE VIEW v AS SELECT nosuch(name) FROM people", BindError, "there is no function nosuch"),
    ("CREATE VIEW facts AS SELECT name FROM people", NotSupportedError, "the database's own view"),
    ("CREATE MATERIALIZED VIEW v AS SELECT a FROM t", NotSupportedError, "no change of t is seen"),
    ("CREATE MATERIALIZED VIEW v AS SELECT name FROM people, 'x.csv'", NotSupportedError, "no change of"),
    ("CREATE MATERIALIZED VIEW v AS SELECT predict(text, 'lives in') FROM facts", NotSupportedError, "predicted"),
    ("CREATE MATERIALIZED VIEW v AS SELECT name, now() FROM people", NotSupportedError, "now gives another value"),
    ("REFRESH MATERIALIZED VIEW w", BindError, "w is no materialized view"),
    ("DROP MATERIALIZED VIEW w", BindError, "w is no materialized view"),
    ("DROP MATERIALIZED VIEW kepd", BindError, "there is no materialized view kepd|there is no table kepd"),
    ("REFRESH VIEW kept", ParseError, "REFRESH takes the name"),
    ("REFRESH MATERIALIZED VIEW kept now", ParseError, "REFRESH takes the name"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "kind", "message"), REFUSED)
def test_what_cannot_be_a_view_says_so(session: Session, sql: str, kind: type[Error], message: str) -> None:
    do(session, "CREATE SCHEMA s", "CREATE TABLE t (a INTEGER)", f"CREATE VIEW w AS {HOMES}", "CREATE VIEW x AS FROM w")
    do(session, f"CREATE MATERIALIZED VIEW kept AS {HOMES}")
    before = everything(session)
    with pytest.raises(kind, match=message) as caught:
        do(session, sql)
    assert caught.value.span is not None
    assert everything(session) == before


def test_a_view_takes_no_parameters(session: Session) -> None:
    with pytest.raises(NotSupportedError, match="has no parameters"):
        session.run("CREATE VIEW v AS SELECT name FROM people WHERE home = %s", "sql", ["Oslo"])


def test_names_in_a_view_are_its_own(session: Session) -> None:
    do(session, "CREATE VIEW v AS SELECT name FROM people WHERE home = 'Oslo'")
    sql = "SELECT v.name FROM v JOIN people p ON p.name = v.name WHERE p.home = %s AND v.name <> %s"
    assert list(session.run(sql, "sql", ["Oslo", "Anna"])) == [("Nils",)]


# -------------------------------------------------------------------------------------------------- materialized views


FACT = st.tuples(st.sampled_from(NAMES), st.sampled_from(PLACES))
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(FACT, min_size=1, max_size=3)),
        st.tuples(st.just("forget"), FACT),
        st.tuples(st.just("update"), st.tuples(FACT, FACT)),
        st.tuples(st.just("undone"), FACT),
        st.tuples(st.just("merge"), st.just(("Anna", "Kari"))),
        st.tuples(st.just("read"), st.sampled_from(sorted(QUERIES))),
    ),
    min_size=1,
    max_size=8,
)


def change(session: Session, kind: str, what: object) -> None:
    """Do one thing to the database."""
    known = {fact.text: fact.id for fact in session.facts()}
    match kind, what:
        case "add", list(facts):
            session.add([NewFact(text_of(*fact)) for fact in facts])
        case "forget", (str(name), str(place)):
            do(session, f"DELETE FROM facts WHERE text = '{text_of(name, place)}'")
        case "update", (old, new) if text_of(*old) in known and text_of(*new) not in known:
            do(session, f"UPDATE facts SET text = '{text_of(*new)}' WHERE text = '{text_of(*old)}'")
        case "undone", (str(name), str(place)):
            session.begin()
            session.add([NewFact(text_of(name, place))])
            rows(session, "FROM homes")
            session.rollback()
        case "merge", (str(one), str(other)):
            try:
                done = entities.merge(one, other, session.stores)
            except Error:
                return
            rows(session, "FROM homes")
            entities.undo(done.id, session.stores)
        case "read", str(view):
            rows(session, f"FROM {view}")


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(CHANGES)
def test_rows_are_those_of_the_query_whatever_has_changed(changes: list[tuple[str, object]]) -> None:
    session = opened(people())
    session.add([NewFact(text_of("Anna", "Oslo"))])
    do(session, *(f"CREATE MATERIALIZED VIEW {view} AS {sql}" for view, sql in QUERIES.items()))
    for kind, what in changes:
        change(session, kind, what)
    for view, sql in QUERIES.items():
        assert rows(session, f"FROM {view}") == rows(session, sql)
    session.close()


@pytest.mark.parametrize("view", sorted(QUERIES))
def test_rows_follow_what_is_added_updated_and_taken_back(session: Session, view: str) -> None:
    sql = QUERIES[view]
    do(session, f"CREATE MATERIALIZED VIEW {view} AS {sql}")
    for kind, what in (
        ("add", [("Kari", "Oslo"), ("Ola", "Oslo")]),
        ("update", (("Anna", "Oslo"), ("Anna", "Bergen"))),
        ("forget", ("Nils", "Oslo")),
    ):
        change(session, kind, what)
        assert rows(session, f"FROM {view}") == rows(session, sql)


def test_only_what_has_changed_is_read(session: Session) -> None:
    do(session, f"CREATE MATERIALIZED VIEW who AS {WHO}", f"CREATE MATERIALIZED VIEW homes AS {HOMES}")
    before = read(session)
    do(session, "FROM who", "FROM homes")
    assert read(session) == before
    session.add([NewFact(text_of("Kari", "Oslo"))])
    session.forget(1)
    assert sorted(session.run("FROM who", "sql")) == [(2, "Nils"), (4, "Kari")]
    assert [request.facts for request in session.models.reader.requests[before:]] == [  # type: ignore[attr-defined]
        (text_of("Kari", "Oslo"),)
    ]
    assert len(rows(session, "FROM homes")) == 3
    # names may be bound anew, but nothing that was read is read again
    assert {request.facts for request in session.models.reader.requests[before:]} == {(text_of("Kari", "Oslo"),)}  # type: ignore[attr-defined]


def test_rows_of_facts_that_have_not_changed_are_not_even_looked_at(session: Session) -> None:
    do(session, f"CREATE MATERIALIZED VIEW who AS {WHO}")
    session.add([NewFact(text_of("Kari", "Oslo"))])
    do(session, "UPDATE facts SET source = 'a letter' WHERE id = 4")
    assert "MaterializedScan who (3 changes behind)" in session.explain("FROM who", "sql")
    plan = session.explain("FROM who", "sql", level="analyze")
    assert "MaterializedScan who" in plan
    assert "behind" not in plan


def test_what_is_kept_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "people.ndb"
    first = opened(people(), path)
    first.add([NewFact(text_of("Anna", "Oslo"))])
    do(first, f"CREATE MATERIALIZED VIEW who AS {WHO}", f"CREATE VIEW homes AS {HOMES}")
    said = [rows(first, "FROM who"), rows(first, "FROM homes")]
    first.add([NewFact(text_of("Nils", "Oslo"))])
    first.close()
    behind = opened(people(), path, read_only=True)
    # nothing can be written, so the query is asked anew
    assert "SemanticMap" in behind.explain("FROM who", "sql")
    assert len(rows(behind, "FROM who")) == 2
    with pytest.raises(ReadOnly):
        do(behind, "REFRESH MATERIALIZED VIEW who")
    behind.close()
    again = opened(people(), path)
    assert len(rows(again, "FROM who")) == 2
    assert [
        rows(again, "SELECT * FROM who WHERE who = 'Anna'"),
        rows(again, "SELECT * FROM homes WHERE name = 'Anna'"),
    ] == said
    again.close()
    served = opened(people(), path, read_only=True)
    assert "MaterializedScan who" in served.explain("FROM who", "sql")
    before = read(served)
    assert len(rows(served, "FROM who")) == 2
    assert read(served) == before
    served.close()


def test_refresh_and_rollback(session: Session) -> None:
    do(session, f"CREATE MATERIALIZED VIEW who AS {WHO}")
    # somebody has damaged what is kept
    session.stores.database.execute('DELETE FROM store."rows:who"')
    assert rows(session, "FROM who") == []
    assert session.run("REFRESH MATERIALIZED VIEW who", "sql").rowcount == 2
    kept = rows(session, "FROM who")
    assert len(kept) == 2
    session.begin()
    session.add([NewFact(text_of("Kari", "Oslo"))])
    assert len(rows(session, "FROM who")) == 3
    do(session, "DROP MATERIALIZED VIEW who")
    session.rollback()
    assert rows(session, "FROM who") == kept
    session.begin()
    do(session, f"CREATE MATERIALIZED VIEW new AS {WHO}")
    session.rollback()
    assert "new" not in session.catalogue.views()
    do(session, f"CREATE MATERIALIZED VIEW new AS {WHO}")


def test_a_view_of_the_past_asks_the_past(session: Session) -> None:
    moment = session.history()[-1].recorded_at
    session.add([NewFact(text_of("Kari", "Oslo"))])
    do(session, f"CREATE VIEW v AS {WHO}", f"CREATE MATERIALIZED VIEW m AS {WHO}", "CREATE TABLE t AS SELECT 1 AS a")
    do(session, "CREATE VIEW mine AS SELECT name FROM people, t")
    for name in ("v", "m"):
        assert len(rows(session, f"FROM {name}")) == 3
        assert len(rows(session, f"AS OF '{moment}' FROM {name}")) == 2
    with pytest.raises(BindError, match="the view mine reads t, which is not there"):
        do(session, f"AS OF '{moment}' FROM mine")


def test_a_view_keeps_the_readings_of_cells(session: Session) -> None:
    do(session, f"CREATE MATERIALIZED VIEW homes AS {HOMES}")
    assert list(session.run("SELECT name FROM homes WHERE home = 'OSLO' ORDER BY name", "sql")) == [
        ("Anna",),
        ("Nils",),
    ]


def test_materialized_views_read_each_other(session: Session) -> None:
    do(session, f"CREATE MATERIALIZED VIEW inner_one AS {HOMES}")
    do(session, "CREATE MATERIALIZED VIEW outer_one AS SELECT home, count(*) AS n FROM inner_one GROUP BY home")
    session.add([NewFact(text_of("Kari", "Oslo"))])
    assert sorted(session.run("FROM outer_one", "sql")) == [("Bergen", 1), ("Oslo", 3)]
