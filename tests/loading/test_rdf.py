"""RDF in all its spellings; rdflib's own in-memory graph is the oracle."""

import warnings

import pytest
import rdflib
from rdflib.compare import isomorphic

from neuraldb.core.errors import ImportFailed
from neuraldb.core.rdf_names import name_iri
from neuraldb.loading.formats import FORMATS, Options
from neuraldb.loading.ntriples import read_statement
from neuraldb.loading.source import Source
from neuraldb.loading.triples import written
from neuraldb.stores.terms import Term

XSD = "http://www.w3.org/2001/XMLSchema#"

TURTLE = """@prefix : <http://x/> .
:a :b [ :c "d"@en-gb ], ( 1 2.5 ), _:x .
_:x :p true, "é\\n\\"q\\"" ; :q "2020-01-02"^^<http://www.w3.org/2001/XMLSchema#date> .
"""
XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">
<rdf:Description rdf:about="http://x/a"><x:b>hi</x:b><x:c rdf:parseType="Resource"><x:d>1</x:d></x:c></rdf:Description>
</rdf:RDF>"""
JSON_LD = '{"@context": {"@vocab": "http://x/"}, "@id": "http://x/a", "name": "Z", "knows": {"name": "Y"}}'


@pytest.fixture
def quads(tmp_path):
    """The items of a file of some contents."""

    def read(form, contents, name="file"):
        path = tmp_path / name
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
        return list(FORMATS[form].read(Source(path, name), Options()))

    return read


def line(quad):
    terms = [written(t) for t in quad if t is not None]
    return " ".join([*terms, "."])


@pytest.mark.parametrize(
    ("form", "syntax", "contents"),
    [("turtle", "turtle", TURTLE), ("rdfxml", "xml", XML), ("jsonld", "json-ld", JSON_LD)],
)
def test_the_triples_are_those_of_rdflib(quads, form, syntax, contents):
    expected = rdflib.Graph()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        expected.parse(data=contents, format=syntax)
    found = rdflib.Graph()
    items = quads(form, contents)
    found.parse(data="\n".join(line(item.content) for item in items), format="nt")
    assert isomorphic(found, expected)
    assert [item.place for item in items] == [f"triple {n}" for n in range(1, len(expected) + 1)]


def test_reading_twice_gives_the_same_blank_nodes(quads):
    assert [item.content for item in quads("turtle", TURTLE)] == [item.content for item in quads("turtle", TURTLE)]
    first = {t.text for item in quads("turtle", TURTLE) for t in item.content[:3] if t.kind == "blank"}
    other = {t.text for item in quads("turtle", TURTLE + "\n") for t in item.content[:3] if t.kind == "blank"}
    assert len(first) == len(other) == 4
    assert not first & other


def test_lines_keep_what_is_written(quads):
    contents = (
        f'<http://x/a> <http://x/b> "01"^^<{XSD}integer> . # remark\n'
        "# remark\n\n"
        '_:n <http://x/b> "a \\u00e9 # \\"q\\""@EN .\r\n'
        f'<http://x/a> <http://x/b> "x"^^<{XSD}integer> .\n'
    )
    one, two, three = quads("ntriples", contents)
    assert (one.place, two.place, three.place) == ("line 1", "line 4", "line 5")
    assert (one.content.object.kind, one.content.object.text, one.content.object.number) == ("number", "01", 1.0)
    assert one.content.object.datatype == XSD + "integer"
    assert (two.content.object.text, two.content.object.language) == ('a é # "q"', "EN")
    assert two.content.subject.kind == "blank"
    assert three.content.object.kind == "text"
    assert one.content.graph is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nonsense", "not subject, relation, object and a full stop"),
        ("<http://x/a> <http://x/b> <http://x/c>", "full stop is missing"),
        ('"a" <http://x/b> <http://x/c> .', "not subject"),
        ("<http://x/a> _:b <http://x/c> .", "not subject"),
        ("<http://x/a> <http://x/b> <http://x/c> <http://x/g> .", "full stop"),
        ("<http://x/a> <http://x/b> .", "not subject"),
    ],
)
def test_a_bad_line_is_refused_and_the_next_is_read(quads, text, problem):
    bad, good = quads("ntriples", f"{text}\n<http://x/a> <http://x/b> <http://x/c> .\n")
    assert (bad.place, bad.content) == ("line 1", None)
    assert problem in bad.problem
    assert line(good.content) == "<http://x/a> <http://x/b> <http://x/c> ."


def test_bytes_that_are_no_text(quads):
    (item,) = quads("ntriples", b'<http://x/a> <http://x/b> "\xe9" .\n')
    assert item.problem == "byte 0xe9 is not UTF-8"


def test_graphs(quads):
    contents = "<http://x/a> <http://x/b> <http://x/c> <http://x/g> .\n<http://x/a> <http://x/b> <http://x/c> .\n"
    assert [item.content.graph for item in quads("nquads", contents)] == [Term("iri", "http://x/g"), None]
    trig = "@prefix : <http://x/> . :a :b :c . :g { :a :b :c }"
    assert {line(item.content) for item in quads("trig", trig)} == set(contents.splitlines())


def test_relative_names_are_resolved_against_the_file(quads, tmp_path):
    (item,) = quads("turtle", "<a> <http://x/b> 1 .", "here.ttl")
    assert item.content.subject.text == (tmp_path / "a").as_uri()


@pytest.mark.parametrize(
    ("form", "contents", "message"),
    [
        ("turtle", "@prefix : <http://x/> .\n:a :b\n ;; . x", "line 3: not turtle: an object was expected, at ;;"),
        ("trig", "{ <a> <b> }", "line 1: not trig"),
        ("rdfxml", "<?xml version='1.0'?>\n<a></b>", "line 2: not rdfxml: mismatched tag"),
        ("jsonld", "{", "line 1: not JSON"),
        ("turtle", b"\xff", "line 1: byte 0xff is not UTF-8"),
    ],
)
def test_files_that_are_refused_as_a_whole(quads, form, contents, message):
    with pytest.raises(ImportFailed, match=f"^file, {message}"):
        quads(form, contents)


@pytest.mark.parametrize(
    "context", ['"http://schema.example/"', '["http://schema.example/"]', '{"@import": "http://schema.example/"}']
)
def test_nothing_is_fetched_from_the_network(quads, context):
    with pytest.raises(ImportFailed, match="takes its @context from the network"):
        quads("jsonld", f'{{"a": {{"@context": {context}}}}}')


def test_no_other_file_is_read_through_an_entity(quads, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("42")
    contents = f"""<!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">
