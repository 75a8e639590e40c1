from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

import neuraldb
from neuraldb.language.detect import detect
from neuraldb.language.split import split
from neuraldb.loading.rdf import verbatim
from neuraldb.transactions import may_change

from .updating import Updated

X = "PREFIX : <http://x/> "
DATA = X + "INSERT DATA { :a :p 1, 2 ; :q :b . :b :q :a }"


@pytest.fixture
def updated() -> Updated:
    return Updated()


# ---------------------------------------------------------------------------------------------------- transactions


def test_a_request_that_fails_changes_nothing(updated: Updated) -> None:
    updated.run(DATA)
    before, history = updated.state, updated.db.history()
    with pytest.raises(neuraldb.ImportFailed):
        updated.run(X + "INSERT DATA { :c :p 3 } ; DELETE WHERE { :a ?p ?o } ; LOAD <nowhere.ttl>")
    assert updated.state == before
    assert updated.db.history() == history


def test_an_update_belongs_to_the_open_transaction(updated: Updated) -> None:
    updated.db.begin()
    assert updated.run(DATA) == 4
    assert updated.db.sparql("SELECT * { ?s ?p ?o }").rowcount == 4
    updated.db.rollback()
    assert updated.state == []
    assert updated.run(DATA) == 4
    assert len(updated.state) == 4


def test_a_cursor_s_update_begins_a_transaction(updated: Updated) -> None:
    with updated.db.cursor() as cursor:
        cursor.execute(DATA)
        assert (cursor.rowcount, cursor.description) == (4, None)
    assert updated.db.in_transaction
    updated.db.rollback()
    assert updated.state == []


def test_executemany_inserts_for_each_of_the_parameters(updated: Updated) -> None:
    with updated.db.cursor() as cursor:
        cursor.executemany("INSERT DATA { %s :age %s }", [("Anna", 42), ("Nils", 40), ("Anna", 42)])
        assert cursor.rowcount == 2
    updated.db.commit()
    assert sorted(updated.db.sparql("SELECT ?who ?age { ?who :age ?age }")) == [("Anna", "42"), ("Nils", "40")]


def test_changes_last_and_what_is_deleted_stays_away(tmp_path: Path) -> None:
    with neuraldb.connect(tmp_path / "x.ndb") as db:
        db.sparql(DATA)
        db.sparql(X + "DELETE DATA { :a :p 1 } ; DROP GRAPH :g")
    with neuraldb.connect(tmp_path / "x.ndb") as db:
        assert sorted(db.sparql(X + "SELECT ?o { :a :p ?o }")) == [("2",)]
        assert db.sql("SELECT count(*) FROM triples").scalar() == 3
        assert db.sparql(X + "ASK { :a :p 1 }").scalar() is False
        assert {data["relation"] for *_, data in db.graph().edges(data=True)} == {"http://x/p", "http://x/q"}


def test_nothing_deleted_comes_back_from_an_index() -> None:
    db = neuraldb.connect()
    db.sparql("INSERT DATA { :Anna_Berg :livesIn :Oslo . :Nils :livesIn :Bergen }")
    db.sparql("DELETE WHERE { :Anna_Berg ?p ?o }")
    assert db.sparql("SELECT * { :Anna_Berg ?p ?o }").fetchall() == []
    assert db.sql("SELECT name FROM entities ORDER BY name").fetchall() == [("Bergen",), ("Nils",)]
    assert db.session.stores.graph.names() == ["Bergen", "Nils"]
    with pytest.raises(neuraldb.BindError) as caught:
        db.sparql("SELECT * { :Nilss ?p ?o }")
    assert caught.value.candidates == ("Nils",)
    assert db.sparql("SELECT * { :Anna_Bergg ?p ?o }").fetchall() == []  # nothing is called like it, to be meant


def test_a_read_only_database_refuses_updates(tmp_path: Path) -> None:
    with neuraldb.connect(tmp_path / "x.ndb") as db:
        db.sparql(DATA)
    with neuraldb.connect(tmp_path / "x.ndb", read_only=True) as db:
        for text in (DATA, X + "CLEAR GRAPH :g", "CLEAR SILENT ALL", "LOAD SILENT <nowhere.ttl>"):
            with pytest.raises(neuraldb.ReadOnly):
                db.sparql(text)
        assert db.sparql("CONSTRUCT WHERE { ?s ?p ?o }").rowcount == 4
        assert "ClearGraphs" in db.explain("CLEAR ALL")


