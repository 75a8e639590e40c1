"""Every reader, from bytes to items."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.core.errors import ImportFailed, InterfaceError
from neuraldb.loading.formats import FORMATS, Options, format_of
from neuraldb.loading.plain import named_subject, needs_subject
from neuraldb.loading.source import Source


@pytest.fixture
def source(tmp_path):
    """Makes a file of some contents."""

    def make(name, contents):
        path = tmp_path / name
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
        return Source(path, name)

    return make


def read(source, form=None, **options):
    """(place, texts) of what can be read, (place, problem) of what cannot."""
    form = FORMATS[form] if form else format_of(source)
    return [
        (item.place, item.problem or [fact.text for fact in item.content])
        for item in form.read(source, Options(**options))
    ]


def facts(source, form=None, **options):
    form = FORMATS[form] if form else format_of(source)
    return [fact for item in form.read(source, Options(**options)) if item.content for fact in item.content]


# ---------------------------------------------------------------------------------------------------------------- text


def test_a_line_is_a_fact(source):
    assert read(source("a.txt", "Anna sings.\n\n   \n  Nils bakes. \r\nlast")) == [
        ("line 1", ["Anna sings."]),
        ("line 4", ["Nils bakes."]),
        ("line 5", ["last"]),
    ]


def test_bytes_that_are_no_text_are_refused_where_they_stand(source):
    assert read(source("a.txt", "\ufeffÅse\n".encode() + b"caf\xe9\n\xe2\x80\x8b\n")) == [
        ("line 1", ["Åse"]),
        ("line 2", "byte 0xe9 is not UTF-8"),
        ("line 3", "the text is blank (a fact needs at least one word)"),
    ]


@pytest.mark.parametrize(
    ("contents", "message"), [("Åse\n".encode("utf-16"), "UTF-16"), (b"\x7fELF\x00\x01", "no text file")]
)
def test_other_files_are_not_taken_for_text(source, contents, message):
    with pytest.raises(ImportFailed, match=message):
        read(source("a.txt", contents))


def test_gzip_is_read_whatever_the_name(source):
    packed = gzip.compress(b"Anna sings.\n")
    assert read(source("a.txt.gz", packed)) == read(source("a.txt", packed)) == [("line 1", ["Anna sings."])]
    with pytest.raises(ImportFailed, match="not a whole gzip file"):
        read(source("b.txt.gz", gzip.compress(b"Anna sings.\n" * 1000)[:-20]))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ImportFailed, match=r"cannot read gone\.txt: No such file"):
        read(Source(tmp_path / "gone.txt", "gone.txt"))


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_scan_counts_lines_as_reading_does(tmp_path_factory, parts):
    path = tmp_path_factory.mktemp("scan") / "f"
    path.write_bytes(b"x" + b"\n".join(part.replace(b"\x00", b"") for part in parts))
    source = Source(path, "f")
    assert source.scan.lines == len(list(source.lines()))


# ----------------------------------------------------------------------------------------------------------- documents


def test_sentences_get_the_subject_of_their_document(source):
    contents = """# Anna Berg

She was born in Oslo. The company that
she runs is large. Oslo is a city.

## Later

The Hague is where she lives.

