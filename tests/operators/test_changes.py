"""Statements that change facts: what they count, what becomes of the old, and what a wrong one says."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from neuraldb.core.errors import DataError, OperationalError, ProgrammingError
from neuraldb.operators.changes import exact_statement, new_fact, retracted
from neuraldb.plan.nodes import Field, Node, Values
from neuraldb.plan.statement_nodes import ExactStatement, ForgetFacts, InsertFacts, UpdateFacts
from neuraldb.stores.facts import Fact
from operators.told import Told, opened

TYPES = {"id": "BIGINT", "labels": "VARCHAR[]", "valid_from": "TIMESTAMP", "valid_to": "TIMESTAMP"}
MAY = datetime.datetime(2024, 5, 17, 12)


def rows(*columns: str, of: list[tuple[Any, ...]]) -> Values:
    """Rows as a statement's child gives them."""
    return Values(tuple(Field(name, TYPES.get(name, "VARCHAR")) for name in columns), tuple(of))


def changed(told: Told, plan: Node) -> int:
    """How many rows a change says that it changed."""
    (count,) = told.table(plan).column("Count").to_pylist()
    assert isinstance(count, int)
    return count


def current(told: Told) -> dict[int, str]:
    return {fact.id: fact.text for fact in told.stores.facts.current()}


# --------------------------------------------------------------------------------------------------------------- insert


def test_each_row_becomes_a_fact(told: Told) -> None:
    plan = InsertFacts(rows("text", "subject", "source", of=[("He bakes.", "Nils", "Anna"), ("It rains.", None, "")]))
    assert changed(told, plan) == 2
    facts = [(fact.text, fact.subject, fact.sources) for fact in told.stores.facts.current()]
    assert facts == [("He bakes.", "Nils", ("Anna",)), ("It rains.", None, ("",))]


def test_a_blank_text_among_the_rows_adds_none_of_them(told: Told) -> None:
    with pytest.raises(DataError, match="blank"):
        changed(told, InsertFacts(rows("text", of=[("Nils bakes.",), ("  ",)])))
    assert current(told) == {}


def test_inserted_facts_can_be_searched_at_once(told: Told) -> None:
    told.world.tell("Nils bakes bread.", ("Nils", "bakes", "bread"))
    changed(told, InsertFacts(rows("text", of=[("Nils bakes bread.",)])))
    assert told.stores.lexical.containing(("nil",)).tolist() == [1]
    assert told.stores.database.rows("SELECT subject, relation, object FROM triples") == [("Nils", "bakes", "bread")]


# --------------------------------------------------------------------------------------------------------------- forget


def test_the_facts_of_the_rows_are_forgotten(told: Told) -> None:
    told.tell_all(["One.", "Two.", "Three."])
    assert changed(told, ForgetFacts(rows("id", of=[(1,), (3,)]))) == 2
    assert current(told) == {2: "Two."}


def test_a_fact_that_two_rows_name_is_forgotten_once(told: Told) -> None:
    told.tell_all(["One.", "Two."])
    assert changed(told, ForgetFacts(rows("id", of=[(1,), (1,), (None,)]))) == 1
    assert changed(told, ForgetFacts(rows("id", of=[(1,)]))) == 0


@pytest.mark.parametrize(("target", "left"), [(2, [1, 3]), ([1, 2], [3]), ("two", [1, 3]), ("TWO.", [1, 3])])
def test_what_is_to_be_forgotten_is_named_by_id_or_by_its_words(told: Told, target: Any, left: list[int]) -> None:
    told.tell_all(["One.", "Two.", "Three."])
    assert told.forget(target) == 3 - len(left)
    assert list(current(told)) == left


def test_words_that_no_fact_has_are_refused_with_the_nearest(told: Told) -> None:
    told.tell_all(["Anna lives in Oslo.", "It rains."])
    with pytest.raises(ProgrammingError, match="no fact says that") as caught:
        told.forget("Anna lived in Oslo.")
    assert caught.value.candidates == ("Anna lives in Oslo.",)
    assert len(current(told)) == 2


def test_a_part_of_a_facts_words_is_not_the_fact(told: Told) -> None:
    told.tell_all(["Anna lives in Oslo."])
    with pytest.raises(ProgrammingError, match="no fact says that"):
        told.forget("Anna lives")
    assert len(current(told)) == 1


