"""Edge lists: which columns, what names stand for, what is refused."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loading.graphs import blanks, page_of, same
from neuraldb.core.errors import ImportFailed
from neuraldb.core.rdf import RDF
from neuraldb.loading.edge_options import EdgeOptions
from neuraldb.loading.edges import read_edges
from neuraldb.loading.edges_writer import EdgesWriter
from neuraldb.loading.source import Source
from neuraldb.stores.terms import Term


@pytest.fixture
def edges(tmp_path):
    """The items of an edge list of some contents."""

    def read(contents, **options):
        path = tmp_path / "edges"
        path.write_text(contents, encoding="utf-8", newline="")
        return list(read_edges(Source(path, "edges"), EdgeOptions(**options)))

    return read


def texts(items):
    return [tuple(term.text for term in item.content if term) for item in items]


@pytest.mark.parametrize(
    ("contents", "options"),
    [
        ("a\tr\tb\nc\tr\td\n", {}),
        ("a,r,b\nc,r,d\n", {}),
        ("head\trelation\ttail\na\tr\tb\nc\tr\td\n", {}),
        ("Object;Subject;Predicate;note\nb;a;r;x\nd;c;r;\n", {}),
        ("one,two,three\na,r,b\n\nc,r,d\n", {"header": True}),
        ("to|what|from\nb|r|a\nd|r|c\n", {"columns": ("from", "what", "to")}),
        ("1\tb\tr\ta\n2\td\tr\tc\n", {"columns": ("4", "3", "2")}),
    ],
)
def test_columns(edges, contents, options):
    assert texts(edges(contents, **options)) == [("a", "r", "b"), ("c", "r", "d")]


def test_a_header_that_is_none(edges):
    assert texts(edges("h\tr\tt\n", header=False)) == [("h", "r", "t")]


def test_what_cells_stand_for(edges):
    type_ = f"<{RDF}type>"
    rows = [
        ("1982", "born in", '"Oslo, NO"'),
        ("<http://x/a>", "http://x/p", "urn:x:y"),
        ("_:n", type_, "city"),
        ("http://no iri", "r", "<a b>"),
    ]
    items = edges("".join(",".join(row) + "\n" for row in rows))
    kinds = [tuple(term.kind for term in item.content[:3]) for item in items]
    assert kinds == [
        ("entity", "relation", "entity"),
        ("iri", "iri", "iri"),
        ("blank", "iri", "type"),
        ("entity", "relation", "entity"),
    ]
    assert items[0].content.object.text == "Oslo, NO"


def test_names_become_iris_with_a_base(edges):
    (item,) = edges("Anna Berg\tknows\thttp://y/b\n", base="http://x/")
    assert texts([item]) == [("http://x/Anna%20Berg", "http://x/knows", "http://y/b")]
    assert {term.kind for term in item.content[:3]} == {"iri"}


def test_bad_rows_are_refused_and_the_next_is_read(edges):
    items = edges('a\tr\tb\na\tr\na\t \tb\na\t_:r\tb\na\t"r"x\tb\nc\tr\td\n')
    assert [(item.place, item.problem) for item in items if item.problem] == [
        ("line 2", "2 cells, and the tail is in cell 3"),
        ("line 3", "the relation is empty"),
        ("line 4", "a relation cannot be a blank node"),
        ("line 5", "'\t' expected after '\"'"),
    ]
    assert texts([items[0], items[-1]]) == [("a", "r", "b"), ("c", "r", "d")]


@pytest.mark.parametrize(
    ("contents", "options", "message"),
    [
        ("a\tb\n", {}, "edges has 2 columns, and an edge list has three"),
        ("a\tb\tc\n", {"columns": ("x", "b", "c")}, "edges has no column x"),
        ("a\tb\tc\n", {"columns": ("1", "2", "4")}, "edges has no column 4, but 3 columns"),
    ],
)
def test_files_that_are_refused(edges, contents, options, message):
    with pytest.raises(ImportFailed, match=message):
        edges(contents, **options)


def test_nothing_is_an_empty_list(edges):
    assert edges("") == []


words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\"',;\t\n<>_:|"), min_size=1, max_size=8
)
ends = st.builds(Term, st.just("entity"), words) | words.map(lambda text: Term("iri", f"http://x/{text}")) | blanks
relations = st.builds(Term, st.just("relation"), words) | words.map(lambda text: Term("iri", f"http://x/{text}"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ends, relations, ends, st.none() | ends), max_size=6), st.sampled_from(",\t"))
def test_what_is_written_is_read_again_or_counted(tmp_path_factory, quads, delimiter):
    out = io.StringIO()
    writer = EdgesWriter(out, graphs=any(quad[3] for quad in quads), delimiter=delimiter)
    for part in (writer.head(), writer.page(page_of(quads))):
        out.writelines(part)
    path = tmp_path_factory.mktemp("edges") / "e"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    back = [tuple(item.content) for item in read_edges(Source(path, "e")) if item.content]
    assert writer.changed or same(back, quads)
