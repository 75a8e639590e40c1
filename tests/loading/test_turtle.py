"""Turtle and TriG by rdflib's parser, a piece of the file at a time; pyoxigraph is the oracle of what is Turtle."""

import gc
import tracemalloc
from collections import Counter

import pyoxigraph as ox
import pytest

from neuraldb.core.errors import ImportFailed
from neuraldb.loading import turtle, turtle_parser
from neuraldb.loading.source import Source
from neuraldb.loading.turtle import read_turtle

HEAD = "@prefix : <http://x/> .\n"
RIGHT = (
    ":a :b 01, +1, -0, 1.50, .5, +.5e3, 1e3, 1.E3, 0.0000001, 1. :a :b true.",
    ":a a :b; :c [ :d 'x'@en-GB ; ], [], (), (1 (2) [ :e :f ]) ; ; .",
    "[ :a :b ] . [ :a :b ] :c :d . ( 1 2 ) :p :q .",
    "@base <http://x/a/b?q> . <> <c> <../d>, <#g>, <?h>, <//i/j>, </k>, <..>, <./>, <urn:x:y> .",
    "@base <http://x/a/> . @base <b/> . <d> <e> <f> . PREFIX p: <g/> BASE <h/> p:x <i> p: .",
    r":a :b :a.b, :c-d, :%20e, :f\~g\.\-, :0, :a:b, :: .",
    "@prefix a.b: <http://y/> . a.b:c a.b:d a.b:e.f . @prefix true: <http://z/> . :a a true:d . :a :b true .",
    ':a :b """x "y" ""z"" \n""", \'\'\'it\'s\'\'\', "", "\\t\\b\\n\\r\\f\\"\\\'\\\\", "\\u00e9\\U0001F600" .',
    ":a :b 'x'^^:t, 'y'^^<http://x/t>, 'z'@en-x-y1 .",
    "_:a :b _:b.c . _:0 :p _:a-b, _:é . :東 :ü :ö .",
    ":a :b <http://x/\\u00e9> # remark\r. # end",
)
GRAPHS = (
    "{ :a :b :c } :g { :a :b :c . :d :e :f } GRAPH :h { } <http://x/i> { [] :b () . } _:g { :a :b :c }",
    "[] { :a :b :c } :a :b :c . {:a :b :c}",
)
WRONG = (
    "[] .", ":a .", ":a ; .", "'a' :b :c .", ":a 'b' :c .", ":a _:b :c .", ":a :b :c ]", ":a :b :c }", ":a :b :c",
    ":a!:b :c :d .", ":a :b '\\u12G4' .", ":a :b '\\ud800' .", ":a :b 'a\nb' .", ":a :b 'x'@1 .", ":a :b 'x'@en^^:t .",
    "x:a :b :c .", ":a :b <a b> .", "@PREFIX x: <http://x/> .", "@prefix x: <http://x/>", "PREFIX x: <http://x/> .",
    "@prefix _: <http://x/> .", ":a => :b .", ":a is :b of :c .", ":a has :b :c .", ":a @a :c .", ":a :b ?x .",
    ":a :b ($ 1 2 $) .", ":a :b :c , .", ":a :b :c ; :d .", "true :b :c .", ":a :b 'x'^^'y' .", ":a [] :b .",
)  # fmt: skip
WRONG_GRAPHS = (
    ":g = { :a :b :c } .", "GRAPH { :a :b :c }", "GRAPH :g :a :b .", ":g { :a :b :c { } }", "{ :a :b :c ", ":a :b :c }",
    ":g { @prefix x: <http://y/> . x:a :b :c }", "{ . }", "() { :a :b :c }",
)  # fmt: skip


@pytest.fixture
def read(tmp_path):
    """The triples of some contents."""

    def read(contents, graphs=False):
        path = tmp_path / "file"
        path.write_text(contents, newline="")
        return [item.content for item in read_turtle(Source(path, "file"), graphs)]

    return read


def oracle(contents, graphs=False):
    """What pyoxigraph reads, blank nodes being alike."""
    form = ox.RdfFormat.TRIG if graphs else ox.RdfFormat.TURTLE
    return [tuple(map(_parts, quad)) for quad in ox.parse(contents.encode(), form)]


