"""PREDICT: what is stored stays exact and first, and what is likely is said to be so."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from doubles.encoder import HashedWords
from hypothesis import given, settings
from hypothesis import strategies as st

import neuraldb
from neuraldb.core.errors import Cancelled, InterfaceError, NotSupportedError, ParameterError, ParseError, ReadOnly
from neuraldb.models.registry import Models

from .families import FAMILIES, WITHOUT, P, family, short, told


def test_a_missing_edge_is_predicted_with_its_chance_and_the_rule_that_says_so(trained: neuraldb.Connection) -> None:
    result = trained.sparql(P + "SELECT ?who { PREDICT x:child0 x:aunt ?who }")
    assert short(result.fetchall()) == [("sister0",)]
    assert result.origin == ("predicted",)
    assert 0.5 < result.confidence[0] < 1
    assert "predicted (" in result.why()
    assert "http://x/parent/http://x/sister leads there" in result.why()


def test_what_is_stored_comes_first_and_without_prediction_it_is_all(trained: neuraldb.Connection) -> None:
    exact = trained.sparql(P + "SELECT ?c ?a { ?c x:aunt ?a }")
    likely = trained.sparql(P + "SELECT ?c ?a { PREDICT ?c x:aunt ?a }")
    stored = FAMILIES - WITHOUT
    assert likely.origin[:stored] == ("stored",) * stored
    assert Counter(likely.fetchall()[:stored]) == Counter(exact.fetchall())
    predicted = short(likely.fetchall()[stored:])
    assert {(f"child{n}", f"sister{n}") for n in range(WITHOUT)} <= set(predicted)
    assert set(likely.origin[stored:]) == {"predicted"}


def test_a_limit_cuts_off_what_is_predicted_first(trained: neuraldb.Connection) -> None:
    query = P + "SELECT ?c ?a { PREDICT ?c x:aunt ?a } LIMIT "
    assert trained.sparql(query + "9").origin == ("stored",) * 9
    assert trained.sparql(query + "10").origin == ("stored",) * 9 + ("predicted",)
    assert trained.sparql(query + "1 OFFSET 9").origin == ("predicted",)


def test_what_joins_stored_and_predicted_edges_is_mixed(trained: neuraldb.Connection) -> None:
    result = trained.sparql(P + "SELECT ?a { ?c x:parent x:parent1 . PREDICT ?c x:aunt ?a }")
    assert short(result.fetchall()) == [("sister1",)]
    assert result.origin == ("mixed",)
    chain = trained.sparql(P + "SELECT ?p { PREDICT x:sister2 ^x:aunt ?c . PREDICT ?c x:parent ?p }")
    assert short(chain.fetchall()) == [("parent2",)]
    assert chain.origin == ("mixed",)


def test_both_ends_given_is_a_question_of_one_edge(trained: neuraldb.Connection) -> None:
    assert trained.sparql(P + "ASK { PREDICT x:child1 x:aunt x:sister1 }").scalar() is True
    assert trained.sparql(P + "ASK { x:child1 x:aunt x:sister1 }").scalar() is False
    assert trained.sparql(P + "ASK { PREDICT x:child1 x:aunt x:sister2 }").scalar() is False


def test_negation_union_optional_and_aggregates(trained: neuraldb.Connection) -> None:
    without = trained.sparql(P + "SELECT ?c { ?c x:parent ?p FILTER NOT EXISTS { PREDICT ?c x:aunt ?a } }")
    assert without.fetchall() == []
    counts = trained.sparql(P + "SELECT (COUNT(*) AS ?n) { { ?c x:aunt ?a } UNION { PREDICT x:child0 x:aunt ?b } }")
    assert counts.scalar() == FAMILIES - WITHOUT + 1
    optional = trained.sparql(P + "SELECT ?c ?a { ?c x:parent x:parent0 OPTIONAL { PREDICT ?c x:aunt ?a } }")
    assert short(optional.fetchall()) == [("child0", "sister0")]


def test_a_threshold_and_the_score(trained: neuraldb.Connection) -> None:
    none = trained.sparql(P + "SELECT ?a { PREDICT >= 1 x:child0 x:aunt ?a }")
    assert none.fetchall() == []
    ((_, score),) = trained.sparql(P + "SELECT ?a ?score { PREDICT >= 0.5 x:child0 x:aunt ?a }").fetchall()
    assert 0.5 <= score < 1


def test_a_threshold_may_be_a_parameter(trained: neuraldb.Connection) -> None:
    query = P + "SELECT ?a { PREDICT >= %s x:child0 x:aunt ?a }"
    for least in (0.5, 0, 1, Decimal("0.5")):
        (typed,) = trained.sparql(P + f"SELECT (COUNT(*) AS ?n) {{ PREDICT >= {least} x:child0 x:aunt ?a }}").first()
        assert len(trained.sparql(query, [least])) == typed
    named = P + "SELECT ?a { PREDICT >= %(least)s { x:child0 x:aunt ?a } }"
    assert short(trained.sparql(named, {"least": 0.5}).fetchall()) == [("sister0",)]
    for wrong in (1.5, -0.1, float("nan"), "0.5", True, None):
        with pytest.raises(ParameterError, match="from 0 to 1"):
            trained.sparql(query, [wrong])


def test_the_plan_shows_what_is_predicted(trained: neuraldb.Connection) -> None:
    plan = trained.explain(P + "SELECT ?a { PREDICT >= 0.3 x:child0 x:aunt ?a }")
    assert "Predict <http://x/child0> <http://x/aunt> ?a at least 0.3" in plan


@pytest.mark.parametrize(
    ("query", "error", "says"),
    [
        ("SELECT * { PREDICT >= 2 ?a x:aunt ?b }", ParseError, "from 0 to 1"),
        ("SELECT * { PREDICT < 0.5 ?a x:aunt ?b }", ParseError, ">="),
        ("SELECT * { PREDICT ?a x:aunt/x:parent ?b }", NotSupportedError, "one relation"),
        ("SELECT * { PREDICT ?a ?r ?b }", NotSupportedError, "one relation"),
        ("SELECT * { GRAPH x:g { PREDICT ?a x:aunt ?b } }", NotSupportedError, "all graphs"),
        ("SELECT * { BIND(STR(x:c) AS ?a) PREDICT ?a x:aunt ?b }", NotSupportedError, "computed"),
    ],
)
def test_what_cannot_be_predicted_is_said(
    trained: neuraldb.Connection, query: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        trained.sparql(P + query)


def test_a_triple_that_comes_or_goes_changes_the_next_answer_without_training(tmp_path: Path) -> None:
    with neuraldb.connect(tmp_path / "families.ndb") as db:
        for number in range(8):
            told(db, *family(number, aunt=number > 0))
        assert db.train_links(rank=16, epochs=10).wait() == 1
        query = P + "SELECT ?who { PREDICT x:child0 x:aunt ?who }"
        assert db.sparql(query).origin == ("predicted",)
        told(db, ("child0", "aunt", "sister0"))
        assert db.sparql(query).origin == ("stored",)
        db.sparql(P + "DELETE DATA { x:child0 x:aunt x:sister0 }")
        assert db.sparql(query).origin == ("predicted",)
        told(db, *family(100, aunt=False))  # they came after the training: rules serve them
        later = db.sparql(P + "SELECT ?who { PREDICT x:child100 x:aunt ?who }")
        assert short(later.fetchall())[0] == ("sister100",)
    with neuraldb.connect(tmp_path / "families.ndb", read_only=True) as db:
        assert short(db.sparql(query).fetchall()) == [("sister0",)]
        with pytest.raises(ReadOnly):
            db.train_links()


def test_training_says_what_is_wrong_and_can_be_cancelled() -> None:
    with neuraldb.connect() as db:
        with pytest.raises(InterfaceError, match="no edges"):
            db.train_links()
        told(db, *family(0))
        with pytest.raises(InterfaceError, match="more than 0"):
            db.train_links(rank=0)
        training = db.train_links(rank=64, epochs=100_000)
        assert training.wait(0.01) is None
        training.cancel()
        with pytest.raises(Cancelled):
            training.wait()
        assert training.done
        assert db.session.stores.links.newest() is None


EDGES = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("rs"), st.sampled_from("abcd")), max_size=10)
SHAPES = (
    "{{ {p} x:a x:r ?x }}",
    "{{ {p} x:a x:r ?y . {p} ?y x:s ?x }}",
    "{{ {p} x:a x:r ?x . {p} x:b x:s ?x }}",
    "{{ {{ {p} x:a x:r ?x }} UNION {{ {p} x:b x:s ?x }} }}",
    "{{ {p} x:a x:r ?x FILTER NOT EXISTS {{ {p} x:b x:s ?x }} }}",
    "{{ {p} ?x x:r ?y . {p} ?y x:s ?x }}",
)


@settings(deadline=None, max_examples=6)
@given(EDGES, st.sampled_from(SHAPES))
def test_with_a_threshold_that_no_prediction_reaches_answers_are_the_exact_ones(
    edges: list[tuple[str, str, str]], shape: str
) -> None:
    with neuraldb.connect(models=Models(encoder=HashedWords())) as db:
        told(db, *dict.fromkeys([*edges, ("z", "r", "z"), ("z", "s", "z")]))
        exact = db.sparql(P + "SELECT ?x " + shape.format(p=""))
        likely = db.sparql(P + "SELECT ?x " + shape.format(p="PREDICT >= 1"))
        assert Counter(likely.fetchall()) == Counter(exact.fetchall())
        assert set(likely.origin) <= {"stored"}
