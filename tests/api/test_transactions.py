"""What is permanent, and when: blocks, statements, cursors, autocommit."""

import pytest

import neuraldb
from api.fakes import connect
from api.helpers import texts


def test_changes_of_the_embedded_methods_are_permanent_at_once(path):
    db = connect(path)
    db.add("One.")
    db.execute("Two.")
    db.sql("CREATE TABLE t (a INTEGER)")
    db.add_many(["Three."])
    assert not db.in_transaction
    db.close()
    with connect(path) as again:
        assert texts(again) == ["One.", "Two.", "Three."]
        assert again.sql("SELECT count(*) FROM t").scalar() == 0


def test_a_transaction_is_kept_or_undone_as_a_whole(db):
    db.begin()
    db.add("One.")
    assert db.in_transaction
    db.rollback()
    db.begin()
    db.add("Two.")
    db.commit()
    assert texts(db) == ["Two."]
    assert not db.in_transaction


def test_transaction_block(db):
    with db.transaction():
        db.add("One.")
        db.add_many(["Two."])

    def fail():
        with db.transaction():
            db.add("Three.")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert texts(db) == ["One.", "Two."]
    with db.transaction(), pytest.raises(neuraldb.ProgrammingError, match="open already"):
        db.begin()


def test_begin_and_rollback_as_statements(db):
    db.execute("BEGIN")
    db.add("One.")
    db.execute("ROLLBACK;")
    db.cursor().execute("begin transaction")
    assert db.in_transaction
    db.add("Two.")
    db.cursor().execute("commit")
    assert texts(db) == ["Two."]


def test_commit_and_rollback_without_a_transaction_do_nothing(db):
    db.commit()
    db.rollback()
    assert not db.in_transaction


def test_the_first_change_through_a_cursor_opens_a_transaction(path):
    db = connect(path)
    cursor = db.cursor()
    cursor.execute("Anna lives in Oslo.")
    assert db.in_transaction
    db.add("This belongs to it.")
    db.commit()
    cursor.execute("Nils lives in Bergen.")
    db.close()
    with connect(path) as again:
        assert texts(again) == ["Anna lives in Oslo.", "This belongs to it."]


def test_reading_through_a_cursor_opens_none(path):
    with connect(path) as db:
        db.session.answers["Who?"] = []
        for statement in ("SELECT 1", "Who?", "-- note\nSELECT 1", "FROM facts", "EXPLAIN SELECT 1", "CHECKPOINT"):
            db.cursor().execute(statement)
            assert not db.in_transaction
        # what looks as if it changed something, but does not
        db.cursor().execute("SELECT 'insert' AS word")
        assert not db.in_transaction
        db.add("One.")
        # closed without a commit
        db.close()
    with connect(path) as again:
        assert texts(again) == ["One."]


def test_a_failed_statement_leaves_no_transaction_behind(db):
    with pytest.raises(neuraldb.Error):
        db.cursor().execute("INSERT INTO nowhere VALUES (1)")
    assert not db.in_transaction


def test_a_failed_statement_does_not_undo_what_came_before_it_by_itself(db):
    cursor = db.cursor()
    cursor.execute("CREATE TABLE t (a INTEGER)")
    cursor.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(neuraldb.Error):
        cursor.execute("INSERT INTO t VALUES ('one')")
    assert db.in_transaction
    db.rollback()
    assert not db.in_transaction


def test_autocommit_makes_cursors_changes_permanent_at_once(path):
    db = connect(path, autocommit=True)
    cursor = db.cursor()
    cursor.execute("Anna lives in Oslo.")
    cursor.executemany("%s is here.", [("One",), ("Two",)])
    assert not db.in_transaction
    with pytest.raises(neuraldb.Error):
        cursor.executemany("%s.", [("Three",), (None,)])
    db.close()
    with connect(path) as again:
        assert texts(again) == ["Anna lives in Oslo.", "One is here.", "Two is here."]
        assert again.autocommit is False


def test_autocommit_cannot_be_switched_within_a_transaction(db):
    assert db.autocommit is False
    db.autocommit = True
    assert db.autocommit is True
    with db.transaction(), pytest.raises(neuraldb.ProgrammingError, match="a transaction is open"):
        db.autocommit = False