def test_a_forgotten_fact_takes_its_triples_along(told: Told) -> None:
    told.tell("Anna wrote Emma.", ("Anna", "wrote", "Emma"))
    told.forget(1)
    assert told.stores.database.rows("SELECT * FROM triples") == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Forget that Anna lives in Oslo.", "Anna lives in Oslo."),
        ("please forget the fact that it rains", "it rains"),
        ("DELETE It rains. ", "It rains."),
        ("Remove that it rains.\nAnd snows.", "it rains.\nAnd snows."),
        ("Retract the statement that it rains.", "it rains."),
        ("It is no longer true that it rains.", "it rains."),
        ("It's not true that it rains", "it rains"),
        ("It is no longer the case that it rains.", "it rains."),
        ("Anna forgets that it rains.", "Anna forgets that it rains."),
    ],
)
def test_what_a_retraction_takes_back(said: str, meant: str) -> None:
    assert retracted(said) == meant


WORKS = ("Anna Berg works for Equinor.", ("Anna Berg", "employer", "Equinor"))
EMPLOYS = ("Equinor employs Anna Berg.", ("Anna Berg", "works for", "Equinor"))


@pytest.mark.parametrize(
    ("asked", "stated"),
    [
        EMPLOYS,
        ("Anna works at Equinor.", ("Anna", "works for", "Equinor")),
        ("Dr. Anna Berg is with Equinor.", ("Dr. Anna Berg", "employer", "Equinor")),
    ],
)
def test_what_a_fact_says_in_other_words_is_forgotten(told: Told, asked: str, stated: tuple[str, ...]) -> None:
    told.tell(*WORKS)
    told.tell("Anna Berg lives in Oslo.", ("Anna Berg", "lives in", "Oslo"))
    told.world.tell(asked, stated)
    assert told.forget(asked) == 1
    assert list(current(told)) == [2]


def test_all_facts_that_say_it_are_forgotten(told: Told) -> None:
    told.tell(*WORKS)
    told.tell(*EMPLOYS)
    assert told.forget(WORKS[0]) == 2
    assert current(told) == {}


def test_the_same_amount_in_another_unit_is_forgotten(told: Told) -> None:
    told.tell("The bridge is 3.1 km long.", ("The bridge", "length", "3.1 km"))
    told.world.tell("The length of the bridge is 3,100 m.", ("the bridge", "length", "3,100 m"))
    assert told.forget("The length of the bridge is 3,100 m.") == 1


@pytest.mark.parametrize(
    "fact",
    [
        ("Anna Dahl works for Equinor.", ("Anna Dahl", "employer", "Equinor")),
        ("Anna Berg works for Statoil.", ("Anna Berg", "employer", "Statoil")),
        ("Anna Berg founded Equinor.", ("Anna Berg", "founded", "Equinor")),
        # denied, which the extractor doesn't see
        ("Anna Berg does not work for Equinor.", ("Anna Berg", "employer", "Equinor")),
        # more than that
        ("Anna Berg worked for Equinor in 1999.", ("Anna Berg", "employer", "Equinor")),
        (
            "Anna Berg works for Equinor and Shell.",
            ("Anna Berg", "employer", "Equinor"),
            ("Anna Berg", "employer", "Shell"),
        ),
    ],
)
def test_what_says_something_else_is_not_forgotten(told: Told, fact: tuple[Any, ...]) -> None:
    told.tell(*fact)
    told.world.tell(*EMPLOYS)
    with pytest.raises(ProgrammingError, match="no fact says that"):
        told.forget(EMPLOYS[0])
    assert len(current(told)) == 1


def test_a_short_name_of_two_people_forgets_nothing(told: Told) -> None:
    told.tell(*WORKS)
    told.tell("Anna Dahl works for Equinor.", ("Anna Dahl", "employer", "Equinor"))
    told.world.tell("Anna works at Equinor.", ("Anna", "works for", "Equinor"))
    with pytest.raises(ProgrammingError, match="no fact says that"):
        told.forget("Anna works at Equinor.")
    assert len(current(told)) == 2


# --------------------------------------------------------------------------------------------------------------- update


