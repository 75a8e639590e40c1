"""The image of the graph is made when it is paid for, and follows changes instead of being made anew."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from neuraldb.models.registry import Models
from neuraldb.session import Session
from neuraldb.stores import graph_images
from neuraldb.stores.account import Account
from neuraldb.stores.graph_image import TERMS, TRIPLES, GraphImage, Side
from neuraldb.stores.terms import Term

MUCH = 1e6
UPDATE = "PREFIX : <http://x/> "


def quad(subject: str, relation: str, object: str) -> tuple[Term, Term, Term, None]:
    return (*(Term("iri", f"http://x/{name}") for name in (subject, relation, object)), None)  # type: ignore[return-value]


@pytest.fixture
def session() -> Iterator[Session]:
    """Three triples, of which an image has been made."""
    opened = Session(":memory:", models=Models())
    opened.import_triples([quad("a", "p", "b"), quad("b", "q", "c"), quad("a", "q", "c")])
    assert held(opened) is not None
    yield opened
    opened.close()


def held(session: Session, seconds: float = MUCH) -> GraphImage | None:
    """The image after statements have taken so many seconds."""
    session.stores.graph.account.add(seconds)
    return session.stores.graph.images.image()


def triples_in(side: Side) -> list[tuple[int, int, int]]:
    places = np.arange(len(side.keys))
    ends, relations = side.ends_at(places).tolist(), side.relations_at(places).tolist()
    assert list(zip(ends, relations, strict=True)) == sorted(zip(ends, relations, strict=True))
    return sorted(zip(ends, relations, side.others.tolist(), strict=True))


def check(session: Session, image: GraphImage | None) -> None:
    """That an image is what would be made anew."""
    assert image is not None
    database = session.stores.database
    made = GraphImage.of(database.query(TRIPLES), database.query(TERMS))
    for followed, anew in ((image.by_subject, made.by_subject), (image.by_object, made.by_object)):
        assert triples_in(followed) == triples_in(anew)
    assert image.terms.ids.tolist() == made.terms.ids.tolist()
    assert image.terms.texts.equals(made.terms.texts)
    for text in made.terms.texts.to_pylist():
        assert image.iri(text) == made.iri(text)


CHANGES = [
    "INSERT DATA { :a :p :c . :new :p :b . :b :fresh 'text' }",
    "DELETE DATA { :a :p :b }",
    "DELETE { ?x :q ?y } INSERT { ?y :q ?x } WHERE { ?x :q ?y }",
    "DELETE DATA { :a :p :b } ; INSERT DATA { :a :p :b }",
    "INSERT DATA { GRAPH :g { :a :p :d } }",
    "DELETE WHERE { ?s ?p ?o }",
]


@pytest.mark.parametrize("change", CHANGES)
def test_an_image_follows_a_change(session: Session, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr(graph_images, "SECONDS", 2 * MUCH)  # what would be made anew
    session.run(UPDATE + change, "sparql")
    check(session, held(session))


def test_it_follows_one_change_after_another(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_images, "SECONDS", 2 * MUCH)
    for change in (*CHANGES, *CHANGES):
        session.run(UPDATE + change, "sparql")
        check(session, held(session))


def test_what_changes_triples_in_place_cannot_be_followed(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.stores.database.execute("UPDATE store.triples SET object = subject")
    with monkeypatch.context() as patch:
        patch.setattr(graph_images, "SECONDS", 2 * MUCH)
        assert held(session) is None
    check(session, held(session))


def test_ids_that_a_rolled_back_transaction_had_are_given_again(session: Session) -> None:
    session.begin()
    session.import_triples([quad("c", "p", "lost")])
    assert held(session) is None
    session.rollback()
    check(session, held(session))
    session.import_triples([quad("c", "p", "kept")])
    check(session, held(session))


def test_many_changes_are_not_followed(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_images, "MOST_CHANGED", 1)
    session.import_triples([quad("c", "p", "d"), quad("d", "p", "e")])
    check(session, held(session))
    with monkeypatch.context() as patch:
        patch.setattr(graph_images, "SECONDS", 2 * MUCH)
        session.import_triples([quad("c", "p", "f"), quad("d", "p", "g")])
        assert held(session) is None


def test_no_image_before_it_is_paid_for(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_images, "SECONDS", 1.0)
    monkeypatch.setattr(graph_images, "SECONDS_AFTER_CHANGE", 0.5)
    session.import_triples([quad("a", "p", "d")])
    assert held(session, 1.0) is None
    assert held(session, 1.0) is not None
    # half a second for each of three triples
    assert session.stores.graph.account.pays(0.5)
    assert not session.stores.graph.account.pays(0.6)
    monkeypatch.setattr(graph_images, "MOST", 3)
    monkeypatch.setattr(graph_images, "MOST_CHANGED", 0)
    session.import_triples([quad("a", "p", "e")])
    assert held(session) is None


def test_an_account_is_empty_after_a_change_and_pays_nothing_in_a_transaction(session: Session) -> None:
    account = Account(session.stores.database)
    assert not account.pays(0.0)
    account.add(2.0)
    assert account.pays(2.0)
    account.pay(1.5)
    assert not account.pays(1.0)
    assert account.pays(0.5)
    session.begin()
    assert not account.pays(0.5)
    session.commit()
    assert account.pays(0.5)
    session.import_triples([quad("a", "p", "z")])
    assert not account.pays(0.1)
