"""Files that are not ours, damaged, full or not to be written: through the API and the command.

The stores' own tests meet the same faults one level lower (``tests/stores/test_opening.py``, ``test_database.py``).
"""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import neuraldb
from bad_input.engine import store
from neuraldb import CorruptDatabase, OperationalError, ReadOnly
from neuraldb.stores.database import Database
from neuraldb.stores.facts import FactStore, NewFact

ROOT = Path(__file__).parents[2]
UNAVAILABLE = 3


def command(*arguments, cwd=None, prelude="", **options):
    """The ``neuraldb`` command, run after some Python."""
    program = f"import sys\n{prelude}\nfrom neuraldb.shell.cli import main\nsys.exit(main())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    given = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(given, capture_output=True, text=True, env=environment, cwd=cwd, check=False, **options)


def text_file(path):
    path.write_text("This is a letter, not a database.\n" * 500, encoding="utf-8")


def sqlite_file(path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE facts (id INTEGER, text TEXT)")
        other.commit()


def duckdb_file(path):
    with duckdb.connect(path) as other:
        other.execute("CREATE TABLE facts (id INTEGER, text VARCHAR)")


def damaged_file(path):
    neuraldb.connect(path).close()
    content = bytearray(path.read_bytes())
    content[0:4096] = bytes(4096)
    path.write_bytes(content)


def cut_file(path):
    neuraldb.connect(path).close()
    path.write_bytes(path.read_bytes()[:5000])


FILES = [text_file, sqlite_file, duckdb_file, damaged_file, cut_file]


@pytest.mark.parametrize("make", FILES)
def test_a_file_that_is_no_database_of_ours(make, tmp_path):
    path = tmp_path / "x.ndb"
    make(path)
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(CorruptDatabase) as raised:
            neuraldb.connect(path, read_only)
        assert str(path) in raised.value.message
        assert "\n" not in raised.value.message
    assert path.read_bytes() == before


@pytest.mark.parametrize("make", [sqlite_file, damaged_file])
def test_the_command_says_so_in_one_line(make, tmp_path):
    path = tmp_path / "x.ndb"
    make(path)
    ran = command(path, "-c", "SELECT 1")
    assert ran.returncode == UNAVAILABLE
    assert ran.stdout == ""
    assert str(path) in ran.stderr.splitlines()[0]
    assert "Traceback" not in ran.stderr
    assert len([line for line in ran.stderr.splitlines() if not line.startswith("hint:")]) == 1


FULL_DISK = """if True:
    import resource, signal, sys
    import neuraldb
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    db = neuraldb.connect(sys.argv[1])
    free, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    db.sql("CREATE TABLE notes (text VARCHAR)")
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    inserted = 0
    try:
        while True:
            rows = "SELECT repeat(md5(i::VARCHAR), 20) FROM range(%s, %s) AS t(i)"
            db.sql("INSERT INTO notes " + rows, [inserted, inserted + 500])
            inserted += 500
    except neuraldb.OperationalError as error:
        assert type(error) is neuraldb.OperationalError, repr(error)
        assert "\\n" not in error.message
    assert inserted
    assert db.sql("SELECT count(*) FROM notes").fetchall() == [(inserted,)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, hard))
    db.sql("INSERT INTO notes VALUES ('There is room again.')")
    db.close()
    print(inserted + 1)"""


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path):
    path = tmp_path / "x.ndb"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, env=environment, check=False
    )
    assert ran.returncode == 0, ran.stderr
    with neuraldb.connect(path) as db:
        assert db.sql("SELECT count(*) FROM notes").fetchall() == [(int(ran.stdout),)]


# root may write everywhere, so the process becomes nobody
AS_NOBODY = """import os
if os.getuid() == 0:
    import encodings.idna, importlib
    for name in ("neuraldb.shell.cli", "neuraldb.session", "neuraldb.api", "neuraldb.shell.interpreter"):
        importlib.import_module(name)
    os.setgid(65534); os.setuid(65534)"""


def opened(folder):
    """Let everybody into a folder for tests, and into those above that keep others out."""
    folder.chmod(0o755)
    for above in folder.parents:
        if above.stat().st_mode & 0o005 != 0o005:
            above.chmod(0o755)


def test_a_folder_that_cannot_be_written(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    opened(tmp_path)
    folder.chmod(0o555)
    ran = command(folder / "x.ndb", "-c", "SELECT 1", prelude=AS_NOBODY)
    assert ran.returncode == UNAVAILABLE, ran.stderr
    assert str(folder / "x.ndb") in ran.stderr.splitlines()[0]
    assert "Traceback" not in ran.stderr
    assert not list(folder.iterdir())


def test_a_database_in_a_folder_that_cannot_be_written_can_be_read(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    path = folder / "x.ndb"
    neuraldb.connect(path).close()
    opened(tmp_path)
    path.chmod(0o444)
    folder.chmod(0o555)
    ran = command(path, "--read-only", "-c", "SELECT count(*) AS n FROM facts", prelude=AS_NOBODY)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "0" in ran.stdout
    ran = command(path, "-c", "SELECT 1", prelude=AS_NOBODY)
    assert ran.returncode == UNAVAILABLE
    assert "Traceback" not in ran.stderr


def test_a_read_only_database_refuses_every_way_to_change_it(tmp_path):
    path = tmp_path / "x.ndb"
    with Database.open(path) as database:
        FactStore(database).add([NewFact("Anna lives in Oslo.")])
    with store(path, read_only=True) as db:
        for change in (
            lambda: db.add("Nils lives in Bergen."),
            lambda: db.forget(1),
            lambda: db.sql("CREATE TABLE mine (a INTEGER)"),
            lambda: db.sql("INSERT INTO facts (text) VALUES ('x')"),
        ):
            with pytest.raises((ReadOnly, neuraldb.NotSupportedError, neuraldb.ProgrammingError)):
                change()
        assert db.sql("SELECT count(*) FROM facts").fetchall() == [(1,)]


def test_places_where_no_database_can_be(tmp_path):
    for place in (tmp_path, tmp_path / "none" / "x.ndb"):
        with pytest.raises(OperationalError):
            neuraldb.connect(place)
    with pytest.raises(OperationalError, match="no database at"):
        neuraldb.connect(tmp_path / "none.ndb", read_only=True)
