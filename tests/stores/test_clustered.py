"""The sorted copy of imported triples: made when it pays, void after any change, seen by nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from neuraldb.models.registry import Models
from neuraldb.session import Session
from neuraldb.stores import clustered, graph_images
from neuraldb.stores.clustered import COPY, NAME, STORED
from neuraldb.stores.terms import Term

KNOWN = "PREFIX : <http://x/> SELECT ?a ?c { ?a :knows ?b . ?b :knows ?c }"


def quad(subject: str, relation: str, object: str) -> tuple[Term, Term, Term, None]:
    return (*(Term("iri", f"http://x/{name}") for name in (subject, relation, object)), None)  # type: ignore[return-value]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Three triples, of which a copy pays after any query."""
    monkeypatch.setattr(clustered, "LEAST", 1)
    monkeypatch.setattr(clustered, "SECONDS", 1e-12)
    monkeypatch.setattr(graph_images, "SECONDS", 1e6)
    opened = Session(":memory:", models=Models())
    opened.import_triples([quad("a", "knows", "b"), quad("b", "knows", "c"), quad("c", "likes", "a")])
    yield opened
    opened.close()


def rows(session: Session) -> list[tuple[str, ...]]:
    return [tuple(cell.removeprefix("http://x/") for cell in row) for row in session.run(KNOWN, "sparql").rows]


def source(session: Session) -> str:
    return session.stores.graph.clustered.source()


def test_the_copy_gives_the_same_rows(session: Session) -> None:
    assert source(session) == STORED
    assert rows(session) == [("a", "c")]
    assert source(session) == COPY
    assert rows(session) == [("a", "c")]
    assert session.stores.database.rows(f"SELECT count(*) FROM {COPY}") == [(3,)]


def test_a_change_makes_the_copy_void(session: Session) -> None:
    rows(session)
    assert source(session) == COPY
    session.import_triples([quad("c", "knows", "d")])
    assert source(session) == STORED
    assert rows(session) == [("a", "c"), ("b", "d")]
    assert source(session) == COPY
    assert rows(session) == [("a", "c"), ("b", "d")]


def test_an_open_transaction_sees_its_own_changes_and_makes_no_copy(session: Session) -> None:
    rows(session)
    session.begin()
    session.import_triples([quad("c", "knows", "d")])
    assert rows(session) == rows(session) == [("a", "c"), ("b", "d")]
    assert source(session) == STORED
    session.rollback()
    assert rows(session) == rows(session) == [("a", "c")]
    assert source(session) == COPY


def test_a_transaction_that_only_reads_uses_the_copy_there_is(session: Session) -> None:
    rows(session)
    assert source(session) == COPY
    session.begin()
    assert source(session) == COPY
    assert rows(session) == [("a", "c")]
    session.rollback()
    assert source(session) == COPY
    assert rows(session) == [("a", "c")]


def test_no_copy_of_a_small_graph_or_after_little_work(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustered, "SECONDS", 1e6)
    rows(session)
    assert source(session) == STORED
    monkeypatch.setattr(clustered, "SECONDS", 1e-12)
    monkeypatch.setattr(clustered, "LEAST", 4)
    rows(session)
    assert source(session) == STORED


def test_making_a_copy_is_no_change_and_the_copy_is_no_table_of_the_user(session: Session) -> None:
    before, tables = session.stores.database.version, session.catalogue.tables()
    rows(session)
    assert source(session) == COPY
    assert session.stores.database.version == before
    assert session.catalogue.tables() == tables
    assert NAME not in tables


def test_a_variable_of_the_name_is_left_alone(session: Session) -> None:
    query = "PREFIX : <http://x/> SELECT ?imported_triples { :a :knows ?imported_triples }"
    first = session.run(query, "sparql")
    again = session.run(query, "sparql")
    assert first.columns == again.columns == ("imported_triples",)
    assert first.rows == again.rows == [("http://x/b",)]