def test_the_past_is_asked_with_as_of_and_cannot_be_changed(updated: Updated) -> None:
    updated.run(DATA)
    moment = updated.db.history()[-1].recorded_at + datetime.timedelta(microseconds=1)
    updated.run("CLEAR ALL")
    assert updated.db.sparql(f"AS OF '{moment}' SELECT * {{ ?s ?p ?o }}").rowcount == 4
    assert updated.db.sparql(f"AS OF '{moment}' DESCRIBE <http://x/b>").rowcount == 1
    with pytest.raises(neuraldb.ReadOnly):
        updated.db.sparql(f"AS OF '{moment}' CLEAR ALL")


def test_the_history_tells_of_changes(updated: Updated) -> None:
    updated.run(X + "INSERT DATA { :a :p 1 }")
    updated.run(X + "DELETE { ?s :p ?o } INSERT { ?s :q ?o, 2, 3, 4, 5 } WHERE { ?s :p ?o }")
    updated.run(X + "DELETE DATA { :a :p 7 }")
    told = [(change.action, change.detail) for change in updated.db.history()]
    assert told[:2] == [
        ("insert", "1 triple: http://x/a http://x/p 1"),
        ("delete", "1 triple: http://x/a http://x/p 1"),
    ]
    assert told[2][0] == "insert"
    assert told[2][1] is not None
    assert told[2][1].startswith("5 triples: http://x/a http://x/q ")
    assert told[2][1].endswith("; and 2 more")
    assert len(told) == 3


# ---------------------------------------------------------------------------------------------------- sentences


def test_a_triple_of_a_sentence_goes_with_the_sentence(updated: Updated) -> None:
    fact = updated.tell("Anna works for Equinor.", ("Anna", "employer", "Equinor"))
    with pytest.raises(neuraldb.IntegrityError, match=f"fact {fact} states Anna employer Equinor") as caught:
        updated.run("DELETE DATA { :Anna :employer :Equinor }")
    assert caught.value.hint is not None
    assert f"DELETE FROM facts WHERE id = {fact}" in caught.value.hint
    # said in a triple as well, it is still what the sentence states
    assert updated.run("INSERT DATA { :Anna :employer :Equinor }") == 1
    with pytest.raises(neuraldb.IntegrityError):
        updated.run("DELETE DATA { :Anna :employer :Equinor }")
    updated.db.forget(fact)
    assert updated.db.sparql("SELECT ?who { ?who :employer :Equinor }").fetchall() == [("Anna",)]
    assert updated.run("DELETE DATA { :Anna :employer :Equinor }") == 1
    assert updated.state == []


def test_a_solution_s_confidence_becomes_that_of_the_triple(updated: Updated) -> None:
    updated.run("INSERT DATA { :a :p :b }")
    updated.db.session.stores.database.execute("UPDATE store.triples SET confidence = 0.5")
    updated.run(
        "INSERT { ?y :q ?x } WHERE { ?x :p ?y } ; INSERT { ?x :r ?sure } WHERE { ?x :q ?y BIND(?score AS ?sure) }"
    )
    assert updated.db.sparql("CONSTRUCT WHERE { ?x :q ?y }").confidence == (0.5,)
    assert updated.db.sparql("SELECT ?sure { ?x :r ?sure }").fetchall() == [("0.5",)]


def test_names_that_were_merged_are_one_thing(updated: Updated) -> None:
    updated.run("INSERT DATA { :Anna_Berg :age 42 . :Berg :likes :Plums }")
    updated.db.merge("Berg", "Anna Berg")
    assert updated.run("INSERT DATA { :Berg :livesIn :Oslo }") == 1
    assert updated.db.sparql("SELECT ?where { :Anna_Berg :livesIn ?where }").fetchall() == [("Oslo",)]
    assert updated.run("DELETE WHERE { :Anna_Berg ?p ?o }") == 3


# ---------------------------------------------------------------------------------------------------- parameters


@given(value=st.text(st.characters(codec="utf-8"), max_size=12) | st.integers() | st.booleans() | st.dates())
@settings(max_examples=5, deadline=None)
def test_parameters_are_bound_and_come_back(value: Any) -> None:
    db = neuraldb.connect()
    assert db.sparql(X + "INSERT DATA { :a :p %s }", [value]).rowcount == 1
    assert db.sparql(X + "ASK { :a :p %s }", [value]).scalar() is True
    assert db.sparql(X + "DELETE DATA { :a :p %(value)s }", {"value": value}).rowcount == 1
    assert db.sql("SELECT count(*) FROM triples").scalar() == 0
    db.close()