def _parts(node):
    if isinstance(node, ox.Literal):
        datatype = node.datatype.value
        plain = node.language or datatype.endswith("#string")
        return "literal", node.value, "" if plain else datatype, (node.language or "").lower()
    return ("iri", node.value, "", "") if isinstance(node, ox.NamedNode) else ("blank", "", "", "")


def parts(quad):
    """The same of our terms; the default graph is left as pyoxigraph has it."""
    return tuple(
        ("blank", "", "", "") if term is None or term.kind == "blank"
        else ("iri" if term.kind == "iri" else "literal", term.text, term.datatype, term.language.lower())
        for term in quad
    )  # fmt: skip


@pytest.mark.parametrize(("contents", "graphs"), [(each, False) for each in RIGHT] + [(each, True) for each in GRAPHS])
def test_what_is_right(read, contents, graphs):
    assert Counter(map(parts, read(HEAD + contents, graphs))) == Counter(oracle(HEAD + contents, graphs))
    assert read(HEAD + contents, True) == read(HEAD + contents, graphs)


@pytest.mark.parametrize(
    ("contents", "graphs"), [(each, False) for each in (*WRONG, *GRAPHS)] + [(each, True) for each in WRONG_GRAPHS]
)
def test_what_is_wrong(read, contents, graphs):
    with pytest.raises(SyntaxError):
        oracle(HEAD + contents, graphs)
    with pytest.raises(ImportFailed, match=r"line \d+: not t"):
        read(HEAD + contents, graphs)


def test_literals_are_as_they_are_written(read):
    (integer, decimal, double, text) = (quad.object for quad in read(HEAD + ":a :b 01, 0.0000001, +1E0, 'a'@en ."))
    assert [integer.text, decimal.text, double.text, text.text] == ["01", "0.0000001", "+1E0", "a"]
    assert [each.datatype.rpartition("#")[2] for each in (integer, decimal, double, text)] == [
        *("integer", "decimal", "double"),
        "",
    ]


@pytest.mark.parametrize("chunk", [1, 7, 50])
def test_pieces_of_any_size(read, monkeypatch, chunk):
    contents = HEAD + "\n".join((*RIGHT, *GRAPHS))
    whole = read(contents, True)
    monkeypatch.setattr(turtle, "_CHUNK", chunk)
    monkeypatch.setattr(turtle, "_LOOK_AHEAD", 40)
    assert read(contents, True) == whole


def test_errors_have_a_line_and_a_caret(read, monkeypatch):
    monkeypatch.setattr(turtle, "_CHUNK", 100)
    contents = HEAD + ":a :b '''\n\n''' .\n" * 500 + ":a :b :c,\n   :d :e .\n" + ":a :b :c .\n" * 2000
    with pytest.raises(ImportFailed) as caught:
        read(contents)
    assert str(caught.value) == (
        "file, line 1503: not turtle: a full stop was expected, at :e\n     :d :e .\n        ^^"
    )


def test_deep_brackets_are_an_error(read):
    with pytest.raises(ImportFailed, match="line 2: not turtle: brackets within brackets, too deep"):
        read(HEAD + ":a :b " + "[ :c " * 3000)


@pytest.mark.slow
@pytest.mark.parametrize("graphs", [False, True])
def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch, graphs):
    """As a graph of rdflib, 100,000 triples are 90 MB; in TriG, they are one block that goes to the end of the file."""
    monkeypatch.setattr(turtle_parser, "_REMEMBERED", 1000)
    peaks = []
    for triples in (10_000, 100_000):
        path = tmp_path / f"{triples}"
        with path.open("w", encoding="utf-8") as out:
            out.write("<http://x/g> {\n" * graphs)
            out.writelines(f"<http://x/{n}> <http://x/p> {n}, 'a {n}'@en .\n" for n in range(triples // 2))
            out.write("}\n" * graphs)
        source = Source(path, path.name)
        assert source.scan.lines >= triples // 2
        gc.collect()
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_turtle(source, graphs)) == triples
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    # but for what is being read, and the terms that are remembered
    assert peaks[1] < peaks[0] + 500_000
