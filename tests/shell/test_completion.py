"""Completion and colours: functions of a text and a vocabulary."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_toolkit.document import Document

from neuraldb.core.text import fold
from neuraldb.shell.completion import SHOWN, suggest
from neuraldb.shell.highlighting import ShellLexer, highlight
from neuraldb.shell.vocabulary import Names, Vocabulary, VocabularyKeeper

WORDS = Vocabulary.of(
    ["Anna Berg", "Åse", "Oslo", "The Hague", "C++", "Annual report"],
    ["works for", "born in", "http://x/p"],
    [("facts", ["id", "text"]), ("my table", ["first name"]), ("rivers", ["name", "length"])],
    [("astronauts", ["name", "spouse"]), ("space_flights", ["name", "launch date"])],
)


def texts(text, language="auto"):
    return [suggestion.text for suggestion in suggest(text, WORDS, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\ex", ["\\explain", "\\export"]),
        (".fa", [".facts"]),
        ("\\format js", ["json", "jsonl"]),
        ("\\lang ", ["question", "sql", "sparql", "auto"]),
        ("\\mode md", []),
        ("\\entity anna b", ["Anna Berg"]),
        ("\\help wh", ["why"]),
        ("\\help \\wh", ["why"]),
        ("\\explain an", ["analyze"]),
        ("\\nothing ", []),
        ("\\facts A", []),
        ("Who knows An", ["Anna Berg", "Annual report"]),
        ("Who knows Anna B", ["Anna Berg"]),
        ("Where is ase", []),
        ("Where is Ase", ["Åse"]),
        ("Is it in The Ha", ["The Hague"]),
        ("Who knows Anna Berg", []),
        ("who is", []),
        ("", []),
        ("SELECT na", ["name"]),
        ("SELECT * FROM riv", ["rivers"]),
        ("SELECT * FROM my", ['"my table"']),
        ("SELECT rivers.len", ["length"]),
        ("SELECT * FROM rivers WHERE simil", ["similarity"]),
        ("SELECT * FROM astro", ["astronauts"]),
        ("SELECT space_flights.lau", ['"launch date"']),
        ("\\columns s", ["space_flights"]),
        ("\\columns fa", ["facts"]),
        ("astronauts sp", []),
        ("SELECT ", []),
        ("ASK { ?x :worksF", [":worksFor"]),
        ("ASK { ?x :", [":worksFor", ":bornIn"]),
        ("ASK { ?x :worksFor 'Os", ["Oslo"]),
        ("ASK { } OPTIO", ["OPTIONAL"]),
        ("ASK { ?x :worksFor 'Oslo' } PRED", []),
    ],
)
def test_suggestions(text, expected):
    assert texts(text) == expected


def test_the_language_that_is_set_decides():
    assert texts("An", "sql") == ["AND"]
    assert texts("An", "question") == ["Anna Berg", "Annual report"]


def test_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facts.txt").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "more.txt").touch()
    (tmp_path / ".hidden").touch()
    assert texts("\\import f") == ["facts.txt", "folder/"]
    assert texts("\\import folder/") == ["folder/more.txt"]
    assert texts("\\i ") == ["facts.txt", "folder/"]
    assert texts("\\o ./.h") == ["./.hidden"]
    assert texts("\\i gone/") == []


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=6)), st.text(max_size=3))
def test_names_by_their_beginning(names, prefix):
    found = Names(names).beginning(prefix, 1000)
    distinct = list(dict.fromkeys(names))
    assert found == [name for name in distinct if fold(name).startswith(fold(prefix))]


@given(st.text())
def test_any_text_gets_suggestions_that_fit(text):
    for suggestion in suggest(text, WORDS):
        assert 0 <= suggestion.length <= len(text)


def test_a_large_vocabulary_is_no_delay():
    start = time.perf_counter()
    vocabulary = Vocabulary.of([f"Name {n}" for n in range(100_000)], [], [])
    built = time.perf_counter()
    assert len(suggest("Who knows Name 99", vocabulary)) == SHOWN
    # looking at all names again would take as long as building; the machine's own speed does not matter
    assert time.perf_counter() - built < (built - start) / 4


# -------------------------------------------------------------------------------------------------------------- colours


def test_known_names_and_numbers_are_marked():
    marked = {text: style for style, text in highlight("Did Anna Berg leave Oslo in 1,990?", WORDS) if style}
    assert marked == {"Anna Berg": "class:entity", "Oslo": "class:entity", "1,990": "class:number"}


@given(st.text(st.characters(exclude_characters="\n")))
def test_colours_change_no_text(line):
    assert "".join(part[1] for part in highlight(line, WORDS)) == line


def styles(text, language="auto"):
    lexer = ShellLexer(lambda: WORDS, lambda: language)
    document = Document(text)
    line = lexer.lex_document(document)
    return {part[1]: part[0] for number in range(document.line_count) for part in line(number)}


def test_each_language_has_its_colours():
    assert "keyword" in styles("SELECT name\nFROM rivers")["FROM"]
    assert "keyword" in styles("SELECT ?x WHERE { ?x :p 1 }")["WHERE"]
    assert styles("\\facts Oslo") == {"\\facts Oslo": "class:command"}
    assert styles("Who is in Oslo?")["Oslo"] == "class:entity"
    assert "keyword" in styles("select", "sql")["select"]


# ----------------------------------------------------------------------------------------------------------- vocabulary


def test_the_vocabulary_follows_the_database(db):
    from neuraldb.stores.graph import NewTriple
    from neuraldb.stores.terms import Term

    keeper = VocabularyKeeper(db)
    keeper.refresh()
    assert keeper.wait()
    first = keeper.current
    assert "facts" in first.relation_names
    assert len(first.entities) == 0
    keeper.refresh()
    assert keeper.wait()
    assert keeper.current is first
    db.sql("CREATE TABLE rivers (length INTEGER)")
    graph = db.session.stores.graph
    oslo, lies, norway = graph.ensure_terms(
        [Term("entity", "Oslo"), Term("relation", "lies in"), Term("entity", "Norway")]
    )
    graph.add_triples([NewTriple(oslo, lies, norway)])
    keeper.refresh()
    assert keeper.wait()
    assert keeper.current.entities.beginning("os", 5) == ["Oslo"]
    assert "lies in" in keeper.current.relations
    assert "length" in keeper.current.columns


def test_a_closed_database_keeps_its_vocabulary(db):
    keeper = VocabularyKeeper(db)
    keeper.refresh()
    keeper.wait()
    known = keeper.current
    db.sql("CREATE TABLE rivers (length INTEGER)")
    db.close()
    keeper.refresh()
    assert keeper.wait()
    assert keeper.current is known


def test_what_goes_wrong_in_the_background_is_told_once(db, monkeypatch):
    from neuraldb.shell import vocabulary

    keeper = VocabularyKeeper(db)
    monkeypatch.setattr(vocabulary, "read_vocabulary", lambda connection: 1 / 0)
    keeper.refresh()
    assert keeper.wait()
    assert isinstance(keeper.problem, ZeroDivisionError)
    keeper.problem = None
    keeper.refresh()
    assert keeper.wait()
    assert keeper.problem is None
