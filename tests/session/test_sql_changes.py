"""INSERT, UPDATE and DELETE of facts follow the rules of told sentences: superseding, history, AS OF, the past."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

from neuraldb.core.errors import Error, NotSupportedError, ProgrammingError
from neuraldb.session import Session
from session.family import everything, opened

PLACES = ("Oslo", "Bergen", "Rome")


@pytest.fixture
def session() -> Iterator[Session]:
    world = World()
    for place in PLACES:
        world.tell(f"Anna lives in {place}.", ("Anna", "lives in", place))
        world.tell(f"Nils lives in {place}.", ("Nils", "lives in", place))
    world.mean("What is the home of anna?", "Anna | lives in | ?")
    made = opened(world)
    yield made
    made.close()


def rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    return list(session.run(sql, "sql"))


def current(session: Session) -> list[tuple[object, ...]]:
    return rows(session, "SELECT text FROM facts ORDER BY id")


def test_a_fact_that_is_inserted_supersedes_what_it_outdates(session: Session) -> None:
    rows(session, "INSERT INTO facts (text) VALUES ('Anna lives in Oslo.')")
    rows(session, "INSERT INTO facts (text) VALUES ('Anna lives in Bergen.')")
    assert current(session) == [("Anna lives in Bergen.",)]
    assert [(c.action, c.text) for c in session.history()][-1] == ("supersede", "Anna lives in Oslo.")
    # of another source it stays beside the other
    rows(session, "INSERT INTO facts (text, source) VALUES ('Anna lives in Rome.', 'a letter')")
    assert len(current(session)) == 2


def test_what_is_inserted_at_once_outdates_nothing(session: Session) -> None:
    rows(session, "INSERT INTO facts (text) VALUES ('Anna lives in Oslo.'), ('Anna lives in Bergen.')")
    assert len(current(session)) == 2


def test_the_past_is_asked_as_of(session: Session) -> None:
    rows(session, "INSERT INTO facts (text) VALUES ('Anna lives in Oslo.')")
    told = session.history()[-1].recorded_at
    rows(session, "UPDATE facts SET text = 'Anna lives in Rome.'")
    changed = session.history()[-1].recorded_at
    rows(session, "DELETE FROM facts")
    assert current(session) == []
    assert rows(session, f"AS OF '{told}' SELECT text FROM facts") == [("Anna lives in Oslo.",)]
    assert rows(session, f"AS OF '{changed}' SELECT text FROM facts") == [("Anna lives in Rome.",)]


def test_what_is_deleted_comes_back_in_no_way(session: Session) -> None:
    rows(session, "INSERT INTO facts (text) VALUES ('Anna lives in Oslo.'), ('Nils lives in Rome.')")
    rows(session, "CREATE MATERIALIZED VIEW kept AS SELECT text FROM facts")
    home = "SELECT home FROM things WHERE name = 'Anna'"
    assert rows(session, home) == [("Oslo",)]
    rows(session, "DELETE FROM facts WHERE text LIKE 'Anna%'")
    assert current(session) == rows(session, "FROM kept") == [("Nils lives in Rome.",)]
    assert rows(session, "SELECT * FROM triples WHERE subject = 'Anna'") == []
    assert rows(session, "SELECT * FROM entities WHERE name = 'Anna'") == []
    assert rows(session, home) == []
    assert rows(session, "SELECT name FROM neighbours('Rome')") == [("Nils",)]
    found = rows(session, "SELECT text FROM facts ORDER BY similarity(text, 'Anna lives in Oslo.') DESC")
    assert found == [("Nils lives in Rome.",)]


def test_a_rollback_takes_all_of_it_back(session: Session) -> None:
    rows(session, "INSERT INTO facts (text) VALUES ('Anna lives in Oslo.')")
    before = everything(session)
    session.begin()
    rows(session, "UPDATE facts SET text = 'Anna lives in Rome.'")
    rows(session, "INSERT INTO facts (text) VALUES ('Nils lives in Oslo.')")
    rows(session, "DELETE FROM facts WHERE text LIKE 'Anna%'")
    session.rollback()
    assert everything(session) == before


def test_returning_gives_the_facts_themselves(session: Session) -> None:
    text = "'Anna lives in Oslo.'), ('Nils lives in Rome.'"
    result = session.run(f"INSERT INTO facts (text) VALUES ({text}) RETURNING id, upper(text) AS loud", "sql")
    assert list(result) == [(1, "ANNA LIVES IN OSLO."), (2, "NILS LIVES IN ROME.")]
    assert result.evidence_ids == ((1,), (2,))
    sql = "UPDATE facts f SET text = 'Anna lives in Rome.', source = %s WHERE f.id = 1 RETURNING f.id, f.text, sources"
    assert list(session.run(sql, "sql", ["a letter"])) == [(3, "Anna lives in Rome.", ["a letter"])]
    assert rows(session, "UPDATE facts SET subject = NULL WHERE id = 2 RETURNING id") == [(2,)]
    assert rows(session, "DELETE FROM facts WHERE id = 3 RETURNING *")[0][:2] == (3, "Anna lives in Rome.")
    assert rows(session, "DELETE FROM facts WHERE id = 3 RETURNING id") == []
    assert current(session) == [("Nils lives in Rome.",)]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("INSERT INTO facts (text) VALUES ('Anna lives in Oslo.') RETURNING count(*)", ProgrammingError),
        ("INSERT INTO facts (text) VALUES ('Anna lives in Oslo.') RETURNING nosuch", ProgrammingError),
        ("INSERT INTO facts (text) VALUES ('Anna lives in Oslo.') ON CONFLICT DO NOTHING", NotSupportedError),
        ("DELETE FROM facts RETURNING sum(id) OVER ()", ProgrammingError),
        ("INSERT INTO facts (text) VALUES ('Anna lives in Oslo.'), (' ')", Error),
    ],
)
def test_a_statement_that_fails_changes_nothing(session: Session, sql: str, kind: type[Error]) -> None:
    rows(session, "INSERT INTO facts (text) VALUES ('Nils lives in Rome.')")
    before = everything(session)
    with pytest.raises(kind):
        rows(session, sql)
    assert everything(session) == before