def test_a_changed_fact_is_superseded_by_what_the_row_says(told: Told) -> None:
    told.tell_all(["Anna lives in Oslo.", "It rains."])
    assert changed(told, UpdateFacts(rows("id", "text", of=[(1, "Anna lives in Bergen.")]))) == 1
    assert current(told) == {2: "It rains.", 3: "Anna lives in Bergen."}
    assert [(change.action, change.fact) for change in told.stores.facts.history(1)][-1] == ("supersede", 1)


def test_what_an_update_does_not_name_stays_as_it_was(told: Told) -> None:
    changed(
        told,
        InsertFacts(
            rows("text", "subject", "source", "valid_from", of=[("He bakes.", "Nils", "Anna", MAY)]),
        ),
    )
    changed(told, UpdateFacts(rows("id", "text", of=[(1, "He sings.")])))
    (fact,) = told.stores.facts.current()
    assert (fact.text, fact.subject, fact.sources) == ("He sings.", "Nils", ("Anna",))
    assert fact.valid_from == MAY.replace(tzinfo=datetime.UTC)


def test_an_update_with_a_blank_among_its_rows_changes_none(told: Told) -> None:
    told.tell_all(["One.", "Two."])
    with pytest.raises(DataError, match="blank"):
        changed(told, UpdateFacts(rows("id", "text", of=[(1, "Uno."), (2, " ")])))
    assert current(told) == {1: "One.", 2: "Two."}


def test_an_update_that_fails_when_the_new_fact_is_in_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("the disk is full")

    with opened() as told:
        told.tell_all(["One."])
        monkeypatch.setattr(told.stores.facts, "supersede", fail)
        with pytest.raises(OperationalError):
            changed(told, UpdateFacts(rows("id", "text", of=[(1, "Uno.")])))
        assert current(told) == {1: "One."}


def test_an_update_to_what_another_fact_says_leaves_one_of_them(told: Told) -> None:
    told.tell_all(["One.", "Two."])
    changed(told, UpdateFacts(rows("id", "text", of=[(1, "Two.")])))
    assert current(told) == {2: "Two."}


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("valid_to", MAY, MAY.replace(tzinfo=datetime.UTC)),
        ("source", "Nils", ("Nils",)),
        ("text", "It rains!", "It rains!"),
    ],
)
def test_an_update_that_keeps_the_words_changes_the_rest(told: Told, column: str, value: Any, field: Any) -> None:
    told.tell_all(["It rains."])
    assert changed(told, UpdateFacts(rows("id", column, of=[(1, value)]))) == 1
    (fact,) = told.stores.facts.current()
    assert getattr(fact, {"source": "sources"}.get(column, column)) == field


def test_naive_times_are_utc() -> None:
    fact = new_fact({"text": "It rains.", "asserted_at": MAY, "valid_to": None})
    assert (fact.asserted_at, fact.valid_to) == (MAY.replace(tzinfo=datetime.UTC), None)


def test_labels_may_be_absent_or_unknown() -> None:
    assert new_fact({"text": "It rains."}).labels == ()
    assert new_fact({"text": "It rains.", "labels": None}).labels == ()
    assert new_fact({"text": "It rains.", "labels": ["a", "b"]}).labels == ("a", "b")


def test_what_a_row_says_goes_before_what_was(told: Told) -> None:
    told.tell_all(["It rains."])
    (old,) = told.stores.facts.get([1])
    assert isinstance(old, Fact)
    new = new_fact({"id": 1, "subject": "Bergen"}, old)
    assert (new.text, new.subject) == ("It rains.", "Bergen")


# ---------------------------------------------------------------------------------------------- what DuckDB runs itself


def test_a_statement_of_duckdbs_reads_the_rows_of_a_query(told: Told) -> None:
    node = ExactStatement("CREATE TABLE mine AS SELECT * FROM __rows", (), rows("text", of=[("x",)]))
    told.table(node)
    assert told.stores.database.rows("SELECT text FROM mine") == [("x",)]


def test_parameters_of_a_statement_are_bound(told: Told) -> None:
    node = ExactStatement("SELECT $word AS word", (("word", "'; DROP TABLE facts"),))
    assert exact_statement(node, (), told.context()).to_pylist() == [{"word": "'; DROP TABLE facts"}]
