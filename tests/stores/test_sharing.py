"""Several connections and threads, interruption, and a disk that is full."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from neuraldb.core.errors import (
    Cancelled,
    DatabaseLocked,
)
from neuraldb.stores import connection as connections
from neuraldb.stores.database import Database
from neuraldb.stores.facts import FactStore, NewFact
from stores.people import names

SLOW = "SELECT count(*) FROM range(10000000) a, range(100000) b WHERE a.range * b.range % 7 = 3"


def test_two_connections_of_one_process_see_what_is_committed(path: Path) -> None:
    with Database.open(path) as one, Database.open(path) as other:
        FactStore(one).add([NewFact("Anna lives in Oslo.")])
        seen = other.version
        assert FactStore(other).count() == 1
        one.begin()
        FactStore(one).add([NewFact("Nils lives in Bergen.")])
        assert FactStore(other).count() == 1
        one.commit()
        assert other.version > seen
        assert FactStore(other).count() == 2


def test_two_connections_take_turns_to_change(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WRITER_TIMEOUT", 0.05)
    with Database.open(path) as one, Database.open(path) as other:
        one.begin()
        FactStore(one).add([NewFact("Anna lives in Oslo.")])
        with pytest.raises(DatabaseLocked, match="this process") as raised:
            FactStore(other).add([NewFact("Nils lives in Bergen.")])
        assert "commit" in (raised.value.hint or "")
        assert FactStore(other).count() == 0
        one.rollback()
        FactStore(other).add([NewFact("Nils lives in Bergen.")])
        assert FactStore(one).count() == 1


def test_ids_do_not_collide_when_a_transaction_began_before_anothers_commit(path: Path) -> None:
    with Database.open(path) as one, Database.open(path) as other:
        other.begin()
        assert FactStore(other).count() == 0
        FactStore(one).add([NewFact("Anna lives in Oslo.")])
        assert FactStore(other).count() == 0
        (added,) = FactStore(other).add([NewFact("Nils lives in Bergen.")])
        other.commit()
        assert added.id == 2
        assert FactStore(one).count() == 2


def test_what_a_transaction_did_not_see_is_seen_after_it(path: Path) -> None:
    with Database.open(path) as one, Database.open(path) as other:
        other.begin()
        assert FactStore(other).count() == 0
        FactStore(one).add([NewFact("Anna lives in Oslo.")])
        inside = other.version
        assert FactStore(other).count() == 0
        other.commit()
        assert other.version > inside
        assert FactStore(other).count() == 1


def test_four_threads_share_a_connection(database: Database) -> None:
    # a known fault of such systems: a connection that only its own thread may use
    facts = FactStore(database)
    database.execute("CREATE TABLE counter (n INTEGER)")
    database.execute("INSERT INTO counter VALUES (0)")
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for turn in range(200):
                if turn % 10 == 0:
                    with database.transaction():
                        facts.add([NewFact(f"Thread {thread} did {turn}.")])
                        database.execute("UPDATE counter SET n = n + 1")
                else:
                    database.execute("UPDATE counter SET n = n + 1")
                assert database.query("SELECT n FROM counter").num_rows == 1
        except BaseException as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert database.rows("SELECT n FROM counter") == [(800,)]
    assert facts.count() == 80
    assert facts.ids().tolist() == list(range(1, 81))


@pytest.mark.parametrize("in_transaction", [False, True])
def test_interrupt_from_another_thread(people: Database, in_transaction: bool) -> None:
    people.interrupt()
    assert people.rows("SELECT 1") == [(1,)]
    outcome: list[BaseException] = []
    if in_transaction:
        people.begin()
        people.execute("DELETE FROM people")

    def run() -> None:
        try:
            people.query(SLOW)
        except BaseException as error:  # noqa: BLE001 - reported below
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        time.sleep(0.05)
        people.interrupt()
    thread.join()
    assert [type(error) for error in outcome] == [Cancelled]
    people.rollback()
    assert names(people) == ["Anna", "Nils"]


FULL_DISK = """if True:
    import resource, sys
    from neuraldb.core.errors import OperationalError
    from neuraldb.stores.database import Database
    from neuraldb.stores.facts import FactStore, NewFact
    database = Database.open(sys.argv[1])
    if sys.argv[3] == "checkpoint":
        database.execute("SET wal_autocheckpoint = '1MB'")
    opened = database._connection
    facts = FactStore(database)
    acknowledged = 0
    free, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
    try:
        while True:
            facts.add([NewFact(f"{n}: " + "word " * 500) for n in range(acknowledged, acknowledged + 250)])
            acknowledged += 250
    except OperationalError as error:
        assert type(error) is OperationalError, repr(error)
        assert "\\n" not in error.message
    assert facts.count() == acknowledged, facts.count()
    assert not database.in_transaction
    # DuckDB gives up on a file that it could not bring up to date, and it has to be opened anew
    assert (database._connection is opened) == (sys.argv[3] == "log")
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, hard))
    assert [a.id for a in facts.add([NewFact("There is room again.")])] == [acknowledged + 1]
    print(acknowledged + 1)"""


@pytest.mark.parametrize(("limit", "met_by"), [(2_000_000, "log"), (3_000_000, "checkpoint")])
def test_a_full_disk(path: Path, limit: int, met_by: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path), str(limit), met_by], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    with Database.open(path) as database:
        assert FactStore(database).count() == int(ran.stdout)
