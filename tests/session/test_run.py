"""Statements from text to result: the stages, the languages, options, what is read once, and what is told of it all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from doubles import OracleReader, World

from neuraldb.core.errors import (
    BindError,
    Error,
    InterfaceError,
    OperationalError,
    ParseError,
    ProgrammingError,
    ReadOnly,
)
from neuraldb.core.progress import CancelToken
from neuraldb.execution.error_places import place_in
from neuraldb.execution.physical import Physical
from neuraldb.operators.catalogue import StoreCatalogue
from neuraldb.operators.context import Options
from neuraldb.plan.nodes import Node
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact
from neuraldb.stores.terms import Term
from session.family import HOW_MANY, WHERE, WHO, opened, tell_all, told_of

STATEMENTS = {
    "question": WHERE,
    "sql": "SELECT object FROM triples WHERE subject = 'Anna'",
    "sparql": "SELECT ?place { 'Anna' :livesIn ?place }",
}


def reader(session: Session) -> OracleReader:
    assert isinstance(session.models.reader, OracleReader)
    return session.models.reader


# --------------------------------------------------------------------------------------------------------------- stages


@pytest.mark.parametrize("language", sorted(STATEMENTS))
def test_a_statement_is_parsed_built_optimised_and_lowered(session: Session, language: str) -> None:
    prepared = session.prepare(STATEMENTS[language], language)
    assert list(prepared.timings) == ["parse", "build", "optimise", "lower"]
    assert isinstance(prepared.logical, Node)
    assert prepared.logical.columns == prepared.optimised.columns
    assert isinstance(prepared.physical, Physical)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize("language", sorted(STATEMENTS))
def test_the_languages_are_told_apart_and_give_the_same_answer(session: Session, language: str) -> None:
    result = session.run(STATEMENTS[language])
    assert result.language == language
    assert told_of(result) == [("Oslo", (1,), pytest.approx(0.9))]


@pytest.mark.parametrize("language", sorted(STATEMENTS))
def test_a_result_tells_its_statement_and_its_times(session: Session, language: str) -> None:
    result = session.run(STATEMENTS[language])
    assert result.statement == STATEMENTS[language]
    assert list(result.timings) == ["parse", "build", "optimise", "lower", "run"]
    assert "-- physical plan, as it ran" in result.explain()


def test_preparing_changes_and_reads_nothing(session: Session) -> None:
    session.prepare(WHERE, "question")
    session.prepare("DELETE FROM facts", "sql")
    assert len(session.facts()) == 3
    assert reader(session).requests == []


def test_a_language_that_there_is_not_is_refused(session: Session) -> None:
    with pytest.raises(InterfaceError, match="unknown language prolog") as caught:
        session.run("lives(anna, X).", "prolog")
    assert "sparql" in caught.value.candidates


@pytest.mark.parametrize(
    ("statement", "language", "kind", "words"),
    [
        ("SELECT txet FROM facts", "sql", BindError, "txet"),
        ("SELECT FROM WHERE", "sql", ParseError, None),
        ("SELECT ?x { ?x ", "sparql", ParseError, None),
    ],
)
def test_an_error_tells_where_in_the_statement_it_is(
    session: Session, statement: str, language: str, kind: type[Error], words: str | None
) -> None:
    with pytest.raises(kind) as caught:
        session.run(statement, language)
    assert caught.value.source == statement
    if words is not None:
        assert caught.value.span is not None
        assert statement[slice(*caught.value.span)] == words


# ----------------------------------------------------------------------------------------------------------- being told


def test_a_sentence_is_remembered(session: Session, world: World) -> None:
    result = session.run(world.tell("Kari lives in Oslo.", ("Kari", "lives in", "Oslo", 0.85)))
    assert (result.language, result.rowcount, result.lastrowid) == ("statement", 1, 4)
    assert session.run(HOW_MANY).scalar() == 3


def test_a_sentence_that_is_known_is_no_new_fact(session: Session) -> None:
    result = session.run("Anna lives in Oslo.")
    assert (result.rowcount, result.lastrowid) == (0, 1)
    assert len(session.facts()) == 3


def test_a_sentence_is_forgotten(session: Session) -> None:
    result = session.run("Forget that Anna lives in Oslo.")
    assert (result.language, result.rowcount) == ("statement", 1)
    assert session.run(WHERE).rows == []


def test_placeholders_of_a_sentence_are_filled(session: Session) -> None:
    session.run("%s lives in %s.", parameters=["Per", "Rome"])
    assert session.facts("Rome")[0].text == "Per lives in Rome."


def test_placeholders_of_a_question_are_filled(session: Session) -> None:
    assert session.run("Where does %s live?", "question", ["Anna"]).rows == [("Oslo",)]


def test_imported_triples_are_counted_and_rest_on_no_fact(session: Session) -> None:
    quad = (Term("entity", "Per"), Term("relation", "lives in"), Term("entity", "Rome"), None)
    assert session.import_triples([quad, quad]) == 1
    assert session.import_triples([quad]) == 0
    assert told_of(session.run("SELECT object FROM triples WHERE subject = 'Per'")) == [("Rome", (), 1.0)]


def test_the_words_of_a_fact_are_known_after_it_is_forgotten(session: Session) -> None:
    session.forget(1)
    assert session.fact_texts([1, 2]) == {1: "Anna lives in Oslo.", 2: "Nils lives in Oslo."}


# -------------------------------------------------------------------------------------------------------------- asking


def test_an_answer_shows_the_fact_it_rests_on(session: Session) -> None:
    assert session.run(WHERE).evidence == (((1, "Anna lives in Oslo."),),)


def test_a_count_rests_on_what_it_counts_and_all_of_it_must_hold(session: Session) -> None:
    assert told_of(session.run(HOW_MANY)) == [(2, (1, 2), pytest.approx(0.72))]


def test_a_count_of_nothing_is_zero(session: Session) -> None:
    session.forget([1, 2])
    assert session.run(HOW_MANY).rows == [(0,)]


def test_rows_below_the_least_confidence_are_dropped(session: Session) -> None:
    assert session.run(WHO, options=Options(min_confidence=0.85)).rows == [("Anna",)]
    assert session.run(WHO, options=Options(min_confidence=0.95)).rows == []


def test_a_budget_bounds_what_is_read(session: Session) -> None:
    session.run(WHO, options=Options(budget=1))
    assert len(reader(session).requests) == 1


def test_only_visible_facts_answer(session: Session) -> None:
    assert session.run(WHO, options=Options(visible=frozenset([2, 3]))).rows == [("Nils",)]
    assert session.run(WHO).rows == [("Anna",), ("Nils",)]


def test_a_question_that_comes_again_is_not_read_again(session: Session) -> None:
    first = session.run(WHO)
    second = session.run(WHO)
    assert told_of(first) == told_of(second)
    assert (first.counters.calls["reader"], second.counters.calls) == (2, {})
    assert second.counters.cached == 2


def test_what_was_read_is_remembered_by_the_file(world: World, tmp_path: Path) -> None:
    first = opened(world, tmp_path / "family.ndb")
    tell_all(first, world)
    rows = told_of(first.run(WHO))
    first.close()
    for read_only in (False, True):
        again = opened(world, tmp_path / "family.ndb", read_only)
        assert told_of(again.run(WHO)) == [(*row[:-1], pytest.approx(row[-1])) for row in rows]
        assert reader(again).requests == []
        again.close()


def test_what_is_read_within_a_transaction_is_not_written_to_it(session: Session) -> None:
    session.begin()
    session.run(WHO)
    assert session.stores.derivations.count() == 0
    session.rollback()
    session.run(WHERE)
    assert session.stores.derivations.count() > 0


def test_what_was_read_in_a_transaction_that_was_rolled_back_does_not_stand_in_the_way(
    session: Session, world: World
) -> None:
    session.begin()
    session.run(world.tell("Kari lives in Oslo.", ("Kari", "lives in", "Oslo")))
    session.run(WHO)
    session.rollback()
    assert session.run(WHO).rows == [("Anna",), ("Nils",)]
    assert session.stores.derivations.count() == 2


def test_what_could_not_be_written_is_written_the_next_time(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OperationalError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(session.stores.derivations, "put", full)
        with pytest.raises(OperationalError, match="the disk is full"):
            session.run(WHO)
    assert session.stores.derivations.count() == 0
    assert session.run(WHO).rows == [("Anna",), ("Nils",)]
    assert session.stores.derivations.count() == 2


def test_readings_of_a_fact_that_was_rolled_back_do_not_answer_for_the_next(session: Session, world: World) -> None:
    session.begin()
    session.run(world.tell("Kari lives in Oslo.", ("Kari", "lives in", "Oslo")))
    assert ("Kari",) in session.run(WHO).rows
    session.rollback()
    session.run(world.tell("Per dislikes Oslo.", ("Per", "dislikes", "Oslo")))
    assert session.run(WHO).rows == [("Anna",), ("Nils",)]


def test_progress_is_reported(session: Session) -> None:
    steps: list[tuple[str, int, int | None]] = []
    session.run(WHO, report=lambda *step: steps.append(step))
    assert steps == [("reading", 2, 2)]


# -------------------------------------------------------------------------------------------------------------- explain


@pytest.mark.parametrize("language", sorted(STATEMENTS))
def test_the_plan_of_every_language_is_shown(session: Session, language: str) -> None:
    shown = session.explain(STATEMENTS[language])
    assert "-- optimised plan" in shown
    assert "-- physical plan" in shown
    assert reader(session).requests == []


def test_explain_as_a_statement_gives_the_plan_as_rows(session: Session) -> None:
    result = session.run(f"EXPLAIN {STATEMENTS['sql']}")
    assert result.columns == ("plan",)
    assert "\n".join(row[0] for row in result) == session.explain(STATEMENTS["sql"])


def test_explain_analyze_runs_it(session: Session) -> None:
    lines = [row[0] for row in session.run(f"EXPLAIN ANALYZE {WHO}")]
    assert any(re.search(r"\[2 rows, .* 2 reader calls\]", line) for line in lines)
    assert len(reader(session).requests) == 2


def test_a_sentence_that_is_told_has_no_plan(session: Session) -> None:
    with pytest.raises(ProgrammingError, match="no plan"):
        session.explain("Kari lives in Oslo.")
    assert len(session.facts()) == 3


def test_a_wrong_statement_is_explained_no_better_than_it_runs(session: Session) -> None:
    with pytest.raises(BindError) as caught:
        session.explain("SELECT txet FROM facts")
    assert caught.value.source == "SELECT txet FROM facts"


# ------------------------------------------------------------------------------------------------------ the same always


def test_the_same_database_and_question_give_the_same_rows_evidence_and_plan(world: World) -> None:
    seen = []
    for _ in range(2):
        session = opened(world)
        tell_all(session, world)
        for _ in range(2):
            rows = [told_of(session.run(s)) for s in (WHERE, WHO, HOW_MANY, *STATEMENTS.values())]
            plans = [session.explain(s, level="verbose") for s in (WHERE, WHO, HOW_MANY, *STATEMENTS.values())]
            seen.append((rows, plans))
        session.close()
    assert seen == [seen[0]] * 4


def test_facts_added_one_by_one_answer_as_those_added_at_once(world: World, session: Session) -> None:
    other = opened(world)
    for text in world.said:
        other.add([NewFact(text)])
    assert [told_of(other.run(s)) for s in (WHERE, WHO, HOW_MANY)] == [
        told_of(session.run(s)) for s in (WHERE, WHO, HOW_MANY)
    ]
    other.close()


def test_a_token_of_ones_own_may_be_given(session: Session) -> None:
    token = CancelToken()
    assert session.run(WHERE, token=token).rows == [("Oslo",)]
    assert not token.cancelled


# ------------------------------------------------------------------------------------------- tables tell the language


@pytest.mark.parametrize("statement", ["describe rivers", "explain describe rivers", "describe v1", "summarize rivers"])
def test_what_could_be_english_is_sql_where_there_is_such_a_table(session: Session, statement: str) -> None:
    assert session.language_of(statement) != "sql"
    session.run("CREATE TABLE rivers (name VARCHAR)")
    session.run("CREATE VIEW v1 AS SELECT * FROM rivers")
    assert session.language_of(statement) == "sql"
    if statement.startswith("explain"):
        assert session.explain("describe rivers")
        return
    assert session.run(statement).rowcount == 1
    session.run("DROP VIEW v1")
    session.run("DROP TABLE rivers")
    assert session.language_of(statement) != "sql"


def test_tables_are_looked_up_once_after_a_change_and_not_for_sentences(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    tables = type(session.catalogue).tables

    def watched(self: StoreCatalogue) -> tuple[str, ...]:
        looked.append(self)
        return tables(self)

    monkeypatch.setattr(StoreCatalogue, "tables", watched)
    session.run("Kari bakes.")
    session.language_of("Who lives in Oslo?")
    assert not looked
    for _ in range(3):
        session.language_of("describe rivers")
    assert len(looked) == 1


# -------------------------------------------------------------------------------------------------- whose text it is


@pytest.mark.parametrize(
    "statement", ["DELETE FROM facts WHERE id = 1", "Forget that Anna lives in Oslo.", "CREATE TABLE mine AS SELECT 1"]
)
def test_an_error_shows_the_statement_and_no_query_of_ours(world: World, tmp_path: Path, statement: str) -> None:
    told = opened(world, tmp_path / "family.ndb")
    tell_all(told, world)
    told.close()
    session = opened(world, tmp_path / "family.ndb", read_only=True)
    with pytest.raises(ReadOnly) as raised:
        session.run(statement)
    assert raised.value.source == statement
    assert "store" not in raised.value.render()
    with pytest.raises(ReadOnly) as raised:
        session.forget(1)
    assert raised.value.source is None
    session.close()


def test_the_place_of_an_error_is_that_in_the_statement(session: Session) -> None:
    statement = "SELECT  text,   subject FROM facts   WHERE means(text, 'a') AND error('no')"
    error = BindError("none", source="SELECT subject FROM t", span=(7, 14))
    assert place_in(statement, error) == (16, 23)
    assert place_in("SELECT subject, subject", error) is None
    assert place_in("SELECT other", error) is None
    with pytest.raises(Error) as raised:
        session.run("SELECT  upper(text), CAST(text AS INTEGER)  FROM facts")
    assert raised.value.source == "SELECT  upper(text), CAST(text AS INTEGER)  FROM facts"


@pytest.mark.parametrize("read_only", [True, False])
def test_reading_a_relation_that_nobody_stored_writes_no_terms(world: World, tmp_path: Path, read_only: bool) -> None:
    world.mean("abode", "? | lives in | ?v")
    told = opened(world, tmp_path / "family.ndb")
    tell_all(told, world)
    # as where the extractor has found nothing: the reader alone knows of these names
    for table in ("triples", "mentions", "aliases", "terms"):
        told.stores.database.execute(f"DELETE FROM store.{table}")
    told.close()
    session = opened(world, tmp_path / "family.ndb", read_only)
    result = session.run("SELECT ?who ?where { ?who :abode ?where FILTER(STRLEN(STR(?where)) = 4) } ORDER BY ?who")
    assert result.rows == [("Anna", "Oslo"), ("Nils", "Oslo")]
    assert session.stores.database.rows("SELECT count(*) FROM store.terms") == [(0,)]
    session.close()
