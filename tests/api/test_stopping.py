"""Statements that are stopped, and connections that threads share."""

import threading

import pytest

import neuraldb
from api.helpers import texts


def heavy(db):
    db.sql("SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE a.range * b.range % 7 = 3")


@pytest.mark.parametrize("in_worker", [False, True], ids=["called in the main thread", "called in another"])
@pytest.mark.parametrize("work", [heavy, lambda db: db.ask("Wait?")], ids=["DuckDB", "models"])
def test_interrupt_stops_a_statement(db, work, in_worker):
    caught = []
    finished = threading.Event()

    def attempt():
        try:
            work(db)
        except neuraldb.Error as error:
            caught.append(type(error))
        finished.set()

    def interrupt():
        while not finished.wait(0.05):
            db.interrupt()

    other = threading.Thread(target=attempt if in_worker else interrupt)
    other.start()
    (interrupt if in_worker else attempt)()
    other.join()
    assert caught == [neuraldb.Cancelled]
    assert db.sql("SELECT 1").scalar() == 1


@pytest.mark.parametrize(
    "work",
    [
        lambda db: db.ask("Wait?", timeout=0.1),
        lambda db: db.sql(
            "SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE a.range * b.range % 7 = 3", timeout=0.1
        ),
    ],
    ids=["models", "DuckDB"],
)
def test_timeout_stops_a_statement(db, work):
    with pytest.raises(neuraldb.Timeout, match="longer than"):
        work(db)
    assert db.sql("SELECT 1").scalar() == 1


def test_a_statement_in_time_is_not_disturbed(db):
    db.session.answers["Who?"] = [("Anna", [], 1.0)]
    assert db.ask("Who?", timeout=60).scalar() == "Anna"


def test_ctrl_c_stops_the_statement_before_it_is_raised(db):
    import _thread

    def press():
        db.session.waits.wait()
        _thread.interrupt_main()

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        db.ask("Wait?")
    presser.join()
    assert db.sql("SELECT 1").scalar() == 1


def test_threads_share_a_connection(db):
    per_thread, failures = 5, []

    def work(name):
        try:
            for i in range(per_thread):
                db.add(f"{name} says {i}.")
                assert db.sql("SELECT count(*) FROM facts").scalar() > i
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("Anna", "Nils", "Ola", "Åse")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(db.facts()) == 4 * per_thread


def test_changes_of_other_threads_wait_for_the_end_of_a_transaction_block(db):
    order = []
    started = threading.Event()

    def add():
        started.set()
        db.add("From the other thread.")
        order.append("added")

    other = threading.Thread(target=add)

    def fail():
        with db.transaction():
            db.add("Undone.")
            other.start()
            started.wait()
            assert db.facts()[0].text == "Undone."
            other.join(0.2)
            order.append("end of block")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    other.join()
    assert order == ["end of block", "added"]
    assert texts(db) == ["From the other thread."]


def test_readers_do_not_wait_for_a_transaction_block(db):
    seen = []
    with db.transaction():
        other = threading.Thread(target=lambda: seen.append(db.sql("SELECT 1").scalar()))
        other.start()
        other.join(10)
        assert seen == [1]
