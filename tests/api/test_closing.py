"""How a connection ends, and what is left of it."""

import pytest

import neuraldb
from api.fakes import connect
from api.helpers import texts


def test_the_context_manager_commits_and_closes(path):
    with connect(path) as db:
        db.cursor().execute("One.")
    assert db.closed

    def fail(db):
        with db:
            db.add("Two.")
            db.cursor().execute("Three.")
            raise ZeroDivisionError

    db = connect(path)
    with pytest.raises(ZeroDivisionError):
        fail(db)
    assert db.closed
    with connect(path) as db:
        assert texts(db) == ["One.", "Two."]


def test_the_first_error_is_the_one_that_is_raised(monkeypatch):
    def refuse():
        raise neuraldb.OperationalError("the disk is gone")

    def fail():
        with connect() as db:
            monkeypatch.setattr(db.session, "close", refuse)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        fail()
    assert caught.value.__notes__ == ["closing the database failed too: the disk is gone"]


def test_closing_within_the_block_is_allowed():
    with connect() as db:
        db.close()
    assert repr(db) == "<neuraldb.Connection closed>"


def test_use_after_close_is_an_interface_error():
    db = connect()
    db.close()
    db.close()
    for use in (
        lambda: db.add("x"),
        lambda: db.add_many(["x"]),
        lambda: db.add_many([]),
        lambda: db.ask("Who?"),
        lambda: db.sql("SELECT 1"),
        lambda: db.sparql("ASK {}"),
        lambda: db.execute("SELECT 1"),
        lambda: db.explain("SELECT 1"),
        lambda: db.forget(1),
        db.facts,
        db.history,
        db.graph,
        db.begin,
        db.commit,
        db.rollback,
        db.cursor,
        db.transaction().__enter__,
        db.__enter__,
    ):
        with pytest.raises(neuraldb.InterfaceError, match="closed"):
            use()
    assert not db.in_transaction
    db.interrupt()


def test_evidence_after_close_is_an_interface_error(db):
    fact = db.add("Anna lives in Oslo.")
    db.session.answers["Who?"] = [("Anna", [fact], 1.0)]
    result = db.ask("Who?")
    db.close()
    assert result.fetchall() == [("Anna",)]
    assert "Anna" in repr(result)
    with pytest.raises(neuraldb.InterfaceError):
        result.why()
