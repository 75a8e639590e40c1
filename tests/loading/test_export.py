"""What is exported comes back the same."""

import datetime
import gzip
import io
import json
import re
from types import SimpleNamespace

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic
from shell.fakes import connect

from neuraldb.core.errors import ImportFailed, InterfaceError, OperationalError
from neuraldb.core.text import clean
from neuraldb.loading.export import export, form_of, write
from neuraldb.loading.folder import load_folder
from neuraldb.loading.formats import FORMATS, Options
from neuraldb.loading.load import load
from neuraldb.loading.source import Source
from neuraldb.stores.facts import Fact


def told(fact):
    """All of a fact that an export keeps."""
    return (
        *(fact.text, fact.subject, fact.sources, fact.labels),
        *(fact.asserted_at, fact.valid_from, fact.valid_to),
    )


characters = st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from(list("\n\r\t,;\"'[]\\|"))
sentences = st.tuples(st.sampled_from(["", '["', '"', "[", "'"]), st.text(characters, max_size=20)).map(
    lambda parts: clean(parts[0] + parts[1] + "x")
)
moments = st.datetimes(datetime.datetime(1, 1, 2), datetime.datetime(9999, 12, 30), timezones=st.just(datetime.UTC))
stored_facts = st.builds(
    Fact,
    st.just(1),
    sentences,
    subject=st.none() | sentences,
    sources=st.lists(st.just("") | sentences, min_size=1, max_size=3).map(tuple),
    labels=st.lists(sentences, max_size=3).map(tuple),
    asserted_at=moments,
    valid_from=st.none() | moments,
    valid_to=st.none() | moments,
    recorded_from=moments,
    recorded_to=st.none(),
)


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv"])
@settings(max_examples=30)
@given(st.lists(stored_facts, min_size=1, max_size=4))
def test_facts_are_read_as_they_were_written(tmp_path_factory, form, facts):
    pages = iter([facts, []])
    store = SimpleNamespace(current=lambda after, limit: next(pages))
    connection = SimpleNamespace(session=SimpleNamespace(stores=SimpleNamespace(facts=store)))
    path = tmp_path_factory.mktemp("export") / "facts"
    export(connection, str(path), form)
    items = list(FORMATS[form].read(Source(path, "facts"), Options()))
    assert [item.problem for item in items] == [""] * len(facts)
    for item, fact in zip(items, facts, strict=True):
        assert tuple(telling.source for telling in item.content) == fact.sources
        for telling in item.content:
            assert (telling.text, telling.subject, telling.labels) == (fact.text, fact.subject, fact.labels)
            times = (telling.asserted_at, telling.valid_from, telling.valid_to)
            assert times == (fact.asserted_at, fact.valid_from, fact.valid_to)


@pytest.mark.parametrize("ending", ["jsonl", "csv", "tsv", "csv.gz"])
def test_facts_come_back(db, tmp_path, ending):
    for source in ("Ola", "", '["x"]', "Ola"):
        db.add('Anna sings;\n"loudly".', source=source, about="Anna")
    at = datetime.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    db.add("Nils bakes.", source='["x"]', labels=["a;b", "c"], at=at, valid_from="2019-01-01", valid_to=at)
    path = tmp_path / f"facts.{ending}"
    assert export(db, str(path)).facts == 2
    with connect() as other:
        assert load(other, Source(path, path.name)).refused == []
        assert [told(fact) for fact in other.facts()] == [told(fact) for fact in db.facts()]
        first, second = other.facts()
        assert first.sources == ("Ola", "", '["x"]', "Ola")
        assert second.labels == ("a;b", "c")
        assert second.asserted_at == second.valid_to == at


def test_plain_text_is_one_line_a_fact(db):
    db.add("Anna sings.\nLoudly.")
    db.add("Nils bakes.")
    out = io.StringIO()
    done = write(db, out, "text")
    assert out.getvalue() == "Anna sings. Loudly.\nNils bakes.\n"
    assert done.notes == ["line ends within 1 of the facts have become spaces"]


def test_an_empty_database(db):
    for form, expected in (("jsonl", ""), ("text", ""), ("csv", "text,about,source,labels,at,valid_from,valid_to\n")):
        out = io.StringIO()
        assert str(write(db, out, form)) == "nothing exported"
        assert out.getvalue() == expected


def test_forgotten_facts_are_not_exported(db):
    db.forget(db.add("Anna sings."))
    out = io.StringIO()
    write(db, out, "text")
    assert out.getvalue() == ""


TRIG = """@prefix : <http://x/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:a :b "01"^^xsd:integer, "x"@en, [ :c :d ] . :g { :a :b :c }"""


@pytest.fixture
def graph(db, tmp_path):
    path = tmp_path / "g.trig"
    path.write_text(TRIG)
    load(db, Source(path, "g.trig"))
    return db