@pytest.mark.parametrize(
    "text",
    [
        "x } ; CLEAR ALL #",
        "' } ; DROP ALL ; INSERT DATA { :a :b '",
        '\'); DROP SCHEMA store; -- """ ?x $__1 %s <http://x/a>',
    ],
)
def test_what_looks_like_an_update_in_a_parameter_is_a_text(updated: Updated, text: str) -> None:
    updated.run(X + "INSERT DATA { :keep :p :me }")
    for statement in (
        "INSERT DATA { :a :note %s }",
        "INSERT { ?x :note %s } WHERE { ?x :p :me }",
        "INSERT { ?x :noted ?n } WHERE { ?x :note ?n FILTER(?n = %s) }",
    ):
        assert updated.run(X + statement, [text]) > 0
    assert {row[0] for row in updated.db.sparql(X + "SELECT ?n { ?x :note|:noted ?n }")} == {text}
    assert updated.run(X + "DELETE { ?x ?p %s } WHERE { ?x ?p %s }", [text, text]) == 4
    assert updated.state == ["<http://x/keep> <http://x/p> <http://x/me>"]


def test_a_parameter_may_name_what_a_triple_is_about(updated: Updated) -> None:
    assert updated.run("INSERT DATA { %s :livesIn :Oslo }", ["Anna Berg"]) == 1
    assert updated.state == ["<entity:Anna%20Berg> <relation:lives%20in> <entity:Oslo>"]
    assert updated.run("DELETE DATA { %s :livesIn :Oslo }", ["Anna Berg"]) == 1


def test_a_question_mark_is_no_placeholder(updated: Updated) -> None:
    with pytest.raises(neuraldb.ParameterError) as caught:
        updated.db.sql("UPDATE facts SET text = ? WHERE text = ?", ["a", "b"])
    assert caught.value.hint == "a placeholder is %s, not ?"
    fact = updated.tell("Anna sings.")
    updated.world.tell("Anna dances.")
    assert updated.db.sql("UPDATE facts SET text = %s WHERE text = %s", ["Anna dances.", "Anna sings."]).rowcount == 1
    assert [f.text for f in updated.db.facts()] == ["Anna dances."]
    assert updated.db.history(fact)[-1].action == "supersede"


# ---------------------------------------------------------------------------------------------------- files and graphs