# Bergen
It rains there.
"""
    found = facts(source("a.md", contents))
    assert [(fact.text, fact.subject) for fact in found] == [
        ("She was born in Oslo.", "Anna Berg"),
        ("The company that she runs is large.", "Anna Berg"),
        ("Oslo is a city.", None),
        ("The Hague is where she lives.", None),
        ("It rains there.", "Bergen"),
    ]


def test_without_a_title_the_first_name_is_the_subject(source):
    found = facts(
        source("a.txt", "Anna Berg was born in Oslo. She works for Equinor.\nHer brother bakes.\n"), "documents"
    )
    assert [(fact.text, fact.subject) for fact in found] == [
        ("Anna Berg was born in Oslo.", None),
        ("She works for Equinor.", "Anna Berg"),
        ("Her brother bakes.", "Anna Berg"),
    ]


def test_places_of_sentences_are_lines(source):
    assert [place for place, _ in read(source("a.md", "\n\nOne came. Two left.\n\nThree stayed.\n"))] == [
        "line 3",
        "line 3",
        "line 5",
    ]


@pytest.mark.parametrize(
    ("sentence", "needs"),
    [
        ("He left.", True),
        ("their house burned", True),
        ("This was a lie.", True),
        ("The company grew.", True),
        ("The Hague is a city.", False),
        ("Theirs is older.", True),
        ("Heather left.", False),
        ("Oslo grew.", False),
        ("The 1990 fire destroyed it.", False),
    ],
)
def test_needs_subject(sentence, needs):
    assert needs_subject(sentence) is needs


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Anna Berg was born.", "Anna Berg"),
        ("The Eiffel Tower is in Paris.", "Eiffel Tower"),
        ("Anna Berg's brother bakes.", "Anna Berg"),
        ("Ludwig van Beethoven composed.", "Ludwig van Beethoven"),
        ("The Lord of the Rings is long.", "Lord of the Rings"),
        ("In 1990 it rained.", None),
        ("It rained.", None),
        ("rain fell.", None),
        ("", None),
    ],
)
def test_named_subject(sentence, name):
    assert named_subject(sentence) == name


# ---------------------------------------------------------------------------------------------------------------- JSON


def test_objects_with_the_fields_of_a_fact(source):
    lines = [
        {"text": "Her brother bakes.", "about": "Anna", "source": "Ola", "labels": ["family"], "at": "2020-01-02"},
        {"fact": "It rains.", "subject": "Bergen", "labels": "weather", "sources": ["Ola", "Åse"], "url": "ignored"},
        {"sentence": "It snows.", "valid_from": "2021-01-01T10:00:00+02:00", "valid_to": None},
    ]
    first, second, again, third = facts(source("a.jsonl", "\n".join(map(json.dumps, lines))))
    assert (first.subject, first.source, first.labels) == ("Anna", "Ola", ("family",))
    assert first.asserted_at.isoformat() == "2020-01-02T00:00:00"
    assert (second.text, second.subject, second.labels, second.source) == ("It rains.", "Bergen", ("weather",), "Ola")
    assert (again.text, again.source) == ("It rains.", "Åse")
    assert third.valid_from.isoformat() == "2021-01-01T10:00:00+02:00"
    assert third.valid_to is None


def test_free_objects_and_texts(source):
    contents = '{"name": "Anna", "born": 1982, "died": null, "jobs": ["baker"], "x": ""}\n"Nils bakes."\n'
    assert read(source("a.jsonl", contents)) == [
        ("line 1", ['name: Anna; born: 1982; jobs: ["baker"]']),
        ("line 2", ["Nils bakes."]),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[1]", "an object or a text, not list"),
        ("null", "an object or a text, not NoneType"),
        ("{}", "blank"),
        ('{"text": "  "}', "blank"),
        ('{"text": 3}', "must be a string, not int"),
        ('{"text": "a", "source": 4}', "source must be a text or a list of texts"),
        ('{"text": "a", "at": "yesterday"}', "which is no date"),
        ('{"text": "a"', "not JSON"),
        ("[" * 100_000, "not"),
    ],
)
def test_lines_that_are_refused(source, line, problem):
    (place, text), good = read(source("a.jsonl", f'{line}\n{{"text": "good"}}\n'), "jsonl")
    assert place == "line 1"
    assert problem in text
    assert good == ("line 2", ["good"])


def test_an_array(source):
    assert read(source("a.json", '[\n {"text": "a"},\n "b"\n]')) == [("element 1", ["a"]), ("element 2", ["b"])]
    assert read(source("b.json", '{"text": "a"}')) == [("element 1", ["a"])]
    with pytest.raises(ImportFailed, match=r"b\.json, line 2: not JSON"):
        read(source("b.json", "[\n1,]"))


# ----------------------------------------------------------------------------------------------------------------- CSV


def test_the_column_of_sentences(source):
    assert read(source("a.csv", "id,Text\n1,Anna sings.\n")) == [("line 2", ["Anna sings."])]
    assert read(source("b.csv", "whatever\nAnna sings.\n")) == [("line 2", ["Anna sings."])]
    assert read(source("c.csv", "id,note\n1,Anna sings.\n"), column="NOTE") == [("line 2", ["Anna sings."])]
    with pytest.raises(ImportFailed, match="no column of sentences, but id, note") as caught:
        read(source("c.csv", "id,note\n1,Anna sings.\n"))
    assert "--table NAME" in caught.value.hint
    with pytest.raises(ImportFailed, match="no column nota"):
        read(source("c.csv", "id,note\n1,x\n"), column="nota")


def test_quotes_delimiters_and_lines_within_cells(source):
    contents = 'text;about\n"one;\n""two""";Anna\n\n"three";\n'
    found = facts(source("a.csv", contents))
    assert [(fact.text, fact.subject) for fact in found] == [('one;\n"two"', "Anna"), ("three", None)]
    assert [place for place, _ in read(source("a.csv", contents))] == ["line 2", "line 5"]
    assert read(source("a.tsv", "text\tlabels\na,b\tx;y\n")) == [("line 2", ["a,b"])]


