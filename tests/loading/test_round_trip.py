"""What is exported is imported as the same triples, from every format, whatever stands in them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shell.fakes import connect

from loading.graphs import carried, page_of, quads, same, stored
from neuraldb.core.errors import Cancelled, InterfaceError
from neuraldb.core.rdf import RDF
from neuraldb.loading import stored as pages_module
from neuraldb.loading.export import export
from neuraldb.loading.formats import FORMATS, Options
from neuraldb.loading.jsonld_writer import JsonLdWriter
from neuraldb.loading.load import load
from neuraldb.loading.rdf import literal_term
from neuraldb.loading.rdfxml_writer import RdfXmlWriter
from neuraldb.loading.source import Source
from neuraldb.loading.triples import lines
from neuraldb.loading.turtle_writer import TurtleWriter
from neuraldb.stores.graph import NewTriple
from neuraldb.stores.importing import import_quads
from neuraldb.stores.terms import Term

NAMED = ["nquads", "trig", "jsonld", "edges"]
PREFIXES = ["http://x/", "http://x/a#", "urn:neuraldb:entity:"]
THOROUGHLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = itertools.count()


def again(text, folder, form):
    """The triples that are read of a document."""
    path = folder / f"{next(numbers)}.{form}"
    path.write_text(text, encoding="utf-8", newline="")
    items = list(FORMATS[form].read(Source(path, path.name), Options()))
    assert [item.problem for item in items if item.problem] == []
    return [tuple(item.content) for item in items]


def document(writer, page):
    """A page as a document."""
    return "".join([*writer.head(), *writer.page(page), *(writer.foot() if hasattr(writer, "foot") else ())])


@pytest.mark.parametrize("form", ["ntriples", "nquads", "turtle", "trig"])
@THOROUGHLY
@given(st.data())
def test_graphs_come_back(tmp_path, form, data):
    contents = data.draw(quads(named=form in NAMED))
    page = page_of(contents)
    text = "".join(lines(page)) if form in ("ntriples", "nquads") else document(TurtleWriter(PREFIXES), page)
    assert same(again(text, tmp_path, form), contents)


@THOROUGHLY
@given(quads(named=True))
def test_json_ld_comes_back(tmp_path, contents):
    writer = JsonLdWriter()
    text = "".join([*writer.page(page_of(contents)), *writer.foot()])
    assert same(again(text, tmp_path, "jsonld"), contents)


@THOROUGHLY
@given(quads(named=False))
def test_rdf_xml_comes_back_but_for_what_it_counts(tmp_path, contents):
    writer = RdfXmlWriter(PREFIXES)
    back = again(document(writer, page_of(contents)), tmp_path, "rdfxml")
    assert len(set(back)) == len(set(contents)) - writer.unwritten
    kept = {quad[1] for quad in back}
    assert same(back, [quad for quad in contents if quad[1] in kept])


def test_files_of_a_database_come_back(tmp_path):
    """The whole way: a database with names, values and graphs, through each form into an empty one."""
    value = literal_term("3000 m", "urn:neuraldb:value:number")
    assert (value.kind, value.number, value.datatype) == ("number", 3000.0, "")
    named = [
        (Term("entity", "Anna Berg"), Term("relation", "climbed 2"), Term("entity", "“Å”/?<b>"), None),
        (Term("entity", "Anna Berg"), Term("relation", "height"), value, None),
        (Term("iri", "http://x/a"), Term("iri", "http://x/b"), Term("blank", "n"), Term("iri", "http://x/g")),
        (Term("iri", "http://x/a"), Term("iri", "http://x/b"), literal_term("a\n\x01", "", "en"), None),
    ]
    with connect() as db:
        import_quads(db.session.stores.database, named)
        contents = stored(db)
        for form in ("ntriples", "nquads", "turtle", "trig", "jsonld", "rdfxml"):
            with connect() as other:
                notes = carried(db, other, tmp_path / form, form)
                back = stored(other)
            kept = contents if form in NAMED else [(*quad[:3], None) for quad in contents]
            lost = [
                quad for quad in kept if form == "rdfxml" and (quad[1].text == "climbed 2" or "\x01" in quad[2].text)
            ]
            assert same(back, [quad for quad in kept if quad not in lost]), form
            assert [quad[2].number for quad in back if quad[2].kind == "number"] == [3000.0]
            graphs = ["the names of 1 graph are lost; nquads, trig and jsonld keep them"] * (form not in NAMED)
            assert notes[: len(graphs)] == graphs
            assert len(notes) - len(graphs) == (form == "rdfxml")


def test_evidence_is_statements_about_triples(tmp_path):
    with connect() as db:
        fact = db.add("Anna sings.")
        graph = db.session.stores.graph
        with db.session.stores.database.transaction():
            ends = graph.ensure_terms([Term("entity", "Anna"), Term("relation", "does"), Term("entity", "singing")])
            graph.add_triples([NewTriple(*ends, 0.75, fact)])
        with connect() as other:
            export(db, str(tmp_path / "g.ttl"), evidence=True)
            load(other, Source(tmp_path / "g.ttl", "g.ttl"))
            said = {(s.text, r.text.rpartition("#")[2], o.text) for s, r, o, _ in stored(other)}
        assert said == {
            ("Anna", "does", "singing"),
            ("urn:neuraldb:triple:1", "type", RDF + "Statement"),
            ("urn:neuraldb:triple:1", "subject", "Anna"),
            ("urn:neuraldb:triple:1", "predicate", "does"),
            ("urn:neuraldb:triple:1", "object", "singing"),
            ("urn:neuraldb:triple:1", "urn:neuraldb:confidence", "0.75"),
            ("urn:neuraldb:triple:1", "urn:neuraldb:statedBy", f"urn:neuraldb:fact:{fact}"),
            (f"urn:neuraldb:fact:{fact}", "urn:neuraldb:text", "Anna sings."),
        }
        export(db, str(tmp_path / "g.tsv"), "edges", evidence=True)
        assert (tmp_path / "g.tsv").read_text() == (
            f"head\trelation\ttail\tconfidence\tfacts\nAnna\tdoes\tsinging\t0.75\t{fact}\n"
        )
        with pytest.raises(InterfaceError, match="jsonl holds no evidence"):
            export(db, str(tmp_path / "g.jsonl"), evidence=True)


@pytest.mark.parametrize("form", ["nquads", "turtle"])
def test_an_export_that_is_stopped_leaves_no_file(tmp_path, monkeypatch, form):
    monkeypatch.setattr(pages_module, "PAGE", 2)
    seen = []

    def stop(stage, done, total):
        seen.append((stage, done, total))
        if done == 4:
            raise Cancelled("enough")

    with connect() as db:
        quads_of = [
            (Term("iri", f"http://x/{n}"), Term("iri", "http://x/p"), Term("blank", "b"), None) for n in range(9)
        ]
        import_quads(db.session.stores.database, quads_of)
        with pytest.raises(Cancelled):
            export(db, str(tmp_path / "g"), form, report=stop)
        assert list(tmp_path.iterdir()) == []
        assert seen == [("export", done, 9) for done in (0, 2, 4)]
        assert export(db, str(tmp_path / "g"), form).triples == 9