<rdf:Description rdf:about="http://x/a"><x:b>&x;</x:b></rdf:Description></rdf:RDF>"""
    with pytest.raises(ImportFailed, match="line 3: not rdfxml: a part of it lies elsewhere"):
        quads("rdfxml", contents)
    undeclared = contents.replace(f'[<!ENTITY x SYSTEM "{secret.as_uri()}">]', f'SYSTEM "{secret.as_uri()}"')
    with pytest.raises(ImportFailed, match="line 3: not rdfxml: the entity &x; is declared elsewhere"):
        quads("rdfxml", undeclared)
    assert len(quads("rdfxml", undeclared.replace("&x;", "y"))) == 1


@pytest.mark.parametrize(
    "term",
    [
        Term("iri", 'http://x/a b<>"{}|^`\\'),
        Term("text", 'a "b" \\ \n\r\t\x01\x7f é 東 🎉'),
        Term("text", "colour", language="en-gb"),
        Term("number", "01", XSD + "integer"),
        Term("entity", "Anna “Å” Berg/Ola?"),
        Term("relation", "works for"),
        Term("type", "city"),
    ],
)
def test_terms_are_read_back(term):
    text = written(term)
    item = read_statement("here", f"<http://x/s> <http://x/p> {text} .", "d" * 32)
    assert item.content.object == term


@pytest.mark.parametrize("label", ["a", "a.b-c", ".1", "", "é", "x-2e31", "a b"])
def test_labels_of_blank_nodes_are_legal_and_distinct(label):
    text = written(Term("blank", label))
    item = read_statement("here", f"{text} <http://x/p> {text} .", "d" * 32)
    assert item.content.subject.kind == "blank"
    others = {
        written(Term("blank", other)) for other in ("a", "a.b-c", ".1", "", "é", "x-2e31", "a b") if other != label
    }
    assert text not in others


def test_iris_of_names_are_legal():
    assert name_iri("entity", "Å<>\n") == "urn:neuraldb:entity:%C3%85%3C%3E%0A"
