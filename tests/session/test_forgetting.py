"""What is forgotten or superseded comes back by no language, index or cache, also after the file is opened again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles import World

from neuraldb.core.text import tokens_for_search
from neuraldb.plan.traversal_nodes import Walk
from neuraldb.session import Session

EMMA, OTHER = "Anna Berg wrote Emma.", "Nils Dahl wrote Sanditon."
WHO, WHAT = "Who wrote Emma?", "What did Anna Berg write?"


@pytest.fixture
def world() -> World:
    world = World()
    world.tell(EMMA, ("Anna Berg", "wrote", "Emma"))
    world.tell("Emma is by Anna Berg.", ("Anna Berg", "wrote", "Emma"))
    world.tell(OTHER, ("Nils Dahl", "wrote", "Sanditon"))
    world.tell("Anna Berg lives in Oslo.", ("Anna Berg", "lives in", "Oslo"))
    world.tell("Anna Berg moved to Bergen.", ("Anna Berg", "lives in", "Bergen"))
    world.question("Who wrote [entity:Emma]?", "set", "? | wrote | Emma")
    world.question("What did [entity:Anna Berg] write?", "set", "Anna Berg | wrote | ?")
    world.question("How many authors are there?", "count", "? | wrote | _")
    world.question("Where does [entity:Anna Berg] live?", "set", "Anna Berg | lives in | ?")
    return world


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "books.ndb")


@pytest.fixture
def session(world: World, path: str) -> Iterator[Session]:
    made = Session(path, models=world.models())
    yield made
    made.close()


def nothing_of(session: Session, words: str, *entities: str) -> None:
    """Check that no way to look for it finds a forgotten fact; ``words`` are its, ``entities`` those it alone named."""
    stores = session.stores
    assert session.run("SELECT * FROM facts WHERE text = %s", "sql", [words]).rows == []
    assert session.run("SELECT * FROM triples WHERE object = %s", "sql", [entities[0]]).rows == []
    assert session.run("SELECT ?s WHERE { ?s ?p %s }", "sparql", [entities[0]]).rows == []
    for entity in entities:
        assert session.run("SELECT * FROM entities WHERE name = %s", "sql", [entity]).rows == []
        assert stores.entities.entity(entity) == []
        assert stores.mentioning(entity).tolist() == []
        assert session.facts(entity) == []
        assert entity not in [data["name"] for _, data in session.network(Walk()).nodes(data=True)]
    assert stores.lexical.containing(tokens_for_search(words)).tolist() == []
    found, _ = stores.lexical.search(tokens_for_search(words), 10, None)
    texts = {f.text for f in stores.facts.get(found.tolist())}
    encoder = session.models.encoder
    near, _ = stores.embeddings(encoder.name, encoder.width).search(encoder.encode([words])[0], 10, None)
    texts |= {f.text for f in stores.facts.get(near.tolist())}
    assert words not in texts
    assert stores.derivations.known(session.models.reader.name, f"answer\n{WHO}", [1]) == ([], [])


def test_a_forgotten_fact_comes_back_by_nothing(session: Session, world: World, path: str) -> None:
    session.run(EMMA)
    session.run(OTHER)
    # read and kept, in memory and in the file
    assert session.run(WHO).rows == [("Anna Berg",)]
    assert session.run("How many authors are there?").scalar() == 2
    assert session.run("Forget that Anna Berg wrote Emma.").rowcount == 1
    for _ in range(2):
        assert session.run(WHO).rows == []
        assert session.run(WHAT).rows == []
        assert session.run("How many authors are there?").scalar() == 1
        nothing_of(session, EMMA, "Emma", "Anna Berg")
        session.close()
        session = Session(path, models=world.models())
    session.close()


def test_a_superseded_fact_comes_back_by_nothing(session: Session, world: World, path: str) -> None:
    where = "Where does Anna Berg live?"
    session.run("Anna Berg lives in Oslo.")
    assert session.run(where).rows == [("Oslo",)]
    session.run("Anna Berg moved to Bergen.")
    for _ in range(2):
        assert session.run(where).rows == [("Bergen",)]
        nothing_of(session, "Anna Berg lives in Oslo.", "Oslo")
        session.close()
        session = Session(path, models=world.models())
    session.close()


def test_a_paraphrase_counts_once_and_is_forgotten_with_the_fact(session: Session) -> None:
    session.run(EMMA)
    session.run("Emma is by Anna Berg.")
    assert session.run("How many authors are there?").scalar() == 1
    answer = session.run(WHO)
    assert answer.rows == [("Anna Berg",)]
    assert answer.evidence_ids == ((1, 2),)
    assert session.run("Forget that Emma is by Anna Berg.").rowcount == 2
    assert session.run(WHO).rows == []


def test_a_duplicate_is_one_fact_with_two_sources(session: Session) -> None:
    session.run(EMMA)
    session.run("anna berg  wrote Emma")
    (fact,) = session.facts()
    assert fact.sources == ("", "")
    assert session.run(WHO).evidence_ids == ((1,),)


def test_what_was_forgotten_in_a_transaction_that_is_rolled_back_is_there_again(session: Session) -> None:
    session.run(EMMA)
    session.begin()
    session.run("Forget that Anna Berg wrote Emma.")
    assert session.run(WHO).rows == []
    session.rollback()
    assert session.run(WHO).rows == [("Anna Berg",)]


def test_told_again_it_is_a_new_fact(session: Session) -> None:
    session.run(EMMA)
    session.run("Forget that Anna Berg wrote Emma.")
    assert session.run(EMMA).lastrowid == 2
    assert session.run(WHO).evidence_ids == ((2,),)
