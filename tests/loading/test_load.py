"""Loading into a database: batches, interruptions, what comes back."""

import pytest
from shell.fakes import connect

from neuraldb.core.errors import Cancelled, ImportFailed, ProgrammingError, ReadOnly
from neuraldb.loading.formats import FORMATS, Options
from neuraldb.loading.load import Refusal, load
from neuraldb.loading.source import STDIN, Source, spooled
from neuraldb.loading.tables import load_table


@pytest.fixture
def source(tmp_path):
    def make(name, contents):
        path = tmp_path / name
        path.write_text(contents, encoding="utf-8")
        return Source(path, name)

    return make


def texts(db):
    return [fact.text for fact in db.facts()]


def test_what_became_of_a_file(db, source):
    db.add("Anna sings.")
    told = []
    report = load(db, source("a.txt", "Anna sings.\nNils bakes.\n\u200b\nNils bakes\n"), on_refusal=told.append)
    assert (report.added, report.duplicates) == (1, 2)
    assert report.refused == told == [Refusal("line 3", "the text is blank (a fact needs at least one word)")]
    assert str(report) == "1 added, 2 known already, 1 refused"
    assert texts(db) == ["Anna sings.", "Nils bakes."]


def test_batches_and_progress(db, source):
    seen = []
    lines = "".join(f"Fact {n}.\n" for n in range(10))
    load(db, source("a.txt", lines), batch=4, report=lambda *state: seen.append(state))
    assert seen == [("load", done, 10) for done in (0, 4, 8, 10)]
    assert db.session.batches == [4, 4, 2]


def test_an_interrupted_load_goes_on_where_it_stopped(db, source):
    file = source("a.txt", "".join(f"Fact {n}.\n" for n in range(10)))

    def stop(stage, done, total):
        if done == 8:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        load(db, file, batch=4, report=stop)
    assert len(texts(db)) == 8
    db.forget(1)
    report = load(db, file, batch=4)
    assert (report.added, report.duplicates, report.before) == (2, 0, 8)
    assert texts(db) == [f"Fact {n}." for n in range(1, 10)]
    again = load(db, file)
    assert (again.added, again.before) == (0, 10)


def test_a_batch_that_fails_leaves_no_note_of_having_been_loaded(db, source, monkeypatch):
    file = source("a.txt", "".join(f"Fact {n}.\n" for n in range(6)))
    add, calls = db.session.add, []

    def fail_once(facts, **rest):
        calls.append(len(facts))
        added = add(facts, **rest)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return added

    monkeypatch.setattr(db.session, "add", fail_once)
    with pytest.raises(KeyboardInterrupt):
        load(db, file, batch=2)
    assert len(texts(db)) == 2
    assert load(db, file, batch=2).before == 2
    assert texts(db) == [f"Fact {n}." for n in range(6)]


def test_restart_loads_again(db, source):
    file = source("a.txt", "Anna sings.\n")
    load(db, file)
    report = load(db, file, restart=True)
    assert (report.added, report.duplicates, report.before) == (0, 1, 0)


def test_other_contents_format_or_place_are_another_load(db, source, tmp_path):
    load(db, source("a.txt", "Anna sings.\n"))
    assert load(db, source("a.txt", "Anna sings.\nNils bakes.\n")).before == 0
    assert load(db, source("a.txt", "Anna sings.\n"), form=FORMATS["documents"]).before == 0
    assert load(db, source("b.txt", "Anna sings.\n")).before == 0
    csv = source("a.csv", "text,note\nx,y\n")
    load(db, csv)
    assert load(db, csv, options=Options(column="note")).added == 1


def test_positions_outlast_the_process(tmp_path, source):
    file = source("a.txt", "Anna sings.\n")
    with connect(tmp_path / "db.ndb") as first:
        load(first, file)
    with connect(tmp_path / "db.ndb") as second:
        assert load(second, file).before == 1


def test_within_a_transaction_all_becomes_part_of_it(db, source):
    file = source("a.txt", "Anna sings.\nNils bakes.\n")
    db.begin()
    load(db, file, batch=1)
    db.rollback()
    assert texts(db) == []
    assert load(db, file).before == 0


def test_triples_and_facts(db, source):
    nt = "".join(f"<http://x/{n}> <http://x/p> <http://x/o> .\n" for n in range(5)) + "bad\n"
    report = load(db, source("a.nt", nt), batch=2)
    assert (report.triples, report.known_triples) == (5, 0)
    assert report.refused[0].place == "line 6"
    assert str(report) == "5 triples added, 0 triples known already, 1 refused"
    again = load(db, source("b.nt", nt))
    assert (again.triples, again.known_triples) == (0, 5)
    mixed = '{"text": "a"}\n{"triple": "<http://x/1> <http://x/q> <http://x/o> ."}\n{"triple": "x"}\n'
    report = load(db, source("m.jsonl", mixed))
    assert (report.added, report.triples, len(report.refused)) == (1, 1, 1)


def test_a_file_that_breaks_off_keeps_what_came_before(db, source):
    with pytest.raises(ImportFailed, match=r"a\.csv, line 4"):
        load(db, source("a.csv", 'text\none\ntwo\n"three" x\n'), batch=1)
    assert texts(db) == ["one", "two"]


def test_a_database_that_cannot_be_changed(tmp_path, source):
    connect(tmp_path / "db.ndb").close()
    with connect(tmp_path / "db.ndb", read_only=True) as db, pytest.raises(ReadOnly):
        load(db, source("a.txt", "Anna sings.\n"))


def test_the_standard_input(db, tmp_path):
    path = tmp_path / "in"
    path.write_bytes(b"Anna sings.\n")
    with path.open("rb") as stream, spooled(stream, STDIN) as source:
        assert load(db, source, form=FORMATS["text"]).added == 1
    with path.open("rb") as stream, spooled(stream, STDIN) as source:
        assert load(db, source, form=FORMATS["text"]).before == 1


# -------------------------------------------------------------------------------------------------------------- tables


def test_files_as_a_table(db, source):
    one = source("a.csv", "name,age\nAnna,42\nNils,\n")
    two = source("b[1].csv", "name,town\nOla,Oslo\n")
    assert load_table(db, 'my "%" table', [one, two], FORMATS["csv"]) == 3
    rows = db.sql('SELECT name, age, town FROM "my ""%"" table" ORDER BY name').fetchall()
    assert rows == [("Anna", 42, None), ("Nils", None, None), ("Ola", None, "Oslo")]
    assert texts(db) == []
    assert load_table(db, "j", [source("a.jsonl", '{"a": 1}\n{"a": 2}\n')], FORMATS["jsonl"]) == 2


def test_tables_that_cannot_be(db, source, tmp_path):
    file = source("a.csv", "name,age\nAnna,42\n")
    with pytest.raises(ImportFailed, match="text has no tables"):
        load_table(db, "t", [file], FORMATS["text"])
    with pytest.raises(ImportFailed, match="cannot read gone"):
        load_table(db, "t", [Source(tmp_path / "gone", "gone")], FORMATS["csv"])
    with pytest.raises(ProgrammingError, match="facts"):
        load_table(db, "facts", [file], FORMATS["csv"])