@pytest.mark.parametrize(("form", "syntax"), [("ntriples", "nt"), ("turtle", "turtle"), ("rdfxml", "xml")])
def test_triples_are_rdf(graph, form, syntax):
    out = io.StringIO()
    done = write(graph, out, form)
    expected = rdflib.Graph().parse(
        data='@prefix : <http://x/> . :a :b 01, "x"@en, [ :c :d ], :c .'.replace(
            "01", '"01"^^<http://www.w3.org/2001/XMLSchema#integer>'
        ),
        format="turtle",
    )
    assert isomorphic(rdflib.Graph().parse(data=out.getvalue(), format=syntax), expected)
    assert (done.triples, done.notes) == (5, ["the names of 1 graph are lost; nquads, trig and jsonld keep them"])


def test_quads_come_back(graph, tmp_path):
    first, second = tmp_path / "one.nq", tmp_path / "two.nq"
    export(graph, str(first))
    with connect() as other:
        load(other, Source(first, "one.nq"))
        export(other, str(second))

    def without_labels(path):
        return sorted(re.sub(r"_:\S+", "_:", line) for line in path.read_text().splitlines())

    assert without_labels(first) == without_labels(second)
    assert len(without_labels(first)) == 5
    assert '"01"^^<http://www.w3.org/2001/XMLSchema#integer>' in second.read_text()
    assert "<http://x/c> <http://x/g> ." in second.read_text()


# ---------------------------------------------------------------------------------------------------------- everything


def test_a_folder_holds_everything(graph, tmp_path):
    graph.add("Anna sings.", labels=["music"])
    graph.sql("CREATE TABLE sums AS SELECT sum(i) AS total, 'x' AS name FROM range(4) t(i)")
    folder = tmp_path / "all"
    done = export(graph, f"{folder}/")
    assert str(done) == "1 fact, 5 triples, 1 table exported"
    assert json.loads((folder / "manifest.json").read_text())["tables"] == {"sums": "table1.parquet"}
    with connect() as other:
        report, tables = load_folder(other, folder)
        assert (report.added, report.triples, report.refused, tables) == (1, 5, [], ["sums"])
        assert other.sql("SELECT * FROM sums").fetchall() == [(6, "x")]
        assert [told(fact) for fact in other.facts()] == [told(fact) for fact in graph.facts()]
        again, tables = load_folder(other, folder)
        assert (again.added, again.triples, tables) == (0, 0, [])


def test_one_file_of_everything(graph, tmp_path):
    graph.add("Anna sings.")
    graph.sql("CREATE TABLE t AS SELECT 1 AS a")
    path = tmp_path / "all.jsonl"
    done = export(graph, str(path), "everything")
    assert done.notes == ["tables are exported to folders only; left out: t"]
    with connect() as other:
        report = load(other, Source(path, "all.jsonl"))
        assert (report.added, report.triples, report.refused) == (1, 5, [])


def test_folders_that_are_no_exports(db, tmp_path):
    with pytest.raises(ImportFailed, match="not a whole export"):
        load_folder(db, tmp_path)
    manifest = tmp_path / "manifest.json"
    for contents, message in (
        ("{", "is not JSON"),
        ('{"format": "other"}', "not an export of NeuralDB"),
        ('{"format": "neuraldb-export", "version": 99}', "version 99"),
        ('{"format": "neuraldb-export", "version": 1, "tables": {"t": "../x"}}', "must lie in the same folder"),
    ):
        manifest.write_text(contents)
        with pytest.raises(ImportFailed, match=message):
            load_folder(db, tmp_path)


def test_a_target_is_there_as_a_whole_or_not_at_all(db, tmp_path, monkeypatch):
    db.add("Anna sings.")
    target = tmp_path / "f.jsonl"
    target.write_text("before")
    monkeypatch.setattr(db.session.stores.facts, "current", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(db, str(target))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("f.jsonl", "before")]


def test_targets_that_cannot_be_written(db, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(OperationalError, match="not an empty folder"):
        export(db, str(tmp_path / "full"))
    with pytest.raises(OperationalError, match="cannot write"):
        export(db, str(tmp_path / "gone" / "f.jsonl"))
    with pytest.raises(InterfaceError, match=r"ends in \.doc"):
        export(db, str(tmp_path / "f.doc"))
    with pytest.raises(InterfaceError, match="form of export x"):
        export(db, str(tmp_path / "f.doc"), "x")


def test_packed_by_the_ending(db, tmp_path):
    db.add("Anna sings.")
    export(db, str(tmp_path / "f.txt.gz"))
    assert gzip.decompress((tmp_path / "f.txt.gz").read_bytes()) == b"Anna sings.\n"


@pytest.mark.parametrize(
    ("target", "form"),
    [("a.csv", "csv"), ("a.NT", "ntriples"), ("a.ttl.gz", "turtle"), ("backup", "everything"), ("b/", "everything")],
)
def test_the_ending_asks_for_a_form(target, form):
    assert form_of(target) == form
