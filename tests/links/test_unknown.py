"""What a predictor does not know is said, and never an answer: names, relations and things that came after it."""

from __future__ import annotations

import numpy as np
import pytest
from doubles.encoder import HashedWords

import neuraldb
from neuraldb.core.errors import BindError
from neuraldb.models.registry import Models

from .families import P, family, short, told


@pytest.fixture
def db() -> neuraldb.Connection:
    """A database whose predictor has factors alone, and things that came after it."""
    db = neuraldb.connect(models=Models(encoder=HashedWords()))
    told(db, *family(0), *family(1, aunt=False))
    links = db.session.stores.links.links()
    things, relations = np.unique(links.triples[:, [0, 2]]).tolist(), np.unique(links.triples[:, 1]).tolist()
    rng = np.random.default_rng(0)
    vectors = {"entity": rng.normal(size=(len(things), 4)).astype(np.float32)}
    vectors |= {role: rng.normal(size=(len(relations), 4)).astype(np.float32) for role in ("forward", "backward")}
    db.session.stores.links.put(things, relations, vectors, b"", "{}")
    told(db, ("late", "parent", "parent0"), ("child1", "uncle", "someone"))
    return db


@pytest.mark.parametrize(
    ("triple", "says"),
    [
        ("x:nobody x:aunt ?a", "http://x/nobody is not stored, so nothing is predicted of it"),
        ("?a x:aunt x:sistr0", "the nearest names are http://x/sister"),
        ("x:child0 x:ant ?a", "http://x/ant is not stored"),
        ("%s x:aunt ?a", "Nobody is not stored"),
        ("x:late x:aunt ?a", "http://x/late came after the training, and there are no rules; db.train_links() learns"),
        ("x:child0 x:uncle ?a", "http://x/uncle came after the training, so nothing is predicted of it"),
        ("x:parent x:aunt ?a", "http://x/parent is joined to nothing"),
    ],
)
def test_what_a_predictor_does_not_know_is_said(db: neuraldb.Connection, triple: str, says: str) -> None:
    query = P + f"SELECT ?a {{ PREDICT >= 0 {triple} }}"
    result = db.sparql(query, ["Nobody"] if "%s" in triple else None)
    assert result.fetchall() == []
    assert len(result.notes) == 1
    assert says in result.notes[0]
    assert result.notes[0] in result.why()


def test_of_what_is_known_there_is_no_note(db: neuraldb.Connection) -> None:
    result = db.sparql(P + "SELECT ?a { PREDICT >= 0 x:child0 x:aunt ?a }")
    assert len(result) > 1
    assert result.notes == ()
    assert db.sparql(P + "SELECT ?a { x:nobody x:aunt ?a }").notes == ()


def test_what_is_stored_is_given_though_the_relation_is_unknown(db: neuraldb.Connection) -> None:
    result = db.sparql(P + "SELECT ?a { PREDICT x:child1 x:uncle ?a }")
    assert short(result.fetchall()) == [("someone",)]
    assert result.origin == ("stored",)


def test_things_bound_before_the_prediction_are_named_together(db: neuraldb.Connection) -> None:
    told(db, *((f"later{n}", "parent", "parent0") for n in range(5)))
    result = db.sparql(P + "SELECT ?c ?a { ?c x:parent x:parent0 PREDICT >= 0 ?c x:aunt ?a }")
    (note,) = result.notes
    assert "(and 3 more) came after the training" in note


def test_a_name_in_words_that_is_near_a_stored_one_is_an_error(db: neuraldb.Connection) -> None:
    db.sparql("INSERT DATA { :Anna_Berg :plays :chess }")
    with pytest.raises(BindError) as caught:
        db.sparql("SELECT ?a { PREDICT :Anna_Bergg :plays ?a }")
    assert "Anna Berg" in caught.value.candidates


def test_the_shell_says_it(db: neuraldb.Connection, capsys: pytest.CaptureFixture[str]) -> None:
    from neuraldb.shell.console import Console
    from neuraldb.shell.settings import Settings
    from neuraldb.shell.showing import show

    for why in (False, True):
        show(db.sparql(P + "SELECT ?a { PREDICT x:nobody x:aunt ?a }"), Settings(why=why), Console())
        assert capsys.readouterr().err.count("http://x/nobody is not stored") == 1