def test_cells_of_several_texts(source):
    contents = 'text\tlabels\tsource\na\tx; y\t["Ola", "Åse"]\nb\t["x;y"]\t[1] Smith\n'
    first, second, third = facts(source("a.tsv", contents))
    assert first.labels == second.labels == ("x", "y")
    assert (first.source, second.source, third.source) == ("Ola", "Åse", "[1] Smith")
    assert third.labels == ("x;y",)


def test_rows_that_are_refused(source):
    contents = b"text,about\n,Anna\na,b,c\ncaf\xe9,x\nnan,\n"
    assert read(source("a.csv", contents)) == [
        ("line 2", "the text is blank (a fact needs at least one word)"),
        ("line 3", "3 cells, and the header has 2"),
        ("line 4", "byte 0xe9 is not UTF-8"),
        ("line 5", ["nan"]),
    ]
    with pytest.raises(ImportFailed, match=r"a\.csv, line 2"):
        read(source("a.csv", 'text\n"a" b\n'))
    assert read(source("empty.csv", "")) == []


# ------------------------------------------------------------------------------------------------------------ WikiNLDB


NEW = (
    '{"facts": ["f1", "f2"], "queries": [{"query": "q?", "facts": [[0]]}], "metadata": {}}\n'
    '{"facts": [{"fact": "g1"}, 7], "queries": []}\n'
)
OLD = '[{"updates": [[1, "P19", "u1"], [2, "P20", "u2"]], "queries": [[2, [0], "P19", "set", "q?", "x"]]}]'


@pytest.mark.parametrize("name", ["db.jsonl", "db.json"])
def test_databases_of_sentences(source, name):
    assert read(source(name, NEW)) == [
        ("database 1, fact 1", ["f1"]),
        ("database 1, fact 2", ["f2"]),
        ("database 2, fact 1", ["g1"]),
        ("database 2, fact 2", "it holds no sentence"),
    ]


@pytest.mark.parametrize("contents", [OLD, json.dumps(json.loads(OLD), indent=2)])
def test_the_older_shape(source, contents):
    assert read(source("db.json", contents), "wikinldb") == [
        ("database 1, fact 1", ["u1"]),
        ("database 1, fact 2", ["u2"]),
    ]


def test_one_database_of_several(source):
    assert read(source("db.jsonl", NEW), database=2)[0] == ("database 2, fact 1", ["g1"])
    with pytest.raises(ImportFailed, match="has 2 databases, and no database 3"):
        read(source("db.jsonl", NEW), database=3)
    with pytest.raises(ImportFailed, match="neither facts nor updates"):
        read(source("db.jsonl", '{"a": 1}'), "wikinldb")


# ------------------------------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.TXT", "text"), ("a.md", "documents"), ("a.jsonl.gz", "jsonl"), ("a.nt", "ntriples"), ("a.owl", "rdfxml")],
)
def test_the_ending_decides(source, name, form):
    assert format_of(source(name, "")).name == form


def test_what_the_user_says_decides_first(source):
    assert format_of(source("a.log", ""), "text").name == "text"
    assert format_of(source("a.txt", ""), documents=True).name == "documents"
    with pytest.raises(ImportFailed, match=r"the ending of a\.log"):
        format_of(source("a.log", ""))
    with pytest.raises(InterfaceError, match="no format x"):
        format_of(source("a.txt", ""), "x")