def test_files_of_this_machine_are_loaded(updated: Updated, tmp_path: Path) -> None:
    turtle = tmp_path / "a file.ttl"
    turtle.write_text("@prefix : <http://x/> . :a :p 01, [ :q 'x'@en ] .", encoding="utf-8")
    quads = tmp_path / "q.nq"
    quads.write_text("<http://x/a> <http://x/p> <http://x/b> <http://x/g> .\n", encoding="utf-8")
    iri = turtle.as_uri()
    assert updated.run(f"LOAD <{iri}>") == 3
    assert updated.run(f"LOAD <{iri}>") == 0  # a file has the same blank nodes each time
    assert updated.run(f"BASE <{tmp_path.as_uri()}/> LOAD <a%20file.ttl> INTO GRAPH <http://x/h>") == 3
    assert updated.run(f"LOAD <{quads.as_uri()}>") == 1
    assert updated.db.sparql(
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
    ).fetchall() == [
        ("http://x/g", 1),
        ("http://x/h", 3),
    ]
    imported = [change.detail for change in updated.db.history() if change.action == "import"]
    assert imported[0] == "3 triples of a file.ttl into the default graph"


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("a.ttl", "@prefix : <http://x/> . :a :p ", "a.ttl, line 1: not turtle"),
        ("a.nt", "<http://x/a> <http://x/p> 4 .", "a.nt, line 1"),
        ("a.csv", "text\nAnna sings.\n", "a.csv is no file of triples"),
    ],
)
def test_a_file_with_a_mistake_loads_nothing(
    updated: Updated, tmp_path: Path, name: str, contents: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(contents, encoding="utf-8")
    with pytest.raises(neuraldb.ImportFailed, match=message):
        updated.run(f"LOAD <{path.as_uri()}>")
    assert updated.run(f"LOAD SILENT <{path.as_uri()}>") == 0
    assert updated.state == []


@pytest.mark.parametrize(
    "iri", ["http://x.org/a.ttl", "https://x.org/a.ttl", "ftp://x/a", "//x.org/a", "file://x.org/a"]
)
def test_the_network_is_refused(updated: Updated, iri: str) -> None:
    with pytest.raises(neuraldb.NotSupportedError, match="files of this machine only"):
        updated.run(f"LOAD <{iri}>")


def test_a_graph_that_was_constructed_is_what_was_loaded(updated: Updated, tmp_path: Path) -> None:
    text = """@prefix : <http://x/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    :a :p "01"^^xsd:integer, 1.0, 1e3, "x", "x"@en, true, "2024-02-29"^^xsd:date, "y"^^:own, [ :q ( 1 2 ) ] .
    :a a :Thing ."""
    path = tmp_path / "x.ttl"
    path.write_text(text, encoding="utf-8")
    updated.run(f"LOAD <{path.as_uri()}>")
    graph = updated.db.sparql("CONSTRUCT WHERE { ?s ?p ?o }").graph()
    with verbatim():
        wanted = rdflib.Graph().parse(path)
    assert isomorphic(graph, wanted)
    # and back: what is written is loaded as it was
    again = Updated()
    (tmp_path / "y.nt").write_text(graph.serialize(format="nt"), encoding="utf-8")
    again.run(f"LOAD <{(tmp_path / 'y.nt').as_uri()}>")
    assert isomorphic(again.db.sparql("CONSTRUCT WHERE { ?s ?p ?o }").graph(), wanted)


def test_names_in_words_come_back_from_a_graph(updated: Updated, tmp_path: Path) -> None:
    updated.tell("Anna Berg is 1.7 m tall.", ("Anna Berg", "height", "1.7 m"))
    graph = updated.db.sparql("DESCRIBE :Anna_Berg").graph()
    path = tmp_path / "anna.nt"
    path.write_text(graph.serialize(format="nt"), encoding="utf-8")
    again = Updated()
    again.run(f"LOAD <{path.as_uri()}>")
    assert again.db.sparql("SELECT ?how { :Anna_Berg :height ?how }").fetchall() == [("1.7 m",)]


def test_only_construct_and_describe_give_a_graph(updated: Updated) -> None:
    with pytest.raises(neuraldb.ProgrammingError, match="gives no graph"):
        updated.db.sparql("SELECT * { ?s ?p ?o }").graph()
    result = updated.db.sparql("CONSTRUCT WHERE { ?s ?p ?o }")
    assert result.columns == ("subject", "relation", "object")
    assert len(result.graph()) == 0


# ---------------------------------------------------------------------------------------------------- the statement


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { :a :b :c }",
        "delete where { ?a ?b ?c }",
        "DELETE { ?a ?b ?c } INSERT { ?a ?b 1 } WHERE { ?a ?b ?c }",
        "WITH <http://x/g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "LOAD SILENT <f.ttl> INTO GRAPH <g>",
        "CLEAR ALL ; INSERT DATA { :a :b :c }",
        "DROP SILENT NAMED",
        "CREATE GRAPH <g>",
        "COPY DEFAULT TO <g> ; MOVE <g> TO <h>",
        "PREFIX : <http://x/> ADD :a TO :b",
        "# mistakes, which are not to be stored as sentences\nINSERT :a :b :c",
        "INSERT DATA <a> <b> <c>",
        "DELETE ?x ?y ?z",
        "CLEAR <http://x/g>",
        "COPY <a> <b>",
        "INSERT INTO <g> { :a :b :c }",
    ],
)
def test_updates_are_sparql_that_may_change_something(text: str) -> None:
    assert detect(text) == "sparql"
    assert may_change(text)
    assert not may_change(f"EXPLAIN {text}")
    assert may_change(f"EXPLAIN ANALYZE {text}")


@pytest.mark.parametrize(
    "text", ["Drop all the tables.", "Add salt to taste.", "Move the car to the garage.", "Clear it."]
)
def test_english_is_no_update(text: str) -> None:
    assert detect(text) != "sparql"


def test_a_script_is_split_between_requests() -> None:
    script = "INSERT DATA { :a :b :c } ;\nDELETE WHERE { ?a ?b ?c } ;\nWho lives in Oslo?\nCLEAR ALL\nDESCRIBE <x>"
    assert [detect(piece.text) for piece in split(script)] == ["sparql", "question", "sparql", "sparql"]


def test_explain_shows_operations_and_changes_nothing(updated: Updated) -> None:
    updated.run(DATA)
    plan = updated.db.explain(X + "DELETE WHERE { :a ?p ?o } ; DROP GRAPH :g")
    assert "Request of 2 operations" in plan
    assert "Template delete" in plan
    assert len(updated.state) == 4
    ran = updated.db.explain("INSERT DATA { :x :y :z } ; DELETE WHERE { :x :y ?z }", level="analyze")
    assert "[1 rows" in ran
    assert len(updated.state) == 4


def test_many_solutions_are_one_change(updated: Updated) -> None:
    lines = " ".join(f":n{i} :next :n{i + 1} ." for i in range(300))
    assert updated.run(X + f"INSERT DATA {{ {lines} }}") == 300
    assert updated.run(X + "INSERT { ?x :second ?z ; :has [ :is ?x ] } WHERE { ?x :next/:next ?z }") == 3 * 299
    assert updated.run(X + "DELETE { ?x :second ?z } WHERE { ?x :second ?z }") == 299
    assert updated.run(X + "DELETE WHERE { ?x :has ?b . ?b :is ?x }") == 2 * 299
    assert len(updated.state) == 300
