"""What a connection takes, and what it gives back."""

import datetime

import pyarrow as pa
import pytest

import neuraldb
from api.fakes import FakeSession
from neuraldb.api import Connection
from neuraldb.core import errors
from neuraldb.stores.graph import NewTriple
from neuraldb.stores.terms import Term

# ------------------------------------------------------------------------------------------------------------- facts


def test_add_gives_the_id_and_keeps_what_is_told(db):
    first = db.add("Anna Berg was born in Oslo.")
    second = db.add(
        "Her brother lives in Bergen.",
        about="Anna Berg",
        source="Nils",
        labels=["family", "cities"],
        at="2023-05-07",
        valid_from=datetime.date(2020, 1, 1),
        valid_to=datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC),
    )
    assert second == first + 1
    fact = db.facts("brother")[0]
    assert (fact.id, fact.subject, fact.sources, fact.labels) == (second, "Anna Berg", ("Nils",), ("family", "cities"))
    assert fact.asserted_at == datetime.datetime(2023, 5, 7, tzinfo=datetime.UTC)
    assert fact.valid_from == datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    assert fact.valid_to == datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)


def test_the_same_sentence_twice_is_one_fact_with_two_sources(db):
    assert db.add("I love tea.", source="a") == db.add("I love tea.", source="b")
    assert [fact.sources for fact in db.facts()] == [("a", "b")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": "   "}, "blank"),
        ({"text": 5}, "must be a string, not int"),
        ({"text": "x", "about": 5}, "about must be a string"),
        ({"text": "x", "labels": "family"}, "labels must be a sequence of strings"),
        ({"text": "x", "labels": [1]}, "labels must be a sequence of strings"),
        ({"text": "x", "at": "yesterday"}, "at is 'yesterday', which is no date"),
        ({"text": "x", "valid_to": 2024}, "valid_to must be a date, not int"),
    ],
)
def test_add_refuses_what_it_cannot_store(db, arguments, message):
    with pytest.raises(neuraldb.DataError, match=message):
        db.add(**arguments)
    assert db.facts() == []


def test_forget_by_id_ids_and_words(db):
    ids = [db.add(f"Fact number {word}.") for word in ("one", "two", "three", "four")]
    assert db.forget(ids[0]) == 1
    assert db.forget(ids[0]) == 0
    assert db.forget(ids[1:3]) == 2
    assert db.forget("number four") == 1
    assert db.facts() == []
    assert [change.action for change in db.history()] == ["add"] * 4 + ["forget"] * 4
    assert [change.action for change in db.history(ids[0])] == ["add", "forget"]


def test_facts_by_pattern_and_limit(db):
    for name in ("Anna", "Åse", "Nils"):
        db.add(f"{name} is here.")
    assert [fact.text for fact in db.facts("ase")] == ["Åse is here."]
    assert [fact.text for fact in db.facts(limit=2)] == ["Anna is here.", "Åse is here."]


def test_graph_is_a_networkx_graph_of_the_triples(db):
    store = db.session.stores.graph
    subject, relation, target = store.ensure_terms(
        [Term("entity", "Anna"), Term("relation", "livesIn"), Term("entity", "Oslo")]
    )
    store.add_triples([NewTriple(subject, relation, target, confidence=0.5)])
    graph = db.graph()
    assert [graph.nodes[node]["name"] for node in (subject, target)] == ["Anna", "Oslo"]
    ((start, end, attributes),) = graph.edges(data=True)
    assert (start, end, attributes["relation"], attributes["confidence"]) == (subject, target, "livesIn", 0.5)


# ------------------------------------------------------------------------------------------------------------ asking


def test_ask_passes_options_on(db):
    db.session.answers["Who lives in Oslo?"] = [("Anna", [], 0.9)]
    assert db.ask("Who lives in Oslo?", min_confidence=0.4, budget=7).fetchall() == [("Anna",)]
    options, _ = db.session.seen[-1]
    assert (options.min_confidence, options.budget) == (0.4, 7)
    db.ask("Who lives in Oslo?")
    options, _ = db.session.seen[-1]
    assert (options.min_confidence, options.budget) == (0.0, None)


@pytest.mark.parametrize("arguments", [{"min_confidence": 1.5}, {"min_confidence": -0.1}, {"budget": 0}])
def test_ask_refuses_options_out_of_range(db, arguments):
    with pytest.raises(neuraldb.InterfaceError):
        db.ask("Who?", **arguments)
    assert db.session.seen == []


def test_evidence_of_an_answer(db):
    fact = db.add("Anna lives in Oslo.")
    db.session.answers["Who lives in Oslo?"] = [("Anna", [fact], 0.9)]
    result = db.ask("Who lives in Oslo?")
    assert result.evidence == (((fact, "Anna lives in Oslo."),),)
    db.forget(fact)
    assert result.evidence == (((fact, "Anna lives in Oslo."),),)


def test_an_empty_database_answers_with_empty_falsy_results(db):
    db.session.answers["Who lives in Paris?"] = []
    db.session.answers["How many people live in Paris?"] = [(0, [], 1.0)]
    assert not db.ask("Who lives in Paris?")
    assert db.ask("Who lives in Paris?").fetchall() == []
    assert not db.ask("How many people live in Paris?")
    assert db.sql("SELECT count(*) FROM facts").scalar() == 0
    assert db.facts() == db.history() == []
    assert len(db.graph()) == 0


def test_execute_takes_every_language(db):
    db.session.answers["Who lives in Oslo?"] = [("Anna", [], 1.0)]
    assert db.execute("Anna lives in Oslo.").lastrowid == db.facts()[0].id
    assert db.execute("Who lives in Oslo?").scalar() == "Anna"
    assert db.execute("SELECT text FROM facts").scalar() == "Anna lives in Oslo."
    assert db.execute("Who lives in Oslo?", language="question").language == "question"


def test_explain_passes_everything_on(db):
    assert (
        db.explain("SELECT 1", language="sql", parameters=[1], level="analyze") == "analyze of sql: SELECT 1 with [1]"
    )
    with pytest.raises(neuraldb.InterfaceError, match="no level deep"):
        db.explain("SELECT 1", level="deep")


@pytest.mark.parametrize("text", [None, 5, b"SELECT 1"])
def test_a_statement_is_a_text(db, text):
    for run in (db.execute, db.sql, db.explain, db.cursor().execute):
        with pytest.raises(neuraldb.InterfaceError, match="must be a string"):
            run(text)


def test_repr_tells_the_state(db):
    assert repr(db) == "<neuraldb.Connection open>"
    db.begin()
    assert repr(db) == "<neuraldb.Connection in a transaction>"


def test_exceptions_are_attributes_of_the_connection(db):
    for name in (
        *("Warning", "Error", "InterfaceError", "DatabaseError", "DataError", "OperationalError", "IntegrityError"),
        *("InternalError", "ProgrammingError", "NotSupportedError"),
    ):
        assert getattr(db, name) is getattr(neuraldb, name) is getattr(errors, name)


def test_results_of_one_connection_are_taken_by_arrow(db):
    table = pa.table(db.sql("SELECT 1 AS a, 'x' AS b"))
    assert table.to_pylist() == [{"a": 1, "b": "x"}]


def test_a_connection_can_be_made_over_any_session():
    session = FakeSession()
    with Connection(session) as db:
        assert db.session is session
